//! What somebody should know before touching a file, and of the project as a whole: roles and parts, what each uses and is used by, what the orders allow.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Lines;
use crate::config::{Config, PartGlobs};
use crate::model::briefing::{Briefing, Guide, Held, Neighbour, Permission, Piece, Said, Subject};
use crate::model::contract::{Contract, Layers, Mention, Reach, Sentence, Siblings, Word};
use crate::model::facts::DefId;
use crate::model::program::{ImportTarget, Program};
use crate::model::role::{GlobalDef, Role, RoleEvidence};
use crate::model::source::{FileId, Span};

/// The order that holds where `archcheck.toml` has none.
const DEFAULT_ORDER: &str = "router >> service >> repository > model";
/// Definitions listed of one file.
const MAX_HELD: usize = 60;
/// Folders named of one piece.
const MAX_PLACES: usize = 3;
/// Folders of a piece are named at most so deep.
const MAX_DEPTH: usize = 4;

/// What is known of the project's files as the other functions here need it.
pub struct Ground<'p, 'a> {
    program: &'p Program<'a>,
    lines: Lines<'p>,
    contract: &'p Contract,
    /// The text of `archcheck.toml`.
    text: &'p str,
    globs: PartGlobs,
    /// Of each file: the name of its part, else of its role.
    names: Vec<Option<String>>,
}

impl<'p, 'a> Ground<'p, 'a> {
    /// Names the piece of every file. `config` is that of the root.
    pub fn new(program: &'p Program<'a>, lines: Lines<'p>, config: &'p Config) -> Ground<'p, 'a> {
        let contract = &config.contract;
        let mut ground = Ground { program, lines, contract, text: &config.text, globs: PartGlobs::of(&contract.parts), names: Vec::new() };
        ground.names = (0..program.facts.len() as u32).map(|file| ground.piece(FileId(file))).collect();
        ground
    }

    fn parts(&self, path: &str) -> Vec<String> {
        self.globs.parts(path).into_iter().map(|at| self.contract.parts[at].name.value.clone()).collect()
    }

    fn piece(&self, file: FileId) -> Option<String> {
        let part = self.globs.parts(self.program.path(file)).first().map(|&at| self.contract.parts[at].name.value.clone());
        part.or_else(|| self.program.file_role(file).map(|evidence| evidence.role.name().to_string()))
    }

    /// The piece of a file; its folder where it is in none.
    fn name(&self, file: FileId) -> String {
        let folder = || self.program.path(file).rsplit_once('/').map_or_else(|| ".".to_string(), |(folder, _)| format!("{folder}/"));
        self.names[file.index()].clone().unwrap_or_else(folder)
    }

    /// Every import between files of the project: from, to.
    fn imports(&self) -> impl Iterator<Item = (FileId, FileId)> {
        self.program.imports.iter().filter(|edge| edge.kind.is_dependency()).filter_map(|edge| {
            let ImportTarget::Module(module) = &edge.target else { return None };
            let to = edge.definition.map_or(module.file, |definition| definition.file);
            (to != edge.from).then_some((edge.from, to))
        })
    }

    /// A sentence or an order in the user's words.
    fn written(&self, span: Span) -> String {
        self.text.get(span.range()).unwrap_or("").trim_matches(['"', '\'']).to_string()
    }

    fn sentence(&self, rule: &Sentence) -> Said {
        let (because, fix) = (rule.terms.because.clone(), rule.terms.fix.clone());
        Said { name: rule.name.value.clone(), text: self.written(rule.span), because, fix }
    }

    fn roles_present(&self) -> BTreeSet<Role> {
        let files = (0..self.program.facts.len() as u32).filter_map(|file| self.program.file_role(FileId(file)));
        files.map(|evidence| evidence.role).chain(self.program.def_roles.values().map(|evidence| evidence.role)).collect()
    }
}

