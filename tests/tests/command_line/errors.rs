//! Every documented code is reached by an invocation, told alike to people and to scripts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use almanac_tests::notice;
use serde_json::Value;

use crate::model_checks::with_long_memory;
use crate::support::{Ended, Job, bare, edited, example, root};
use crate::{world, yaml};

/// Codes whose errors tell no place, and why.
const WITHOUT_PLACE: [(&str, &str); 3] = [
    ("E0802", "a query is computed as a whole"),
    ("E0804", "a defect may be anywhere"),
    ("E0901", "a signal comes from outside"),
];
/// Codes whose errors tell no value, and why.
const WITHOUT_VALUE: [(&str, &str); 5] = [
    ("E0701", "a store refuses, whatever is asked of it"),
    ("E0802", "many values are computed with"),
    ("E0803", "a log that cannot be read has no values"),
    ("E0804", "a defect is no value"),
    ("E0901", "a signal is no value"),
];

/// Prices, one of which is none.
const BAD_MARKET: &str = "date,commodity,open,high,low,close,volume\n2024-01-02,Coffee,1,1,1,much,1\n";

/// Codes that docs/reference/errors.md lists, with their exit codes.
fn documented() -> BTreeSet<(String, i64)> {
    let text = fs::read_to_string(root().join("docs/reference/errors.md")).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| E"));
    let cells = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    cells.map(|cells| (cells[1].to_owned(), cells[2].parse().unwrap())).collect()
}

/// The error that a command told as JSON, of which no part is left out; nothing else stands on standard error.
fn told(ended: &Ended) -> Value {
    let read =
        |line: &str| serde_json::from_str::<Value>(line).unwrap_or_else(|error| panic!("{line:?} is no JSON: {error}"));
    let mut told: Vec<Value> = ended.stderr.lines().map(read).collect();
    assert_eq!(told.len(), 1, "not one error in {:?} {:?}", ended.stderr, ended.stdout);
    let error = told.remove(0)["error"].clone();
    let code = error["code"].as_str().unwrap();
    let all = ["code", "what", "where", "value", "fix", "message"];
    for part in all {
        let told = error.get(part).unwrap_or_else(|| panic!("{code} does not name {part}: {error}"));
        let excused = match part {
            "where" => WITHOUT_PLACE.iter().find(|(excused, _)| *excused == code),
            "value" => WITHOUT_VALUE.iter().find(|(excused, _)| *excused == code),
            _ => None,
        };
        match excused {
            Some((_, why)) => assert!(told.is_null(), "{code} has {part}, though {why}: {error}"),
            None => {
                let is_text = told.as_str().is_some_and(|text| !text.trim().is_empty() && !text.contains('\n'));
                assert!(is_text, "{code} has no {part} on one line: {error}");
            }
        }
    }
    error
}

/// Runs a command twice, for a script and for a person, and compares what they are told. Returns the code.
fn code(job: &Job, arguments: &[&str]) -> (String, i64) {
    // some run everything so
    let backtraces = [("RUST_BACKTRACE", "1")];
    let script = job.run_with(&backtraces, &[&["-o", "json"], arguments].concat());
    let error = told(&script);
    let person = job.run_with(&backtraces, arguments);
    let code = error["code"].as_str().unwrap();
    assert_eq!((script.code, person.code), (error["exit_code"].as_i64().unwrap() as i32, script.code), "{error}");
    let told = format!("error[{code}]: ");
    assert!(person.stderr.lines().any(|line| line.starts_with(&told)), "{code}: {}", person.stderr);
    assert!(!person.stderr.contains("::"), "{code} has a backtrace: {}", person.stderr);
    let value = error["value"].as_str().unwrap_or_default();
    assert!(person.stderr.contains(value), "{value:?} is not in {}", person.stderr);
    (code.to_owned(), i64::from(script.code))
}

