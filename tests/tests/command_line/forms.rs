//! `-o json|yaml|table|wide`: one document, the same whatever the form.

use std::path::Path;

use serde_json::{Value, json};

use crate::commands::{Asked, FORMLESS, Fits, MEASURING, READING, WRITING};
use crate::documents::{Printed, read};
use crate::support::bare;
use crate::{world, yaml};

/// Asks commands for each form, and holds their documents against the page that describes them.
fn have_each_form(asked: &[Asked]) {
    let mut printed = Printed::default();
    for asked in asked {
        printed.add(asked.command, &has_each_form(asked));
    }
    printed.add_more();
    printed.are_described();
    printed.are_all(|heading| heading.starts_with("almanac ") && printed.has(heading));
}

/// Asks a command for each form; returns its documents.
fn has_each_form(asked: &Asked) -> Vec<Value> {
    let prepared = asked.prepared();
    let json = read(&prepared.told("json", "80"));
    let named = json.first().is_some_and(|document| is_named(document, asked.section));
    assert!(named, "{asked:?}: no {} in {json:?}", asked.section);
    says_the_same(asked, &json, &prepared.told("yaml", "80"));
    for columns in [80, 60] {
        fits(asked, &prepared.told("table", &columns.to_string()), columns);
    }
    let wide = prepared.told("wide", "60");
    assert!(!wide.contains("-o wide") && !wide.contains('…'), "{asked:?}: {wide}");
    // of a step people are told in other words, and doctor draws other forecasts each time
    if READING.iter().any(|reading| reading.command == asked.command) && asked.command != "doctor" {
        for text in json.iter().flat_map(texts) {
            assert!(wide.contains(&text.replace('\n', " ")), "{asked:?}: {text:?} is not in {wide}");
        }
    }
    json
}

/// Whether a document is a step of this name, or has a section of it that says something.
fn is_named(document: &Value, name: &str) -> bool {
    match (&document["step"], &document[name]) {
        (Value::Null, Value::Array(rows)) => rows.first().is_some_and(Value::is_object),
        (Value::Null, section) => !section.is_null(),
        (step, _) => step == name,
    }
}

fn says_the_same(asked: &Asked, json: &[Value], yaml: &str) {
    assert!(yaml.starts_with("---\n") && !yaml.contains('\t'), "{asked:?}: {yaml}");
    assert!(serde_json::from_str::<Value>(yaml).is_err(), "{asked:?}: {yaml}");
    for name in json.iter().filter_map(Value::as_object).flat_map(|document| document.keys()) {
        assert!(yaml.contains(&format!("\n{name}:")), "{asked:?}: no {name} in {yaml}");
    }
    let Some(read) = yaml::documents(yaml) else { return };
    let same = read.len() == json.len() && json.iter().zip(&read).all(|(one, other)| yaml::same_shape(one, other));
    assert!(same, "{asked:?}: {json:?}\n{yaml}");
}

fn fits(asked: &Asked, text: &str, columns: usize) {
    let limited: Vec<&str> = match (asked.fits, columns) {
        (Fits::All, _) | (Fits::Sentences, 80) => text.lines().collect(),
        (Fits::AllButPaths, _) => text.lines().filter(|line| !ends_in_a_path(line)).collect(),
        (Fits::Sentences | Fits::Tables, _) => of_tables(text),
    };
    let wide: Vec<&str> = limited.into_iter().filter(|line| line.chars().count() > columns).collect();
    assert!(wide.is_empty(), "{asked:?} at {columns}: {wide:?}\n{text}");
    assert!(!text.trim().is_empty(), "{asked:?} at {columns}");
}

fn ends_in_a_path(line: &str) -> bool {
    line.rsplit(' ').next().is_some_and(|word| word.contains('/'))
}

/// Lines of tables: the header above a rule, the rule, and all below it up to a blank line.
fn of_tables(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let is_rule = |line: &str| !line.is_empty() && line.chars().all(|c| c == '─');
    let headers = (1..lines.len()).filter(|&place| is_rule(lines[place])).map(|place| place - 1);
    headers.flat_map(|header| lines[header..].iter().copied().take_while(|line| !line.is_empty())).collect()
}

