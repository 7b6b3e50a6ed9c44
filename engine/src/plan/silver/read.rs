//! Bronze as tracks.

use std::collections::BTreeSet;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::prelude::{SessionContext, ident, lit};
use futures::StreamExt;

use super::track::{SourceTracks, text};
use crate::delta::{Snapshot, Version, Warehouse, session};
use crate::settings::{Settings, Source};
use crate::tables_input::{bronze, source_keys};
use crate::{EngineError, Result};

/// The bronze tables, each at the version found when the build began.
pub(crate) struct Bronze {
    settings: Settings,
    session: SessionContext,
    /// One per source, in their order.
    tables: Vec<Snapshot>,
}

impl Bronze {
    /// Opens the table of every source.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for a source that was never ingested.
    pub(crate) async fn open(settings: &Settings, warehouse: &Warehouse) -> Result<Self> {
        let mut tables = Vec::with_capacity(settings.sources.len());
        for source in &settings.sources {
            let def = bronze(settings, source);
            let missing = || {
                let hint = "; ingest the sources first".to_owned();
                EngineError::NotFound { what: "table", name: def.full_name(), hint }
            };
            tables.push(Snapshot::open(warehouse, &def).await?.ok_or_else(missing)?);
        }
        Ok(Self { settings: settings.clone(), session: session(), tables })
    }

    /// Opens the table of every source at a version.
    ///
    /// # Errors
    /// As [`Snapshot::at`].
    pub(super) async fn at(settings: &Settings, warehouse: &Warehouse, versions: &[Version]) -> Result<Self> {
        let mut tables = Vec::with_capacity(versions.len());
        for (source, version) in settings.sources.iter().zip(versions) {
            tables.push(Snapshot::at(warehouse, &bronze(settings, source), version).await?);
        }
        Ok(Self { settings: settings.clone(), session: session(), tables })
    }

    /// The tables' versions.
    pub(crate) fn versions(&self) -> Vec<Version> {
        self.tables.iter().map(Snapshot::identity).collect()
    }

    /// Tracks of the sources that hold for every key; of the others none.
    pub(crate) async fn shared_tracks(&self) -> Result<Vec<SourceTracks>> {
        let mut shared = Vec::with_capacity(self.tables.len());
        for (place, source) in self.settings.sources.iter().enumerate() {
            shared.push(match source.key.is_empty() {
                true => self.tracks(place, None).await?,
                false => SourceTracks::default(),
            });
        }
        Ok(shared)
    }

    /// Keys of the bars with their number of rows, in order.
    pub(crate) async fn keys(&self) -> Result<Vec<(Vec<String>, usize)>> {
        let Some(bars) = self.settings.sources.iter().position(|source| source.bars) else { return Ok(Vec::new()) };
        let names = &self.settings.dataset.key;
        let keys = names.iter().map(ident).collect();
        let rows = self.session.read_table(self.tables[bars].provider())?;
        let batches = rows.aggregate(keys, vec![count(lit(1)).alias("rows")])?.collect().await?;
        let mut found = Vec::new();
        for batch in batches {
            let columns = names.iter().map(|name| text(&batch, name)).collect::<Result<Vec<_>>>()?;
            let counts = batch.column(names.len()).as_primitive::<Int64Type>();
            let key = |row: usize| columns.iter().map(|column| column.value(row).to_owned()).collect();
            found.extend((0..batch.num_rows()).map(|row| (key(row), counts.value(row) as usize)));
        }
        found.sort();
        Ok(found)
    }

    /// Keys of a source that is not the bars', for those it carries.
    pub(crate) async fn source_keys(&self, source: usize) -> Result<BTreeSet<Vec<String>>> {
        let names: Vec<&str> = source_keys(&self.settings, &self.settings.sources[source]).collect();
        let rows = self.session.read_table(self.tables[source].provider())?;
        let batches = rows.aggregate(names.iter().map(|name| ident(*name)).collect(), vec![])?.collect().await?;
        let mut found = BTreeSet::new();
        for batch in batches {
            let columns = names.iter().map(|name| text(&batch, name)).collect::<Result<Vec<_>>>()?;
            found.extend((0..batch.num_rows()).map(|row| columns.iter().map(|c| c.value(row).to_owned()).collect()));
        }
        Ok(found)
    }

    /// Rows of a source that concern `keys`; all of them where `keys` is none or the source has no keys.
    pub(super) async fn tracks(&self, source: usize, keys: Option<&[Vec<String>]>) -> Result<SourceTracks> {
        let config: &Source = &self.settings.sources[source];
        let mut tracks = SourceTracks::new(&self.settings, config);
        let mut rows = self.session.read_table(self.tables[source].provider())?;
        for place in tracks.key_places.clone() {
            let Some(keys) = keys else { break };
            let wanted: BTreeSet<&String> = keys.iter().map(|key| &key[place]).collect();
            let wanted = wanted.into_iter().map(|text| lit(text.clone())).collect();
            rows = rows.filter(ident(&self.settings.dataset.key[place]).in_list(wanted, false))?;
        }
        let mut batches = rows.execute_stream().await?;
        while let Some(batch) = batches.next().await {
            tracks.add(&self.settings, config, &batch?)?;
        }
        tracks.finish();
        Ok(tracks)
    }
}
