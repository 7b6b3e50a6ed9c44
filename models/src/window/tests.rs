#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::CalendarKind;

const ALL: [Frequency; 7] = [
    Frequency::Daily,
    Frequency::Weekly,
    Frequency::Biweekly,
    Frequency::Monthly,
    Frequency::Quarterly,
    Frequency::Semiannually,
    Frequency::Annually,
];

#[test]
fn known_windows() {
    let of = |frequency: Frequency, y, m, d| {
        let window = frequency.window_of(ymd(y, m, d));
        format!("{} {}", date(window.start), date(window.next))
    };
    assert_eq!(of(Frequency::Semiannually, 2018, 6, 30), "2018-01-01 2018-07-01");
    assert_eq!(of(Frequency::Semiannually, 2018, 7, 1), "2018-07-01 2019-01-01");
    assert_eq!(of(Frequency::Weekly, 2024, 12, 31), "2024-12-30 2025-01-06");
    // 2020 has 53 ISO weeks: week 52 starts on 21 December, week 2 of 2021 on 11 January
    assert_eq!(of(Frequency::Biweekly, 2021, 1, 10), "2020-12-21 2021-01-11");
    assert_eq!(of(Frequency::Biweekly, 2020, 12, 20), "2020-12-07 2020-12-21");
    assert_eq!(of(Frequency::Biweekly, 2020, 1, 1), "2019-12-23 2020-01-06");
    assert_eq!(date(Frequency::Semiannually.window_of(ymd(2018, 7, 1)).cutoff()).to_string(), "2018-06-30");
}

#[test]
fn semiannual_windows_of_the_backfill() {
    let windows: Vec<Window> = Frequency::Semiannually.windows(ymd(2018, 1, 1), ymd(2025, 11, 17)).collect();
    assert_eq!(windows.len(), 16);
    assert_eq!(Frequency::Monthly.windows(5, 4).count(), 0);
}

#[test]
fn the_end_of_time_is_one_last_window() {
    for frequency in ALL {
        assert!(frequency.windows(LAST - 3, i32::MAX).count() <= 4);
        assert!(frequency.window_of(i32::MIN).start < frequency.window_of(i32::MAX).start);
    }
}

proptest! {
    #[test]
    fn windows_tile_the_line(from in -40_000..60_000_i32, length in 0..2_000_i32, which in 0..7_usize) {
        let frequency = ALL[which];
        let windows: Vec<Window> = frequency.windows(from, from + length).collect();
        prop_assert!(windows[0].serves(from));
        prop_assert!(windows[windows.len() - 1].serves(from + length));
        prop_assert!(windows.windows(2).all(|pair| pair[0].next == pair[1].start));
    }

    #[test]
    fn each_day_of_a_window_has_that_window(day in -40_000..60_000_i32, which in 0..7_usize) {
        let window = ALL[which].window_of(day);
        prop_assert!(window.serves(day));
        for other in [window.start, window.next - 1] {
            prop_assert_eq!(ALL[which].window_of(other), window);
        }
    }

    #[test]
    fn cut_keeps_exactly_the_days_up_to_it(mut days in prop::collection::btree_set(0..500_i32, 0..80), at in -5..505_i32) {
        let all: Vec<Day> = days.iter().copied().collect();
        days.retain(|&day| day <= at);
        prop_assert_eq!(cut(&all, at), days.len());
    }
}

/// Sessions from 2010 on, with a price each.
fn sessions(n: usize) -> (Calendar, Vec<Day>, Vec<f64>) {
    let calendar = Calendar::new(CalendarKind::Trading, "us-futures").unwrap();
    let days = calendar.next_sessions(ymd(2009, 12, 31), n);
    let target = vec![100.0; n];
    (calendar, days, target)
}

#[test]
fn trailing_years_end_at_the_cutoff() {
    let (calendar, days, target) = sessions(2_600);
    let cutoff = ymd(2017, 12, 31);
    let range = training_range(&TrainingRule::default(), &calendar, &days, &target, &[], cutoff).unwrap();
    assert_eq!(days[range.start], ymd(2014, 1, 2));
    assert_eq!(days[range.end - 1], ymd(2017, 12, 29));
}

