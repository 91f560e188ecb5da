//! Every format over one outcome made by hand, with the nastiest text that a repository can hold.

use std::collections::BTreeMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::model::baseline::BaselineUse;
use crate::model::finding::{Confidence, Finding, Label, Level, Location, Narrowed, SkipReason, Statistics, Suppressed};
use crate::model::problem::{Problem, ProblemKind};
use crate::model::rule::{Profile, RuleKind};
use crate::model::source::Span;

/// Sources for tests: path to text.
#[derive(Default)]
pub(super) struct Map(pub(super) BTreeMap<&'static str, String>);

impl Sources for Map {
    fn text(&self, path: &str) -> Option<Arc<str>> {
        self.0.get(path).map(|text| Arc::from(text.as_str()))
    }
}

// archcheck: ignore[hardcoded-secret] made up, to see that no report prints it
const SECRET: &str = "sk_live_51H8abcdEFGHijklMNOP";

pub(super) fn sources() -> Map {
    let service = "\
async def totals(ids, repo):\r
\treturn [await repo.total(i) for i in ids]  # 漢字 \u{1b}[31mred\u{7} \u{202e}evil\r
";
    let repository =
        "class Repo:\n    async def total(self, id):\n        return await self.session.scalar(select(Order).where(Order.id == id))";
    let long = format!("x = \"{}\"; execute(\"SELECT \" + name); y = \"{}\"", "a".repeat(3000), "b".repeat(3000));
    let settings = format!("import os\nSTRIPE = \"{SECRET}\"  # do not share\nKEY = '''-----first\nsecond line-----'''\n");
    Map(BTreeMap::from([
        ("app/services/orders.py", service.to_owned()),
        ("app/repositories/orders.py", repository.to_owned()),
        ("app/long line.py", long),
        ("app/settings.py", settings),
        ("app/empty.py", String::new()),
    ]))
}

/// The span of `needle` in a file of the map.
fn span(sources: &Map, path: &str, needle: &str) -> Span {
    let at = sources.0[path].find(needle).expect("the needle is in the text");
    Span::new(at, at + needle.len())
}

fn label(sources: &Map, path: &str, needle: &str, text: &str) -> Label {
    Label { location: Location { path: Arc::from(path), span: span(sources, path, needle) }, text: text.to_owned() }
}

fn finding(rule: &str, level: Level, message: &str, primary: Label) -> Finding {
    Finding {
        rule: Arc::from(rule),
        level,
        message: message.to_owned(),
        primary,
        related: Vec::new(),
        flow: Vec::new(),
        help: None,
        subject: "subject".to_owned(),
        fingerprint: "00ff".repeat(4),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

pub(super) fn outcome(sources: &Map) -> Outcome {
    let service = "app/services/orders.py";
    let repository = "app/repositories/orders.py";
    let mut n_plus_one = finding(
        "n-plus-one",
        Level::Warning,
        "`repo.total` runs one query for each `i` of `ids` [see](1). The \u{1b}[1mloop\u{202e} decides.",
        label(sources, service, "repo.total(i)", "one query\nper item"),
    );
    n_plus_one.related = vec![
        label(sources, service, "for i in ids", "the loop"),
        label(sources, repository, "self.session.scalar(select(Order).where(Order.id == id))", "the query, at the end of the file"),
    ];
    n_plus_one.flow = vec![
        label(sources, service, "for i in ids", "`totals` loops over `ids`"),
        label(sources, service, "repo.total(i)", "calls `Repo.total`"),
        label(sources, repository, "self.session.scalar", "runs a query"),
    ];
    n_plus_one.help = Some("load all rows at once:\n`select(Order).where(Order.id.in_(ids))`".to_owned());

    let mut injection = finding(
        "sql-injection",
        Level::Error,
        "SQL is built from `name`.",
        label(sources, "app/long line.py", "\"SELECT \" + name", "built here"),
    );
    injection.confidence = Confidence::Medium;
    injection.related =
        vec![Label { location: Location { path: Arc::from("gone\u{7}.py"), span: Span::new(3, 9) }, text: "not at hand".to_owned() }];

    let settings = "app/settings.py";
    let mut secret = finding(
        "hardcoded-secret",
        Level::Error,
        "A Stripe key stands in the source: `sk_l****`.",
        label(sources, settings, SECRET, "the key"),
    );
    secret.redact = vec![span(sources, settings, SECRET)];
    let mut multiline = finding(
        "hardcoded-secret",
        Level::Note,
        &format!("A key over two lines, with a slip that quotes {SECRET}."),
        label(sources, settings, "'''-----first\nsecond line-----'''", "the key"),
    );
    multiline.redact = vec![span(sources, settings, "-----first\nsecond line-----")];

    let end = sources.0[repository].len();
    let at_end =
        Label { location: Location { path: Arc::from(repository), span: Span::new(end, end + 40) }, text: "past the end".to_owned() };
    let empty = Label { location: Location { path: Arc::from("app/empty.py"), span: Span::new(0, 0) }, text: String::new() };

    let known = finding("n-plus-one", Level::Warning, "Known already.", empty.clone());
    let suppressed = Suppressed {
        finding: finding("sql-injection", Level::Error, "Silenced by a comment.", label(sources, repository, "class Repo", "here")),
        reason: "the names are constants".to_owned(),
        comment: Location { path: Arc::from(repository), span: span(sources, repository, "class") },
    };
    Outcome {
        reported: vec![
            injection,
            finding("layer-skip", Level::Note, "Something at the very end.", at_end),
            n_plus_one,
            finding("unlisted", Level::Note, "An empty file.", empty),
            secret,
            multiline,
        ],
        suppressed: vec![suppressed],
        known: vec![known],
        baseline: Some(BaselineUse { path: Arc::from("archcheck-baseline.json"), fixed: 3, stale: true, ..BaselineUse::default() }),
        fixes: Vec::new(),
        narrowed: Some(Narrowed { since: "main (1a2b3c4d5)".to_owned(), hidden: 4 }),
        problems: vec![
            Problem::new(ProblemKind::Syntax, Some(span(sources, service, "red")), "unexpected `\u{1b}`").at(&Arc::from(service)),
            Problem::new(ProblemKind::Limit, None, "stopped after 10,000 call chains; longer ones are not followed"),
        ],
        statistics: Statistics {
            files: 5,
            lines: 1234,
            files_by_language: BTreeMap::from([("python".to_owned(), 5)]),
            skipped: BTreeMap::from([(SkipReason::Generated, 1200), (SkipReason::NotUtf8, 1)]),
            imports: 10,
            imports_unresolved: 2,
            imports_generated: 1,
            findings_by_rule: BTreeMap::from([("n-plus-one".to_owned(), 1)]),
            ..Statistics::default()
        },
    }
}

pub(super) fn rules() -> Vec<Rule> {
    let rule = |id: &str, category: &str, level, severity: Option<&str>| Rule {
        id: Arc::from(id),
        category: Arc::from(category),
        kind: RuleKind::Analysis,
        level,
        profile: Profile::Default,
        precision: "high".to_owned(),
        title: format!("What {id} holds."),
        tags: vec!["external/cwe/cwe-089".to_owned()],
        security_severity: severity.map(str::to_owned),
        options: BTreeMap::new(),
        help: BTreeMap::from([("default".to_owned(), "Do it otherwise.".to_owned())]),
        message: None,
        not_in: Vec::new(),
        queries: Vec::new(),
        markdown: format!(
            "# {id}\n\nBecause it is *slow*, see [docs](https://example.com).\n\n## Examples\n\n```python a.py\nx = 1\n```\n"
        ),
        markdown_line: 0,
    };
    vec![
        rule("hardcoded-secret", "security", Level::Error, Some("8.0")),
        rule("layer-skip", "architecture", Level::Warning, None),
        rule("n-plus-one", "data-access", Level::Warning, None),
        rule("sql-injection", "security", Level::Error, Some("9.8")),
    ]
}

fn written(format: Format, change: impl Fn(&mut Context)) -> String {
    let sources = sources();
    let outcome = outcome(&sources);
    let rules = rules();
    let mut context = Context::new(&outcome, &rules, &sources);
    change(&mut context);
    let mut out = Vec::new();
    write(format, &context, &mut out).expect("writing to memory succeeds");
    String::from_utf8(out).expect("reports are UTF-8")
}

#[test]
fn human() {
    insta::assert_snapshot!(written(Format::Human, |_| {}));
}

#[test]
fn human_in_full() {
    insta::assert_snapshot!(written(Format::Human, |context| context.detail = Detail::Full));
}

#[test]
fn concise() {
    insta::assert_snapshot!(written(Format::Concise, |_| {}));
}

#[test]
fn json() {
    insta::assert_snapshot!(written(Format::Json, |_| {}));
}

#[test]
fn sarif() {
    insta::assert_snapshot!(written(Format::Sarif, |context| context.silenced = true));
}

#[test]
fn github() {
    insta::assert_snapshot!(written(Format::Github, |_| {}));
}

#[test]
fn gitlab() {
    insta::assert_snapshot!(written(Format::Gitlab, |context| context.folder = "services/shop"));
}

#[test]
fn junit() {
    insta::assert_snapshot!(written(Format::Junit, |_| {}));
}

#[test]
fn rdjson() {
    insta::assert_snapshot!(written(Format::Rdjson, |_| {}));
}

#[test]
fn markdown() {
    insta::assert_snapshot!(written(Format::Markdown, |context| context.links = Some("https://github.com/o/r/blob/c")));
}

#[test]
fn paths_start_at_the_repository_in_what_its_readers_resolve() {
    for format in [Format::Sarif, Format::Github, Format::Gitlab, Format::Junit, Format::Rdjson, Format::Markdown] {
        let text = written(format, |context| context.folder = "services/shop");
        assert!(text.contains("services/shop/app/settings.py"), "{}", format.name());
    }
    let category = |name| written(Format::Sarif, |context| context.category = name);
    assert!(category(Some("shop/back/")).contains("\"id\": \"shop/back/\""));
    assert!(category(None).contains("\"id\": \"archcheck/\""));
}

#[test]
fn junit_is_xml_whose_counts_are_right() {
    use quick_xml::events::Event;
    let text = written(Format::Junit, |_| {});
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut declared: BTreeMap<String, usize> = BTreeMap::new();
    loop {
        match reader.read_event().expect("the report is XML") {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = tag.name().as_ref().to_owned();
                for attribute in tag.attributes() {
                    let attribute = attribute.expect("attributes are well formed");
                    let value = attribute.value.into_owned();
                    if name == "testsuite"
                        && let Ok(count) = value.parse::<usize>()
                    {
                        *declared.entry(attribute.key.as_ref().to_owned()).or_default() += count;
                    }
                }
                *seen.entry(name).or_default() += 1;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(seen["testcase"], declared["tests"]);
    assert_eq!(seen["failure"], declared["failures"]);
    assert_eq!((declared["tests"], declared["failures"]), (7, 3));
}

#[test]
fn long_reports_stay_below_what_their_readers_take() {
    let sources = sources();
    let at = label(&sources, "app/settings.py", "import", "here");
    let note = "A note that goes on and on. ".repeat(300);
    let mut reported: Vec<Finding> = (0..2000).map(|_| finding("rule", Level::Note, &note, at.clone())).collect();
    reported.push(finding("rule", Level::Error, "An error.", at));
    let problem = Problem::new(ProblemKind::Limit, None, "x".repeat(500));
    let outcome = Outcome { reported, problems: vec![problem; 1000], ..Outcome::default() };
    let text = |format| {
        let mut out = Vec::new();
        write(format, &Context::new(&outcome, &[], &sources), &mut out).expect("writing to memory succeeds");
        String::from_utf8(out).expect("reports are UTF-8")
    };
    let markdown = text(Format::Markdown);
    assert!(markdown.len() < 1_000_000, "{}", markdown.len());
    assert!(markdown.contains("more findings not listed") && markdown.contains("more problems not listed"));
    assert!(markdown.find("**error**") < markdown.find("| note |"));
    let github = text(Format::Github);
    assert!(github.starts_with("::error file=app/settings.py,line=1,"));
    assert!(github.lines().nth(1).is_some_and(|line| line.starts_with("::notice title=archcheck::GitHub shows 10")));
    assert!(github.lines().all(|line| line.len() < 5000));
    let issues: Vec<serde_json::Value> = serde_json::from_str(&text(Format::Gitlab)).expect("JSON");
    let mut prints: Vec<&str> = issues.iter().filter_map(|issue| issue["fingerprint"].as_str()).collect();
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), 2001);
}

#[test]
fn sarif_keeps_to_its_schema() {
    let schema = serde_json::from_str(include_str!("../../tests/data/sarif-2.1.0.json")).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is one");
    for silenced in [false, true] {
        let log = serde_json::from_str(&written(Format::Sarif, |context| context.silenced = silenced)).expect("SARIF is JSON");
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
    }
    let empty = Outcome::default();
    let mut out = Vec::new();
    sarif::write(&Context::new(&empty, &[], &Map::default()), &mut out).expect("writing to memory succeeds");
    assert!(validator.is_valid(&serde_json::from_slice(&out).expect("SARIF is JSON")));
}

/// The run in the SARIF of these findings, and what its notifications say.
fn sarif_of(outcome: &Outcome, rules: &[Rule], sources: &Map) -> (serde_json::Value, Vec<String>) {
    let mut out = Vec::new();
    sarif::write(&Context::new(outcome, rules, sources), &mut out).expect("writing to memory succeeds");
    let mut log: serde_json::Value = serde_json::from_slice(&out).expect("SARIF is JSON");
    let run = log["runs"][0].take();
    let told = run["invocations"][0]["toolExecutionNotifications"].as_array().into_iter().flatten();
    let told = told.filter_map(|notification| notification["message"]["text"].as_str().map(str::to_owned)).collect();
    (run, told)
}

#[test]
fn sarif_keeps_the_most_severe_results_and_tells_of_the_others() {
    let sources = sources();
    let at = label(&sources, "app/settings.py", "import", "here");
    let mut reported: Vec<Finding> = (0..5003).map(|_| finding("layer-skip", Level::Note, "A note.", at.clone())).collect();
    reported.push(finding("layer-skip", Level::Error, "An error.", at.clone()));
    reported.push(finding("hardcoded-secret", Level::Error, "An error of security.", at.clone()));
    reported.push(finding("sql-injection", Level::Error, "A worse one.", at));
    let (run, told) = sarif_of(&Outcome { reported, ..Outcome::default() }, &rules(), &sources);
    let results = run["results"].as_array().expect("results are a list");
    assert_eq!(results.len(), 5000);
    let first: Vec<&str> = results.iter().take(4).filter_map(|result| result["message"]["text"].as_str()).collect();
    assert_eq!(first, ["A worse one.", "An error of security.", "An error.", "A note."]);
    assert_eq!(told[0], "6 notes left out, the least severe ones: GitHub keeps 5,000 results of a run and takes 10 MB.");
}

#[test]
fn sarif_keeps_both_ends_of_long_flows_and_stays_below_the_size_limit() {
    let sources = sources();
    let at = |text: &str| label(&sources, "app/settings.py", "import", text);
    let mut long = finding("rule", Level::Warning, "A warning.", at(""));
    long.flow = (0..1204).map(|step| at(&format!("step {step}"))).collect();
    long.related = (0..103).map(|_| at("related")).collect();
    let (run, told) = sarif_of(&Outcome { reported: vec![long.clone()], ..Outcome::default() }, &[], &sources);
    let steps = run["results"][0]["codeFlows"][0]["threadFlows"][0]["locations"].as_array().expect("steps are a list");
    let text = |at: usize| (steps[at]["location"]["message"]["text"].as_str(), steps[at]["importance"].as_str());
    assert_eq!(steps.len(), 1000);
    assert_eq!([text(0), text(499)], [(Some("step 0"), Some("essential")), (Some("step 499"), Some("important"))]);
    assert_eq!([text(500), text(999)], [(Some("step 704"), Some("important")), (Some("step 1203"), Some("essential"))]);
    assert_eq!(run["results"][0]["relatedLocations"].as_array().map(Vec::len), Some(100));
    let left_out = [
        "3 related locations left out: GitHub keeps 100 of a result.",
        "204 steps of flows left out, from their middles: GitHub keeps 1,000 of a result.",
    ];
    assert_eq!(told[..2], left_out);

    let message = "x".repeat(1 << 20);
    let reported: Vec<Finding> = (0..50).map(|_| finding("rule", Level::Note, &message, at(""))).collect();
    let (run, told) = sarif_of(&Outcome { reported, ..Outcome::default() }, &[], &sources);
    assert_eq!(run["results"].as_array().map(Vec::len), Some(39));
    assert!(told[0].starts_with("11 notes left out"), "{told:?}");
}

#[test]
fn sarif_says_when_the_result_is_not_to_be_trusted() {
    let outcome = Outcome { problems: vec![Problem::new(ProblemKind::Internal, None, "it broke")], ..Outcome::default() };
    let (run, _) = sarif_of(&outcome, &[], &sources());
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn colour_is_the_only_source_of_escapes() {
    let plain = written(Format::Human, |_| {});
    let colored = written(Format::Human, |context| context.color = true);
    assert!(!plain.contains('\u{1b}'));
    let stripped = regex::Regex::new("\u{1b}\\[[0-9;]*m").expect("a valid pattern").replace_all(&colored, "").into_owned();
    assert_eq!(stripped, plain);
    assert!(colored.contains('\u{1b}'));
}

#[test]
fn no_format_prints_a_secret_or_a_control_character() {
    for format in Format::ALL {
        let text = written(format, |context| {
            context.detail = Detail::Full;
            context.silenced = true;
        });
        assert!(!text.contains(SECRET), "{}", format.name());
        assert!(!text.contains("second line"), "{}", format.name());
        assert!(!text.contains(['\u{1b}', '\u{7}', '\r']), "{}", format.name());
    }
}

#[test]
fn a_mistake_in_the_configuration_is_drawn_like_a_finding() {
    let sources = Map(BTreeMap::from([("archcheck.toml", "[rules]\nn-plus1 = \"off\"\n".to_owned())]));
    let mistake = errors::Mistake {
        level: Level::Error,
        title: "unknown rule `n-plus1`".to_owned(),
        place: Some((Arc::from("archcheck.toml"), Span::new(8, 15))),
        label: "no rule has this id".to_owned(),
        help: Some("did you mean `n-plus-one`?".to_owned()),
    };
    let mut out = Vec::new();
    errors::draw(&mistake, &sources, false, &mut out).expect("writing to memory succeeds");
    insta::assert_snapshot!(String::from_utf8_lossy(&out), @r#"
    error: unknown rule `n-plus1`
      ┌─ archcheck.toml:2:1
      │
    2 │ n-plus1 = "off"
      │ ^^^^^^^ no rule has this id
      │
      = help: did you mean `n-plus-one`?
    "#);
}

#[test]
fn a_closed_pipe_comes_back_as_one() {
    struct Closed;
    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (sources, rules) = (sources(), rules());
    let outcome = outcome(&sources);
    let context = Context::new(&outcome, &rules, &sources);
    for format in Format::ALL {
        let error = write(format, &context, &mut Closed).expect_err("the pipe is closed");
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe, "{}", format.name());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_and_any_spans_can_be_drawn(
        text in "([a-z\\t 漢é🦀\u{1b}\u{202e}]{0,300}[\r\n]{0,2}){0,20}",
        spans in proptest::collection::vec((0u32..3000, 0u32..2000), 1..5),
        redact in (0u32..3000, 0u32..50),
    ) {
        let sources = Map(BTreeMap::from([("a.py", text)]));
        let at = |&(start, length): &(u32, u32)| Label {
            location: Location { path: Arc::from("a.py"), span: Span { start, end: start + length } },
            text: "here".to_owned(),
        };
        let mut found = finding("rule", Level::Error, "Message.", at(&spans[0]));
        found.related = spans.iter().skip(1).map(at).collect();
        found.flow = found.related.clone();
        found.redact = vec![Span { start: redact.0, end: redact.0 + redact.1 }];
        let outcome = Outcome { reported: vec![found], ..Outcome::default() };
        let context = Context::new(&outcome, &[], &sources);
        for format in Format::ALL {
            let mut out = Vec::new();
            write(format, &context, &mut out).expect("writing to memory succeeds");
            prop_assert!(!out.contains(&0x1b));
        }
    }
}
