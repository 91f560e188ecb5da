//! `import-cycle`: modules that cannot load without each other.
//!
//! A node is a Python or TypeScript file, an edge an import that runs when the file loads (see `links.rs`). Every strongly connected component is
//! one finding. Imports inside functions run later: a cycle that only they close is a note. Rust modules load nothing; there, cycles
//! between the parts that `archcheck.toml` names count.

mod at_load;
mod elided;
mod links;

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::Context;
use crate::graph::{Digraph, components, cycles};
use crate::model::facts::{DefKind, ImportKind};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::program::{ImportEdge, ImportTarget, Program};
use crate::model::role::{Role, RoleEvidence, Strength};
use crate::model::source::{Family, FileId};
use crate::rulebook::vocabulary::vocabulary;
use at_load::AtLoad;
use links::Links;

/// Most imports listed beside the first that is to be cut.
const MAX_CUTS: usize = 8;

/// Finds groups of modules that import each other.
pub(super) fn check(context: &Context) -> Vec<Finding> {
    context.kept("import-cycle", all).to_vec()
}

fn all(context: &Context) -> Vec<Finding> {
    let mut findings = cycles_of(context.program, &Links::of_files(context.program));
    if let Some(links) = Links::of_parts(context.program, &context.settings.contract) {
        findings.extend(cycles_of(context.program, &links));
    }
    findings
}

fn cycles_of(program: &Program, links: &Links) -> Vec<Finding> {
    let at_load: Vec<(u32, u32)> =
        links.pairs.iter().filter(|(_, edges)| edges.iter().any(|edge| runs_at_load(edge))).map(|(&pair, _)| pair).collect();
    let all: Vec<(u32, u32)> = links.pairs.keys().copied().collect();
    let real = |found: Vec<Vec<u32>>| found.into_iter().filter(|members| members.len() > 1);
    let mut findings = Vec::new();
    let mut is_told = vec![false; links.names.len()];
    let mut uses_at_load = AtLoad::default();
    for members in real(components(links.names.len(), &at_load)) {
        for &member in &members {
            is_told[member as usize] = true;
        }
        let pairs = inside(links, &members, runs_at_load);
        let uses: Vec<(u32, u32)> =
            pairs.iter().filter(|(_, edges)| edges.iter().any(|edge| !edge.re_export)).map(|(&pair, _)| pair).collect();
        let is_of_barrels = real(components(links.names.len(), &uses)).next().is_none();
        let is_idle = links.loads && !pairs.values().flatten().any(|edge| uses_at_load.uses(program, edge));
        let told = |knot: Knot| match () {
            () if is_of_barrels => knot.barrel_note(program),
            () if knot.is_of_browser(program) => knot.note_that(program, "in code for browsers"),
            () if knot.serves_tests(program) => knot.note_that(program, "only tests and code for browsers import them"),
            () if is_idle => knot.note_that(program, "none of them uses another while it loads"),
            () if knot.is_of_own_package(program) => {
                knot.note_that(program, "without what its own modules import from a package's index there is none")
            }
            () if knot.is_of_models(program) => knot.note_that(program, "models that refer to each other as their tables do"),
            () if knot.is_of_modules(program) => knot.note_that(program, "modules of a container, which has a way to name each other late"),
            () if knot.is_of_tasks(program) => knot.note_that(program, "only tasks and what starts them name each other"),
            () if knot.is_closed_late(program) => {
                knot.note_that(program, "the import that closes it stands below what the others take from there, as if on purpose")
            }
            () => knot.finding(program),
        };
        findings.extend(Knot::of(program, links, members, pairs).map(told));
    }
    for members in real(components(links.names.len(), &all)) {
        if members.iter().all(|&member| !is_told[member as usize]) {
            let pairs = inside(links, &members, |_| true);
            findings.extend(Knot::of(program, links, members, pairs).map(|knot| knot.note(program)));
        }
    }
    findings
}

/// The file that an import leads to.
fn target(edge: &ImportEdge) -> Option<FileId> {
    match edge.target {
        ImportTarget::Module(module) => Some(module.file),
        _ => None,
    }
}

fn runs_at_load(edge: &ImportEdge) -> bool {
    edge.kind == ImportKind::Load
}