#[test]
fn every_documented_code_is_reached() {
    // a run that fails is recorded
    let job = world::copy();
    let nothing = world::fresh();
    let mut seen = BTreeSet::new();
    let mut reach = |job: &Job, expected: &str, arguments: &[&str]| {
        let found = code(job, arguments);
        assert_eq!(found.0, expected, "{arguments:?}");
        seen.insert(found);
    };
    reach(&job, "E0001", &["plam"]);
    reach(&job, "E0002", &["--from", "2024-13-01", "plan"]);
    reach(&job, "E0003", &["sql", "-c", "SELECT no_column FROM ops.runs"]);
    reach(&job, "E0004", &["sql", "-c", "SELECT * FROM paths('Coffee', 'naive', DATE '2024-01-03', 0)"]);
    reach(&Job::new(Path::new("none.toml"), world::data(), &[]), "E0401", &["plan"]);
    reach(&nothing, "E0402", &["--models", "niave", "plan"]);
    reach(&job, "E0403", &["describe", "point_forecast"]);
    reach(&job, "E0404", &["--key", "Cofee", "plan"]);
    reach(&Job::new(&example("demo.toml"), Path::new("nowhere"), &[]), "E0405", &["ingest"]);
    reach(&job, "E0406", &["sql", "--named", "acuracy"]);
    reach(&job, "E0407", &["sql", "-c", "SELECT * FROM forecast('Coffee', 'naive', DATE '2024-01-06')"]);
    reach(&job, "E0408", &["describe", "ops.runs", "--at", "99"]);
    reach(&job, "E0409", &["help", "bakcfill"]);
    reach(&job, "E0601", &["--seed", "7", "infer"]);
    reach(&job, "E0602", &["--horizon", "9", "infer"]);
    let (_folder, daily) = edited("demo.toml", &[("calendar = \"trading\"", "calendar = \"daily\"")]);
    let mut other = world::copy();
    other.config = daily;
    reach(&other, "E0603", &["evaluate"]);
    reach(&job, "E0702", &["--scheduler", "df://127.0.0.1:1", "--from", "2024-02-01", "--to", "2024-02-02", "infer"]);
    reach(&job, "E0801", &["--model-version", "v9", "infer"]);
    reach(&job, "E0802", &["sql", "-c", "SELECT quantiles([1.0], [2.0])"]);

    let (_folder, unknown) = edited("demo.toml", &[("horizon = 14", "horizn = 14")]);
    reach(&Job::new(&unknown, world::data(), &[]), "E0101", &["plan"]);
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut blocked = world::fresh();
    blocked.warehouse = file.path().join("warehouse");
    reach(&blocked, "E0701", &["ingest"]);
    reach(&blocked, "E0806", &["doctor"]);
    let bad = tempfile::tempdir().unwrap();
    fs::write(bad.path().join("market.csv"), BAD_MARKET).unwrap();
    reach(&Job::new(&example("demo.toml"), bad.path(), &[]), "E0501", &["ingest"]);

    let damaged = world::copy();
    let log = damaged.warehouse.join("ops/runs/_delta_log");
    let newest = fs::read_dir(&log).unwrap().map(|entry| entry.unwrap().path()).max().unwrap();
    fs::write(newest, "no JSON").unwrap();
    reach(&damaged, "E0803", &["runs"]);
    let changed = world::copy();
    add_by_hand(&changed.warehouse.join("ops/runs/_delta_log/00000000000000000000.json"));
    reach(&changed, "E0804", &["tables", "--content"]);
    let (_folder, forgetful) = with_long_memory();
    reach(&Job::new(&forgetful, world::data(), &[]), "E0805", &["models", "test", "long_memory"]);

    let error = told(&interrupted("-INT"));
    seen.insert((error["code"].as_str().unwrap().to_owned(), error["exit_code"].as_i64().unwrap()));

    assert_eq!(seen, documented());
}

/// Adds a column to the schema of a table, of a type that no table of ours has.
fn add_by_hand(log: &Path) {
    let text = fs::read_to_string(log).unwrap();
    let fields = r#"\"fields\":["#;
    let column = r#"{\"name\":\"by_hand\",\"type\":\"short\",\"nullable\":true,\"metadata\":{}},"#;
    assert_eq!(text.matches(fields).count(), 1, "{text}");
    fs::write(log, text.replace(fields, &format!("{fields}{column}"))).unwrap();
}

