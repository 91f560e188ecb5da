//! Only what a change brings in: a unified diff to the lines it touches, and findings to those that are new or stand there.
//!
//! Against an earlier state, a finding is new when there are more findings about the same thing than there were; which one of them, the changed
//! lines decide. A file that was renamed keeps its old findings under its new name unless their lines changed. Without an earlier state, findings whose
//! evidence touches a changed line are shown. Getting the earlier state or the diff is the command line's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{FileNotes, STALE_BASELINE};
use crate::model::baseline::key;
use crate::model::finding::{Finding, Label, Narrowed, Outcome};

/// The lines a diff touches, by path after the change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    files: BTreeMap<String, FileChange>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct FileChange {
    /// The path before, when it was another.
    before: Option<String>,
    /// New or untracked: every line counts.
    whole: bool,
    /// Zero-based lines that were added or replaced, first and last.
    lines: Vec<(u32, u32)>,
    /// Zero-based lines before which something was taken away.
    gaps: Vec<u32>,
}

/// What is wrong with a diff, and the one-based line where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct DiffError {
    pub line: u32,
    pub message: String,
}

impl Changes {
    /// Reads a unified diff, as `git diff` and `diff -u` write it. `place` says which file of the project a path of the diff means.
    ///
    /// # Errors
    /// Text that is no unified diff; an empty diff changes nothing.
    pub fn parse(diff: &str, place: &dyn Fn(&str) -> Option<String>) -> Result<Changes, DiffError> {
        let mut reader = Reader { changes: Changes::default(), place, old: None, new: None, created: false, at: None, heads: 0 };
        for (number, line) in diff.lines().enumerate() {
            reader.line(line).map_err(|message| DiffError { line: number as u32 + 1, message })?;
        }
        match reader.heads == 0 && !diff.trim().is_empty() {
            true => Err(DiffError { line: 1, message: "this is no unified diff".to_string() }),
            false => Ok(reader.changes),
        }
    }

    /// Counts every line of a file as changed: one the diff does not know, because nothing tracks it yet.
    pub fn add_whole(&mut self, path: &str) {
        self.files.entry(path.to_string()).or_default().whole = true;
    }

    /// How many files of the project changed.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    fn touches(&self, label: &Label, notes: &[FileNotes]) -> bool {
        let location = &label.location;
        let Some(change) = self.files.get(&*location.path) else { return false };
        let Ok(at) = notes.binary_search_by(|file| file.path.cmp(&location.path)) else { return change.whole };
        let last_byte = location.span.end.saturating_sub(1).max(location.span.start);
        let (first, last) = (notes[at].lines.line(location.span.start), notes[at].lines.line(last_byte));
        change.whole
            || change.lines.iter().any(|&(start, end)| start <= last && first <= end)
            || change.gaps.iter().any(|&gap| first < gap && gap <= last)
    }

    /// True when a label of the finding stands on a changed line.
    fn touch(&self, finding: &Finding, notes: &[FileNotes]) -> bool {
        let labels = std::iter::once(&finding.primary).chain(&finding.related).chain(&finding.flow);
        labels.into_iter().any(|label| self.touches(label, notes))
    }

    fn before<'a>(&'a self, path: &'a str) -> &'a str {
        self.files.get(path).and_then(|change| change.before.as_deref()).unwrap_or(path)
    }
}

/// Where in a diff the reader is.
struct Reader<'a> {
    changes: Changes,
    place: &'a dyn Fn(&str) -> Option<String>,
    /// The path before the change, as the diff's `---` line has it.
    old: Option<String>,
    /// The file at hand.
    new: Option<String>,
    /// Whether it was not there before.
    created: bool,
    at: Option<Hunk>,
    heads: u32,
}

/// What is left of a hunk: lines before and after, and the zero-based line after that comes next.
struct Hunk {
    old: u32,
    new: u32,
    line: u32,
}