type Pairs<'a> = BTreeMap<(u32, u32), Vec<&'a ImportEdge>>;

/// The imports among some units.
fn inside<'a>(links: &Links<'a>, members: &[u32], counts: impl Fn(&ImportEdge) -> bool) -> Pairs<'a> {
    let mut pairs = Pairs::new();
    for (&(from, to), edges) in &links.pairs {
        if members.binary_search(&from).is_ok() && members.binary_search(&to).is_ok() {
            let edges: Vec<&ImportEdge> = edges.iter().copied().filter(|edge| counts(edge)).collect();
            if !edges.is_empty() {
                pairs.insert((from, to), edges);
            }
        }
    }
    pairs
}

/// One strongly connected component.
struct Knot<'l, 'a> {
    links: &'l Links<'a>,
    members: Vec<u32>,
    pairs: Pairs<'a>,
    /// The shortest cycle, from the unit with the first name on.
    cycle: Vec<u32>,
    cut: cycles::Cut,
}

impl<'l, 'a> Knot<'l, 'a> {
    fn of(program: &Program, links: &'l Links<'a>, members: Vec<u32>, pairs: Pairs<'a>) -> Option<Knot<'l, 'a>> {
        let place = |unit: u32| members.binary_search(&unit).unwrap_or(0) as u32;
        let graph = Digraph::new(members.len(), pairs.keys().map(|&(from, to)| (place(from), place(to))));
        let cycle: Vec<u32> = cycles::shortest_cycle(&graph)?.into_iter().map(|at| members[at as usize]).collect();
        let weighted: Vec<(u32, u32, u64)> =
            pairs.iter().map(|(&(from, to), edges)| (place(from), place(to), weight(program, edges))).collect();
        let mut cut = cycles::cut(members.len(), &weighted);
        for (from, to) in &mut cut.edges {
            (*from, *to) = (members[*from as usize], members[*to as usize]);
        }
        Some(Knot { links, members, pairs, cycle, cut })
    }

