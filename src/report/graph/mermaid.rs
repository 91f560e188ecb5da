//! A picture in Mermaid's language, which GitHub and GitLab draw inside Markdown.

use std::io::{self, Write};

use super::{Stroke, detail, stroke};
use crate::model::view::Picture;

/// Writes the picture as a `flowchart`.
pub fn write(picture: &Picture, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "flowchart TD")?;
    for note in &picture.notes {
        writeln!(out, "  %% {}", note.replace('\n', " "))?;
    }
    for (at, block) in picture.blocks.iter().enumerate() {
        let detail = detail(block);
        let label = if detail.is_empty() {
            escaped(&block.label)
        } else {
            format!("{}<br/><small>{}</small>", escaped(&block.label), escaped(&detail))
        };
        writeln!(out, "  n{at}[\"{label}\"]")?;
    }
    let mut red = Vec::new();
    for (at, arrow) in picture.arrows.iter().enumerate() {
        let line = match stroke(arrow) {
            Stroke::Solid => "-->",
            Stroke::Dashed | Stroke::Dotted => "-.->",
        };
        writeln!(out, "  n{} {line}|{}| n{}", arrow.from, arrow.weight, arrow.to)?;
        if arrow.broken.is_some() {
            red.push(at.to_string());
        }
    }
    if !red.is_empty() {
        writeln!(out, "  linkStyle {} stroke:#d1242f,stroke-width:2px,color:#d1242f", red.join(","))?;
    }
    let focus: Vec<String> = picture.blocks.iter().enumerate().filter(|(_, block)| block.focus).map(|(at, _)| format!("n{at}")).collect();
    if !focus.is_empty() {
        writeln!(out, "  classDef focus stroke-width:3px\n  class {} focus", focus.join(","))?;
    }
    Ok(())
}

/// Inside quotes, only quotes and what begins an entity or a tag mean something.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;").replace('\n', " ")
}
