//! Days as calendar dates.

use chrono::{Datelike, NaiveDate};

use crate::Day;

/// 0001-01-01. Earlier days are read as this one.
const FIRST: Day = -719_162;
/// 9999-12-31. Later days are read as this one.
pub(crate) const LAST: Day = 2_932_896;
/// chrono's day number of 1970-01-01.
const EPOCH: i32 = 719_163;

/// The date of a day; days outside the years 1 to 9999 are clamped into them.
pub(crate) fn date(day: Day) -> NaiveDate {
    NaiveDate::from_num_days_from_ce_opt(day.clamp(FIRST, LAST) + EPOCH).unwrap_or_default()
}

/// The day of a date.
pub(crate) fn day(date: NaiveDate) -> Day {
    date.num_days_from_ce() - EPOCH
}

/// The day of a year, month and day of month that exist.
pub(crate) fn ymd(year: i32, month: u32, day_of_month: u32) -> Day {
    day(NaiveDate::from_ymd_opt(year, month, day_of_month).unwrap_or_default())
}

/// The same date `years` earlier; 29 February becomes 28 February where it must.
pub(crate) fn years_before(from: Day, years: u32) -> Day {
    let date = date(from);
    let year = date.year() - i32::try_from(years).unwrap_or(i32::MAX).min(date.year() - 1);
    day(date.with_year(year).unwrap_or_else(|| NaiveDate::from_ymd_opt(year, 2, 28).unwrap_or_default()))
}

/// Days since Monday, 0 to 6.
pub(crate) fn weekday(day: Day) -> u32 {
    // 1970-01-01 was a Thursday
    (i64::from(day) + 3).rem_euclid(7) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_what_they_say() {
        assert_eq!(date(FIRST).to_string(), "0001-01-01");
        assert_eq!(date(LAST).to_string(), "9999-12-31");
        assert_eq!(date(i32::MAX), date(LAST));
        assert_eq!(date(0).to_string(), "1970-01-01");
        assert_eq!(weekday(0), 3);
        assert_eq!(weekday(-3), 0);
    }

    #[test]
    fn leap_days_go_back_to_the_28th() {
        assert_eq!(years_before(ymd(2024, 2, 29), 1), ymd(2023, 2, 28));
        assert_eq!(years_before(ymd(2024, 2, 29), 4), ymd(2020, 2, 29));
        assert_eq!(date(years_before(ymd(3, 5, 6), 10)).to_string(), "0001-05-06");
    }
}
