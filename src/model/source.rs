//! Text with identity: files, languages, byte spans and the line index.
//!
//! Everything inside archcheck speaks in byte offsets ([`Span`]); lines and columns exist only when a report is written.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Index of a lowered source file: its place in the path-sorted list of the files of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileId(pub u32);

impl FileId {
    /// The file's index into per-file tables.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The grammar a file is parsed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Language {
    Python,
    TypeScript,
    Tsx,
    JavaScript,
    Rust,
}

/// What a user calls "the language": the three TypeScript/JavaScript grammars are one family with one module system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Python,
    TypeScript,
    Rust,
}

impl Language {
    /// The language of a path by its extension, or `None` for files that are not source code to archcheck.
    pub fn of_path(path: &str) -> Option<Language> {
        let extension = path.rsplit('/').next()?.rsplit_once('.')?.1;
        match extension {
            "py" | "pyi" => Some(Language::Python),
            "ts" | "mts" | "cts" => Some(Language::TypeScript),
            "tsx" => Some(Language::Tsx),
            "js" | "jsx" | "mjs" | "cjs" => Some(Language::JavaScript),
            "rs" => Some(Language::Rust),
            _ => None,
        }
    }

    /// The family this grammar belongs to.
    pub fn family(self) -> Family {
        match self {
            Language::Python => Family::Python,
            Language::TypeScript | Language::Tsx | Language::JavaScript => Family::TypeScript,
            Language::Rust => Family::Rust,
        }
    }
}

impl Family {
    /// The name used in output and in `rules/frameworks/*.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Family::Python => "python",
            Family::TypeScript => "typescript",
            Family::Rust => "rust",
        }
    }
}

/// A half-open byte range of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The span from byte `start` up to, not including, byte `end`.
    pub fn new(start: usize, end: usize) -> Span {
        Span { start: start as u32, end: end as u32 }
    }

    /// The span as a range for slicing text.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// True when `other` lies wholly inside this span.
    pub fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

/// One file of a run: its path relative to the root (forward slashes, never absolute) and its language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    pub path: Arc<str>,
    pub language: Language,
    /// Size in bytes as the file system gives it.
    pub bytes: u64,
}

/// Byte offsets of line starts; turns offsets into lines and columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineIndex {
    starts: Vec<u32>,
}

/// A zero-based line and a zero-based column; the unit of the column is said by the method that made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

impl LineIndex {
    /// Indexes `text`. Lines end at LF; a CR before it belongs to the line.
    pub fn new(text: &str) -> LineIndex {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
        LineIndex { starts }
    }

    /// Zero-based line that holds byte `offset`.
    pub fn line(&self, offset: u32) -> u32 {
        (self.starts.partition_point(|&start| start <= offset) - 1) as u32
    }

    /// Number of lines (at least one).
    pub fn lines(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Byte offset at which zero-based `line` starts; the last line's start when there are fewer lines.
    pub fn start_of(&self, line: u32) -> u32 {
        self.starts[(line as usize).min(self.starts.len() - 1)]
    }

    /// Line and column of `offset`, the column counted in bytes.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line(offset);
        Position { line, column: offset - self.starts[line as usize] }
    }

    /// Line and column of `offset`, the column counted in UTF-16 code units (SARIF `columnKind`, LSP default).
    pub fn position_utf16(&self, text: &str, offset: u32) -> Position {
        self.position_by(text, offset, |piece| piece.encode_utf16().count())
    }

    /// Line and column of `offset`, the column counted in characters (what a person sees).
    pub fn position_chars(&self, text: &str, offset: u32) -> Position {
        self.position_by(text, offset, |piece| piece.chars().count())
    }

    fn position_by(&self, text: &str, offset: u32, width: impl Fn(&str) -> usize) -> Position {
        let line = self.line(offset);
        let start = self.starts[line as usize] as usize;
        let mut end = (offset as usize).min(text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let column = text.get(start..end).map_or(0, width) as u32;
        Position { line, column }
    }
}

/// `relative` seen from `folder`, both with forward slashes, as a path from the root without `.` and `..`; `None` when it leads out of the root.
pub fn below_root(folder: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
