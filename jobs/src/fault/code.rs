//! Codes of errors: what each means and what to do. docs/reference/errors.md is this list.

/// A kind of error that scripts can tell from others. Codes are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Code {
    Usage,
    Flag,
    Query,
    Argument,
    Setting,
    NoConfiguration,
    NoModel,
    NoTable,
    NoKey,
    NoSource,
    NoNamedQuery,
    NoOrigin,
    NoVersion,
    NoSuchThing,
    Input,
    Conflict,
    Horizon,
    Basis,
    Storage,
    Scheduler,
    FailedUnits,
    Plan,
    Delta,
    Internal,
    FailedChecks,
    Unfit,
    Interrupted,
}

/// What is documented about a code.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The code.
    pub(crate) code: Code,
    /// As it is written: `E` and four digits.
    pub(crate) number: &'static str,
    /// Exit code of a command that ends in it.
    pub(crate) exit: i32,
    /// What happened, in a few words.
    pub(crate) what: &'static str,
    /// What leads to it, for someone who meets it for the first time.
    pub(crate) meaning: &'static str,
    /// What to do.
    pub(crate) fix: &'static str,
}

const fn entry(
    code: Code,
    number: &'static str,
    exit: i32,
    what: &'static str,
    meaning: &'static str,
    fix: &'static str,
) -> Entry {
    Entry { code, number, exit, what, meaning, fix }
}

