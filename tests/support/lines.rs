//! Lines found against lines expected, both ways.

use std::fmt::Write;

/// Asserts that exactly these lines were found, in whatever order.
#[track_caller]
pub fn assert_lines(mut found: Vec<String>, expected: &[&str]) {
    let mut wrong = String::new();
    for line in expected {
        match found.iter().position(|own| own == line) {
            Some(at) => drop(found.remove(at)),
            None => writeln!(wrong, "missing    {line}").unwrap(),
        }
    }
    found.iter().for_each(|line| writeln!(wrong, "unexpected {line}").unwrap());
    assert!(wrong.is_empty(), "\n{wrong}");
}