/// What somebody should know of `path`: a file, a folder, or a place where a file may come. `None` where nothing near it is known.
pub fn briefing(ground: &Ground, path: &str) -> Option<Briefing> {
    let path = path.trim_end_matches('/');
    let program = ground.program;
    let files = || (0..program.facts.len() as u32).map(FileId);
    let below =
        |folder: &str| -> Vec<FileId> { files().filter(|&file| folder.is_empty() || is_below(program.path(file), folder)).collect() };
    let exact = files().find(|&file| **program.path(file) == *path);
    let (subject, members) = match exact {
        Some(file) => (Subject::File, vec![file]),
        None if !below(path).is_empty() => (Subject::Folder, below(path)),
        None => (Subject::New, near(path, &below)?),
    };
    let role = match exact {
        Some(file) => program.file_role(file).cloned(),
        None => common_role(program, &members),
    };
    let parts = match subject {
        Subject::Folder => common_parts(ground, &members),
        _ => ground.parts(path),
    };
    let own: BTreeSet<FileId> = if subject == Subject::New { BTreeSet::new() } else { members.iter().copied().collect() };
    let neighbours = |inward: bool| {
        let ends = ground.imports().map(|(from, to)| if inward { (to, from) } else { (from, to) });
        tally(ground, ends.filter(|(mine, other)| own.contains(mine) && !own.contains(other)).map(|(_, other)| other))
    };
    let languages: BTreeSet<&'static str> = members.iter().map(|&file| program.file(file).language.family().name()).collect();
    let (may, must_not) = permissions(ground, &parts, role.as_ref().map(|evidence| evidence.role));
    let counted = |of: &dyn Fn(FileId) -> u32| if subject == Subject::New { 0 } else { members.iter().map(|&file| of(file)).sum() };
    Some(Briefing {
        path: path.to_string(),
        subject,
        files: counted(&|_| 1),
        lines: counted(&|file| program.file(file).lines),
        languages: languages.into_iter().collect(),
        holds: exact.map(|file| held(ground, file)).unwrap_or_default(),
        uses: neighbours(false),
        used_by: neighbours(true),
        said: said(ground, path, &parts, role.as_ref().map(|evidence| evidence.role)),
        may,
        must_not,
        parts,
        role,
    })
}

/// The files of the nearest folder above a place that has any. All of the project is no neighbourhood, unless the place is at its top.
fn near(path: &str, below: &dyn Fn(&str) -> Vec<FileId>) -> Option<Vec<FileId>> {
    let mut folder = path;
    while let Some((above, _)) = folder.rsplit_once('/') {
        let files = below(above);
        if !files.is_empty() {
            return Some(files);
        }
        folder = above;
    }
    (!path.contains('/')).then(|| below("")).filter(|files| !files.is_empty())
}

fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
}

/// The role of more than half of the files that have one.
fn common_role(program: &Program, files: &[FileId]) -> Option<RoleEvidence> {
    let mut count: BTreeMap<Role, u32> = BTreeMap::new();
    for evidence in files.iter().filter_map(|&file| program.file_role(file)) {
        *count.entry(evidence.role).or_default() += 1;
    }
    let all: u32 = count.values().sum();
    let (&role, &most) = count.iter().max_by_key(|(role, count)| (**count, Reverse(**role)))?;
    let first = files.iter().filter_map(|&file| program.file_role(file)).find(|evidence| evidence.role == role)?;
    (most * 2 > all).then(|| RoleEvidence { reason: format!("{most} of {} files here are", files.len()), ..first.clone() })
}

/// The parts that hold every file.
fn common_parts(ground: &Ground, files: &[FileId]) -> Vec<String> {
    let mut common: Option<Vec<String>> = None;
    for &file in files {
        let parts = ground.parts(ground.program.path(file));
        common = Some(match common {
            None => parts,
            Some(known) => known.into_iter().filter(|part| parts.contains(part)).collect(),
        });
    }
    common.unwrap_or_default()
}

fn held(ground: &Ground, file: FileId) -> Vec<Held> {
    let program = ground.program;
    let mut held: Vec<Held> = Vec::new();
    for (def, definition) in program.file(file).definitions().filter(|(def, _)| *def != DefId::MODULE) {
        let id = GlobalDef { file, def };
        if let Some(evidence) = program.def_roles.get(&id) {
            let line = ground.lines[file.index()].line(definition.name_span.start) + 1;
            held.push(Held { line, name: program.short_name(id), role: evidence.role, reason: evidence.reason.clone() });
        }
    }
    held.sort_by_key(|held| held.line);
    held.truncate(MAX_HELD);
    held
}

