//! Rule queries: the text of a tree-sitter query to its patterns with what each asks of the whole program.
//!
//! Only the outline is read here, parentheses and predicates; whether the grammar knows the nodes is tree-sitter's to say (`lower/queries.rs`). The predicates of
//! tree-sitter itself (`#eq?`, `#match?`, `#any-of?` …) stay its own; here they only tell which literals a file must hold to match at all.
//!
//! ```text
//! ((call function: (_) @callee) @finding
//!   (#resolves-to? @callee "jwt.decode")
//!   (#not-role? @finding "test"))
//! ```

use std::ops::Range;
use std::sync::Arc;

use super::error::LoadError;
use crate::model::finding::Level;
use crate::model::query::{Contains, Pattern, Predicate, RuleQuery, Test, TextScope};
use crate::model::role::Role;
use crate::model::source::Family;

/// Predicates that tree-sitter decides.
const NATIVE: &[&str] =
    &["eq?", "not-eq?", "any-eq?", "any-not-eq?", "match?", "not-match?", "any-match?", "any-not-match?", "any-of?", "not-any-of?"];
const TEXT_SCOPES: [(&str, TextScope); 3] =
    [("contains?", TextScope::Capture), ("function-contains?", TextScope::Function), ("file-contains?", TextScope::File)];
/// What `#reaches?` knows besides paths.
pub(super) const EFFECTS: &[&str] = &["database-query", "database-read", "database-write"];

/// How deep a query may be nested: whoever compiles it recurses.
const DEEPEST: usize = 1_000;
/// Patterns of one query: the matcher tries all that begin alike at every node.
const MOST_PATTERNS: usize = 250;

/// The family a folder of queries, or a fence's word, stands for.
pub(super) fn family(word: &str) -> Option<Family> {
    match word {
        "python" => Some(Family::Python),
        "typescript" | "javascript" | "tsx" | "ts" | "js" => Some(Family::TypeScript),
        "rust" => Some(Family::Rust),
        _ => None,
    }
}

/// Reads a query that begins at byte `start` of a file.
///
/// # Errors
/// Everything that is wrong with its outline and its predicates.
pub(super) fn parse(file: &str, whole: &str, start: usize, text: &str, family: Family) -> Result<RuleQuery, Vec<LoadError>> {
    let mut reader = Reader { file, whole, start, errors: Vec::new(), asked: Vec::new() };
    let tokens = tokens(text);
    if let Some(at) = too_deep(&tokens) {
        reader.error(at, "the query is nested too deeply", format!("{DEEPEST} levels are the most"));
        return Err(reader.errors);
    }
    let (mut patterns, mut starts) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < tokens.len() {
        let end = form_end(&tokens, at);
        match tokens[at].kind {
            Kind::Open => patterns.push(reader.pattern(&tokens[at..end])),
            // The captures and quantifier behind a pattern.
            Kind::Word if tokens[at].text.starts_with(['@', '*', '+', '?']) && !patterns.is_empty() => {}
            _ => patterns.push(Pattern::default()),
        }
        if starts.len() < patterns.len() {
            starts.push(tokens[at].at);
        }
        at = end.max(at + 1);
    }
    if patterns.len() > MOST_PATTERNS {
        let message = format!("the query has {} patterns", patterns.len());
        reader.error(0, message, format!("{MOST_PATTERNS} are the most: `#any-of?` and `#match?` put many texts into one"));
    }
    if patterns.is_empty() {
        reader.error(0, "the query has no pattern", "a pattern is a node in parentheses: `(call) @finding`");
    }
    match reader.errors.is_empty() {
        true => {
            let ends = starts.iter().skip(1).copied().chain([text.len()]);
            let shapes = starts.iter().zip(ends).map(|(&start, end)| without(text, start..end, &reader.asked)).collect();
            Ok(RuleQuery { family, file: Arc::from(file), start, text: text.to_string(), patterns, shapes })
        }
        false => Err(reader.errors),
    }
}

