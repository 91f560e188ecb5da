//! Rule queries over one file's syntax tree: what they match becomes facts, and the tree dies here.
//!
//! Most files hold none of the words a query needs, and cost one search for these words. The others are parsed once more, as they are written (the lowering
//! of some languages rewrites the text first), and each pattern whose words are there runs. Compiling a pattern costs several milliseconds for each grammar, a whole
//! run asks for few of them, so each is a query of its own, compiled once, when a file asks for it; patterns that differ only in what they ask of the program share one.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, OnceLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use tree_sitter::{Node, ParseOptions, Parser, Query, QueryCursor, QueryCursorOptions, QueryError, StreamingIterator, Tree};

use crate::languages::tree::grammar;
use crate::model::problem::{Problem, ProblemKind};
use crate::model::query::{Capture, Pattern, QueryMatch, RuleQuery, TextScope};
use crate::model::source::{Family, Language, Span};

/// Matches kept of one file and rule, and of one file and all rules; that there were more is told.
const MATCHES: usize = 1_000;
const MATCHES_OF_ALL: usize = 20_000;
/// States the matcher may have open at once.
const OPEN_STATES: usize = 4_096;
/// The matcher compares all open states with each other at every node, so a large file may have fewer open …
const PAIRS: usize = 2_000_000_000;
/// … and so may a tree that is deeper than code: each call in a call, or in a chain of calls, holds states open. A megabyte of them would take minutes.
const DEEP: u32 = 300;
const OPEN_IN_THE_DEEP: u32 = 16;
/// Matches of one file and rule whose text is looked at; and those of all rules.
const CANDIDATES: usize = 20_000;
const CANDIDATES_OF_ALL: usize = 1_000_000;
/// Progress reports of the matcher for one file.
const STEPS: usize = 200_000;
/// Bytes kept of a capture's text.
const TEXT: usize = 400;
const LANGUAGES: [Language; 5] = [Language::Python, Language::TypeScript, Language::Tsx, Language::JavaScript, Language::Rust];

/// A query that a grammar does not understand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongQuery {
    pub file: Arc<str>,
    /// Byte offset in the file.
    pub at: usize,
    pub message: String,
    pub help: String,
}

/// All queries that are on, ready to run.
#[derive(Default)]
pub struct Queries {
    rules: Vec<(Arc<str>, RuleQuery)>,
    families: BTreeMap<Family, Words>,
    /// For each rule the shapes of its patterns, by number.
    shapes: Vec<Vec<usize>>,
    /// The shapes in each grammar, once a file asked for one; nothing where the grammar does not understand it: [`wrong`] tells of that.
    compiled: Vec<[OnceLock<Option<Query>>; LANGUAGES.len()]>,
}

/// The words that the queries of one family need.
struct Words {
    searcher: Option<AhoCorasick>,
    /// Each rule of the family, and for each of its patterns the sets of words, by number.
    needs: Vec<(usize, Vec<Vec<Vec<usize>>>)>,
    count: usize,
}

impl Queries {
    /// Makes the queries of these rules ready. Nothing is compiled yet.
    pub fn new(rules: Vec<(Arc<str>, RuleQuery)>) -> Queries {
        let mut families = BTreeMap::new();
        for family in [Family::Python, Family::TypeScript, Family::Rust] {
            let own: Vec<(usize, &[Pattern])> =
                (0..rules.len()).filter(|&at| rules[at].1.family == family).map(|at| (at, rules[at].1.patterns.as_slice())).collect();
            if !own.is_empty() {
                families.insert(family, Words::of(&own));
            }
        }
        let mut known: BTreeMap<(Family, &str), usize> = BTreeMap::new();
        let mut shapes: Vec<Vec<usize>> = Vec::new();
        for (_, rule) in &rules {
            let number = |shape| {
                let next = known.len();
                *known.entry((rule.family, shape)).or_insert(next)
            };
            shapes.push(rule.shapes.iter().map(String::as_str).map(number).collect());
        }
        let compiled = (0..known.len()).map(|_| Default::default()).collect();
        Queries { rules, families, shapes, compiled }
    }

    /// True when both ask the same of every file.
    pub fn same(&self, other: &Queries) -> bool {
        self.rules == other.rules
    }