fn tally(ground: &Ground, files: impl Iterator<Item = FileId>) -> Vec<Neighbour> {
    let mut found: BTreeMap<String, (u32, BTreeSet<Arc<str>>)> = BTreeMap::new();
    for file in files {
        let (count, paths) = found.entry(ground.name(file)).or_default();
        *count += 1;
        paths.insert(ground.program.path(file).clone());
    }
    let mut list: Vec<Neighbour> =
        found.into_iter().map(|(name, (imports, paths))| Neighbour { name, imports, paths: paths.into_iter().collect() }).collect();
    list.sort_by(|a, b| (b.imports, &a.name).cmp(&(a.imports, &b.name)));
    list
}

/// What the orders allow and forbid to a piece with these parts and this role.
fn permissions(ground: &Ground, parts: &[String], role: Option<Role>) -> (Vec<Permission>, Vec<Permission>) {
    let (mut may, mut must_not) = (Vec::new(), Vec::new());
    let is_own = |word: &str| parts.iter().any(|part| part == word) || role.is_some_and(|role| role.name() == word);
    for layers in ground.contract.layers.iter().filter(|layers| layers.each.is_none()) {
        order(layers, &is_own, &mut may, &mut must_not);
    }
    if ground.contract.layers.is_empty() {
        default_order(&ground.roles_present(), role, &mut may, &mut must_not);
    }
    must_not.sort();
    must_not.dedup();
    may.sort();
    may.dedup();
    may.retain(|allowed: &Permission| !must_not.iter().any(|forbidden| forbidden.what == allowed.what));
    (may, must_not)
}

fn order(layers: &Layers, is_own: &dyn Fn(&str) -> bool, may: &mut Vec<Permission>, must_not: &mut Vec<Permission>) {
    let own = layers.steps.iter().position(|step| step.members.iter().any(|member| is_own(&member.part.value)));
    let Some(own) = own else { return };
    for (at, step) in layers.steps.iter().enumerate() {
        for member in step.members.iter().filter(|member| !is_own(&member.part.value)) {
            let name = &layers.name.value;
            let (allowed, why) = match at.cmp(&own) {
                std::cmp::Ordering::Less => (false, format!("it is above, in the order `{name}`")),
                std::cmp::Ordering::Equal if step.siblings == Siblings::Friends => {
                    (true, format!("a friend of one layer, in the order `{name}`"))
                }
                std::cmp::Ordering::Equal => (false, format!("a stranger of one layer, in the order `{name}`")),
                std::cmp::Ordering::Greater if at > own + 1 && layers.steps[own].reach == Reach::NextOnly => {
                    (false, format!("only the next layer may be used, in the order `{name}`"))
                }
                std::cmp::Ordering::Greater => (true, format!("it is below, in the order `{name}`")),
            };
            let list = if allowed { &mut *may } else { &mut *must_not };
            list.push(Permission { what: member.part.value.clone(), why });
        }
    }
}

/// `router >> service >> repository > model` with the roles that the project has.
fn default_order(present: &BTreeSet<Role>, role: Option<Role>, may: &mut Vec<Permission>, must_not: &mut Vec<Permission>) {
    let Some((role, rank)) = role.and_then(|role| Some((role, role.rank()?))) else { return };
    for other in present.iter().copied().filter(|&other| other != role) {
        let Some(other_rank) = other.rank() else { continue };
        let (allowed, why) = if other_rank < rank {
            (false, format!("layers depend downward only: {DEFAULT_ORDER} (layer-violation)"))
        } else if role == Role::Router && other == Role::Repository && present.contains(&Role::Service) {
            (false, "handlers call services, services call repositories (layer-skip)".to_string())
        } else {
            (true, format!("it is below: {DEFAULT_ORDER}"))
        };
        let list = if allowed { &mut *may } else { &mut *must_not };
        list.push(Permission { what: other.name().to_string(), why });
    }
}

