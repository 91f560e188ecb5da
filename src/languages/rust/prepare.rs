//! What happens to the text before it is parsed: macros whose arguments are expressions are rewritten into calls.
//!
//! The grammar leaves the inside of a macro as a bag of tokens. Parsing it a second time would cost time and lose the place,
//! so the rewriting keeps every byte where it is and only exchanges ASCII for ASCII: `format!("{}", x)` is parsed as
//! `format ("{}", x)`, `vec![a; n]` as `vec (a, n)`, `json!({"a": [b]})` as `json (["a", [b]])`. Lowering reads names and
//! literals from the original text and sees there what it really was.
//! On the way the pass counts lines of code, finds comments with markers, and blanks what the grammar cannot read.
//!
//! Macros that are not known to take expressions are left alone: see `macros.rs`.

use super::lexer::{Token, TokenKind, is_word, token};
use crate::model::source::Span;

/// A file's text, ready to parse, and what the pass saw.
pub(super) struct Prepared {
    /// As long as the original.
    pub(super) text: Vec<u8>,
    /// Comments that carry a marker.
    pub(super) comments: Vec<Span>,
    /// Every comment.
    pub(super) comment_spans: Vec<Span>,
    /// The first byte of code of each line that holds code.
    pub(super) code_starts: Vec<u32>,
}

/// How a macro's arguments are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// Expressions, perhaps named (`a = b`, `target: "x"`) or marked (`%x`, `?x`).
    Arguments,
    Json,
    Unknown,
}

/// The form of a macro by the last segment of its path.
fn form_of(name: &[u8]) -> Form {
    match name {
        b"format"
        | b"format_args"
        | b"print"
        | b"println"
        | b"eprint"
        | b"eprintln"
        | b"write"
        | b"writeln"
        | b"panic"
        | b"unreachable"
        | b"todo"
        | b"unimplemented"
        | b"assert"
        | b"assert_eq"
        | b"assert_ne"
        | b"debug_assert"
        | b"debug_assert_eq"
        | b"debug_assert_ne"
        | b"dbg"
        | b"concat"
        | b"bail"
        | b"anyhow"
        | b"ensure"
        | b"eyre"
        | b"info"
        | b"warn"
        | b"error"
        | b"debug"
        | b"trace"
        | b"log"
        | b"event"
        | b"span"
        | b"info_span"
        | b"debug_span"
        | b"warn_span"
        | b"error_span"
        | b"trace_span"
        | b"join"
        | b"try_join"
        | b"env"
        | b"option_env"
        | b"include_str"
        | b"include_bytes"
        | b"query"
        | b"query_as"
        | b"query_scalar"
        | b"query_unchecked"
        | b"query_as_unchecked"
        | b"query_scalar_unchecked"
        | b"query_file"
        | b"query_file_as"
        | b"params"
        | b"vec"
        | b"pin"
        | b"smallvec"
        | b"try" => Form::Arguments,
        b"json" => Form::Json,
        // The grammar does not allow a macro with the name of a primitive type.
        b"u8" | b"u16" | b"u32" | b"u64" | b"u128" | b"usize" | b"i8" | b"i16" | b"i32" | b"i64" | b"i128" | b"isize" | b"f32" | b"f64"
        | b"bool" | b"str" | b"char" => Form::Arguments,
        _ => Form::Unknown,
    }
}

/// What the tokens directly inside a bracket mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Code,
    Arguments,
    /// Values of JSON: `{` opens an object.
    Json,
    JsonObject,
}

/// An open bracket.
struct Frame {
    inside: Inside,
    /// What to write over the closing bracket.
    close: Option<u8>,
    /// Tokens seen since the last comma, `=` or opening.
    operand: u32,
}