/// Every code, in the order of its number.
pub(crate) const ALL: [Entry; 27] = [
    entry(
        Code::Usage,
        "E0001",
        2,
        "command line not understood",
        "A command, an option or the number of its values is unknown, or one that is needed is missing. Nothing was read \
         or written.",
        "`almanac help COMMAND` shows what is accepted",
    ),
    entry(
        Code::Flag,
        "E0002",
        2,
        "value of an option refused",
        "An option is known but its value is not: a date that is no date, a range that is empty, a choice that is \
         written in another way.",
        "give the option a value as its message says",
    ),
    entry(
        Code::Query,
        "E0003",
        2,
        "query not understood",
        "The text is no SQL, names a column or function that is not there, or is no query: answered are SELECT, WITH and \
         VALUES, EXPLAIN, SHOW and DESCRIBE.",
        "correct the query; `almanac sql -c \"describe TABLE\"` lists columns",
    ),
    entry(
        Code::Argument,
        "E0004",
        2,
        "argument of a function refused",
        "A table function was called with an argument that it does not take, such as a number of paths that is too large.",
        "give the argument a value as its message says",
    ),
    entry(
        Code::Setting,
        "E0101",
        2,
        "setting refused",
        "A value of the configuration file or of an ALMANAC_ variable is unknown, of another type or outside its range.",
        "correct the setting; docs/reference/configuration.md lists all",
    ),
    entry(
        Code::NoConfiguration,
        "E0401",
        4,
        "configuration not found",
        "There is no file of the name given by --config or ALMANAC_CONFIG, or no almanac.toml in this folder.",
        "name one with --config; examples are in examples/",
    ),
    entry(
        Code::NoModel,
        "E0402",
        4,
        "model not found",
        "No model of that name is registered or, for forecasts drawn again, none is stored for the key and window.",
        "choose a name from `almanac models list`, or add it under [[models]]",
    ),
    entry(
        Code::NoTable,
        "E0403",
        4,
        "table not found",
        "The warehouse has no table of that name yet, or no table has that name.",
        "run the command that writes it, or choose a name from `almanac tables`",
    ),
    entry(
        Code::NoKey,
        "E0404",
        4,
        "key not found",
        "The input has no row of that key.",
        "choose a key from the list in the message; several key columns are joined by |, which in --select has a \
         backslash before it",
    ),
    entry(
        Code::NoSource,
        "E0405",
        4,
        "source file not found",
        "A file that the configuration lists under [[sources]] is not below --source.",
        "name the folder of the files with --source, or correct the path of the source",
    ),
    entry(
        Code::NoNamedQuery,
        "E0406",
        4,
        "named query not found",
        "There is no named query of that name.",
        "`almanac sql --named` lists them",
    ),
    entry(
        Code::NoOrigin,
        "E0407",
        4,
        "origin not found",
        "The day is no session of the key, so no forecast has it as its origin.",
        "choose a session; the message names the nearest",
    ),
    entry(
        Code::NoVersion,
        "E0408",
        4,
        "version of a table not found",
        "The table has no such version, or its files have been removed by `almanac maintain vacuum`.",
        "choose a version from `almanac describe TABLE`",
    ),
    entry(
        Code::NoSuchThing,
        "E0409",
        4,
        "not found",
        "Something else that was asked for by name is not there, such as a topic of the help.",
        "choose a name from the list in the message",
    ),
    entry(
        Code::Input,
        "E0501",
        5,
        "input refused",
        "A file or table cannot be read as the configuration describes it, or --strict refused a row. Nothing was written.",
        "correct the data at the place named, or the configuration that describes it",
    ),
    entry(
        Code::Conflict,
        "E0601",
        6,
        "stored rows were made under other settings",
        "Rows of one model version come from one configuration, and a setting that decides rows has changed.",
        "choose another --model-version, restore the setting, or redo all with --force",
    ),
    entry(
        Code::Horizon,
        "E0602",
        6,
        "stored rows have another number of days ahead",
        "The tables hold forecasts with fewer days than are asked for, or in another form.",
        "give --widen to add the days, or choose another --model-version",
    ),
    entry(
        Code::Basis,
        "E0603",
        6,
        "warehouse was made under other settings",
        "Key, target, calendar and the settings that decide the target's values hold for all rows of a warehouse, whatever \
         their model version: stored forecasts are scored against its input and actuals. Interval levels are columns of \
         its tables.",
        "restore the setting, or take a warehouse of its own",
    ),
    entry(
        Code::Storage,
        "E0701",
        7,
        "warehouse or file cannot be read or written",
        "A folder, disk or bucket refused. What is committed is kept, and nothing half done is visible.",
        "check path, permissions, space and credentials, then run the same command again",
    ),
    entry(
        Code::Scheduler,
        "E0702",
        7,
        "scheduler of the cluster cannot be reached",
        "No scheduler answers at that address, or it has no executor.",
        "run the same command again to resume, or give it time with --wait-scheduler",
    ),
    entry(
        Code::FailedUnits,
        "E0801",
        1,
        "units failed",
        "More units failed than --max-failed allows. All others are kept.",
        "`almanac status` lists them with their reasons",
    ),
    entry(
        Code::Plan,
        "E0802",
        1,
        "query or plan failed while it ran",
        "A value met on the way could not be computed with, such as a list without values in a function that needs one.",
        "correct what the message names",
    ),
    entry(
        Code::Delta,
        "E0803",
        1,
        "table is damaged",
        "The log of a Delta table cannot be read.",
        "restore the table's _delta_log, or remove the table and run the command that writes it",
    ),
    entry(
        Code::Internal,
        "E0804",
        1,
        "a rule of ours was broken",
        "A defect of this program or a table changed by hand; reported instead of going on with wrong numbers.",
        "report it with the command, the configuration and this message",
    ),
    entry(
        Code::FailedChecks,
        "E0805",
        1,
        "checks of models failed",
        "A model broke a rule that every model keeps, such as that nothing after the cutoff changes a forecast. Its \
         forecasts are not to be trusted.",
        "take another model, and report it with the configuration and what was seen",
    ),
    entry(
        Code::Unfit,
        "E0806",
        1,
        "surroundings unfit for a run",
        "`almanac doctor` found that the store, the cluster, this machine or the input is not as a run needs it.",
        "mend what is marked fail above, as its line says, and run `almanac doctor` again",
    ),
    entry(
        Code::Interrupted,
        "E0901",
        130,
        "interrupted",
        "The command was stopped by a signal. What is committed is kept. The exit code is 130 after Ctrl-C (SIGINT), 143 \
         after SIGTERM and 129 after SIGHUP. A second Ctrl-C or SIGTERM ends it at once, without closing the run in the \
         ledger.",
        "run the same command again to resume",
    ),
];

impl Code {
    /// What is documented about it.
    pub(crate) fn entry(self) -> &'static Entry {
        // every variant has an entry, as a test checks: the first is never taken for another
        ALL.iter().find(|entry| entry.code == self).unwrap_or(&ALL[0])
    }
}

/// The entry of a number such as `E0402`, in either case.
pub(crate) fn of_number(number: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.number.eq_ignore_ascii_case(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_entry() {
        for (position, entry) in ALL.iter().enumerate() {
            assert_eq!(entry.code as usize, position, "{}", entry.number);
            assert_eq!(entry.code.entry().number, entry.number);
        }
        assert!(ALL.windows(2).all(|pair| pair[0].number < pair[1].number));
    }
}