    /// What tells these queries from others: everything on which their matches depend.
    pub fn description(&self) -> String {
        format!("{:?}", self.rules)
    }

    /// True when no query can match anything.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    fn compiled(&self, rule: usize, pattern: usize, language: Language) -> Option<&Query> {
        let at = LANGUAGES.iter().position(|own| *own == language)?;
        let compile = || Query::new(&grammar(language), &self.rules[rule].1.shapes[pattern]).ok();
        self.compiled[self.shapes[rule][pattern]][at].get_or_init(compile).as_ref()
    }
}

impl Words {
    fn of(rules: &[(usize, &[Pattern])]) -> Words {
        let patterns = || rules.iter().flat_map(|(_, patterns)| patterns.iter());
        let mut all: Vec<String> = patterns().flat_map(|pattern| pattern.needs.iter().flatten().cloned()).collect();
        all.sort();
        all.dedup();
        let number = |word: &String| all.binary_search(word).unwrap_or(0);
        let numbers = |pattern: &Pattern| pattern.needs.iter().map(|set| set.iter().map(number).collect()).collect();
        let needs = rules.iter().map(|(rule, patterns)| (*rule, patterns.iter().map(numbers).collect())).collect();
        let searcher = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::DFA))
            .match_kind(MatchKind::Standard)
            .build(&all)
            .ok()
            .filter(|_| !all.is_empty());
        Words { searcher, needs, count: all.len() }
    }

    /// The rules of which some pattern may match in this text, with the numbers of those patterns.
    fn may_match(&self, text: &str, parts: &[Range<usize>]) -> Vec<(usize, Vec<usize>)> {
        let mut seen = vec![self.searcher.is_none(); self.count];
        let mut left = self.count;
        let texts = parts.iter().filter_map(|part| text.get(part.clone()));
        for found in self.searcher.iter().flat_map(|searcher| texts.clone().flat_map(|text| searcher.find_overlapping_iter(text))) {
            let at = found.pattern().as_usize();
            if !std::mem::replace(&mut seen[at], true) {
                left -= 1;
                if left == 0 {
                    break;
                }
            }
        }
        let has = |sets: &Vec<Vec<usize>>| sets.iter().all(|set| set.iter().any(|&word| seen[word]));
        let patterns = |all: &[Vec<Vec<usize>>]| (0..all.len()).filter(|&at| has(&all[at])).collect::<Vec<usize>>();
        self.needs.iter().map(|(rule, all)| (*rule, patterns(all))).filter(|(_, patterns)| !patterns.is_empty()).collect()
    }
}

/// What the grammars say against a query; nothing when one of its family understands it.
pub fn wrong(query: &RuleQuery) -> Option<WrongQuery> {
    let mut first = None;
    for language in LANGUAGES.into_iter().filter(|language| language.family() == query.family) {
        match Query::new(&grammar(language), &query.text) {
            Ok(compiled) if compiled.pattern_count() == query.patterns.len() => return None,
            Ok(_) => {
                first = first.or(Some(WrongQuery {
                    file: query.file.clone(),
                    at: query.start,
                    message: "the patterns of this query cannot be told apart".to_string(),
                    help: "put each pattern in parentheses of its own".to_string(),
                }));
            }
            Err(error) => first = first.or_else(|| Some(told(query, &error))),
        }
    }
    first
}

fn told(query: &RuleQuery, error: &QueryError) -> WrongQuery {
    use tree_sitter::QueryErrorKind::*;
    let name = error.message.lines().next().unwrap_or_default().trim().trim_matches('"');
    let (message, help) = match error.kind {
        NodeType => (format!("the grammar has no node `{name}`"), "`archcheck dump tree FILE` prints the nodes of a file"),
        Field => (format!("the grammar has no field `{name}`"), "`archcheck dump tree FILE` prints the fields of each node"),
        Capture => (
            format!("no capture `@{}` stands in the pattern", name.trim_start_matches('@')),
            "write the `@name` behind a node of the pattern",
        ),
        Structure => ("no tree can have this shape".to_string(), "`archcheck dump tree FILE` prints what a file looks like"),
        Predicate => (name.to_string(), "the predicates are described in docs/writing-rules.md"),
        _ => ("this is not a query".to_string(), "a pattern is a node in parentheses: `(call function: (identifier) @f) @finding`"),
    };
    // A predicate's error has a row, but no offset.
    let line: usize = query.text.split_inclusive('\n').take(error.row).map(str::len).sum();
    let at = if error.offset == 0 { line } else { error.offset };
    WrongQuery { file: query.file.clone(), at: query.start + at.min(query.text.len()), message, help: help.to_string() }
}

