//! Bytes of a file to text, or the reason why it has none.
//!
//! Text is UTF-8 here and everywhere after. A byte order mark is dropped. Python files that declare another encoding (PEP 263) are decoded, as far
//! as the WHATWG encodings go; encodings are not guessed.

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

/// Why a source file with this text would be left out; `None` when it would not. For text that stands in an editor.
pub fn judge(path: &str, text: &str, language: Language) -> Option<SkipReason> {
    judge_bytes(text, Some(language)).or_else(|| skip::by_content(path, text, language))
}

/// Why any other file with this text would be left out.
pub fn judge_text(text: &str) -> Option<SkipReason> {
    judge_bytes(text, None)
}

fn judge_bytes(text: &str, language: Option<Language>) -> Option<SkipReason> {
    if text.len() as u64 > super::most_bytes(super::MAX_BYTES, language) {
        return Some(SkipReason::TooLarge);
    }
    memchr::memchr(0, &text.as_bytes()[..text.len().min(BINARY_HEAD)]).map(|_| SkipReason::Binary)
}

/// The text of any other file, or why it has none.
pub fn read_text(root: &Path, path: &str) -> Result<Arc<str>, SkipReason> {
    decode(bytes_of(&root.join(path))?, false).map(Arc::from)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, SkipReason> {
    let file = File::open(path).map_err(|_| SkipReason::Unreadable)?;
    let metadata = file.metadata().map_err(|_| SkipReason::Unreadable)?;
    if !metadata.is_file() {
        return Err(SkipReason::Unreadable);
    }
    // What is as long as it was said to be needs no call that sees the end. Nobody says how long what the kernel makes up is.
    let length = metadata.len().min(HARD_LIMIT + 1);
    let most = if length == 0 { HARD_LIMIT + 1 } else { length };
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(most).read_to_end(&mut bytes).map_err(|_| SkipReason::Unreadable)?;
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
                // Bytes that the encoding does not know become U+FFFD: in comments and strings they harm nobody.
                Some(Encoding::Other(encoding)) => Ok(encoding.decode_without_bom_handling(&bytes).0.into_owned()),
                None => Err(SkipReason::NotUtf8),
            }
        }
    }
}

enum Encoding {
    /// Not the WHATWG's, which takes it for Windows-1252.
    Latin1,
    Other(&'static encoding_rs::Encoding),
}

/// PEP 263: a comment in the first two lines, `# -*- coding: latin-1 -*-`.
fn declared_encoding(bytes: &[u8]) -> Option<Encoding> {
    static DECLARATION: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)").ok());
    let declaration = DECLARATION.as_ref()?;
    let name = bytes.split(|&byte| byte == b'\n').take(2).find_map(|line| declaration.captures(line)?.get(1))?;
    let name = String::from_utf8_lossy(name.as_bytes()).to_ascii_lowercase().replace('_', "-");
    // Editors' endings: `utf-8-unix`, `latin-1-dos`.
    let name = ["-unix", "-dos", "-mac"].into_iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
    match name {
        "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" | "8859" | "cp819" | "l1" => Some(Encoding::Latin1),
        _ => {
            encoding_rs::Encoding::for_label(whatwg_label(name).as_bytes()).filter(|found| found.is_ascii_compatible()).map(Encoding::Other)
        }
    }
}

/// The WHATWG's label for a codec of Python's, where it has another.
fn whatwg_label(codec: &str) -> String {
    match codec {
        "cp932" | "ms932" | "mskanji" | "ms-kanji" | "shiftjis" | "s-jis" | "shift-jisx0213" | "shift-jis-2004" | "sjis-2004" => {
            "shift_jis".to_string()
        }
        "eucjp" | "ujis" | "u-jis" | "euc-jisx0213" | "euc-jis-2004" => "euc-jp".to_string(),
        "euckr" | "korean" | "cp949" | "ms949" | "uhc" | "ks-c-5601" => "euc-kr".to_string(),
        "cp936" | "ms936" | "936" | "gb2312-80" | "euccn" | "euc-cn" => "gbk".to_string(),
        "big5-hkscs" | "big5hkscs" | "cp950" | "ms950" | "950" | "big5-tw" => "big5".to_string(),
        "mac-roman" | "macroman" => "macintosh".to_string(),
        "mac-cyrillic" | "maccyrillic" => "x-mac-cyrillic".to_string(),
        // `latin-2`, `latin-9`: parts of ISO 8859 by their popular names.
        "latin-2" | "l2" => "iso-8859-2".to_string(),
        "latin-3" | "l3" => "iso-8859-3".to_string(),
        "latin-4" | "l4" => "iso-8859-4".to_string(),
        "latin-5" | "l5" => "iso-8859-9".to_string(),
        "latin-6" | "l6" => "iso-8859-10".to_string(),
        "latin-9" | "l9" => "iso-8859-15".to_string(),
        "latin-10" | "l10" => "iso-8859-16".to_string(),
        "cyrillic" => "iso-8859-5".to_string(),
        _ => codec.to_string(),
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
        let python = |text: &[u8]| decode(text.to_vec(), true);
        assert_eq!(python(b"# coding: shift_jis\n# \x83\x65").as_deref(), Ok("# coding: shift_jis\n# \u{30c6}"));
        assert_eq!(python(b"# vim: set fileencoding=cp932 :\n# \x83\x65").as_deref(), Ok("# vim: set fileencoding=cp932 :\n# \u{30c6}"));
        assert_eq!(python(b"#!/bin/python\n# coding=euc_jp\n# \xa5\xc6").as_deref(), Ok("#!/bin/python\n# coding=euc_jp\n# \u{30c6}"));
        assert_eq!(python(b"# coding: koi8-r\n# \xc1").as_deref(), Ok("# coding: koi8-r\n# \u{430}"));
        assert_eq!(python(b"# coding: iso-8859-15\n# \xa4").as_deref(), Ok("# coding: iso-8859-15\n# \u{20ac}"));
        assert_eq!(python(b"# coding: latin-1-unix\n# \xe9").as_deref(), Ok("# coding: latin-1-unix\n# \u{e9}"));
        // A byte that the encoding has not is replaced; a name that nobody knows is told.
        assert_eq!(python(b"# coding: shift_jis\n# \xff").as_deref(), Ok("# coding: shift_jis\n# \u{fffd}"));
        assert_eq!(python(b"# coding: rot13\n# \xe9"), Err(SkipReason::NotUtf8));
        assert_eq!(python(b"x = 1\ny = 2\n# coding: latin-1\n# \xe9"), Err(SkipReason::NotUtf8));
        assert_eq!(decode(b"// coding: latin-1\n// \xE9".to_vec(), false), Err(SkipReason::NotUtf8));
        assert_eq!(decode(b"\xFF\xFEx\0".to_vec(), false), Err(SkipReason::NotUtf8));
        assert_eq!(decode(b"GIF\0".to_vec(), false), Err(SkipReason::Binary));
    }
}
