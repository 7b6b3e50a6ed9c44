//! The tarball of packaging/release: what lies in it, and that it runs where it is unpacked.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use almanac_tests::notice;

use crate::support::{binary, root};

const PROGRAMS: [&str; 3] = ["almanac", "almanac-executor", "almanac-scheduler"];
const LIBRARIES: [&str; 2] = ["libgomp.so.1", "libxgboost.so.3"];

/// Folder of the programs and of the library that they load, or a notice of what is missing to pack them and to look at
/// what was packed.
fn packable() -> Option<PathBuf> {
    let folder = binary().parent().unwrap().to_path_buf();
    let tools = ["patchelf", "strip", "readelf"];
    let missing = tools.into_iter().find(|tool| Command::new(tool).arg("--version").output().is_err());
    let missing = if let Some(tool) = missing {
        format!("there is no {tool}")
    } else if !folder.join(LIBRARIES[1]).is_file() {
        "XGBoost's library is not beside the programs; ./dev build puts it there".to_owned()
    } else {
        return Some(folder);
    };
    notice(&format!("the tarball of a release is not made, {missing}"));
    None
}

/// Names of the sections of a program or library.
fn sections(file: &Path) -> Vec<String> {
    let told = printed(Command::new("readelf").args(["-S", "-W"]).arg(file));
    let name = |line: &str| {
        let (_, section) = line.trim_start().strip_prefix('[')?.split_once(']')?;
        section.split_whitespace().next().map(str::to_owned)
    };
    told.lines().filter_map(name).collect()
}

/// What a command prints.
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_tarball_runs_where_it_is_unpacked() {
    let Some(programs) = packable() else { return };
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let packaging = root().join("packaging");
    let mut release = Command::new(packaging.join("release"));
    let told =
        printed(release.arg(&programs).arg(&out).env("ALMANAC_RELEASE_LEVEL", "1").env("SOURCE_DATE_EPOCH", "1"));
    let archive = PathBuf::from(told.lines().last().unwrap());
    printed(Command::new("sh").args(["-c", "sha256sum --check ./*.sha256"]).current_dir(&out));
    printed(Command::new("tar").arg("-xzf").arg(&archive).arg("-C").arg(folder.path()));

    let version = printed(Command::new(programs.join("almanac")).arg("--version"));
    let version = version.trim_end().strip_prefix("almanac ").unwrap();
    let name = format!("almanac-{version}-{}-linux", std::env::consts::ARCH);
    assert_eq!(archive, out.canonicalize().unwrap().join(format!("{name}.tar.gz")));
    let unpacked = folder.path().join(name);
    assert_eq!(names(&unpacked.join("bin")), set(&PROGRAMS));
    assert_eq!(names(&unpacked.join("lib")), set(&LIBRARIES));
    let completions = unpacked.join("share/completions");
    let scripts = ["almanac.bash", "almanac.elv", "almanac.fish", "almanac.ps1", "almanac.zsh"];
    assert_eq!(names(&completions), set(&scripts));
    for shell in names(&completions) {
        assert!(fs::read_to_string(completions.join(&shell)).unwrap().contains("demo-data"), "{shell}");
    }
    let manuals = names(&unpacked.join("share/man/man1"));
    assert!(manuals.is_superset(&set(&["almanac.1", "almanac-backfill.1"])), "{manuals:?}");
    for file in ["LICENSE", "README.md", "CHANGELOG.md", "docs/SUMMARY.md", "examples/demo.toml"] {
        assert_eq!(fs::read(unpacked.join(file)).unwrap(), fs::read(root().join(file)).unwrap(), "{file}");
    }

    let path = |file: &Path| {
        let told = printed(Command::new("readelf").arg("-d").arg(file));
        let line = told.lines().find(|line| line.contains("RUNPATH") || line.contains("RPATH"));
        line.and_then(|line| Some(line.rsplit_once('[')?.1.trim_end_matches(']').to_owned()))
    };
    assert_eq!(path(&unpacked.join("lib/libxgboost.so.3")).as_deref(), Some("$ORIGIN"));
    for name in PROGRAMS {
        let program = unpacked.join("bin").join(name);
        // no folder of this machine
        assert_eq!(path(&program).as_deref(), Some("$ORIGIN/../lib"), "{name}");
        let told = printed(Command::new(&program).arg("--version").env_clear().current_dir("/"));
        assert_eq!(told.trim_end(), format!("{name} {version}"));
    }
    let programs = PROGRAMS.map(|name| unpacked.join("bin").join(name));
    let libraries = LIBRARIES.map(|name| unpacked.join("lib").join(name));
    for file in programs.iter().chain(&libraries) {
        let sections = sections(file);
        assert!(sections.iter().any(|name| name == ".dynsym"), "{}: {sections:?}", file.display());
        // the compiler has one of these loaded with a program, which keeps it: the name of a script for gdb
        let of_debuggers = |name: &&String| name.starts_with(".debug_") && *name != ".debug_gdb_scripts";
        let left: Vec<&String> = sections.iter().filter(|name| *name == ".symtab" || of_debuggers(name)).collect();
        assert!(left.is_empty(), "{}: {left:?}", file.display());
    }
    // forecasts of trees, with the library that was packed
    printed(Command::new(packaging.join("installed")).arg(&unpacked).arg(unpacked.join("lib")));
}
