//! The prompt of `almanac sql`: lines with history and completion, each statement over the newest tables.

mod complete;
mod leave;
mod line;
mod meta;
mod names;

use std::future::Future;
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::time::Instant;

use almanac_engine::EngineError;

use super::super::{Session, catalog};
use super::bind::Parameters;
use super::format::{Format, Target};
use super::sink::{Answered, Sink};
use super::{answer, statement};
use crate::exit::{Failure, Outcome};
use crate::fault::{self, QueryFault};
use crate::{look, show};

use complete::Completion;
use leave::{Leaving, stopped};
use line::{Entered, History, Lines};
use meta::Meta;
use names::Names;

const PROMPT: &str = "almanac> ";
/// Before further lines of a statement.
const MORE: &str = "      -> ";

/// What was chosen at the prompt.
struct Prompt<'a> {
    session: &'a Session,
    target: Target,
    parameters: Parameters,
    timing: bool,
    completion: Completion,
    leaving: Leaving,
}

/// Asks for statements until `\q`, the end of input or a signal that ends the process.
pub(super) async fn run(session: &Session, target: Target, parameters: Parameters) -> Outcome {
    look::begin_prompt();
    let context = catalog::context(session).await?;
    let names = Names::of(&context).await;
    if !look::get().quiet {
        let tables = names.tables.len();
        show::line(format_args!(
            "{tables} tables and views in {}; \\? for help, \\q to leave",
            session.warehouse.root()
        ));
    }
    let refused = |error: std::io::Error| Failure::from(EngineError::storage("the terminal", error));
    let leaving = Leaving::listen()?;
    let mut lines = Lines::open(History::of(history_file())).map_err(refused)?;
    let completion = Completion { names };
    let mut prompt = Prompt { session, target, parameters, timing: false, completion, leaving };
    loop {
        let read = || lines.read(PROMPT, MORE, &prompt.completion);
        match prompt.leaving.while_reading(read)? {
            Entered::Text(text) if text.trim().is_empty() => {}
            Entered::Text(text) => {
                if !prompt.execute(text.trim()).await {
                    return Ok(());
                }
            }
            Entered::Dropped => {}
            Entered::End => return Ok(()),
        }
    }
}

/// `sql_history` in the folder for the state of programs.
fn history_file() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let state = folder("XDG_STATE_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/state")));
    state.map(|state| state.join("almanac").join("sql_history"))
}

impl Prompt<'_> {
    /// Executes what was entered and tells its error; false where it was to leave.
    async fn execute(&mut self, text: &str) -> bool {
        let mut stop = pin!(stopped(self.leaving.told()));
        let outcome = match Meta::parse(text) {
            Some(Ok(Meta::Quit)) => return false,
            Some(Ok(command)) => self.command(command, stop.as_mut()).await,
            Some(Err(refusal)) => Err(QueryFault::new(refusal).about(text).into()),
            None => self.statements(text, stop.as_mut()).await,
        };
        match outcome {
            Ok(()) => {}
            Err(Failure::Engine(EngineError::Interrupted)) => show::line("stopped"),
            Err(failure) => fault::show(&fault::diagnose(&failure)),
        }
        true
    }

    async fn command(&mut self, command: Meta, stop: Stop<'_>) -> Outcome {
        match command {
            Meta::Timing => {
                self.timing = !self.timing;
                show::line(format_args!("timing is {}", if self.timing { "on" } else { "off" }));
                Ok(())
            }
            Meta::Output { format, into } => {
                self.target = Target::new(format, into)?;
                show::line(match (&self.target.into, self.target.format.unwrap_or(Format::Table)) {
                    (None, format) => format!("answers are shown as {}", meta::name(format)),
                    (Some(file), format) => {
                        format!("each answer replaces {}, as {}", file.display(), meta::name(format))
                    }
                });
                Ok(())
            }
            other => tokio::select! {
                outcome = self.look_up(other) => outcome,
                () = stop => Err(EngineError::Interrupted.into()),
            },
        }
    }

    async fn look_up(&self, command: Meta) -> Outcome {
        let context = catalog::context(self.session).await?;
        meta::show(self.session, &context, &command).await
    }

    /// Runs each statement of what was entered over the tables as they are now.
    async fn statements(&mut self, text: &str, mut stop: Stop<'_>) -> Outcome {
        for tokens in statement::statements(text)? {
            let begun = Instant::now();
            let tokens = self.parameters.bind(tokens)?;
            let context = tokio::select! {
                context = catalog::context(self.session) => context?,
                () = &mut stop => return Err(EngineError::Interrupted.into()),
            };
            let mut sink = Sink::new(&self.target);
            answer::answer(self.session, &context, &tokens, stop.as_mut(), &mut sink).await?;
            let seconds = begun.elapsed().as_secs_f64();
            let answered = tokio::task::block_in_place(|| sink.finish())?;
            self.tell(answered, seconds);
            self.completion.names = Names::of(&context).await;
        }
        Ok(())
    }

    /// How many rows it were, where the answer does not say so itself.
    fn tell(&self, answered: Answered, seconds: f64) {
        let rows = match (answered.rows, answered.more) {
            (1, false) => "1 row".to_owned(),
            (count, false) => format!("{count} rows"),
            (count, true) => format!("the first {count} rows of more; \\o csv FILE writes all, LIMIT asks for fewer"),
        };
        let place = self.target.into.as_ref().map(|file| format!(" in {}", file.display())).unwrap_or_default();
        let time = if self.timing { format!(", {seconds:.3} s") } else { String::new() };
        show::line(format_args!("({rows}{place}{time})"));
    }
}

/// What ends a query early.
type Stop<'a> = Pin<&'a mut (dyn Future<Output = ()> + Send)>;
