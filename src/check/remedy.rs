//! What to do about a repeated query, in the words of the library at hand: with the columns that it asks by, in the SQL of the project's database, and
//! with the function that the project has for many rows already.

use super::batching::{Judgement, nested_writes, query_at, query_fact, values_of};
use super::databases::Database;
use super::keys::{Asked, Column, named_by_call, of_loop};
use super::loops::Place;
use super::meant::Kind;
use super::n_plus_one::{Repeated, Site};
use super::relations::method_of;
use crate::model::body::{NodeId, NodeKind};
use crate::model::facts::{DefId, DefKind, FileFacts};
use crate::model::knowledge::{Access, QueryFact};
use crate::model::nesting::{arguments, called_name, chain, spell};
use crate::model::program::Program;
use crate::model::role::GlobalDef;
use crate::model::source::Family;
use crate::model::words::words;
use crate::rulebook::vocabulary::vocabulary;

/// Names longer than this are not put into examples.
const LONGEST: usize = 40;

/// What to do about a query of a loop.
pub(super) fn help(place: &Place, repeated: &Repeated, judgement: &Judgement, database: Option<Database>) -> String {
    let site = &repeated.site;
    match judgement.kind {
        Kind::Same => "what it asks for does not depend on the item: ask once before the loop and pass the answer on".to_string(),
        Kind::OwnValues => own_values(place, repeated, database),
        Kind::Relation => related(place, repeated),
        _ if site.query.access == Access::Write => write(place, repeated, judgement, database),
        _ => read(place, repeated, judgement, database),
    }
}

/// What to do about a query that runs for each object of an answer.
pub(super) fn help_for_answers(program: &Program, site: &Site, asked: Option<&Asked>, limited: bool) -> String {
    let what =
        "load it with the list (annotate it, fetch it eagerly, or fetch all rows first and look them up; in GraphQL through a data loader)";
    let batched = query_fact(program, site.query).and_then(|fact| fact.batched.as_deref());
    let column = asked.and_then(partitions).unwrap_or_else(|| "parentId".to_string());
    if limited {
        return format!(
            "{what}; each takes a few rows of its own, so one query for all must rank them: `ROW_NUMBER() OVER (PARTITION BY {column} …)`"
        );
    }
    match batched {
        Some(batched) => format!("{what}: {}", filled(batched, asked.and_then(Asked::key), None)),
        None => what.to_string(),
    }
}

/// The columns by which rows are ranked.
fn partitions(asked: &Asked) -> Option<String> {
    let names: Vec<&str> = asked.equal.iter().map(|column| column.name.as_str()).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Rows that get values of their own: the library has no call for that, SQL has.
fn own_values(place: &Place, repeated: &Repeated, database: Option<Database>) -> String {
    let asked = of_loop(place, repeated).map(|there| there.asked());
    let key = asked.as_ref().and_then(Asked::key).filter(|key| key.path.is_empty()).map_or("id", |key| key.name.as_str());
    let (facts, call) = query_at(place, repeated);
    let fact = query_fact(place.program, repeated.site.query);
    let column = fact.and_then(|fact| fact.values.as_deref()).and_then(|wanted| only_column(facts, call, wanted));
    let quoted = |name: &str| match database {
        Some(Database::Postgres) if name.contains(char::is_uppercase) => format!("\"{name}\""),
        _ => name.to_string(),
    };
    let (key, column) = (quoted(key), column.map(quoted));
    let statement = match (database, column) {
        (Some(Database::Postgres), None) => "`UPDATE … FROM (VALUES …)`".to_string(),
        (Some(Database::Postgres), Some(column)) => {
            format!("`UPDATE … SET {column} = v.{column} FROM (VALUES …) AS v({key}, {column}) WHERE …`")
        }
        (_, column) => {
            format!("`UPDATE … SET {} = CASE {key} WHEN … THEN … END WHERE {key} IN (…)`", column.as_deref().unwrap_or("…"))
        }
    };
    let guarded = if has_other_conditions(facts, call, &key) { ", with the other conditions of its `where`" } else { "" };
    format!("collect the values in the loop and write them in one SQL statement after it{guarded}: {statement}{}", through(fact))
}

/// `where: { id, status: "draft" }`: the row is only written while something else holds.
fn has_other_conditions(facts: &FileFacts, call: NodeId, key: &str) -> bool {
    values_of(facts, call, "where").into_iter().any(|conditions| match facts.arena.kind(conditions) {
        NodeKind::Collection { items, .. } => facts
            .arena
            .list(items)
            .any(|item| matches!(facts.arena.kind(item), NodeKind::Entry { key: own, .. } if facts.string(own) != Some(key))),
        _ => false,
    })
}

/// The call that takes the statement.
fn through(fact: Option<&QueryFact>) -> String {
    fact.and_then(|fact| fact.raw.as_deref()).map_or(String::new(), |raw| format!(", through {raw}"))
}

/// The one column that the write sets.
fn only_column<'a>(facts: &'a FileFacts, call: NodeId, wanted: &str) -> Option<&'a str> {
    let mut values = values_of(facts, call, wanted).into_iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let NodeKind::Collection { items, .. } = facts.arena.kind(value) else { return None };
    let mut items = facts.arena.list(items);
    match (items.next().map(|item| facts.arena.kind(item)), items.next()) {
        (Some(NodeKind::Entry { key, .. }), None) => facts.string(key),
        _ => None,
    }
}

