//! The binary as a SQL engine: one process per statement, answers read from its JSON lines.

use std::fmt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use sqllogictest::{DB, DBOutput};

use crate::answer::{Kind, output};
use crate::warehouse::World;

/// The `sql` command over one warehouse.
#[derive(Clone)]
pub(crate) struct Engine {
    /// The binary.
    pub(crate) binary: PathBuf,
    /// Where the tables are and how they were made.
    pub(crate) global: Vec<String>,
    /// Arguments of every query besides, such as those that choose where it runs.
    pub(crate) extra: Vec<String>,
}

/// A query that the engine refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) code: Option<i32>,
    pub(crate) message: String,
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(to, "exit {code}: {}", self.message.trim_end()),
            None => write!(to, "killed: {}", self.message.trim_end()),
        }
    }
}

/// One row: its columns in the order of the query.
#[derive(Debug)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Columns;
        impl<'de> Visitor<'de> for Columns {
            type Value = Row;

            fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
                to.write_str("an object per row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
                let mut columns = Vec::new();
                while let Some((_, value)) = map.next_entry::<String, Value>()? {
                    columns.push(value);
                }
                Ok(Row(columns))
            }
        }
        deserializer.deserialize_map(Columns)
    }
}

impl Engine {
    /// The engine of a warehouse, with the further arguments of the environment.
    pub(crate) fn of(world: &World) -> Self {
        let extra = std::env::var("ALMANAC_SQL_ARGS").unwrap_or_default();
        let extra = extra.split_whitespace().map(str::to_owned).collect();
        Self { binary: crate::warehouse::binary(), global: world.arguments(), extra }
    }

    /// The same with further arguments for every query.
    pub(crate) fn with(&self, arguments: &[&str]) -> Self {
        let mut engine = self.clone();
        engine.extra.extend(arguments.iter().map(|&argument| argument.to_owned()));
        engine
    }

    /// Rows of a query. A statement `\named NAME` is the named query.
    pub(crate) fn query(&self, statement: &str) -> Result<Vec<Row>, Refusal> {
        let mut command = Command::new(&self.binary);
        command.stdin(Stdio::null()).env_remove("ALMANAC_LOG").args(&self.global).args(["sql", "--format", "ndjson"]);
        command.args(&self.extra);
        match statement.strip_prefix("\\named ") {
            Some(name) => command.args(["--named", name.trim()]),
            None => command.args(["-c", statement]),
        };
        let output = command.output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Err(Refusal { code: output.status.code(), message });
        }
        let answer = String::from_utf8(output.stdout).unwrap();
        let rows = answer.lines().map(|line| serde_json::from_str(line).map_err(|e| format!("{e}: {line}")));
        rows.collect::<Result<_, _>>().map_err(|message| Refusal { code: Some(0), message })
    }
}

impl DB for Engine {
    type Error = Refusal;
    type ColumnType = Kind;

    fn run(&mut self, sql: &str) -> Result<DBOutput<Kind>, Refusal> {
        output(&self.query(sql)?)
    }
}
