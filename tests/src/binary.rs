//! Which program the tests run.

use std::path::PathBuf;

/// The program under test: what `ALMANAC_BIN` names, or `almanac` where the build of this test left it.
///
/// # Panics
/// Where it is no file.
pub fn binary() -> PathBuf {
    let named = std::env::var_os("ALMANAC_BIN").map(PathBuf::from);
    // this test is target/release/deps/NAME-…
    let beside = std::env::current_exe().unwrap().ancestors().nth(2).map(|folder| folder.join("almanac"));
    let path = named.or(beside).unwrap();
    assert!(path.is_file(), "no binary at {}: run ./dev test, or name one by ALMANAC_BIN", path.display());
    path
}
