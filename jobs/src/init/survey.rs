//! What files of a folder hold: columns, their kinds, dates and how often values repeat.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::Path;

use almanac_engine::{EngineError, Result};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use chrono::{Datelike, NaiveDate, Weekday};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Distinct values that are remembered per column; more are no key and no region.
const REMEMBERED: usize = 10_000;
/// Marks that may stand between fields in place of commas; files with them are not read.
const SEPARATORS: [char; 3] = [';', '\t', '|'];
/// Rows read of each file; what holds of so many holds of the rest often enough for a guess.
const ROWS: usize = 2_000_000;

/// One file.
#[derive(Debug, Default)]
pub(crate) struct Surveyed {
    /// Name below the folder.
    pub(crate) file: String,
    /// Rows read.
    pub(crate) rows: usize,
    /// Columns in the order of the file.
    pub(crate) columns: Vec<Surveyor>,
    /// What separates its fields in place of commas; its rows are not read then.
    pub(crate) separator: Option<char>,
    /// Texts of each row, for looking whether columns tell rows apart.
    cells: Vec<Vec<String>>,
}

/// One column, as far as it has been read.
#[derive(Debug, Default)]
pub(crate) struct Surveyor {
    /// Its name in the file.
    pub(crate) name: String,
    filled: usize,
    dates: usize,
    numbers: usize,
    wholes: usize,
    /// Distinct values; none once there are too many.
    distinct: Option<BTreeSet<String>>,
    weekend: usize,
    first: Option<NaiveDate>,
    last: Option<NaiveDate>,
    /// First value.
    sample: Option<String>,
    /// First value that is neither a date nor a number.
    odd: Option<String>,
}

impl Surveyor {
    fn new(name: &str) -> Self {
        let name = name.trim_start_matches('\u{feff}').to_owned();
        Self { name, distinct: Some(BTreeSet::new()), ..Self::default() }
    }

    fn see(&mut self, value: &str) {
        if value.is_empty() {
            return;
        }
        self.filled += 1;
        if self.sample.is_none() {
            self.sample = Some(value.to_owned());
        }
        let (dates, numbers) = (self.dates, self.numbers);
        if let Some(date) = value.get(..10).and_then(|text| text.parse::<NaiveDate>().ok()) {
            self.dates += 1;
            self.weekend += usize::from(matches!(date.weekday(), Weekday::Sat | Weekday::Sun));
            self.first = Some(self.first.map_or(date, |first| first.min(date)));
            self.last = Some(self.last.map_or(date, |last| last.max(date)));
        }
        self.numbers += usize::from(value.parse::<f64>().is_ok());
        self.wholes += usize::from(value.parse::<i64>().is_ok());
        if self.odd.is_none() && (self.dates, self.numbers) == (dates, numbers) {
            self.odd = Some(value.to_owned());
        }
        if let Some(distinct) = &mut self.distinct {
            distinct.insert(value.to_owned());
            if distinct.len() > REMEMBERED {
                self.distinct = None;
            }
        }
    }

    /// Whether every value is a date.
    pub(crate) fn is_date(&self) -> bool {
        self.filled > 0 && self.dates == self.filled
    }

    /// Whether every value is a number.
    pub(crate) fn is_number(&self) -> bool {
        self.filled > 0 && self.numbers == self.filled
    }

    /// Whether every value is a whole number.
    pub(crate) fn is_whole(&self) -> bool {
        self.filled > 0 && self.wholes == self.filled
    }

    /// Whether no row lacks a value.
    pub(crate) fn is_full(&self, rows: usize) -> bool {
        self.filled == rows
    }

    /// Number of distinct values, if it was counted to the end.
    pub(crate) fn distinct(&self) -> Option<usize> {
        self.distinct.as_ref().map(BTreeSet::len)
    }

    /// Its first value.
    pub(crate) fn sample(&self) -> Option<&str> {
        self.sample.as_deref()
    }

    /// Its first value that is neither a date nor a number.
    pub(crate) fn odd(&self) -> Option<&str> {
        self.odd.as_deref()
    }

    /// First and last date.
    pub(crate) fn range(&self) -> Option<(NaiveDate, NaiveDate)> {
        Some((self.first?, self.last?))
    }

    /// Share of dates on Saturdays and Sundays.
    pub(crate) fn weekend_share(&self) -> f64 {
        self.weekend as f64 / self.dates.max(1) as f64
    }
}

impl Surveyed {
    fn of(file: &str, header: impl IntoIterator<Item = String>) -> Self {
        let columns = header.into_iter().map(|name| Surveyor::new(&name)).collect();
        Self { file: file.to_owned(), columns, ..Self::default() }
    }

    fn push(&mut self, row: Vec<String>) {
        self.rows += 1;
        self.columns.iter_mut().zip(&row).for_each(|(column, value)| column.see(value));
        self.cells.push(row);
    }

    /// A column by name.
    pub(crate) fn column(&self, name: &str) -> Option<&Surveyor> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Whether no two rows have the same values in these columns.
    pub(crate) fn tells_apart(&self, columns: &[&str]) -> bool {
        self.twice(columns).is_none()
    }

    /// The first two rows that have the same values in these columns.
    fn twice(&self, columns: &[&str]) -> Option<(usize, usize)> {
        let places = self.places(columns);
        let mut seen: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
        self.cells
            .iter()
            .enumerate()
            .find_map(|(row, cells)| seen.insert(texts(cells, &places), row).map(|first| (first, row)))
    }

