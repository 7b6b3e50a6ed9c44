//! What a person at a terminal sees: the binary on a pseudo-terminal of 80 columns, by `script` of util-linux.

use std::process::{Command, Stdio};

use almanac_tests::notice;

use crate::support::Job;
use crate::world;

/// What a command writes to a terminal, or none where there is no `script`.
fn seen(job: &Job, variables: &[(&str, &str)], arguments: &[&str]) -> Option<String> {
    let command = job.command(arguments);
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let quoted: Vec<String> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
    let line = format!("stty cols 80 rows 24; {}", quoted.join(" "));
    let mut script = Command::new("script");
    script
        .args(["-qec", &line, "/dev/null"])
        .stdin(Stdio::null())
        .env_remove("COLUMNS")
        .env_remove("NO_COLOR")
        .env("TERM", "xterm");
    script.envs(variables.iter().copied());
    match script.output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n")),
        Err(error) => {
            notice(&format!("nothing proved, there is no script of util-linux: {error}"));
            None
        }
    }
}

#[test]
fn tables_fit_and_steps_are_sentences() {
    let job = world::copy();
    for arguments in [&["tables"][..], &["runs"], &["status"], &["describe", "point_forecasts"], &["plan"]] {
        let Some(text) = seen(&job, &[], arguments) else { return };
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{arguments:?}:\n{text}");
        assert!(text.contains('─') && !text.contains('{'), "{arguments:?}:\n{text}");
    }
    let text = seen(&job, &[], &["backfill"]).unwrap_or_default();
    assert!(text.contains("nothing to do") && !text.contains("{\"step\""), "{text}");
}

#[test]
fn errors_are_red_unless_colours_are_refused() {
    let job = world::fresh();
    let arguments = ["--models", "oracle", "plan"];
    let Some(text) = seen(&job, &[], &arguments) else { return };
    assert!(text.contains("\x1b[1;31merror[E0402]\x1b[0m: model"), "{text:?}");
    let plain = seen(&job, &[("NO_COLOR", "1")], &arguments).unwrap_or_default();
    assert!(plain.contains("error[E0402]: model") && !plain.contains('\x1b'), "{plain:?}");
}
