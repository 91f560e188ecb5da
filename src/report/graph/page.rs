//! The whole project as one HTML page: parts as boxes in rows, to be opened down to files and their lines. The page holds its data, style and script, and
//! asks nothing of any server; whatever comes from the project goes in as JSON and is shown as text.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::model::atlas::{Atlas, Sheet};
use crate::model::facts::ImportKind;
use crate::model::finding::{Finding, Outcome};
use crate::model::role::Role;
use crate::model::view::Cause;
use crate::report::Sources;
use crate::report::mask::Masks;
use crate::report::texts::Texts;

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// What stands around the picture.
pub struct Frame<'a> {
    /// The name of the project.
    pub title: &'a str,
    /// Where a place leads when it is clicked, with `{path}` and `{line}`; empty for nowhere.
    pub links: &'a str,
}

/// Writes the page. `outcome` gives the findings shown in it; those of files that are not in the atlas are left out.
pub fn write(frame: &Frame, atlas: &Atlas, outcome: &Outcome, sources: &dyn Sources, out: &mut dyn Write) -> io::Result<()> {
    let texts = Texts::new(sources, Masks::new(outcome, sources));
    let data = data(frame, atlas, outcome, &texts);
    // `</script>` and `<!--` in a text must not end the element that holds it.
    let data = serde_json::to_string(&data)?.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    let title = format!("{}: archcheck", frame.title);
    let mut rest = PAGE;
    for (mark, text) in [("{{title}}", escaped(&title).as_str()), ("{{style}}", STYLE), ("{{data}}", &data), ("{{script}}", SCRIPT)] {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        out.write_all(before.as_bytes())?;
        out.write_all(text.as_bytes())?;
        rest = after;
    }
    out.write_all(rest.as_bytes())
}

fn data(frame: &Frame, atlas: &Atlas, outcome: &Outcome, texts: &Texts) -> Value {
    let (mut rules, mut names) = (Words::default(), Words::default());
    let index: BTreeMap<&str, usize> =
        atlas.sheets.iter().enumerate().filter(|(_, sheet)| !sheet.external).map(|(at, sheet)| (&*sheet.path, at)).collect();
    let edges: Vec<Value> = atlas
        .links
        .iter()
        .map(|link| {
            let rule = link.broken.as_deref().map_or(-1, |rule| rules.of(rule));
            let name = if link.name.is_empty() { -1 } else { names.of(&link.name) };
            json!([link.from, link.to, link.line, kind(link.cause), rule, name])
        })
        .collect();
    let finding = |finding: &Finding, rules: &mut Words| {
        let at = *index.get(&*finding.primary.location.path)?;
        let text = texts.get(&finding.primary.location.path)?;
        let line = text.position(text.clamp(finding.primary.location.span).start).line + 1;
        Some(json!([at, line, finding.level as u8, rules.of(&finding.rule), texts.one_line(&finding.message)]))
    };
    let findings: Vec<Value> = outcome.reported.iter().filter_map(|found| finding(found, &mut rules)).collect();
    let mut notes = atlas.notes.clone();
    if findings.len() < outcome.reported.len() {
        notes.push(format!("{} findings are in no source file and not shown", outcome.reported.len() - findings.len()));
    }
    json!({
        "format": "archcheck-page",
        "version": 1,
        "title": frame.title,
        "links": frame.links,
        "relation": atlas.relation.name(),
        "rows": atlas.rows,
        "groups": atlas.groups.iter().map(|group| json!([group.name, group.role.map_or("", Role::name), group.row])).collect::<Vec<_>>(),
        "files": atlas.sheets.iter().map(sheet).collect::<Vec<_>>(),
        "onlyTests": atlas.sheets.iter().all(|sheet| sheet.is_test || sheet.external),
        "rules": rules.list,
        "names": names.list,
        "edges": edges,
        "findings": findings,
        "notes": notes,
    })
}

fn sheet(sheet: &Sheet) -> Value {
    let flags = u8::from(sheet.is_test) | u8::from(sheet.external) << 1;
    json!([&*sheet.path, sheet.group, sheet.role.map_or("", Role::name), sheet.lines, flags])
}

fn kind(cause: Cause) -> &'static str {
    match cause {
        Cause::Call(_) | Cause::Import(ImportKind::Load) => "load",
        Cause::Import(ImportKind::Deferred) => "deferred",
        Cause::Import(ImportKind::String) => "string",
        Cause::Import(ImportKind::Test) => "test",
        Cause::Import(ImportKind::Type | ImportKind::Dropped) => "type",
    }
}

/// Words by number, each once, in order of their first use.
#[derive(Default)]
struct Words {
    list: Vec<String>,
    numbers: BTreeMap<String, i64>,
}

impl Words {
    fn of(&mut self, word: &str) -> i64 {
        if let Some(&known) = self.numbers.get(word) {
            return known;
        }
        let number = self.list.len() as i64;
        self.list.push(word.to_string());
        self.numbers.insert(word.to_string(), number);
        number
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
