//! Settings of the configuration, from the JSON Schema that editors read.

use almanac_engine::settings::shape;
use serde_json::Value;

use super::page::{Page, cell, code, sentence};
use crate::exit::Outcome;

pub(super) fn page() -> Outcome<String> {
    let schema = shape::schema()?;
    let mut page = Page::new(
        "Settings of the configuration",
        "[Configuration](../configuration.md) says what they mean together. A setting of `[dataset]`, `[training]`, \
         `[forecast]` or `[run]` can be given as a variable too, such as `ALMANAC_FORECAST__PATHS=500`. Unknown settings \
         are refused.",
    );
    tables_below(&mut page, &schema, &schema, "");
    Ok(page.finish())
}

/// The tables that an object holds, each followed by those within it.
fn tables_below(page: &mut Page, root: &Value, object: &Value, path: &str) {
    for (name, described) in ordered(object) {
        let (inner, many) = match &described["items"] {
            Value::Null => (resolved(root, described), false),
            items => (resolved(root, items), true),
        };
        if !inner["properties"].is_object() {
            continue;
        }
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let heading = if many { format!("`[[{path}]]`") } else { format!("`[{path}]`") };
        page.heading(2, &heading);
        page.paragraph(&sentence(text(described, root)));
        page.table(["setting", "type", "default", "meaning"], &settings(root, inner));
        tables_below(page, root, inner, &path);
    }
}

fn settings(root: &Value, object: &Value) -> Vec<[String; 4]> {
    let required = required(object);
    let row = |(name, described): (&String, &Value)| {
        let default = match &described["default"] {
            _ if required.contains(&name.as_str()) => "required".to_owned(),
            Value::Null => "–".to_owned(),
            Value::Array(items) if items.is_empty() => "–".to_owned(),
            Value::Object(entries) if entries.is_empty() => "–".to_owned(),
            value => code(&value.to_string().replace(',', ", ")),
        };
        [code(name), cell(&kind(root, described)), default, cell(&sentence(text(described, root)))]
    };
    ordered(object).into_iter().map(row).collect()
}

/// Settings that must be given, then the others, each in the order of their names.
fn ordered(object: &Value) -> Vec<(&String, &Value)> {
    let mut found: Vec<_> = object["properties"].as_object().into_iter().flatten().collect();
    let required = required(object);
    let later = |name: &String| !required.contains(&name.as_str());
    found.sort_by(|(a, _), (b, _)| (later(a), a).cmp(&(later(b), b)));
    found
}

fn required(object: &Value) -> Vec<&str> {
    object["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn text<'a>(described: &'a Value, root: &'a Value) -> &'a str {
    let own = described["description"].as_str();
    own.or_else(|| resolved(root, described)["description"].as_str()).unwrap_or_default()
}

/// The definition that a schema refers to, or itself.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let inner = schema["allOf"].get(0).unwrap_or(schema);
    let target = inner["$ref"].as_str().and_then(|path| root.pointer(path.trim_start_matches('#')));
    target.unwrap_or(inner)
}

/// A type in words.
fn kind(root: &Value, schema: &Value) -> String {
    let schema = resolved(root, schema);
    if let Some(values) = schema["enum"].as_array() {
        return values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ");
    }
    let names: Vec<&str> = match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        name => name.as_str().into_iter().collect(),
    };
    let range = match (schema["minimum"].as_f64(), schema["maximum"].as_f64()) {
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        (Some(least), None) => format!(", {least} or more"),
        _ => String::new(),
    };
    match (names.first().copied(), schema["format"].as_str()) {
        (Some("array"), _) => format!("list of {}", plural(&kind(root, &schema["items"]))),
        (Some("object"), _) if schema["additionalProperties"].is_object() => {
            format!("table of {}", plural(&kind(root, &schema["additionalProperties"])))
        }
        (Some("object"), _) => "table".to_owned(),
        (Some("string"), Some("date")) => "date as text".to_owned(),
        (Some("string"), _) => "text".to_owned(),
        (Some("integer"), _) => format!("whole number{range}"),
        (Some(name), _) => format!("{name}{range}"),
        (None, _) => "any".to_owned(),
    }
}

fn plural(kind: &str) -> String {
    match kind.split_once(',') {
        Some((first, rest)) => format!("{first}s,{rest}"),
        None => format!("{kind}s"),
    }
}
