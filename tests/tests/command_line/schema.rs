//! The JSON Schema of the configuration: kept equal to the code, and true of the examples.

use std::fs;

use serde_json::{Map, Value, json};

use crate::support::{bare, root};

fn schema() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("docs/configuration.schema.json")).unwrap()).unwrap()
}

#[test]
fn the_file_is_what_the_code_says() {
    let printed = bare(&["config", "--schema"]);
    assert_eq!(printed.code, 0, "{}", printed.stderr);
    let kept = fs::read_to_string(root().join("docs/configuration.schema.json")).unwrap();
    assert!(printed.stdout == kept, "write it anew: almanac config --schema > docs/configuration.schema.json");
}

#[test]
fn examples_are_valid() {
    let schema = schema();
    let mut seen = 0;
    for entry in fs::read_dir(root().join("examples")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let value: toml::Value = toml::from_str(&text).unwrap();
        let faults = faults(&schema, &schema, &serde_json::to_value(value).unwrap(), "");
        assert!(faults.is_empty(), "{}: {faults:?}", path.display());
        seen += 1;
    }
    assert!(seen >= 4, "{seen} examples");
}

#[test]
fn faults_are_found() {
    let schema = schema();
    let text = fs::read_to_string(root().join("examples/demo.toml")).unwrap();
    let valid = serde_json::to_value(toml::from_str::<toml::Value>(&text).unwrap()).unwrap();
    for (pointer, value) in [
        ("/forecast/horizon", json!(400)),
        ("/forecast/horizon", json!("14")),
        ("/forecast/horizn", json!(14)),
        ("/forecast/levels", json!([80, 100])),
        ("/training/every", json!("fortnightly")),
        ("/dataset/calendar", json!("lunar")),
        ("/dataset/key", json!([])),
        ("/sources/0/columns", json!([{ "from": "x" }])),
    ] {
        let mut changed = valid.clone();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        if changed.pointer(parent).is_none() {
            changed[parent.trim_start_matches('/')] = json!({});
        }
        changed.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name.to_owned(), value.clone());
        assert_eq!(faults(&schema, &schema, &changed, "").len(), 1, "{pointer} = {value}");
    }
}

/// Where a value breaks a schema, as far as ours uses the language of schemas.
fn faults(root: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let Some(rules) = schema.as_object() else { return Vec::new() };
    let mut found = Vec::new();
    for (rule, wanted) in rules {
        match rule.as_str() {
            "$ref" => {
                let target = root.pointer(wanted.as_str().unwrap().trim_start_matches('#')).unwrap();
                found.extend(faults(root, target, value, place));
            }
            "allOf" => wanted.as_array().unwrap().iter().for_each(|one| found.extend(faults(root, one, value, place))),
            "anyOf" | "oneOf" => {
                let alternatives = wanted.as_array().unwrap();
                if !alternatives.iter().any(|one| faults(root, one, value, place).is_empty()) {
                    found.push(format!("{place}: no alternative fits {value}"));
                }
            }
            "type" => {
                let names = wanted.as_array().cloned().unwrap_or_else(|| vec![wanted.clone()]);
                if !names.iter().any(|name| is_of(value, name.as_str().unwrap())) {
                    found.push(format!("{place}: {value} is no {wanted}"));
                }
            }
            "enum" if !wanted.as_array().unwrap().contains(value) => {
                found.push(format!("{place}: {value} is none of {wanted}"));
            }
            "minimum" if value.as_f64() < wanted.as_f64() && value.is_number() => {
                found.push(format!("{place}: {value} is below {wanted}"));
            }
            "maximum" if value.as_f64() > wanted.as_f64() && value.is_number() => {
                found.push(format!("{place}: {value} is above {wanted}"));
            }
            "minItems" if value.as_array().is_some_and(|items| (items.len() as u64) < wanted.as_u64().unwrap()) => {
                found.push(format!("{place}: fewer than {wanted} items"));
            }
            "items" => {
                for (i, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(faults(root, wanted, item, &format!("{place}/{i}")));
                }
            }
            "required" => {
                let has = |name: &Value| value.get(name.as_str().unwrap()).is_some();
                let absent = wanted.as_array().unwrap().iter().filter(|name| value.is_object() && !has(name));
                found.extend(absent.map(|name| format!("{place}: no {name}")));
            }
            "properties" => {
                for (name, item) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = wanted.get(name) {
                        found.extend(faults(root, schema, item, &format!("{place}/{name}")));
                    }
                }
            }
            "additionalProperties" => {
                let none = Map::new();
                let known = rules.get("properties").and_then(Value::as_object).unwrap_or(&none);
                for (name, item) in
                    value.as_object().into_iter().flatten().filter(|(name, _)| !known.contains_key(*name))
                {
                    match wanted {
                        Value::Bool(false) => found.push(format!("{place}: {name} is unknown")),
                        other => found.extend(faults(root, other, item, &format!("{place}/{name}"))),
                    }
                }
            }
            _ => {}
        }
    }
    found
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    }
}
