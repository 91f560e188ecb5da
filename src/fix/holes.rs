//! The holes of SQL that is put together: each is replaced by a placeholder, if all stand where a value is compared with something.

/// A hole and where it stands.
pub(super) struct Hole<'t> {
    /// What is written in it: a name, or nothing.
    pub(super) value: &'t str,
    /// Quotes stood around it, which go with it.
    pub(super) quoted: bool,
    /// It stands inside of a literal, where no value can be bound.
    pub(super) in_literal: bool,
    /// What follows.
    pub(super) after: &'t str,
}

/// The SQL with what `placeholder` gives for each hole; `open` begins one, and `}` ends it. `None` where it gives nothing, or a hole is not compared.
pub(super) fn bound(content: &str, open: &str, mut placeholder: impl FnMut(Hole) -> Option<String>) -> Option<String> {
    let (mut sql, mut rest) = (String::new(), content);
    while let Some((before, found)) = rest.split_once(open) {
        sql.push_str(before);
        let (value, after) = found.split_once('}')?;
        let quoted = sql.ends_with('\'') && after.starts_with('\'');
        if quoted {
            sql.pop();
        }
        let in_literal = !sql.matches('\'').count().is_multiple_of(2);
        let after = if quoted { &after[1..] } else { after };
        if !sql.trim_end().ends_with(['=', '<', '>']) {
            return None;
        }
        sql.push_str(&placeholder(Hole { value, quoted, in_literal, after })?);
        rest = after;
    }
    sql.push_str(rest);
    Some(sql)
}

/// Whether nothing follows that would belong to the value.
pub(super) fn ends(after: &str) -> bool {
    after.is_empty() || after.starts_with([' ', ')', ';'])
}