/// What the queries match in a file, rule by rule; and what was cut off.
pub fn matches(queries: &Queries, text: &str, language: Language) -> (Vec<QueryMatch>, Vec<Problem>) {
    matches_within(queries, text, std::slice::from_ref(&(0..text.len())), language)
}

/// The same for a text that is blank outside of these parts.
pub fn matches_within(queries: &Queries, text: &str, parts: &[Range<usize>], language: Language) -> (Vec<QueryMatch>, Vec<Problem>) {
    let none = (Vec::new(), Vec::new());
    let rules = queries.families.get(&language.family()).map(|words| words.may_match(text, parts)).unwrap_or_default();
    let compiled = |rule: usize, patterns: Vec<usize>| -> Vec<(usize, &Query)> {
        patterns.into_iter().filter_map(|pattern| Some((pattern, queries.compiled(rule, pattern, language)?))).collect()
    };
    let asked = rules.into_iter().map(|(rule, patterns)| (rule, compiled(rule, patterns)));
    let asked: Vec<(usize, Vec<(usize, &Query)>)> = asked.filter(|(_, patterns)| !patterns.is_empty()).collect();
    if asked.is_empty() {
        return none;
    }
    let mut parser = Parser::new();
    if parser.set_language(&grammar(language)).is_err() {
        return none;
    }
    let Some(tree) = parse(&mut parser, text) else { return none };
    let mut found = Vec::new();
    let mut cut = false;
    let states = open_states(&tree);
    let mut file = InFile { text, root: tree.root_node(), known: BTreeMap::new(), functions: None };
    let mut work = Work::default();
    for (rule, patterns) in asked {
        let first = found.len();
        work.of_rule = (0, 0);
        for (pattern, query) in patterns {
            if found.len() >= MATCHES_OF_ALL {
                break;
            }
            cut |= run(query, pattern, &queries.rules[rule], (states, &mut work), &mut file, &mut found);
        }
        found[first..].sort_by_key(|one| (one.captures.iter().map(|capture| capture.span.start).min(), one.pattern));
    }
    let message = "rule queries match more here than is kept; some findings may be missing";
    let problems = cut.then(|| Problem::new(ProblemKind::Limit, None, message)).into_iter().collect();
    (found, problems)
}

/// The work of all rules in one file.
#[derive(Default)]
struct Work {
    steps: usize,
    candidates: usize,
    /// Matches and candidates of the rule whose patterns run.
    of_rule: (usize, usize),
}

/// Adds what one pattern of a rule matches in a file; true when there was more than is kept.
fn run(
    query: &Query,
    pattern: usize,
    (id, own): &(Arc<str>, RuleQuery),
    (states, work): (u32, &mut Work),
    file: &mut InFile<'_>,
    found: &mut Vec<QueryMatch>,
) -> bool {
    let (text, root) = (file.text, file.root);
    let mut cursor = QueryCursor::new();
    cursor.set_match_limit(states);
    let Work { steps, candidates: of_all, of_rule: (count, candidates) } = work;
    let mut progress = |_: &tree_sitter::QueryCursorState| {
        *steps += 1;
        if *steps > STEPS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = QueryCursorOptions::new().progress_callback(&mut progress);
    let names = query.capture_names();
    let mut matched = cursor.matches_with_options(query, root, text.as_bytes(), options);
    while let Some(one) = matched.next() {
        *candidates += 1;
        *of_all += 1;
        if *candidates > CANDIDATES || *of_all > CANDIDATES_OF_ALL {
            break;
        }
        if one.captures().is_empty() {
            continue;
        }
        if !own.patterns.get(pattern).is_some_and(|own| holds(own, one.captures(), names, file)) {
            continue;
        }
        let captures = one.captures().iter().map(|capture| captured(names[capture.index as usize], capture.node, text)).collect();
        *count += 1;
        if *count <= MATCHES && found.len() < MATCHES_OF_ALL {
            found.push(QueryMatch { rule: id.clone(), pattern: pattern as u32, captures });
        }
    }
    drop(matched);
    *count > MATCHES
        || found.len() >= MATCHES_OF_ALL
        || *candidates > CANDIDATES
        || *of_all > CANDIDATES_OF_ALL
        || *steps > STEPS
        || cursor.did_exceed_match_limit()
}

/// The most states that may be open at once in a tree.
fn open_states(tree: &Tree) -> u32 {
    if is_deep(tree) {
        return OPEN_IN_THE_DEEP;
    }
    (PAIRS / tree.root_node().descendant_count().max(1)).isqrt().clamp(64, OPEN_STATES) as u32
}

/// True for a tree of more levels than code has.
fn is_deep(tree: &Tree) -> bool {
    let mut cursor = tree.walk();
    loop {
        if cursor.depth() > DEEP {
            return true;
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return false;
            }
        }
    }
}

