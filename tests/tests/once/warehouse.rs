//! Generated data, warehouses beside it, and what can be seen of them from outside.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

pub(crate) use almanac_tests::binary;
use serde_json::Value;
use tempfile::TempDir;

/// Demo data, a configuration of two years, and a folder for warehouses; removed when dropped.
pub(crate) struct World {
    folder: TempDir,
    /// Variables of every command.
    pub(crate) environment: Vec<(String, String)>,
}

/// One warehouse of a world.
pub(crate) struct Warehouse<'a> {
    world: &'a World,
    pub(crate) root: PathBuf,
}

/// Rows and content hash by table, without the ledger in `ops`.
pub(crate) type Rows = BTreeMap<String, (u64, String)>;
/// Length and time of every file below a folder.
pub(crate) type Tree = BTreeMap<PathBuf, (u64, SystemTime)>;

fn almanac() -> Command {
    let mut command = Command::new(binary());
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ALMANAC_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl World {
    /// Generates the data. 16 cells: four models, four half-years, two keys in each cell.
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("almanac-once-").tempdir().unwrap();
        let mut generate = almanac();
        generate.arg("demo-data").arg(folder.path().join("data"));
        succeed(generate);
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/demo.toml");
        let mut config = fs::read_to_string(demo).unwrap();
        for (key, value) in [("from", "\"2023-01-01\""), ("to", "\"2024-12-31\""), ("paths", "40"), ("seed", "42")] {
            let start = config.find(&format!("\n{key} = ")).unwrap() + 1;
            let end = start + config[start..].find('\n').unwrap_or(config.len() - start);
            config.replace_range(start..end, &format!("{key} = {value}"));
        }
        config.push_str("\n[run]\ncells_per_commit = 2\n");
        // fewer trees: what is tested is what becomes of their rows
        config.push_str("\n[[models]]\nname = \"xgboost\"\nfamily = \"xgboost\"\n");
        config.push_str("regressors = [{ column = \"vix\" }]\nsettings = { rounds = 15 }\n");
        fs::write(folder.path().join("almanac.toml"), config).unwrap();
        Self { folder, environment: Vec::new() }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The warehouse at an address.
    #[allow(dead_code)] // for warehouses on S3
    pub(crate) fn at(&self, address: &str) -> Warehouse<'_> {
        Warehouse { world: self, root: address.into() }
    }

    /// An empty warehouse.
    pub(crate) fn warehouse(&self, name: &str) -> Warehouse<'_> {
        Warehouse { world: self, root: self.folder.path().join(name) }
    }

    /// A warehouse after one backfill that nothing disturbed.
    pub(crate) fn undisturbed(&self) -> Warehouse<'_> {
        let warehouse = self.warehouse("undisturbed");
        warehouse.backfill(&[]);
        warehouse
    }
}

