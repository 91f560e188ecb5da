//! A rule's page as people read it: in a terminal, above the code in an editor, as a file.

use crate::model::rule::{Profile, Rule};

/// The page, as Markdown.
pub fn page(rule: &Rule) -> String {
    let mut text = format!("# {}\n\n{}\n\n", rule.id, rule.title);
    let profile = if rule.profile == Profile::Strict { ", only in the strict profile" } else { "" };
    text += &format!("{} · {}{profile} · precision {}", rule.category, rule.level.name(), rule.precision);
    if !rule.tags.is_empty() {
        text += &format!(" · {}", rule.tags.join(", "));
    }
    text += &format!("\n\n{}\n", rule.markdown.trim_end());
    if !rule.help.is_empty() {
        text += "\n## How to mend it\n\n";
        for (framework, help) in &rule.help {
            let whom = if framework == "default" { String::new() } else { format!("{framework}: ") };
            text += &format!("- {whom}{}\n", help.trim());
        }
    }
    if !rule.options.is_empty() {
        text += &format!("\n## Options\n\n```toml\n[options.{}]\n", rule.id);
        for (name, value) in &rule.options {
            text += &format!("{name} = {value}\n");
        }
        text += "```\n";
    }
    text
}
