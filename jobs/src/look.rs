//! How this process shows things: decided once from the flags, the terminal and the environment.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::{Form, Output};

/// Width of help and of tables where nothing tells one.
const USUAL_WIDTH: usize = 80;

/// How results, steps and errors are shown.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Look {
    /// The form asked for.
    pub(crate) form: Option<Form>,
    /// Results and errors only.
    pub(crate) quiet: bool,
    /// Whether a person is looking at standard output.
    pub(crate) terminal: bool,
    /// Columns of text a table may take; none where nothing limits it.
    pub(crate) width: Option<usize>,
}

impl Look {
    fn of(output: &Output) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let width = match output.output {
            Some(Form::Wide) => None,
            _ => width(),
        };
        Self { form: output.output, quiet: output.quiet, terminal, width }
    }

    /// Whether programs read results and errors, in a form that was asked for.
    pub(crate) fn for_programs(&self) -> bool {
        matches!(self.form, Some(Form::Json | Form::Yaml))
    }

    /// Whether people read the result: at a terminal, or in a form for people that was asked for.
    pub(crate) fn for_people(&self) -> bool {
        match self.form {
            Some(Form::Table | Form::Wide) => true,
            Some(Form::Json | Form::Yaml) => false,
            None => self.terminal,
        }
    }

    /// Whether progress is drawn: only for a person who did not ask for quiet or for another form.
    pub(crate) fn draws(&self) -> bool {
        self.terminal && !self.quiet && matches!(self.form, None | Some(Form::Table | Form::Wide))
    }
}

static LOOK: OnceLock<Look> = OnceLock::new();

/// Decides how things are shown; the first call counts.
pub(crate) fn set(output: &Output) {
    LOOK.get_or_init(|| Look::of(output));
}

/// How things are shown.
pub(crate) fn get() -> Look {
    LOOK.get().copied().unwrap_or_default()
}

static AT_PROMPT: AtomicBool = AtomicBool::new(false);

/// From now on a prompt asks for statements, and no option can be given.
pub(crate) fn begin_prompt() {
    AT_PROMPT.store(true, Ordering::Relaxed);
}

/// Whether a prompt asks for statements.
pub(crate) fn at_prompt() -> bool {
    AT_PROMPT.load(Ordering::Relaxed)
}

/// Width of the text to be shown: COLUMNS, else the terminal's; none in a pipe, where nothing has to be left out.
fn width() -> Option<usize> {
    let told = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()).filter(|&columns: &usize| columns > 0);
    let seen = || terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    // a terminal that does not know its size is taken for a usual one
    told.or_else(|| std::io::stdout().is_terminal().then(|| seen().unwrap_or(USUAL_WIDTH)))
}

/// Width for help.
pub(crate) fn help_width() -> usize {
    width().unwrap_or(USUAL_WIDTH).clamp(40, 100)
}

/// Whether a stream gets colours: a terminal, unless NO_COLOR says otherwise.
pub(crate) fn colours(stream: &impl IsTerminal) -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    stream.is_terminal() && !refused && !dumb
}
