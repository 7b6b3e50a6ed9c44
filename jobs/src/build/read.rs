//! Bronze as tracks.

use std::collections::BTreeSet;

use almanac_engine::delta::{Snapshot, Warehouse, session};
use almanac_engine::settings::{Settings, Source};
use almanac_engine::tables_input::{bronze, source_keys};
use almanac_engine::{EngineError, Result};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::prelude::{SessionContext, ident, lit};
use futures::StreamExt;

use super::track::{SourceTracks, text};

/// The bronze tables, each at the version found when the build began.
pub(super) struct Bronze<'a> {
    settings: &'a Settings,
    session: SessionContext,
    /// One per source, in their order.
    tables: Vec<Snapshot>,
}

impl<'a> Bronze<'a> {
    /// Opens the table of every source.
    ///
    /// # Errors
    /// [`EngineError::NotFound`] for a source that was never ingested.
    pub(super) async fn open(settings: &'a Settings, warehouse: &Warehouse) -> Result<Self> {
        let mut tables = Vec::with_capacity(settings.sources.len());
        for source in &settings.sources {
            let def = bronze(settings, source);
            let missing = || {
                let hint = "; ingest the sources first".to_owned();
                EngineError::NotFound { what: "table", name: def.full_name(), hint }
            };
            tables.push(Snapshot::open(warehouse, &def).await?.ok_or_else(missing)?);
        }
        Ok(Self { settings, session: session(), tables })
    }

    /// Keys of the bars with their number of rows, in order.
    pub(super) async fn keys(&self) -> Result<Vec<(Vec<String>, usize)>> {
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
    pub(super) async fn source_keys(&self, source: usize) -> Result<BTreeSet<Vec<String>>> {
        let names: Vec<&str> = source_keys(self.settings, &self.settings.sources[source]).collect();
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
        let mut tracks = SourceTracks::new(self.settings, config);
        let mut rows = self.session.read_table(self.tables[source].provider())?;
        for place in tracks.key_places.clone() {
            let Some(keys) = keys else { break };
            let wanted: BTreeSet<&String> = keys.iter().map(|key| &key[place]).collect();
            let wanted = wanted.into_iter().map(|text| lit(text.clone())).collect();
            rows = rows.filter(ident(&self.settings.dataset.key[place]).in_list(wanted, false))?;
        }
        let mut batches = rows.execute_stream().await?;
        while let Some(batch) = batches.next().await {
            tracks.add(self.settings, config, &batch?)?;
        }
        tracks.finish();
        Ok(tracks)
    }
}
