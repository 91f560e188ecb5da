//! `dbml-drift`: the DBML document and the ORM's models describe different tables.
//!
//! A document describes the models whose tables it has. What differs between the two is told by table; types and nullability only where no
//! database could take one for the other.

mod forms;
mod models;

use std::collections::BTreeMap;
use std::sync::Arc;

use self::models::{Model, models};
use super::Context;
use crate::documents::schema::{Column, Schema, Table, column_key, table_key};
use crate::documents::{dbml, prisma};
use crate::model::finding::{Confidence, Finding, Label, Level, Location};
use crate::model::problem::{Problem, ProblemKind};
use crate::rulebook::vocabulary::{api_names, vocabulary};

const RULE: &str = "dbml-drift";
/// Columns named in one finding.
const MOST_NAMED: usize = 6;

/// Finds tables and columns that only one side has, and columns that differ.
pub fn check(context: &Context) -> Vec<Finding> {
    survey(context).0
}

/// The documents that were not compared, each with the reason.
pub fn left_out(context: &Context) -> Vec<Problem> {
    let reasons = survey(context).1.into_iter();
    reasons
        .map(|(path, reason)| Problem {
            path,
            span: None,
            kind: ProblemKind::Document,
            message: format!("this DBML document is not compared with the models: {reason}"),
        })
        .collect()
}

/// A table that code declares.
struct Coded {
    path: Arc<str>,
    table: Table,
    keys: Vec<String>,
    implied: Vec<String>,
}

fn survey(context: &Context) -> (Vec<Finding>, Vec<(Arc<str>, String)>) {
    let (mut findings, mut left_out) = (Vec::new(), Vec::new());
    let documents: Vec<&(Arc<str>, Arc<str>)> =
        context.texts.iter().filter(|(path, _)| path.ends_with(".dbml") && !is_sample(path)).collect();
    if documents.is_empty() {
        return (findings, left_out);
    }
    let coded = coded(context);
    for (path, text) in documents {
        let mut schema = dbml::read(path, text);
        schema.tables.retain(|table| !is_library_table(table));
        if schema.generated {
            left_out.push((path.clone(), "it says that a tool wrote it, so it follows the code by itself".to_string()));
        } else if schema.tables.is_empty() {
            left_out.push((path.clone(), "it has no tables".to_string()));
        } else if coded.is_empty() {
            left_out.push((path.clone(), "no models were found".to_string()));
        } else {
            match compare(&schema, &coded) {
                Ok(found) => findings.extend(found),
                Err(reason) => left_out.push((path.clone(), reason)),
            }
        }
    }
    (findings, left_out)
}

fn is_sample(path: &str) -> bool {
    path.split('/').any(|part| vocabulary().examples.schemas.has(part))
}

/// Tables that libraries make for themselves: the book-keeping of migrations, Django's own applications.
fn is_library_table(table: &Table) -> bool {
    let key = table_key(&table.name);
    let name = table.name.to_ascii_lowercase();
    api_names().orm.tables.ends(&key)
        || ["django_", "auth_", "authtoken_"].iter().any(|start| name.starts_with(start))
        || table.space.as_deref().is_some_and(|space| api_names().orm.spaces.has(space))
}

fn coded(context: &Context) -> Vec<Coded> {
    let program = context.program;
    let of_model = |model: Model| {
        let mut keys: Vec<String> = std::iter::once(&model.table.name).chain(&model.also).map(|name| table_key(name)).collect();
        keys.dedup();
        Coded { path: program.path(model.file).clone(), table: model.table, keys, implied: model.implied }
    };
    let mut found: Vec<Coded> = models(program).into_iter().map(of_model).collect();
    for (path, text) in context.texts.iter().filter(|(path, _)| path.ends_with(".prisma") && !is_sample(path)) {
        found.extend(prisma::read(path, text).tables.into_iter().map(|table| Coded {
            path: path.clone(),
            keys: vec![table_key(&table.name)],
            table,
            implied: Vec::new(),
        }));
    }
    found
}

