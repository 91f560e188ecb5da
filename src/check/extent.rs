//! How many lines of code a definition or file has that somebody must read to understand it.
//!
//! Neither blank lines nor comments count (facts have left them out), nor docstrings, nor tables: literals of ten lines or more that hold only
//! constants and names. What stands in a function but is another function's code is that function's.

use std::ops::Range;

use crate::model::body::{CollectionKind, NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts};
use crate::model::nesting::{Nesting, arguments, walk_deep};
use crate::model::source::{Family, Span};

/// Fewer lines are no table.
const TABLE: usize = 10;

/// Lines of code of a file; in Rust, those of test modules left out.
pub(super) fn lines_of_file(facts: &FileFacts) -> usize {
    let whole = 0..facts.code_starts.len();
    let mut left_out: Vec<Range<usize>> = facts.definitions().filter_map(|(_, def)| docstring(facts, def.body?)).collect();
    let tests = facts.definitions().filter(|(_, def)| def.kind == DefKind::Module && def.flags.has(DefFlags::TEST));
    left_out.extend(tests.skip_while(|(id, _)| *id == DefId::MODULE).map(|(_, def)| facts.code_lines_of(def.span)));
    let values =
        facts.definitions().filter(|(_, def)| matches!(def.kind, DefKind::Variable | DefKind::Field)).filter_map(|(_, def)| def.value);
    for root in facts.definitions().filter_map(|(_, def)| def.body).chain(values) {
        tables(facts, root, &mut left_out);
    }
    whole.len() - covered(left_out, &whole)
}

/// Lines of code of a function from its name on, without those that are another's. `long` is the number that is asked about: at most so
/// many are counted as they stand.
pub(super) fn lines_of_function(facts: &FileFacts, nesting: &Nesting, children: &[Vec<DefId>], function: DefId, long: usize) -> usize {
    let def = facts.def(function);
    let whole = facts.code_lines_of(Span { start: def.name_span.start, end: def.span.end });
    let Some(body) = def.body.filter(|_| whole.len() > long) else { return whole.len() };
    let mut left_out: Vec<Range<usize>> = docstring(facts, body).into_iter().collect();
    tables(facts, body, &mut left_out);
    if covered(left_out.clone(), &whole) + long < whole.len() {
        let mut open = vec![function];
        while let Some(at) = open.pop() {
            for &child in &children[at.index()] {
                if stands_alone(facts, nesting, child) {
                    // The line that says it is there counts.
                    let lines = facts.code_lines_of(facts.def(child).span);
                    left_out.push(lines.start + 1..lines.end);
                } else {
                    open.push(child);
                }
            }
        }
    }
    whole.len() - covered(left_out, &whole)
}

/// The definitions directly inside each definition.
pub(super) fn children(facts: &FileFacts) -> Vec<Vec<DefId>> {
    let mut children = vec![Vec::new(); facts.defs.len()];
    for (id, def) in facts.definitions().skip(1) {
        children[def.parent.index()].push(id);
    }
    children
}

/// True for what has a name of its own, and for what a statement registers under one: `app.get("/x", (req, res) => { … })`.
fn stands_alone(facts: &FileFacts, nesting: &Nesting, child: DefId) -> bool {
    let def = facts.def(child);
    if !matches!(def.kind, DefKind::Function | DefKind::Method) || !facts.text(def.name).starts_with('<') {
        return true;
    }
    let Some((call, _)) = nesting.place(child).and_then(|place| nesting.argument_of(facts, place)) else { return false };
    let named = arguments(facts, call).next().is_some_and(|first| matches!(facts.arena.kind(first), NodeKind::Str(_)));
    named && nesting.parent(call).is_some_and(|parent| matches!(facts.arena.kind(parent), NodeKind::Block { .. }))
}

/// The lines of a Python docstring.
pub(super) fn docstring(facts: &FileFacts, body: NodeId) -> Option<Range<usize>> {
    if facts.language.family() != Family::Python {
        return None;
    }
    let NodeKind::Block { items, .. } = facts.arena.kind(body) else { return None };
    let first = facts.arena.list(items).next()?;
    facts.string(first).map(|_| facts.code_lines_of(facts.arena.span(first)))
}

/// Adds the lines of tables and of texts over several lines, but the first line of each.
fn tables(facts: &FileFacts, root: NodeId, found: &mut Vec<Range<usize>>) {
    walk_deep(facts, root, |node| {
        let lines = facts.code_lines_of(facts.arena.span(node));
        let is_table = lines.len() >= TABLE
            && match facts.arena.kind(node) {
                NodeKind::Collection { kind, .. } => kind != CollectionKind::Tuple && is_flat(facts, node),
                NodeKind::Str(_) | NodeKind::Text { .. } => true,
                _ => false,
            };
        if is_table {
            found.push(lines.start + 1..lines.end);
        }
        !is_table && lines.len() >= TABLE
    });
}

/// Only constants, names and their members inside.
fn is_flat(facts: &FileFacts, node: NodeId) -> bool {
    let mut flat = true;
    facts.arena.walk_while(node, |inner| {
        flat &= matches!(
            facts.arena.kind(inner),
            NodeKind::Collection { .. }
                | NodeKind::Entry { .. }
                | NodeKind::Str(_)
                | NodeKind::Bytes(_)
                | NodeKind::Number(_)
                | NodeKind::Bool(_)
                | NodeKind::Null
                | NodeKind::Regex(_)
                | NodeKind::Name(_)
                | NodeKind::Member { .. }
                | NodeKind::Unary { .. }
        );
        flat
    });
    flat
}

/// How many lines of `whole` the ranges cover together.
fn covered(mut ranges: Vec<Range<usize>>, whole: &Range<usize>) -> usize {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut count = 0;
    let mut at = whole.start;
    for range in ranges {
        let end = range.end.min(whole.end);
        count += end.saturating_sub(range.start.max(at));
        at = at.max(end);
    }
    count
}
