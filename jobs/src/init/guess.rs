//! What the files mean, as far as their columns tell: which holds the series, by which key and date, and what else there is.

use almanac_engine::{EngineError, Result, nearest};

use super::survey::{Surveyed, Surveyor};
use super::suspect;

/// Names that a forecast column often has, the most telling first.
const TARGETS: [&str; 14] = [
    "target",
    "y",
    "close",
    "adj close",
    "price",
    "sales",
    "demand",
    "quantity",
    "units",
    "load",
    "value",
    "amount",
    "revenue",
    "volume",
];
/// Names that a date column often has.
const DATES: [&str; 7] = ["date", "day", "ds", "timestamp", "time", "datetime", "week"];
/// Names that a key column often has.
const KEYS: [&str; 14] = [
    "commodity",
    "symbol",
    "ticker",
    "series",
    "key",
    "store",
    "store_id",
    "sku",
    "item",
    "item_id",
    "product",
    "unique_id",
    "id",
    "name",
];
/// Share of weekend rows below which only weekdays are meant.
const NO_WEEKENDS: f64 = 0.01;
/// Days from one row to the next above which rows are no days: weekends and holidays are shorter.
const WIDE: i64 = 3;
/// Key columns that are tried together.
const MOST_KEYS: usize = 3;

/// What someone has said already.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Key columns.
    pub(crate) keys: Vec<String>,
    /// Date column.
    pub(crate) date: Option<String>,
    /// Column that is forecast.
    pub(crate) target: Option<String>,
}

/// What the files mean.
#[derive(Debug)]
pub(crate) struct Guess {
    /// Key columns of the series, by their names in the file.
    pub(crate) keys: Vec<String>,
    /// Column that is forecast, by its name in the file.
    pub(crate) target: String,
    /// Number of keys.
    pub(crate) series: usize,
    /// Whether the series has weekdays only.
    pub(crate) weekdays: bool,
    /// Median of the days from one row of a key to its next.
    pub(crate) spacing: Option<i64>,
    /// Sources, that of the series first.
    pub(crate) sources: Vec<SourceGuess>,
    /// Files that are left out, with the reason.
    pub(crate) left_out: Vec<(String, String)>,
}

impl Guess {
    /// What to know of rows that are much further apart than the days that are forecast.
    pub(crate) fn warning(&self) -> Option<String> {
        let days = self.spacing.filter(|days| *days > WIDE)?;
        let between = match self.weekdays {
            true => "sessions between count as missing, and with more of them than training.max_gap nothing is fitted",
            false => "days between have the value before, and are fitted, forecast and scored as if it had come",
        };
        Some(format!("rows of a key are {days} days apart, but what is forecast is days: {between}"))
    }
}

/// What one file means.
#[derive(Debug)]
pub(crate) struct SourceGuess {
    /// The file.
    pub(crate) file: String,
    /// Its date column.
    pub(crate) date: String,
    /// First and last date.
    pub(crate) range: (chrono::NaiveDate, chrono::NaiveDate),
    /// Key columns that it has.
    pub(crate) keys: Vec<String>,
    /// Column that tells its rows of one day and key apart.
    pub(crate) region: Option<String>,
    /// Columns with numbers.
    pub(crate) values: Vec<String>,
    /// Columns that are left out, because they hold texts or nothing.
    pub(crate) texts: Vec<String>,
}

/// Guesses from the files and what is told.
///
/// # Errors
/// [`EngineError::Input`] where no file holds a series, or nothing tells its rows apart; `NotFound` and `Configuration`
/// where a column that is told is not there or holds something else.
pub(crate) fn guess(files: &[Surveyed], told: &Told) -> Result<Guess> {
    if let Some(name) = &told.date {
        check_date(files, name)?;
    }
    let (series, target) = series(files, told)?;
    let date = date(series, told).ok_or_else(|| refuse(&series.file, "no column holds dates as YYYY-MM-DD"))?;
    let keys = keys(series, &date.name, &target, told)?;
    let columns: Vec<&str> = keys.iter().map(String::as_str).collect();
    let mut guess = Guess {
        series: series.combinations(&columns).max(1),
        weekdays: date.weekend_share() < NO_WEEKENDS,
        spacing: series.spacing(&date.name, &columns),
        sources: Vec::new(),
        left_out: Vec::new(),
        keys,
        target,
    };
    let others = files.iter().filter(|file| file.file != series.file);
    for file in std::iter::once(series).chain(others) {
        match source(file, &guess, told) {
            Ok(source) => guess.sources.push(source),
            Err(reason) => guess.left_out.push((file.file.clone(), reason)),
        }
    }
    match guess.left_out.iter().find(|(file, _)| *file == series.file) {
        Some((file, reason)) => Err(refuse(file, reason)),
        None => Ok(guess),
    }
}

