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
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn names_split_into_words() {
        assert_eq!(words("commissionIdsBatch"), ["commission", "ids", "batch"]);
        assert_eq!(words("page_range"), ["page", "range"]);
        assert_eq!(words("URL"), ["url"]);
        assert_eq!(words("_"), Vec::<String>::new());
    }
}
