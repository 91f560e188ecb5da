//! The examples of the rulebook, run through the pipeline: every rule page and every framework file.
//!
//! Marks are compared both ways (see `support/marks.rs`): a mark without its finding or fact fails, and so does a finding or fact without
//! its mark.
//!
//! - Rule pages: `# expect: n-plus-one`. Findings of the page's own rule and of rules its marks name count.
//! - Framework files: `# fact: query read users, sink sql` is what the linked program knows at this line. The words are those of
//!   the files' own keys; see `facts::found`.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

mod support;

use archcheck::model::rule::{Example, ExampleFile, Rule};
use archcheck::rulebook::{Rulebook, framework_examples};
use support::marks::{compare, differences, mark, marks};
use support::{Checked, facts};

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
        for example in &rule.examples() {
            failures.push_str(&check_example(rule, example));
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

#[test]
fn every_rule_page_shows_a_finding() {
    for rule in &Rulebook::built_in().rules {
        let marked = |example: &Example| example.files.iter().any(|file| file.text.lines().any(|line| mark(line, "expect").is_some()));
        assert!(rule.examples().iter().any(marked), "{}: no example has a finding", rule.id);
    }
}

/// What differs between the marks of a page's example and its findings.
fn check_example(rule: &Rule, example: &Example) -> String {
    let page = format!("rules/{}/{}.md", rule.category, rule.id);
    compare(&page, example, Some(&rule.id), support::findings(&example.files, rule.profile))
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