/// The findings of one document; the reason, where it describes something else.
fn compare(schema: &Schema, coded: &[Coded]) -> Result<Vec<Finding>, String> {
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, code) in coded.iter().enumerate() {
        for key in &code.keys {
            by_key.entry(key).or_default().push(at);
        }
    }
    let pairs: Vec<(usize, Vec<usize>)> = schema
        .tables
        .iter()
        .enumerate()
        .map(|(at, table)| (at, by_key.get(table_key(&table.name).as_str()).cloned().unwrap_or_default()))
        .map(|(at, found)| (at, nearest(schema, coded, found)))
        .collect();
    let matched = pairs.iter().filter(|(_, found)| !found.is_empty()).count();
    let total = schema.tables.len();
    if matched == 0 {
        return Err(format!("no model has one of its {}", tables(total)));
    }
    if matched < total.min(2) || matched * 3 < total {
        return Err(format!("only {matched} of its {} have a model, so it describes something else", tables(total)));
    }
    let mut findings = Vec::new();
    let names: BTreeMap<String, &str> = schema.tables.iter().map(|table| (table_key(&table.name), table.name.as_str())).collect();
    for (at, found) in &pairs {
        let table = &schema.tables[*at];
        match found.as_slice() {
            [only] => findings.extend(table_differences(schema, table, &coded[*only], &names)),
            [] if matched * 2 >= total && !joins(table) => findings.push(finding(
                format!("`{}` has no model", table.name),
                Location { path: schema.path.clone(), span: table.span },
                "this table".to_string(),
                Vec::new(),
                "write its model, or take the table out of the document",
                format!("table {}", table.name),
            )),
            _ => {}
        }
    }
    findings.extend(undocumented(schema, coded, &pairs));
    Ok(findings)
}

fn tables(count: usize) -> String {
    if count == 1 { "1 table".to_string() } else { format!("{count} tables") }
}

/// Of several tables of one name, those in the nearest folder.
fn nearest(schema: &Schema, coded: &[Coded], found: Vec<usize>) -> Vec<usize> {
    let shared = |at: &usize| coded[*at].path.split('/').zip(schema.path.split('/')).take_while(|(a, b)| a == b).count();
    let most = found.iter().map(shared).max().unwrap_or(0);
    found.into_iter().filter(|at| shared(at) == most).collect()
}

/// A table that only joins two others: ORMs make it by themselves.
fn joins(table: &Table) -> bool {
    let references = table.columns.iter().filter(|column| column.refers.is_some() || column_key(&column.name).ends_with("id")).count();
    references >= 2 && table.columns.iter().all(|column| column.refers.is_some() || column.key || column_key(&column.name).ends_with("id"))
}

/// Models whose table the document lacks, where it has most of the others.
fn undocumented(schema: &Schema, coded: &[Coded], pairs: &[(usize, Vec<usize>)]) -> Vec<Finding> {
    let known: Vec<usize> = pairs.iter().flat_map(|(_, found)| found.iter().copied()).collect();
    let folders: Vec<&str> = known.iter().map(|&at| coded[at].path.split('/').next().unwrap_or_default()).collect();
    let scope: Vec<usize> =
        (0..coded.len()).filter(|&at| folders.contains(&coded[at].path.split('/').next().unwrap_or_default())).collect();
    if known.len() * 2 < scope.len() {
        return Vec::new();
    }
    let missing = scope.into_iter().filter(|at| !known.contains(at) && !joins(&coded[*at].table));
    missing
        .map(|at| {
            let code = &coded[at];
            let related = Label {
                location: Location { path: schema.path.clone(), span: schema.tables[0].span },
                text: format!("{} of the models' tables are in this document", known.len()),
            };
            finding(
                format!("the table `{}` is not in `{}`", code.table.name, schema.path),
                Location { path: code.path.clone(), span: code.table.span },
                "this model".to_string(),
                vec![related],
                "describe the table in the document, or take the model away",
                format!("model {}", code.table.name),
            )
        })
        .collect()
}

fn same_column(a: &str, b: &str) -> bool {
    let (a, b) = (column_key(a), column_key(b));
    a == b || a.strip_suffix("id").is_some_and(|stem| stem == b) || b.strip_suffix("id").is_some_and(|stem| stem == a)
}

