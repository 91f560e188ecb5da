//! Ignore files that must not be opened. The walk reads each folder's ignore files line by line; one that is a link to a device, or out of the repository, would have it
//! read for ever, or what is none of its business.

use std::fs;
use std::path::Path;

const NAMES: [&str; 4] = [".gitignore", ".ignore", ".archcheckignore", ".git/info/exclude"];
/// No ignore file is larger.
const MAX_BYTES: u64 = 4 << 20;

/// The first ignore file of a folder that is not to be read. `real_root` is the root with links followed.
pub(super) fn unreadable(real_root: &Path, folder: &Path) -> Option<&'static str> {
    NAMES.into_iter().find(|name| {
        let path = folder.join(name);
        let Ok(named) = fs::symlink_metadata(&path) else { return false };
        // A link that leads nowhere is not opened.
        let Ok(found) = path.metadata() else { return false };
        let leads_out = named.is_symlink() && !path.canonicalize().is_ok_and(|target| target.starts_with(real_root));
        // The ignore crate itself passes folders over.
        !found.is_dir() && (leads_out || !found.is_file() || found.len() > MAX_BYTES)
    })
}
