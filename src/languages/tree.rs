//! The syntax tree of a file as text, for `archcheck dump tree`: one node a line, indented, with its field, its kind and, for leaves, its text.

use std::fmt::Write;

use tree_sitter::{Node, Parser};

use crate::model::source::Language;

/// Indentation stops growing here, so that hostile nesting cannot make the output quadratic.
const MAX_INDENT: usize = 200;

/// The grammar of a language.
pub fn grammar(language: Language) -> tree_sitter::Language {
    let grammar = match language {
        Language::Python => tree_sitter_python::LANGUAGE,
        Language::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        Language::Tsx => tree_sitter_typescript::LANGUAGE_TSX,
        Language::JavaScript => tree_sitter_javascript::LANGUAGE,
        Language::Rust => tree_sitter_rust::LANGUAGE,
    };
    grammar.into()
}

/// The named nodes of the tree, and every error.
pub fn print(text: &str, language: Language) -> String {
    let mut parser = Parser::new();
    let mut out = String::new();
    let tree = match parser.set_language(&grammar(language)) {
        Ok(()) => parser.parse(text, None),
        Err(_) => None,
    };
    let Some(tree) = tree else { return out };
    let mut cursor = tree.walk();
    let mut depth = 0;
    loop {
        let node = cursor.node();
        if node.is_named() || node.is_error() || node.is_missing() {
            line(&mut out, node, cursor.field_name(), depth, text);
        }
        if cursor.goto_first_child() {
            depth += 1;
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return out;
            }
            depth -= 1;
        }
    }
}

fn line(out: &mut String, node: Node<'_>, field: Option<&str>, depth: usize, text: &str) {
    let _ = write!(out, "{:indent$}", "", indent = 2 * depth.min(MAX_INDENT));
    if let Some(field) = field {
        let _ = write!(out, "{field}: ");
    }
    let missing = if node.is_missing() { "MISSING " } else { "" };
    let start = node.start_position();
    let _ = write!(out, "({missing}{} {}:{}", node.kind(), start.row + 1, start.column + 1);
    if node.named_child_count() == 0 {
        let _ = write!(out, " {:?}", text.get(node.byte_range()).unwrap_or_default());
    }
    out.push_str(")\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_fields_kinds_places_and_leaves() {
        assert_eq!(
            print("x = f(1)", Language::Python),
            "(module 1:1)\n  (expression_statement 1:1)\n    (assignment 1:1)\n      left: (identifier 1:1 \"x\")\n      right: (call 1:5)\n        \
             function: (identifier 1:5 \"f\")\n        arguments: (argument_list 1:6)\n          (integer 1:7 \"1\")\n"
        );
        assert!(print("x = f(1", Language::Python).contains("(ERROR 1:1)"));
    }
}
