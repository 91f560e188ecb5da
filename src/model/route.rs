//! Routes of the application: what answers which requests, under which full path.
//!
//! Frameworks write the variable parts of a path in many ways; [`template`] writes them all as OpenAPI does.

use super::finding::Location;
use super::role::GlobalDef;

/// A part of a path that is not known: a prefix that is no literal, a router that nothing mounts.
pub const UNKNOWN_PART: &str = "{?}";

/// One route of the application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST` …, `*` for any.
    pub methods: Vec<String>,
    /// The path as written at the registration, if it is a literal.
    pub path: Option<String>,
    /// The whole path from the root of the application, through the prefixes of routers, as [`template`] writes it; several when the router is
    /// mounted more than once. What is unknown of it is [`UNKNOWN_PART`]. Empty for what answers no HTTP request, or under a path that another
    /// route of the same handler has.
    pub full: Vec<String>,
    /// What stands before the handler: guards, dependencies, middleware given with the route. As written, without arguments.
    pub guards: Vec<String>,
    pub handler: GlobalDef,
    /// Name of the framework file that knew it.
    pub framework: String,
    /// The registration: decorator, attribute or call.
    pub place: Location,
    /// The handler's text parameters are request data.
    pub params_are_sources: bool,
}

/// A path with its variable parts as `{name}`, whatever the framework writes: Express and Koa `:id`, `:id(\\d+)`, `*`; Flask and Django
/// `<int:id>`, Django's `(?P<id>\d+)`; Rocket `<id>`, `<path..>`, `?<query>`; Axum and Actix `{id:\d+}`, `{*rest}`, `{tail:.*}`. Anchors of
/// regular expressions vanish; what is left of one is [`UNKNOWN_PART`].
pub fn template(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let bytes = path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &path[at..];
        at += match bytes[at] {
            b'{' => braces(rest, &mut out),
            b'<' => angles(rest, &mut out),
            b'(' => group(rest, &mut out),
            // `/items:batch` is a custom method, `/:id` and `/:from-:to` are names.
            b':' if starts_name(&rest[1..]) && !out.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') => colon(rest, &mut out),
            b'*' => {
                let name = name_at(&rest[1..]);
                out.push_str(&format!("{{{}}}", if name.is_empty() { "*" } else { name }));
                1 + name.len()
            }
            // Rocket's query parameters; an optional slash at the end of a pattern.
            b'?' if rest[1..].starts_with('<') => break,
            b'?' => {
                if out.ends_with('/') {
                    out.pop();
                }
                1
            }
            b'^' if at == 0 => 1,
            b'$' | b'\\' if at + 1 == bytes.len() || bytes[at] == b'\\' => 1,
            _ => {
                let length = rest.chars().next().map_or(1, char::len_utf8);
                out.push_str(&rest[..length]);
                length
            }
        };
    }
    out
}

/// `{id}`, `{id:\d+}`, `{path:path}`, `{*rest}`; braces in the pattern are counted.
fn braces(rest: &str, out: &mut String) -> usize {
    let length = balanced(rest, b'{', b'}');
    let inner = rest[1..length].trim_end_matches('}');
    let name = inner.split(':').next().unwrap_or(inner);
    out.push_str(&format!("{{{}}}", name.trim_start_matches('*').trim_end_matches('.')));
    length
}

/// `<id>`, `<int:id>`, `<path..>`.
fn angles(rest: &str, out: &mut String) -> usize {
    let Some(end) = rest.find('>') else {
        out.push('<');
        return 1;
    };
    let inner = &rest[1..end];
    // Flask's converters may have arguments: `<any(a,b):kind>`.
    let name = inner.rsplit(':').next().unwrap_or(inner);
    out.push_str(&format!("{{{}}}", name.trim_end_matches('.')));
    end + 1
}

/// A group of a regular expression: `(?P<id>\d+)`.
fn group(rest: &str, out: &mut String) -> usize {
    let length = balanced(rest, b'(', b')');
    let name = rest.strip_prefix("(?P<").or_else(|| rest.strip_prefix("(?<")).and_then(|named| named.split('>').next());
    out.push_str(&format!("{{{}}}", name.unwrap_or("?")));
    length + repeats(&rest[length..])
}

/// `:id`, `:id(\\d+)`, `:id{[0-9]+}`, `:id?`.
fn colon(rest: &str, out: &mut String) -> usize {
    let name = name_at(&rest[1..]);
    out.push_str(&format!("{{{name}}}"));
    let mut length = 1 + name.len();
    match rest.as_bytes().get(length) {
        Some(b'(') => length += balanced(&rest[length..], b'(', b')'),
        Some(b'{') => length += balanced(&rest[length..], b'{', b'}'),
        _ => {}
    }
    length + repeats(&rest[length..])
}

fn repeats(rest: &str) -> usize {
    usize::from(rest.starts_with(['?', '*', '+']))
}

fn starts_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
}

fn name_at(text: &str) -> &str {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    &text[..end]
}

/// Length of the text up to the bracket that closes the first one; all of it when none does.
fn balanced(text: &str, open: u8, close: u8) -> usize {
    let mut depth = 0;
    for (at, &byte) in text.as_bytes().iter().enumerate() {
        if byte == open {
            depth += 1;
        } else if byte == close {
            depth -= 1;
            if depth == 0 {
                return at + 1;
            }
        }
    }
    text.len()
}

/// Two pieces of a path with one slash between them; an empty piece adds nothing.
pub fn join(before: &str, after: &str) -> String {
    let (left, right) = (before.trim_end_matches('/'), after.trim_start_matches('/'));
    match (left.is_empty(), right.is_empty()) {
        (_, true) if after.is_empty() => before.to_string(),
        (true, true) => "/".to_string(),
        (true, false) => format!("/{right}"),
        _ => format!("{left}/{right}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{join, template};

    #[test]
    fn frameworks_paths_become_templates() {
        let cases = [
            ("/users/:id", "/users/{id}"),
            ("/users/:id(\\d+)/:sort?", "/users/{id}/{sort}"),
            ("/files/*", "/files/{*}"),
            ("/users/<int:user_id>", "/users/{user_id}"),
            ("^tags/(?P<tag_id>[0-9]{2,4})/$", "tags/{tag_id}/"),
            ("^tags/(a|b)/?$", "tags/{?}"),
            ("/users/<id>?<q>&<page>", "/users/{id}"),
            ("/files/<path..>", "/files/{path}"),
            ("/users/{id:\\d{2}}/x", "/users/{id}/x"),
            ("/files/{path:path}", "/files/{path}"),
            ("/files/{*rest}", "/files/{rest}"),
            ("/items/:id{[0-9]+}", "/items/{id}"),
            ("{?}/x", "{?}/x"),
            ("/v1/items:batch", "/v1/items:batch"),
            ("/:from-:to", "/{from}-{to}"),
            ("/a b/ü", "/a b/ü"),
            ("/open{", "/open{}"),
            ("/open<", "/open<"),
            ("/open(", "/open{?}"),
        ];
        for (written, wanted) in cases {
            assert_eq!(template(written), wanted, "{written}");
        }
    }

    #[test]
    fn pieces_join_with_one_slash() {
        let cases = [
            (("", "/x"), "/x"),
            (("/api/", "/x"), "/api/x"),
            (("/api", "x/"), "/api/x/"),
            (("/api", "/"), "/api/"),
            (("/api", ""), "/api"),
            (("", ""), ""),
            (("", "/"), "/"),
        ];
        for ((before, after), wanted) in cases {
            assert_eq!(join(before, after), wanted, "{before:?} + {after:?}");
        }
    }
}
