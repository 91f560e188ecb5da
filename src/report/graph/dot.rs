//! A picture in Graphviz's language.

use std::io::{self, Write};

use super::{Stroke, detail, stroke, title};
use crate::model::view::Picture;

/// Writes the picture as a `digraph`.
pub fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "digraph {} {{", picture.relation.name())?;
    writeln!(out, "  rankdir=TB; node [shape=box, style=\"rounded,filled\", fillcolor=\"#f6f8fa\", fontname=\"Helvetica\"];")?;
    for note in &picture.notes {
        writeln!(out, "  // {}", note.replace('\n', " "))?;
    }
    for block in &picture.blocks {
        let detail = detail(block);
        let label = if detail.is_empty() { block.label.clone() } else { format!("{}\n{detail}", block.label) };
        let mark = if block.focus { ", penwidth=2" } else { "" };
        writeln!(out, "  {} [label={}{mark}];", quoted(&block.id), quoted(&label))?;
    }
    for arrow in &picture.arrows {
        let (from, to) = (&picture.blocks[arrow.from as usize].id, &picture.blocks[arrow.to as usize].id);
        let style = match stroke(arrow) {
            Stroke::Solid => "",
            Stroke::Dashed => ", style=dashed",
            Stroke::Dotted => ", style=dotted",
        };
        let color = if arrow.broken.is_some() { ", color=red, fontcolor=red" } else { "" };
        writeln!(
            out,
            "  {} -> {} [label={}, tooltip={}{style}{color}];",
            quoted(from),
            quoted(to),
            arrow.weight,
            quoted(&title(picture, arrow))
        )?;
    }
    writeln!(out, "}}")
}

/// A string of the language: only quotes and backslashes mean something in it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
