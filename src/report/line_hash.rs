//! `primaryLocationLineHash`: the fingerprint by which GitHub code scanning follows an alert, computed as its upload action does.
//!
//! A rolling hash over UTF-16 units with a window of 100, `h = 37·h + c − 37¹⁰⁰·out` in wrapping 64-bit arithmetic. Spaces and tabs are
//! skipped, CR, LF and CRLF are one LF, 65535 stands for the end, then 100 zeros flush the window. A line's value is the hash of the
//! 100 units from its first one, in hex, with `:n` counting equal values so far.

use rustc_hash::FxHashMap;

const WINDOW: usize = 100;
const FACTOR: u64 = 37;
const END: u16 = u16::MAX;

/// The hashes of the lines of every file asked for so far.
#[derive(Default)]
pub(crate) struct LineHashes {
    files: FxHashMap<String, Vec<String>>,
}

impl LineHashes {
    /// The hash of a zero-based line.
    pub(crate) fn of(&mut self, path: &str, text: &str, line: u32) -> Option<String> {
        if !self.files.contains_key(path) {
            self.files.insert(path.to_owned(), line_hashes(text));
        }
        self.files.get(path)?.get(line as usize).cloned()
    }
}

/// The hash of each line.
pub(crate) fn line_hashes(text: &str) -> Vec<String> {
    let mut rolling = Rolling::default();
    for unit in text.encode_utf16() {
        rolling.read(unit);
    }
    rolling.read(END);
    for _ in 0..WINDOW {
        rolling.emit();
        rolling.push(0);
    }
    rolling.hashes
}

struct Rolling {
    window: [u64; WINDOW],
    /// Whether the unit at this place of the window starts a line whose hash is still to come.
    starts: [bool; WINDOW],
    at: usize,
    hash: u64,
    line_start: bool,
    after_cr: bool,
    hashes: Vec<String>,
    seen: FxHashMap<u64, u32>,
}

impl Default for Rolling {
    fn default() -> Rolling {
        Rolling {
            window: [0; WINDOW],
            starts: [false; WINDOW],
            at: 0,
            hash: 0,
            line_start: true,
            after_cr: false,
            hashes: Vec::new(),
            seen: FxHashMap::default(),
        }
    }
}

impl Rolling {
    fn read(&mut self, unit: u16) {
        let (space, tab, lf, cr) = (u16::from(b' '), u16::from(b'\t'), u16::from(b'\n'), u16::from(b'\r'));
        if unit == space || unit == tab || (self.after_cr && unit == lf) {
            self.after_cr = false;
            return;
        }
        self.after_cr = unit == cr;
        let unit = if unit == cr { lf } else { unit };
        self.emit();
        if self.line_start {
            self.line_start = false;
            self.starts[self.at] = true;
        }
        if unit == lf {
            self.line_start = true;
        }
        self.push(unit);
    }

    /// The line that started a whole window ago has its hash now.
    fn emit(&mut self) {
        if std::mem::take(&mut self.starts[self.at]) {
            let count = self.seen.entry(self.hash).or_default();
            *count += 1;
            self.hashes.push(format!("{:x}:{count}", self.hash));
        }
    }

    fn push(&mut self, unit: u16) {
        let out = std::mem::replace(&mut self.window[self.at], u64::from(unit));
        let leaving = FACTOR.wrapping_pow(WINDOW as u32).wrapping_mul(out);
        self.hash = FACTOR.wrapping_mul(self.hash).wrapping_add(u64::from(unit)).wrapping_sub(leaving);
        self.at = (self.at + 1) % WINDOW;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The values of the upload action's own tests, and of the multitool of the SARIF SDK.
    #[test]
    fn the_hashes_are_those_of_the_upload_action() {
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        let three = ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"];
        assert_eq!(line_hashes(" a\nb\n  \t\tc\n d"), three);
        assert_eq!(line_hashes("a\r\nb\r\nc\r\nd"), three);
        let hello = "hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End";
        let values = [
            "8b7cf3e952e7aeb2:1",
            "b1ae1287ec4718d9:1",
            "bff680108adb0fcc:1",
            "c6805c5e1288b612:1",
            "b86d3392aea1be30:1",
            "e6ceba753e1a442:1",
        ];
        assert_eq!(line_hashes(hello), values);
    }

    #[test]
    fn equal_lines_are_counted() {
        let hashes = line_hashes(&"x\n".repeat(500));
        assert_eq!(hashes.len(), 501);
        assert_eq!(hashes[1].split(':').next_back(), Some("2"));
    }
}
