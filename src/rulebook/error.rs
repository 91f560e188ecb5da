//! What is wrong with a rule page, a framework file or a `[[knowledge]]` table, in words that say what is allowed.

use std::fmt;

use toml::Spanned;

/// One mistake in a file of the rulebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// The file as the user knows it.
    pub file: String,
    /// One-based line, where it is known.
    pub line: Option<u32>,
    /// What is wrong.
    pub message: String,
    /// What is allowed, or what was probably meant.
    pub help: Option<String>,
}

impl LoadError {
    /// A mistake at a one-based line.
    pub(super) fn at(file: &str, line: u32, message: impl Into<String>) -> LoadError {
        LoadError { file: file.to_string(), line: Some(line), message: message.into(), help: None }
    }

    /// A mistake at a byte offset of `text`.
    pub(super) fn at_offset(file: &str, text: &str, offset: usize, message: impl Into<String>) -> LoadError {
        LoadError::at(file, line_of(text, offset), message)
    }

    /// A mistake at a value.
    pub(super) fn at_value<T>(file: &str, text: &str, value: &Spanned<T>, message: impl Into<String>) -> LoadError {
        LoadError::at_offset(file, text, value.span().start, message)
    }

    /// What the TOML reader says, with a guess at what was meant. `first` is the line of `text` in the file, zero-based.
    pub(super) fn of_toml(file: &str, text: &str, first: u32, error: &toml::de::Error) -> LoadError {
        let (message, help) = teach(error.message());
        let line = error.span().map(|span| first + line_of(text, span.start));
        LoadError { file: file.to_string(), line, message, help }
    }

    /// The same mistake with what is allowed.
    pub(super) fn help(self, help: impl Into<String>) -> LoadError {
        LoadError { help: Some(help.into()), ..self }
    }

    /// The same mistake in a table that is named by number because its line is not known.
    pub(super) fn in_table(self, table: &str, number: usize) -> LoadError {
        LoadError { line: None, message: format!("{table} number {number}: {}", self.message), ..self }
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(out, "{}:{line}: {}", self.file, self.message)?,
            None => write!(out, "{}: {}", self.file, self.message)?,
        }
        match &self.help {
            Some(help) => write!(out, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for LoadError {}

/// One-based line of a byte offset.
fn line_of(text: &str, offset: usize) -> u32 {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    1 + memchr::memchr_iter(b'\n', before).count() as u32
}

/// Splits serde's "unknown field `x`, expected one of `a`, `b`" into the mistake and a help that guesses first.
fn teach(message: &str) -> (String, Option<String>) {
    let message = message.trim_end();
    let Some((wrong, allowed)) = message.split_once(", expected ") else {
        return (message.to_string(), None);
    };
    let names: Vec<&str> = allowed.split('`').skip(1).step_by(2).collect();
    let given = wrong.split('`').nth(1);
    let guess = given.and_then(|given| nearest(given, names.iter().copied()));
    let wrong = wrong.replace("unknown field", "unknown key").replace("unknown variant", "unknown word");
    let help = match guess {
        Some(guess) => format!("did you mean `{guess}`?"),
        None => format!("expected {allowed}"),
    };
    (wrong, Some(help))
}

/// The candidate that a slip of the keyboard turns into `word`, if one is near enough.
pub(super) fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