/// Texts in the rows of a document, but for times, which people read in another form.
fn texts(document: &Value) -> Vec<&str> {
    let is_time = |text: &&str| text.len() > 19 && text.as_bytes()[10] == b'T' && text.ends_with('Z');
    let sections = document.as_object().into_iter().flat_map(|sections| sections.values());
    let rows = sections.filter_map(Value::as_array).flatten().filter_map(Value::as_object);
    let texts = rows.flat_map(|row| row.values()).filter_map(Value::as_str);
    texts.filter(|text| !is_time(text)).collect()
}

#[test]
fn what_is_read_has_each_form() {
    have_each_form(READING);
}

#[test]
fn what_is_written_has_each_form() {
    have_each_form(WRITING);
}

#[test]
fn what_is_measured_has_each_form() {
    have_each_form(MEASURING);
}

#[test]
fn what_others_read_has_one_form() {
    for (words, reader) in FORMLESS {
        let plain = bare(words).stdout;
        for form in ["json", "yaml", "table", "wide"] {
            let told = bare(&[*words, &["-o", form]].concat()).stdout;
            assert!(told == plain && !plain.is_empty(), "{words:?} is read by {reader}, and differs with -o {form}");
        }
    }
}

#[test]
fn a_path_stays_whole_and_nothing_else() {
    assert!(ends_in_a_path("ok    store reached  file:///tmp/warehouse") && !ends_in_a_path("a/b is understood"));
}

#[test]
fn lines_of_tables_are_found() {
    let text = "a sentence\nname  rows\n──────────\na        1\n(one column not shown)\n\nanother\n";
    assert_eq!(of_tables(text), ["name  rows", "──────────", "a        1", "(one column not shown)"]);
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
fn sentences_are_whole_at_eighty_columns() {
    for asked in [
        &["describe", "point_forecasts"][..],
        &["describe", "point_forecasts_with_actuals"],
        &["sql", "--named"],
        &["models", "explain", "random_walk"],
    ] {
        let told = world::job().run_with(&[("COLUMNS", "80")], &[asked, &["-o", "table"]].concat());
        assert!(!told.stdout.contains('…') && !told.stdout.contains("shows all"), "{asked:?}: {told:?}");
        assert!(told.code == 0 && told.stdout.lines().all(|line| line.chars().count() <= 80), "{asked:?}: {told:?}");
    }
}

#[test]
fn answers_to_queries_are_narrowed_only_where_there_is_no_room() {
    let job = world::job();
    let query = "SELECT * FROM point_forecasts ORDER BY model_name, commodity, data_cutoff_date, day_ahead LIMIT 1";
    let narrow = job.run_with(&[("COLUMNS", "60")], &["sql", "-c", query]).stdout;
    assert!(narrow.starts_with("commodity  model_version") && !narrow.contains("key_bucket"), "{narrow}");
    assert!(narrow.contains("columns not shown; -o wide shows all)"), "{narrow}");
    let named = job
        .run_with(&[("COLUMNS", "60")], &["sql", "-c", "SELECT 'a' AS a, repeat('b', 30) AS b, repeat('c', 30) AS c"]);
    assert!(named.stdout.trim_end().ends_with("(not shown: c; -o wide shows all)"), "{named:?}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answer.txt");
    let mut piped = job.command(&["sql", "-c", query]);
    let piped = String::from_utf8(piped.env_remove("COLUMNS").output().unwrap().stdout).unwrap();
    let into = ["sql", "-c", query, "--into", file.to_str().unwrap()];
    assert_eq!(job.run_with(&[("COLUMNS", "60")], &into).code, 0);
    for full in [piped, std::fs::read_to_string(&file).unwrap()] {
        assert!(full.contains("| key_bucket") && !full.contains("-o wide"), "{full}");
    }
    // a plan has several lines, which stay
    let plan = job.run_with(&[("COLUMNS", "60")], &["sql", "-c", &format!("EXPLAIN {query}")]).stdout;
    assert!(plan.contains("logical_plan") && plan.contains("physical_plan") && !plan.contains("-o wide"), "{plan}");
}

#[test]
fn a_table_is_described_in_full() {
    let job = world::job();
    let described: Value =
        serde_json::from_str(&job.ok(&["describe", "point_forecasts", "-o", "json"]).stdout).unwrap();
    assert_eq!(described["table"]["rows"], 2 * 2 * 4 * 3, "{described}");
    assert_eq!(described["table"]["one_row_per"][0], "commodity");
    assert_eq!(described["table"]["partitioned_by"], json!(["model_name", "key_bucket"]));
    let sizes = sizes(&job.warehouse.join("forecast/point_forecasts"));
    assert_eq!(described["table"]["files"], sizes.len(), "{described}");
    assert_eq!(described["table"]["bytes"], sizes.iter().sum::<u64>(), "{described}");
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
fn views_have_the_units_of_what_they_pass_on() {
    let unit = |view: &str, name: &str| {
        let described = world::job().ok(&["describe", view, "-o", "json"]).stdout;
        let described: Value = serde_json::from_str(&described).unwrap();
        let columns = described["columns"].as_array().unwrap();
        columns.iter().find(|column| column["column"] == name).unwrap()["unit"].clone()
    };
    let cents = Value::from("US cents per pound");
    for (view, name) in [
        ("distributions_long", "value"),
        ("distributions_with_actuals", "day_3"),
        ("point_forecasts_with_actuals", "lower_95"),
        ("point_forecasts_with_actuals", "actual_close"),
        ("point_forecasts_wide", "day_1"),
    ] {
        assert_eq!(unit(view, name), cents, "{view}.{name}");
    }
    assert_eq!(unit("point_forecasts_with_actuals", "actual_date"), Value::Null);
}

/// Bytes of each file with rows in the folder of a table from which nothing was removed.
fn sizes(folder: &Path) -> Vec<u64> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("_delta_log") {
            found.extend(sizes(&path));
        } else if path.extension().is_some_and(|ending| ending == "parquet") {
            found.push(path.metadata().unwrap().len());
        }
    }
    found
}