/// `role.menus.add(menu)` for each: it takes many.
fn related(place: &Place, repeated: &Repeated) -> String {
    let facts = place.facts;
    let spelled = match facts.arena.kind(repeated.site.node) {
        NodeKind::Call { callee, .. } => spell(facts, callee),
        _ => String::new(),
    };
    let rows = spelled.rsplit('.').nth(1).unwrap_or("rows");
    format!("collect the rows and give it all of them at once after the loop: {spelled}(*{rows})")
}

fn write(place: &Place, repeated: &Repeated, judgement: &Judgement, database: Option<Database>) -> String {
    let (program, site) = (place.program, &repeated.site);
    let fact = query_fact(program, site.query);
    let batched = fact.and_then(|fact| fact.batched_write.as_deref().or(fact.batched.as_deref()));
    if let Some(many) = for_many(place, site) {
        return format!("`{}` takes all rows at once: collect them in the loop and call it once after it", program.short_name(many));
    }
    let (facts, call) = query_at(place, repeated);
    let asked = of_loop(place, repeated).map(|there| there.asked());
    let key = asked.as_ref().and_then(Asked::key);
    let nested = fact.map(|fact| nested_writes(facts, call, fact)).unwrap_or_default();
    if let (Some(fact), Kind::Upsert) = (fact, judgement.kind) {
        return upsert(facts, call, fact, key, database, !nested.is_empty());
    }
    if let Some(template) = fact.and_then(|fact| fact.nested.as_deref()).filter(|_| !nested.is_empty()) {
        return filled(template, key, None).replace("<relations>", &list(&nested));
    }
    let Some(batched) = batched else {
        return "where the rows can be written together, do it in one statement or transaction after the loop".to_string();
    };
    let batched = match (database, batched.split_once(", or createManyAndReturn")) {
        // MySQL gives back no rows that it has written.
        (Some(Database::MySql), Some((createmany, _))) => createmany,
        _ => batched,
    };
    let composite = asked.as_ref().filter(|asked| asked.equal.len() > 1 && !asked.unclear && batched.contains("id"));
    let how = match composite {
        Some(asked) => format!("one statement for all pairs of {}, joined by OR", names(&asked.equal)),
        None => spoken(&filled(batched, key, model(program, site)), database),
    };
    match site.reached {
        None => format!("collect the rows in the loop and write them in one statement after it: {how}"),
        Some((callee, _)) => format!(
            "collect the rows in the loop and write them in one statement after it, with a form of `{}` for many: {how}",
            program.name(callee)
        ),
    }
}

