//! Every command, with what it is asked to see its forms: one that no list has fails a test.

use std::collections::BTreeSet;
use std::fs;

use tempfile::TempDir;

use crate::support::{Ended, Job, bare};
use crate::world;

/// Stands for a folder of the test's own in what a command is asked.
const FOLDER: &str = "FOLDER";
/// Commands that the reference leaves out.
const HIDDEN: [&str; 1] = ["reference"];
/// Commands that print what another program reads, whatever the form: what they are asked, and who reads it.
pub(crate) const FORMLESS: &[(&[&str], &str)] = &[(&["completions", "bash"], "a shell")];

/// Where a command is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    /// In the warehouse that all tests read.
    Shared,
    /// In a copy of it, to be changed.
    Copied,
    /// With a configuration that is yet to be written.
    Nowhere,
}

/// What of its text fits the terminal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Fits {
    /// Every line, at 60 columns too.
    All,
    /// The same, but for lines that end in a path or an address, which stay whole.
    AllButPaths,
    /// Tables at 60 columns too; sentences are written for 80.
    Sentences,
    /// Tables at 60 columns too; beside them stands what was seen, and paths, of any length.
    Tables,
}

/// What a command is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    /// As the reference names it.
    pub(crate) command: &'static str,
    arguments: &'static [&'static str],
    /// Name of a section of its document, or of its first step.
    pub(crate) section: &'static str,
    place: Place,
    pub(crate) fits: Fits,
}

/// Commands that leave everything as it was.
pub(crate) const READING: &[Asked] = &[
    read("tables", &[], "tables"),
    read("tables", &["--content"], "tables"),
    read("describe", &["point_forecasts"], "columns"),
    read("describe", &["point_forecasts_with_actuals"], "columns"),
    read("runs", &[], "runs"),
    read("status", &[], "units"),
    read("plan", &[], "plan"),
    read("config", &[], "settings"),
    // without a form of its own for people
    read("config", &["--schema"], "properties").that_fits(Fits::Tables),
    // it writes an object and removes it
    Asked { place: Place::Copied, ..read("doctor", &[], "checks") }.that_fits(Fits::AllButPaths),
    read("sql", &["--named"], "queries"),
    read("sql", &["-c", "SELECT model_name, count(*) AS n FROM point_forecasts GROUP BY model_name"], "rows"),
    read(
        "sql",
        &["-c", "SELECT * FROM point_forecasts ORDER BY model_name, commodity, data_cutoff_date, day_ahead LIMIT 2"],
        "rows",
    ),
    read("help", &[], "command").that_fits(Fits::Sentences),
    read("help", &["models", "show"], "command").that_fits(Fits::Sentences),
    read("help", &["errors"], "errors"),
    read("help", &["E0402"], "error"),
    read("models list", &[], "models").that_fits(Fits::Sentences),
    read("models show", &["random_walk"], "model"),
    read("models explain", &["random_walk"], "model"),
    read("models test", &["naive"], "checks"),
    // its random numbers have a name of 64 characters
    read("explain unit", &[], "unit").that_fits(Fits::Sentences),
    read("plot fan", &[], "sketch"),
    read("plot fan", &["--into", "FOLDER/fan.svg"], "file").that_fits(Fits::Tables),
    read("plot coverage", &[], "sketch"),
    read("plot coverage", &["--into", "FOLDER/coverage.svg"], "file").that_fits(Fits::Tables),
    read("plot errors", &[], "sketch"),
    read("plot errors", &["--into", "FOLDER/errors.svg"], "file").that_fits(Fits::Tables),
];

/// Commands that write; a step is told by a sentence.
pub(crate) const WRITING: &[Asked] = &[
    Asked { place: Place::Nowhere, ..write("init", &["--overwrite"], "init") }.that_fits(Fits::Tables),
    write("ingest", &[], "ingest"),
    write("build", &[], "build"),
    write("train", &["--force"], "train"),
    write("infer", &["--force"], "infer"),
    write("backfill", &["--force"], "ingest"),
    write("evaluate", &[], "evaluate"),
    write("maintain", &["optimize"], "optimize"),
    write("maintain", &["vacuum"], "vacuum"),
    write("maintain", &["checkpoint"], "checkpoint"),
    write("demo-data", &["FOLDER/data"], "demo-data").that_fits(Fits::Tables),
    write("man", &["FOLDER/man1"], "man").that_fits(Fits::Tables),
    write("reference", &["FOLDER/reference"], "reference").that_fits(Fits::Tables),
];

