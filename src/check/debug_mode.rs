//! Debug modes that show traces to clients. Part of `error-detail-leak`.

use super::hardcoded_secret::takes_local_settings;
use super::password_settings::argument;
use super::requests::in_development_branch;
use super::scope::in_scope;
use super::spelling::{call_span, spelled_callee};
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefFlags, DefId, DefKind, FileFacts};
use crate::model::finding::{Confidence, Finding, Label, Level};
use crate::model::knowledge::{ApiFact, ArgumentRef};
use crate::model::nesting::{Nesting, arguments};
use crate::model::program::Program;
use crate::model::role::{GlobalDef, Role};
use crate::model::source::{Family, FileId, Span};
use crate::model::words::has_word;
use crate::rulebook::vocabulary::vocabulary;

/// Finds debug modes that are always on.
pub(super) fn in_file(program: &Program, file: FileId) -> Vec<Finding> {
    let facts = program.file(file);
    let mut findings = Vec::new();
    if facts.language.family() != Family::Python || is_for_development(program.path(file)) {
        return findings;
    }
    if facts.names.may_hold("debug") && is_server(program, file) {
        let nesting = program.nesting(file);
        findings.extend(facts.arena.ids().filter_map(|node| switched_on(program, nesting, file, node)));
    }
    if facts.names.may_hold("DEBUG") && facts.names.may_hold("INSTALLED_APPS") {
        findings.extend(django(program, file));
    }
    findings
}

fn is_for_development(path: &str) -> bool {
    path.split(['/', '.', '_', '-']).any(|part| vocabulary().audience.for_development.has(part))
}

/// Code that shows how something is done: whoever copies it may serve it as it is.
fn is_sample(path: &str) -> bool {
    path.split('/').any(|part| vocabulary().audience.for_show.has(part))
}

fn switched_on(program: &Program, nesting: &Nesting, file: FileId, node: NodeId) -> Option<Finding> {
    let facts = program.file(file);
    if !matches!(facts.arena.kind(node), NodeKind::Call { .. }) {
        return None;
    }
    let given = |name: &str| argument(facts, node, &ArgumentRef::Name(name.to_string()));
    let (name, debug) = ["debug", "use_debugger"].into_iter().find_map(|name| given(name).map(|value| (name, value)))?;
    if facts.arena.kind(debug) != NodeKind::Bool(true) {
        return None;
    }
    let api = program.called_api(file, node)?;
    let effect = program.facts_of(api).find_map(|(fact, _)| match fact {
        ApiFact::Debugger => Some("the debugger runs code that clients send"),
        ApiFact::ShowsTraces => Some("traces are sent to clients"),
        _ => None,
    })?;
    // `if __name__ == "__main__"` is how many a server is started in production, too; any other question of the environment is an answer.
    if !api.path.ends_with(".run") && !api.path.ends_with(".run_simple") && in_development_branch(facts, nesting, node) {
        return None;
    }
    // Nobody else reaches a debugger that listens on this machine only.
    let address = given("host").or_else(|| given("hostname"));
    if matches!(address.and_then(|host| facts.string(host)), Some("127.0.0.1" | "localhost" | "::1")) {
        return None;
    }
    let spelled = spelled_callee(facts, node);
    // Servers for development listen on this machine where nothing else is said.
    let by_default = address.is_none() && api.path.ends_with(".run") && !called_with_positions(facts, node);
    let found = finding(program, file, call_span(facts, node), format!("`{spelled}` is started with `{name}=True`: {effect}"));
    // `local_main()`: who starts it so is at their own machine.
    let is_local = has_word(facts.text(facts.def(nesting.owner(node)).name), &["local", "dev", "debug", "develop", "development"]);
    let found = match by_default {
        true => {
            Finding { message: format!("{}; fine while it listens on this machine only, as it does by default", found.message), ..found }
        }
        false => found,
    };
    Some(if by_default || is_local || is_sample(program.path(file)) { Finding { level: Level::Note, ..found } } else { found })
}

/// `app.run("0.0.0.0", 80, True)`: the address is the first one.
fn called_with_positions(facts: &FileFacts, call: NodeId) -> bool {
    arguments(facts, call).any(|argument| !matches!(facts.arena.kind(argument), NodeKind::Argument { .. }))
}

/// `DEBUG = True` in a module of settings that no other one stands in for.
fn django(program: &Program, file: FileId) -> Option<Finding> {
    let facts = program.file(file);
    let setting =
        facts.defs.iter().find(|def| def.kind == DefKind::Variable && def.parent == DefId::MODULE && facts.text(def.name) == "DEBUG")?;
    if facts.arena.kind(setting.value?) != NodeKind::Bool(true) {
        return None;
    }
    // A later line, or a module beside it, may switch it off.
    let count = facts
        .defs
        .iter()
        .filter(|def| def.kind == DefKind::Variable && def.parent == DefId::MODULE && facts.text(def.name) == "DEBUG")
        .count();
    let path = program.path(file);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    // One that takes everything from here and says nothing of it leaves it on.
    let has_production = program.project.files.iter().zip(0..).any(|(other, at)| {
        let name = other.path.rsplit('/').next().unwrap_or(&other.path);
        other.path.starts_with(folder)
            && ["prod", "production", "live", "deploy", "heroku"].iter().any(|word| name.contains(word))
            && name.ends_with(".py")
            && program.file(FileId(at)).names.may_hold("DEBUG")
    });
    (count == 1 && !has_production).then(|| {
        let message = "`DEBUG = True` in the settings that production uses, too: error pages show code, settings and queries to clients";
        let followed = takes_local_settings(program, file, setting.name_span);
        let message = if followed {
            format!("{message}; fine where those of the machine, taken over below, switch it off")
        } else {
            message.to_string()
        };
        let found = finding(program, file, setting.name_span, message);
        if is_sample(path) || followed { Finding { level: Level::Note, ..found } } else { found }
    })
}

fn finding(program: &Program, file: FileId, span: Span, message: String) -> Finding {
    Finding {
        rule: "error-detail-leak".into(),
        level: Level::Warning,
        primary: Label { location: program.location(file, span), text: "always on".to_string() },
        related: Vec::new(),
        flow: Vec::new(),
        help: Some("read it from the environment, off unless it says so".to_string()),
        subject: format!("{} debug", program.modules[file.index()]),
        message,
        fingerprint: String::new(),
        confidence: Confidence::High,
        redact: Vec::new(),
    }
}

/// True for code that runs in a server: not a command or a test.
fn is_server(program: &Program, file: FileId) -> bool {
    let module = GlobalDef { file, def: DefId::MODULE };
    in_scope(program, module) && !program.is(module, Role::Script) && !program.def(module).flags.has(DefFlags::TEST)
}
