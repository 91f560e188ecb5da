//! Text to syntax tree: one parser per thread, and a limit on the work spent on one file.
//!
//! The limit counts the parser's own progress reports instead of reading the clock, so that the same text is always cut off at
//! the same place.

use std::cell::RefCell;
use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

/// Progress reports (one per hundred steps of the parser) that every file may take …
const STEPS: usize = 4_000;
/// … and how many more for each kilobyte. Code takes 7 on average and 15 at most, a table of numbers 35, a soup of brackets 50.
const STEPS_PER_KILOBYTE: usize = 60;

thread_local! {
    // Reusing the parser keeps its stacks and saves some five per cent.
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// Parses `text`, or gives `None` when that takes more than its share of work.
pub(super) fn parse(text: &str) -> Option<Tree> {
    parse_within(text, STEPS + text.len() / 1024 * STEPS_PER_KILOBYTE)
}

fn parse_within(text: &str, steps: usize) -> Option<Tree> {
    PARSER.with_borrow_mut(|slot| {
        if slot.is_none() {
            let mut parser = Parser::new();
            parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
            *slot = Some(parser);
        }
        let parser = slot.as_mut()?;
        let mut left = steps;
        let mut progress = |_: &tree_sitter::ParseState| match left.checked_sub(1) {
            Some(rest) => {
                left = rest;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        };
        let options = ParseOptions::new().progress_callback(&mut progress);
        let bytes = text.as_bytes();
        let tree = parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options));
        if tree.is_none() {
            parser.reset();
        }
        tree
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parse_that_takes_too_long_is_given_up() {
        let text = "x = f(1)\n".repeat(1000);
        assert!(parse_within(&text, 10).is_none());
        // The parser is none the worse for it.
        let tree = parse_within(&text, 10_000);
        assert!(tree.is_some_and(|tree| !tree.root_node().has_error() && tree.root_node().child_count() == 1000));
    }
}
