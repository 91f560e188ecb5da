//! Contracts that check nothing: whoever passes them has shown nothing, so each is an error at its place.

use super::breach::Line;
use super::ground::Ground;
use super::orders::Order;
use super::pieces::{Kind, PieceId};
use super::rules::{Rule, places};
use super::{breaches, lines, prove};
use crate::model::contract::{ContractMistake, Layers, Located, RuleForm, Siblings, Verb};
use crate::model::source::Span;

/// How to say that a rule is for later.
const LATER: &str = "take it out, or say that it is for later with `expect = \"none-yet\"`";

/// Everything that is wrong with one contract.
pub(super) fn of(ground: &mut Ground) -> Vec<ContractMistake> {
    let mut found = Vec::new();
    for at in 0..ground.contract.rules.len() {
        rule(ground, at, &mut found);
    }
    for at in 0..ground.contract.layers.len() {
        order(ground, at, &mut found);
    }
    doors(ground, &mut found);
    contradictions(ground, &mut found);
    exceptions(ground, &mut found);
    found
}

fn mistake(ground: &Ground, span: Span, message: String, label: &str, help: Option<String>) -> ContractMistake {
    ContractMistake { path: ground.contract.path.clone(), span, message, label: label.to_string(), help }
}

/// A rule about nobody, a rule without a target, and a rule that nothing can break for another reason.
fn rule(ground: &mut Ground, at: usize, found: &mut Vec<ContractMistake>) {
    let sentence = &ground.contract.rules[at];
    let words = sentence.subjects.iter().chain(&sentence.objects).map(|mention| &mention.word);
    let empty: Vec<&Located<String>> = words.filter(|word| is_empty(ground, word)).collect();
    let line = Line::Rule(at);
    if let Some(expected) = sentence.terms.none_yet {
        // `must not use a, b` is broken by either.
        let needs_all = |mentions: &[crate::model::contract::Mention]| {
            mentions.iter().all(|mention| empty.iter().any(|word| word.span == mention.word.span))
        };
        let is_possible = !needs_all(&sentence.subjects) && !needs_all(&sentence.objects) && prove::can_fail(ground, line);
        if is_possible {
            let message = format!("the rule `{}` expects that nothing can break it yet, and now something can", sentence.name.value);
            let help = Some("take `expect = \"none-yet\"` away: from now on the rule judges code".to_string());
            found.push(mistake(ground, expected, message, "no longer so", help));
        }
        return;
    }
    if !empty.is_empty() {
        for word in empty {
            let is_declared = ground.contract.parts.iter().any(|part| part.name.value == word.value && !is_package(ground, word));
            if !is_declared {
                found.push(nothing_there(ground, word));
            }
        }
        return;
    }
    if !prove::can_fail(ground, line) {
        let message = format!("nothing can break the rule `{}`", sentence.name.value);
        let rule = Rule::of(ground, at);
        let all_inside = sentence.form == RuleForm::Only && rule.sources(ground).is_empty();
        let (label, help) = match all_inside {
            true => ("there is no other code", "name fewer parts: all code belongs to those that may".to_string()),
            false => ("what it forbids lies in the part itself, or is excepted", LATER.to_string()),
        };
        found.push(mistake(ground, sentence.span, message, label, Some(help)));
    }
}

fn is_package(ground: &Ground, word: &Located<String>) -> bool {
    piece(ground, word).is_some_and(|piece| matches!(ground.pieces.all[piece].kind, Kind::Packages(_)))
}

fn piece(ground: &Ground, word: &Located<String>) -> Option<PieceId> {
    ground.pieces.find(&word.value)
}

/// True when nothing in the repository is what a word says: no file, no definition, no import of the package and no manifest that lists it.
fn is_empty(ground: &Ground, word: &Located<String>) -> bool {
    let Some(piece) = piece(ground, word) else { return true };
    match &ground.pieces.all[piece].kind {
        Kind::Ambient(_) | Kind::Standard => false,
        Kind::Packages(packages) => !packages.iter().any(|package| is_known(ground, package)),
        Kind::Role => {
            ground.pieces.all[piece].files == 0 && !places(ground).iter().any(|def| ground.pieces.at(ground.program, *def).contains(&piece))
        }
        Kind::Files | Kind::Each { .. } => ground.pieces.all[piece].files == 0,
    }
}