fn parse(parser: &mut Parser, text: &str) -> Option<Tree> {
    // As for facts: code takes half a step a byte, and ten stop only what grows faster than the file. The parser reports every hundredth.
    let mut left = 2_000 + text.len() / 10;
    let mut progress = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut progress);
    let bytes = text.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

fn captured(name: &str, node: Node<'_>, text: &str) -> Capture {
    let range = node.byte_range();
    let mut end = range.end.min(range.start + TEXT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(range.start..end).unwrap_or_default().to_string();
    Capture { name: name.to_string(), span: Span::new(range.start, range.end), text }
}

/// What is asked of a whole file at every match, and looked for once.
struct InFile<'a> {
    text: &'a str,
    root: Node<'a>,
    known: BTreeMap<String, bool>,
    functions: Option<Vec<Function<'a>>>,
}

/// A function and, by number, the one it stands in.
struct Function<'a> {
    node: Node<'a>,
    outer: Option<usize>,
}

impl<'a> InFile<'a> {
    fn has(&mut self, word: &str) -> bool {
        if let Some(&known) = self.known.get(word) {
            return known;
        }
        let found = self.text.contains(word);
        self.known.insert(word.to_string(), found);
        found
    }

    /// The innermost function a node stands in. To climb from the node would cost its depth at each step.
    fn function_around(&mut self, node: Node<'_>) -> Option<Node<'a>> {
        let functions = self.functions.get_or_insert_with(|| functions(self.root));
        let begun = functions.partition_point(|function| function.node.start_byte() <= node.start_byte());
        let mut at = begun.checked_sub(1);
        while let Some(function) = at.and_then(|at| functions.get(at)) {
            if function.node.end_byte() >= node.end_byte() && function.node.id() != node.id() {
                return Some(function.node);
            }
            at = function.outer;
        }
        None
    }
}

/// The functions of a tree, in order of their starts.
fn functions(root: Node<'_>) -> Vec<Function<'_>> {
    let mut found: Vec<Function<'_>> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_named() && is_function(node.kind()) {
            while open.last().is_some_and(|&last| found[last].node.end_byte() <= node.start_byte()) {
                open.pop();
            }
            found.push(Function { node, outer: open.last().copied() });
            open.push(found.len() - 1);
        }
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return found;
            }
        }
    }
}

fn is_function(kind: &str) -> bool {
    matches!(kind, "method_definition" | "arrow_function" | "closure_expression" | "lambda")
        || kind.starts_with("function_") && kind != "function_type"
        || kind.ends_with("function_declaration")
}

/// The predicates on text that tree-sitter does not have.
fn holds(pattern: &Pattern, captures: &[tree_sitter::QueryCapture<'_>], names: &[&str], file: &mut InFile<'_>) -> bool {
    let text = file.text;
    let whole = |node: Node<'_>| text.get(node.byte_range()).unwrap_or_default();
    pattern.contains.iter().all(|wanted| {
        let has = |text: &str| wanted.words.iter().any(|word| text.contains(word.as_str()));
        let mut own = captures.iter().filter(|capture| names[capture.index as usize] == wanted.capture).map(|capture| capture.node);
        let held = match wanted.scope {
            TextScope::Capture => own.any(|node| has(whole(node))),
            TextScope::Function => own.any(|node| has(file.function_around(node).map_or(text, whole))),
            TextScope::File => wanted.words.iter().any(|word| file.has(word)),
        };
        held != wanted.negated
    })
}
