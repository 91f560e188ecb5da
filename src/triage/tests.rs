//! Findings in, reported and suppressed out.

use std::collections::BTreeMap;

use super::*;
use crate::model::body::Arena;
use crate::model::facts::{Comment, DefFlags, DefId, DefKind, Definition, FileFacts, Interner};
use crate::model::finding::{Confidence, Label, Level, Location};
use crate::model::rule::{Profile, RuleKind};
use crate::model::source::{Language, Span};

pub(super) fn rule(id: &str, category: &str, level: Level, profile: Profile) -> Rule {
    Rule {
        id: id.into(),
        category: category.into(),
        kind: RuleKind::Analysis,
        level,
        profile,
        precision: "high".into(),
        title: String::new(),
        tags: Vec::new(),
        security_severity: None,
        options: BTreeMap::new(),
        help: BTreeMap::new(),
        message: None,
        not_in: Vec::new(),
        queries: Vec::new(),
        markdown: String::new(),
        markdown_line: 0,
    }
}

pub(super) fn rules() -> Vec<Rule> {
    vec![
        rule("n-plus-one", "data-access", Level::Warning, Profile::Default),
        rule("sql-injection", "data-access", Level::Error, Profile::Default),
        rule("todo-comment", "maintainability", Level::Note, Profile::Strict),
        rule(SUPPRESSION_WITHOUT_REASON, "maintainability", Level::Warning, Profile::Default),
        rule(UNUSED_SUPPRESSION, "maintainability", Level::Warning, Profile::Default),
    ]
}