impl Warehouse<'_> {
    /// A copy of all files under another name.
    pub(crate) fn copy(&self, name: &str) -> Self {
        let copy = Warehouse { world: self.world, root: self.world.folder.path().join(name) };
        for path in self.tree("").into_keys() {
            let to = copy.root.join(path.strip_prefix(&self.root).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(path, to).unwrap();
        }
        copy
    }

    /// A command on this warehouse.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Command {
        let mut command = almanac();
        command.arg("--config").arg(self.world.folder.path().join("almanac.toml"));
        command.arg("--source").arg(self.world.data()).arg("--warehouse").arg(&self.root);
        command.args(arguments).envs(self.world.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Variables of every command.
    #[allow(dead_code)] // for warehouses on S3
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.world.environment
    }

    /// A backfill with further arguments that must succeed; returns what it printed.
    pub(crate) fn backfill(&self, arguments: &[&str]) -> String {
        succeed(self.command(&[&["backfill"], arguments].concat()))
    }

    /// A backfill that dies at the point, or does not get there and succeeds. Returns whether it died.
    pub(crate) fn dies_at(&self, point: &str, arguments: &[&str]) -> bool {
        let mut command = self.command(arguments);
        command.env("ALMANAC_CRASH_AT", point);
        let output = command.output().unwrap();
        if killed(&output) {
            return true;
        }
        assert!(output.status.success(), "{point}: {}", told(&output));
        false
    }

    /// Version, rows and content of every table.
    fn tables(&self) -> BTreeMap<String, Value> {
        let listed = succeed(self.command(&["tables", "--content"]));
        let facts = listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        facts.map(|facts| (facts["table"].as_str().unwrap().to_owned(), facts)).collect()
    }

    pub(crate) fn rows(&self) -> Rows {
        let data = self.tables().into_iter().filter(|(name, _)| !name.starts_with("ops."));
        let content = |facts: &Value| (facts["rows"].as_u64().unwrap(), facts["content"].as_str().unwrap().to_owned());
        data.map(|(name, facts)| (name, content(&facts))).collect()
    }

    pub(crate) fn version(&self, table: &str) -> u64 {
        self.tables()[table]["version"].as_u64().unwrap()
    }

    /// Every file below a folder of the warehouse; `""` for all.
    pub(crate) fn tree(&self, below: &str) -> Tree {
        let mut tree = Tree::new();
        let mut folders = vec![self.root.join(below)];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let entry = entry.unwrap();
                let facts = entry.metadata().unwrap();
                if facts.is_dir() {
                    folders.push(entry.path());
                } else {
                    tree.insert(entry.path(), (facts.len(), facts.modified().unwrap()));
                }
            }
        }
        tree
    }

    /// The files of the data tables alone: all but the ledger.
    pub(crate) fn data_tree(&self) -> Tree {
        ["bronze", "silver", "forecast"].into_iter().flat_map(|schema| self.tree(schema)).collect()
    }

    /// The table's log entries in order.
    pub(crate) fn log(&self, table: &str) -> Vec<PathBuf> {
        let below = format!("{}/_delta_log", table.replace('.', "/"));
        self.tree(&below).into_keys().filter(|path| path.extension() == Some(OsStr::new("json"))).collect()
    }

    /// Actions of one kind in the table's log, in order, each with the version that holds it.
    pub(crate) fn actions(&self, table: &str, kind: &str) -> Vec<(u64, Value)> {
        let mut found = Vec::new();
        for (version, entry) in self.log(table).iter().enumerate() {
            for line in fs::read_to_string(entry).unwrap().lines() {
                let action: Value = serde_json::from_str(line).unwrap();
                found.extend(action.get(kind).map(|action| (version as u64, action.clone())));
            }
        }
        found
    }

    /// The one number that a query returns.
    pub(crate) fn number(&self, query: &str) -> u64 {
        let answer = succeed(self.command(&["sql", "--format", "ndjson", "-c", query]));
        let row: Value = serde_json::from_str(answer.trim().trim_matches(['[', ']'])).unwrap();
        row.as_object().unwrap().values().next().unwrap().as_u64().unwrap()
    }
}

pub(crate) fn told(output: &Output) -> String {
    format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr))
}

/// Runs a command that must succeed; returns what it printed.
pub(crate) fn succeed(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}\n{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Whether the process was ended by SIGKILL.
pub(crate) fn killed(output: &Output) -> bool {
    std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(9)
}

/// Kills the process as `kill -9` does, unless it ends before the moment. Returns whether it was killed.
pub(crate) fn kill_after(mut child: Child, moment: Duration) -> bool {
    let until = Instant::now() + moment;
    std::thread::sleep(until.saturating_duration_since(Instant::now()));
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(killed(&output) || output.status.success(), "{}", told(&output));
    killed(&output)
}

/// Sum of a number over the steps that a command printed.
pub(crate) fn sum(printed: &str, fact: &str) -> u64 {
    let lines = printed.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| line[fact].as_u64()).sum()
}
