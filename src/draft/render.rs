//! A draft as the text of an `archcheck.toml`.

use std::fmt::Write as _;

use super::{Draft, Order};

/// The file, commented.
pub fn render(draft: &Draft) -> String {
    let mut out = String::from("# The architecture of the code as it is, found by `archcheck init`: make the words your own.\n");
    out.push_str(
        "# `archcheck` checks it, `archcheck prove` shows that every line can fail. The language: docs/contracts.md of archcheck.\n",
    );
    out.push_str("version = 1\n");
    if !draft.parts.is_empty() {
        out.push_str("\n[parts]\n");
        let width = draft.parts.iter().map(|(name, _)| key(name).len()).max().unwrap_or(0);
        for (name, value) in &draft.parts {
            let _ = writeln!(out, "{:<width$} = {value}", key(name));
        }
    }
    if !draft.orders.is_empty() {
        out.push_str("\n# High to low: `>` may import anything below, `|` strangers, `:` friends.\n[layers]\n");
        for order in &draft.orders {
            let _ = writeln!(out, "# {}\n{} = \"{}\"", explained(order), key(&order.name), order.text);
        }
    }
    if !draft.rules.is_empty() {
        out.push_str("\n[rules]\n");
        for rule in &draft.rules {
            let _ = writeln!(out, "{} = \"{}\"  # {}", key(&rule.name), rule.text, rule.note);
        }
    }
    out
}

/// "explains 98.7 % of 3310 imports, 43 against".
pub(super) fn explained(order: &Order) -> String {
    format!("explains {:.1} % of {} imports, {} against", order.fit(), order.imports, order.against)
}

/// A key of TOML, quoted where it must be.
fn key(name: &str) -> String {
    let is_bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if is_bare { name.to_string() } else { format!("\"{name}\"") }
}
