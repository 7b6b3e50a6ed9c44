//! Where two sources carry the same column and differ.

use almanac_engine::settings::Settings;
use almanac_engine::tables_input::SilverColumn;

use super::report::{DifferingValue, Disagreement, LISTED, TOLERANCE};
use super::track::{SourceTracks, Track};
use crate::ingest::date_text;

/// Running comparison of every column that several sources carry.
#[derive(Debug)]
pub(super) struct Comparison {
    pairs: Vec<Pair>,
}

#[derive(Debug)]
struct Pair {
    /// (source, column) whose values are used.
    used: (usize, usize),
    other: (usize, usize),
    found: Disagreement,
    /// Sources without keys hold for every key and are compared once.
    once: bool,
    done: bool,
}

impl Comparison {
    pub(super) fn new(settings: &Settings, columns: &[SilverColumn<'_>]) -> Self {
        let mut pairs = Vec::new();
        for column in columns {
            let Some((used, others)) = column.origins.split_first() else { continue };
            pairs.extend(others.iter().map(|other| Pair {
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
                once: settings.sources[used.0].key.is_empty() && settings.sources[other.0].key.is_empty(),
                done: false,
            }));
        }
        Self { pairs }
    }

    /// Compares what the sources say of one key.
    pub(super) fn add(&mut self, sources: &[SourceTracks], key: &[String]) {
        for pair in self.pairs.iter_mut().filter(|pair| !(pair.once && pair.done)) {
            let (Some(used), Some(other)) = (sources[pair.used.0].of_key(key), sources[pair.other.0].of_key(key))
            else {
                continue;
            };
            for (region, track) in used {
                if let Some(second) = other.get(region) {
                    let name = if pair.once { region.clone() } else { format!("{} {region}", key.join(" ")) };
                    pair.compare(track, second, &name);
                }
            }
            pair.done = true;
        }
    }

    pub(super) fn finish(self) -> Vec<Disagreement> {
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
                let entry = DifferingValue { date: date_text(date), key: key.trim().to_owned(), used: value, other };
                self.found.listed.push(entry);
            }
        }
    }
}