    fn steps(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..self.cycle.len()).map(|at| (self.cycle[at], self.cycle[(at + 1) % self.cycle.len()]))
    }

    fn name(&self, unit: u32) -> &str {
        &self.links.names[unit as usize]
    }

    /// "`a` and `b` import each other", with the shortest cycle where the knot is larger than it.
    fn what(&self) -> String {
        let unit = self.links.word;
        match (self.members.len(), self.cycle.len()) {
            (2, _) => format!("{unit}s `{}` and `{}` import each other", self.name(self.cycle[0]), self.name(self.cycle[1])),
            (members, _) => format!("{members} {unit}s import each other in circles; the shortest is {}", self.circle()),
        }
    }

    /// "`a` → `b` → `a`".
    fn circle(&self) -> String {
        let names: Vec<String> = self.cycle.iter().chain(self.cycle.first()).map(|&unit| format!("`{}`", self.name(unit))).collect();
        names.join(" → ")
    }

    /// "5 imports: 3 at load time, 1 passed on, 1 inside functions".
    fn kinds(&self) -> String {
        let edges = || self.pairs.values().flatten();
        let total = edges().count();
        let deferred = edges().filter(|edge| edge.kind == ImportKind::Deferred).count();
        let passed_on = edges().filter(|edge| edge.re_export).count();
        let parts = [(total - deferred - passed_on, "at load time"), (passed_on, "to pass names on"), (deferred, "inside functions")];
        let parts: Vec<String> = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        format!("{total} imports: {}", parts.join(", "))
    }

    /// The edges to cut, those of the shortest cycle first.
    fn cuts(&self) -> Vec<(u32, u32)> {
        let on_cycle: Vec<(u32, u32)> = self.steps().collect();
        let mut cuts = self.cut.edges.clone();
        cuts.sort_by_key(|pair| (!on_cycle.contains(pair), *pair));
        cuts
    }

    fn finding(&self, program: &Program) -> Finding {
        let cuts = self.cuts();
        let first = cuts.first().copied().unwrap_or((self.cycle[0], self.cycle[1]));
        let label = match cuts.len() {
            1 => "without this import there is no cycle".to_string(),
            count => format!("the first of {count} to cut"),
        };
        let cut_text = |pair: &(u32, u32)| {
            let text = format!("to cut: `{}` → `{}`", self.name(pair.0), self.name(pair.1));
            self.label(program, *pair, text)
        };
        let mut related: Vec<Label> = cuts.iter().skip(1).take(MAX_CUTS).map(cut_text).collect();
        related.extend(self.flow(program));
        Finding {
            rule: "import-cycle".into(),
            level: Level::Warning,
            message: format!("{} ({})", self.what(), self.kinds()),
            primary: self.label(program, first, label),
            related,
            flow: Vec::new(),
            help: Some(self.help(&cuts)),
            subject: self.subject(),
            fingerprint: String::new(),
            confidence: Confidence::High,
            redact: Vec::new(),
        }
    }

    /// A cycle that only imports inside functions close: the project broke it, and it is still there.
    fn note(&self, program: &Program) -> Finding {
        let is_deferred = |pair: &(u32, u32)| self.pairs.get(pair).is_some_and(|edges| edges.iter().all(|edge| !runs_at_load(edge)));
        let first = self.steps().find(is_deferred).unwrap_or((self.cycle[0], self.cycle[1]));
        Finding {
            level: Level::Note,
            message: format!("{} ({}); imports inside functions keep it from failing when they load", self.what(), self.kinds()),
            primary: self.label(program, first, "imported late, inside a function".to_string()),
            related: self.flow(program),
            ..self.finding(program)
        }
    }

    /// A cycle that only a barrel closes, which uses nothing of what it passes on: its own parts import from it.
    fn barrel_note(&self, program: &Program) -> Finding {
        let message = format!("{} ({}); only passing names on closes the circle", self.what(), self.kinds());
        Finding { level: Level::Note, message, ..self.finding(program) }
    }

    /// Every import of the shortest cycle stands in code for browsers.
    fn is_of_browser(&self, program: &Program) -> bool {
        // A circle that leads through components is one of what is drawn.
        let is_component =
            |edge: &&ImportEdge| [".tsx", ".jsx", ".vue", ".svelte"].iter().any(|end| program.path(edge.from).ends_with(end));
        if self.steps().any(|pair| self.pairs.get(&pair).into_iter().flatten().any(is_component)) {
            return true;
        }
        let of = |pair: (u32, u32)| self.pairs.get(&pair).into_iter().flatten();
        let in_folder = |path: &str| path.split('/').any(|part| vocabulary().browsers.sources.has(part));
        let is_browsers = |edge: &&ImportEdge| {
            program.file_roles[edge.from.index()].iter().any(|evidence| evidence.role == Role::Frontend)
                || in_folder(program.path(edge.from))
        };
        self.steps().all(|pair| of(pair).all(is_browsers))
    }

    /// A package whose modules nothing imports from outside but tests (and code for browsers, which runs against their mocks).
    fn serves_tests(&self, program: &Program) -> bool {
        // A program has its own entry, which only its tests import: what is for tests is a package beside, and answers nothing.
        let is_beside = |&member: &u32| {
            let package = program.project.package_of(program.path(FileId(member)));
            package.is_some_and(|package| !program.project.packages[package].root.is_empty())
        };
        let answers = || program.routes.iter().any(|route| self.members.binary_search(&route.handler.file.0).is_ok());
        if !self.links.loads || !self.members.iter().all(is_beside) || answers() {
            return false;
        }
        let beside =
            |file: FileId| program.file_roles[file.index()].iter().any(|evidence| matches!(evidence.role, Role::Test | Role::Frontend));
        let is_member = |file: FileId| self.members.binary_search(&file.0).is_ok();
        let mut tests = false;
        let outside = program.imports.iter().filter(|edge| !is_member(edge.from) && target(edge).is_some_and(is_member));
        let all = outside.map(|edge| edge.from).all(|file| {
            tests |= program.file_roles[file.index()].iter().any(|evidence| evidence.role == Role::Test);
            beside(file)
        });
        all && tests
    }

    /// Without the imports that stand below everything the other modules take from theirs (`from app import views` after `app = Flask(…)`, subclasses after their
    /// base), no circle is left: somebody has put them there for that.
    fn is_closed_late(&self, program: &Program) -> bool {
        if !self.links.loads {
            return false;
        }
        // Where the last of what others take from a file ends; `None` when they take the module itself.
        let mut taken: FxHashMap<FileId, Option<u32>> = FxHashMap::default();
        for edge in self.pairs.values().flatten() {
            let Some(found) = edge.definition.filter(|found| found.file != edge.from) else { continue };
            let def = program.def(found);
            let end = (def.kind != DefKind::Module).then_some(def.span.end);
            let last = taken.entry(found.file).or_insert(end);
            *last = last.zip(end).map(|(last, end)| last.max(end));
        }
        let is_late = |edge: &ImportEdge| {
            let last = taken.get(&edge.from).copied().flatten();
            last.is_some_and(|last| last <= edge.span.start) && program.file(edge.from).language.family() == Family::Python
        };
        self.is_gone_without(&is_late)
    }

    /// Without the imports by which modules of a package take something from the index of that package (`from shop import Cart` in `shop/orders.py`), no
    /// circle is left: the index has bound what they take by then, or everybody would have noticed.
    fn is_of_own_package(&self, program: &Program) -> bool {
        let is_own = |edge: &ImportEdge| {
            let ImportTarget::Module(module) = edge.target else { return false };
            let folder = program.path(module.file).strip_suffix("__init__.py");
            folder.is_some_and(|folder| !folder.is_empty() && program.path(edge.from).starts_with(folder))
        };
        self.is_gone_without(&is_own)
    }

    /// Without what modules of NestJS import from each other no circle is left: `forwardRef` is how they name each other.
    fn is_of_modules(&self, program: &Program) -> bool {
        let is_module = |file: FileId| [".module.ts", ".module.js"].iter().any(|end| program.path(file).ends_with(end));
        let is_theirs = |edge: &ImportEdge| is_module(edge.from) && target(edge).is_some_and(is_module);
        self.is_gone_without(&is_theirs)
    }

    /// Without what tasks import no circle is left: `jobs.py` runs a service that starts a task of it.
    fn is_of_tasks(&self, program: &Program) -> bool {
        let is_task = |file: FileId| {
            program.file_role(file).is_some_and(|evidence| evidence.role == Role::Task) || program.path(file).ends_with("/tasks.py")
        };
        self.is_gone_without(&|edge: &ImportEdge| is_task(edge.from))
    }

    /// Without what models of TypeScript and the indexes beside them import from each other no circle is left: decorators and declarations name the
    /// other side in functions that run later.
    fn is_of_models(&self, program: &Program) -> bool {
        let is_model = |file: FileId| {
            let of_it = |evidence: &RoleEvidence| evidence.role == Role::Model && evidence.strength >= Strength::Content;
            let is_entity = || {
                let path = program.path(file);
                let stem = path.rsplit('/').next().unwrap_or(path);
                stem.contains(".entity.") || stem.contains(".schema.") || path.split('/').any(|part| part == "entities" || part == "entity")
            };
            program.file_roles[file.index()].iter().any(of_it) || is_entity()
        };
        let is_index = |file: FileId| {
            let is_index = program.path(file).rsplit('/').next().is_some_and(|name| name.starts_with("index."));
            is_index && program.file_role(file).is_none_or(|evidence| evidence.role == Role::Model)
        };
        let is_either = |file: FileId| program.file(file).language.family() == Family::TypeScript && (is_model(file) || is_index(file));
        self.is_gone_without(&|edge: &ImportEdge| is_either(edge.from) && target(edge).is_some_and(is_either))
    }

    /// No circle is left without some of the imports.
    fn is_gone_without(&self, goes: &dyn Fn(&ImportEdge) -> bool) -> bool {
        let left: Vec<(u32, u32)> =
            self.pairs.iter().filter(|(_, edges)| edges.iter().any(|edge| !goes(edge))).map(|(&pair, _)| pair).collect();
        self.links.loads && components(self.links.names.len(), &left).into_iter().all(|members| members.len() < 2)
    }

    /// A cycle that is not likely to fail when it loads: components of a browser use each other when they are drawn.
    fn note_that(&self, program: &Program, why: &str) -> Finding {
        let message = format!("{} ({}); {why}", self.what(), self.kinds());
        Finding { level: Level::Note, message, ..self.finding(program) }
    }

    /// Every edge of the shortest cycle at its line.
    fn flow(&self, program: &Program) -> Vec<Label> {
        let step = |pair: (u32, u32)| {
            let edges = &self.pairs[&pair];
            let mut names: Vec<&str> = edges.iter().map(|edge| edge.name.as_str()).filter(|name| !name.is_empty()).collect();
            names.dedup();
            let late = if edges.iter().all(|edge| !runs_at_load(edge)) { " inside a function" } else { "" };
            let verb = if edges.iter().all(|edge| edge.re_export) { "passes on" } else { "imports" };
            let (from, to) = (self.name(pair.0), self.name(pair.1));
            let text = match names.as_slice() {
                [] => format!("`{from}` {verb} `{to}`{late}"),
                [only] => format!("`{from}` {verb} `{only}` from `{to}`{late}"),
                [first, rest @ ..] => format!("`{from}` {verb} `{first}` and {} more from `{to}`{late}", rest.len()),
            };
            self.label(program, pair, text)
        };
        self.steps().map(step).collect()
    }

    /// The place of the first import of a pair; one that runs at load time before others.
    fn label(&self, program: &Program, pair: (u32, u32), text: String) -> Label {
        let first = self.pairs[&pair].iter().min_by_key(|edge| (!runs_at_load(edge), edge.from, edge.span.start));
        let location = first.map(|edge| program.location(edge.from, edge.span));
        // A pair has an import, or it would not be one.
        Label { location: location.unwrap_or_else(|| program.location(FileId(0), Default::default())), text }
    }

    fn help(&self, cuts: &[(u32, u32)]) -> String {
        let shown: Vec<String> =
            cuts.iter().take(MAX_CUTS).map(|pair| format!("`{}` → `{}`", self.name(pair.0), self.name(pair.1))).collect();
        let more = if cuts.len() > MAX_CUTS { format!(" and {} more", cuts.len() - MAX_CUTS) } else { String::new() };
        let set = match (cuts.len(), self.cut.exact) {
            (1, _) => "one import less is enough".to_string(),
            (count, true) => format!("{count} imports less are enough, and fewer are not"),
            (count, false) => format!("{count} imports less are enough (found by a heuristic; fewer may do)"),
        };
        format!(
            "{set}: {}{more}. Move what both sides need to a module below them, import a module from where it is defined, or pass it in",
            shown.join(", ")
        )
    }

    fn subject(&self) -> String {
        let names: Vec<&str> = self.cycle.iter().map(|&unit| self.name(unit)).collect();
        names.join(" -> ")
    }
}

