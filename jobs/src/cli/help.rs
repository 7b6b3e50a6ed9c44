//! What `--help` shows: commands in the order in which a newcomer meets them, examples, and options where they matter.

use std::ffi::OsString;

use clap::{Arg, ColorChoice, CommandFactory, FromArgMatches};

use super::options::{CHOICE, SETTINGS};
use super::usage::{self, Refusal};
use super::{Cli, Form, Given};
use crate::look;

/// Commands by what one wants; a command that is in no group stands under the last.
pub(crate) const GROUPS: [(&str, &[&str]); 4] = [
    ("Start here, in this order", &["init", "ingest", "backfill", "evaluate", "sql"]),
    ("The steps of a backfill, one by one", &["plan", "build", "train", "infer"]),
    ("Look at what there is", &["tables", "describe", "runs", "status", "models", "explain", "plot"]),
    ("Set up and keep", &["config", "doctor", "maintain", "bench", "demo-data", "completions", "man", "help"]),
];

/// Options that `almanac --help` shows; the others are shown by the commands they matter to.
const EVERYDAY: [&str; 7] = ["config", "source", "warehouse", "output", "quiet", "verbose", "help"];

/// Longest line of an example: with its indentation it fits a terminal of 80 columns.
const LONGEST: usize = 76;
/// What goes between the lines of an example that is broken: a shell takes both for one.
pub(crate) const CONTINUED: &str = " \\\n    ";

/// Examples by command. A test runs the parser over each.
const EXAMPLES: &[(&str, &[&str])] = &[
    (
        "init",
        &[
            "almanac --source data init",
            "almanac --config my.toml --source data init --key-column store --target sales",
            "almanac init --demo",
        ],
    ),
    ("ingest", &["almanac --source data ingest", "almanac --source data ingest --strict --as-of 2025-06-30"]),
    ("build", &["almanac build"]),
    ("train", &["almanac train", "almanac --models naive,xgboost train"]),
    ("infer", &["almanac infer", "almanac --from 2025-01-01 --key Coffee infer"]),
    (
        "backfill",
        &[
            "almanac --config my.toml --source data --warehouse tables backfill",
            "almanac --source data --models naive --from 2024-01-01 backfill",
            "almanac --source data --warehouse s3://bucket/prefix --scheduler df://host:50050 backfill",
        ],
    ),
    ("evaluate", &["almanac evaluate", "almanac --select \"model=naive|xgboost,from=2024-01-01\" evaluate -o json"]),
    ("plan", &["almanac plan", "almanac --refresh stale plan"]),
    ("status", &["almanac status", "almanac status --watch 5", "almanac status -o json"]),
    ("runs", &["almanac runs", "almanac runs --last 3 -o wide"]),
    ("tables", &["almanac tables", "almanac tables --content -o wide"]),
    ("describe", &["almanac describe forecast.point_forecasts", "almanac describe model_input --commits 20"]),
    (
        "sql",
        &[
            "almanac sql -c \"SELECT count(*) FROM forecast.point_forecasts\"",
            "almanac sql",
            "almanac sql --named accuracy --format csv",
            "almanac sql --named forecast --param commodity=Coffee --param model=naive --param origin=2024-01-03",
            "almanac sql -c \"SELECT * FROM ops.runs VERSION AS OF 3\" --into runs.parquet",
            "almanac sql --named",
        ],
    ),
    ("config", &["almanac config", "almanac --paths 500 config -o json", "almanac config --schema"]),
    ("completions", &["almanac completions bash", "almanac completions zsh"]),
    ("man", &["almanac man man1"]),
    ("doctor", &["almanac doctor", "almanac --source data --scheduler df://host:50050 doctor -o json"]),
    ("maintain", &["almanac maintain optimize", "almanac maintain vacuum --dry-run"]),
    (
        "bench",
        &[
            "almanac --source data bench backfill",
            "almanac bench forecast",
            "almanac bench models",
            "almanac --models auto_ets,auto_theta bench accuracy --dataset m4 --group Hourly",
        ],
    ),
    (
        "models",
        &[
            "almanac models list",
            "almanac --key Coffee models show naive",
            "almanac --key Coffee models explain xgboost --origin 2024-01-03",
            "almanac models test naive xgboost",
        ],
    ),
    (
        "explain",
        &["almanac --key Coffee explain unit --model xgboost --origin 2024-01-03", "almanac explain unit -o json"],
    ),
    (
        "plot",
        &[
            "almanac --key Coffee plot fan --model naive --origin 2024-01-03 --into fan.svg",
            "almanac plot coverage --into coverage.png",
            "almanac --key Coffee plot errors --tty",
        ],
    ),
    ("demo-data", &["almanac demo-data demo"]),
    ("help", &["almanac help backfill", "almanac help E0402", "almanac help errors"]),
];