/// Commands that measure, each for some seconds.
pub(crate) const MEASURING: &[Asked] = &[
    read("bench backfill", &[], "ingest").that_fits(Fits::Sentences),
    read("bench forecast", &[], "forecasts"),
    read("bench models", &[], "times").that_fits(Fits::Sentences),
    read("bench accuracy", &["--dataset", "FOLDER/panel.csv", "--out", "FOLDER/rows.csv"], "models")
        .that_fits(Fits::Sentences),
];

const fn read(command: &'static str, arguments: &'static [&'static str], section: &'static str) -> Asked {
    Asked { command, arguments, section, place: Place::Shared, fits: Fits::All }
}

const fn write(command: &'static str, arguments: &'static [&'static str], section: &'static str) -> Asked {
    Asked { place: Place::Copied, fits: Fits::Sentences, ..read(command, arguments, section) }
}

impl Asked {
    const fn that_fits(self, fits: Fits) -> Self {
        Self { fits, ..self }
    }

    /// With what it needs: a warehouse, and a folder with a panel of two series.
    pub(crate) fn prepared(self) -> Prepared {
        let folder = tempfile::tempdir().unwrap();
        let rows = |id: &str| (0..60).map(|row| format!("{id},{row},{}\n", 100 + row * 7 % 11)).collect::<String>();
        fs::write(folder.path().join("panel.csv"), format!("unique_id,ds,y\n{}{}", rows("a"), rows("b"))).unwrap();
        let job = match self.place {
            Place::Shared => world::job(),
            Place::Copied => world::copy(),
            Place::Nowhere => Job::new(&folder.path().join("new.toml"), world::data(), &[]),
        };
        Prepared { asked: self, job, folder }
    }
}

/// A command that can be asked.
pub(crate) struct Prepared {
    asked: Asked,
    job: Job,
    folder: TempDir,
}

impl Prepared {
    /// What it prints in a form, in a terminal of so many columns.
    pub(crate) fn told(&self, form: &str, columns: &str) -> String {
        let Asked { command, arguments, .. } = self.asked;
        let folder = self.folder.path().to_str().unwrap();
        let words = command.split(' ').chain(arguments.iter().copied());
        let words: Vec<String> = words.map(|word| word.replace(FOLDER, folder)).collect();
        let asked: Vec<&str> = ["-o", form].into_iter().chain(words.iter().map(String::as_str)).collect();
        let Ended { code, stdout, stderr } = self.job.run_with(&[("COLUMNS", columns)], &asked);
        assert_eq!(code, 0, "{asked:?}: {stderr}\n{stdout}");
        stdout
    }
}

/// The page of commands, as the program writes it.
fn page() -> String {
    let folder = tempfile::tempdir().unwrap();
    let written = bare(&["reference", folder.path().to_str().unwrap()]);
    assert_eq!(written.code, 0, "{}", written.stderr);
    fs::read_to_string(folder.path().join("commands.md")).unwrap()
}

#[test]
fn no_command_is_forgotten() {
    let page = page();
    let heading = |line: &str| {
        let name = line.strip_prefix("###")?.trim_start_matches('#').strip_prefix(" `almanac ")?.strip_suffix('`')?;
        Some(name.to_owned())
    };
    let named: Vec<String> = page.lines().filter_map(heading).collect();
    // of a command with commands below it only these can be asked
    let has_below = |name: &str| named.iter().any(|other| other.starts_with(&format!("{name} ")));
    let mut there: BTreeSet<&str> = named.iter().map(String::as_str).filter(|name| !has_below(name)).collect();
    assert!(there.len() > 25 && there.contains("models test"), "{there:?}");
    there.extend(HIDDEN);
    let asked = [READING, WRITING, MEASURING].concat();
    let formless = FORMLESS.iter().map(|(words, _)| words[0]);
    assert_eq!(asked.iter().map(|asked| asked.command).chain(formless).collect::<BTreeSet<_>>(), there);

    // the kinds of maintenance are values of one command
    let kinds = page.lines().find(|line| line.starts_with("| `WHAT` |")).unwrap();
    let kinds: BTreeSet<&str> = kinds.split('`').skip(3).step_by(2).collect();
    let maintained = asked.iter().filter(|asked| asked.command == "maintain").map(|asked| asked.arguments[0]);
    assert_eq!(maintained.collect::<BTreeSet<_>>(), kinds);
}