/// True for a package that some file imports, that a manifest lists, or that comes with the language.
fn is_known(ground: &Ground, package: &str) -> bool {
    use super::edges::{End, Outside};
    use crate::model::source::Family;
    let imported = ground.edges.iter().any(|edge| matches!(&edge.to, End::Outside(outside) if outside.lies_in(package)));
    let first = package.split([':', '.', '/']).next().unwrap_or(package).to_lowercase().replace('_', "-");
    let same = |name: &str| {
        let name = name.to_lowercase().replace('_', "-");
        name == first || name == package.to_lowercase() || name == package.to_lowercase().replace('_', "-")
    };
    let listed =
        || ground.program.project.packages.iter().flat_map(|package| &package.dependencies).any(|dependency| same(&dependency.name));
    let families = ground.program.project.files.iter().map(|file| file.language.family());
    let standard = || {
        let mut families: Vec<Family> = families.collect();
        families.sort_unstable();
        families.dedup();
        families.into_iter().any(|family| {
            super::pieces::is_in_standard_library(&Outside {
                family,
                path: package.to_string(),
                name: String::new(),
                ambient: None,
                is_global: false,
            })
        })
    };
    imported || listed() || standard()
}

fn nothing_there(ground: &Ground, word: &Located<String>) -> ContractMistake {
    let name = &word.value;
    let kind = piece(ground, word).map(|piece| &ground.pieces.all[piece].kind);
    let (message, label, help) = match kind {
        Some(Kind::Packages(packages)) => (
            format!("no file imports `{}` (part `{name}`), and no manifest lists it", packages.join("`, `")),
            "the rule can never fail",
            LATER.to_string(),
        ),
        Some(Kind::Role) => (
            format!("nothing here is a {name}"),
            "the rule can never fail",
            format!(
                "say which files are: `{name} = \"src/…/**\"` under `[parts]`; `archcheck roles` shows what archcheck sees; or {LATER}"
            ),
        ),
        _ => {
            let paths = ground.program.project.files.iter().map(|file| &*file.path);
            let near = crate::config::did_you_mean(name, paths);
            let help =
                near.map_or_else(|| "a path begins at the folder of this file".to_string(), |near| format!("did you mean `{near}`?"));
            (format!("`{name}` matches no source file"), "the rule can never fail", help)
        }
    };
    mistake(ground, word.span, message, label, Some(help))
}

/// Layers without files, parts that others take all files from, and orders that nothing can break.
fn order(ground: &mut Ground, at: usize, found: &mut Vec<ContractMistake>) {
    let layers = &ground.contract.layers[at];
    let order = Order::of(ground, at);
    let before = found.len();
    let none_yet = layers.terms.none_yet;
    if none_yet.is_none() {
        for member in order.empty() {
            let word = &member.part;
            let declared = ground.contract.parts.iter().find(|part| part.name.value == word.value);
            match (order.holds(ground, &word.value), declared, &layers.each) {
                (Some((0, held)), Some(_), None) if held > 0 => found.push(shadowed(ground, &order, word)),
                (_, Some(part), None) if matches!(part.form, crate::model::contract::PartForm::Packages(_)) => {
                    let help = "an order holds code of the project; say it in a rule: `only repository may import db`".to_string();
                    found.push(mistake(
                        ground,
                        word.span,
                        format!("`{}` lies outside the project", word.value),
                        "has no layer",
                        Some(help),
                    ));
                }
                // An empty part is told where it stands.
                (_, Some(_), None) => {}
                (_, _, Some(each)) => {
                    let units = piece(ground, each).map(|piece| ground.pieces.units(piece)).unwrap_or_default();
                    let example = units.first().map_or("…", |unit| &**unit);
                    let message = format!("no folder of `{}` holds `{}`", each.value, word.value);
                    let help = format!(
                        "a word of this order is a folder or file such as `{example}/{}`; write `{}?` if it may be missing",
                        word.value, word.value
                    );
                    found.push(mistake(ground, word.span, message, "an empty layer", Some(help)));
                }
                _ => {
                    let name = &word.value;
                    let help = format!(
                        "say which files are: `{name} = \"src/…/**\"` under `[parts]`, or write `{name}?` if the project may lack it"
                    );
                    found.push(mistake(ground, word.span, format!("nothing here is a {name}"), "an empty layer", Some(help)));
                }
            }
        }
    }
    let can_fail = !order.forbidden_pairs(ground).is_empty();
    match none_yet {
        Some(expected) if can_fail => {
            let message = format!("the order `{}` expects that nothing can break it yet, and now something can", layers.name.value);
            let help = Some("take `expect = \"none-yet\"` away: from now on the order judges code".to_string());
            found.push(mistake(ground, expected, message, "no longer so", help));
        }
        None if !can_fail && found.len() == before && !has_empty_part(ground, layers) => {
            let message = format!("nothing can break the order `{}`", layers.name.value);
            found.push(mistake(ground, layers.span, message, "fewer than two of its layers hold code", Some(LATER.to_string())));
        }
        _ => {}
    }
}

