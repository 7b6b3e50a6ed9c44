//! Where two sources carry the same column and differ.

use super::report::{DifferingValue, Disagreement, LISTED, TOLERANCE};
use super::track::{SourceTracks, Track};
use crate::plan::job::iso;
use crate::settings::Settings;
use crate::tables_input::SilverColumn;

/// Running comparison of every column that several sources carry.
#[derive(Debug)]
pub(crate) struct Comparison {
    pairs: Vec<Pair>,
}

#[derive(Debug)]
struct Pair {
    /// (source, column) whose values are used.
    used: (usize, usize),
    other: (usize, usize),
    found: Disagreement,
}

impl Comparison {
    /// Of sources of which at least one has keys.
    pub(super) fn by_key(settings: &Settings, columns: &[SilverColumn<'_>]) -> Self {
        Self::new(settings, columns, false)
    }

    /// Of sources that hold for every key.
    pub(crate) fn shared(settings: &Settings, columns: &[SilverColumn<'_>]) -> Self {
        Self::new(settings, columns, true)
    }

    fn new(settings: &Settings, columns: &[SilverColumn<'_>], shared: bool) -> Self {
        let has_no_key = |source: usize| settings.sources[source].key.is_empty();
        let mut pairs = Vec::new();
        for column in columns {
            let Some((used, others)) = column.origins.split_first() else { continue };
            let others = others.iter().filter(|other| (has_no_key(used.0) && has_no_key(other.0)) == shared);
            pairs.extend(others.map(|other| Pair {
                used: *used,
                other: *other,
                found: Disagreement {
                    column: column.name.to_owned(),
                    used: settings.sources[used.0].name.clone(),
                    other: settings.sources[other.0].name.clone(),
                    compared: 0,
                    different: 0,
                    over_tolerance: 0,
                    listed: Vec::new(),
                },
            }));
        }
        Self { pairs }
    }

    /// Whether there is anything to compare.
    pub(crate) fn is_needed(&self) -> bool {
        !self.pairs.is_empty()
    }

    /// Compares what the sources say of one key; of none for sources that hold for every key.
    pub(crate) fn add(&mut self, sources: &[SourceTracks], key: &[String]) {
        for pair in &mut self.pairs {
            let (Some(used), Some(other)) = (sources[pair.used.0].of_key(key), sources[pair.other.0].of_key(key))
            else {
                continue;
            };
            for (region, track) in used {
                if let Some(second) = other.get(region) {
                    let name = format!("{} {region}", key.join(" "));
                    pair.compare(track, second, &name);
                }
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<Disagreement> {
        self.pairs.into_iter().map(|pair| pair.found).collect()
    }
}

impl Pair {
    fn compare(&mut self, used: &Track, other: &Track, key: &str) {
        let by_date = |track: &Track, column: usize| {
            let mut values: Vec<_> = track.dates.iter().copied().zip(track.columns[column].iter().copied()).collect();
            values.retain(|(_, value)| !value.is_nan());
            values.sort_by_key(|(date, _)| *date);
            values
        };
        let second = by_date(other, self.other.1);
        for (date, value) in by_date(used, self.used.1) {
            let Ok(place) = second.binary_search_by_key(&date, |(date, _)| *date) else { continue };
            let other = second[place].1;
            self.found.compared += 1;
            self.found.different += usize::from(value != other);
            if (value - other).abs() <= TOLERANCE * value.abs().max(other.abs()) {
                continue;
            }
            self.found.over_tolerance += 1;
            if self.found.listed.len() < LISTED {
                let entry = DifferingValue { date: iso(date), key: key.trim().to_owned(), used: value, other };
                self.found.listed.push(entry);
            }
        }
    }
}
