//! `file:` addresses to paths and back.

use std::path::{Path, PathBuf};

use gen_lsp_types::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What stands as it is in a path of an address (RFC 3986's unreserved characters, and the slash).
const KEPT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The path of a `file:` address; `None` for every other (`untitled:`, `git:` …) and for those of another machine.
pub fn path_of(uri: &Uri) -> Option<PathBuf> {
    let rest = uri.0.strip_prefix("file://")?;
    let path = rest.strip_prefix("localhost").unwrap_or(rest);
    if !path.starts_with('/') {
        return None;
    }
    let decoded = percent_decode_str(path).decode_utf8().ok()?;
    let bytes = decoded.as_bytes();
    // `/c:/folder`: a drive of Windows.
    let drive = bytes.len() > 2 && bytes[1].is_ascii_alphabetic() && bytes[2] == b':';
    Some(PathBuf::from(if drive { &decoded[1..] } else { &*decoded }))
}

/// The address of an absolute path.
pub fn uri_of(path: &Path) -> Uri {
    let text = path.to_string_lossy().replace('\\', "/");
    let text = text.strip_prefix("//?/").unwrap_or(&text);
    let slash = if text.starts_with('/') { "" } else { "/" };
    Uri(format!("file://{slash}{}", utf8_percent_encode(text, KEPT)))
}

/// A path below a root as archcheck names it: relative, with forward slashes.
pub fn below(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(root).ok()?.components().map(|part| part.as_os_str().to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        for (path, uri) in [("/a b/ü.py", "file:///a%20b/%C3%BC.py"), ("/x/[id]/y+z.ts", "file:///x/%5Bid%5D/y%2Bz.ts")] {
            assert_eq!(uri_of(Path::new(path)).0, uri);
            assert_eq!(path_of(&Uri(uri.into())).as_deref(), Some(Path::new(path)));
        }
        assert_eq!(path_of(&Uri("file:///c%3A/x.py".into())).as_deref(), Some(Path::new("c:/x.py")));
        assert_eq!(uri_of(Path::new("c:/x.py")).0, "file:///c%3A/x.py");
        for other in ["untitled:Untitled-1", "git:/a.py", "file://server/share/a.py", "a.py"] {
            assert_eq!(path_of(&Uri(other.into())), None, "{other}");
        }
    }
}