#[test]
fn starts_where_every_regressor_is_present() {
    let (calendar, days, target) = sessions(2_600);
    let mut late = vec![1.0; days.len()];
    late[..1_300].fill(f64::NAN);
    let whole = vec![1.0; days.len()];
    let rule = TrainingRule::default();
    let cutoff = ymd(2017, 12, 31);
    let range = training_range(&rule, &calendar, &days, &target, &[&whole, &late], cutoff).unwrap();
    assert_eq!(range.start, 1_300);
    late.fill(f64::NAN);
    let skip = training_range(&rule, &calendar, &days, &target, &[&whole, &late], cutoff).unwrap_err();
    assert_eq!(skip, Skip::MissingColumn { regressor: 1 });
}

#[test]
fn spans_of_729_and_730_days() {
    let calendar = Calendar::new(CalendarKind::Daily, "none").unwrap();
    let days: Vec<Day> = (0..2_000).collect();
    let target = vec![1.0; 2_000];
    let rule = TrainingRule::default();
    let range = training_range(&rule, &calendar, &days, &target, &[], 730);
    assert_eq!(range, Ok(0..731));
    let range = training_range(&rule, &calendar, &days, &target, &[], 729);
    assert_eq!(range, Err(Skip::TooShort { have: 729, need: 730 }));
    assert_eq!(training_range(&rule, &calendar, &[], &[], &[], 5), Err(Skip::TooShort { have: 0, need: 730 }));
}

#[test]
fn gaps_over_a_tenth_are_refused() {
    let calendar = Calendar::new(CalendarKind::Daily, "none").unwrap();
    let without = |missing: i32| (0..1_000).filter(|day| !(300..300 + missing).contains(day)).collect::<Vec<Day>>();
    let rule = TrainingRule::default();
    let range = |days: Vec<Day>, target: Vec<f64>| training_range(&rule, &calendar, &days, &target, &[], 999);
    assert_eq!(range(without(100), vec![1.0; 900]), Ok(0..900));
    assert_eq!(range(without(101), vec![1.0; 899]), Err(Skip::Gap { missing: 101, expected: 1_000 }));
    let mut unobserved = vec![1.0; 1_000];
    unobserved[300..401].fill(f64::NAN);
    assert_eq!(range(without(0), unobserved), Err(Skip::Gap { missing: 101, expected: 1_000 }));
}

proptest! {
    /// Nothing after the cutoff is read.
    #[test]
    fn the_range_does_not_depend_on_later_rows(cutoff in 700..1_500_i32, noise in prop::num::f64::ANY) {
        let calendar = Calendar::new(CalendarKind::Daily, "none").unwrap();
        let days: Vec<Day> = (0..1_600).collect();
        let target = vec![1.0; 1_600];
        let end = cut(&days, cutoff);
        let mut changed = target.clone();
        changed[end..].fill(noise);
        let rule = TrainingRule::default();
        let full = training_range(&rule, &calendar, &days, &target, &[&target], cutoff);
        prop_assert_eq!(&training_range(&rule, &calendar, &days, &changed, &[&changed], cutoff), &full);
        let short = training_range(&rule, &calendar, &days[..end], &target[..end], &[&target[..end]], cutoff);
        prop_assert_eq!(&short, &full);
    }
}

#[test]
fn inner_origins_leave_room_for_their_targets() {
    assert_eq!(inner_origins(100, 14, 14, 3), [57, 71, 85]);
    assert_eq!(inner_origins(100, 14, 5, 3), [75, 80, 85]);
    assert_eq!(inner_origins(30, 14, 14, 9), [1, 15]);
    assert_eq!(inner_origins(15, 14, 14, 9), [0]);
    assert!(inner_origins(14, 14, 14, 9).is_empty());
    assert!(inner_origins(0, 0, 0, 9).is_empty());
}
