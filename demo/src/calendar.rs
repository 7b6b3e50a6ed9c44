//! The demo's sessions: weekdays less the holidays of US soft-commodity futures.

use chrono::{Datelike, Days, NaiveDate, Weekday};

/// Every calendar day from `first` to `last`, both included.
pub(crate) fn days(first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    first.iter_days().take_while(|day| *day <= last).collect()
}

/// The sessions from `first` to `last`, both included.
pub(crate) fn sessions(first: NaiveDate, last: NaiveDate) -> Vec<NaiveDate> {
    days(first, last).into_iter().filter(|day| is_weekday(*day) && !is_holiday(*day)).collect()
}

pub(crate) fn is_weekday(day: NaiveDate) -> bool {
    day.weekday().number_from_monday() <= 5
}

/// Whether a weekday is closed. A holiday on a Sunday is kept on Monday, one on a Saturday on Friday (New Year's Day
/// is not).
fn is_holiday(day: NaiveDate) -> bool {
    let nth = day.day().div_ceil(7);
    let monday = day.weekday() == Weekday::Mon;
    match day.month() {
        1 => kept(day, 1, false) || (monday && nth == 3),
        2 => monday && nth == 3,
        3 | 4 => is_good_friday(day),
        5 => monday && day.day() > 24,
        6 => day.year() >= 2022 && kept(day, 19, true),
        7 => kept(day, 4, true),
        9 => monday && nth == 1,
        11 => day.weekday() == Weekday::Thu && nth == 4,
        12 => kept(day, 25, true),
        _ => false,
    }
}

/// Whether the holiday on this month's `date` is kept on the weekday `day`.
fn kept(day: NaiveDate, date: u32, friday_before: bool) -> bool {
    day.day() == date
        || (day.weekday() == Weekday::Mon && day.day() == date + 1)
        || (friday_before && day.weekday() == Weekday::Fri && day.day() + 1 == date)
}

/// Two days before Gregorian Easter (Meeus, Jones and Butcher).
fn is_good_friday(day: NaiveDate) -> bool {
    let year = day.year();
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let n = h + l - 7 * m + 114;
    let sunday = NaiveDate::from_ymd_opt(year, (n / 31) as u32, (n % 31 + 1) as u32);
    sunday.and_then(|sunday| sunday.checked_sub_days(Days::new(2))) == Some(day)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn closures(year: i32) -> String {
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap();
        let last = NaiveDate::from_ymd_opt(year, 12, 31).unwrap();
        let open = sessions(first, last);
        let closed = days(first, last).into_iter().filter(|day| is_weekday(*day) && !open.contains(day));
        closed.map(|day| day.format("%m-%d").to_string()).collect::<Vec<_>>().join(" ")
    }

    /// The exchange's published closures.
    #[test]
    fn published_closures() {
        assert_eq!(closures(2019), "01-01 01-21 02-18 04-19 05-27 07-04 09-02 11-28 12-25");
        assert_eq!(closures(2021), "01-01 01-18 02-15 04-02 05-31 07-05 09-06 11-25 12-24");
        assert_eq!(closures(2022), "01-17 02-21 04-15 05-30 06-20 07-04 09-05 11-24 12-26");
        assert_eq!(closures(2023), "01-02 01-16 02-20 04-07 05-29 06-19 07-04 09-04 11-23 12-25");
    }
}