pub(super) fn finding(rule: &str, path: &str, start: usize, end: usize) -> Finding {
    Finding {
        rule: rule.into(),
        level: Level::Warning,
        message: String::new(),
        primary: Label { location: Location { path: path.into(), span: Span::new(start, end) }, text: String::new() },
        related: Vec::new(),
        flow: Vec::new(),
        help: None,
        subject: String::new(),
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

/// Facts with the file's `#` and `//` comments, and one function for each `def`, from its decorators on.
fn facts(text: &str) -> FileFacts {
    let mut names = Interner::default();
    let module = |name, kind, span, name_span| Definition {
        name,
        kind,
        flags: DefFlags::default(),
        parent: DefId::MODULE,
        span,
        name_span,
        decorators: Vec::new(),
        params: Vec::new(),
        annotation: None,
        body: None,
        value: None,
        bases: Vec::new(),
        implements: Vec::new(),
        type_params: Vec::new(),
    };
    let empty = names.intern("");
    let mut defs = vec![module(empty, DefKind::Module, Span::new(0, text.len()), Span::default())];
    let (mut comments, mut at, mut decorator) = (Vec::new(), 0, None);
    for line in text.split_inclusive('\n') {
        if let Some(start) = line.find("# ").or_else(|| line.find("// ")) {
            comments.push(Comment { text: empty, span: Span::new(at + start, at + line.trim_end().len()) });
        }
        if line.starts_with('@') {
            decorator.get_or_insert(at);
        } else if line.starts_with("def ") {
            let start = decorator.take().unwrap_or(at);
            defs.push(module(empty, DefKind::Function, Span::new(start, at + line.len()), Span::new(at + 4, at + 5)));
        }
        at += line.len();
    }
    FileFacts {
        matches: Vec::new(),
        language: Language::Python,
        names: names.finish(),
        arena: Arena::default(),
        defs,
        imports: Vec::new(),
        exports: Vec::new(),
        mods: Vec::new(),
        all: None,
        comments,
        remarks: Vec::new(),
        lines: 0,
        code_starts: Vec::new(),
        problems: Vec::new(),
        for_browsers: false,
        is_markup: false,
        is_outline: false,
    }
}

/// Runs triage on one file in which `BAD` marks an `n-plus-one` finding; shows what comes out by line.
fn run_with(text: &str, selection: &Selection) -> Vec<String> {
    let lines = LineIndex::new(text);
    let findings = text.match_indices("BAD").map(|(at, _)| finding("n-plus-one", "a.py", at, at + 3)).collect();
    let directives = in_source(text, &facts(text), &lines);
    let files = [FileNotes { path: "a.py".into(), lines: lines.clone(), directives }];
    let triaged = triage(findings, &files, &rules(), selection);
    let line = |span: Span| lines.line(span.start) + 1;
    let mut shown: Vec<String> = Vec::new();
    shown.extend(
        triaged.reported.iter().map(|finding| format!("{}: {} {}", line(finding.primary.location.span), finding.rule, finding.message)),
    );
    shown.extend(
        triaged.suppressed.iter().map(|found| format!("{}: silenced: {}", line(found.finding.primary.location.span), found.reason)),
    );
    shown
        .extend(triaged.problems.iter().map(|problem| format!("{}: problem: {}", line(problem.span.unwrap_or_default()), problem.message)));
    shown.iter().map(|line| line.trim_end().to_string()).collect()
}

fn run(text: &str) -> Vec<String> {
    run_with(text, &Selection::default())
}

#[test]
fn a_comment_beside_or_above_silences() {
    assert_eq!(run("BAD  # archcheck: ignore[n-plus-one] ten rows at most\n"), ["1: silenced: ten rows at most"]);
    assert_eq!(run("# archcheck: ignore[n-plus-one]: ten rows\nBAD\nBAD\n"), ["3: n-plus-one", "2: silenced: ten rows"]);
    assert_eq!(
        run("x = 1  # archcheck: ignore[n-plus-one] why\nBAD\n")[0],
        "1: unused-suppression This suppression of `n-plus-one` silences nothing."
    );
    assert_eq!(run("# archcheck: ignore[n-plus-one] why\n# another comment\nBAD\n"), ["3: silenced: why"]);
    assert_eq!(run("# noqa  # archcheck: ignore[sql-injection, n-plus-one] why\nBAD\n").len(), 2);
}

#[test]
fn a_comment_above_decorators_speaks_of_the_definition() {
    assert_eq!(run("# archcheck: ignore[n-plus-one] why\n@app.get\n@auth\ndef BAD(): pass\n"), ["4: silenced: why"]);
}

#[test]
fn a_whole_file() {
    assert_eq!(
        run("# archcheck: ignore-file[n-plus-one] generated queries\nBAD\n\nBAD\n"),
        ["2: silenced: generated queries", "4: silenced: generated queries"]
    );
    assert_eq!(
        run("def x(): pass\n# archcheck: ignore-file[n-plus-one] late\n"),
        ["2: problem: `ignore-file` stands at the top of the file, before the first code"]
    );
}

#[test]
fn what_is_wrong_with_a_suppression_is_said() {
    assert_eq!(
        run("BAD  # archcheck: ignore[n-plus-one]\n"),
        ["1: n-plus-one", "1: suppression-without-reason This suppression of `n-plus-one` gives no reason and silences nothing."]
    );
    assert_eq!(run("BAD  # archcheck: ignore[n-plus-one]  # noqa: E501\n").len(), 2);
    assert_eq!(run("BAD  # archcheck: ignore[n-plus-one] see #12  # noqa: E501\n"), ["1: silenced: see #12"]);
    assert_eq!(run("# archcheck: ignore[n-plus1] why\n"), ["1: unused-suppression This suppression names `n-plus1`, which is no rule."]);
    assert_eq!(
        run("# archcheck: ignore why\n"),
        ["1: problem: a suppression names the rules it silences: `archcheck: ignore[rule-id] reason`"]
    );
    assert_eq!(
        run("# archcheck: ignored[n-plus-one] why\n"),
        ["1: problem: `archcheck: ignored` is not understood; did you mean `archcheck: ignore[rule-id] reason`?"]
    );
    assert_eq!(run("# see archcheck for more\n"), [""; 0]);
}

#[test]
fn a_suppression_is_not_unused_when_its_rule_did_not_run() {
    let text = "# archcheck: ignore[n-plus-one] why\nok\n";
    let only = Selection { select: vec!["sql-injection".into()], ..Selection::default() };
    assert_eq!(run_with(text, &only), [""; 0]);
    let off = Selection { levels: BTreeMap::from([("n-plus-one".to_string(), None)]), ..Selection::default() };
    assert_eq!(run_with(text, &off), [""; 0]);
    let none = Selection { suppressions: false, ..Selection::default() };
    assert_eq!(run_with("BAD  # archcheck: ignore[n-plus-one] why\n", &none), ["1: n-plus-one"]);
}

#[test]
fn text_files_have_suppressions_too() {
    let text = "# archcheck: ignore-file[hardcoded-secret] samples\nkey: BAD # archcheck: ignore[n-plus-one] why\n# archcheck: ignore[x] y\nkey: 1\n";
    let lines = LineIndex::new(text);
    let found = in_text(text, &lines);
    let files = [FileNotes { path: "a.yml".into(), lines, directives: found }];
    let at = text.find("BAD").expect("a mark");
    let triaged = triage(vec![finding("n-plus-one", "a.yml", at, at + 3)], &files, &[], &Selection::default());
    assert_eq!(triaged.suppressed.len(), 1);
    assert_eq!(triaged.suppressed[0].reason, "why");
}

fn triaged(findings: Vec<Finding>, selection: &Selection) -> Vec<Finding> {
    let files = [FileNotes { path: "a.py".into(), lines: LineIndex::new("0123456789\n0123456789\n"), directives: Directives::default() }];
    triage(findings, &files, &rules(), selection).reported
}

fn places(findings: &[Finding]) -> Vec<(u32, u32)> {
    findings.iter().map(|finding| (finding.primary.location.span.start, finding.primary.location.span.end)).collect()
}

#[test]
fn the_same_thing_is_said_once() {
    let twice = vec![finding("n-plus-one", "a.py", 2, 5), finding("n-plus-one", "a.py", 2, 5), finding("sql-injection", "a.py", 2, 5)];
    assert_eq!(triaged(twice, &Selection::default()).len(), 2);
    let nested = vec![finding("n-plus-one", "a.py", 3, 4), finding("n-plus-one", "a.py", 2, 5), finding("n-plus-one", "a.py", 2, 15)];
    assert_eq!(places(&triaged(nested, &Selection::default())), [(2, 15)]);
    let below = vec![finding("n-plus-one", "a.py", 2, 20), finding("n-plus-one", "a.py", 12, 15)];
    assert_eq!(places(&triaged(below, &Selection::default())), [(2, 20), (12, 15)]);
    let beside = vec![finding("n-plus-one", "a.py", 2, 4), finding("n-plus-one", "a.py", 5, 6)];
    assert_eq!(places(&triaged(beside, &Selection::default())), [(2, 4), (5, 6)]);
}

#[test]
fn the_strongest_of_equals_is_kept_whatever_the_order() {
    let weak = Finding { confidence: Confidence::Low, ..finding("n-plus-one", "a.py", 2, 5) };
    let strong = finding("n-plus-one", "a.py", 2, 5);
    for order in [vec![weak.clone(), strong.clone()], vec![strong, weak]] {
        assert_eq!(triaged(order, &Selection::default())[0].confidence, Confidence::High);
    }
}

#[test]
fn levels_profiles_and_selections() {
    let found = || {
        vec![
            finding("n-plus-one", "a.py", 0, 1),
            finding("sql-injection", "a.py", 2, 3),
            Finding { level: Level::Note, ..finding("todo-comment", "a.py", 4, 5) },
        ]
    };
    let shown = |selection: Selection| {
        triaged(found(), &selection).iter().map(|finding| format!("{} {}", finding.rule, finding.level.name())).collect::<Vec<_>>()
    };
    assert_eq!(shown(Selection::default()), ["n-plus-one warning", "sql-injection warning"]);
    assert_eq!(shown(Selection { profile: Profile::Strict, ..Selection::default() }).len(), 3);
    assert_eq!(shown(Selection { select: vec!["todo-comment".into()], ..Selection::default() }), ["todo-comment note"]);
    assert_eq!(
        shown(Selection { select: vec!["data-access".into()], ignore: vec!["n-plus-one".into()], ..Selection::default() }),
        ["sql-injection warning"]
    );
    let levels = |pairs: &[(&str, Option<Level>)]| Selection {
        levels: pairs.iter().map(|(id, level)| (id.to_string(), *level)).collect(),
        ..Selection::default()
    };
    assert_eq!(
        shown(levels(&[("n-plus-one", None), ("todo-comment", Some(Level::Error))])),
        ["sql-injection warning", "todo-comment error"]
    );
    // Made one step below its rule's level, it stays one step below the configured one.
    assert_eq!(
        shown(levels(&[("sql-injection", Some(Level::Warning)), ("n-plus-one", Some(Level::Error))])),
        ["n-plus-one error", "sql-injection note"]
    );
}

#[test]
fn only_the_paths_asked_for_are_shown() {
    let found = || ["app/a.py", "app/b/c.py", "apple.py"].map(|path| finding("n-plus-one", path, 0, 1)).to_vec();
    let shown = |paths: &[&str]| {
        let selection = Selection { paths: paths.iter().map(|path| path.to_string()).collect(), ..Selection::default() };
        triaged(found(), &selection).iter().map(|finding| finding.primary.location.path.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(shown(&["app"]), ["app/a.py", "app/b/c.py"]);
    assert_eq!(shown(&["app/b/c.py"]), ["app/b/c.py"]);
    assert_eq!(shown(&[""]).len(), 3);
}

#[test]
fn fingerprints_do_not_hang_on_place_or_selection() {
    let early = triaged(vec![finding("n-plus-one", "a.py", 0, 1), finding("n-plus-one", "a.py", 12, 13)], &Selection::default());
    let late = triaged(vec![finding("n-plus-one", "a.py", 5, 6), finding("n-plus-one", "a.py", 15, 17)], &Selection::default());
    let prints = |findings: &[Finding]| findings.iter().map(|finding| finding.fingerprint.clone()).collect::<Vec<_>>();
    assert_eq!(prints(&early), prints(&late));
    assert_ne!(early[0].fingerprint, early[1].fingerprint);
    assert_eq!(early[0].fingerprint.len(), 32);
    // The identity is part of the public formats: it may not change by accident.
    assert_eq!(identity::fingerprint("n-plus-one", "a.py", "load", 0), "58bc7a863d8e7553046bc96b763f3a67");
}

#[test]
fn unknown_selections_are_named() {
    let selection =
        Selection { select: vec!["data-access".into(), "n-plus1".into()], ignore: vec!["style".into()], ..Selection::default() };
    assert_eq!(selection.unknown(&rules()), [UnknownName("n-plus1".into()), UnknownName("style".into())]);
}