/// Commands that read no configuration.
const WITHOUT_CONFIGURATION: [&str; 4] = ["demo-data", "help", "completions", "man"];
/// Commands to which the settings and the choice matter.
const RUNS: [&str; 8] = ["train", "infer", "backfill", "plan", "evaluate", "bench", "models", "plot"];
/// Commands to which the settings matter and the choice does not.
const CONFIGURED: [&str; 3] = ["config", "sql", "explain"];
/// Commands that a cluster can compute.
const DISTRIBUTED: [&str; 7] = ["build", "train", "infer", "backfill", "evaluate", "sql", "doctor"];

/// The command line as it is parsed and shown.
pub(crate) fn command() -> clap::Command {
    let command = definition();
    let overview = overview(&command);
    command.override_help(overview)
}

/// The command line with the options of each command, without the first page.
pub(crate) fn definition() -> clap::Command {
    let command = Cli::command().term_width(look::help_width());
    let global: Vec<Arg> = command.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    command.mut_subcommands(|sub| shaped(sub, &global))
}

/// Parses the arguments of a process.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Cli, Refusal> {
    let arguments: Vec<OsString> = arguments.collect();
    let form = usage::form(&arguments);
    let command = match form {
        Some(Form::Json | Form::Yaml) => without_pages(command()),
        _ => command(),
    };
    let colours = if look::colours(&std::io::stdout()) { ColorChoice::Auto } else { ColorChoice::Never };
    let parsed = command.color(colours).try_get_matches_from(&arguments);
    let parsed = parsed.and_then(|mut matches| {
        let given = Given::of(&matches);
        Cli::from_arg_matches_mut(&mut matches).map(|cli| Cli { given, ..cli })
    });
    parsed.map_err(|error| Refusal::new(error, form))
}

/// The same without a page of help in place of what is missing: programs are told that it is.
fn without_pages(command: clap::Command) -> clap::Command {
    command.arg_required_else_help(false).mut_subcommands(without_pages)
}

/// Whether a command of this name is one that help does not show.
pub(super) fn is_hidden(name: &str) -> bool {
    Cli::command().get_subcommands().any(|sub| sub.is_hide_set() && sub.get_name() == name)
}

/// What an argument takes, if that is one of a few: by its name, and by the command as it is called.
pub(super) fn choices(usage: &str, argument: &str) -> Vec<String> {
    let mut command = Cli::command();
    for word in usage.split(' ') {
        if let Some(sub) = command.find_subcommand(word) {
            command = sub.clone();
        }
    }
    let named = |arg: &&Arg| {
        let name = arg.get_value_names().and_then(|names| names.first());
        arg.is_positional() && name.is_some_and(|name| format!("<{name}>") == argument)
    };
    let values = command.get_arguments().find(named).map(Arg::get_possible_values).unwrap_or_default();
    values.iter().map(|value| value.get_name().to_owned()).collect()
}

/// A command with its examples, and without the options that do not matter to it. They are still accepted.
fn shaped(mut sub: clap::Command, global: &[Arg]) -> clap::Command {
    let name = sub.get_name().to_owned();
    for arg in global.iter().filter(|arg| !matters(arg, &name)) {
        sub = sub.arg(arg.clone().hide(true));
    }
    let shown = examples(&name, "");
    let sub = sub.mut_subcommands(|below| {
        let own = examples(&name, below.get_name());
        with_examples(below, own)
    });
    with_examples(sub, shown)
}

fn with_examples(command: clap::Command, examples: Option<String>) -> clap::Command {
    match examples {
        Some(text) if command.get_after_help().is_none() => command.after_help(text),
        _ => command,
    }
}

