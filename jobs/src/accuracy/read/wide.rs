//! Folders as the M4 competition's: `Train/GROUP-train.csv` and `Test/GROUP-test.csv`, a series a line. The first
//! column is its name, values follow; empty fields at the end belong to no series.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use almanac_engine::{EngineError, Result};
use csv::ReaderBuilder;

use super::super::panel::Series;
use super::super::{Observed, Panel};
use super::{input, refused, storage};

const TRAIN_SUFFIX: &str = "-train.csv";

/// Reads a group; without a name, the only one there is.
pub(super) fn read(folder: &Path, group: Option<&str>) -> Result<Panel> {
    let groups = groups(folder)?;
    let known = groups.join(", ");
    let group = match (group, groups.as_slice()) {
        (Some(group), _) if groups.iter().any(|known| known == group) => group,
        (None, [only]) => only,
        (Some(group), _) => {
            let hint = format!(" in {}; choose one of {known}", folder.display());
            return Err(EngineError::NotFound { what: "group", name: group.to_owned(), hint });
        }
        (None, _) => {
            let message = format!("choose one of {known}");
            return Err(EngineError::Configuration { key: "--group".into(), value: "nothing".into(), message });
        }
    };
    let train = folder.join("Train").join(format!("{group}{TRAIN_SUFFIX}"));
    let test = folder.join("Test").join(format!("{group}-test.csv"));
    let mut tests: HashMap<String, Vec<f64>> = lines(&test)?.into_iter().collect();
    let (mut series, mut too_short) = (Vec::new(), Vec::new());
    for (id, training) in lines(&train)? {
        let Some(actual) = tests.remove(&id) else {
            let message = format!("series {id:?} is missing; {} has it", train.display());
            return Err(input(&test, None, message).of_value(id));
        };
        if training.is_empty() || actual.is_empty() {
            too_short.push(id);
        } else {
            series.push(Series::numbered(id, training, actual));
        }
    }
    Ok(Panel { name: group.to_owned(), observed: Observed::named(group), series, too_short })
}

/// Names of the groups with a training file, in order.
fn groups(folder: &Path) -> Result<Vec<String>> {
    let train = folder.join("Train");
    let not_found = |_| EngineError::NotFound {
        what: "folder",
        name: train.display().to_string(),
        hint: "; a data set in wide form has Train/GROUP-train.csv and Test/GROUP-test.csv".into(),
    };
    let entries = std::fs::read_dir(&train).map_err(not_found)?;
    let mut names = Vec::new();
    for entry in entries {
        let name = entry.map_err(|error| storage(&train, error))?.file_name();
        names.extend(name.to_str().and_then(|name| name.strip_suffix(TRAIN_SUFFIX)).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

/// The series of a file, in its order.
fn lines(path: &Path) -> Result<Vec<(String, Vec<f64>)>> {
    let file = File::open(path).map_err(|error| storage(path, error))?;
    let mut reader = ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(file);
    let mut lines = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| refused(path, error))?;
        let line = record.position().map(csv::Position::line);
        let mut fields = record.iter();
        let id = fields.next().unwrap_or_default().to_owned();
        let mut values = Vec::with_capacity(record.len());
        for field in fields {
            values.push(match field {
                "" => f64::NAN,
                text => {
                    let refused = || input(path, line, format!("{text:?} is not a number")).of_value(text);
                    number(text).ok_or_else(refused)?
                }
            });
        }
        let used = values.iter().rposition(|value| !value.is_nan()).map_or(0, |last| last + 1);
        values.truncate(used);
        lines.push((id, values));
    }
    Ok(lines)
}

/// A finite number.
pub(super) fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|value: &f64| value.is_finite())
}