/// True when reading the file has told of a part without files already.
fn has_empty_part(ground: &Ground, layers: &Layers) -> bool {
    let members = layers.steps.iter().flat_map(|step| &step.members);
    members.filter(|member| !member.optional).any(|member| is_empty(ground, &member.part))
}

fn shadowed(ground: &Ground, order: &Order, word: &Located<String>) -> ContractMistake {
    let own = piece(ground, word);
    let taker = own.and_then(|own| {
        let file = ground.files().find(|file| ground.pieces.of_file(*file).contains(&own))?;
        ground
            .pieces
            .of_file(file)
            .iter()
            .copied()
            .find(|piece| *piece != own && order.holds(ground, ground.pieces.name(*piece)).is_some_and(|(files, _)| files > 0))
    });
    let taker = taker.map_or("another part", |taker| ground.pieces.name(taker));
    let message = format!("part `{}` is shadowed: every file of it stands in this order as `{taker}`", word.value);
    let help = "a file has the place of its most exact pattern; make one pattern narrower, or leave one of the two out".to_string();
    mistake(ground, word.span, message, "never has a file here", Some(help))
}

/// Doors that are open everywhere.
fn doors(ground: &mut Ground, found: &mut Vec<ContractMistake>) {
    for line in lines(ground) {
        let Line::Door(part) = line else { continue };
        if ground.pieces.all[part].files > 0 && !prove::can_fail(ground, line) {
            let message = format!("the front door of `{}` keeps nobody out: every file is public", ground.pieces.name(part));
            let help = "name fewer files in `public`".to_string();
            found.push(mistake(ground, ground.line_span(line), message, "can never fail", Some(help)));
        }
    }
}

/// Orders and rules that leave nothing to do right.
fn contradictions(ground: &Ground, found: &mut Vec<ContractMistake>) {
    let contract = ground.contract;
    let whole: Vec<&Layers> = contract.layers.iter().filter(|layers| layers.each.is_none()).collect();
    for (at, layers) in whole.iter().enumerate() {
        for earlier in &whole[..at] {
            if let Some((a, b)) = pairs(layers).find(|(a, b)| stands_above(earlier, &b.value, &a.value)) {
                let message = format!("`{}` is above `{}` here, and below it in the order `{}`", a.value, b.value, earlier.name.value);
                let help = "one of the two orders forbids what the other allows; turn one round".to_string();
                found.push(mistake(ground, layers.span, message, "contradicts the other order", Some(help)));
            }
        }
    }
    for rule in &contract.rules {
        for object in rule.objects.iter().filter(|_| matches!(rule.form, RuleForm::MustNot | RuleForm::Only)) {
            if contract.parts.iter().any(|part| part.open && part.name.value == object.word.value) {
                let message =
                    format!("part `{}` is open, so anyone may use it, and the rule `{}` forbids it", object.word.value, rule.name.value);
                found.push(mistake(ground, object.word.span, message, "open", Some("take `open = true` or the rule away".to_string())));
            }
        }
        for layers in &whole {
            if let Some((message, help)) = against(layers, rule) {
                found.push(mistake(ground, rule.span, message, "contradicts the order", Some(help)));
            }
        }
        for other in contract.rules.iter().filter(|other| other.form == RuleForm::MustNot && other.name != rule.name) {
            let wants = matches!(rule.form, RuleForm::Must | RuleForm::Only) && (rule.verb == other.verb || other.verb == Verb::Use);
            let same = |a: &[crate::model::contract::Mention], b: &[crate::model::contract::Mention]| {
                a.iter().all(|a| b.iter().any(|b| a.word.value == b.word.value && !b.other))
            };
            if wants && same(&rule.subjects, &other.subjects) && same(&rule.objects, &other.objects) {
                let message = format!(
                    "the rule `{}` forbids what the rule `{}` {}",
                    other.name.value,
                    rule.name.value,
                    if rule.form == RuleForm::Must { "demands" } else { "leaves to the same part" }
                );
                found.push(mistake(
                    ground,
                    other.span,
                    message,
                    "contradicts the other rule",
                    Some("take one of the two away".to_string()),
                ));
            }
        }
    }
}

