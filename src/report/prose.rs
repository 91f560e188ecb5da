//! What the formats for CI servers say alike: the findings in order of weight, and one finding as a few lines of plain text.

use super::Context;
use super::texts::Texts;
use crate::model::finding::{Finding, Label};

/// Places listed of one finding; evidence beyond that is in the formats for programs.
const PLACES: usize = 10;

/// The reported findings, the most severe first; those of one level keep their order.
pub(super) fn by_severity<'a>(context: &Context<'a>) -> Vec<&'a Finding> {
    let mut findings: Vec<&Finding> = context.outcome.reported.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    findings
}

/// The message on one line.
pub(super) fn headline(texts: &Texts, finding: &Finding) -> String {
    texts.one_line(&finding.message)
}

/// The message, the other places of the evidence and the help, with line feeds.
pub(super) fn body(texts: &Texts, finding: &Finding) -> String {
    let mut lines = vec![texts.block(&finding.message)];
    let places = if finding.flow.is_empty() { &finding.related } else { &finding.flow };
    let numbered = !finding.flow.is_empty();
    for (at, label) in places.iter().take(PLACES).enumerate() {
        let mark = if numbered { format!("{}.", at + 1) } else { "-".to_owned() };
        lines.push(format!("{mark} {}", step(texts, label)));
    }
    if places.len() > PLACES {
        lines.push(format!("({} more)", places.len() - PLACES));
    }
    if let Some(help) = &finding.help {
        lines.push(format!("help: {}", texts.block(help)));
    }
    lines.join("\n")
}

fn step(texts: &Texts, label: &Label) -> String {
    let place = texts.place(&label.location.path, label.location.span.start);
    let text = texts.one_line(&label.text);
    if text.is_empty() { place } else { format!("{place}: {text}") }
}

/// At most `limit` bytes of `text`, cut between characters, with an ellipsis where something is missing.
pub(super) fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let mut end = limit.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", text.get(..end).unwrap_or(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("漢字漢字", 7), "漢…");
        assert_eq!(cut("漢字漢字", 8), "漢…");
    }
}
