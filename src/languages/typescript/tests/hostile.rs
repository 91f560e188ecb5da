//! Input made to break a lowering: deep, long, broken, random.

use super::*;
use crate::model::body::NodeKind;
use crate::model::problem::ProblemKind;
use proptest::prelude::*;

const LANGUAGES: [Language; 3] = [Language::TypeScript, Language::Tsx, Language::JavaScript];

/// `middle` between `depth` opening and closing pieces.
fn nested(depth: usize, open: &str, middle: &str, close: &str) -> String {
    format!("{}{middle}{}", open.repeat(depth), close.repeat(depth))
}

fn check_cut_off(text: &str, language: Language) {
    let facts = lower(text, language);
    let limits = facts.problems.iter().filter(|problem| problem.kind == ProblemKind::Limit).count();
    assert!(limits <= 1, "said twice: {}", &text[..20]);
    assert!(!facts.problems.is_empty(), "cut off without a word: {}", &text[..20]);
}

#[test]
fn a_hundred_thousand_levels_do_not_overflow_the_stack() {
    let deep = 100_000;
    check_cut_off(&nested(deep, "(", "x", ")"), Language::TypeScript);
    check_cut_off(&nested(deep, "[", "x", "]"), Language::TypeScript);
    check_cut_off(&nested(deep, "{", "", "}"), Language::JavaScript);
    check_cut_off(&nested(deep, "x => ", "x", ""), Language::JavaScript);
    check_cut_off(&nested(deep, "`${", "x", "}`"), Language::Tsx);
    check_cut_off(&nested(deep, "<a>", "", "</a>"), Language::Tsx);
}

#[test]
fn deep_nesting_is_cut_off_and_said_once() {
    let deep = 3_000;
    let cases = [
        nested(deep, "f(", "x", ")"),
        nested(deep, "!", "x", ""),
        nested(deep, "if (a) ", "b()", ""),
        nested(deep, "a ? b : ", "c", ""),
        nested(deep, "({ a: ", "1", "})"),
        nested(deep, "a = ", "1", ""),
        format!("let x: {}", nested(deep, "A<", "B", ">")),
        format!("let x: B{}", "[]".repeat(deep)),
        format!("let {} = x", nested(deep, "[", "a", "]")),
        nested(deep, "class A { m() { ", "", " } }"),
        nested(deep, "(", "x", ""),
        nested(deep, "await ", "x", ""),
    ];
    for text in cases {
        for language in LANGUAGES {
            check_cut_off(&text, language);
        }
    }
}

#[test]
fn long_chains_are_kept_whole() {
    let links = 20_000;
    let count = |facts: &FileFacts, test: fn(&NodeKind) -> bool| facts.arena.ids().filter(|&id| test(&facts.arena.kind(id))).count();
    let is_binary = |kind: &NodeKind| matches!(kind, NodeKind::Binary { .. });
    let is_call = |kind: &NodeKind| matches!(kind, NodeKind::Call { .. });
    let is_if = |kind: &NodeKind| matches!(kind, NodeKind::If { .. });

    let sum = typescript(&format!("a{}", " - b".repeat(links)));
    assert_eq!((count(&sum, is_binary), sum.problems.len()), (links, 0));
    let calls = typescript(&format!("x{}", ".f()".repeat(links)));
    assert_eq!((count(&calls, is_call), calls.problems.len()), (links, 0));
    let chain = typescript(&format!("if (a) b();{}", " else if (a) b();".repeat(links)));
    assert_eq!((count(&chain, is_if), chain.problems.len()), (links + 1, 0));
    let text = typescript(&format!("x = 'a'{}", " + b".repeat(links)));
    let parts = text.arena.ids().find_map(|id| match text.arena.kind(id) {
        NodeKind::Text { parts, .. } => Some(text.arena.list(parts).len()),
        _ => None,
    });
    assert_eq!((parts, text.problems.len()), (Some(links + 1), 0));
    let union = typescript(&format!("type A = 'a'{}", " | 'b'".repeat(links)));
    let members = union.arena.ids().find_map(|id| match union.arena.kind(id) {
        NodeKind::Union(members) => Some(union.arena.list(members).len()),
        _ => None,
    });
    assert_eq!((members, union.problems.len()), (Some(links + 1), 0));
}

#[test]
fn odd_texts() {
    let cases = [
        "",
        "\u{feff}import a from 'b'",
        "\0\0\0",
        "'",
        "`${",
        "/*",
        "#!/usr/bin/env node\nf()",
        "\r\n\r\n",
        "export",
        "import",
        "class",
        "💥 = '💥'",
        "x = '\u{2028}'",
        "let a; ".repeat(10).as_str(),
    ]
    .map(str::to_owned);
    for text in cases {
        for language in LANGUAGES {
            let facts = lower(&text, language);
            assert_eq!(facts.defs[0].parent, DefId::MODULE, "{text}");
        }
    }
    assert_eq!(imports(&typescript("\u{feff}import a from 'b'")), "import b {default} as a");
}

/// Pieces of code, so that random texts get past the first token.
fn fragment() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "import ",
        "export ",
        "default ",
        "from ",
        "'x' ",
        "{ ",
        "} ",
        "( ",
        ") ",
        "[ ",
        "] ",
        "=> ",
        "async ",
        "await ",
        "class A ",
        "extends ",
        "function f",
        "const ",
        "x ",
        "= ",
        ", ",
        "; ",
        ": ",
        "T ",
        "< ",
        "> ",
        "`",
        "${",
        "} ",
        "if ",
        "else ",
        "for ",
        "of ",
        "return ",
        "...",
        "@D ",
        "static ",
        "get ",
        "type ",
        "interface I ",
        "enum E ",
        "namespace N ",
        "using ",
        "as ",
        "! ",
        "? ",
        "?. ",
        ". ",
        "+ ",
        "* ",
        "/* ",
        "*/ ",
        "// ",
        "\n",
        "</a>",
        "<a>",
        "switch ",
        "case ",
        "try ",
        "catch ",
        "require",
        "module.exports ",
        "👍",
        "\\",
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_text_panics(text in "\\PC{0,200}") {
        for language in LANGUAGES {
            check_whole(&lower(&text, language));
        }
    }

    #[test]
    fn no_sequence_of_code_pieces_panics(pieces in prop::collection::vec(fragment(), 0..60)) {
        let text = pieces.concat();
        for language in LANGUAGES {
            check_whole(&lower(&text, language));
        }
    }
}

/// What must hold of any facts.
fn check_whole(facts: &FileFacts) {
    for (id, def) in facts.definitions() {
        assert!(def.parent < id || id == DefId::MODULE, "parents come before children");
        assert!(def.span.start <= def.span.end);
    }
    for id in facts.arena.ids() {
        facts.arena.children(id, |child| assert!(child != id));
    }
    assert_eq!(render(facts), render(facts));
}
