//! From bronze to silver: one row per calendar day, nothing visible before it was public.
//!
//! A key's days run from its first bar to its last, and on to the last day of which anything is known in advance. On
//! each day a column shows the newest row with date ≤ day and `known_at` ≤ day, filled forward only and never across
//! keys. After the last bar there is no target; only columns known in advance go on. A region has rows from the day on
//! which anything of it is known. Rows up to a day therefore do not depend on later rows of bronze, as long as the day
//! is not after the key's last bar.
//!
//! Keys are worked on by bucket, in groups of about [`GROUP_ROWS`] bars: memory does not grow with their number.

mod align;
mod disagree;
mod panel;
mod read;
mod report;
mod rows;
mod track;

use std::collections::BTreeMap;
use std::time::Instant;

use almanac_engine::Result;
use almanac_engine::cell::key_bucket;
use almanac_engine::delta::replace::{Partition, Replaced, one_batch};
use almanac_engine::delta::{Snapshot, Warehouse, replace_partitions};
use almanac_engine::plan::job::key_text;
use almanac_engine::settings::Settings;
use almanac_engine::tables::TableDef;
use almanac_engine::tables_input::{self, SilverColumn, silver_columns};
use arrow::record_batch::RecordBatch;

pub use report::{BuildReport, ColumnReport, DifferingValue, Disagreement, LISTED, TOLERANCE, UnusedKeys};

use crate::ingest::check_sources;
use disagree::Comparison;
use panel::Panel;
use read::Bronze;
use track::SourceTracks;

/// Bars read and laid out at once.
const GROUP_ROWS: usize = 400_000;

/// Buckets by default. Not taken from the number of keys: that grows with time, and a bucket is part of every row.
const BUCKETS: u32 = 64;

pub use almanac_engine::tables_input::BUCKETS_PROPERTY;

/// Builds `silver.unified_data` and `silver.model_input` from bronze. What did not change is not written.
///
/// # Errors
/// [`almanac_engine::EngineError::NotFound`] without bronze tables, `Configuration` for sources that make no sense,
/// and those of the storage.
pub async fn build(settings: &Settings, warehouse: &Warehouse) -> Result<BuildReport> {
    let started = Instant::now();
    check_sources(settings)?;
    let bronze = Bronze::open(settings, warehouse).await?;
    let keys = bronze.keys().await?;
    let buckets = fix_buckets(settings, warehouse).await?;
    let mut work = Build::new(settings, warehouse, buckets);
    work.report.unused = unused(settings, &bronze, &keys).await?;
    let groups = groups(&keys, buckets);
    let all_at_once = groups.len() == 1;
    let mut sources = vec![SourceTracks::default(); settings.sources.len()];
    for (place, group) in groups.into_iter().enumerate() {
        let wanted: Vec<Vec<String>> = group.values().flatten().cloned().collect();
        for (source, tracks) in sources.iter_mut().enumerate() {
            // Sources without keys hold for every group.
            if place == 0 || !settings.sources[source].key.is_empty() {
                *tracks = bronze.tracks(source, (!all_at_once).then_some(&wanted)).await?;
            }
        }
        work.group(&sources, group).await?;
    }
    Ok(work.finish(started))
}

/// The number of buckets: what `silver.model_input` was created with, else the setting, else [`BUCKETS`].
async fn fix_buckets(settings: &Settings, warehouse: &Warehouse) -> Result<u32> {
    let wanted = settings.dataset.buckets.unwrap_or(BUCKETS).max(1);
    let properties = [(BUCKETS_PROPERTY, wanted.to_string())];
    let table = Snapshot::open_or_create_with(warehouse, &tables_input::model_input(settings), &properties).await?;
    Ok(table.property(BUCKETS_PROPERTY).and_then(|text| text.parse().ok()).unwrap_or(wanted).max(1))
}

/// Keys by bucket, in groups of whole buckets. Buckets without keys belong to the first group: they may hold old rows.
fn groups(keys: &[(Vec<String>, usize)], buckets: u32) -> Vec<BTreeMap<i32, Vec<Vec<String>>>> {
    let mut by_bucket: BTreeMap<i32, (Vec<Vec<String>>, usize)> = BTreeMap::new();
    (0..buckets as i32).for_each(|bucket| drop(by_bucket.insert(bucket, Default::default())));
    for (key, rows) in keys {
        let bucket = by_bucket.entry(key_bucket(&key_text(key), buckets)).or_default();
        bucket.0.push(key.clone());
        bucket.1 += rows;
    }
    let mut groups = vec![BTreeMap::new()];
    let mut filled = 0;
    for (bucket, (keys, rows)) in by_bucket {
        if filled > 0 && filled + rows > GROUP_ROWS {
            groups.push(BTreeMap::new());
            filled = 0;
        }
        filled += rows;
        if let Some(group) = groups.last_mut() {
            group.insert(bucket, keys);
        }
    }
    groups
}

