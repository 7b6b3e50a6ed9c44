//! Functions of `./dev`, called by a shell that has read it: nothing is installed, compiled or run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Runs a script after `./dev help`, which defines everything and does nothing.
fn dev(variables: &[(&str, &Path)], script: &str) -> Output {
    let dev = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dev");
    let script = format!("source '{}' help >/dev/null\n{script}", dev.display());
    Command::new("bash").args(["-c", &script]).envs(variables.iter().copied()).output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Compilers that say much and leave what they would leave.
const COMPILERS: &str = "
    need_system_packages() { echo 'nothing is missing'; }
    need_rust() { :; }
    cargo() { echo \"compiling: $*\"; mkdir -p \"$BINARIES/build/xgboost_lib-sys-1/out/lib\"
              echo library >\"$BINARIES/build/xgboost_lib-sys-1/out/lib/libxgboost.so\"; }
    strip() { cp \"${@: -1}\" \"$3\"; }
";

#[test]
fn build_ends_with_the_folder_of_the_binaries() {
    let folder = TempDir::new().unwrap();
    let target = folder.path().join("a target");
    let output = dev(&[("CARGO_TARGET_DIR", &target)], &format!("{COMPILERS}\ncmd_build"));
    let text = printed(&output);
    let release = target.join("release");
    assert_eq!(text.lines().last(), release.to_str(), "{text}");
    let compiled = text.lines().find(|line| line.starts_with("compiling: ")).unwrap();
    for package in ["-p almanac-jobs", "-p almanac-scheduler", "-p almanac-executor", "--release", "--locked"] {
        assert!(compiled.contains(package), "{package} is not in {compiled}");
    }
    // what the binaries load lies beside them
    assert_eq!(std::fs::read_to_string(release.join("libxgboost.so.3")).unwrap(), "library\n");
}

#[test]
fn a_folder_named_from_here_is_printed_in_full() {
    let text = printed(&dev(&[("CARGO_TARGET_DIR", Path::new("some/where"))], "build_binaries() { :; }\ncmd_build"));
    let folder = PathBuf::from(text.trim_end());
    assert!(folder.is_absolute() && folder.ends_with("some/where/release"), "{text}");
}

#[test]
fn a_build_that_fails_names_no_folder() {
    let output = dev(&[], &format!("{COMPILERS}\ncargo() {{ return 101; }}\ncmd_build"));
    assert_eq!((output.status.code(), output.stdout.ends_with(b"release\n")), (Some(101), false), "{output:?}");
}

#[test]
fn what_is_installed_has_its_library_beside_it() {
    let folder = TempDir::new().unwrap();
    let (target, root) = (folder.path().join("a target"), folder.path().join("a root"));
    let tried = "try_installed() { echo \"tried with: $2\"; }";
    let script = format!("{COMPILERS}\n{tried}\ncmd_install '{}'", root.display());
    let text = printed(&dev(&[("CARGO_TARGET_DIR", &target)], &script));
    let installed = format!("compiling: install --locked --path jobs --root {}", root.display());
    assert!(text.lines().any(|line| line == installed), "{text}");
    // as cargo leaves it, and with the copy
    let tried: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("tried with: ")).collect();
    let libraries = [target.join("release/build"), root.join("lib")];
    assert_eq!(tried, libraries.iter().map(|path| path.to_str().unwrap()).collect::<Vec<_>>(), "{text}");
    assert_eq!(std::fs::read_to_string(root.join("lib/libxgboost.so.3")).unwrap(), "library\n");
    assert_eq!(text.lines().last(), root.join("bin").to_str(), "{text}");
}

#[test]
fn a_storm_fails_where_it_could_not_disturb() {
    let script = "need_instruments() { echo instruments; }
        maybe_install_gateway() { echo gateway; }
        build_binaries() { :; }
        python_environment() { echo python; }
        cargo() { echo \"all required: $ALMANAC_REQUIRE_ALL\"; }
        cmd_chaos 1";
    let text = printed(&dev(&[], script));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines, ["instruments", "gateway", "all required: 1", "all required: 1"], "{text}");
}

#[test]
fn the_summary_lists_what_was_left_out() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let variables = [("ALMANAC_NOTICES", file.path())];
    let summary = |stages: &str| printed(&dev(&variables, &format!("{stages}\nsummary")));
    let done = "stage fine true 2>/dev/null";
    assert!(summary(done).ends_with("\nnothing was left out\n"), "{}", summary(done));
    std::fs::write(file.path(), "no gateway\nno script\nno gateway\n").unwrap();
    let text = summary(done);
    let told: Vec<Vec<&str>> = text.lines().rev().take(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(told, [["1", "no", "script"], ["2", "no", "gateway"]], "{text}");
    assert!(text.contains("\nleft out:\n") && !text.contains("nothing was left out"), "{text}");
}

#[test]
fn a_stage_that_fails_ends_the_run_and_leaves_nothing_unsaid() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let output = dev(&[("ALMANAC_NOTICES", file.path())], "stage one true\nstage two false\nstage three true");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("one") && text.contains("FAILED") && !text.contains("three"), "{text}");
    // what the stages after it would have left out is not known
    assert!(!text.contains("left out"), "{text}");
}
