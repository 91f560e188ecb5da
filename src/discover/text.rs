//! Bytes of a file to text, or the reason why it has none.
//!
//! Text is UTF-8 here and everywhere after. A byte order mark is dropped. Python files that declare one of the simple single-byte encodings
//! (PEP 263) are decoded; other encodings are not guessed.

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use regex::bytes::Regex;

use super::skip;
use crate::model::finding::SkipReason;
use crate::model::source::{Language, SourceFile};

/// No file is read beyond this, whatever the walk said of its size: pipes and devices behind a path have no end.
const HARD_LIMIT: u64 = 64 << 20;

/// How far binary content is looked for.
const BINARY_HEAD: usize = 8192;

/// The text of a source file, or why it is left out.
pub fn read(root: &Path, file: &SourceFile) -> Result<Arc<str>, SkipReason> {
    let bytes = bytes_of(&root.join(&*file.path))?;
    let text = decode(bytes, file.language == Language::Python)?;
    match skip::by_content(&file.path, &text, file.language) {
        Some(reason) => Err(reason),
        None => Ok(Arc::from(text)),
    }
}

/// The text of any other file, or why it has none.
pub fn read_text(root: &Path, path: &str) -> Result<Arc<str>, SkipReason> {
    decode(bytes_of(&root.join(path))?, false).map(Arc::from)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, SkipReason> {
    let file = File::open(path).map_err(|_| SkipReason::Unreadable)?;
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(SkipReason::Unreadable);
    }
    let mut bytes = Vec::new();
    file.take(HARD_LIMIT + 1).read_to_end(&mut bytes).map_err(|_| SkipReason::Unreadable)?;
    if bytes.len() as u64 > HARD_LIMIT { Err(SkipReason::TooLarge) } else { Ok(bytes) }
}

fn decode(bytes: Vec<u8>, python: bool) -> Result<String, SkipReason> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(SkipReason::NotUtf8);
    }
    if memchr::memchr(0, &bytes[..bytes.len().min(BINARY_HEAD)]).is_some() {
        return Err(SkipReason::Binary);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{FEFF}').map(str::to_string).unwrap_or(text)),
        Err(error) => {
            let bytes = error.into_bytes();
            match python.then(|| declared_encoding(&bytes)).flatten() {
                Some(Encoding::Latin1) => Ok(bytes.iter().map(|&byte| char::from(byte)).collect()),
                Some(Encoding::Windows1252) => Ok(bytes.iter().map(|&byte| windows_1252(byte)).collect()),
                None => Err(SkipReason::NotUtf8),
            }
        }
    }
}

enum Encoding {
    Latin1,
    Windows1252,
}

/// PEP 263: a comment in the first two lines, `# -*- coding: latin-1 -*-`.
fn declared_encoding(bytes: &[u8]) -> Option<Encoding> {
    static DECLARATION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)").ok());
    let declaration = DECLARATION.as_ref()?;
    let name = bytes.split(|&byte| byte == b'\n').take(2).find_map(|line| declaration.captures(line)?.get(1))?;
    let name = String::from_utf8_lossy(name.as_bytes()).to_ascii_lowercase().replace('_', "-");
    match name.as_str() {
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "l1" => Some(Encoding::Latin1),
        "cp1252" | "windows-1252" => Some(Encoding::Windows1252),
        _ => None,
    }
}

/// Windows-1252 differs from Latin-1 in 0x80 to 0x9F only.
fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘', '’', '“', '”', '•',
        '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        assert_eq!(decode(b"\xEF\xBB\xBFx".to_vec(), false).as_deref(), Ok("x"));
        assert_eq!(decode(b"# coding: latin-1\n# \xE9".to_vec(), true).as_deref(), Ok("# coding: latin-1\n# é"));
        assert_eq!(decode(b"# -*- coding: cp1252 -*-\n# \x80".to_vec(), true).as_deref(), Ok("# -*- coding: cp1252 -*-\n# €"));
        assert_eq!(decode(b"# coding: shift_jis\n# \x83\x65".to_vec(), true), Err(SkipReason::NotUtf8));
        assert_eq!(decode(b"// coding: latin-1\n// \xE9".to_vec(), false), Err(SkipReason::NotUtf8));
        assert_eq!(decode(b"\xFF\xFEx\0".to_vec(), false), Err(SkipReason::NotUtf8));
        assert_eq!(decode(b"GIF\0".to_vec(), false), Err(SkipReason::Binary));
    }
}
