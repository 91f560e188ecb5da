//! The examples of the rulebook, run through the pipeline: every rule page and every framework file.
//!
//! Marks stand in comments at the end of a line, `#` in Python, `//` in TypeScript and Rust. They are compared both ways: a mark
//! without its finding or fact fails, and so does a finding or fact without its mark.
//!
//! - Rule pages: `# expect: n-plus-one` is a finding of that rule with its primary place on this line; several ids stand with
//!   commas, `# expect(warning): id` also checks the level. Findings of the page's own rule and of rules its marks name count.
//! - Framework files: `# fact: query read users, sink sql` is what the linked program knows at this line. The words are those of
//!   the files' own keys; see `facts::found`.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use archcheck::model::rule::{Example, ExampleFile, Rule};
use archcheck::rulebook::{Rulebook, framework_examples};
use support::{Checked, facts};

/// Path and one-based line → what is there.
type Marks = BTreeMap<(String, u32), BTreeSet<String>>;

#[test]
fn framework_examples_hold() {
    let wanted = std::env::var("ONLY").ok();
    let mut failures = String::new();
    for (page, examples) in framework_examples() {
        if wanted.as_ref().is_some_and(|wanted| !page.contains(wanted.as_str())) {
            continue;
        }
        for example in examples {
            let expected = marks(&example, "fact:", &mut failures, page);
            let checked = Checked::of(&example.files);
            failures.push_str(&differences(page, &example, &expected, &facts::found(&checked)));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn rule_pages_hold() {
    let wanted = std::env::var("ONLY").ok();
    let mut failures = String::new();
    for rule in &Rulebook::built_in().rules {
        if wanted.as_ref().is_some_and(|wanted| !rule.id.contains(wanted.as_str())) {
            continue;
        }
        for example in &rule.examples {
            failures.push_str(&check_example(rule, example));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn every_rule_page_shows_a_finding() {
    for rule in &Rulebook::built_in().rules {
        let marked = |example: &Example| example.files.iter().any(|file| file.text.lines().any(|line| mark(line, "expect").is_some()));
        assert!(rule.examples.iter().any(marked), "{}: no example has a finding", rule.id);
    }
}

/// What differs between the marks of a page's example and its findings.
fn check_example(rule: &Rule, example: &Example) -> String {
    let page = format!("rules/{}/{}.md", rule.category, rule.id);
    let mut failures = String::new();
    let mut expected = Marks::new();
    let mut levels: BTreeMap<(String, u32, String), String> = BTreeMap::new();
    for ((path, line), ids) in marks(example, "expect", &mut failures, &page) {
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
    let named: BTreeSet<&str> = expected.values().flatten().map(String::as_str).chain([&*rule.id]).collect();
    let mut found = Marks::new();
    let mut wrong_levels = String::new();
    for (path, line, finding) in support::findings(&example.files) {
        if !named.contains(&*finding.rule) {
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
    failures.push_str(&differences(&page, example, &expected, &found));
    failures + &wrong_levels
}

/// The marks of an example: `word` is `fact:`, or `expect` with an optional level in parentheses (`id=level` in the result).
fn marks(example: &Example, word: &str, failures: &mut String, page: &str) -> Marks {
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
fn mark<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let at = line.rfind(&format!("# {word}")).map(|at| at + 2).or_else(|| line.rfind(&format!("// {word}")).map(|at| at + 3))?;
    Some(line[at + word.len()..].trim_end_matches("-->").trim_end_matches("*/"))
}

/// One line for each missing and each unexpected mark.
fn differences(page: &str, example: &Example, expected: &Marks, found: &Marks) -> String {
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

#[test]
fn a_mark_is_read_with_its_level() {
    let file = |text: &str| ExampleFile { path: "a.py".into(), text: text.into() };
    let example = Example { title: String::new(), line: 1, files: vec![file("x  # expect(note): a, b\ny  // expect: c\nz\n")] };
    let mut failures = String::new();
    let marks = marks(&example, "expect", &mut failures, "page");
    let at = |line: u32| marks[&("a.py".to_string(), line)].iter().cloned().collect::<Vec<_>>();
    assert_eq!((at(1), at(2), failures.as_str()), (vec!["a=note".to_string(), "b=note".to_string()], vec!["c".to_string()], ""));
}