/// A row is written, or changed where it is there: databases have a statement for many.
fn upsert(facts: &FileFacts, call: NodeId, fact: &QueryFact, key: Option<&Column>, database: Option<Database>, nested: bool) -> String {
    let is_empty =
        |value: NodeId| matches!(facts.arena.kind(value), NodeKind::Collection { items, .. } if facts.arena.list(items).len() == 0);
    let changes = fact.values.as_deref().map(|wanted| values_of(facts, call, wanted)).unwrap_or_default();
    if let Some(insert) = &fact.batched_insert
        && database != Some(Database::Sqlite)
        && !nested
        && changes.into_iter().any(is_empty)
    {
        return format!("rows that are there stay as they are: {}", filled(insert, key, None));
    }
    let statement = match database {
        Some(Database::MySql) => "`INSERT … ON DUPLICATE KEY UPDATE`",
        Some(Database::Postgres | Database::Sqlite) => "`INSERT … ON CONFLICT (…) DO UPDATE`",
        None => "`INSERT … ON CONFLICT (…) DO UPDATE`, or what the database has for it",
    };
    format!("collect the rows in the loop and write them in one SQL statement after it: {statement}{}", through(Some(fact)))
}

fn read(place: &Place, repeated: &Repeated, judgement: &Judgement, database: Option<Database>) -> String {
    let (program, site, repetition) = (place.program, &repeated.site, &repeated.repetition);
    let batched = query_fact(program, site.query).and_then(|fact| fact.batched.as_deref());
    if let Some(relation) = relation_of_row(place, repeated) {
        return relation;
    }
    match batched {
        Some(batched) if batched.starts_with("instead: ") => return batched["instead: ".len()..].to_string(),
        Some(batched) if batched.ends_with(" on the list query") && site.reached.is_none() => {
            return format!("load it with the rows: {batched}");
        }
        _ => {}
    }
    let asked = of_loop(place, repeated).map(|there| there.asked());
    let named = asked.as_ref().filter(|asked| asked.equal.is_empty() && asked.unclear).and_then(|_| named_by_call(place, repeated));
    let listed = asked.as_ref().filter(|asked| asked.asks_by_list()).and_then(|asked| match asked.among.as_slice() {
        [one] => Some(Column { path: Vec::new(), name: one.clone() }),
        _ => None,
    });
    let key = asked.as_ref().and_then(Asked::key).or(named.as_ref()).or(listed.as_ref());
    let (facts, call) = query_at(place, repeated);
    if limits(facts, call) {
        let column = asked.as_ref().and_then(partitions).unwrap_or_else(|| "the parent".to_string());
        let nested = query_fact(program, site.query).and_then(|fact| fact.limited.as_deref());
        let nested = nested.map_or(String::new(), |nested| format!(", or read them with the rows of the loop ({nested})"));
        return format!(
            "each takes a few rows of its own, which no one `IN` gives: rank the rows of all in one query (`ROW_NUMBER() OVER (PARTITION BY {column} …)`){nested}"
        );
    }
    let how = match (batched, asked.as_ref().filter(|asked| asked.equal.len() > 1 && !asked.unclear)) {
        (_, Some(asked)) => format!("one query for all pairs of {}, joined by OR", names(&asked.equal)),
        (Some(batched), None) => spoken(&filled(&fitting(facts, call, batched), key, model(program, site)), database),
        (None, None) => key.map_or(String::new(), |key| format!("`… WHERE {} IN (…)`", key.name)),
    };
    let rest: Vec<String> = asked.as_ref().map_or(Vec::new(), |asked| asked.otherwise.clone());
    let rest = match (rest.is_empty() || key.is_none(), how.is_empty()) {
        (false, false) => format!("; compare {} in memory", list(&rest)),
        _ => String::new(),
    };
    let colon = if how.is_empty() { "" } else { ": " };
    if let Some(taken) = takes_answer(place, site) {
        return format!("fetch it for all in one query before the loop, and pass each call its own as `{taken}`{colon}{how}{rest}");
    }
    if let Some(many) = for_many(place, site) {
        return format!("`{}` takes all of them at once: collect them in the loop and call it once after it", program.short_name(many));
    }
    if judgement.kind == Kind::Walk {
        return "what the walk asks for is not known before it: keep the answers by key (a dictionary, a cache), so that each is asked for once".to_string();
    }
    if walks_a_tree(place, site) {
        // By its own key a node is read that is there already; the nodes below it have another.
        let how = if key.is_some_and(|key| matches!(key.name.as_str(), "id" | "pk" | "_id")) {
            String::new()
        } else {
            format!("{colon}{how}{rest}")
        };
        return format!("read the tree level by level, with one query for all nodes of a level{how}");
    }
    match (site.reached, repetition.concurrent) {
        (Some((callee, _)), _) if !only_reads(program.name(callee)) || judgement.kind == Kind::Operation => {
            let at_once = if repetition.concurrent { "running them at once does not make them fewer: " } else { "" };
            format!(
                "{at_once}fetch all rows in one query before the loop, and hand each call of `{}` its own{colon}{how}{rest}",
                program.name(callee)
            )
        }
        (_, true) if judgement.kind == Kind::Tick => {
            format!("one query for all rows is one whatever the library does: fetch them in it and look them up by key{colon}{how}{rest}")
        }
        (_, true) => {
            format!("running them at once does not make them fewer: fetch all rows in one query and look them up by key{colon}{how}{rest}")
        }
        (_, false) => format!("fetch all rows in one query before the loop and look them up by key in it{colon}{how}{rest}"),
    }
}

