//! The command line as shells complete it: generators of completions offer what is hidden too, so here it is not.

use clap::{Arg, Command, CommandFactory};

use super::{Cli, help};

/// Each command with the options that its help shows; none that is hidden.
pub(crate) fn command() -> Command {
    let whole = Cli::command();
    let global = whole.get_arguments().filter(|arg| arg.is_global_set());
    let global: Vec<Arg> = global.map(|arg| arg.clone().global(false)).collect();
    let shown = whole.get_subcommands().filter(|sub| !sub.is_hide_set()).cloned().map(|sub| {
        let options: Vec<Arg> = global.iter().filter(|arg| help::matters(arg, sub.get_name())).cloned().collect();
        with(sub, &options)
    });
    let named = Command::new("almanac").version(env!("CARGO_PKG_VERSION")).disable_help_subcommand(true);
    named.args(global.iter().cloned()).subcommands(shown)
}

/// A command and those below it with further options.
fn with(command: Command, options: &[Arg]) -> Command {
    let has = |option: &Arg| command.get_arguments().any(|own| own.get_id() == option.get_id());
    let further: Vec<Arg> = options.iter().filter(|option| !has(option)).cloned().collect();
    command.args(further).mut_subcommands(|below| with(below, options))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_definition_is_sound() {
        super::command().debug_assert();
    }
}
