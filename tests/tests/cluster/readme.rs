//! The two terminals of the README, word by word, in a network where their ports are free.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::network::Network;
use crate::relay::relay;
use crate::scene::end;
use crate::site::Site;
use crate::store::Store;
use crate::warehouse::{World, binary, told};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
const BACKFILL: [&str; 4] = ["--models", "naive", "--from", "2024-01-01"];

/// A shell with all that it has started; they are terminated when dropped.
struct Terminal(Option<Child>);

impl Terminal {
    /// Runs lines there, with the binaries in the path and what they print kept or not.
    fn new(site: &Site, lines: &str, environment: &[(String, String)], printed: fn() -> Stdio) -> Self {
        let folder = binary().parent().unwrap().display().to_string();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut shell = site.command(Path::new("bash"));
        shell.args(["-euc", lines]).env("PATH", format!("{folder}:{path}"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ALMANAC_")) {
            shell.env_remove(name);
        }
        shell.envs(environment.iter().cloned());
        shell.stdin(Stdio::null()).stdout(printed()).stderr(printed());
        Self(Some(std::os::unix::process::CommandExt::process_group(&mut shell, 0).spawn().unwrap()))
    }

    fn end(mut self) -> Output {
        end(self.0.take().unwrap())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let Some(mut shell) = self.0.take() else { return };
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", shell.id())]).status();
        let _ = shell.wait();
    }
}

/// What the README tells to type into a terminal.
fn typed(readme: &str, terminal: &str) -> String {
    let heading = format!("    # {terminal} terminal\n");
    let (_, after) = readme.split_once(&heading).unwrap_or_else(|| panic!("README has no {heading:?}"));
    let typed = after.lines().take_while(|line| line.starts_with("    ") && !line.starts_with("    #"));
    typed.map(|line| format!("{}\n", line.trim_start())).collect()
}

#[test]
fn the_two_terminals_of_the_readme_run_a_backfill() {
    let Some(network) = Network::new() else { return };
    let (mut store, here, mut world) = (Store::s3(), network.here(), World::new());
    if let Some(port) = store.gateway.as_ref().map(|gateway| relay(&here, gateway.port)) {
        store = store.behind(&here, port);
    }
    world.warehouse("undisturbed").backfill(&BACKFILL);
    let rows = world.warehouse("undisturbed").rows();
    world.environment = store.environment();
    let warehouse = store.warehouse(&world, "w");

    let readme = fs::read_to_string(README).unwrap();
    let [first, second] = ["first", "second"].map(|terminal| typed(&readme, terminal));
    let config = world.data().with_file_name("almanac.toml").display().to_string();
    let mut second = second.trim_end().to_owned() + " " + &BACKFILL.join(" ");
    for (word, meant) in [
        ("my.toml", config),
        ("DIR", world.data().display().to_string()),
        ("s3://bucket/prefix", warehouse.root.display().to_string()),
    ] {
        assert!(second.contains(word), "README's second terminal has no {word}: {second}");
        second = second.replace(word, &meant);
    }
    let (site, mut environment) = (network.site("scheduler"), store.environment());
    // a person types the second a moment later
    environment.push(("ALMANAC_WAIT_SCHEDULER".to_owned(), "60".to_owned()));
    let cluster = Terminal::new(&site, &first, &environment, Stdio::null);
    let output = Terminal::new(&site, &second, &environment, Stdio::piped).end();
    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(warehouse.rows(), rows);
    drop(cluster);
}