/// A part of the text without parts of it, which are in order.
fn without(text: &str, part: Range<usize>, left_out: &[Range<usize>]) -> String {
    let mut shape = String::new();
    let mut at = part.start;
    for gap in left_out.iter().filter(|gap| part.start <= gap.start && gap.end <= part.end) {
        let piece = text.get(at..gap.start).unwrap_or_default().trim_end();
        shape.push_str(piece);
        // What follows a comment must not become part of it.
        if piece.rsplit('\n').next().is_some_and(|line| line.contains(';')) {
            shape.push('\n');
        }
        at = gap.end;
    }
    shape.push_str(text.get(at..part.end).unwrap_or_default().trim_end());
    shape
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
    Text,
    Word,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    /// Of a string, its value.
    text: String,
    at: usize,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            ';' => while chars.next_if(|&(_, c)| c != '\n').is_some() {},
            '(' | '[' => found.push(Token { kind: Kind::Open, text: c.to_string(), at }),
            ')' | ']' => found.push(Token { kind: Kind::Close, text: c.to_string(), at }),
            '"' => {
                let mut value = String::new();
                while let Some((_, c)) = chars.next() {
                    match c {
                        '"' => break,
                        '\\' => match chars.next().map(|(_, c)| c) {
                            Some('n') => value.push('\n'),
                            Some('t') => value.push('\t'),
                            Some('r') => value.push('\r'),
                            Some(c) => value.push(c),
                            None => {}
                        },
                        c => value.push(c),
                    }
                }
                found.push(Token { kind: Kind::Text, text: value, at });
            }
            c if c.is_whitespace() => {}
            c => {
                let mut word = c.to_string();
                while let Some((_, c)) = chars.next_if(|&(_, c)| !c.is_whitespace() && !matches!(c, '(' | ')' | '[' | ']' | '"' | ';')) {
                    word.push(c);
                }
                found.push(Token { kind: Kind::Word, text: word, at });
            }
        }
    }
    found
}

/// Where the query is nested deeper than may be.
fn too_deep(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0usize;
    for token in tokens {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Some(token.at);
        }
    }
    None
}

/// The index behind the form that begins at `at`.
fn form_end(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0usize;
    for (index, token) in tokens.iter().enumerate().skip(at) {
        match token.kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return index + 1;
        }
    }
    tokens.len()
}

struct Reader<'a> {
    file: &'a str,
    whole: &'a str,
    start: usize,
    errors: Vec<LoadError>,
    /// Where predicates stand that tree-sitter does not decide.
    asked: Vec<Range<usize>>,
}

