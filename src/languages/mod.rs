//! One folder per language: its grammar, its lowering to [`FileFacts`](crate::model::facts::FileFacts) and its module
//! resolution. Nothing outside `languages` and `lower` knows tree-sitter.

pub mod lines;
mod parts;
pub mod python;
pub mod rust;
pub mod tree;
pub mod typescript;

/// True for a comment that says something to people, not to a tool: `# noqa`, `// eslint-disable-line`, `# type: ignore` are none.
pub(crate) fn is_remark(comment: &str) -> bool {
    const TOOLS: &[&str] = &[
        "noqa",
        "nosec",
        "type:",
        "pylint",
        "pyright",
        "mypy",
        "pragma",
        "fmt:",
        "ruff",
        "isort",
        "eslint",
        "tslint",
        "prettier",
        "biome",
        "@ts-",
        "istanbul",
        "c8 ",
        "v8 ",
        "sonar",
        "archcheck",
        "expect:",
        "nosonar",
        "lint",
        "noinspection",
        "webpack",
    ];
    let text = comment.trim_start_matches(['#', '/', '*', '!', ' ', '\t']).trim_end_matches(['*', '/', ' ', '\r', '\n']);
    let lower: String = text.chars().take(24).flat_map(char::to_lowercase).collect();
    lower.chars().any(char::is_alphanumeric) && !TOOLS.iter().any(|tool| lower.starts_with(tool))
}