impl Reader<'_> {
    fn line(&mut self, line: &str) -> Result<(), String> {
        if let Some(hunk) = self.at.as_mut().filter(|hunk| hunk.old > 0 || hunk.new > 0) {
            let Some(change) = self.new.as_ref().map(|path| self.changes.files.entry(path.clone()).or_default()) else {
                return skip(hunk, line);
            };
            return hunk_line(hunk, change, line);
        }
        if line.starts_with("diff --git ") {
            (self.old, self.new, self.at) = (None, None, None);
            self.heads += 1;
        } else if let Some(path) = line.strip_prefix("rename from ") {
            self.old = self.placed(path, "");
        } else if let Some(path) = line.strip_prefix("rename to ") {
            self.new = self.placed(path, "");
            self.renamed();
        } else if let Some(path) = line.strip_prefix("--- ") {
            self.heads += 1;
            self.created = path.starts_with("/dev/null");
            self.old = self.placed(path, "a/");
        } else if let Some(path) = line.strip_prefix("+++ ") {
            self.new = self.placed(path, "b/");
            if let Some(path) = &self.new {
                self.changes.files.entry(path.clone()).or_default().whole |= self.created;
            }
            self.renamed();
        } else if line.starts_with("@@@") {
            return Err("a combined diff says nothing of one change; write one against one state".to_string());
        } else if line.starts_with("@@ ") {
            self.at = Some(hunk(line).ok_or("this hunk has no line numbers")?);
            if self.heads == 0 {
                return Err("a hunk stands before the first file".to_string());
            }
        }
        Ok(())
    }

    /// The project's file for a path of the diff; none for `/dev/null` and for files outside.
    fn placed(&self, written: &str, prefix: &str) -> Option<String> {
        let path = unquoted(written.split('\t').next().unwrap_or(written).trim_end_matches('\r'));
        if path == "/dev/null" {
            return None;
        }
        let own = path.strip_prefix(prefix).and_then(|path| (self.place)(path));
        own.or_else(|| (self.place)(&path))
    }

    fn renamed(&mut self) {
        if let (Some(old), Some(new)) = (&self.old, &self.new)
            && old != new
        {
            self.changes.files.entry(new.clone()).or_default().before = Some(old.clone());
        }
    }
}

fn hunk_line(hunk: &mut Hunk, change: &mut FileChange, line: &str) -> Result<(), String> {
    let at = hunk.line;
    match line.as_bytes().first() {
        Some(b'+') => match change.lines.last_mut() {
            Some(last) if last.1 + 1 == at => last.1 = at,
            _ => change.lines.push((at, at)),
        },
        Some(b'-') if change.gaps.last() != Some(&at) => change.gaps.push(at),
        _ => {}
    }
    skip(hunk, line)
}

/// Counts a line of a hunk.
fn skip(hunk: &mut Hunk, line: &str) -> Result<(), String> {
    match line.as_bytes().first() {
        Some(b'+') if hunk.new > 0 => (hunk.new, hunk.line) = (hunk.new - 1, hunk.line + 1),
        Some(b'-') if hunk.old > 0 => hunk.old -= 1,
        // Some tools strip the space of an empty line.
        Some(b' ') | None if hunk.new > 0 && hunk.old > 0 => {
            (hunk.old, hunk.new, hunk.line) = (hunk.old - 1, hunk.new - 1, hunk.line + 1);
        }
        Some(b'\\') => {}
        _ => return Err("the hunk ends early".to_string()),
    }
    Ok(())
}

/// `@@ -12,3 +12,4 @@ def f():`.
fn hunk(line: &str) -> Option<Hunk> {
    let mut words = line.split_whitespace().skip(1);
    let old = range(words.next()?.strip_prefix('-')?)?;
    let new = range(words.next()?.strip_prefix('+')?)?;
    // A hunk without lines after stands behind the line it names.
    let line = if new.1 == 0 { new.0 } else { new.0.saturating_sub(1) };
    Some(Hunk { old: old.1, new: new.1, line })
}