async fn unused(settings: &Settings, bronze: &Bronze<'_>, keys: &[(Vec<String>, usize)]) -> Result<Vec<UnusedKeys>> {
    let mut found = Vec::new();
    for (place, source) in
        settings.sources.iter().enumerate().filter(|(_, source)| !source.bars && !source.key.is_empty())
    {
        let tracks = SourceTracks::new(settings, source);
        let part = |key: &Vec<String>| tracks.key_places.iter().map(|place| key[*place].clone()).collect();
        let mut others = bronze.source_keys(place).await?;
        for (key, _) in keys {
            let part: Vec<String> = part(key);
            others.remove(&part);
        }
        if let Some(first) = others.first() {
            found.push(UnusedKeys { source: source.name.clone(), keys: others.len(), first: first.join(" ") });
        }
    }
    Ok(found)
}

struct Build<'a> {
    settings: &'a Settings,
    warehouse: &'a Warehouse,
    columns: Vec<SilverColumn<'a>>,
    unified: TableDef,
    model_input: TableDef,
    comparison: Comparison,
    report: BuildReport,
}

impl<'a> Build<'a> {
    fn new(settings: &'a Settings, warehouse: &'a Warehouse, buckets: u32) -> Self {
        let columns = silver_columns(settings);
        let reports = columns.iter().map(|column| ColumnReport {
            column: column.name.to_owned(),
            max_staleness_days: column.max_staleness_days,
            ..ColumnReport::default()
        });
        Self {
            settings,
            warehouse,
            unified: tables_input::unified_data(settings),
            model_input: tables_input::model_input(settings),
            comparison: Comparison::new(settings, &columns),
            report: BuildReport { buckets, columns: reports.collect(), ..BuildReport::default() },
            columns,
        }
    }

    /// Lays out the keys of a group and stores the buckets that changed, one commit per table.
    async fn group(&mut self, sources: &[SourceTracks], group: BTreeMap<i32, Vec<Vec<String>>>) -> Result<()> {
        let (mut unified, mut model_input) = (Vec::new(), Vec::new());
        for (bucket, keys) in group {
            let (mut wide, mut narrow) = (Vec::new(), Vec::new());
            for key in keys {
                let Some(panel) = Panel::of(self.settings, &self.columns, sources, &key) else { continue };
                self.comparison.add(sources, &key);
                self.note(&panel);
                wide.push(rows::unified(&self.unified, &self.columns, &panel)?);
                narrow.push(rows::model_input(&self.model_input, &self.columns, &panel)?);
            }
            let partition = Some(vec![("key_bucket".to_owned(), bucket.to_string())]);
            let (wide, narrow) = (one_batch(&self.unified, &wide)?, one_batch(&self.model_input, &narrow)?);
            self.report.unified_rows += wide.num_rows();
            self.report.model_input_rows += narrow.num_rows();
            unified.push((partition.clone(), wide));
            model_input.push((partition, narrow));
        }
        self.report.unified_written |= self.store(&self.unified, unified).await?;
        self.report.model_input_written |= self.store(&self.model_input, model_input).await?;
        Ok(())
    }

    async fn store(&self, def: &TableDef, partitions: Vec<(Partition, RecordBatch)>) -> Result<bool> {
        Ok(replace_partitions(self.warehouse, def, partitions).await? != Replaced::Unchanged)
    }

    /// Counts cover and age of a key's values on its sessions.
    fn note(&mut self, panel: &Panel) {
        self.report.keys += 1;
        for (column, report) in panel.columns.iter().zip(&mut self.report.columns) {
            let sessions = panel.is_session.iter().enumerate().filter(|(_, is_session)| **is_session);
            for (place, _) in sessions {
                let day = panel.span.first + place as i32;
                let by_region = column
                    .by_region
                    .iter()
                    .chain(column.by_region.is_empty().then_some(column.shared.as_ref()).flatten());
                let known = by_region.filter(|aligned| !aligned.values[place].is_nan());
                let ages = known.map(|aligned| (day - aligned.dates[place], day >= aligned.stale_on[place]));
                let Some((age, stale)) = ages.reduce(|a, b| (a.0.max(b.0), a.1 | b.1)) else {
                    report.sessions_without += 1;
                    continue;
                };
                report.max_age_days = report.max_age_days.max(age);
                report.sessions_over_limit += usize::from(stale);
            }
        }
    }

    fn finish(mut self, started: Instant) -> BuildReport {
        self.report.disagreements = self.comparison.finish();
        self.report.build_seconds = started.elapsed().as_secs_f64();
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_whole_buckets_and_bounded() {
        let keys: Vec<_> = (0..300).map(|i| (vec![format!("store {i}")], 10_000)).collect();
        let groups = groups(&keys, 64);
        let rows =
            |group: &BTreeMap<i32, Vec<Vec<String>>>| group.values().map(|keys| keys.len() * 10_000).sum::<usize>();
        assert_eq!(groups.iter().map(rows).sum::<usize>(), 3_000_000);
        assert!(groups.len() >= 8 && groups.iter().all(|group| rows(group) <= GROUP_ROWS), "{}", groups.len());
        let buckets: Vec<i32> = groups.iter().flat_map(|group| group.keys().copied()).collect();
        assert_eq!(buckets, (0..64).collect::<Vec<_>>());
        let of_one: Vec<_> = groups.iter().flatten().filter(|(_, keys)| keys.contains(&keys_of(7))).collect();
        assert_eq!(of_one.len(), 1);
        assert_eq!(*of_one[0].0, key_bucket("store 7", 64));
    }

    fn keys_of(i: i32) -> Vec<String> {
        vec![format!("store {i}")]
    }
}
