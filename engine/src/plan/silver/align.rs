//! One column laid on consecutive days: on day d the newest value with date ≤ d and `known_at` ≤ d, never a later one.

use almanac_models::Day;

use super::track::Track;

/// A column of a track that contributes to a silver column.
#[derive(Debug, Clone, Copy)]
pub(super) struct Contribution<'a> {
    pub(super) track: &'a Track,
    pub(super) column: usize,
    /// Whether it may hold values for days after the last bar.
    pub(super) in_advance: bool,
    /// Age in days beyond which its values are too old.
    pub(super) most_age: Option<i32>,
}

/// Consecutive days of a key: from its first bar, over its last, to the last day of which anything is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: Day,
    pub(super) last_bar: Day,
    pub(super) last: Day,
}

impl Span {
    /// Number of days.
    pub(super) fn len(&self) -> usize {
        (self.last - self.first + 1) as usize
    }

    /// Place of a day.
    pub(super) fn place(&self, day: Day) -> usize {
        (day - self.first) as usize
    }
}

/// A silver column of one key (and region): one entry per day of the span.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Aligned {
    /// NaN where nothing is known.
    pub(super) values: Vec<f64>,
    /// The day on which the value became public; unset where there is none.
    pub(super) known_at: Vec<Day>,
    /// The date the value belongs to; unset where there is none.
    pub(super) dates: Vec<Day>,
    /// The first day on which the value is too old by its own source's limit; `Day::MAX` without one.
    pub(super) stale_on: Vec<Day>,
}

#[derive(Debug, Clone, Copy)]
struct Observation {
    visible: Day,
    date: Day,
    /// Place of its source among those of the column: the first listed wins on one date.
    rank: usize,
    known_at: Day,
    stale_on: Day,
    value: f64,
}