fn refuse(file: &str, message: &str) -> EngineError {
    EngineError::input(file, message)
}

/// The refusal of a column that is not there.
fn no_column<'a>(name: &str, columns: impl Iterator<Item = &'a Surveyor>) -> EngineError {
    let hint = nearest::hint(name, "columns", names(columns), usize::MAX);
    EngineError::NotFound { what: "column", name: name.to_owned(), hint }
}

/// Names of columns, each once.
fn names<'a>(columns: impl Iterator<Item = &'a Surveyor>) -> Vec<&'a str> {
    let mut names: Vec<&'a str> = Vec::new();
    for column in columns {
        if !names.contains(&column.name.as_str()) {
            names.push(&column.name);
        }
    }
    names
}

/// Refuses a date column that no file has, or none with dates in it.
fn check_date(files: &[Surveyed], name: &str) -> Result<()> {
    let mut found = files.iter().filter_map(|file| Some((file, file.column(name)?))).peekable();
    if found.peek().is_none() {
        return Err(no_column(name, files.iter().flat_map(|file| &file.columns)));
    }
    let read = found.peek().map(|(file, column)| suspect::column(column, file.rows)).unwrap_or_default();
    if found.any(|(file, column)| column.is_date() && column.is_full(file.rows)) {
        return Ok(());
    }
    let message = format!("not every row has a date as YYYY-MM-DD in it ({read}); name another column");
    Err(EngineError::Configuration { key: "--date-column".into(), value: name.to_owned(), message })
}

/// How telling a name is: its place in the list, whatever its case; the length of the list if it is not there.
fn rank(name: &str, list: &[&str]) -> usize {
    list.iter().position(|known| name.eq_ignore_ascii_case(known)).unwrap_or(list.len())
}

/// Whether a column that is forecast is often called so.
pub(crate) fn is_usual_target(name: &str) -> bool {
    rank(name, &TARGETS) < TARGETS.len()
}

/// The file that holds the series, and the column that is forecast.
fn series<'a>(files: &'a [Surveyed], told: &Told) -> Result<(&'a Surveyed, String)> {
    let meant = |column: &Surveyor| told.date.as_ref().is_none_or(|name| column.name == *name);
    let dated = || files.iter().filter(|file| date(file, told).is_some_and(meant));
    let nothing = || {
        let place = files.iter().map(|file| file.file.as_str()).collect::<Vec<_>>().join(", ");
        let message = format!("no file has a column of dates and one of numbers:{}", suspect::files(files));
        refuse(&place, &message)
    };
    if let Some(target) = &told.target {
        if !dated().any(|file| file.columns.iter().any(Surveyor::is_number)) {
            return Err(nothing());
        }
        let found = dated().find(|file| file.column(target).is_some_and(Surveyor::is_number));
        let found = found.ok_or_else(|| {
            let numbers = dated().flat_map(|file| file.columns.iter().filter(|column| column.is_number()));
            let hint = nearest::hint(target, "columns of numbers", names(numbers), usize::MAX);
            let message = format!("no file with dates has a column of numbers of this name{hint}");
            EngineError::Configuration { key: "--target".into(), value: target.clone(), message }
        })?;
        return Ok((found, target.clone()));
    }
    // the most telling name wins; of equal ones, the file with a key, then the larger file
    let numbers = dated().flat_map(|file| file.columns.iter().filter(|c| c.is_number()).map(move |c| (file, c)));
    let best = numbers.min_by_key(|(file, column)| {
        let keyed = file.columns.iter().any(|column| rank(&column.name, &KEYS) < KEYS.len());
        (rank(&column.name, &TARGETS), !keyed, usize::MAX - file.rows)
    });
    let (file, column) = best.ok_or_else(nothing)?;
    Ok((file, column.name.clone()))
}

fn date<'a>(file: &'a Surveyed, told: &Told) -> Option<&'a Surveyor> {
    let dates = || file.columns.iter().filter(|column| column.is_date() && column.is_full(file.rows));
    let named = told.date.as_ref().and_then(|name| dates().find(|column| column.name == *name));
    named.or_else(|| dates().min_by_key(|column| rank(&column.name, &DATES)))
}