/// The sentences that speak of a piece.
fn said(ground: &Ground, path: &str, parts: &[String], role: Option<Role>) -> Vec<Said> {
    let names = |mention: &Mention| match ground.contract.word(&mention.word.value) {
        Word::Part(part) => parts.contains(&ground.contract.parts[part].name.value),
        Word::Role(named) => role == Some(named),
        Word::Inside(part, rest) => parts.contains(&ground.contract.parts[part].name.value) && path.contains(rest),
        Word::Path(place) => crate::config::glob(place).is_ok_and(|glob| glob.compile_matcher().is_match(path)),
        Word::Ambient(_) | Word::Standard | Word::Unknown => false,
    };
    let about = |rule: &&Sentence| {
        let is_subject = rule.subjects.iter().any(&names);
        // `only a may use b` speaks of everybody else, too.
        is_subject || rule.objects.iter().any(&names) || rule.form == crate::model::contract::RuleForm::Only
    };
    ground.contract.rules.iter().filter(about).map(|rule| ground.sentence(rule)).collect()
}

/// The architecture of the whole project.
pub fn guide(ground: &Ground) -> Guide {
    let mut files: BTreeMap<String, Vec<FileId>> = BTreeMap::new();
    for (at, name) in ground.names.iter().enumerate() {
        if let Some(name) = name {
            files.entry(name.clone()).or_default().push(FileId(at as u32));
        }
    }
    let mut uses: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
    for (from, to) in ground.imports() {
        if let (Some(from), Some(to)) = (&ground.names[from.index()], &ground.names[to.index()])
            && from != to
        {
            *uses.entry(from.clone()).or_default().entry(to.clone()).or_default() += 1;
        }
    }
    let mut pieces: Vec<Piece> = files
        .into_iter()
        .map(|(name, files)| {
            let mut used: Vec<(String, u32)> = uses.remove(&name).unwrap_or_default().into_iter().collect();
            used.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
            Piece { files: files.len() as u32, places: places(ground.program, &files), uses: used, name }
        })
        .collect();
    pieces.sort_by_key(|piece| (rank(ground.contract, &piece.name), piece.name.clone()));
    let mut routes: BTreeMap<String, u32> = BTreeMap::new();
    for route in &ground.program.routes {
        *routes.entry(route.framework.clone()).or_default() += 1;
    }
    Guide { pieces, orders: orders(ground), rules: ground.contract.rules.iter().map(|rule| ground.sentence(rule)).collect(), routes }
}

fn orders(ground: &Ground) -> Vec<Said> {
    let own = ground.contract.layers.iter().map(|layers| Said {
        name: layers.name.value.clone(),
        text: ground.written(layers.span),
        because: layers.terms.because.clone(),
        fix: layers.terms.fix.clone(),
    });
    let mut orders: Vec<Said> = own.collect();
    if orders.is_empty() {
        let present = ground.roles_present();
        if present.iter().filter(|role| role.rank().is_some()).count() > 1 {
            let because = Some("what archcheck holds where archcheck.toml says nothing else".to_string());
            orders.push(Said { name: "layers".to_string(), text: DEFAULT_ORDER.to_string(), because, fix: None });
        }
    }
    orders
}

/// The place in the first order that names it; the roles' own order after that.
fn rank(contract: &Contract, name: &str) -> usize {
    let steps = contract
        .layers
        .iter()
        .find_map(|layers| layers.steps.iter().position(|step| step.members.iter().any(|member| member.part.value == name)));
    steps
        .unwrap_or_else(|| 1000 + Role::from_name(name).map_or(100, |role| Role::ALL.iter().position(|known| *known == role).unwrap_or(99)))
}

/// The folders that hold most of some files.
fn places(program: &Program, files: &[FileId]) -> Vec<String> {
    if let [file] = files {
        return vec![program.path(*file).to_string()];
    }
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for &file in files {
        let path = program.path(file);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let cut = folder.match_indices('/').nth(MAX_DEPTH - 1).map_or(folder, |(at, _)| &folder[..at]);
        *count.entry(if cut.is_empty() { "./".to_string() } else { format!("{cut}/") }).or_default() += 1;
    }
    let mut places: Vec<(String, usize)> = count.into_iter().collect();
    places.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    places.into_iter().take(MAX_PLACES).map(|(place, _)| place).collect()
}
