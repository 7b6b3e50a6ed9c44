//! The prompt of `almanac sql` on a pseudo-terminal.

use std::process::Command;
use std::time::Duration;

use crate::person::{Person, state};
use crate::world;

/// Asks for queries over the warehouse that all read.
fn prompt() -> Command {
    world::job().command(&["sql"])
}

#[test]
fn statements_take_lines_and_words_are_completed() {
    let Some(mut person) = Person::at_prompt(state(), &prompt()) else { return };
    person.types("SELECT count(*) AS runs\r");
    person.sees("-> ");
    person.types("FROM ops.ru\t;\r");
    person.sees("(1 row)");
    person.types("\\d ops.runs\r");
    person.sees("heartbeat_at");
    person.types("\\d\r");
    person.sees("silver.unified_data");
    person.types("\\df quantiles\r");
    person.sees("quantiles_agg");
    person.leaves();
}

#[test]
fn what_is_pasted_is_not_changed() {
    let Some(mut person) = Person::at_prompt(state(), &prompt()) else { return };
    person.types("\x1b[200~SELECT\t6 * 7\n\tAS pasted\x1b[201~;\r");
    person.sees("| 42 ");
    // the marks are asked for anew
    person.sees("\x1b[?2004h");
    // an indented line completes nothing
    person.types("\tSELECT 40 + 1 AS indented;\r");
    let told = person.sees("| 41 ");
    assert!(!told.contains("point_forecasts"), "{told:?}");
    person.leaves();
}

#[test]
fn answers_have_forms_and_times() {
    let Some(mut person) = Person::at_prompt(state(), &prompt()) else { return };
    person.types("\\o markdown\r");
    person.sees("shown as markdown");
    person.types("\\timing\r");
    person.sees("timing is on");
    person.types("SELECT 7 AS a;\r");
    person.sees("| 7 |");
    let told = person.sees(" s)");
    let time = told.rsplit_once("(1 row, ").and_then(|(_, rest)| rest.split_once(" s)")).map(|(time, _)| time);
    assert!(time.is_some_and(|time| time.parse::<f64>().is_ok()), "{told:?}");
    person.leaves();
}

#[test]
fn long_answers_are_paged_and_short_ones_are_not() {
    let Some(mut person) = Person::with_pager("sed s/^/paged:/", state(), &prompt()) else { return };
    person.types("SELECT 6 * 7 AS a;\r");
    let short = person.sees("(1 row)");
    assert!(short.contains("| 42 |") && !short.contains("paged:"), "{short:?}");
    person.types("SELECT value FROM range(60);\r");
    person.sees("paged:| value |");
    person.sees("paged:| 59");
    person.sees("(60 rows)");
    // a wide one too, with all its columns
    person.types("SELECT * FROM ops.runs LIMIT 1;\r");
    person.sees("paged:");
    person.sees("hardware");
    let rest = person.sees("(1 row)");
    assert!(!rest.contains("-o wide"), "{rest:?}");
    person.leaves();
    // without a pager it is narrowed
    let Some(mut person) = Person::at_prompt(state(), &prompt()) else { return };
    person.types("SELECT * FROM ops.runs LIMIT 1;\r");
    person.sees("\\o csv shows all)");
    person.sees("(1 row)");
    person.leaves();
}

#[test]
fn of_many_rows_the_first_are_shown() {
    let Some(mut person) = Person::at_prompt(state(), &prompt()) else { return };
    person.types("SELECT value FROM range(1500);\r");
    person.sees("| 999 ");
    let rest = person.sees("(the first 1000 rows of more; \\o csv FILE writes all");
    assert!(!rest.contains("| 1000 "), "{rest:?}");
    let folder = state();
    let file = folder.path().join("all.csv");
    person.types(&format!("\\o csv {}\r", file.display()));
    person.sees("each answer replaces ");
    person.types("SELECT value FROM range(1500);\r");
    person.sees("(1500 rows in ");
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1501);
    person.leaves();
}

#[test]
fn errors_and_interrupts_leave_the_prompt() {
    let Some(mut person) = Person::at_prompt(state(), &prompt()) else { return };
    person.types("SELECT nothing FROM ops.runs;\r");
    person.sees("error[E0003]");
    person.sees("almanac> ");
    person.types("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.value * b.value) % 7 = 3;\r");
    person.sees("rows read");
    // a key pressed before the query runs is one of the next line
    let stopped = (0..60).find_map(|_| {
        person.types("\x03");
        person.sees_within("stopped", Duration::from_secs(2))
    });
    assert!(stopped.is_some(), "the query went on: {:?}", person.seen);
    person.types("SELECT 41 + 1 AS b;\r");
    person.sees("| 42 |");
    person.leaves();
}

#[test]
fn a_prompt_that_is_terminated_is_left() {
    let Some(person) = Person::at_prompt(state(), &prompt()) else { return };
    person.sends("-TERM");
    assert_eq!(person.ends(), Some(143));
    // and amid a query, which is stopped
    let Some(mut person) = Person::at_prompt(state(), &prompt()) else { return };
    person.types("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE (a.value * b.value) % 7 = 3;\r");
    person.sees("rows read");
    person.sends("-TERM");
    person.sees("stopped");
    assert_eq!(person.ends(), Some(143));
}

#[test]
fn the_history_outlives_the_prompt() {
    let Some(mut person) = Person::at_prompt(state(), &prompt()) else { return };
    person.types("SELECT 'remembered' AS a;\r");
    person.sees("| remembered |");
    let state = person.leaves();
    let Some(mut person) = Person::at_prompt(state, &prompt()) else { return };
    // the last entry is the command to leave
    person.types("\x1b[A\x1b[A\r");
    person.sees("| remembered |");
    person.leaves();
}
