//! What the suite found.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// One check of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What must hold.
    pub name: &'static str,
    /// Whether it does.
    pub passed: bool,
    /// What was seen.
    pub message: String,
}

/// All checks of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Name of the model.
    pub model: String,
    /// The checks, in the order they ran.
    pub checks: Vec<Check>,
}

impl Report {
    pub(super) fn new(model: &str) -> Self {
        Self { model: model.to_owned(), checks: Vec::new() }
    }

    /// Whether every check holds.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }

    /// The checks that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.passed)
    }
}

/// A report in the making.
pub(super) struct Running<'a> {
    pub(super) report: Report,
    /// Told of each check as it ends.
    pub(super) each: &'a mut dyn FnMut(&Check),
}

impl Running<'_> {
    /// Runs a check; an error or a panic is a failure.
    pub(super) fn run(&mut self, name: &'static str, check: impl FnOnce() -> Result<String, String>) {
        let check = run(name, check);
        (self.each)(&check);
        self.report.checks.push(check);
    }
}

/// Runs a check; an error or a panic is a failure.
pub(super) fn run(name: &'static str, check: impl FnOnce() -> Result<String, String>) -> Check {
    let (passed, message) = match unwound(check) {
        Ok(Ok(message)) => (true, message),
        Ok(Err(message)) | Err(message) => (false, message),
    };
    Check { name, passed, message }
}

/// Calls `work`, turning a panic into its message.
pub(super) fn unwound<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
        format!("panicked: {}", text.unwrap_or("no message"))
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.model)?;
        for check in &self.checks {
            let mark = if check.passed { "pass" } else { "FAIL" };
            writeln!(f, "  {mark}  {}: {}", check.name, check.message)?;
        }
        Ok(())
    }
}
