//! Takes a rule that silences nothing out of its comment, and the comment when it names no other.

use super::Proposal;
use crate::model::facts::FileFacts;
use crate::model::finding::{Edit, Finding};
use crate::model::source::Span;

/// The text of a source file without it. Comments that say something else too, and those over several lines, are left to the user.
pub(super) fn without(finding: &Finding, text: &str, facts: &FileFacts) -> Option<Proposal> {
    let name = finding.primary.location.span;
    let comment = facts.comments.iter().map(|comment| comment.span).find(|comment| comment.contains(name))?;
    without_in(comment, name, text)
}

/// The text of a file whose comments begin with `#` without it.
pub(super) fn without_hash(finding: &Finding, text: &str) -> Option<Proposal> {
    let name = finding.primary.location.span;
    let start = text.get(..name.start as usize)?.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(start..)?.lines().next()?;
    let mark = line.find("archcheck:").and_then(|said| line[..said].trim_end().strip_suffix('#').map(str::len))?;
    without_in(Span::new(start + mark, start + line.len()), name, text)
}

fn without_in(comment: Span, name: Span, text: &str) -> Option<Proposal> {
    let content = text.get(comment.range())?.trim_end();
    if content.contains('\n') {
        return None;
    }
    let (list, names) = listed(text, comment, name)?;
    if names > 1 {
        return Some(Proposal {
            title: title(text, name),
            edit: Edit { span: list, text: String::new() },
            removes: String::new(),
            adds: String::new(),
        });
    }
    let rest = content.trim_start_matches(['#', '/', '*', '!', ' ', '\t']);
    if !rest.starts_with("archcheck:") || rest.contains(" # ") || rest.contains(" // ") {
        return None;
    }
    let span = whole(text, Span { start: comment.start, end: comment.start + content.len() as u32 })?;
    Some(Proposal { title: title(text, name), edit: Edit { span, text: String::new() }, removes: String::new(), adds: String::new() })
}

fn title(text: &str, name: Span) -> String {
    format!("Remove the suppression of `{}`", text.get(name.range()).unwrap_or_default())
}

/// The name in the brackets with the comma that belongs to it, and how many names there are.
fn listed(text: &str, comment: Span, name: Span) -> Option<(Span, usize)> {
    let before = text.get(comment.start as usize..name.start as usize)?;
    let open = comment.start as usize + before.rfind('[')? + 1;
    let close = name.end as usize + text.get(name.end as usize..comment.end as usize)?.find(']')?;
    let names = text.get(open..close)?.split(',').filter(|word| !word.trim().is_empty()).count();
    let after = text.get(name.end as usize..close)?;
    let span = match after.find(',') {
        // `a, b` without `a`: up to the next name.
        Some(comma) => {
            let next = after.get(comma + 1..)?;
            let blanks = next.len() - next.trim_start().len();
            Span::new(name.start as usize, name.end as usize + comma + 1 + blanks)
        }
        None => {
            let head = text.get(open..name.start as usize)?.trim_end().trim_end_matches(',').trim_end();
            Span::new(open + head.len(), name.end as usize)
        }
    };
    Some((span, names))
}

/// The comment with the blanks before it; with its line when nothing else stands there.
fn whole(text: &str, comment: Span) -> Option<Span> {
    let (start, end) = (comment.start as usize, comment.end as usize);
    let line = text.get(..start)?.rfind('\n').map_or(0, |newline| newline + 1);
    let before = text.get(line..start)?;
    let after = text.get(end..)?;
    let rest = after.find('\n').map_or(after.len(), |newline| newline + 1);
    let blank = |piece: &str, braces: [char; 2]| piece.chars().all(|c| c.is_whitespace() || braces.contains(&c));
    let code = before.trim_end();
    if blank(before, ['{', '{']) && blank(after.get(..rest)?, ['}', '}']) {
        return Some(Span::new(line, end + rest));
    }
    let ends_there = blank(after.get(..rest)?, [' ', ' ']);
    ends_there.then(|| Span::new(line + code.len(), end))
}
