//! What many tests only read is made once, however many processes they run in.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::binary::binary;

/// A folder that `make` has filled, the same for all who ask for the same by the same program; nobody may change it.
///
/// It lies below `root`, which cargo calls `CARGO_TARGET_TMPDIR`, until something else is made under its name.
/// `made_from` tells all that decides what is in it, but for the program, whose file is looked at here.
///
/// # Panics
/// As `make` does, and where the folder cannot be made; whoever asks next tries anew.
pub fn shared(root: &Path, name: &str, made_from: &str, make: impl FnOnce(&Path)) -> PathBuf {
    let program = fs::metadata(binary()).unwrap();
    let mut hasher = DefaultHasher::new();
    (program.len(), program.modified().unwrap(), made_from).hash(&mut hasher);
    let home = root.join("shared").join(name);
    let made = home.join(format!("{:016x}", hasher.finish()));
    if made.is_dir() {
        return made;
    }
    fs::create_dir_all(&home).unwrap();
    // one makes it while the others wait; the lock ends with its process, whatever ends that
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    if made.is_dir() {
        return made;
    }
    // of another program, or left by one who died over it
    for entry in fs::read_dir(&home).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        }
    }
    let unfinished = home.join(format!("unfinished-{}", std::process::id()));
    fs::create_dir(&unfinished).unwrap();
    make(&unfinished);
    fs::rename(&unfinished, &made).unwrap();
    made
}

/// The generated demo data.
///
/// # Panics
/// As [`shared`].
pub fn demo_data(root: &Path) -> PathBuf {
    const COMMAND: &str = "demo-data";
    shared(root, COMMAND, COMMAND, |folder| {
        let output = Command::new(binary()).arg(COMMAND).arg(folder).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use super::*;

    #[test]
    fn what_several_ask_for_at_once_is_made_once() {
        let root = tempfile::tempdir().unwrap();
        let made = AtomicUsize::new(0);
        let ask = || {
            shared(root.path(), "numbers", "seven", |folder| {
                made.fetch_add(1, SeqCst);
                fs::write(folder.join("7"), "seven").unwrap();
            })
        };
        let found: BTreeSet<PathBuf> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!((made.load(SeqCst), found.len()), (1, 1), "{found:?}");
        assert_eq!(fs::read_to_string(ask().join("7")).unwrap(), "seven");
    }

    #[test]
    fn what_is_old_or_was_never_finished_goes() {
        let root = tempfile::tempdir().unwrap();
        let ask = |made_from: &str| {
            shared(root.path(), "numbers", made_from, |folder| fs::write(folder.join(made_from), "").unwrap())
        };
        let other = shared(root.path(), "letters", "a", |_| {});
        let old = ask("6");
        let unfinished = old.with_file_name("unfinished-1");
        fs::create_dir(&unfinished).unwrap();
        let new = ask("7");
        assert!(new.join("7").is_file() && !new.join("6").exists());
        assert!(!old.exists() && !unfinished.exists() && other.is_dir());
    }
}
