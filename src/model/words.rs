//! The words of a name, whatever its case style.

/// The words of a name, in lower case: `commissionIdsBatch` → `commission ids batch`.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() {
            previous_lower = false;
            words.push(String::new());
            continue;
        }
        if c.is_uppercase() && previous_lower || words.is_empty() {
            words.push(String::new());
        }
        previous_lower = c.is_lowercase() || c.is_numeric();
        if let Some(word) = words.last_mut() {
            match c.is_ascii() {
                true => word.push(c.to_ascii_lowercase()),
                false => word.extend(c.to_lowercase()),
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether any of the words of a name, in lower case, is one of these.
pub fn has_word(name: &str, wanted: &[&str]) -> bool {
    any_word(name, |word| wanted.contains(&word))
}

/// Whether any of the words of a name, in lower case, is wanted.
pub fn any_word(name: &str, wanted: impl Fn(&str) -> bool) -> bool {
    let mut word = String::with_capacity(name.len());
    let mut previous_lower = false;
    for c in name.chars() {
        let ends = !c.is_alphanumeric() || c.is_uppercase() && previous_lower;
        if ends {
            if wanted(&word) {
                return true;
            }
            word.clear();
        }
        if !c.is_alphanumeric() {
            previous_lower = false;
            continue;
        }
        previous_lower = c.is_lowercase() || c.is_numeric();
        match c.is_ascii() {
            true => word.push(c.to_ascii_lowercase()),
            false => word.extend(c.to_lowercase()),
        }
    }
    wanted(&word)
}

/// True for a comment that says why rows are read or written one by one: `# Call delete() per instance to ensure …`, `// one at a time, so that …`.
/// One that says that it is still to be mended says nothing of the kind.
pub fn tells_of_single_rows(comment: &str) -> bool {
    const SAYS: &[&str] = &[
        "one by one",
        "1 by 1",
        "one at a time",
        "individually",
        "per instance",
        "per-instance",
        "per-row",
        "per row",
        "row by row",
        "instead of bulk",
        "can't use bulk",
        "cannot use bulk",
        "not use bulk",
        "don't want to use the standard",
        "re-fetches",
        "safe to retry",
    ];
    let lower = comment.to_ascii_lowercase();
    SAYS.iter().any(|says| lower.contains(says)) && !["todo", "fixme", "slow", "should be"].iter().any(|open| lower.contains(open))
}

#[cfg(test)]
mod tests {
    use super::{has_word, words};

    #[test]
    fn names_split_into_words() {
        assert_eq!(words("commissionIdsBatch"), ["commission", "ids", "batch"]);
        assert_eq!(words("page_range"), ["page", "range"]);
        assert_eq!(words("URL"), ["url"]);
        assert_eq!(words("_"), Vec::<String>::new());
    }

    #[test]
    fn a_word_of_a_name_is_found() {
        for name in ["commissionIdsBatch", "page_range", "URL", "_", "über-Größe", "a1B", "HTTPServer", "x__y"] {
            for word in words(name) {
                assert!(has_word(name, &[&word]), "{name}: {word}");
            }
            assert!(!has_word(name, &["no", "batc", "ages"]), "{name}");
        }
    }
}
