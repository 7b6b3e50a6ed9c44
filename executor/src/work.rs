//! The folder of a process's shuffle files, which does not outlive the process for long: one that is killed leaves it to
//! the next that starts beside it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

const PREFIX: &str = "almanac-executor-";
/// What the name of a file adds to that of the folder beside it: it is locked for as long as the process lives.
const LOCK: &str = ".lock";

/// A folder of this process alone.
#[derive(Debug)]
pub(crate) struct WorkFolder {
    path: PathBuf,
    lock: PathBuf,
    _locked: File,
}

impl WorkFolder {
    /// Makes the folder of an executor below `parent`, and removes those of executors that are gone.
    ///
    /// # Errors
    /// The file system's, with the path.
    pub(crate) fn new(parent: &Path, id: &str) -> io::Result<Self> {
        let path = parent.join(format!("{PREFIX}{id}"));
        let told = |error: io::Error| io::Error::new(error.kind(), format!("work folder {}: {error}", path.display()));
        fs::create_dir_all(&path).map_err(told)?;
        remove_abandoned(parent);
        // a lock that nobody holds is never seen under its name
        let beside = |ending: &str| parent.join(format!("{PREFIX}{id}{ending}"));
        let (lock, unseen) = (beside(LOCK), beside(".new"));
        let locked = File::create(&unseen).map_err(told)?;
        locked.lock().map_err(told)?;
        fs::rename(&unseen, &lock).map_err(told)?;
        Ok(Self { path, lock, _locked: locked })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the folder.
    pub(crate) fn remove(self) {
        remove(&self.path, &self.lock);
    }
}

/// Removes the folders whose lock nobody holds.
fn remove_abandoned(parent: &Path) {
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    for name in entries.filter_map(|entry| entry.file_name().into_string().ok()) {
        let Some(folder) = name.strip_suffix(LOCK).filter(|folder| folder.starts_with(PREFIX)) else { continue };
        let (work, lock) = (parent.join(folder), parent.join(&name));
        if File::open(&lock).is_ok_and(|file| file.try_lock().is_ok()) {
            tracing::info!(work = %work.display(), "removing what an executor left that is gone");
            remove(&work, &lock);
        }
    }
}

fn remove(work: &Path, lock: &Path) {
    let gone = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    for removed in [fs::remove_dir_all(work), fs::remove_file(lock)] {
        if let Err(error) = removed
            && !gone(&error)
        {
            tracing::warn!(work = %work.display(), %error, "the work folder could not be removed");
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::WorkFolder;

    #[test]
    fn a_folder_outlives_its_process_until_another_starts() {
        let parent = std::env::temp_dir().join(format!("almanac-work-{}", std::process::id()));
        let left = |name: &str| parent.join(format!("almanac-executor-{name}"));
        // identities may hold dots
        let living = WorkFolder::new(&parent, "a_0.1.0").unwrap();
        let killed = WorkFolder::new(&parent, "b_0.1.0").unwrap();
        std::fs::write(killed.path().join("file"), "1").unwrap();
        drop(killed);
        assert!(left("b_0.1.0").join("file").exists());
        let next = WorkFolder::new(&parent, "c_0.1.0").unwrap();
        assert!(!left("b_0.1.0").exists() && !left("b_0.1.0.lock").exists());
        assert!(living.path().exists() && next.path().exists());
        living.remove();
        next.remove();
        assert_eq!(std::fs::read_dir(&parent).unwrap().count(), 0);
        std::fs::remove_dir(&parent).unwrap();
    }
}