/// Examples of a command, or those of them that show the command below it.
fn examples(command: &str, below: &str) -> Option<String> {
    let (_, lines) = EXAMPLES.iter().find(|(name, _)| *name == command)?;
    let shown = format!(" {command} {below}");
    let chosen = lines.iter().copied().filter(|line| below.is_empty() || line.contains(shown.as_str()));
    let chosen: Vec<String> = chosen.map(broken).collect();
    (!chosen.is_empty()).then(|| format!("Examples:\n  {}", chosen.join("\n  ")))
}

/// An example, broken before options where it is long, so that it can be copied as it is shown.
fn broken(example: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let (mut rest, mut room) = (example, LONGEST);
    while rest.len() > room {
        let fits = |end: &usize| end + 2 <= room && rest[..*end].matches('"').count() % 2 == 0;
        let Some(end) = rest.match_indices(" --").map(|(end, _)| end).filter(fits).last() else { break };
        let (line, after) = rest.split_at(end);
        lines.push(line);
        // further lines are indented by two more
        (rest, room) = (after.trim_start(), LONGEST - 2);
    }
    lines.push(rest);
    lines.join(CONTINUED)
}

/// Whether a command's help shows an option of all commands. A command that no list names shows all.
pub(super) fn matters(arg: &Arg, command: &str) -> bool {
    let known = EXAMPLES.iter().any(|(name, _)| *name == command);
    let heading = arg.get_help_heading();
    match arg.get_id().as_str() {
        _ if !known => true,
        "output" | "quiet" | "verbose" => true,
        _ if WITHOUT_CONFIGURATION.contains(&command) => false,
        "scheduler" | "wait_scheduler" => DISTRIBUTED.contains(&command),
        "source" => ["ingest", "backfill", "bench", "init", "doctor", "config"].contains(&command),
        _ if heading == Some(SETTINGS) => RUNS.contains(&command) || CONFIGURED.contains(&command),
        "keys" => RUNS.contains(&command) || command == "explain",
        _ if heading == Some(CHOICE) => RUNS.contains(&command),
        _ => true,
    }
}

/// The first page: what it is, the commands in groups, the everyday options, and the first five minutes.
fn overview(command: &clap::Command) -> String {
    let width = look::help_width();
    let mut text = String::new();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    text.push_str(&format!("{}\n\nUsage: almanac [OPTIONS] <COMMAND>\n", wrapped(&about, width, 0)));
    let mut left: Vec<&clap::Command> = command.get_subcommands().filter(|sub| !sub.is_hide_set()).collect();
    for (position, (heading, names)) in GROUPS.iter().enumerate() {
        text.push_str(&format!("\n{heading}:\n"));
        for name in *names {
            if let Some(found) = left.iter().position(|sub| sub.get_name() == *name) {
                text.push_str(&line(left.remove(found), width));
            }
        }
        if position + 1 == GROUPS.len() {
            left.iter().for_each(|sub| text.push_str(&line(sub, width)));
        }
    }
    text.push_str("\nOptions, before or after the command:\n");
    for id in EVERYDAY {
        match command.get_arguments().find(|arg| arg.get_id() == id) {
            Some(arg) => text.push_str(&option(arg, width)),
            None => text.push_str(&entry("-h, --help", "Print this, or with a command what it takes", 26, width)),
        }
    }
    text.push_str(FIRST_MINUTES);
    text
}

const FIRST_MINUTES: &str = "
The first five minutes, with generated data:
  almanac init --demo
  almanac --source data backfill
  almanac evaluate
  almanac sql --named accuracy

`almanac help COMMAND` shows its options and examples, `almanac help errors` the
codes of errors.
";

fn line(sub: &clap::Command, width: usize) -> String {
    entry(sub.get_name(), &sub.get_about().map(ToString::to_string).unwrap_or_default(), 13, width)
}

fn option(arg: &Arg, width: usize) -> String {
    let short = arg.get_short().map_or_else(|| "    ".to_owned(), |short| format!("-{short}, "));
    let long = arg.get_long().unwrap_or_default();
    let takes = matches!(arg.get_action(), clap::ArgAction::Set | clap::ArgAction::Append);
    let value = arg.get_value_names().filter(|_| takes).and_then(|names| names.first());
    let value = value.map(|name| format!(" <{name}>")).unwrap_or_default();
    let mut help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    if let Some(default) = arg.get_default_values().first().filter(|_| takes) {
        help.push_str(&format!(" [default: {}]", default.to_string_lossy()));
    }
    entry(&format!("{short}--{long}{value}"), &help, 26, width)
}

