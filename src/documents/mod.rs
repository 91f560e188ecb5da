//! Documents that say what code should be: OpenAPI descriptions and schemas of databases. Text to plain facts with places; nothing is read from disk.
//!
//! Readers never fail: what they do not understand they leave out, and say so where it matters. Depth, size and the number of references
//! followed are bounded.

pub mod dbml;
pub mod openapi;
pub mod prisma;
pub mod schema;
pub mod tree;

/// Whether two texts of a configuration file say the same, comments and layout aside. False for a text that is neither YAML nor TOML, or not readable as such.
pub fn say_the_same(path: &str, before: &str, after: &str) -> bool {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("yaml" | "yml") => tree::say_the_same(before, after),
        Some("toml") => {
            let table = |text: &str| text.parse::<toml::Table>().ok();
            table(before).is_some_and(|said| table(after) == Some(said))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::say_the_same;

    #[test]
    fn comments_are_nothing_that_is_said() {
        for (path, before, after, same) in [
            ("a.yaml", "a: 1 # one\nb: [x]\n---\nc: 2\n", "a: 1\nb: [x]\n---\nc: 2\n", true),
            ("a.yaml", "a: |\n  # one\n  two\n", "a: |\n  two\n", false),
            ("a.yml", "a: 1\n---\nb: 2\n", "a: 1\n---\nb: 3\n", false),
            ("a.yml", "a: [\n", "a: [\n", false),
            ("a.yml", "a: &x 1\nb: *x\n", "a: &x 1\nb: 1\n", false),
            ("a.toml", "# one\na = 1\n", "a = 1\n", true),
            ("a.toml", "a = \"\"\"\n# one\n\"\"\"\n", "a = \"\"\"\n\"\"\"\n", false),
            ("a.toml", "a = \n", "a = \n", false),
            (".env", "A=1\n", "A=1\n", false),
        ] {
            assert_eq!(say_the_same(path, before, after), same, "{before}");
        }
    }
}
