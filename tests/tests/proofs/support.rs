//! Running the binary and reading what it wrote.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

pub(crate) use almanac_tests::binary;
use almanac_tests::notice_of_data;
use serde_json::Value;
use tempfile::TempDir;

/// Tables whose content is promised to depend on configuration and inputs only.
pub(crate) const PROMISED: [&str; 6] = [
    "forecast.trained_models",
    "forecast.distributions",
    "forecast.point_forecasts",
    "forecast.actual_paths",
    "forecast.forecast_actuals",
    "forecast.forecast_metadata",
];

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    /// The step lines: every line of standard output that is a JSON object.
    pub(crate) fn steps(&self) -> Vec<Value> {
        self.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// The line of one step.
    pub(crate) fn step(&self, name: &str) -> Value {
        let found = self.steps().into_iter().find(|step| step["step"] == name);
        found.unwrap_or_else(|| panic!("no step {name} in {}", self.stdout))
    }
}

/// Workspace root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// A configuration of `examples/`.
pub(crate) fn example(name: &str) -> PathBuf {
    root().join("examples").join(name)
}

/// The binary, without what the environment says of its configuration or of a terminal.
fn program() -> Command {
    let mut command = Command::new(binary());
    for name in ["ALMANAC_CONFIG", "ALMANAC_SOURCE", "ALMANAC_WAREHOUSE", "ALMANAC_LOG", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs the binary without configuration, source and warehouse.
pub(crate) fn bare(arguments: &[&str]) -> Ended {
    let output = program().args(arguments).env("COLUMNS", "80").output().unwrap();
    ended(output)
}

/// Why nothing was compared with real data, in the words of all crates.
const NO_DATA: &str = "nothing proved, there is no real data here; set ALMANAC_SHARED";

/// A folder of the real data, or a notice that there is none.
pub(crate) fn real_data(folder: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("ALMANAC_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let path = shared.join("data").join(folder);
    if path.is_dir() {
        return Some(path);
    }
    notice_of_data(NO_DATA);
    None
}

/// A configuration, its source folder and a warehouse of its own.
pub(crate) struct Job {
    pub(crate) config: PathBuf,
    pub(crate) source: PathBuf,
    pub(crate) warehouse: PathBuf,
    /// Flags of every command.
    pub(crate) flags: Vec<String>,
    _folder: Option<TempDir>,
}

impl Job {
    /// A fresh warehouse.
    pub(crate) fn new(config: &Path, source: &Path, flags: &[&str]) -> Self {
        let folder = TempDir::with_prefix("almanac-proof-").unwrap();
        let warehouse = folder.path().join("warehouse");
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        Self { config: config.into(), source: source.into(), warehouse, flags, _folder: Some(folder) }
    }

    /// Runs a command.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with(&[], arguments)
    }

    /// A command, not yet started.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.arg("--config").arg(&self.config).arg("--source").arg(&self.source);
        command.arg("--warehouse").arg(&self.warehouse).args(&self.flags).args(arguments);
        command
    }

    /// Runs a command with environment variables; the code of one that was killed is -1.
    pub(crate) fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
        let output = self.command(arguments).envs(variables.iter().copied()).output().unwrap();
        ended(output)
    }

    /// Runs a command that must succeed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, 0, "{arguments:?}: {}\n{}", ended.stderr, ended.stdout);
        ended
    }

    /// Runs a command that must end with `code`, naming each of `named` on standard error.
    pub(crate) fn refused(&self, arguments: &[&str], code: i32, named: &[&str]) -> Ended {
        let ended = self.run(arguments);
        assert_eq!(ended.code, code, "{arguments:?}: {}\n{}", ended.stderr, ended.stdout);
        for text in named {
            assert!(ended.stderr.contains(text), "{arguments:?}: no {text:?} in {}", ended.stderr);
        }
        assert!(!ended.stderr.contains("panicked"), "{}", ended.stderr);
        ended
    }

    /// Lines of a query's answer, without the header.
    pub(crate) fn lines(&self, query: &str) -> Vec<String> {
        let answer = self.ok(&["sql", "-c", query, "--format", "csv"]).stdout;
        answer.lines().skip(1).map(str::to_owned).collect()
    }

    /// Rows of a query's answer.
    pub(crate) fn rows(&self, query: &str) -> Vec<Value> {
        let answer = self.ok(&["sql", "-c", query, "--format", "ndjson"]).stdout;
        answer.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The single whole number that a query answers.
    pub(crate) fn count(&self, query: &str) -> i64 {
        let lines = self.lines(query);
        assert_eq!(lines.len(), 1, "{query}: {lines:?}");
        lines[0].parse().unwrap()
    }

    /// What `tables` says, by table.
    pub(crate) fn tables(&self) -> BTreeMap<String, Value> {
        let lines = self.ok(&["tables", "--content"]).steps_of_tables();
        lines.into_iter().map(|line| (line["table"].as_str().unwrap().to_owned(), line)).collect()
    }

    /// Rows and content hash of the promised tables, all of which must exist and hold rows.
    pub(crate) fn content(&self) -> BTreeMap<&'static str, (u64, String)> {
        let tables = self.tables();
        let of = |name: &'static str| {
            let line = tables.get(name).unwrap_or_else(|| panic!("no {name}"));
            let rows = line["rows"].as_u64().unwrap();
            assert!(rows > 0, "{name} is empty");
            (name, (rows, line["content"].as_str().unwrap().to_owned()))
        };
        PROMISED.into_iter().map(of).collect()
    }
}

impl Ended {
    fn steps_of_tables(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The folder with the generated demo data, which all tests read; those that change it take a copy.
pub(crate) fn demo_data() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| almanac_tests::demo_data(Path::new(env!("CARGO_TARGET_TMPDIR"))))
}

/// A changed copy of a folder of CSV files: `keep` decides about a file's row by its fields and may edit it.
pub(crate) fn copy_csv(from: &Path, change: impl Fn(&str, &[&str]) -> Option<String>) -> TempDir {
    let folder = TempDir::with_prefix("almanac-copy-").unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let mut lines = text.lines();
        let mut copy = format!("{}\n", lines.next().unwrap());
        for line in lines {
            let fields: Vec<&str> = line.split(',').collect();
            if let Some(line) = change(&name, &fields) {
                copy.push_str(&line);
                copy.push('\n');
            }
        }
        fs::write(folder.path().join(name), copy).unwrap();
    }
    folder
}

/// A configuration made from an example by replacing texts, each of which must occur.
pub(crate) fn edited(name: &str, replace: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let mut text = fs::read_to_string(example(name)).unwrap();
    for (old, new) in replace {
        assert!(text.contains(old), "{name} does not contain {old:?}");
        text = text.replace(old, new);
    }
    let folder = TempDir::with_prefix("almanac-config-").unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    (folder, path)
}

/// The score of a key and model in `evaluate`'s line.
pub(crate) fn score<'a>(evaluated: &'a Value, key: &str, model: &str) -> &'a Value {
    let scores = evaluated["scores"].as_array().unwrap();
    let found = scores.iter().find(|score| score["key"] == key && score["model"] == model);
    found.unwrap_or_else(|| panic!("no score of {key} {model}"))
}