/// `get_one(id)`, `OrderRepository.by_id(id)`: the call gives what is read, and no more.
pub(super) fn only_reads(name: &str) -> bool {
    words(name).iter().find(|word| !word.is_empty()).is_some_and(|word| vocabulary().loops.readers.has(word))
}

/// `field.types.all()`: the library loads relations with the rows.
fn relation_of_row(place: &Place, repeated: &Repeated) -> Option<String> {
    let (facts, site) = (place.facts, &repeated.site);
    if !super::n_plus_one::reads_relation(place, site, &repeated.repetition) {
        return None;
    }
    let NodeKind::Call { callee, .. } = facts.arena.kind(site.node) else { return None };
    // `row.tags.filter(…).first()`: the relations are the names behind the row, up to the first call.
    let links: Vec<NodeId> = chain(facts, callee).collect();
    let mut names: Vec<&str> = Vec::new();
    for &link in links.iter().rev() {
        match facts.arena.kind(link) {
            NodeKind::Member { name, .. } => names.push(facts.text(name)),
            NodeKind::Call { .. } => break,
            _ => {}
        }
    }
    // The last one is the method.
    names.pop();
    let name = Some(names.join("__")).filter(|name| !name.is_empty())?;
    let narrowed = links
        .iter()
        .chain(std::iter::once(&site.node))
        .any(|&link| matches!(called_name(facts, link), Some("filter" | "exclude" | "order_by")));
    Some(match narrowed {
        false => format!("load the relation with the rows: add prefetch_related(\"{name}\") to the query of the loop"),
        true => format!("load the relation with the rows: add prefetch_related(Prefetch(\"{name}\", queryset=…)) to the query of the loop"),
    })
}

/// The query takes a few rows only, and not just one.
pub(super) fn limits(facts: &FileFacts, call: NodeId) -> bool {
    if called_name(facts, call).is_some_and(|name| name.contains("First") || name.contains("Unique") || name.contains("One")) {
        return false;
    }
    let is_limit = |key: &str| matches!(key, "take" | "limit" | "skip" | "offset");
    let by_key = arguments(facts, call).any(|argument| match facts.arena.kind(argument) {
        NodeKind::Collection { items, .. } => facts
            .arena
            .list(items)
            .any(|item| matches!(facts.arena.kind(item), NodeKind::Entry { key, .. } if facts.string(key).is_some_and(is_limit))),
        _ => false,
    });
    by_key || chain(facts, call).any(|link| matches!(called_name(facts, link), Some("limit" | "take" | "top")))
}