fn table_differences(schema: &Schema, table: &Table, code: &Coded, names: &BTreeMap<String, &str>) -> Vec<Finding> {
    let pair = |column: &Column| code.table.columns.iter().find(|own| same_column(&own.name, &column.name));
    let matched = table.columns.iter().filter(|column| pair(column).is_some()).count();
    // Two tables that share nearly nothing share only their name.
    if matched * 3 < table.columns.len() || table.columns.is_empty() {
        return Vec::new();
    }
    let implied = |column: &Column| code.implied.iter().any(|name| same_column(name, &column.name));
    let mut findings = Vec::new();
    let lacking: Vec<&Column> = table.columns.iter().filter(|column| pair(column).is_none() && !implied(column)).collect();
    let model = || Label { location: Location { path: code.path.clone(), span: code.table.span }, text: "the model".to_string() };
    if let (Some(first), false) = (lacking.first(), code.table.open) {
        findings.push(finding(
            format!("the model of `{}` lacks {}", table.name, listed(&lacking)),
            Location { path: schema.path.clone(), span: first.span },
            "described here".to_string(),
            vec![model()],
            "add to the model what the document has, or take it out of the document",
            format!("{} lacks {}", table.name, subjects(&lacking)),
        ));
    }
    let extra: Vec<&Column> =
        code.table.columns.iter().filter(|column| !table.columns.iter().any(|own| same_column(&own.name, &column.name))).collect();
    if let (Some(first), false) = (extra.first(), table.open) {
        findings.push(finding(
            format!(
                "{} of the model {} not in the table `{}` of `{}`",
                listed(&extra),
                if extra.len() == 1 { "is" } else { "are" },
                table.name,
                schema.path
            ),
            Location { path: code.path.clone(), span: first.span },
            "only here".to_string(),
            vec![Label {
                location: Location { path: schema.path.clone(), span: table.span },
                text: "the table in the document".to_string(),
            }],
            "describe in the document what the model has, or take it out of the model",
            format!("{} adds {}", table.name, subjects(&extra)),
        ));
    }
    for column in &table.columns {
        let Some(own) = pair(column) else { continue };
        let exact = column_key(&own.name) == column_key(&column.name);
        for (what, detail) in column_differences(column, own, exact, names) {
            findings.push(finding(
                format!("`{}.{}`: {detail}", table.name, column.name),
                Location { path: code.path.clone(), span: own.span },
                "the model's column".to_string(),
                vec![Label {
                    location: Location { path: schema.path.clone(), span: column.span },
                    text: "the document's column".to_string(),
                }],
                "make both say the same",
                format!("{}.{} {what}", table.name, column.name),
            ));
        }
    }
    findings
}

/// What differs for certain.
fn column_differences(document: &Column, code: &Column, exact: bool, names: &BTreeMap<String, &str>) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if let (Some(a), Some(b), true) = (document.class, code.class, exact)
        && a != b
    {
        found.push(("type", format!("the document has {} (`{}`), the model {} (`{}`)", a.name(), document.kind, b.name(), code.kind)));
    }
    match (document.nullable, code.nullable) {
        (Some(false), Some(true)) => found.push(("null", "the document says `not null`, the model lets it be null".to_string())),
        (Some(true), Some(false)) => found.push(("null", "the document says `null`, the model does not let it be null".to_string())),
        _ => {}
    }
    if let (Some(a), Some(b)) = (&document.refers, &code.refers) {
        let (a, b) = (table_key(a), table_key(b));
        // Names of classes that are no tables of the document say nothing.
        if a != b && names.contains_key(&a) && names.contains_key(&b) {
            found.push(("reference", format!("the document has a reference to `{}`, the model one to `{}`", names[&a], names[&b])));
        }
    }
    found
}

fn listed(columns: &[&Column]) -> String {
    let named: Vec<String> = columns.iter().take(MOST_NAMED).map(|column| format!("`{}`", column.name)).collect();
    if columns.len() > MOST_NAMED { format!("{} …", named.join(", ")) } else { named.join(", ") }
}

fn subjects(columns: &[&Column]) -> String {
    columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(",")
}

fn finding(message: String, location: Location, text: String, related: Vec<Label>, help: &str, subject: String) -> Finding {
    Finding {
        rule: RULE.into(),
        level: Level::Warning,
        message,
        primary: Label { location, text },
        related,
        flow: Vec::new(),
        help: Some(help.to_string()),
        subject,
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}