/// A name and its text beside it, wrapped within the width.
fn entry(name: &str, text: &str, column: usize, width: usize) -> String {
    let text = wrapped(text.trim_end_matches('.'), width, column + 2);
    format!("  {name:<width$}{text}\n", width = column)
}

/// Words in lines of at most `width`, all but the first indented.
pub(crate) fn wrapped(text: &str, width: usize, indent: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let used = lines.last().map_or(0, |line| line.chars().count());
        if used > 0 && indent + used + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join(&format!("\n{}", " ".repeat(indent)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use clap::Parser;

    use super::*;

    /// Words of a command line as a shell would cut it, as far as the examples need it.
    fn words(line: &str) -> Vec<String> {
        let quoted = line.split('"').enumerate();
        let parts = quoted.flat_map(|(i, part)| match i % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
            _ => vec![part.to_owned()],
        });
        parts.collect()
    }

    #[test]
    fn the_definition_is_sound() {
        command().debug_assert();
    }

    #[test]
    fn every_command_has_a_group_and_examples_that_parse() {
        let command = command();
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            let name = sub.get_name();
            let groups = GROUPS.iter().filter(|(_, names)| names.contains(&name)).count();
            assert_eq!(groups, 1, "{name} is in {groups} groups");
            let after = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.lines().all(|line| line.chars().count() <= 78), "{name}: {after}");
            let after = after.replace(CONTINUED, " ");
            let mut examples = after.lines().filter(|line| line.trim_start().starts_with("almanac ")).peekable();
            assert!(examples.peek().is_some(), "{name} has no examples");
            for example in examples {
                let parsed = Cli::try_parse_from(words(example));
                assert!(parsed.is_ok(), "{example}: {}", parsed.unwrap_err());
                assert!(words(example).iter().any(|word| word == name), "{example} is no example of {name}");
            }
            for below in sub.get_subcommands() {
                let after = below.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(after.lines().all(|line| line.chars().count() <= 78), "{name} {}: {after}", below.get_name());
                let after = after.replace(CONTINUED, " ");
                let shown = format!(" {name} {}", below.get_name());
                assert!(after.contains(&shown), "{name} {} has no examples: {after}", below.get_name());
            }
        }
    }

    #[test]
    fn a_long_example_is_broken_where_a_shell_goes_on() {
        let long = "almanac --source data --warehouse s3://bucket/prefix --scheduler df://host:50050 backfill";
        let shown = broken(long);
        let lines =
            ["almanac --source data --warehouse s3://bucket/prefix \\", "    --scheduler df://host:50050 backfill"];
        assert_eq!(shown.lines().collect::<Vec<_>>(), lines);
        assert_eq!(shown.replace(CONTINUED, " "), long);
        let quoted = format!("almanac sql -c \"SELECT 1 -- {} --end\" --timing", "a ".repeat(40));
        assert!(!broken(&quoted).contains(CONTINUED), "{}", broken(&quoted));
    }

    #[test]
    fn the_first_page_fits_and_shows_the_path() {
        let page = overview(&Cli::command());
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
        assert!(page.lines().count() <= 60, "{} lines:\n{page}", page.lines().count());
        let place = |name: &str| page.find(&format!("\n  {name} ")).unwrap_or_else(|| panic!("{name}:\n{page}"));
        assert!(place("ingest") < place("backfill") && place("backfill") < place("sql"), "{page}");
    }

    #[test]
    fn flags_that_do_not_matter_are_accepted_and_not_shown() {
        let mut command = command();
        let help = command.find_subcommand_mut("tables").unwrap().render_long_help().to_string();
        assert!(!help.contains("--paths") && !help.contains("--force"), "{help}");
        for arguments in [["almanac", "--paths", "10", "tables"], ["almanac", "tables", "--paths", "10"]] {
            let parsed = parse(arguments.into_iter().map(OsString::from)).map(|cli| cli.overrides.paths);
            assert!(matches!(parsed, Ok(Some(10))), "{arguments:?}");
        }
    }
}
