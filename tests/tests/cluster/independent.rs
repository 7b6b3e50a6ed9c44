//! A second opinion on the tables, from a reader that shares no code with ours.

use std::path::Path;
use std::process::Command;

use almanac_tests::notice;

use crate::warehouse::Warehouse;

/// DuckDB finds the same rows in both, each once. Without a Python that has it, says so.
pub(crate) fn same_tables(one: &Warehouse, other: &Warehouse) {
    let Ok(python) = std::env::var("ALMANAC_PYTHON") else {
        notice("no second opinion, ALMANAC_PYTHON does not name a Python with tests/readers/requirements.txt");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("readers/compare_tables.py");
    let mut compare = Command::new(python);
    compare.arg(script).arg(&one.root).arg(&other.root).envs(other.environment().iter().cloned());
    let output = compare.output().unwrap();
    let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{errors}\n{printed}");
    for table in ["forecast.distributions", "forecast.point_forecasts", "forecast.trained_models", "silver.model_input"]
    {
        assert!(printed.contains(table), "{table} was not compared\n{printed}");
    }
}
