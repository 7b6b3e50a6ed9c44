//! `-o json|yaml|table|wide`: one document, the same whatever the form.

use serde_json::Value;

use crate::world;

/// Commands that only read, each with the name of its first section.
const READING: [(&[&str], &str); 8] = [
    (&["tables"], "tables"),
    (&["describe", "point_forecasts"], "columns"),
    (&["runs"], "runs"),
    (&["status"], "units"),
    (&["plan"], "plan"),
    (&["config"], "settings"),
    (&["sql", "--named"], "queries"),
    (&["help", "errors"], "errors"),
];

#[test]
fn json_is_one_document_with_named_sections() {
    let job = world::job();
    for (arguments, section) in READING {
        let text = job.ok(&[arguments, &["-o", "json"]].concat()).stdout;
        let document: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{arguments:?}: {e}: {text}"));
        let rows = document[section].as_array().unwrap_or_else(|| panic!("{arguments:?}: no {section} in {text}"));
        assert!(rows.first().is_some_and(Value::is_object), "{arguments:?}: {text}");
    }
}

#[test]
fn yaml_says_the_same_in_other_words() {
    let job = world::job();
    for (arguments, section) in READING {
        let text = job.ok(&[arguments, &["-o", "yaml"]].concat()).stdout;
        assert!(text.starts_with("---\n") && text.contains(&format!("\n{section}:")), "{arguments:?}: {text}");
        assert!(!text.contains('\t') && serde_json::from_str::<Value>(&text).is_err(), "{arguments:?}: {text}");
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let job = world::job();
    for (arguments, _) in READING {
        for columns in ["80", "60"] {
            let text = job.run_with(&[("COLUMNS", columns)], &[arguments, &["-o", "table"]].concat()).stdout;
            let limit: usize = columns.parse().unwrap();
            let wide: Vec<&str> = text.lines().filter(|line| line.chars().count() > limit).collect();
            assert!(wide.is_empty(), "{arguments:?} at {columns}: {wide:?}\n{text}");
            assert!(text.lines().count() > 2, "{arguments:?}: {text}");
        }
    }
}

#[test]
fn wide_leaves_nothing_out() {
    let job = world::job();
    let narrow = job.run_with(&[("COLUMNS", "60")], &["runs", "-o", "table"]).stdout;
    assert!(narrow.contains("-o wide"), "{narrow}");
    let wide = job.run_with(&[("COLUMNS", "60")], &["runs", "-o", "wide"]).stdout;
    assert!(!wide.contains("-o wide") && wide.contains("run id") && wide.contains("heartbeat"), "{wide}");
    let json: Value = serde_json::from_str(&job.ok(&["runs", "-o", "json"]).stdout).unwrap();
    let id = json["runs"][0]["run_id"].as_str().unwrap();
    assert!(wide.contains(id) && !narrow.contains(id), "{wide}");
}

#[test]
fn a_table_is_described_in_full() {
    let job = world::job();
    let described: Value =
        serde_json::from_str(&job.ok(&["describe", "point_forecasts", "-o", "json"]).stdout).unwrap();
    assert_eq!(described["table"]["rows"], 2 * 2 * 4 * 3, "{described}");
    assert_eq!(described["table"]["one_row_per"][0], "commodity");
    let columns = described["columns"].as_array().unwrap();
    let column = |name: &str| columns.iter().find(|column| column["column"] == name).unwrap();
    assert_eq!(column("lower_95")["unit"], "US cents per pound");
    assert_eq!(column("lower_95")["type"], "double");
    let undocumented: Vec<&Value> = columns.iter().filter(|column| column["what"] == "").collect();
    assert!(undocumented.is_empty(), "{undocumented:?}");
    let commits = described["commits"].as_array().unwrap();
    assert!(!commits.is_empty() && commits[0]["version"] == described["table"]["version"], "{described}");
    let old: Value =
        serde_json::from_str(&job.ok(&["describe", "point_forecasts", "--at", "0", "-o", "json"]).stdout).unwrap();
    assert_eq!((&old["table"]["version"], &old["table"]["rows"]), (&Value::from(0), &Value::from(0)), "{old}");
}

#[test]
fn every_column_of_every_table_is_documented() {
    let job = world::job();
    let tables: Value = serde_json::from_str(&job.ok(&["tables", "-o", "json"]).stdout).unwrap();
    let names: Vec<&str> = tables["tables"].as_array().unwrap().iter().map(|t| t["table"].as_str().unwrap()).collect();
    assert!(names.len() >= 15, "{names:?}");
    for name in names {
        let described: Value = serde_json::from_str(&job.ok(&["describe", name, "-o", "json"]).stdout).unwrap();
        assert!(!described["table"]["what"].as_str().unwrap().is_empty(), "{name}");
        for column in described["columns"].as_array().unwrap() {
            assert!(!column["what"].as_str().unwrap().is_empty(), "{name}: {column}");
        }
    }
}

#[test]
fn quiet_leaves_results_and_errors() {
    let job = world::fresh();
    assert_eq!(job.ok(&["-q", "ingest"]).stdout, "");
    assert!(job.ok(&["-q", "-o", "json", "build"]).step("build")["seconds"].is_number());
    assert!(job.ok(&["-q", "tables"]).stdout.contains("silver.model_input"));
    let refused = job.run(&["-q", "--models", "oracle", "plan"]);
    assert!(refused.code == 4 && refused.stderr.contains("oracle"), "{refused:?}");
    let ended = job.ok(&["-vv", "tables"]);
    assert!(!ended.stderr.contains('\x1b') && !ended.stdout.contains('\x1b'), "colours in a pipe");
}