/// The part of the template that fits the query: `_sum: { … }` instead of `_count: true`, `belonging_to` where the query has it.
fn fitting(facts: &FileFacts, call: NodeId, batched: &str) -> String {
    if let Some((first, second)) = batched.split_once(", or ").filter(|(_, second)| second.starts_with("belonging_to")) {
        let belongs = chain(facts, call).any(|link| called_name(facts, link) == Some("belonging_to"));
        return if belongs { second } else { first }.to_string();
    }
    let mut found = None;
    for argument in arguments(facts, call) {
        if let NodeKind::Collection { items, .. } = facts.arena.kind(argument) {
            for item in facts.arena.list(items) {
                if let NodeKind::Entry { key, .. } = facts.arena.kind(item) {
                    found = found.or(facts.string(key).filter(|key| matches!(*key, "_sum" | "_avg" | "_min" | "_max")));
                }
            }
        }
    }
    match found {
        Some(what) => batched.replace("_count: true", &format!("{what}: {{ … }}")),
        None => batched.to_string(),
    }
}

/// `hooks = await prisma.hook.findMany(…)` where `hooks` is a parameter: whoever has them gives them.
fn takes_answer(place: &Place, site: &Site) -> Option<String> {
    let (callee, reach) = site.reached.filter(|(_, reach)| reach.depth <= 1)?;
    if reach.target != callee {
        return None;
    }
    let facts = place.program.file(callee.file);
    let params = &place.program.def(callee).params;
    let is_param = |name| params.iter().any(|param| super::loops::parameter_names(facts, param).contains(&name));
    place.program.nesting(callee.file).around(reach.query.site).find_map(|node| match facts.arena.kind(node) {
        NodeKind::Assign { target, .. } => match facts.arena.kind(target) {
            NodeKind::Name(name) if is_param(name) => Some(facts.text(name).to_string()),
            _ => None,
        },
        _ => None,
    })
}

/// The function that asks calls itself for what it has found: a tree.
fn walks_a_tree(place: &Place, site: &Site) -> bool {
    site.reached.is_some_and(|(callee, reach)| {
        let itself = |function: GlobalDef| place.program.calls_from(function).iter().any(|edge| edge.callee == callee);
        reach.target == callee && (place.program.outermost(site.function()) == callee || itself(callee))
    })
}

/// Most classes of which those below are looked at.
const MOST_CLASSES: usize = 64;

/// The function that the project has beside this one for many rows: `create_many` beside `create`. It does not just call it for each, in no class.
pub(super) fn for_many(place: &Place, site: &Site) -> Option<GlobalDef> {
    let (one, many) = beside_this(place, site)?;
    let program = place.program;
    let name = program.name(one);
    let calls_one = |many: GlobalDef| program.calls_from(many).iter().any(|edge| program.name(edge.callee) == name);
    (!own_below(program, many).into_iter().any(calls_one)).then_some(many)
}

/// Some class has a function for many rows beside this one.
pub(super) fn has_form_for_many(place: &Place, site: &Site) -> bool {
    beside_this(place, site).is_some()
}

/// A function on the way to the query, and the one beside it for many rows, which does not just call it for each.
fn beside_this(place: &Place, site: &Site) -> Option<(GlobalDef, GlobalDef)> {
    let (callee, reach) = site.reached?;
    let program = place.program;
    let here = program.outermost(site.function());
    let steps = place.summaries.chain(callee, reach);
    // `service.update_one(row)` reads the row, and then calls `repository.update(row)`.
    let stem = stem_of(program.name(callee));
    let same = program.calls_from(callee).iter().map(|edge| edge.callee).filter(|&called| program.name(called) == stem);
    let functions: Vec<GlobalDef> = steps.into_iter().map(|(function, _)| function).chain(same).collect();
    functions.into_iter().find_map(|function| {
        let name = program.name(function);
        let many = beside(program, function).filter(|&many| {
            many != here && many != function && !program.calls_from(many).iter().any(|edge| program.name(edge.callee) == name)
        });
        many.map(|many| (function, many))
    })
}

