//! A stored fit as people read it: numbers with six digits, lists of objects as tables, no line wider than the terminal.

use serde_json::{Map, Value};

use super::super::rows::Row;
use super::show::SHOWN;
use crate::cli::help::wrapped;
use crate::output::{Column, Listing, significant};

/// Longest list of values that is shown whole.
const LONGEST_LIST: usize = 8;
/// Most rows of a list of objects.
const MOST_ROWS: usize = 40;
/// Columns of text that the name of a fact takes.
const FACT: usize = 16;
/// Columns of text that the name of a parameter takes, with its indentation.
const PARAMETER: usize = 26;

/// A fit, its parameters one a line; lists that are long by their length.
pub(super) fn text(fit: &Row, width: Option<usize>) -> String {
    let limit = width.unwrap_or(usize::MAX);
    let told = |name: &str, value: &Value, column: usize| {
        format!("{name:<column$} {}", wrapped(&short(value), limit, column + 1))
    };
    let known = SHOWN.iter().filter_map(|name| Some((name, fit.get(*name).filter(|value| !value.is_null())?)));
    let mut lines: Vec<String> = known.map(|(name, value)| told(&name.replace('_', " "), value, FACT)).collect();
    let mut tables = Vec::new();
    match fit.get("parameters") {
        Some(Value::Object(values)) => {
            lines.push("parameters".into());
            for (name, value) in values {
                match objects(value) {
                    Some(rows) => tables.push(format!("\n{name}\n{}", table(&rows).text(width))),
                    None => lines.push(told(&format!("  {name}"), value, PARAMETER)),
                }
            }
        }
        None | Some(Value::Null) => {}
        Some(other) => lines.push(told("parameters", other, FACT)),
    }
    lines.extend(tables);
    lines.join("\n")
}

/// The rows of a list of objects; none of anything else.
fn objects(value: &Value) -> Option<Vec<&Map<String, Value>>> {
    let items = value.as_array().filter(|items| (1..=MOST_ROWS).contains(&items.len()))?;
    items.iter().map(Value::as_object).collect()
}

/// Objects as a table: what a row is of and its value come first.
fn table(rows: &[&Map<String, Value>]) -> Listing {
    let mut names: Vec<&String> = Vec::new();
    for name in rows.iter().flat_map(|row| row.keys()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.sort_by_key(|name| match name.as_str() {
        "name" => 0,
        "value" => 1,
        _ => 2,
    });
    let is_estimated = names.iter().any(|name| name.as_str() == "standard_error");
    let columns = names.iter().enumerate().map(|(position, name)| {
        let mut values = rows.iter().filter_map(|row| row.get(name.as_str()));
        let is_number = values.all(|value| value.is_number() || value.is_null());
        let column = if is_number { Column::number(name.as_str()) } else { Column::text(name.as_str()) };
        let column = if is_estimated && name.as_str() == "value" { column.titled("estimate") } else { column };
        column.rank(u8::try_from(position).unwrap_or(u8::MAX))
    });
    let mut listing = Listing::new(columns);
    for row in rows {
        listing.push(names.iter().map(|name| row.get(name.as_str()).cloned().unwrap_or(Value::Null)));
    }
    listing
}

/// A value of a stored fit.
fn short(value: &Value) -> String {
    match value {
        Value::Array(values) if values.len() > LONGEST_LIST => format!("{} values", values.len()),
        Value::Array(values) => format!("[{}]", values.iter().map(short).collect::<Vec<_>>().join(", ")),
        Value::Object(values) => {
            let inner = values.iter().map(|(name, value)| format!("{name} {}", short(value)));
            inner.collect::<Vec<_>>().join(", ")
        }
        Value::Number(number) => match number.as_f64() {
            Some(value) if number.is_f64() => significant(value),
            _ => number.to_string(),
        },
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_fit_is_told_in_its_order() {
        let fit = json!({ "parameters": { "scale": 1.5 }, "key": "Coffee", "cutoff": "2024-01-03" });
        let text = fit.as_object().map(|fit| text(fit, None)).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("key ") && lines[1].ends_with("2024-01-03"), "{text}");
        assert!(lines[3].contains("scale") && lines[3].ends_with("1.50000"), "{text}");
    }

    #[test]
    fn parameters_are_short() {
        assert_eq!(short(&json!([1, 0.5, "a"])), "[1, 0.500000, a]");
        assert_eq!(short(&json!(-2_393.448_977_798_295_3)), "-2393.45");
        assert_eq!(short(&json!(vec![0; 9])), "9 values");
        assert_eq!(short(&json!({ "p": 1, "q": [2] })), "p 1, q [2]");
        assert_eq!(short(&Value::Null), "null");
    }

    #[test]
    fn coefficients_are_a_table_and_no_line_is_wider_than_the_terminal() {
        let coefficient = |name: &str| json!({ "name": name, "standard_error": 0.129_978_123, "value": -0.03 });
        let coefficients = ["temp_mean_c", "humidity_mean_pct"].map(coefficient);
        let fit = json!({ "log_likelihood": -2_393.448_977_798_295_3, "parameters": {
            "coefficients": coefficients,
            "components": { "trend": 0.123_456_789, "week": [0.1, 0.2, 0.3, 0.4, 0.5], "year": [1.5, 2.5, 3.5] },
        } });
        for width in [60, 80] {
            let text = fit.as_object().map(|fit| text(fit, Some(width))).unwrap_or_default();
            assert!(text.lines().all(|line| line.chars().count() <= width), "{text}");
            let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
            for row in [
                &["log", "likelihood", "-2393.45"][..],
                &["name", "estimate", "standard", "error"],
                &["temp_mean_c", "-0.0300000", "0.129978"],
            ] {
                assert!(rows.iter().any(|found| found == row), "{row:?}: {text}");
            }
        }
    }
}
