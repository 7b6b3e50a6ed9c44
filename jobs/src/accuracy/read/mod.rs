//! Reads panels: folders as the M4 competition's, and files of one row per series and time.

mod long;
mod long_parquet;
mod wide;

use std::path::{Path, PathBuf};

use almanac_engine::{EngineError, Result};

use super::Panel;

/// What to read.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// A folder with `Train` and `Test`, or a file.
    pub(crate) dataset: PathBuf,
    /// Group of a folder, such as `Hourly`.
    pub(crate) group: Option<String>,
    /// Last rows of each series of a file that are the test part.
    pub(crate) horizon: Option<usize>,
}

/// Reads a panel.
///
/// # Errors
/// [`EngineError::NotFound`] without the data set or the group, [`EngineError::Storage`] where a file cannot be read,
/// [`EngineError::Input`] naming file, line, column and value of what does not fit.
pub(crate) fn read(wanted: &Wanted) -> Result<Panel> {
    let Wanted { dataset, group, horizon } = wanted;
    if dataset.is_dir() {
        return wide::read(dataset, group.as_deref());
    }
    if !dataset.is_file() {
        return Err(EngineError::NotFound {
            what: "data set",
            name: dataset.display().to_string(),
            hint: "; --dataset names a folder with Train and Test, or a file with unique_id, ds and y".into(),
        });
    }
    let horizon = horizon.filter(|h| *h > 0).ok_or_else(|| EngineError::Configuration {
        key: "--horizon".into(),
        value: "nothing".into(),
        message: "name the rows at each series' end that are the test part".into(),
    })?;
    let extension = dataset.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    let rows = match extension.as_str() {
        "csv" => long::rows_of_csv(dataset)?,
        "parquet" => long_parquet::rows(dataset)?,
        other => return Err(input(dataset, None, "unknown kind of file; .csv and .parquet are read").of_value(other)),
    };
    long::panel(dataset, rows, horizon)
}

fn storage(path: &Path, source: impl std::error::Error + Send + Sync + 'static) -> EngineError {
    EngineError::Storage { place: path.display().to_string(), source: Box::new(source) }
}

fn input(path: &Path, line: Option<u64>, message: impl Into<String>) -> EngineError {
    let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
    EngineError::input(format!("{}{line}", path.display()), message)
}

fn refused(path: &Path, error: csv::Error) -> EngineError {
    let line = error.position().map(csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(error) => storage(path, error),
        other => input(path, line, format!("not CSV: {other:?}")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Date32Array, Float64Array, Int64Array, StringArray};
    use arrow::record_batch::RecordBatch;
    use parquet::arrow::ArrowWriter;

    use super::super::Observed;
    use super::*;

    fn of(path: &Path, horizon: usize) -> Result<Panel> {
        read(&Wanted { dataset: path.into(), group: None, horizon: Some(horizon) })
    }

    fn parquet(path: &Path, ids: &[&str], ds: ArrayRef, y: &[Option<f64>]) {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("unique_id", Arc::new(StringArray::from(ids.to_vec()))),
            ("ds", ds),
            ("y", Arc::new(Float64Array::from(y.to_vec()))),
        ];
        let rows = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true))).unwrap();
        let mut writer = ArrowWriter::try_new(std::fs::File::create(path).unwrap(), rows.schema(), None).unwrap();
        writer.write(&rows).unwrap();
        writer.close().unwrap();
    }

    /// Days 10 to 13 of a series, one value missing; of another too few.
    #[test]
    fn dates_numbers_and_files_say_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let (ids, y) = (["b", "a", "a", "a", "a"], [Some(9.0), Some(4.0), None, Some(1.0), Some(2.0)]);
        let days = [10, 13, 12, 10, 11];
        let dates = folder.path().join("dates.parquet");
        parquet(&dates, &ids, Arc::new(Date32Array::from(days.to_vec())), &y);
        let numbers = folder.path().join("numbers.parquet");
        parquet(&numbers, &ids, Arc::new(Int64Array::from(days.map(i64::from).to_vec())), &y);
        let text = folder.path().join("text.csv");
        std::fs::write(
            &text,
            "ds,unique_id,y\n1970-01-11,b,9\n1970-01-14 00:00:00,a,4\n1970-01-13,a,\n1970-01-11,a,1\n1970-01-12,a,2\n",
        )
        .unwrap();
        for path in [&dates, &numbers, &text] {
            let panel = of(path, 1).unwrap();
            assert_eq!(panel.too_short, ["b"]);
            let [series] = &panel.series[..] else { panic!("{} series", panel.series.len()) };
            assert_eq!((series.days.as_slice(), series.ahead.as_slice()), (&[10, 11, 12][..], &[13][..]));
            assert_eq!((&series.training[..2], series.actual[0]), (&[1.0, 2.0][..], 4.0));
            assert!(series.training[2].is_nan());
            assert_eq!(panel.observed, if path == &numbers { None } else { Some(Observed::Daily) });
        }
    }

    #[test]
    fn hours_are_numbered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hours.csv");
        let rows = (0..30).map(|t| format!("x,2024-01-0{} {:02}:00:00,{t}\n", 1 + t / 24, t % 24));
        std::fs::write(&path, format!("unique_id,ds,y\n{}", rows.collect::<String>())).unwrap();
        let panel = of(&path, 2).unwrap();
        assert_eq!(panel.observed, Some(Observed::Hourly));
        assert_eq!((panel.series[0].days.len(), &panel.series[0].ahead), (28, &vec![28, 29]));
    }

    #[test]
    fn what_does_not_fit_is_refused_by_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("panel.csv");
        for (text, named) in [
            ("unique_id,ds\na,2024-01-01\n", "column \"y\" is missing"),
            ("unique_id,ds,y\na,2024-01-01,much\n", "line 2: y \"much\""),
            ("unique_id,ds,y\na,soon,1\n", "line 2: ds \"soon\""),
            ("unique_id,ds,y\na,2024-01-01,1\na,2024-01-01,2\n", "two rows at 2024-01-01"),
            ("unique_id,ds,y\na,2024-01-01,1\na,7,2\n", "dates and whole numbers"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = of(&path, 1).unwrap_err();
            assert!(error.to_string().contains(named), "{named:?} is not in {error}");
            assert_eq!(error.exit_code(), 5);
        }
        assert_eq!(of(&folder.path().join("none.csv"), 1).unwrap_err().exit_code(), 4);
        assert_eq!(read(&Wanted { dataset: path, group: None, horizon: None }).unwrap_err().exit_code(), 2);
    }
}