/// The methods of this name that classes below its own have.
fn own_below(program: &Program, method: GlobalDef) -> Vec<GlobalDef> {
    let (mut open, mut found) = (vec![GlobalDef { file: method.file, def: program.def(method).parent }], Vec::new());
    for _ in 0..MOST_CLASSES {
        let Some(class) = open.pop() else { break };
        for &below in program.subclasses.get(&class).into_iter().flatten() {
            let facts = program.file(below.file);
            let own = facts.definitions().filter(|(_, def)| def.parent == below.def && facts.text(def.name) == program.name(method));
            found.extend(own.map(|(def, _)| GlobalDef { file: below.file, def }));
            open.push(below);
        }
    }
    found
}

/// `update` of `update_one`.
fn stem_of(name: &str) -> &str {
    name.strip_suffix("_one").or_else(|| name.strip_suffix("One")).unwrap_or(name)
}

/// The method of the same class, or the function of the same file, that is called like this one for many.
fn beside(program: &Program, function: GlobalDef) -> Option<GlobalDef> {
    let stem = stem_of(program.name(function));
    let facts = program.file(function.file);
    let class = GlobalDef { file: function.file, def: program.def(function).parent };
    let is_class = class.def != DefId::MODULE && program.def(class).kind == DefKind::Class;
    let mut found = None;
    let stems = if stem == "patch" { vec![stem, "update"] } else { vec![stem] };
    let mut names: Vec<String> = Vec::new();
    for stem in stems {
        vocabulary().loops.for_many.any(|ending| {
            names.push(format!("{stem}{ending}"));
            false
        });
    }
    names.into_iter().any(|name| {
        found = match is_class {
            true => method_of(program, class, &name),
            false => {
                let own =
                    facts.definitions().find(|(_, def)| def.parent == class.def && def.body.is_some() && facts.text(def.name) == name);
                own.map(|(def, _)| GlobalDef { file: function.file, def })
            }
        };
        found.is_some()
    });
    found
}

/// The model's name, where the query is on a class.
fn model<'a>(program: &Program, site: &'a Site) -> Option<&'a str> {
    let is_python = program.file(site.function().file).language.family() == Family::Python;
    site.query.table.as_deref().filter(|table| is_python && table.starts_with(char::is_uppercase) && table.len() <= LONGEST)
}

/// A template of the library with what is known put in: in it, `id`, `ids` and `parentId` stand for the column and its values, `Model` for the model.
fn filled(template: &str, key: Option<&Column>, model: Option<&str>) -> String {
    let known = key.filter(|key| key.name.len() <= LONGEST && !key.path.iter().any(|part| part == "every"));
    let (name, values) = match known {
        // `"address.city"` of documents.
        Some(key) if key.name.contains('.') => (format!("\"{}\"", key.name), plural(key.name.rsplit('.').next().unwrap_or(&key.name))),
        Some(key) => (key.name.clone(), plural(&key.name)),
        None => ("column".to_string(), "values".to_string()),
    };
    let mut template = template.to_string();
    if let Some(key) = known.filter(|key| !key.path.is_empty()) {
        let opens: String = key.path.iter().map(|part| format!("{part}: {{ ")).collect();
        let closes = " }".repeat(key.path.len());
        let pattern =
            ["id: { in: ids }", "id: { $in: ids }", "id: In(ids)", "id: ids"].into_iter().find(|pattern| template.contains(pattern));
        match pattern {
            Some(pattern) => template = template.replace(pattern, &format!("{opens}{pattern}{closes}")),
            None => return format!("one query for all {values}"),
        }
    }
    if !matches!(name.as_str(), "id" | "pk") {
        for only_ids in ["Model.objects.in_bulk(ids), or ", "query().findByIds(ids)"] {
            template = template.replace(only_ids, if only_ids.starts_with('q') { "query().whereIn(\"id\", ids)" } else { "" });
        }
    }
    let mut text = String::new();
    let mut word = String::new();
    for letter in template.chars().chain(std::iter::once('\0')) {
        if letter.is_alphanumeric() || matches!(letter, '_' | '$') {
            word.push(letter);
            continue;
        }
        match word.as_str() {
            "id" | "parentId" => text.push_str(&name),
            "_id" if known.is_some() && name != "id" => text.push_str(&name),
            "ids" => text.push_str(&values),
            "Id" => text.push_str(&pascal(&name)),
            "id__in" => text.push_str(&format!("{name}__in")),
            "Model" => text.push_str(model.unwrap_or("Model")),
            _ => text.push_str(&word),
        }
        word.clear();
        if letter != '\0' {
            text.push(letter);
        }
    }
    text
}

