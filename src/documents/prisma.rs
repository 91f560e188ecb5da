//! Prisma schemas (`schema.prisma`): models as tables. Relation fields are no columns; enumerations, generators and data sources are passed over.

use std::sync::Arc;

use super::schema::{Class, Column, Schema, Table};
use crate::model::source::Span;

/// Reads a schema.
pub fn read(path: &Arc<str>, text: &str) -> Schema {
    let mut tables: Vec<Table> = Vec::new();
    let mut enums: Vec<String> = Vec::new();
    let mut models: Vec<(String, String)> = Vec::new();
    let mut relations: Vec<(usize, String, String)> = Vec::new();
    let mut table: Option<Table> = None;
    let mut inside_other = false;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let code = line.split("//").next().unwrap_or_default();
        let trimmed = code.trim();
        let place = |word: &str| {
            let at = start + line.find(word).unwrap_or(0);
            Span::new(at, at + word.len())
        };
        if trimmed.is_empty() {
            continue;
        }
        if trimmed.starts_with('}') {
            tables.extend(table.take());
            inside_other = false;
            continue;
        }
        let mut words = trimmed.split_whitespace();
        let first = words.next().unwrap_or_default();
        if let Some(open) = &mut table {
            if first.starts_with("@@") {
                if let Some(name) = trimmed.strip_prefix("@@map").and_then(quoted) {
                    open.name = name;
                }
                continue;
            }
            let Some(kind) = words.next() else { continue };
            if let Some(names) = trimmed.find("fields:").and_then(|at| trimmed[at..].split(['[', ']']).nth(1)) {
                let target = kind.trim_end_matches(['?', '[', ']']).to_string();
                relations.extend(names.split(',').map(|name| (tables.len(), name.trim().to_string(), target.clone())));
            }
            let base = kind.trim_end_matches(['?', '[', ']']);
            let key = trimmed.contains("@id");
            let name = trimmed.find("@map").and_then(|at| quoted(&trimmed[at..])).unwrap_or_else(|| first.to_string());
            open.columns.push(Column {
                name,
                span: place(first),
                class: if kind.ends_with("[]") { None } else { Class::of(base) },
                kind: kind.to_string(),
                nullable: (!kind.ends_with("[]")).then_some(kind.ends_with('?')),
                refers: None,
                key,
            });
            continue;
        }
        if inside_other {
            continue;
        }
        let name = words.next().unwrap_or_default().trim_end_matches('{').to_string();
        match first {
            "model" if !name.is_empty() => {
                models.push((name.clone(), name.clone()));
                table = Some(Table { span: place(&name), name, space: None, columns: Vec::new(), open: false });
            }
            "enum" => {
                enums.push(name);
                inside_other = true;
            }
            _ => inside_other = trimmed.ends_with('{'),
        }
    }
    tables.extend(table.take());
    for (at, table) in tables.iter().enumerate() {
        models[at].1.clone_from(&table.name);
    }
    let is_scalar = |kind: &str| {
        let base = kind.trim_end_matches(['?', '[', ']']).split('(').next().unwrap_or_default();
        SCALARS.contains(&base) || enums.iter().any(|name| name == base)
    };
    for (at, column, target) in relations {
        let table = models.iter().find(|(model, _)| *model == target).map_or(target, |(_, table)| table.clone());
        if let Some(column) =
            tables.get_mut(at).and_then(|own| own.columns.iter_mut().find(|own| own.name == column || text[own.span.range()] == column))
        {
            column.refers = Some(table);
        }
    }
    for table in &mut tables {
        table.columns.retain(|column| is_scalar(&column.kind));
        for column in &mut table.columns {
            if enums.iter().any(|name| *name == column.kind.trim_end_matches(['?', '[', ']'])) {
                column.class = None;
            }
        }
    }
    Schema { path: path.clone(), tables, generated: false }
}

const SCALARS: &[&str] = &["String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Json", "Bytes", "Unsupported"];

/// The kind of database that a schema's data source names: `mysql` of `provider = "mysql"`.
pub fn provider(text: &str) -> Option<&str> {
    let source = text.lines().skip_while(|line| !line.trim_start().starts_with("datasource ")).skip(1);
    source.take_while(|line| !line.trim_start().starts_with('}')).find_map(|line| {
        let (key, value) = line.split_once('=')?;
        (key.trim() == "provider").then(|| value.split('"').nth(1)).flatten()
    })
}

/// The first text in double quotes.
fn quoted(text: &str) -> Option<String> {
    text.split('"').nth(1).map(str::to_string)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::{provider, read};

    #[test]
    fn data_sources_name_their_database() {
        let of = |source: &str| provider(source).map(str::to_string);
        assert_eq!(
            of("generator client {\n  provider = \"prisma-client-js\"\n}\n\ndatasource db {\n  provider = \"mysql\"\n}\n").as_deref(),
            Some("mysql")
        );
        assert_eq!(of("generator client {\n  provider = \"prisma-client-js\"\n}\n"), None);
    }

    #[test]
    fn models_are_tables() {
        let text = "generator client {\n  provider = \"x\"\n}\n\n/// people\nmodel User {\n  id    Int     @id @default(autoincrement())\n  mail  String? @map(\"e_mail\") // x\n  role  Role\n  posts Post[]\n  tags  String[]\n  @@map(\"users\")\n}\n\nmodel Post {\n  id Int @id\n  author User @relation(fields: [authorId], references: [id])\n  authorId Int\n}\nenum Role {\n  A\n}\n";
        let schema = read(&Arc::from("schema.prisma"), text);
        let lines: Vec<String> = schema
            .tables
            .iter()
            .map(|table| {
                let columns: Vec<String> = table
                    .columns
                    .iter()
                    .map(|one| format!("{} {}{}", one.name, one.kind, one.refers.as_ref().map(|to| format!(" > {to}")).unwrap_or_default()))
                    .collect();
                format!("{}: {}", table.name, columns.join(", "))
            })
            .collect();
        assert_eq!(lines, ["users: id Int, e_mail String?, role Role, tags String[]", "Post: id Int, authorId Int > users"]);
        assert_eq!(&text[schema.tables[0].columns[1].span.range()], "mail");
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,120}", lines in proptest::collection::vec(prop_oneof![Just("model A {\n"), Just("}\n"), Just("x Int @map(\"\n"), Just("@@map(\n"), Just("enum\n"), Just("model\n"), Just("a B @relation(fields: [\n")], 0..20)) {
            read(&Arc::from("x"), &format!("{}{text}", lines.concat()));
        }
    }
}