#[test]
fn every_column_of_every_table_and_view_is_documented() {
    let job = world::job();
    let tables: Value = serde_json::from_str(&job.ok(&["tables", "-o", "json"]).stdout).unwrap();
    let names: Vec<&str> = tables["tables"].as_array().unwrap().iter().map(|t| t["table"].as_str().unwrap()).collect();
    assert!(names.len() >= 15, "{names:?}");
    let views = [
        "forecast.distributions_long",
        "forecast.distributions_with_actuals",
        "forecast.point_forecasts_with_actuals",
        "forecast.point_forecasts_wide",
        "forecast.trained_model_counts",
    ];
    for name in names.into_iter().chain(views) {
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
}

#[test]
fn verbose_tells_the_steps_inside() {
    let job = world::copy();
    let [quiet, verbose, more] = ["-q", "-v", "-vv"].map(|flag| {
        let ended = job.ok(&[flag, "train", "--force"]);
        assert!(!ended.stderr.contains('\x1b') && !ended.stdout.contains('\x1b'), "{flag}: colours in a pipe");
        ended.stderr
    });
    assert_eq!(quiet, "");
    let (cell, unit) = ("INFO almanac_engine::plan::report: cell ", "DEBUG almanac_engine::plan::report: unit ");
    assert!(verbose.contains(cell) && !verbose.contains(unit), "{verbose}");
    assert!(more.contains(cell) && more.contains(unit), "{more}");
}

#[test]
fn in_a_pipe_nothing_is_drawn() {
    let job = world::fresh();
    let piped = job.ok(&["--to", "2024-01-02", "backfill"]);
    let drawn = |text: &str| text.contains(['\r', '\x1b']);
    assert!(!drawn(&piped.stdout) && !drawn(&piped.stderr), "{piped:?}");
    assert!(piped.step("infer")["forecasts"].as_u64() > Some(0), "{piped:?}");
    let quiet = job.ok(&["-q", "--to", "2024-01-03", "backfill"]);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
    assert_eq!(job.count("SELECT count(DISTINCT data_cutoff_date) FROM forecast.point_forecasts"), 2);
}