fn range(text: &str) -> Option<(u32, u32)> {
    match text.split_once(',') {
        Some((start, count)) => Some((start.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// A path as git writes it when it holds odd characters: in quotes, with `\303\244` for bytes.
fn unquoted(written: &str) -> String {
    let Some(inner) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return written.to_string() };
    let mut bytes = Vec::new();
    let mut rest = inner.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next() {
            Some(digit @ b'0'..=b'7') => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    if let Some(next) = rest.next_if(|next| (b'0'..=b'7').contains(next)) {
                        value = value * 8 + u32::from(next - b'0');
                    }
                }
                bytes.push(value as u8);
            }
            Some(b'n') => bytes.push(b'\n'),
            Some(b't') => bytes.push(b'\t'),
            Some(other) => bytes.push(other),
            None => {}
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Leaves what was not there before. `before` is what the same rules report of the earlier state, whose files are `files_before`, sorted.
pub fn only_new(outcome: &mut Outcome, before: &[Finding], files_before: &[Arc<str>], changes: &Changes, notes: &[FileNotes], since: &str) {
    let mut there: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for finding in before {
        *there.entry(key(finding)).or_default() += 1;
    }
    // How many more there are than there were, by what they are about. A known finding was there or came back; either way it takes its place.
    let mut more: BTreeMap<(&str, String, &str), isize> = BTreeMap::new();
    for finding in outcome.reported.iter().chain(&outcome.known) {
        let (rule, path, subject) = key(finding);
        *more.entry((rule, path.to_string(), subject)).or_default() += 1;
    }
    for ((rule, path, subject), now) in &mut more {
        *now -= there.get(&(*rule, path.as_str(), *subject)).copied().unwrap_or(0) as isize;
    }
    let touched: Vec<bool> = outcome.reported.iter().map(|finding| changes.touch(finding, notes)).collect();
    let mut moved = moved(before, &outcome.reported, changes);
    let mut new = BTreeSet::new();
    // Where one of several equal ones is new, it is one on a changed line; else the last, which the ordinal names.
    let mut order: Vec<usize> = (0..outcome.reported.len()).rev().collect();
    order.sort_by_key(|&at| !touched[at]);
    for at in order {
        let finding = &outcome.reported[at];
        let (rule, path, subject) = key(finding);
        let Some(left) = more.get_mut(&(rule, path.to_string(), subject)).filter(|left| **left > 0) else { continue };
        *left -= 1;
        if !touched[at] {
            let was = moved.get_mut(&(rule.to_string(), path.to_string())).filter(|count| **count > 0);
            if let Some(was) = was {
                *was -= 1;
                continue;
            }
            // A file that neither the earlier state nor the diff knows is not part of the change: a submodule's.
            let known = files_before.binary_search_by(|known| (**known).cmp(path)).is_ok() || changes.files.contains_key(path);
            if !known && rule != STALE_BASELINE {
                continue;
            }
        }
        new.insert(at);
    }
    narrow(outcome, since, |at| new.contains(&at));
}

/// For each rule and renamed file, how many findings of the old name are not to be seen under the new one: their names changed with the file.
fn moved(before: &[Finding], now: &[Finding], changes: &Changes) -> BTreeMap<(String, String), usize> {
    let mut counts = BTreeMap::new();
    let renamed = changes.files.iter().filter(|(_, change)| change.before.is_some());
    for (path, _) in renamed {
        let old = changes.before(path);
        for finding in before.iter().filter(|finding| *finding.primary.location.path == *old) {
            *counts.entry((finding.rule.to_string(), path.clone())).or_default() += 1;
        }
        // What stands under the old name still did not move.
        for finding in now.iter().filter(|finding| *finding.primary.location.path == *old) {
            if let Some(count) = counts.get_mut(&(finding.rule.to_string(), path.clone())) {
                *count = usize::saturating_sub(*count, 1);
            }
        }
    }
    counts
}

/// Leaves findings that touch a changed line.
pub fn only_touched(outcome: &mut Outcome, changes: &Changes, notes: &[FileNotes]) {
    let touched: Vec<bool> =
        outcome.reported.iter().map(|finding| &*finding.rule == STALE_BASELINE || changes.touch(finding, notes)).collect();
    narrow(outcome, "", |at| touched[at]);
}

fn narrow(outcome: &mut Outcome, since: &str, keep: impl Fn(usize) -> bool) {
    let all = std::mem::take(&mut outcome.reported);
    let before = all.len();
    outcome.reported = all.into_iter().enumerate().filter(|(at, _)| keep(*at)).map(|(_, finding)| finding).collect();
    outcome.narrowed = Some(Narrowed { since: since.to_string(), hidden: (before - outcome.reported.len()) as u32 });
    outcome.count_by_rule();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::source::LineIndex;
    use crate::triage::Directives;
    use crate::triage::tests::finding;

    fn parse(diff: &str) -> Changes {
        Changes::parse(diff, &|path| Some(path.to_string())).expect("a diff")
    }

    fn file(changes: &Changes, path: &str) -> (bool, Vec<(u32, u32)>, Vec<u32>) {
        let change = &changes.files[path];
        (change.whole, change.lines.clone(), change.gaps.clone())
    }

    #[test]
    fn git_s_diff_is_read() {
        let changes = parse(
            "diff --git a/app/a.py b/app/a.py\nindex 1..2 100644\n--- a/app/a.py\n+++ b/app/a.py\n@@ -3 +3,2 @@ def f():\n-old\n+new\n+more\n\
             @@ -9,2 +10,0 @@\n-gone\n-gone too\n\
             diff --git a/new.py b/new.py\nnew file mode 100644\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1 @@\n+x = 1\n\
             diff --git a/old.py b/old.py\ndeleted file mode 100644\n--- a/old.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
             diff --git a/from.py b/to.py\nsimilarity index 90%\nrename from from.py\nrename to to.py\n--- a/from.py\n+++ b/to.py\n@@ -1 +1 @@\n-a\n+b\n\
             diff --git \"a/\\303\\244.py\" \"b/\\303\\244.py\"\n--- \"a/\\303\\244.py\"\n+++ \"b/\\303\\244.py\"\n@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n",
        );
        assert_eq!(changes.files.keys().collect::<Vec<_>>(), ["app/a.py", "new.py", "to.py", "ä.py"]);
        assert_eq!(file(&changes, "app/a.py"), (false, vec![(2, 3)], vec![2, 10]));
        assert!(file(&changes, "new.py").0);
        assert_eq!(changes.before("to.py"), "from.py");
        assert_eq!(changes.before("app/a.py"), "app/a.py");
    }

    #[test]
    fn context_lines_and_plain_diffs_are_read() {
        // An added line may look like a heading, and an empty line may have lost its space.
        let changes = parse("--- a.py\t2026-01-01\n+++ a.py\t2026-01-02\n@@ -1,4 +1,5 @@\n one\n\n+++ b/not/a/file\n two\n-three\n+3\n");
        assert_eq!(file(&changes, "a.py"), (false, vec![(2, 2), (4, 4)], vec![4]));
        assert_eq!(parse("").files(), 0);
    }

    #[test]
    fn what_is_no_diff_is_an_error() {
        let wrong = |diff: &str| Changes::parse(diff, &|path| Some(path.to_string())).expect_err("wrong").to_string();
        assert_eq!(wrong("hello\n"), "line 1: this is no unified diff");
        assert_eq!(wrong("--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\n--- c\n+++ d\n@@ x\n"), "line 7: this hunk has no line numbers");
        assert_eq!(wrong("--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\nx\n"), "line 5: the hunk ends early");
        assert!(wrong("diff --git a b\n@@@ -1 -1 +1 @@@\n").contains("combined"));
    }

    /// Ten lines of one byte and a line break each.
    fn notes(paths: &[&str]) -> Vec<FileNotes> {
        let lines = LineIndex::new(&"x\n".repeat(10));
        paths.iter().map(|path| FileNotes { path: (*path).into(), lines: lines.clone(), directives: Directives::default() }).collect()
    }

    fn about(path: &str, subject: &str, line: usize) -> Finding {
        Finding { subject: subject.to_string(), ..finding("n-plus-one", path, line * 2, line * 2 + 1) }
    }

    fn lines(outcome: &Outcome) -> Vec<(&str, u32)> {
        outcome.reported.iter().map(|finding| (&*finding.primary.location.path, finding.primary.location.span.start / 2)).collect()
    }

    fn after(now: Vec<Finding>, before: &[Finding], diff: &str) -> Outcome {
        let mut outcome = Outcome { reported: now, ..Outcome::default() };
        let files: Vec<Arc<str>> = before.iter().map(|finding| finding.primary.location.path.clone()).collect();
        only_new(&mut outcome, before, &files, &parse(diff), &notes(&["a.py", "b.py"]), "main");
        outcome
    }

    #[test]
    fn of_equal_findings_the_one_on_a_changed_line_is_new() {
        let diff = "--- a/a.py\n+++ b/a.py\n@@ -2,0 +3 @@\n+x\n";
        let outcome = after(
            vec![about("a.py", "f", 1), about("a.py", "f", 2), about("a.py", "f", 5)],
            &[about("a.py", "f", 1), about("a.py", "f", 4)],
            diff,
        );
        assert_eq!(lines(&outcome), [("a.py", 2)]);
        assert_eq!(outcome.narrowed, Some(Narrowed { since: "main".into(), hidden: 2 }));
        // New without a changed line of its own: something elsewhere brought it in.
        assert_eq!(lines(&after(vec![about("a.py", "g", 7), about("a.py", "f", 1)], &[about("a.py", "f", 1)], diff)), [("a.py", 7)]);
    }

    #[test]
    fn a_renamed_file_keeps_its_findings() {
        let diff = "diff --git a/a.py b/b.py\nrename from a.py\nrename to b.py\n--- a/a.py\n+++ b/b.py\n@@ -7 +7 @@\n-x\n+y\n";
        let outcome = after(vec![about("b.py", "b.f", 1), about("b.py", "b.g", 6)], &[about("a.py", "a.f", 1)], diff);
        assert_eq!(lines(&outcome), [("b.py", 6)]);
    }

    #[test]
    fn files_that_are_not_part_of_the_change() {
        assert_eq!(lines(&after(vec![about("b.py", "f", 1)], &[about("a.py", "g", 1)], "")), []);
        let new = "--- /dev/null\n+++ b/b.py\n@@ -0,0 +1,9 @@\n+x\n+x\n+x\n+x\n+x\n+x\n+x\n+x\n+x\n";
        assert_eq!(lines(&after(vec![about("b.py", "f", 1)], &[about("a.py", "g", 1)], new)), [("b.py", 1)]);
    }

    #[test]
    fn touched_lines_and_taken_ones() {
        let mut far = about("b.py", "h", 1);
        far.related = vec![about("a.py", "h", 3).primary];
        let mut wide = about("a.py", "w", 7);
        wide.primary.location.span.end = 19;
        let mut outcome = Outcome { reported: vec![about("a.py", "f", 3), about("a.py", "g", 4), wide, far], ..Outcome::default() };
        let diff = "--- a/a.py\n+++ b/a.py\n@@ -4 +4 @@\n-x\n+y\n@@ -9 +8,0 @@\n-gone\n";
        only_touched(&mut outcome, &parse(diff), &notes(&["a.py", "b.py"]));
        assert_eq!(lines(&outcome), [("a.py", 3), ("a.py", 7), ("b.py", 1)]);
    }
}