/// What cutting a pair costs: a unit for the pair; then, to choose among equals, whether a barrel is there for it, whether it points down the layers, and
/// its number of imports.
fn weight(program: &Program, edges: &[&ImportEdge]) -> u64 {
    let is_barrel = edges.iter().all(|edge| is_barrel(program, edge));
    let is_downward = edges.iter().all(|edge| is_downward(program, edge));
    (1 << 24) + (u64::from(is_barrel) << 17) + (u64::from(is_downward) << 16) + edges.len().min(1 << 15) as u64
}

/// A package's index passes on, or collects, what lies beside and below it.
fn is_barrel(program: &Program, edge: &ImportEdge) -> bool {
    let ImportTarget::Module(module) = edge.target else { return false };
    let (folder, name) = program.path(edge.from).rsplit_once('/').unwrap_or(("", program.path(edge.from)));
    let is_index = matches!(name.split('.').next(), Some("__init__" | "index" | "mod"));
    edge.re_export || (is_index && program.path(module.file).starts_with(folder))
}

fn is_downward(program: &Program, edge: &ImportEdge) -> bool {
    let ImportTarget::Module(module) = edge.target else { return false };
    let rank = |file| program.file_role(file).and_then(|evidence| evidence.role.rank());
    matches!((rank(edge.from), rank(module.file)), (Some(from), Some(to)) if from < to)
}
