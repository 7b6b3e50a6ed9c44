//! `doctor`: whether configuration, store, cluster, machine and inputs are fit for a run, before one is begun.

mod cluster;
mod inputs;
mod leaks;
mod machine;
mod models;
mod store;

use std::time::Duration;

use almanac_engine::cluster::Cluster;
use almanac_engine::delta::Warehouse;
use almanac_engine::runner::Runner;
use serde_json::{Value, json};
use textwrap::{Options, WordSplitter};
use tokio::sync::watch;
use unicode_width::UnicodeWidthStr;

use super::{Session, selection};
use crate::cli::Cli;
use crate::config as configuration;
use crate::exit::{Failure, Outcome};
use crate::output::Document;
use crate::{fault, look};

/// What was checked so far.
#[derive(Debug, Default)]
struct Checks {
    found: Vec<Found>,
}

/// One check: what was seen, and what to do unless it is well.
#[derive(Debug)]
struct Found {
    check: String,
    result: &'static str,
    seen: String,
    fix: Option<String>,
}

impl Checks {
    fn ok(&mut self, check: impl Into<String>, seen: impl Into<String>) {
        self.found.push(Found { check: check.into(), result: "ok", seen: seen.into(), fix: None });
    }

    fn warn(&mut self, check: impl Into<String>, seen: impl Into<String>, fix: impl Into<String>) {
        self.found.push(Found { check: check.into(), result: "warn", seen: seen.into(), fix: Some(fix.into()) });
    }

    fn fail(&mut self, check: impl Into<String>, seen: impl Into<String>, fix: impl Into<String>) {
        self.found.push(Found { check: check.into(), result: "fail", seen: seen.into(), fix: Some(fix.into()) });
    }

    /// A check that ended in an error, with what the error says is to be done.
    fn failed(&mut self, check: impl Into<String>, failure: impl Into<Failure>) {
        let diagnosis = fault::diagnose(&failure.into());
        self.fail(check, diagnosis.message, diagnosis.fix);
    }

    fn count(&self, result: &str) -> usize {
        self.found.iter().filter(|found| found.result == result).count()
    }

    fn document(&self) -> Document {
        let value = |found: &Found| json!({ "check": found.check, "result": found.result, "seen": found.seen, "fix": found.fix });
        let width = self.found.iter().map(|found| found.check.chars().count()).max().unwrap_or(0);
        let line = |found: &Found| {
            let seen = wrapped(&format!("{:<5} {:<width$}  ", found.result, found.check), &found.seen);
            let fix = found.fix.as_ref().map(|fix| format!("\n{}", wrapped("      → ", fix))).unwrap_or_default();
            format!("{seen}{fix}")
        };
        let text = self.found.iter().map(line).collect::<Vec<_>>().join("\n");
        let (ok, warned, failed) = (self.count("ok"), self.count("warn"), self.count("fail"));
        let facts = vec![("ok", json!(ok)), ("warn", json!(warned)), ("fail", json!(failed))];
        let checks: Vec<Value> = self.found.iter().map(value).collect();
        let sentence = format!("{ok} ok, {warned} to look at, {failed} to mend");
        Document::new().note("checks", checks, text).told("count", facts, sentence)
    }
}

/// A text behind what it belongs to; what does not fit the width goes on below itself.
fn wrapped(head: &str, text: &str) -> String {
    let Some(width) = look::get().width else { return format!("{head}{text}") };
    let indent = " ".repeat(head.width().min(width / 2));
    // paths and addresses stay whole: they are copied
    let options = Options::new(width).initial_indent(head).subsequent_indent(&indent).break_words(false);
    textwrap::fill(text, options.word_splitter(WordSplitter::NoHyphenation))
}

pub(super) async fn run(cli: &Cli, stopped: watch::Receiver<bool>) -> Outcome {
    let mut checks = Checks::default();
    match session(cli, stopped) {
        Ok(session) => {
            checks.ok("configuration", format!("{} is understood", cli.places.config.display()));
            examine(cli, session, &mut checks).await;
        }
        Err(failure) => checks.failed("configuration", failure),
    }
    checks.document().show();
    match checks.count("fail") {
        0 => Ok(()),
        failed => Err(Failure::Unfit { failed }),
    }
}

/// A session whose store is not asked yet.
fn session(cli: &Cli, stopped: watch::Receiver<bool>) -> Outcome<Session> {
    let settings = configuration::load(&cli.places.config, &cli.overrides)?;
    let warehouse = Warehouse::open(&cli.places.warehouse)?;
    let runner = match &cli.places.scheduler {
        None => Runner::Embedded,
        Some(address) => Runner::Cluster(Cluster::new(address, Duration::from_secs(cli.places.wait_scheduler))?),
    };
    Ok(Session { selection: selection(&cli.choice)?, settings, warehouse, runner, stopped })
}

async fn examine(cli: &Cli, mut session: Session, checks: &mut Checks) {
    let readable = store::check(&session.warehouse, checks).await;
    if let Runner::Cluster(cluster) = &session.runner {
        cluster::check(cluster, checks).await;
    }
    machine::check(&session, checks);
    models::check(&session, checks);
    // tables are read and forecasts drawn here: a cluster that is not fit is told once, and nothing else fails by it
    session.runner = Runner::Embedded;
    if readable {
        inputs::check(&session, cli.places.source.as_deref(), checks).await;
        leaks::check(&session, checks).await;
        machine::check_disk(&session, checks).await;
    }
}
