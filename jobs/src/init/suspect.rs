//! What was read of files that hold no series, and what they may be written as.

use super::survey::{Surveyed, Surveyor};

/// Columns of a file that are told.
const SHOWN: usize = 8;
/// Years of dates.
const YEARS: std::ops::Range<u32> = 1800..2200;
/// What is read, for those whose files are written otherwise.
const NEEDED: &str = "read are fields separated by commas, dates as YYYY-MM-DD and numbers as 1234.5; no setting changes that: \
                      convert the files, as docs/troubleshooting.md shows";

/// What was read of each file, a line each, and what is needed.
pub(crate) fn files(files: &[Surveyed]) -> String {
    let lines = files.iter().map(|surveyed| format!("\n  {}: {}", surveyed.file, file(surveyed)));
    format!("{}\n  {NEEDED}", lines.collect::<String>())
}

/// What was read of a file.
pub(crate) fn file(file: &Surveyed) -> String {
    if let Some(separator) = file.separator {
        let name = match separator {
            ';' => "semicolons",
            '\t' => "tabs",
            _ => "vertical bars",
        };
        return format!("its fields are separated by {name}, not by commas");
    }
    if file.columns.is_empty() {
        return "it is empty".to_owned();
    }
    if file.rows == 0 {
        return "it has a header and no rows".to_owned();
    }
    let told = file.columns.iter().take(SHOWN).map(|one| column(one, file.rows));
    let more = if file.columns.len() > SHOWN { "; …" } else { "" };
    let plural = if file.rows == 1 { "" } else { "s" };
    format!("{} row{plural}; {}{more}", file.rows, told.collect::<Vec<_>>().join("; "))
}

/// What a column holds, or its first value that is neither a date nor a number.
pub(crate) fn column(column: &Surveyor, rows: usize) -> String {
    let name = &column.name;
    if let Some(value) = column.odd() {
        let form = form(value).map(|form| format!(", {form}")).unwrap_or_default();
        return format!("{name} has {value:?}{form}");
    }
    let Some(value) = column.sample() else { return format!("{name} has no values") };
    if column.is_date() {
        return match column.is_full(rows) {
            true => format!("{name} has dates"),
            false => format!("{name} has dates, but not in every row"),
        };
    }
    match date_form(value) {
        Some(form) => format!("{name} has {value:?}, a date as {form}"),
        None if column.is_number() => format!("{name} has numbers"),
        None => format!("{name} has dates and numbers"),
    }
}

/// What a value may be that is neither a date nor a number as they are read.
fn form(value: &str) -> Option<String> {
    date_form(value).map(|form| format!("a date as {form}")).or_else(|| number_form(value).map(str::to_owned))
}

/// How a date is written, the time of day left out.
fn date_form(value: &str) -> Option<String> {
    let day = value.split([' ', 'T']).next()?;
    if day.len() == 8 && day.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: u32 = day.parse().ok()?;
        let (year, month, day) = (number / 10_000, number / 100 % 100, number % 100);
        let is_date = YEARS.contains(&year) && chrono::NaiveDate::from_ymd_opt(year as i32, month, day).is_some();
        return is_date.then(|| "YYYYMMDD".to_owned());
    }
    let mark = ['.', '/', '-'].into_iter().find(|mark| day.contains(*mark))?;
    let parts: Option<Vec<u32>> = day.split(mark).map(|part| part.parse().ok()).collect();
    let parts = parts?;
    let &[first, second, third] = parts.as_slice() else { return None };
    let written = |parts: [&str; 3]| parts.join(mark.to_string().as_str());
    let short = |part: u32| (1..=31).contains(&part);
    let year_last = if YEARS.contains(&third) { "YYYY" } else { "YY" };
    match (first, second) {
        _ if YEARS.contains(&first) && short(second) && short(third) => Some(written(["YYYY", "MM", "DD"])),
        _ if !short(first) || !short(second) || !(YEARS.contains(&third) || third < 100) => None,
        (13.., _) => Some(written(["DD", "MM", year_last])),
        (_, 13..) => Some(written(["MM", "DD", year_last])),
        _ if mark == '.' => Some(written(["DD", "MM", year_last])),
        _ => Some(format!("{} or {}", written(["MM", "DD", year_last]), written(["DD", "MM", year_last]))),
    }
}

/// How a number with commas is written.
fn number_form(value: &str) -> Option<&'static str> {
    let digits = value.trim_start_matches(['-', '+']);
    let is_numeric = digits.chars().all(|c| c.is_ascii_digit() || matches!(c, ',' | '.'));
    if !is_numeric || !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (before, after) = digits.rsplit_once(',')?;
    match before.contains('.') || (after.len() != 3 && !after.contains('.') && !before.contains(',')) {
        true => Some("a number with a decimal comma"),
        false => Some("a number with commas between thousands"),
    }
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn dates_and_numbers_of_other_forms_are_recognised() {
        for (value, expected) in [
            ("31.12.2020", "a date as DD.MM.YYYY"),
            ("1.2.20", "a date as DD.MM.YY"),
            ("12/31/2020", "a date as MM/DD/YYYY"),
            ("31/12/2020 10:00", "a date as DD/MM/YYYY"),
            ("3/4/2020", "a date as MM/DD/YYYY or DD/MM/YYYY"),
            ("2020/12/31", "a date as YYYY/MM/DD"),
            ("20201231", "a date as YYYYMMDD"),
            ("1,234.50", "a number with commas between thousands"),
            ("-1,234", "a number with commas between thousands"),
            ("1.234,5", "a number with a decimal comma"),
            ("3,14", "a number with a decimal comma"),
        ] {
            assert_eq!(form(value).as_deref(), Some(expected), "{value}");
        }
        for other in ["Coffee", "20209999", "1.2", "10.0.0.1", "", ",", "99/99/2020"] {
            assert_eq!(form(other), None, "{other}");
        }
    }
}
