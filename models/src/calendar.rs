//! Which days are sessions.
//!
//! Session dates after an origin come from rules alone, never from later bars: using those would be a leak.

use std::collections::BTreeSet;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::Day;
use crate::civil::{LAST, date, day, weekday, ymd};

/// What a day ahead counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum CalendarKind {
    /// Sessions: weekdays less holidays.
    #[default]
    Trading,
    /// Calendar days; holiday rules do not apply.
    Daily,
}

/// A holiday list that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// Neither a named list nor a date.
    #[error("holidays: {entry:?} is neither a list (none, us-futures) nor a date such as 2018-12-05")]
    Unknown {
        /// The entry as given.
        entry: String,
    },
}

/// The closures of a calendar: named rules and explicit dates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct HolidayRules {
    us_futures: bool,
    extra: BTreeSet<Day>,
}

/// A session calendar.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Calendar {
    kind: CalendarKind,
    rules: HolidayRules,
}

impl Calendar {
    /// A calendar from its kind and a comma-separated list of closures: `none`, `us-futures`, and any number of ISO
    /// dates, as in `us-futures, 2018-12-05`.
    ///
    /// `us-futures` is the list of ICE Futures U.S. softs: New Year's Day, Martin Luther King Day, Presidents' Day,
    /// Good Friday, Memorial Day, Juneteenth (from 2022), Independence Day, Labor Day, Thanksgiving, Christmas. One
    /// that falls on a Sunday is kept on Monday, one on a Saturday on Friday, except New Year's Day, which would
    /// close the last session of a year.
    ///
    /// # Errors
    /// [`CalendarError::Unknown`] for an entry that is neither a known list nor a date.
    pub fn new(kind: CalendarKind, rules: &str) -> Result<Self, CalendarError> {
        let mut parsed = HolidayRules::default();
        for entry in rules.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            match (entry, entry.parse::<NaiveDate>()) {
                ("none", _) => {}
                ("us-futures", _) => parsed.us_futures = true,
                (_, Ok(closed)) => {
                    parsed.extra.insert(day(closed));
                }
                (_, Err(_)) => return Err(CalendarError::Unknown { entry: entry.to_owned() }),
            }
        }
        Ok(Self { kind, rules: parsed })
    }

    /// What a day ahead counts.
    pub fn kind(&self) -> CalendarKind {
        self.kind
    }

    /// Sessions in a week without holidays: 5 or 7.
    pub fn week(&self) -> usize {
        match self.kind {
            CalendarKind::Trading => 5,
            CalendarKind::Daily => 7,
        }
    }

    /// Whether `day` is a session.
    pub fn is_session(&self, day: Day) -> bool {
        match self.kind {
            CalendarKind::Daily => true,
            CalendarKind::Trading => weekday(day) < 5 && !self.rules.closed(day),
        }
    }

    /// The `n` sessions after `after`, ascending; fewer only at the end of the year 9999.
    pub fn next_sessions(&self, after: Day, n: usize) -> Vec<Day> {
        (after.saturating_add(1)..=LAST).filter(|&day| self.is_session(day)).take(n).collect()
    }

    /// Number of sessions from `a` to `b`, both included; 0 if `b` is before `a`.
    pub fn sessions_between(&self, a: Day, b: Day) -> usize {
        match self.kind {
            CalendarKind::Daily => usize::try_from(i64::from(b) - i64::from(a) + 1).unwrap_or(0),
            CalendarKind::Trading => (a..=b).filter(|&day| self.is_session(day)).count(),
        }
    }
}

impl HolidayRules {
    /// Whether a weekday is closed.
    fn closed(&self, day: Day) -> bool {
        (self.us_futures && us_futures_closed(day)) || self.extra.contains(&day)
    }
}

/// Juneteenth became an exchange holiday in 2022.
const FIRST_JUNETEENTH: i32 = 2022;