#[test]
fn signals_that_end_a_command_have_codes_of_their_own() {
    for (signal, code) in [("-INT", 130_i32), ("-TERM", 143), ("-HUP", 129)] {
        if signal == "-HUP" && ignores_hangups() {
            notice("nothing proved of SIGHUP, which these tests were started to ignore");
            continue;
        }
        let ended = interrupted(signal);
        let error = told(&ended);
        assert_eq!(
            (ended.code, &error["code"], &error["exit_code"]),
            (code, &"E0901".into(), &code.into()),
            "{signal}"
        );
    }
}

/// Whether this process, and so what it starts, outlives its terminal, as under `nohup`.
fn ignores_hangups() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap();
    u64::from_str_radix(mask.trim(), 16).unwrap() & 1 == 1
}

/// A command that waits, stopped by a signal.
fn interrupted(signal: &str) -> Ended {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;

    let job = world::job();
    let mut child = job
        .command(&["-o", "json", "status", "--watch", "600"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    // it has begun to wait once it has told something
    stdout.read_line(&mut first).unwrap();
    let killed = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    Ended { code: child.wait().unwrap().code().unwrap_or(-1), stdout: first, stderr }
}

#[test]
fn errors_name_place_and_value() {
    let job = world::job();
    let bad = tempfile::tempdir().unwrap();
    fs::write(bad.path().join("market.csv"), BAD_MARKET).unwrap();
    let files = Job::new(&example("demo.toml"), bad.path(), &[]);
    let query = |text: &'static str| vec!["sql", "-c", text];
    for (job, arguments, code, place, value) in [
        (&job, vec!["plam"], "E0001", "command", "plam"),
        (&job, vec!["tables", "--contents"], "E0001", "option", "--contents"),
        (&job, query("selec 1"), "E0003", "line 1, column 1", "selec"),
        (&job, query("SELECT 1,\n 2 3"), "E0003", "line 2, column 4", "3"),
        (&job, query("SELECT 1 +"), "E0003", "query", "EOF"),
        (&job, query("SELECT nosuch(1)"), "E0003", "function", "nosuch"),
        (&job, query("DROP TABLE ops.runs"), "E0003", "statement", "DROP"),
        (&job, query("describe point_forecast"), "E0403", "table", "point_forecast"),
        (&job, query("SELECT run_id FROM ops.runs a JOIN ops.runs b ON true"), "E0003", "column", "run_id"),
        (&job, query("SELECT * FROM ops.runs VERSION AS OF 1.5"), "E0003", "VERSION AS OF", "1.5"),
        (&job, query("-- nothing"), "E0003", "query", "-- nothing"),
        (&files, vec!["ingest"], "E0501", "market.csv, line 2, column close", "much"),
    ] {
        let error = told(&job.run(&[&["-o", "json"], &arguments[..]].concat()));
        assert_eq!((&error["code"], &error["where"], &error["value"]), (&code.into(), &place.into(), &value.into()));
    }
}

#[test]
fn names_that_were_meant_are_named() {
    let job = world::job();
    let fix = |arguments: &[&str]| {
        let error = told(&job.run(&[&["-o", "json"], arguments].concat()));
        error["fix"].as_str().unwrap().to_owned()
    };
    assert_eq!(fix(&["bakfill"]), "did you mean backfill?");
    assert!(fix(&["--models", "xgboast", "plan"]).starts_with("did you mean \"xgboost\"? known models are"));
    assert!(fix(&["--key", "Suger", "plan"]).starts_with("did you mean \"Sugar\"? known keys are"));
    assert!(fix(&["sql", "-c", "SELECT 1 FROM ops.run"]).starts_with("did you mean \"ops.runs\"?"));
    let column = told(&job.run(&["-o", "json", "sql", "-c", "SELECT forecast_pont FROM point_forecasts"]));
    assert!(column["fix"].as_str().unwrap().starts_with("did you mean \"forecast_point\"?"), "{column}");
    assert_eq!((&column["code"], &column["where"]), (&"E0003".into(), &"column".into()), "{column}");
    assert_eq!((&column["value"], &column["exit_code"]), (&"forecast_pont".into(), &Value::from(2)), "{column}");
    let asked = ["describe point_forecast", "SELECT 1 FROM point_forecast", "EXPLAIN SELECT 1 FROM point_forecast"];
    let [described, selected, explained] = asked.map(|query| fix(&["sql", "-c", query]));
    assert!(described == selected && selected == explained && selected.starts_with("did you mean"), "{described}");
    let qualified = fix(&["sql", "-c", "SELECT p.forecast_pont FROM point_forecasts p JOIN ops.runs r ON true"]);
    assert!(qualified.starts_with("did you mean \"forecast_point\"? known columns are"), "{qualified}");
    let choice = told(&job.run(&["-o", "json", "maintain", "optimise"]));
    assert_eq!((&choice["where"], &choice["value"]), (&"<WHAT>".into(), &"optimise".into()), "{choice}");
    assert_eq!(choice["fix"], "did you mean optimize?");
}

#[test]
fn values_that_are_refused_are_those_of_options() {
    let job = world::job();
    for (arguments, place, value) in [
        (&["--paths", "x", "plan"][..], "--paths", "x"),
        (&["--levels", "80,x", "plan"][..], "--levels", "x"),
        (&["--wait-scheduler", "soon", "plan"][..], "--wait-scheduler", "soon"),
        (&["--refresh", "all", "plan"][..], "--refresh", "all"),
        (&["describe", "ops.runs", "--at", "x"][..], "--at", "x"),
        (&["sql", "-c", "SELECT 1", "--format", "xml"][..], "--format", "xml"),
        (&["maintain", "optimise"][..], "<WHAT>", "optimise"),
        (&["--paths", "0", "plan"][..], "--paths", "0"),
        (&["--levels", "200", "plan"][..], "--levels", "[200]"),
        (&["--every", "sometimes", "plan"][..], "--every", "sometimes"),
        (&["--from", "2024-13-01", "plan"][..], "--from", "2024-13-01"),
        (&["--from", "2024-02-01", "--to", "2024-01-31", "plan"][..], "--from", "2024-02-01"),
        (&["--select", "model", "plan"][..], "--select", "model"),
        (&["ingest", "--accept", "markt:3"][..], "--accept", "markt:3"),
        (&["--scheduler", "http://host", "plan"][..], "--scheduler", "http://host"),
        (&["--warehouse", "x/a%20b", "plan"][..], "--warehouse", "x/a%20b"),
        (&["status", "--watch", "0"][..], "--watch", "0"),
    ] {
        assert_eq!(code(&job, arguments), ("E0002".to_owned(), 2), "{arguments:?}");
        let error = told(&job.run(&[&["-o", "json"], arguments].concat()));
        assert_eq!((&error["where"], &error["value"]), (&place.into(), &value.into()), "{error}");
    }
    // what is no value at all is no refused one
    let nothing = told(&job.run(&["-o", "json", "sql", "-f"]));
    assert_eq!((&nothing["code"], &nothing["value"]), (&"E0001".into(), &"absent".into()), "{nothing}");
}

#[test]
fn settings_that_are_refused_say_where_they_were_given() {
    let blamed = |ended: Ended| {
        let error = told(&ended);
        ["code", "where", "value"].map(|part| error[part].as_str().unwrap().to_owned())
    };
    let (_folder, config) = edited("demo.toml", &[("horizon = 14", "horizon = 0")]);
    let plan = ["-o", "json", "plan"];
    let of_file = Job::new(&config, world::data(), &[]);
    let place = format!("{}: forecast.horizon", config.display());
    assert_eq!(blamed(of_file.run(&plan)), ["E0101", place.as_str(), "0"]);
    for (setting, value, told) in
        [("max_gap", "nan", "NaN"), ("max_gap", "inf", "inf"), ("max_gap", "-1.0", "-1"), ("minimum_days", "-1", "-1")]
    {
        let line = format!("[training]\n{setting} = {value}");
        let (_folder, config) = edited("demo.toml", &[("minimum_days = 730\n", ""), ("[training]", line.as_str())]);
        let place = format!("{}: training.{setting}", config.display());
        assert_eq!(blamed(Job::new(&config, world::data(), &[]).run(&plan)), ["E0101", place.as_str(), told]);
    }
    let job = Job::new(&example("demo.toml"), world::data(), &[]);
    let with = |name: &str, value: &str| blamed(job.run_with(&[(name, value)], &plan));
    assert_eq!(with("ALMANAC_FORECAST__PATHS", "0"), ["E0101", "ALMANAC_FORECAST__PATHS", "0"]);
    assert_eq!(with("ALMANAC_FORECAST__PATHS", "few")[..2], ["E0101", "ALMANAC_FORECAST__PATHS"]);
    assert_eq!(with("ALMANAC_SCHEDULER", "http://host"), ["E0002", "--scheduler (ALMANAC_SCHEDULER)", "http://host"]);
    // what a flag gives is no configuration
    let people = job.refused(&["--from", "2024-13-01", "plan"], 2, &["error[E0002]: --from = 2024-13-01: "]);
    assert!(!people.stderr.contains("configuration"), "{people:?}");
}

#[test]
fn people_are_told_what_to_do_and_where_it_is_explained() {
    let job = world::job();
    for (arguments, lines) in [
        (&["plam"][..], ["error[E0001]: unrecognized subcommand 'plam'", "  did you mean plan, explain?", "E0001"]),
        (
            &["describe"][..],
            ["error[E0001]: the following required arguments were not provided: <TABLE>", "  give <TABLE>: `", "E0001"],
        ),
        (
            &["maintain", "all"][..],
            ["error[E0002]: invalid value 'all' for '<WHAT>'", "  choose one of optimize, vacuum, checkpoint", "E0002"],
        ),
    ] {
        let told = job.refused(arguments, 2, &[]).stderr;
        let said: Vec<&str> = told.lines().collect();
        let explained = format!("  `almanac help {}` explains it", lines[2]);
        let begin = said.len() == 3 && said[0] == lines[0] && said[1].starts_with(lines[1]) && said[2] == explained;
        assert!(begin, "{arguments:?}: {told}");
    }
}

#[test]
fn programs_are_told_what_is_missing() {
    for (arguments, fix) in [
        (&["models"][..], "choose one of list, show, explain, test"),
        (&["plot"][..], "choose one of fan, coverage, errors"),
        (&["explain"][..], "choose one of unit"),
    ] {
        for script in [[&["-o", "json"], arguments].concat(), [arguments, &["-o", "json"]].concat()] {
            let error = told(&bare(&script));
            assert_eq!((&error["code"], &error["fix"]), (&"E0001".into(), &fix.into()), "{script:?}: {error}");
            assert_eq!((&error["where"], &error["exit_code"]), (&"command".into(), &2.into()), "{error}");
        }
        // people read what there is
        let page = bare(arguments);
        assert!(page.code == 2 && page.stderr.contains("Commands:\n"), "{arguments:?}: {}", page.stderr);
    }
    let whole = told(&bare(&["-o", "json"]));
    let fix = whole["fix"].as_str().unwrap();
    assert!(fix.starts_with("choose one of init, ingest, ") && !fix.contains("reference"), "{whole}");
}

#[test]
fn errors_are_yaml_where_results_are() {
    for arguments in [&["models"][..], &["plam"], &["--config", "none.toml", "plan"]] {
        let [json, yaml] = ["json", "yaml"].map(|form| bare(&[&["-o", form], arguments].concat()));
        assert_eq!(json.code, yaml.code, "{arguments:?}");
        assert!(yaml.stderr.starts_with("---\nerror:\n"), "{}", yaml.stderr);
        let Some(read) = yaml::documents(&yaml.stderr) else { return };
        let error = told(&json);
        assert!(read.len() == 1 && yaml::same_shape(&error, &read[0]["error"]), "{error}\n{read:?}");
        assert_eq!(read[0]["error"]["code"], error["code"]);
    }
}

#[test]
fn each_code_is_explained() {
    let job = world::fresh();
    for (code, exit) in documented() {
        let explained: Value = serde_json::from_str(&job.ok(&["help", &code, "-o", "json"]).stdout).unwrap();
        assert_eq!(explained["error"]["exit_code"], exit, "{code}");
        let text = job.ok(&["help", &code.to_lowercase()]).stdout;
        assert!(text.starts_with(&format!("{code}: ")) && text.contains("What to do: "), "{text}");
    }
    let listed: Value = serde_json::from_str(&job.ok(&["help", "errors", "-o", "json"]).stdout).unwrap();
    assert_eq!(listed["errors"].as_array().unwrap().len(), documented().len());
}