/// The fewest columns that, with the date, tell the rows of the series apart.
fn keys(file: &Surveyed, date: &str, target: &str, told: &Told) -> Result<Vec<String>> {
    if !told.keys.is_empty() {
        if let Some(name) = told.keys.iter().find(|name| file.column(name).is_none()) {
            return Err(no_column(name, file.columns.iter()));
        }
        return Ok(told.keys.clone());
    }
    let mut candidates: Vec<&Surveyor> = file
        .columns
        .iter()
        .filter(|column| column.name != date && column.name != target && column.is_full(file.rows))
        .filter(|column| column.distinct().is_some_and(|distinct| distinct * 2 <= file.rows.max(2)))
        .filter(|column| {
            rank(&column.name, &KEYS) < KEYS.len() || !column.is_number() || (column.is_whole() && !column.is_date())
        })
        .collect();
    candidates.sort_by_key(|column| (rank(&column.name, &KEYS), column.is_number()));
    let mut chosen: Vec<&str> = Vec::new();
    for column in &candidates {
        let telling = rank(&column.name, &KEYS) < KEYS.len();
        if chosen.is_empty() && (telling || !column.is_number()) && file.tells_apart(&[date, &column.name]) {
            return Ok(vec![column.name.clone()]);
        }
    }
    for column in candidates.iter().take(MOST_KEYS) {
        chosen.push(&column.name);
        let columns: Vec<&str> = std::iter::once(date).chain(chosen.iter().copied()).collect();
        if file.tells_apart(&columns) {
            return Ok(chosen.into_iter().map(str::to_owned).collect());
        }
    }
    Err(refuse(&file.file, &nameless(file, date, target, &candidates)))
}

/// Why no column names the series: a constant is missing, or rows are doubled.
fn nameless(file: &Surveyed, date: &str, target: &str, candidates: &[&Surveyor]) -> String {
    if file.tells_apart(&[date]) {
        return "no column names the series: add one, such as a constant, or name it with --key-column".to_owned();
    }
    let is_text = |column: &&Surveyor| column.name != date && !column.is_number() && !column.is_date();
    let texts = file.columns.iter().filter(is_text);
    let mut columns = vec![date];
    for column in texts.chain(candidates.iter().copied()) {
        if !columns.contains(&column.name.as_str()) {
            columns.push(&column.name);
        }
    }
    match file.doubled(&columns, target) {
        Some(rows) => format!(
            "no columns tell its rows of one date apart: {rows}; keep one row of each, or add a column that names the series"
        ),
        None => "no few columns tell its rows of one date apart; name those of the key with --key-column".to_owned(),
    }
}

fn source(file: &Surveyed, guess: &Guess, told: &Told) -> std::result::Result<SourceGuess, String> {
    let no_date = || format!("no column holds dates as YYYY-MM-DD: {}", suspect::file(file));
    let date = date(file, told).ok_or_else(no_date)?;
    let range = date.range().ok_or("it has no rows")?;
    let keys: Vec<String> = guess.keys.iter().filter(|key| file.column(key).is_some()).cloned().collect();
    let mut columns: Vec<&str> = std::iter::once(date.name.as_str()).chain(keys.iter().map(String::as_str)).collect();
    let mut region = None;
    if !file.tells_apart(&columns) {
        let texts =
            file.columns.iter().filter(|c| !c.is_number() && !c.is_date() && !columns.contains(&c.name.as_str()));
        let found = texts.filter(|column| column.is_full(file.rows)).find(|column| {
            let with: Vec<&str> = columns.iter().copied().chain([column.name.as_str()]).collect();
            file.tells_apart(&with)
        });
        let found = found.ok_or_else(|| {
            let rows = file.doubled(&columns, &guess.target).unwrap_or_default();
            format!("several rows have the same date and key: {rows}")
        })?;
        if keys.is_empty() {
            return Err(format!("column {} tells its rows apart, which is no key of the series", found.name));
        }
        region = Some(found.name.clone());
        columns.push(&found.name);
    }
    let rest = || file.columns.iter().filter(|column| !columns.contains(&column.name.as_str()));
    let values: Vec<String> = rest().filter(|column| column.is_number()).map(|column| column.name.clone()).collect();
    if values.is_empty() {
        return Err("no further column holds numbers".into());
    }
    let texts = rest().filter(|column| !column.is_number()).map(|column| column.name.clone()).collect();
    Ok(SourceGuess { file: file.file.clone(), date: date.name.clone(), range, keys, region, values, texts })
}