fn us_futures_closed(day: Day) -> bool {
    let date = date(day);
    let year = date.year();
    let weekday = weekday(day);
    // the n-th Monday or Thursday of a month lies in days 7n-6 … 7n of it
    let nth = date.day().div_ceil(7);
    let last = |month_length: u32| date.day() + 7 > month_length;
    match (date.month(), weekday) {
        (1, 0) => nth == 3 || (date.day() <= 2 && kept_on(day, ymd(year, 1, 1), false)),
        (1, _) => date.day() == 1,
        (2, 0) => nth == 3,
        (3 | 4, 4) => day == easter_sunday(year) - 2,
        (5, 0) => last(31),
        (6, _) => year >= FIRST_JUNETEENTH && kept_on(day, ymd(year, 6, 19), true),
        (7, _) => kept_on(day, ymd(year, 7, 4), true),
        (9, 0) => nth == 1,
        (11, 3) => nth == 4,
        (12, _) => kept_on(day, ymd(year, 12, 25), true),
        _ => false,
    }
}

/// Whether the holiday is kept on `day`: itself, the Monday after a Sunday, and (if `friday`) the Friday before a
/// Saturday.
fn kept_on(day: Day, holiday: Day, friday: bool) -> bool {
    let kept = match weekday(holiday) {
        6 => holiday + 1,
        5 if friday => holiday - 1,
        _ => holiday,
    };
    day == kept
}

/// Gregorian Easter (Meeus, Jones and Butcher).
fn easter_sunday(year: i32) -> Day {
    let a = year % 19;
    let (b, c) = (year / 100, year % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    ymd(year, (n / 31) as u32, (n % 31 + 1) as u32)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn closures(year: i32) -> Vec<String> {
        let calendar = Calendar::new(CalendarKind::Trading, "us-futures").unwrap();
        (ymd(year, 1, 1)..=ymd(year, 12, 31))
            .filter(|&day| weekday(day) < 5 && !calendar.is_session(day))
            .map(|day| date(day).format("%m-%d").to_string())
            .collect()
    }

    /// NYSE holiday pages of 2021 to 2023, which ICE softs share.
    #[test]
    fn published_closures() {
        let of = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(closures(2021), of("01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24"));
        assert_eq!(closures(2022), of("01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26"));
        assert_eq!(closures(2023), of("01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25"));
        assert_eq!(closures(2027), of("01-01 01-18 02-15 03-26 05-31 06-18 07-05 09-06 11-25 12-24"));
    }

    #[test]
    fn easter_known_dates() {
        for (year, month, day) in [(1961, 4, 2), (2000, 4, 23), (2008, 3, 23), (2024, 3, 31), (2038, 4, 25)] {
            assert_eq!(easter_sunday(year), ymd(year, month, day));
        }
    }

    #[test]
    fn explicit_dates_close_and_nonsense_is_refused() {
        let calendar = Calendar::new(CalendarKind::Trading, "us-futures, 2018-12-05").unwrap();
        assert!(!calendar.is_session(ymd(2018, 12, 5)));
        assert!(calendar.is_session(ymd(2018, 12, 6)));
        let error = Calendar::new(CalendarKind::Trading, "lunar").unwrap_err();
        assert_eq!(error, CalendarError::Unknown { entry: "lunar".into() });
        assert!(Calendar::new(CalendarKind::Trading, "2018-02-30").is_err());
    }

    #[test]
    fn ends_of_time_do_not_panic() {
        let calendar = Calendar::default();
        assert!(calendar.next_sessions(i32::MAX, 3).is_empty());
        assert!(calendar.next_sessions(LAST, 3).is_empty());
        assert_eq!(calendar.sessions_between(5, 4), 0);
    }

    proptest! {
        #[test]
        fn next_sessions_agree_with_counts(after in -20_000..40_000_i32, n in 1..40_usize, daily: bool) {
            let kind = if daily { CalendarKind::Daily } else { CalendarKind::Trading };
            let calendar = Calendar::new(kind, "us-futures").unwrap();
            let sessions = calendar.next_sessions(after, n);
            prop_assert_eq!(sessions.len(), n);
            prop_assert!(sessions[0] > after && sessions.is_sorted_by(|a, b| a < b));
            prop_assert_eq!(calendar.sessions_between(after + 1, sessions[n - 1]), n);
            if daily { prop_assert_eq!(sessions[n - 1], after + n as i32); }
        }
    }
}