    /// What two rows share that have the same values in these columns, and what both have in another; none without such
    /// rows.
    pub(crate) fn doubled(&self, columns: &[&str], other: &str) -> Option<String> {
        let (first, second) = self.twice(columns)?;
        let cell = |row: usize, column: &str| {
            let text = self.place(column).and_then(|place| self.cells.get(row)?.get(place));
            text.map(String::as_str).unwrap_or_default()
        };
        let shared: Vec<String> =
            columns.iter().map(|column| format!("{column} = {:?}", cell(first, column))).collect();
        let values = match (cell(first, other), cell(second, other)) {
            (one, another) if one == another => format!("both with {other} = {one:?}"),
            (one, another) => format!("with {other} = {one:?} and {another:?}"),
        };
        Some(format!("{} comes twice, {values}", shared.join(", ")))
    }

    fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known.name == column)
    }

    /// Number of different values that these columns have together.
    pub(crate) fn combinations(&self, columns: &[&str]) -> usize {
        let places = self.places(columns);
        self.cells.iter().map(|row| texts(row, &places)).collect::<BTreeSet<_>>().len()
    }

    /// Median of the days from one date of a key to its next; none where no key has two.
    pub(crate) fn spacing(&self, date: &str, keys: &[&str]) -> Option<i64> {
        let (date, keys) = (self.places(&[date]), self.places(keys));
        let mut days: BTreeMap<Vec<&str>, BTreeSet<NaiveDate>> = BTreeMap::new();
        for row in &self.cells {
            let day = texts(row, &date).first().and_then(|text| text.get(..10)?.parse::<NaiveDate>().ok());
            days.entry(texts(row, &keys)).or_default().extend(day);
        }
        let steps = days.values().flat_map(|days| days.iter().zip(days.iter().skip(1)));
        let mut steps: Vec<i64> = steps.map(|(day, next)| (*next - *day).num_days()).collect();
        steps.sort_unstable();
        steps.get(steps.len() / 2).copied()
    }

    fn places(&self, columns: &[&str]) -> Vec<usize> {
        columns.iter().filter_map(|name| self.place(name)).collect()
    }
}

fn texts<'a>(row: &'a [String], places: &[usize]) -> Vec<&'a str> {
    places.iter().map(|&place| row[place].as_str()).collect()
}

/// Surveys every CSV and Parquet file of a folder, by name.
///
/// # Errors
/// [`EngineError::NotFound`] without a folder or a file in it; [`EngineError::Storage`] and [`EngineError::Input`] for a
/// file that cannot be read.
pub(crate) fn folder(folder: &Path) -> Result<Vec<Surveyed>> {
    let place = folder.display().to_string();
    if !folder.is_dir() {
        let hint = "; name the folder of the CSV or Parquet files with --source".to_owned();
        return Err(EngineError::NotFound { what: "source folder", name: place, hint });
    }
    let entries = std::fs::read_dir(folder).map_err(|e| EngineError::storage(&place, e))?;
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    let mut found = Vec::new();
    for name in names {
        let path = folder.join(&name);
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("csv") => found.push(csv_file(&name, &path)?),
            Some("parquet") => found.push(parquet_file(&name, &path)?),
            _ => {}
        }
    }
    if found.is_empty() {
        let hint = "; it holds no .csv or .parquet file".to_owned();
        return Err(EngineError::NotFound { what: "source file", name: place, hint });
    }
    Ok(found)
}

fn csv_file(name: &str, path: &Path) -> Result<Surveyed> {
    let refuse = |e: csv::Error| EngineError::input(name, not_csv(&e));
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(refuse)?;
    let header = reader.headers().map_err(refuse)?;
    let mut surveyed = Surveyed::of(name, header.iter().map(str::to_owned));
    surveyed.separator = separator(header);
    if surveyed.separator.is_some() {
        return Ok(surveyed);
    }
    for record in reader.into_records().take(ROWS) {
        surveyed.push(record.map_err(refuse)?.iter().map(str::to_owned).collect());
    }
    Ok(surveyed)
}

/// What separates the fields of a header, if it is no comma.
fn separator(header: &csv::StringRecord) -> Option<char> {
    let count = |mark: char| header.iter().map(|name| name.matches(mark).count()).sum::<usize>();
    let most = SEPARATORS.into_iter().max_by_key(|mark| count(*mark))?;
    (count(most) > header.len().saturating_sub(1)).then_some(most)
}

fn not_csv(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or_else(|| "a line".to_owned(), |pos| format!("line {}", pos.line()));
            format!(
                "{line} has {len} fields, the header {expected_len}: a comma within a value needs quotes around it, and a \
                 number a decimal point"
            )
        }
        _ => format!("not CSV: {error}"),
    }
}

fn parquet_file(name: &str, path: &Path) -> Result<Surveyed> {
    let storage = |e: std::io::Error| EngineError::storage(&path.display().to_string(), e);
    let refuse = |e: &dyn std::fmt::Display| EngineError::input(name, e.to_string());
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).map_err(storage)?);
    let reader = reader.map_err(|e| refuse(&e))?.build().map_err(|e| refuse(&e))?;
    let schema = arrow::array::RecordBatchReader::schema(&reader);
    let mut surveyed = Surveyed::of(name, schema.fields().iter().map(|field| field.name().clone()));
    let options = FormatOptions::default();
    for batch in reader {
        let batch = batch.map_err(|e| refuse(&e))?;
        let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
        let columns = columns.collect::<std::result::Result<Vec<_>, _>>().map_err(|e| refuse(&e))?;
        for row in 0..batch.num_rows() {
            if surveyed.rows >= ROWS {
                return Ok(surveyed);
            }
            surveyed.push(columns.iter().map(|column| column.value(row).to_string()).collect());
        }
    }
    Ok(surveyed)
}