/// Prepares `text`.
pub(super) fn prepare(text: &str) -> Prepared {
    let mut pass = Pass {
        bytes: text.as_bytes(),
        out: text.as_bytes().to_vec(),
        frames: vec![Frame { inside: Inside::Code, close: None, operand: 0 }],
        comments: Vec::new(),
        comment_spans: Vec::new(),
        code_starts: Vec::new(),
        line_end: 0,
        previous: Token { kind: TokenKind::End, start: 0, end: 0 },
    };
    let mut at = pass.skip_head();
    pass.line_end = at;
    loop {
        let next = token(pass.bytes, at);
        match next.kind {
            TokenKind::End => break,
            TokenKind::Comment => {
                pass.comment_spans.push(Span::new(next.start, next.end));
                if text.get(next.start..next.end).is_some_and(|text| has_marker(text) || crate::model::words::tells_of_single_rows(text)) {
                    pass.comments.push(Span::new(next.start, next.end));
                }
            }
            _ => {
                pass.count_lines(next);
                pass.visit(next);
                pass.previous = next;
            }
        }
        at = next.end;
    }
    Prepared { text: pass.out, comments: pass.comments, comment_spans: pass.comment_spans, code_starts: pass.code_starts }
}

/// True when a comment speaks to archcheck or carries a reminder.
fn has_marker(comment: &str) -> bool {
    const MARKERS: [&str; 5] = ["TODO", "FIXME", "HACK", "XXX", "archcheck:"];
    let bytes = comment.as_bytes();
    memchr::memchr3_iter(b'T', b'F', b'H', bytes).chain(memchr::memchr2_iter(b'X', b'a', bytes)).any(|at| {
        let free = |at: Option<&u8>| !at.is_some_and(|&byte| is_word(byte));
        MARKERS.iter().any(|marker| {
            bytes[at..].starts_with(marker.as_bytes())
                && (at == 0 || free(bytes.get(at - 1)))
                && (marker.ends_with(':') || free(bytes.get(at + marker.len())))
        })
    })
}

struct Pass<'t> {
    bytes: &'t [u8],
    out: Vec<u8>,
    frames: Vec<Frame>,
    comments: Vec<Span>,
    comment_spans: Vec<Span>,
    code_starts: Vec<u32>,
    /// Lines up to here are counted.
    line_end: usize,
    previous: Token,
}

