//! Marks in the text of examples, compared with what is there, both ways.
//!
//! Marks stand in comments at the end of a line, `#` in Python, `//` in TypeScript and Rust: `# expect: n-plus-one` is a finding of that
//! rule with its primary place on this line; several ids stand with commas, `# expect(warning): id` also checks the level.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::finding::Finding;
use crate::model::rule::{Example, ExampleFile};

/// Path and one-based line → what is there.
pub type Marks = BTreeMap<(String, u32), BTreeSet<String>>;

/// What differs between the `expect` marks of an example and its findings. Only findings of the rules that marks name count, and of `own`;
/// all of them when there is no `own`.
pub fn compare(page: &str, example: &Example, own: Option<&str>, findings: Vec<(String, u32, Finding)>) -> String {
    let mut failures = String::new();
    let mut expected = Marks::new();
    let mut levels: BTreeMap<(String, u32, String), String> = BTreeMap::new();
    for ((path, line), ids) in marks(example, "expect", &mut failures, page) {
        for id in ids {
            let (id, level) = match id.split_once('=') {
                Some((id, level)) => (id.to_string(), Some(level.to_string())),
                None => (id, None),
            };
            if let Some(level) = level {
                levels.insert((path.clone(), line, id.clone()), level);
            }
            expected.entry((path.clone(), line)).or_default().insert(id);
        }
    }
    let named: BTreeSet<&str> = expected.values().flatten().map(String::as_str).chain(own).collect();
    let mut found = Marks::new();
    let mut wrong_levels = String::new();
    for (path, line, finding) in findings {
        if own.is_some() && !named.contains(&*finding.rule) {
            continue;
        }
        if let Some(level) = levels.get(&(path.clone(), line, finding.rule.to_string()))
            && level != finding.level.name()
        {
            wrong_levels.push_str(&format!(
                "{page}: \"{}\" {path}:{line}: `{}` is of level {}, expected {level}\n",
                example.title,
                finding.rule,
                finding.level.name()
            ));
        }
        found.entry((path, line)).or_default().insert(finding.rule.to_string());
    }
    failures.push_str(&differences(page, example, &expected, &found));
    failures + &wrong_levels
}

/// The marks of an example: `word` is `fact:`, or `expect` with an optional level in parentheses (`id=level` in the result).
pub fn marks(example: &Example, word: &str, failures: &mut String, page: &str) -> Marks {
    let mut marks = Marks::new();
    for ExampleFile { path, text } in &example.files {
        for (at, line) in text.lines().enumerate() {
            let Some(rest) = mark(line, word) else { continue };
            let (level, rest) = match rest.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
                Some((level, rest)) => (format!("={level}"), rest),
                None => (String::new(), rest),
            };
            let rest = if word == "expect" { rest.strip_prefix(':').unwrap_or_default() } else { rest };
            let found: BTreeSet<String> =
                rest.split(", ").map(str::trim).filter(|mark| !mark.is_empty()).map(|mark| format!("{mark}{level}")).collect();
            if found.is_empty() {
                failures.push_str(&format!("{page}: \"{}\" {path}:{}: a mark without words\n", example.title, at + 1));
            }
            marks.insert((path.clone(), at as u32 + 1), found);
        }
    }
    marks
}

/// What stands behind `# word` or `// word` at the end of a line.
pub fn mark<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let at = line.rfind(&format!("# {word}")).map(|at| at + 2).or_else(|| line.rfind(&format!("// {word}")).map(|at| at + 3))?;
    // A JSON file has no comments: there the mark ends a string.
    let rest = line[at + word.len()..].trim_end_matches("-->").trim_end_matches("*/");
    Some(rest.trim_end_matches(',').trim_end_matches('}').trim_end_matches('"'))
}

/// One line for each missing and each unexpected mark.
pub fn differences(page: &str, example: &Example, expected: &Marks, found: &Marks) -> String {
    let mut out = String::new();
    let keys: BTreeSet<&(String, u32)> = expected.keys().chain(found.keys()).collect();
    let none = BTreeSet::new();
    for key in keys {
        let (path, line) = key;
        let expected = expected.get(key).unwrap_or(&none);
        let found = found.get(key).unwrap_or(&none);
        if expected == found {
            continue;
        }
        let text = example.files.iter().find(|file| file.path == *path).and_then(|file| file.text.lines().nth(*line as usize - 1));
        out.push_str(&format!("{page}: \"{}\" {path}:{line}: {}\n", example.title, text.unwrap_or("").trim()));
        for missing in expected.difference(found) {
            out.push_str(&format!("    missing     {missing}\n"));
        }
        for unexpected in found.difference(expected) {
            out.push_str(&format!("    unexpected  {unexpected}\n"));
        }
    }
    out
}