/// How an order and a rule contradict each other.
fn against(layers: &Layers, rule: &crate::model::contract::Sentence) -> Option<(String, String)> {
    // An order is about imports.
    if rule.verb == Verb::Call {
        return None;
    }
    let order = &layers.name.value;
    let forbids = |a: &str, b: &str| stands_above(layers, b, a) || are_strangers(layers, a, b);
    let all_forbidden = |a: &str| rule.objects.iter().all(|object| forbids(a, &object.word.value));
    match rule.form {
        RuleForm::Only | RuleForm::Must => {
            let (subject, object) = (rule.subjects.first()?, rule.objects.first()?);
            let broken = rule.subjects.iter().all(|subject| all_forbidden(&subject.word.value));
            let says = if rule.form == RuleForm::Must { "demands of" } else { "leaves to" };
            broken.then(|| {
                let message = format!(
                    "the order `{order}` forbids `{}` to import `{}`, which the rule `{}` {says} it",
                    subject.word.value, object.word.value, rule.name.value
                );
                (message, "turn the order round, or give the rule to another part".to_string())
            })
        }
        RuleForm::MayOnly => {
            let pair = rule.subjects.iter().flat_map(|subject| rule.objects.iter().map(move |object| (subject, object)));
            pair.into_iter().find(|(subject, object)| forbids(&subject.word.value, &object.word.value)).map(|(subject, object)| {
                let message = format!(
                    "the order `{order}` forbids `{}` to import `{}`, which the rule `{}` allows",
                    subject.word.value, object.word.value, rule.name.value
                );
                (message, format!("take `{}` out of the rule, or turn the order round", object.word.value))
            })
        }
        RuleForm::MustNot => {
            // `a >> b` lets `a` import nothing but `b`.
            let step = layers.steps.iter().position(|step| {
                step.reach == crate::model::contract::Reach::NextOnly
                    && step.members.iter().any(|member| rule.subjects.iter().any(|subject| subject.word.value == member.part.value))
            })?;
            let next = layers.steps.get(step + 1)?;
            let all =
                next.members.iter().all(|member| rule.objects.iter().any(|object| object.word.value == member.part.value && !object.other));
            let (above, below) = (&layers.steps[step].members.first()?.part.value, &next.members.first()?.part.value);
            all.then(|| {
                let message =
                    format!("the order `{order}` lets `{above}` import `{below}` only, and the rule `{}` forbids it", rule.name.value);
                (message, format!("write `{above} > {below}` in the order, or take the rule away"))
            })
        }
    }
}

/// Every pair of parts of an order, the higher first.
fn pairs(layers: &Layers) -> impl Iterator<Item = (&Located<String>, &Located<String>)> {
    layers.steps.iter().enumerate().flat_map(move |(at, step)| {
        let below = layers.steps[at + 1..].iter().flat_map(|step| &step.members);
        below.flat_map(move |lower| step.members.iter().map(move |higher| (&higher.part, &lower.part)))
    })
}

fn stands_above(layers: &Layers, a: &str, b: &str) -> bool {
    pairs(layers).any(|(higher, lower)| higher.value == a && lower.value == b)
}

fn are_strangers(layers: &Layers, a: &str, b: &str) -> bool {
    let holds = |step: &crate::model::contract::Step, name: &str| step.members.iter().any(|member| member.part.value == name);
    a != b && layers.steps.iter().any(|step| step.siblings == Siblings::Strangers && holds(step, a) && holds(step, b))
}

/// Exceptions that are for nothing.
fn exceptions(ground: &Ground, found: &mut Vec<ContractMistake>) {
    for exception in &ground.contract.exceptions {
        let line = lines(ground).into_iter().find(|line| ground.line_name(*line) == exception.rule.value);
        let is_used = line.is_some_and(|line| breaches(ground, line).iter().any(|breach| ground.is_meant(exception, breach)));
        if !is_used {
            let from: Vec<&str> = exception.from.iter().map(|from| from.value.as_str()).collect();
            let message =
                format!("this exception from `{}` matches nothing: `{}` does not break it", exception.rule.value, from.join("`, `"));
            let span = exception.from.first().map_or(exception.span, |from| from.span);
            let help = "take it out: what was excepted is gone, or its path is wrong".to_string();
            found.push(mistake(ground, span, message, "nothing to except here", Some(help)));
        }
    }
}
