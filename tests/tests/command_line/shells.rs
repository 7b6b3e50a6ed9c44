//! Completions as a shell runs them.

use std::process::Command;

use almanac_tests::notice;

use crate::support::binary;

/// Reads the completions as a person's shell does, and asks for those of a line that ends in the last argument.
const SCRIPT: &str = r#"
set -e
source <("$PROGRAM" completions bash)
function="$(complete -p almanac | sed 's/.* -F \([^ ]*\) .*/\1/')"
COMP_WORDS=(almanac "$@")
COMP_CWORD=$#
"$function" almanac "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" || true
printf '%s\n' "${COMPREPLY[@]}"
"#;

/// What bash offers for the last of the words behind `almanac`; none where there is no bash.
fn offered(words: &[&str]) -> Option<Vec<String>> {
    let mut bash = Command::new("bash");
    bash.args(["--norc", "--noprofile", "-c", SCRIPT, "bash"]).args(words).env("PROGRAM", binary());
    let output = match bash.output() {
        Ok(output) => output,
        Err(error) => {
            notice(&format!("completions are not tried, there is no bash: {error}"));
            return None;
        }
    };
    assert!(output.status.success(), "{words:?}: {output:?}");
    let offered = String::from_utf8(output.stdout).unwrap();
    Some(offered.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

#[test]
fn bash_completes_commands_options_and_values() {
    let cases: [(&[&str], &[&str]); 8] = [
        (&["backf"], &["backfill"]),
        (&["--source", "data", "pl"], &["plan", "plot"]),
        (&["models", "sh"], &["show"]),
        (&["backfill", "--stri"], &["--strict"]),
        (&["plot", "fan", "--orig"], &["--origin"]),
        (&["tables", "-o", "js"], &["json"]),
        (&["maintain", "opt"], &["optimize"]),
        (&["runs", "--zz"], &[]),
    ];
    for (words, expected) in cases {
        let Some(offered) = offered(words) else { return };
        assert_eq!(offered, expected, "{words:?}");
    }
}