impl Reader<'_> {
    fn error(&mut self, at: usize, message: impl Into<String>, help: impl Into<String>) {
        self.errors.push(LoadError::at_offset(self.file, self.whole, self.start + at, message).help(help));
    }

    fn pattern(&mut self, tokens: &[Token]) -> Pattern {
        let mut pattern = Pattern::default();
        for (at, pair) in tokens.windows(2).enumerate() {
            if pair[0].kind == Kind::Open && pair[0].text == "(" && pair[1].kind == Kind::Word && pair[1].text.starts_with('#') {
                let end = form_end(tokens, at);
                let arguments = tokens.get(at + 2..end.saturating_sub(1)).unwrap_or_default();
                if let Some(close) = tokens.get(end - 1).filter(|_| !NATIVE.contains(&pair[1].text.trim_start_matches('#'))) {
                    self.asked.push(pair[0].at..close.at + 1);
                }
                self.predicate(&pair[1], arguments, &mut pattern);
            }
        }
        pattern
    }

    fn predicate(&mut self, name: &Token, arguments: &[Token], pattern: &mut Pattern) {
        let operator = name.text.trim_start_matches('#');
        let words = || -> Vec<String> {
            let words = arguments.iter().skip_while(|token| token.kind == Kind::Word && token.text.starts_with('@'));
            words.map(|token| token.text.clone()).collect()
        };
        let capture = arguments.first().and_then(|token| token.text.strip_prefix('@').filter(|_| token.kind == Kind::Word));
        match operator {
            "set!" => return self.setting(name, arguments, pattern),
            "eq?" | "any-of?" | "any-eq?" => {
                // `#eq? @a @b` compares two captures.
                let literals = words();
                if !literals.is_empty() && literals.iter().all(|literal| !literal.is_empty() && !literal.starts_with('@')) {
                    pattern.needs.push(literals);
                }
                return;
            }
            native if NATIVE.contains(&native) => return,
            _ => {}
        }
        let plain = operator.strip_prefix("not-").unwrap_or(operator);
        let negated = plain.len() < operator.len();
        let scope = TEXT_SCOPES.iter().find(|(own, _)| *own == plain).map(|(_, scope)| *scope);
        if let Some(scope) = scope {
            let words = words();
            if words.is_empty() || capture.is_none() && scope != TextScope::File {
                let help = format!("write it as `({} @name \"text\")`", name.text);
                return self.error(name.at, format!("`{}` needs a capture and a text", name.text), help);
            }
            if !negated {
                pattern.needs.push(words.clone());
            }
            let capture = capture.unwrap_or_default().to_string();
            return pattern.contains.push(Contains { scope, negated, capture, words });
        }
        let known = plain.strip_suffix('?').and_then(|plain| Test::ALL.iter().find(|(own, _)| *own == plain));
        let Some(&(_, test)) = known else {
            let names = Test::ALL.iter().map(|(own, _)| format!("{own}?")).chain(NATIVE.iter().map(|own| own.to_string()));
            let names: Vec<String> = names.chain(TEXT_SCOPES.iter().map(|(own, _)| own.to_string())).chain(["set!".to_string()]).collect();
            let near = super::error::nearest(operator, names.iter().map(String::as_str)).map(|near| format!("did you mean `#{near}`?"));
            let help = near.unwrap_or_else(|| format!("the predicates are `#{}`", names.join("`, `#")));
            return self.error(name.at, format!("unknown predicate `{}`", name.text), help);
        };
        let words = words();
        if test.has_capture() && capture.is_none() {
            return self.error(name.at, format!("`{}` asks about a capture", name.text), format!("write it as `({} @name …)`", name.text));
        }
        if test.has_words() && words.is_empty() {
            return self.error(name.at, format!("`{}` compares with nothing", name.text), "give it one or more texts in quotes");
        }
        self.words(test, name, &words);
        if test == Test::ResolvesTo && !negated {
            pattern.needs.push(words.iter().flat_map(|word| last_names(word)).collect());
        }
        if test == Test::Imports && !negated {
            pattern.needs.push(words.iter().map(|word| written_name(word)).collect());
        }
        pattern.predicates.push(Predicate { test, negated, capture: capture.unwrap_or_default().to_string(), words });
    }

    /// Words from closed lists are checked.
    fn words(&mut self, test: Test, name: &Token, words: &[String]) {
        for word in words {
            let known: Vec<&str> = match test {
                Test::Role => Role::ALL.map(Role::name).to_vec(),
                Test::Reaches if !word.contains(['.', ':', '/']) => EFFECTS.to_vec(),
                _ => continue,
            };
            if !known.contains(&word.as_str()) {
                let near = super::error::nearest(word, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
                let what = if test == Test::Role { "role" } else { "effect, and no path" };
                let help = near.unwrap_or_else(|| format!("one of `{}`", known.join("`, `")));
                self.error(name.at, format!("`{word}` is no {what}"), help);
            }
        }
    }

    fn level(&mut self, value: &Token) -> Option<Level> {
        let level = [Level::Note, Level::Warning, Level::Error].into_iter().find(|level| level.name() == value.text);
        if level.is_none() {
            self.error(value.at, format!("`{}` is no level", value.text), "one of `error`, `warning`, `note`");
        }
        level
    }

    fn setting(&mut self, name: &Token, arguments: &[Token], pattern: &mut Pattern) {
        let [key, value] = arguments else {
            return self.error(name.at, "`#set!` takes a key and a value", "`(#set! message \"…\")`");
        };
        match key.text.as_str() {
            "message" => pattern.message = Some(value.text.clone()),
            "help" => pattern.help = Some(value.text.clone()),
            "level" => pattern.level = self.level(value),
            "unguarded-level" => pattern.unguarded_level = self.level(value),
            other => self.error(key.at, format!("unknown setting `{other}`"), "one of `message`, `level`, `unguarded-level`, `help`"),
        }
    }
}

