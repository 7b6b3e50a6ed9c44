//! A file system of a test's own, as small as it has to be.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use almanac_tests::notice;

use crate::warehouse::succeed;

/// A file system in memory, mounted until dropped.
pub(crate) struct Mounted(PathBuf);

impl Mounted {
    /// Mounts it, or says why nothing can be proved here.
    pub(crate) fn new(folder: &Path, kilobytes: u64) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let size = format!("size={kilobytes}k");
        let output = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder).output();
        let refusal = match output {
            Ok(output) if output.status.success() => return Some(Self(folder.to_owned())),
            Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
            Err(error) => error.to_string(),
        };
        // one notice of all such folders
        let refusal = refusal.replace(&folder.display().to_string(), "the folder");
        notice(&format!("nothing proved, mounting a tmpfs needs root: {refusal}"));
        None
    }

    /// Mounts it anew with these options.
    pub(crate) fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        succeed({
            let mut mount = Command::new("mount");
            mount.args(["-o", &options]).arg(&self.0);
            mount
        });
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(&self.0).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.0.display());
        }
    }
}
