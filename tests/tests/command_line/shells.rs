//! Completions as a shell runs them, or at least reads them.

use std::fs;
use std::process::Command;

use almanac_tests::{notice, notice_of_data};

use crate::support::{bare, binary};

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

/// Reads a script without its editor, which is there for a person only.
const ELVISH: &str = "var edit: = (ns [&completion:=(ns [&arg-completer=[&]])]); eval (slurp < $args[0])";
/// Parses a script; PowerShell puts the file's name behind.
const POWERSHELL: &str = "& { param($file) $wrong = $null; [void][System.Management.Automation.Language.Parser]::\
                          ParseFile($file, [ref]$null, [ref]$wrong); $wrong; exit $wrong.Count }";

/// Shells that completions are offered for, with what reads a script that is named last and fails where it is none.
const READERS: [(&str, &[&str]); 5] = [
    ("bash", &["bash", "-n"]),
    ("elvish", &["elvish", "-norc", "-c", ELVISH]),
    ("fish", &["fish", "--no-execute"]),
    ("powershell", &["pwsh", "-NoProfile", "-NonInteractive", "-Command", POWERSHELL]),
    ("zsh", &["zsh", "-f", "-n"]),
];

#[test]
fn every_shell_reads_its_completions() {
    let help = bare(&["completions", "--help"]).stdout;
    let offered = help.split_once("[possible values: ").and_then(|(_, after)| after.split_once(']'));
    assert_eq!(offered.unwrap().0, READERS.map(|(shell, _)| shell).join(", "));
    let folder = tempfile::tempdir().unwrap();
    for (shell, reader) in READERS {
        let script = folder.path().join(shell);
        let printed = bare(&["completions", shell]);
        assert_eq!(printed.code, 0, "{}", printed.stderr);
        fs::write(&script, printed.stdout).unwrap();
        let (program, arguments) = reader.split_first().unwrap();
        match Command::new(program).args(arguments).arg(&script).env("HOME", folder.path()).output() {
            Ok(output) => assert!(output.status.success(), "{shell}: {output:?}"),
            Err(error) => {
                let told = format!("completions of {shell} are not read, there is no {program}: {error}");
                // systems do not pack PowerShell: as data of others, it cannot be required
                if shell == "powershell" { notice_of_data(&told) } else { notice(&told) }
            }
        }
    }
}