/// Lays the contributions, first listed first, on the days of `span`. With `fill` days without a value take the last
/// one; without, a value stands only on the day it becomes visible.
///
/// After the last bar only contributions known in advance count, and they are filled no further than their own last
/// date: beyond it nothing is known.
pub(super) fn align(contributions: &[Contribution<'_>], span: Span, fill: bool) -> Aligned {
    let mut aligned = Aligned {
        values: vec![f64::NAN; span.len()],
        known_at: vec![0; span.len()],
        dates: vec![0; span.len()],
        stale_on: vec![Day::MAX; span.len()],
    };
    sweep(&observations(contributions), span, span.first, span.last_bar, fill, &mut aligned);
    if span.last > span.last_bar {
        let ahead: Vec<_> = contributions.iter().filter(|c| c.in_advance).copied().collect();
        let ahead = observations(&ahead);
        let end =
            ahead.iter().map(|observation| observation.date).max().map_or(span.last_bar, |end| end.min(span.last));
        sweep(&ahead, span, span.last_bar + 1, end, fill, &mut aligned);
    }
    aligned
}

fn observations(contributions: &[Contribution<'_>]) -> Vec<Observation> {
    let mut all = Vec::new();
    for (rank, contribution) in contributions.iter().enumerate() {
        let track = contribution.track;
        let values = track.columns[contribution.column].iter().enumerate().filter(|(_, value)| !value.is_nan());
        all.extend(values.map(|(i, value)| Observation {
            visible: track.visible[i],
            date: track.dates[i],
            rank,
            known_at: track.known_at[i],
            stale_on:
                contribution.most_age.map_or(Day::MAX, |most| track.dates[i].saturating_add(most).saturating_add(1)),
            value: *value,
        }));
    }
    if contributions.len() > 1 {
        all.sort_by_key(|observation| (observation.visible, observation.date, observation.rank));
    }
    all
}

fn sweep(observations: &[Observation], span: Span, from: Day, to: Day, fill: bool, into: &mut Aligned) {
    let mut next = 0;
    let mut newest: Option<Observation> = None;
    for day in from..=to {
        while let Some(observation) = observations.get(next).filter(|observation| observation.visible <= day) {
            let is_newer = newest.is_none_or(|held| {
                let older = !fill && held.visible < observation.visible;
                older || observation.date > held.date || (observation.date == held.date && observation.rank < held.rank)
            });
            if is_newer {
                newest = Some(*observation);
            }
            next += 1;
        }
        if let Some(held) = newest.filter(|held| fill || held.visible == day) {
            let place = span.place(day);
            (into.values[place], into.known_at[place], into.dates[place]) = (held.value, held.known_at, held.date);
            into.stale_on[place] = held.stale_on;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn track(rows: &[(Day, Day, f64)]) -> Track {
        Track {
            visible: rows.iter().map(|row| row.0.max(row.1)).collect(),
            dates: rows.iter().map(|row| row.0).collect(),
            known_at: rows.iter().map(|row| row.1).collect(),
            columns: vec![rows.iter().map(|row| row.2).collect()],
        }
    }

    fn of(track: &Track, in_advance: bool) -> Contribution<'_> {
        Contribution { track, column: 0, in_advance, most_age: None }
    }

    fn text(aligned: &Aligned) -> String {
        let value = |value: &f64| if value.is_nan() { "-".to_owned() } else { value.to_string() };
        aligned.values.iter().map(value).collect::<Vec<_>>().join(" ")
    }

    const WEEK: Span = Span { first: 10, last_bar: 16, last: 16 };

    #[test]
    fn values_are_filled_forward_only() {
        let bars = track(&[(11, 11, 1.0), (12, 12, f64::NAN), (14, 14, 2.0)]);
        assert_eq!(text(&align(&[of(&bars, false)], WEEK, true)), "- 1 1 1 2 2 2");
        assert_eq!(text(&align(&[of(&bars, false)], WEEK, false)), "- 1 - - 2 - -");
    }

    #[test]
    fn a_lagged_value_shows_on_the_day_it_is_public() {
        let weather = track(&[(9, 12, 1.0), (10, 13, 2.0), (11, 14, 3.0)]);
        let aligned = align(&[of(&weather, false)], WEEK, true);
        assert_eq!(text(&aligned), "- - 1 2 3 3 3");
        assert_eq!(aligned.known_at[2..], [12, 13, 14, 14, 14]);
        assert_eq!(text(&align(&[of(&weather, false)], WEEK, false)), "- - 1 2 3 - -");
    }

    #[test]
    fn a_late_old_row_does_not_replace_a_newer_one() {
        let rows = track(&[(10, 11, 1.0), (12, 12, 3.0), (11, 13, 2.0)]);
        assert_eq!(text(&align(&[of(&rows, false)], WEEK, true)), "- 1 3 3 3 3 3");
    }

    #[test]
    fn on_one_date_the_first_source_wins_and_elsewhere_the_newer() {
        let (first, second) =
            (track(&[(10, 10, 1.0), (12, 12, 2.0)]), track(&[(10, 10, 9.0), (11, 11, 8.0), (14, 14, 7.0)]));
        assert_eq!(text(&align(&[of(&first, false), of(&second, false)], WEEK, true)), "1 8 2 2 7 7 7");
    }

    #[test]
    fn each_value_is_held_to_the_limit_of_its_own_source() {
        let (quick, slow) = (track(&[(10, 11, 1.0)]), track(&[(12, 13, 2.0)]));
        let limited = |track, most_age| Contribution { most_age: Some(most_age), ..of(track, false) };
        let aligned = align(&[limited(&quick, 2), limited(&slow, 30)], WEEK, true);
        assert_eq!(text(&aligned), "- 1 1 2 2 2 2");
        // counted from the value's date, not from the day it was public
        assert_eq!(aligned.stale_on[1..], [13, 13, 43, 43, 43, 43]);
        assert_eq!(align(&[of(&quick, false)], WEEK, true).stale_on[1], Day::MAX);
    }

    #[test]
    fn after_the_last_bar_only_what_is_known_in_advance() {
        let span = Span { first: 10, last_bar: 12, last: 16 };
        let (bars, plan) =
            (track(&[(10, 10, 1.0), (12, 12, 2.0), (14, 14, 3.0)]), track(&[(10, 0, 5.0), (13, 0, 6.0), (15, 0, 7.0)]));
        assert_eq!(text(&align(&[of(&bars, false)], span, true)), "1 1 2 - - - -");
        assert_eq!(text(&align(&[of(&plan, true)], span, true)), "5 5 5 6 6 7 -");
        assert_eq!(text(&align(&[of(&plan, true)], span, false)), "5 - - 6 - 7 -");
    }
}