impl Pass<'_> {
    /// Blanks a byte order mark and a frontmatter (`---` lines, after a `#!` line); returns where code begins.
    fn skip_head(&mut self) -> usize {
        let mut at = 0;
        if self.bytes.starts_with(b"\xef\xbb\xbf") {
            self.blank(0, 3);
            at = 3;
        }
        if self.bytes[at..].starts_with(b"#!") && !self.bytes[at..].starts_with(b"#![") {
            at = self.next_line(at);
        }
        let mut line = at;
        while self.bytes.get(line).is_some_and(u8::is_ascii_whitespace) {
            line += 1;
        }
        if !self.bytes[line..].starts_with(b"---") {
            return at;
        }
        let mut end = self.next_line(line);
        while end < self.bytes.len() && !self.bytes[end..].starts_with(b"---") {
            end = self.next_line(end);
        }
        end = self.next_line(end);
        self.blank(line, end);
        end
    }

    fn next_line(&self, at: usize) -> usize {
        let rest = self.bytes.get(at..).unwrap_or_default();
        memchr::memchr(b'\n', rest).map_or(self.bytes.len(), |length| at + length + 1)
    }

    /// Overwrites with spaces, line ends kept.
    fn blank(&mut self, start: usize, end: usize) {
        for byte in &mut self.out[start..end] {
            if *byte != b'\n' && *byte != b'\r' {
                *byte = b' ';
            }
        }
    }

    fn count_lines(&mut self, token: Token) {
        if token.start >= self.line_end {
            self.code_starts.push(token.start as u32);
            self.line_end = self.next_line(token.start);
        }
        while token.end > self.line_end {
            self.code_starts.push(self.line_end as u32);
            self.line_end = self.next_line(self.line_end);
        }
    }

    fn text(&self, token: Token) -> &[u8] {
        &self.bytes[token.start..token.end]
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(0)
    }

    fn visit(&mut self, token: Token) {
        match token.kind {
            TokenKind::Open => return self.open(token),
            TokenKind::Close => return self.close(token),
            TokenKind::Word => self.repair(token),
            _ => {}
        }
        let Some(frame) = self.frames.last() else { return };
        match frame.inside {
            Inside::Code | Inside::Json => {}
            Inside::Arguments => return self.argument(token),
            Inside::JsonObject => self.json_object(token),
        }
        self.advance(token);
    }

    /// Keeps count of the operand's tokens.
    fn advance(&mut self, token: Token) {
        let separator = self.is(token, b',') || self.is_lone_colon(token) || self.is_lone_equals(token);
        if let Some(frame) = self.frames.last_mut() {
            frame.operand = if separator { 0 } else { frame.operand + 1 };
        }
    }

    fn is(&self, token: Token, byte: u8) -> bool {
        token.kind == TokenKind::Punct && self.bytes[token.start] == byte
    }

    /// `:` that is not part of `::`.
    fn is_lone_colon(&self, token: Token) -> bool {
        self.is(token, b':') && self.byte(token.end) != b':' && (token.start == 0 || self.bytes[token.start - 1] != b':')
    }

    /// `=` that is not part of `==`, `=>`, `<=`, `+=` ….
    fn is_lone_equals(&self, token: Token) -> bool {
        self.is(token, b'=')
            && !matches!(self.byte(token.end), b'=' | b'>')
            && (token.start == 0
                || !matches!(
                    self.bytes[token.start - 1],
                    b'=' | b'!' | b'<' | b'>' | b'+' | b'-' | b'*' | b'/' | b'%' | b'&' | b'|' | b'^'
                ))
    }

    /// `=` of `=>`.
    fn is_arrow(&self, token: Token) -> bool {
        self.is(token, b'=') && self.byte(token.end) == b'>'
    }

    /// Blanks syntax that the grammar does not know and lowering does not need.
    fn repair(&mut self, word: Token) {
        let previous = self.previous;
        match self.text(word) {
            // `for<'a> |x| …`
            b"for" if self.byte(word.end) == b'<' => {
                let rest = &self.bytes[word.end..];
                let Some(length) = rest.iter().take(200).position(|&byte| byte == b'>') else { return };
                let after = word.end + length + 1;
                let next = token(self.bytes, after);
                if self.is(next, b'|') || matches!(self.text(next), b"move" | b"async" | b"static") {
                    self.blank(word.start, after);
                }
            }
            // A keyword since 2018; `try!(x)` is older than that.
            b"try" if self.byte(word.end) == b'!' => self.out[word.start] = b'_',
            b"trait" if self.text(previous) == b"auto" => self.blank(previous.start, previous.end),
            b"fn" if matches!(self.text(previous), b"safe" | b"gen") => self.blank(previous.start, previous.end),
            _ => {}
        }
    }

    fn open(&mut self, token: Token) {
        let bracket = self.bytes[token.start];
        let parent = self.frames.last().map_or(Inside::Code, |frame| frame.inside);
        let first = self.frames.last().is_none_or(|frame| frame.operand == 0);
        let (inside, close) = match (self.macro_form(), parent) {
            (Form::Arguments, _) if bracket != b'{' => self.as_call(token, Inside::Arguments),
            (Form::Json, _) if bracket != b'{' => self.as_call(token, Inside::Json),
            // `event!(Level::INFO, { a = 1, b = 2 }, "text")`
            (Form::Unknown, Inside::Arguments) if first && bracket == b'{' && self.begins_field(token.end) => {
                self.out[token.start] = b'(';
                (Inside::Arguments, Some(b')'))
            }
            (Form::Unknown, Inside::Json | Inside::JsonObject) if first && bracket == b'{' => {
                self.out[token.start] = b'[';
                (Inside::JsonObject, Some(b']'))
            }
            (Form::Unknown, Inside::Json | Inside::JsonObject) if first && bracket == b'[' => (Inside::Json, None),
            _ => (Inside::Code, None),
        };
        if let Some(frame) = self.frames.last_mut() {
            frame.operand += 1;
        }
        self.frames.push(Frame { inside, close, operand: 0 });
    }

    fn close(&mut self, token: Token) {
        if self.frames.len() < 2 {
            return;
        }
        if let Some(Frame { close: Some(bracket), .. }) = self.frames.pop() {
            self.out[token.start] = bracket;
        }
    }

    /// True when a log field begins here: `%x`, `?x`, `a.b = …`.
    fn begins_field(&self, mut at: usize) -> bool {
        loop {
            let word = token(self.bytes, at);
            if self.is(word, b'%') || self.is(word, b'?') {
                return true;
            }
            let next = token(self.bytes, word.end);
            match word.kind {
                TokenKind::Word | TokenKind::String if self.is(next, b'.') => at = next.end,
                TokenKind::Word | TokenKind::String => return self.is_lone_equals(next),
                _ => return false,
            }
        }
    }

    /// The form of the macro whose bracket comes next: `json!(`, `json! (`.
    fn macro_form(&self) -> Form {
        if !self.is(self.previous, b'!') {
            return Form::Unknown;
        }
        let end = self.previous.start;
        let start = end - self.bytes[..end].iter().rev().take_while(|&&byte| is_word(byte)).count();
        form_of(&self.bytes[start..end])
    }

    /// `name![…]` becomes `name (…)`.
    fn as_call(&mut self, bracket: Token, inside: Inside) -> (Inside, Option<u8>) {
        self.out[self.previous.start] = b' ';
        if self.bytes[bracket.start] == b'[' {
            self.out[bracket.start] = b'(';
            return (inside, Some(b')'));
        }
        (inside, None)
    }

    /// A token directly inside a macro's arguments.
    fn argument(&mut self, token: Token) {
        let operand = self.frames.last().map_or(0, |frame| frame.operand);
        let next = self.byte(token.end);
        if operand == 0 && (self.is(token, b'%') || self.is(token, b'?')) {
            // `info!(%error, ?user)`
            self.out[token.start] = b' ';
            return;
        }
        if self.is(token, b';') {
            // `vec![a; n]`, `info!(a = 1; "text")`
            self.out[token.start] = b',';
            if let Some(frame) = self.frames.last_mut() {
                frame.operand = 0;
            }
            return;
        }
        if operand == 0 && token.kind == TokenKind::Word && is_keyword_name(self.bytes, token) {
            // `info!(type = "x")`
            self.out[token.start] = b'_';
        } else if operand == 1 && self.is_lone_colon(token) {
            // `info!(target: "x")`, `info!(user:? = u)`
            if matches!(next, b'?' | b'%') {
                self.blank(token.start, token.end + 1);
            } else {
                self.out[token.start] = b'=';
            }
        } else if operand == 1 && self.is_arrow(token) {
            // `info!(log, "text"; "key" => value)`
            self.out[token.start] = b' ';
            self.out[token.end] = b'=';
        } else if operand == 2 && self.is(token, b'>') && self.bytes[token.start - 1] == b'=' && self.out[token.start] == b'=' {
            if let Some(frame) = self.frames.last_mut() {
                frame.operand = 0;
            }
            return;
        }
        self.advance(token);
    }

    fn json_object(&mut self, token: Token) {
        if self.is_lone_colon(token) {
            self.out[token.start] = b',';
        }
    }
}

