//! Commands and options, from the definition that is parsed.

use clap::{Arg, ArgAction, Command};

use super::super::help::about;
use super::page::{Page, cell, code, sentence};
use super::programs;
use crate::cli::help::{self, GROUPS};
use crate::cli::options::{CHOICE, EVERYWHERE, SETTINGS};

pub(super) fn page() -> String {
    let whole = help::definition();
    let mut page = Page::new(
        "Commands",
        "[The command line](../command-line.md) says how results are told and what belongs together. `almanac help COMMAND` \
         shows what stands here, and so does `--help` of the [programs of a cluster](#programs-of-a-cluster).",
    );
    let global: Vec<&Arg> = whole.get_arguments().filter(|arg| arg.is_global_set()).collect();
    for (heading, names) in GROUPS {
        page.heading(2, heading);
        for sub in names.iter().filter_map(|name| whole.find_subcommand(name)) {
            command(&mut page, sub, sub.get_name(), 3, &global);
        }
    }
    for heading in [EVERYWHERE, SETTINGS, CHOICE] {
        page.heading(2, heading);
        if heading == SETTINGS {
            page.paragraph(
                "They win over the file and over variables; [settings](configuration.md) says what they are there.",
            );
        }
        let of = global.iter().filter(|arg| arg.get_help_heading() == Some(heading));
        page.table(["option", "meaning"], &of.map(|arg| row(arg)).collect::<Vec<_>>());
    }
    page.heading(2, "Programs of a cluster");
    page.paragraph("[Clusters](../cluster.md) says what each needs. They read no configuration.");
    programs::all().iter().for_each(|own| program(&mut page, own));
    page.finish()
}

/// A program beside `almanac`.
fn program(page: &mut Page, program: &Command) {
    page.heading(3, &code(program.get_name()));
    page.paragraph(&sentence(&about(program)));
    page.code("text", &format!("{} [OPTIONS]", program.get_name()));
    let own: Vec<[String; 2]> = program.get_arguments().filter(|arg| is_own(arg)).map(row).collect();
    page.table(["option", "meaning"], &own);
    examples(page, program);
}

/// The examples that end its help.
fn examples(page: &mut Page, command: &Command) {
    if let Some(examples) = command.get_after_help().map(ToString::to_string) {
        let lines: Vec<&str> = examples.lines().skip(1).map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
        page.code("sh", &lines.join("\n"));
    }
}

/// A command, and the commands below it.
fn command(page: &mut Page, command: &Command, path: &str, level: usize, global: &[&Arg]) {
    page.heading(level, &code(&format!("almanac {path}")));
    page.paragraph(&sentence(&about(command)));
    let own: Vec<&Arg> = command.get_arguments().filter(|arg| is_own(arg)).collect();
    page.code("text", &usage(path, command, &own));
    page.table(["option", "meaning"], &own.iter().map(|arg| row(arg)).collect::<Vec<_>>());
    if level == 3 {
        page.paragraph(&also(command, global));
    }
    // those of a command with commands below it stand with these
    if !command.has_subcommands() {
        examples(page, command);
    }
    for sub in command.get_subcommands() {
        self::command(page, sub, &format!("{path} {}", sub.get_name()), level + 1, global);
    }
}

fn is_own(arg: &Arg) -> bool {
    !arg.is_hide_set() && !arg.is_global_set() && arg.get_id() != "help"
}

fn usage(path: &str, command: &Command, own: &[&Arg]) -> String {
    let mut line = format!("almanac [OPTIONS] {path}");
    if command.has_subcommands() {
        line.push_str(" COMMAND");
    }
    for arg in own.iter().filter(|arg| arg.is_positional()) {
        let name = value(arg);
        line.push_str(&if arg.is_required_set() { format!(" {name}") } else { format!(" [{name}]") });
    }
    line
}

/// Which options of all commands matter to a command: those whose help it shows.
fn also(command: &Command, global: &[&Arg]) -> String {
    let hidden = |arg: &Arg| command.get_arguments().any(|own| own.get_id() == arg.get_id() && own.is_hide_set());
    let under = |heading: &'static str| global.iter().filter(move |arg| arg.get_help_heading() == Some(heading));
    let matter: Vec<String> = under(EVERYWHERE)
        .filter(|arg| !hidden(arg))
        .filter_map(|arg| arg.get_long())
        .map(|long| code(&format!("--{long}")))
        .collect();
    let mut groups = Vec::new();
    for (heading, name, anchor) in
        [(SETTINGS, "settings", "#settings-instead-of-the-files"), (CHOICE, "what to work on", "#what-to-work-on")]
    {
        if under(heading).any(|arg| !hidden(arg)) {
            groups.push(format!("[{name}]({anchor})"));
        }
    }
    let groups = if groups.is_empty() { String::new() } else { format!("; {}", groups.join(", ")) };
    format!("Of [every command's options](#options-of-every-command): {}{groups}.", matter.join(", "))
}

fn row(arg: &Arg) -> [String; 2] {
    let takes = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
    let mut names: Vec<String> = arg.get_short().map(|short| code(&format!("-{short}"))).into_iter().collect();
    match arg.get_long() {
        Some(long) if takes => names.push(code(&format!("--{long} {}", value(arg)))),
        Some(long) => names.push(code(&format!("--{long}"))),
        None => names.push(code(&value(arg))),
    }
    let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let mut meaning = vec![cell(&sentence(&help))];
    let choices: Vec<String> = arg
        .get_possible_values()
        .iter()
        .filter(|_| takes)
        .map(|choice| match choice.get_help() {
            Some(help) => format!("{}: {}", code(choice.get_name()), cell(&help.to_string()).trim_end_matches('.')),
            None => code(choice.get_name()),
        })
        .collect();
    if !choices.is_empty() {
        meaning.push(sentence(&choices.join("; ")));
    }
    let defaults: Vec<String> = arg.get_default_values().iter().map(|value| code(&value.to_string_lossy())).collect();
    if takes && !defaults.is_empty() {
        meaning.push(format!("Default: {}.", defaults.join(", ")));
    }
    if let Some(variable) = arg.get_env() {
        meaning.push(format!("Variable: {}.", code(&variable.to_string_lossy())));
    }
    [names.join(", "), meaning.join(" ")]
}

/// The name of what an option takes.
fn value(arg: &Arg) -> String {
    let name = arg.get_value_names().and_then(|names| names.first()).map(ToString::to_string);
    name.unwrap_or_else(|| arg.get_id().as_str().to_uppercase())
}