/// The same in the SQL of the database: only PostgreSQL takes arrays.
fn spoken(text: &str, database: Option<Database>) -> String {
    match database {
        Some(Database::MySql | Database::Sqlite) => {
            text.replace("`= ANY($1)` or `UNNEST`", "`IN (…)`").replace("`= ANY($1)`", "`IN (…)`").replace("`UNNEST` or ", "")
        }
        _ => text.to_string(),
    }
}

/// `created_by` as the name of a type: `CreatedBy`.
fn pascal(name: &str) -> String {
    name.split('_')
        .map(|part| part[..part.chars().next().map_or(0, char::len_utf8)].to_uppercase() + part.get(1..).unwrap_or_default())
        .collect()
}

/// `ids` of `id`, `categories` of `category`, `slugs` of `slug`.
fn plural(name: &str) -> String {
    let name = name.trim_start_matches('_');
    match name {
        _ if name.ends_with('s') || name.ends_with('x') => format!("{name}es"),
        _ if name.ends_with('y') && !name.ends_with("ey") && !name.ends_with("ay") => format!("{}ies", &name[..name.len() - 1]),
        _ => format!("{name}s"),
    }
}

/// `` `path` and `method` ``.
fn names(columns: &[Column]) -> String {
    let texts: Vec<String> =
        columns.iter().map(|column| column.path.iter().chain(Some(&column.name)).cloned().collect::<Vec<_>>().join(".")).collect();
    list(&texts)
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} and {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(path: &[&str], name: &str) -> Column {
        Column { path: path.iter().map(|part| part.to_string()).collect(), name: name.to_string() }
    }

    #[test]
    fn templates_are_filled_with_what_is_known() {
        let find = "findMany({ where: { id: { in: ids } } })";
        for (template, key, model, filled_in) in [
            (find, Some(column(&[], "slug")), None, "findMany({ where: { slug: { in: slugs } } })"),
            (find, Some(column(&["shop", "some"], "name")), None, "findMany({ where: { shop: { some: { name: { in: names } } } } })"),
            (find, None, None, "findMany({ where: { column: { in: values } } })"),
            (
                "groupBy({ by: [\"parentId\"], where: { parentId: { in: ids } } })",
                Some(column(&[], "teamID")),
                None,
                "groupBy({ by: [\"teamID\"], where: { teamID: { in: teamIDs } } })",
            ),
            (
                "Model.objects.in_bulk(ids), or Model.objects.filter(id__in=ids)",
                Some(column(&[], "name")),
                Some("Group"),
                "Group.objects.filter(name__in=names)",
            ),
            (
                "Model.objects.in_bulk(ids), or Model.objects.filter(id__in=ids)",
                Some(column(&[], "pk")),
                None,
                "Model.objects.in_bulk(pks), or Model.objects.filter(pk__in=pks)",
            ),
            ("filter(Column::Id.is_in(ids))", Some(column(&[], "shop_id")), None, "filter(Column::ShopId.is_in(shop_ids))"),
            ("whereIn(\"id\", ids)", Some(column(&[], "category")), None, "whereIn(\"category\", categories)"),
        ] {
            assert_eq!(filled(template, key.as_ref(), model), filled_in);
        }
        assert_eq!(list(&["a".to_string(), "b".to_string(), "c".to_string()]), "`a`, `b` and `c`");
    }
}
