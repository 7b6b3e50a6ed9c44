//! Demo data: the CSV files a user of commodity data would have, simulated from known processes.
//!
//! Nothing here is real, and every parameter that made it is public in [`truth`], so that a fit can be held against
//! what it should have found. The same seed gives the same bytes on every machine: random numbers are ChaCha8, and
//! every transcendental function is `libm`'s.

mod calendar;
mod covariates;
mod error;
mod prices;
mod random;
mod sentiment;
mod table;
pub mod truth;
mod weather;

use std::path::{Path, PathBuf};

use chrono::NaiveDate;

pub use error::DemoError;
use random::Series;
use table::Table;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// The files, in the order they were written.
    pub files: Vec<DemoFile>,
    /// First session of the market file.
    pub first_session: NaiveDate,
    /// Last session of the market file.
    pub last_session: NaiveDate,
    /// Number of sessions per commodity.
    pub sessions: usize,
}

/// One file written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemoFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Rows below the header.
    pub rows: usize,
}

/// Writes `market.csv`, `weather.csv`, `vix.csv`, `macro.csv` and `sentiment.csv` into `directory`, which is created
/// if need be; files of these names are replaced.
///
/// `seed` picks the sample; the processes stay those of [`truth`].
///
/// # Errors
/// [`DemoError`] naming the path, if the directory or a file cannot be written.
pub fn generate(directory: &Path, seed: u64) -> Result<Summary, DemoError> {
    let sessions = calendar::sessions(truth::FIRST_DAY, truth::LAST_DAY);
    let (Some(&first_session), Some(&last_session)) = (sessions.first(), sessions.last()) else {
        return Err(DemoError::NoSessions { first: truth::FIRST_DAY, last: truth::LAST_DAY });
    };
    let days = calendar::days(truth::FIRST_COVARIATE_DAY, truth::LAST_DAY);
    let weather = weather::simulate(&days, seed);

    let tables = [
        prices::market(&sessions, &weather, seed),
        weather.table(),
        covariates::vix(&sessions, &mut Series::Vix.normals(seed)),
        covariates::currencies(&days, &mut Series::Currencies.normals(seed)),
        sentiment::table(&days, seed),
    ];

    std::fs::create_dir_all(directory).map_err(|source| DemoError::Directory { path: directory.to_owned(), source })?;
    let files = tables.iter().map(|table| write(table, directory)).collect::<Result<_, _>>()?;
    Ok(Summary { files, first_session, last_session, sessions: sessions.len() })
}

fn write(table: &Table, directory: &Path) -> Result<DemoFile, DemoError> {
    let path = directory.join(table.file_name);
    table.write(&path).map_err(|source| DemoError::File { path: path.clone(), source })?;
    Ok(DemoFile { path, rows: table.rows.len() })
}
