//! Text to syntax tree: one parser per thread, and a limit on the work spent on one file.
//!
//! The limit counts the parser's own progress reports instead of reading the clock, so that the same text is always cut off at
//! the same place.

use std::cell::RefCell;
use std::ops::ControlFlow;

use tree_sitter::{ParseOptions, Parser, Tree};

/// Progress reports (one per hundred steps of the parser) that every file may take …
const STEPS: usize = 20_000;
/// … and how many more for each kilobyte. Ordinary code takes about ten; only garbage, which the parser tries to read in many ways,
/// comes near this.
const STEPS_PER_KILOBYTE: usize = 200;

thread_local! {
    // Reusing the parser keeps its stacks and saves some five per cent.
    static PARSER: RefCell<Option<Parser>> = const { RefCell::new(None) };
}

/// Parses `text`, or gives `None` when that takes more than its share of work.
pub(super) fn parse(text: &str) -> Option<Tree> {
    PARSER.with_borrow_mut(|slot| {
        if slot.is_none() {
            let mut parser = Parser::new();
            parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok()?;
            *slot = Some(parser);
        }
        let parser = slot.as_mut()?;
        let mut left = STEPS + text.len() / 1024 * STEPS_PER_KILOBYTE;
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