/// What a file must hold of a path to mean it: its last name, in each of its alternatives.
fn last_names(path: &str) -> Vec<String> {
    let paths = crate::model::knowledge::expand(&path.replace("::", ".")).unwrap_or_else(|_| vec![path.to_string()]);
    let last = |path: &String| {
        let path = path.trim_end_matches("()");
        // A default import has the name the file gives it; the package's is written all the same.
        path.rsplit(['.', '/', ')']).find(|name| !matches!(*name, "" | "*" | "**" | "default")).unwrap_or(path).to_string()
    };
    paths.iter().map(last).collect()
}

/// What stands in every file that imports a package, whichever way it writes the name: `-` and `_` are one in some languages.
fn written_name(package: &str) -> String {
    let parts = package.split(|char: char| !char.is_alphanumeric());
    parts.max_by_key(|part| part.len()).unwrap_or(package).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Result<RuleQuery, Vec<LoadError>> {
        parse("q.scm", text, 0, text, Family::Python)
    }

    #[test]
    fn patterns_and_what_they_need() {
        let text = "; a comment (with parentheses)\n((call function: (_) @f) @finding\n  (#resolves-to? @f \"jwt.{decode,encode}\" \"jose.jwt.verify\")\n  \
            (#not-in-loop? @finding) (#set! level \"note\"))\n[(comment) (string)] @c\n(comment) @finding (identifier)";
        let query = query(text).expect("a query");
        assert_eq!(query.patterns.len(), 4);
        assert_eq!(query.patterns[0].needs, [["decode", "encode", "verify"]]);
        let tests: Vec<(Test, bool, &str)> =
            query.patterns[0].predicates.iter().map(|predicate| (predicate.test, predicate.negated, predicate.capture.as_str())).collect();
        assert_eq!(tests, [(Test::ResolvesTo, false, "f"), (Test::InLoop, true, "finding")]);
        assert_eq!(query.patterns[0].level, Some(Level::Note));
        assert_eq!(query.patterns[1], Pattern::default());
        assert_eq!(query.shapes, ["((call function: (_) @f) @finding)", "[(comment) (string)] @c", "(comment) @finding", "(identifier)"]);
    }

    #[test]
    fn shapes_are_what_the_matcher_decides() {
        let text = "((call) @f (#role? @f \"router\")\n  (#eq? @f \"a (b\") (#set! level \"note\"))\n((call) @f\n  (#eq? @f \"a (b\"))";
        let query = query(text).expect("a query");
        assert_eq!(query.shapes[0], "((call) @f\n  (#eq? @f \"a (b\"))");
        assert_eq!(query.shapes[1], query.shapes[0]);
    }

    #[test]
    fn a_comment_before_what_is_left_out_ends_where_it_ended() {
        let query = query("((call) @f\n  ; of routers\n  (#role? @f \"router\"))").expect("a query");
        assert_eq!(query.shapes[0], "((call) @f\n  ; of routers\n)");
    }

    #[test]
    fn mistakes_have_a_line_and_a_help() {
        let wrong = |text: &str| query(text).expect_err("wrong").iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        assert_eq!(
            wrong("(call)\n(call (#resolve-to? @f \"x\"))"),
            "q.scm:2: unknown predicate `#resolve-to?` (did you mean `#resolves-to?`?)"
        );
        assert_eq!(wrong("((call) @f (#role? @f \"ruoter\"))"), "q.scm:1: `ruoter` is no role (did you mean `router`?)");
        assert_eq!(wrong("((call) @f (#in-loop?))"), "q.scm:1: `#in-loop?` asks about a capture (write it as `(#in-loop? @name …)`)");
        assert_eq!(
            wrong("((call) @f (#resolves-to? @f))"),
            "q.scm:1: `#resolves-to?` compares with nothing (give it one or more texts in quotes)"
        );
        assert!(wrong("((call) @f (#reaches? @f \"databse-query\"))").contains("did you mean `database-query`?"));
        assert!(wrong("((call) @f (#set! level \"loud\"))").contains("`loud` is no level"));
        assert!(wrong("; nothing\n").contains("has no pattern"));
        assert!(wrong(&"(".repeat(100_000)).contains("nested too deeply"));
        assert!(wrong(&"(call) @finding\n".repeat(251)).contains("has 251 patterns"));
        assert!(query(&"(call) @finding\n".repeat(250)).is_ok());
    }
}
