//! A first contract for code that has none: the parts there are, and the order of layers that explains most imports.
//!
//! Describes the code as it is and judges nothing. What it writes can fail: parts hold files, an order has at least one import it would forbid, and a rule is
//! only there when all code keeps to it.

mod divide;
mod order;
mod render;
mod rules;

use std::collections::BTreeMap;

use crate::model::facts::DefId;
use crate::model::program::{ImportTarget, Program};
use crate::model::role::{GlobalDef, Role};
use crate::model::source::FileId;

pub use render::render;

/// A contract to be written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// Name → the text of its value.
    pub parts: Vec<(String, String)>,
    pub orders: Vec<Order>,
    pub rules: Vec<Rule>,
    /// Files of code that were looked at.
    pub files: usize,
}

/// One order, with how well it explains the imports.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    pub name: String,
    pub text: String,
    /// The folder whose children it orders; empty for the root.
    pub folder: String,
    /// Imports between its parts, and those that go against it.
    pub imports: usize,
    pub against: usize,
}

/// One sentence that all code keeps to.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub name: String,
    pub text: String,
    /// What is known of it, for the comment.
    pub note: String,
}

impl Order {
    /// How much of the imports the order explains, in percent.
    pub fn fit(&self) -> f64 {
        if self.imports == 0 { 100.0 } else { 100.0 * (self.imports - self.against) as f64 / self.imports as f64 }
    }
}

/// The files of code with the imports between them.
struct Code<'a> {
    program: &'a Program<'a>,
    /// Not tests, migrations or generated code.
    files: Vec<FileId>,
    /// How many imports lead from one file to another.
    imports: BTreeMap<(FileId, FileId), usize>,
}

impl<'a> Code<'a> {
    fn of(program: &'a Program<'a>) -> Code<'a> {
        let is_code = |file: FileId| {
            let module = GlobalDef { file, def: DefId::MODULE };
            !program.is(module, Role::Test) && !program.is(module, Role::Migration)
        };
        let files: Vec<FileId> = (0..program.facts.len() as u32).map(FileId).filter(|file| is_code(*file)).collect();
        let mut imports: BTreeMap<(FileId, FileId), usize> = BTreeMap::new();
        for edge in program.imports.iter().filter(|edge| edge.kind.is_dependency()) {
            let ImportTarget::Module(module) = edge.target else { continue };
            let to = edge.definition.unwrap_or(module).file;
            if to != edge.from && files.binary_search(&edge.from).is_ok() && files.binary_search(&to).is_ok() {
                *imports.entry((edge.from, to)).or_default() += 1;
            }
        }
        Code { program, files, imports }
    }

    fn path(&self, file: FileId) -> &str {
        self.program.path(file)
    }
}

/// Packages with fewer files have no order of their own.
const MIN_PACKAGE: usize = 6;

/// Most packages that get an order of their own.
const MAX_PACKAGES: usize = 6;

/// Finds parts, orders and rules.
pub fn draft(program: &Program) -> Draft {
    let code = Code::of(program);
    let mut draft = Draft { files: code.files.len(), ..Draft::default() };
    let mut names = divide::Names::default();
    for files in packages(&code) {
        if let Some(found) = divide::best(&code, &files, &mut names) {
            draft.parts.extend(found.parts);
            draft.orders.push(found.order);
        }
    }
    rules::add(&code, &mut draft, &mut names);
    draft
}

/// The files of each package, the largest first; of everything, where there is one package only or where packages are small.
fn packages(code: &Code) -> Vec<Vec<FileId>> {
    let mut packages: BTreeMap<Option<usize>, Vec<FileId>> = BTreeMap::new();
    for &file in &code.files {
        packages.entry(code.program.project.package_of(code.path(file))).or_default().push(file);
    }
    let mut found: Vec<Vec<FileId>> = packages.into_values().filter(|files| files.len() >= MIN_PACKAGE).collect();
    found.sort_by_key(|files| (std::cmp::Reverse(files.len()), files[0]));
    found.truncate(MAX_PACKAGES);
    if found.len() > 1 {
        return found;
    }
    vec![code.files.clone()]
}
