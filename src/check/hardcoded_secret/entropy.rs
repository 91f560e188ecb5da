//! Measures of randomness, on characters. No opinion about what is a secret.

/// Shannon entropy in bits per character.
pub(super) fn shannon(text: &str) -> f64 {
    let mut characters: Vec<char> = text.chars().collect();
    let total = characters.len() as f64;
    characters.sort_unstable();
    let mut entropy = 0.0;
    for run in characters.chunk_by(|a, b| a == b) {
        let share = run.len() as f64 / total;
        entropy -= share * share.log2();
    }
    entropy
}

/// The longest run of one repeated character.
pub(super) fn longest_run(text: &str) -> usize {
    let characters: Vec<char> = text.chars().collect();
    characters.chunk_by(|a, b| a == b).map(<[char]>::len).max().unwrap_or(0)
}

/// The longest piece in which each character is the successor of the one before: `abcdef`, `456789`.
pub(super) fn longest_sequence(text: &str) -> usize {
    let bytes = text.as_bytes();
    bytes.chunk_by(|a, b| a.checked_add(1) == Some(*b)).map(<[u8]>::len).max().unwrap_or(0)
}

/// True for text of eight characters or more that is nothing but steps up or down of four or more each: `54321abcde`, `12345678`.
pub(super) fn is_made_of_runs(text: &[u8]) -> bool {
    let step = |pair: &[u8]| i16::from(pair[1]) - i16::from(pair[0]);
    let (mut at, mut runs) = (0, 0);
    while let Some(pair) = text.get(at..at + 2) {
        let by = step(pair);
        if by.abs() != 1 {
            return false;
        }
        let length = 1 + text.get(at..).unwrap_or_default().windows(2).take_while(|pair| step(pair) == by).count();
        if length < 4 {
            return false;
        }
        (at, runs) = (at + length, runs + 1);
    }
    at == text.len() && text.len() >= 8 && runs > 0
}

/// True for text that is one unit over and over: `abababab`, `123123123`.
pub(super) fn is_periodic(text: &str) -> bool {
    period(text).is_some()
}

/// The length of the unit, in bytes, of text that is one unit three times or more.
pub(super) fn period(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (1..=bytes.len() / 3).find(|&period| bytes.iter().zip(bytes.iter().skip(period)).all(|(a, b)| a == b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures() {
        assert_eq!(shannon(""), 0.0);
        assert_eq!(shannon("aaaa"), 0.0);
        assert!((shannon("abcd") - 2.0).abs() < 1e-9);
        assert_eq!(longest_run("abbbc"), 3);
        assert_eq!(longest_sequence("xx12345z"), 5);
        assert!(is_made_of_runs(b"54321abcde") && is_made_of_runs(b"12345678"));
        assert!(!is_made_of_runs(b"54321abcdx") && !is_made_of_runs(b"1234") && !is_made_of_runs(b"12345678z"));
        assert!(is_periodic("abababab") && is_periodic("aaa") && !is_periodic("abcabd") && !is_periodic("ab"));
    }
}
