//! Which runs go on, as far as the ledger tells.

use std::collections::BTreeSet;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use chrono::{DateTime, TimeDelta, Utc};
use datafusion::common::ScalarValue;
use datafusion::prelude::{col, lit};

use crate::delta::{Snapshot, Warehouse, session};
use crate::{EngineError, Result, tables};

/// Seconds after which a running run without heartbeat counts as abandoned.
pub const ABANDONED_SECONDS: i64 = 60;

/// Those among `runs` that say that they run, and have given a sign of life not long before `now`.
///
/// # Errors
/// Storage errors.
pub(crate) async fn alive(
    warehouse: &Warehouse,
    runs: &BTreeSet<&str>,
    now: DateTime<Utc>,
) -> Result<BTreeSet<String>> {
    let mut found = BTreeSet::new();
    if runs.is_empty() {
        return Ok(found);
    }
    let Some(table) = Snapshot::open(warehouse, &tables::runs()).await? else { return Ok(found) };
    let since = (now - TimeDelta::seconds(ABANDONED_SECONDS)).timestamp_micros();
    let since = ScalarValue::TimestampMicrosecond(Some(since), Some("UTC".into()));
    let rows = session()
        .read_table(table.provider())?
        .filter(col("run_id").in_list(runs.iter().map(|run| lit(*run)).collect(), false))?
        .filter(col("state").eq(lit("running")).and(col("heartbeat_at").gt(lit(since))))?
        .select(vec![col("run_id")])?;
    for batch in rows.collect().await? {
        let ids = cast(batch.column(0), &DataType::Utf8).map_err(EngineError::from_arrow)?;
        found.extend(ids.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::backfill::Ledger;
    use crate::plan::job::Job;

    #[tokio::test]
    async fn a_run_lives_for_a_minute_after_its_last_sign() {
        let folder = tempfile::tempdir().unwrap();
        let warehouse = Warehouse::open(folder.path().to_str().unwrap()).unwrap();
        let mut job = Job::without_sources(warehouse.root().as_str());
        job.run_id = "run".into();
        Ledger::new(&warehouse, &job, "backfill").unwrap().beat("running").await.unwrap();
        let (beat, runs) = (Utc::now(), BTreeSet::from(["run", "other"]));
        for (seconds, living) in [(ABANDONED_SECONDS / 2, 1), (ABANDONED_SECONDS + 1, 0)] {
            let found = alive(&warehouse, &runs, beat + TimeDelta::seconds(seconds)).await.unwrap();
            assert_eq!(found.len(), living, "after {seconds} s");
        }
    }
}
