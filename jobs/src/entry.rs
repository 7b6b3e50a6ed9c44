//! From the arguments of the process to its exit code.

use std::time::Duration;

use almanac_engine::EngineError;
use almanac_engine::cluster::process::log_filter;
use almanac_engine::delta::none_unfinished;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cli::{Bench, BenchCommand, Cli, Command, Form, help};
use crate::exit::{Failure, Outcome};
use crate::signals::Signals;
use crate::{commands, fault, look, show};

/// Longest wait for files that a run has begun and given up to be removed.
const GIVEN_UP: Duration = Duration::from_secs(10);

/// Longest wait for a query that was told to end: it may wait for its input, or for whoever reads its rows.
const LEAVES: Duration = Duration::from_secs(2);

/// Parses the arguments, runs the command and returns its exit code.
pub fn main() -> i32 {
    let cli = match help::parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err(refusal) => {
            let code = refusal.show();
            return unprinted().unwrap_or(code);
        }
    };
    look::set(&cli.output);
    trace(cli.output.verbose);
    let resumes = matches!(cli.command, Command::Train | Command::Infer | Command::Backfill(_));
    let watches = matches!(&cli.command, Command::Status(command) if command.watch.is_some());
    match run(cli, resumes) {
        Ok(()) => unprinted().unwrap_or(0),
        Err(failure) => {
            // a watch ends in no other way: that is no error to tell a person
            let left = watches && matches!(failure, Failure::Engine(EngineError::Interrupted));
            if !left || look::get().for_programs() {
                fault::show(&fault::diagnose(&failure));
            }
            if resumes && failure.is_passing() && !look::get().for_programs() {
                eprintln!("what is committed is kept: run the same command again to resume");
            }
            failure.code()
        }
    }
}

/// Tells that something could not be printed, if that was so; returns the exit code of it.
fn unprinted() -> Option<i32> {
    let failure = Failure::from(show::refused()?);
    fault::show(&fault::diagnose(&failure));
    Some(failure.code())
}

/// Logs go to standard error: warnings, with `--verbose` our steps, twice also their details. Where programs read errors as
/// JSON, log lines are JSON too.
fn trace(verbose: u8) {
    let level = match verbose {
        // a commit that fails is repeated, or told as the error that it ends in, as what cannot be read of a log is
        0 => "warn,buoyant_kernel=off,deltalake_core=error,deltalake_core::kernel::transaction=off,ballista_core=off",
        1 => "warn,almanac_engine=info,almanac_jobs=info,almanac_udfs=info",
        _ => "info,almanac_engine=debug,almanac_jobs=debug,almanac_udfs=debug",
    };
    let (filter, refused) = log_filter(level);
    let colours = look::colours(&std::io::stderr());
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match look::get().form {
        Some(Form::Json) => lines.json().flatten_event(true).init(),
        _ => lines.with_ansi(colours).init(),
    }
    if let Some(refused) = refused {
        tracing::warn!("{refused}");
    }
}

fn run(cli: Cli, resumes: bool) -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(8 << 20).build();
    let runtime = runtime.map_err(|error| EngineError::storage("worker threads", error))?;
    // a run closes its ledger before it leaves, jobs of a cluster are cancelled; all else may stop where it is
    let over_a_cluster =
        matches!(cli.command, Command::Sql(_) | Command::Build | Command::Evaluate) && cli.places.scheduler.is_some();
    let closes = resumes || over_a_cluster || matches!(cli.command, Command::Bench(_));
    let queries = matches!(cli.command, Command::Sql(_));
    // while a prompt waits Ctrl-C is a key, and while a query runs it stops the query alone
    let prompts = matches!(&cli.command, Command::Sql(command) if commands::prompts(command));
    // it measures without a pause in which a signal could be noticed
    let measures = matches!(&cli.command, Command::Bench(BenchCommand { what: Bench::Models(_) }));
    let ended = runtime.block_on(async {
        let (stop, stopped) = watch::channel(false);
        if prompts {
            return commands::run(cli, stopped).await;
        }
        // a task of its own, since the work may leave no pause either; it ends with this block
        let mut listening = JoinSet::new();
        let patience = if measures { Some(Duration::ZERO) } else { (queries && !closes).then_some(LEAVES) };
        listening.spawn(Signals::new()?.tell(stop, patience));
        let work = commands::run(cli, stopped.clone());
        let ended = if closes { work.await } else { unless_stopped(work, stopped).await };
        if ended.is_err() && !none_unfinished(GIVEN_UP).await {
            tracing::warn!("files of this run may stay in the store; `almanac maintain vacuum` removes them");
        }
        ended
    });
    // tables that are still being opened end with the process: the Delta kernel panics where its runtime goes before it
    std::mem::forget(runtime);
    ended
}

/// The work until it ends, or until a signal: then it is dropped.
async fn unless_stopped(work: impl Future<Output = Outcome>, mut stopped: watch::Receiver<bool>) -> Outcome {
    tokio::select! {
        ended = work => ended,
        _ = stopped.wait_for(|stopped| *stopped) => Err(EngineError::Interrupted.into()),
    }
}