/// True for a keyword that names an argument: `type = …`.
fn is_keyword_name(bytes: &[u8], word: Token) -> bool {
    let keyword = matches!(
        &bytes[word.start..word.end],
        b"type"
            | b"match"
            | b"ref"
            | b"fn"
            | b"use"
            | b"in"
            | b"mod"
            | b"struct"
            | b"enum"
            | b"impl"
            | b"for"
            | b"if"
            | b"loop"
            | b"move"
            | b"static"
            | b"trait"
            | b"where"
            | b"while"
            | b"async"
            | b"dyn"
            | b"crate"
            | b"const"
            | b"let"
            | b"pub"
    );
    if !keyword {
        return false;
    }
    let next = token(bytes, word.end);
    next.kind == TokenKind::Punct && matches!(bytes[next.start], b'=' | b':') && !matches!(bytes.get(next.end), Some(b'=' | b':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(text: &str) -> String {
        let prepared = prepare(text);
        assert_eq!(prepared.text.len(), text.len());
        String::from_utf8(prepared.text).unwrap()
    }

    #[test]
    fn macros_become_calls_in_place() {
        assert_eq!(prepared("format!(\"{}\", x)"), "format (\"{}\", x)");
        assert_eq!(prepared("vec![a, b[0]]"), "vec (a, b[0])");
        assert_eq!(prepared("vec![0; n]"), "vec (0, n)");
        assert_eq!(prepared("json! ({})"), "json  ([])");
        assert_eq!(prepared("unknown![0; n]"), "unknown![0; n]");
        assert_eq!(prepared("a != (b)"), "a != (b)");
    }

    #[test]
    fn log_fields_become_assignments() {
        assert_eq!(prepared("info!(%e, ?u, id = %user.id, \"x\")"), "info ( e,  u, id =  user.id, \"x\")");
        assert_eq!(prepared("info!(target: \"t\", type = 1)"), "info (target= \"t\", _ype = 1)");
        assert_eq!(prepared("info!(a:? = b; \"x\")"), "info (a   = b, \"x\")");
        assert_eq!(prepared("info!(log, \"x\"; \"k\" => %v)"), "info (log, \"x\", \"k\"  =  v)");
        assert_eq!(prepared("event!(l, { a.b = 1, ?c }, \"x\")"), "event (l, ( a.b = 1,  c ), \"x\")");
        assert_eq!(prepared("format!(\"{}\", { a })"), "format (\"{}\", { a })");
        assert_eq!(prepared("format!(\"{}\", a % b)"), "format (\"{}\", a % b)");
        assert_eq!(prepared("format!(\"{}\", a::b)"), "format (\"{}\", a::b)");
    }

    #[test]
    fn json_objects_become_arrays() {
        assert_eq!(
            prepared("json!({\"a\": {\"b\": [1, {}]}, \"c\": f(|x| { x })})"),
            "json ([\"a\", [\"b\", [1, []]], \"c\", f(|x| { x })])"
        );
    }

    #[test]
    fn strings_and_comments_are_left_alone() {
        let text = "// vec![\nlet x = \"format!(\"; /* json!({ */ r#\"vec![\"#";
        assert_eq!(prepared(text), text);
    }

    #[test]
    fn blanks_frontmatter_and_unknown_syntax() {
        assert_eq!(prepared("---\na = 1\n---\nuse a;"), "   \n     \n   \nuse a;");
        assert_eq!(prepared("let f = for<'a> |x| x;"), "let f =         |x| x;");
        assert_eq!(prepared("unsafe extern { safe fn f(); }"), "unsafe extern {      fn f(); }");
    }

    #[test]
    fn counts_lines_of_code() {
        let text = "// a\n\nfn f() {\n    \"x\n\n y\";\n    // TODO b\n} /* c\n */\n";
        let prepared = prepare(text);
        assert_eq!(prepared.code_starts.len(), 5);
        assert_eq!(prepared.comments.len(), 1);
    }

    #[test]
    fn markers_are_whole_words() {
        assert!(has_marker("// TODO: x"));
        assert!(has_marker("// archcheck: ignore"));
        assert!(!has_marker("// TODOS, aTODO"));
    }

    #[test]
    fn unbalanced_brackets_are_survived() {
        for text in ["vec![", "))]}", "json!({", "format!(\"", "json!({:", "info!(=>"] {
            prepared(text);
        }
    }
}
