//! Reading the files of a configuration. The repository may be anybody's: a link in it can lead anywhere, a name can stand for a device.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// No file of a configuration is larger.
const MAX_BYTES: u64 = 16 << 20;

/// The text of a file that stands in the root by its own name, not by the user's wish: a regular file, below the root also where links lead.
pub(super) fn read(root: &Path, path: &Path) -> io::Result<String> {
    if std::fs::symlink_metadata(path)?.is_symlink() && !is_below(root, path)? {
        return Err(io::Error::other("it is a link that leads out of the project"));
    }
    if !path.metadata()?.is_file() {
        return Err(io::Error::other("it is not a file"));
    }
    read_named(path)
}

/// The text of a file that the user named.
pub(super) fn read_named(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(io::Error::other("it is larger than 16 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// True when a path leads below the root, links followed.
pub(super) fn is_below(root: &Path, path: &Path) -> io::Result<bool> {
    Ok(path.canonicalize()?.starts_with(root.canonicalize()?))
}
