//! What a repeated query asks by: the columns whose values come from the item of the loop, followed through the calls on the way.

use super::dependence::Dependence;
use super::loops::{Place, parameter_names};
use super::n_plus_one::{Repeated, Site};
use super::passed::{Passed, by_place, passed};
use crate::model::body::{BinaryOp, CollectionKind, NodeId, NodeKind};
use crate::model::facts::FileFacts;
use crate::model::nesting::{argument_value, arguments, called_name, chain, chain_root, last_name};
use crate::model::source::Family;
use crate::rulebook::vocabulary::api_names;

/// Variables that hold parts of a query are followed up to here.
const VARIABLES: usize = 6;

/// Conditions inside conditions are followed down to here.
const DEEPEST: u8 = 6;

/// A column that is compared with something of the item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// The relations on the way to it: `partner` of `{ partner: { email } }`.
    pub(super) path: Vec<String>,
    pub(super) name: String,
}

/// What a query asks by, as far as it depends on the item.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// Compared for equality.
    pub(super) equal: Vec<Column>,
    /// Compared with each of several values: `id: { in: order.lineIds }`.
    pub(super) among: Vec<String>,
    /// Compared in another way: `gte`, `contains`, under `OR` or `NOT`.
    pub(super) otherwise: Vec<String>,
    /// Conditions that come with a value, or from one case of several.
    pub(super) unclear: bool,
    /// One condition or another, as the case may be: `some: byDomain ? { … } : { … }`.
    pub(super) cases: bool,
}

impl Asked {
    /// The one column by which rows could be asked for all at once.
    pub(super) fn key(&self) -> Option<&Column> {
        match self.equal.as_slice() {
            [one] if !self.unclear => Some(one),
            _ => None,
        }
    }

    /// Nothing of the item is compared for equality, and all conditions are plain: there is no `in` for them.
    pub(super) fn has_no_key(&self) -> bool {
        self.equal.is_empty() && self.among.is_empty() && !self.unclear && !self.otherwise.is_empty()
    }

    /// All that is asked by is one list for each item: a query for many rows already.
    pub(super) fn asks_by_list(&self) -> bool {
        self.equal.is_empty() && !self.among.is_empty() && !self.unclear
    }
}

/// Where a query stands, and what depends on the item there.
pub(super) struct There<'a> {
    pub(super) facts: &'a FileFacts,
    /// The code around it.
    body: Option<NodeId>,
    /// The whole chain of the query's call.
    pub(super) top: NodeId,
    pub(super) dependence: Dependence,
}

/// The query of a loop.
pub(super) fn of_loop<'a>(place: &Place<'a>, repeated: &Repeated) -> Option<There<'a>> {
    let dependence = Dependence::of(place.facts, &repeated.repetition.items, repeated.repetition.body?);
    at_query(place, &repeated.site, dependence)
}

/// The column that the call itself names, where the query takes it from there: `get_one(slug, "slug")`, `first({"slug": slug})`.
pub(super) fn named_by_call(place: &Place, repeated: &Repeated) -> Option<Column> {
    let (site, facts) = (&repeated.site, place.facts);
    site.reached?;
    let dependence = Dependence::of(facts, &repeated.repetition.items, repeated.repetition.body?);
    let mut named: Vec<String> = Vec::new();
    let mut depends = false;
    for argument in arguments(facts, site.node) {
        let value = argument_value(facts, argument);
        match facts.arena.kind(value) {
            NodeKind::Str(_) => named.extend(facts.string(value).filter(|text| is_column(text)).map(str::to_string)),
            NodeKind::Collection { kind: CollectionKind::Dict, items } => {
                for item in facts.arena.list(items) {
                    if let NodeKind::Entry { key, value } = facts.arena.kind(item)
                        && dependence.mentions(facts, value)
                    {
                        named.extend(facts.string(key).map(str::to_string));
                        depends = true;
                    }
                }
            }
            _ => depends |= dependence.mentions(facts, value),
        }
    }
    match named.as_slice() {
        [name] if depends => Some(Column { path: Vec::new(), name: name.clone() }),
        _ => None,
    }
}

/// Follows what depends on the item to where the query stands.
pub(super) fn at_query<'a>(place: &Place<'a>, site: &Site, mut dependence: Dependence) -> Option<There<'a>> {
    let program = place.program;
    let Some((callee, reach)) = site.reached else {
        let top = place.nesting.chain_top(place.facts, site.node);
        return Some(There { facts: place.facts, body: place.facts.def(place.nesting.owner(site.node)).body, top, dependence });
    };
    if site.passes() {
        return None;
    }
    let (mut file, mut call) = (place.file, site.node);
    let mut code = None;
    for (function, node) in place.summaries.chain(callee, reach) {
        let (facts, there) = (program.file(file), program.file(function.file));
        let mut names = Vec::new();
        for (at, param) in by_place(program, facts, call, function)?.enumerate() {
            for name in parameter_names(there, param) {
                match passed(facts, call, (at, param), there, name) {
                    Passed::Value(value) | Passed::Within(value) if dependence.mentions(facts, value) => names.push(name),
                    Passed::Value(_) | Passed::Within(_) | Passed::Nothing => {}
                    Passed::Unseen => return None,
                }
            }
        }
        let on_item = match facts.arena.kind(call) {
            NodeKind::Call { callee, .. } => match facts.arena.kind(callee) {
                NodeKind::Member { object, .. } => dependence.mentions(facts, object),
                _ => false,
            },
            _ => false,
        };
        let body = program.def(function).body?;
        code = Some(body);
        dependence = Dependence::of(there, &names, body);
        if on_item {
            dependence = dependence.with_receiver(there, body);
        }
        (file, call) = (function.file, node);
    }
    let facts = program.file(file);
    let top = program.nesting(file).chain_top(facts, call);
    Some(There { facts, body: code, top, dependence })
}

impl There<'_> {
    fn depends(&self, node: NodeId) -> bool {
        self.dependence.mentions(self.facts, node)
    }

    /// What the query asks by.
    pub(super) fn asked(&self) -> Asked {
        let mut asked = Asked::default();
        let mut tops = vec![self.top];
        // `rows = Order.objects.filter(number=number)`, then `rows.first()`.
        let mut seen: Vec<NodeId> = Vec::new();
        while let Some(top) = tops.pop() {
            if seen.contains(&top) || seen.len() > VARIABLES {
                continue;
            }
            seen.push(top);
            self.chain(top, &mut asked, &mut tops);
        }
        let mut kept: Vec<Column> = Vec::new();
        for column in asked.equal.drain(..) {
            if !kept.contains(&column) {
                kept.push(column);
            }
        }
        asked.equal = kept;
        asked
    }

    fn chain(&self, top: NodeId, asked: &mut Asked, tops: &mut Vec<NodeId>) {
        let facts = self.facts;
        for link in chain(facts, top) {
            match called_name(facts, link) {
                Some(name) if !api_names().orm.gives_values.has(name) => self.call(link, name, asked),
                _ => {}
            }
            for argument in arguments(facts, link) {
                tops.extend(self.held(argument));
            }
        }
        tops.extend(self.held(chain_root(facts, top)));
    }

    /// What a variable of the function holds, if that is a query or a part of one.
    fn held(&self, node: NodeId) -> Vec<NodeId> {
        let facts = self.facts;
        let (NodeKind::Name(name), Some(body)) = (facts.arena.kind(node), self.body) else { return Vec::new() };
        let mut values = Vec::new();
        facts.arena.walk(body, |inner| {
            if let NodeKind::Assign { target, value, .. } | NodeKind::Declare { target, value: Some(value), .. } = facts.arena.kind(inner)
                && facts.arena.kind(target) == NodeKind::Name(name)
                && self.depends(value)
                && chain(facts, value).any(|link| called_name(facts, link).is_some_and(|name| api_names().orm.narrows_rows.has(name)))
            {
                values.push(value);
            }
        });
        values
    }

    fn call(&self, call: NodeId, name: &str, asked: &mut Asked) {
        let facts = self.facts;
        let given: Vec<NodeId> = arguments(facts, call).collect();
        if api_names().orm.by_key.has(name)
            && let Some(&key) = given.last()
            && !matches!(
                facts.arena.kind(key),
                NodeKind::Argument { .. } | NodeKind::Collection { .. } | NodeKind::Binary { .. } | NodeKind::Closure(_)
            )
            && given.len() <= 2
            && self.depends(key)
        {
            asked.equal.push(Column { path: Vec::new(), name: "id".to_string() });
            return;
        }
        // `where("slug", slug)`, `where("price", ">", least)`.
        if let [column, .., value] = given.as_slice()
            && let Some(column) = facts.string(*column).filter(|text| is_column(text))
            && given.len() <= 3
        {
            if !self.depends(*value) {
                return;
            }
            let operator = if given.len() == 3 { facts.string(given[1]).unwrap_or("?") } else { "=" };
            let column = column.rsplit('.').next().unwrap_or(column).to_string();
            match () {
                () if name.ends_with("In") || operator.eq_ignore_ascii_case("in") => asked.among.push(column),
                () if operator == "=" && !name.contains("Not") => asked.equal.push(Column { path: Vec::new(), name: column }),
                () => asked.otherwise.push(column),
            }
            return;
        }
        for argument in given {
            match facts.arena.kind(argument) {
                NodeKind::Argument { name: column, value } if name == "exclude" => {
                    if self.depends(value) {
                        asked.otherwise.push(facts.text(column).to_string());
                    }
                }
                NodeKind::Argument { name, value } => self.keyword(facts.text(name), value, asked),
                NodeKind::Spread { value, .. } => asked.unclear |= self.depends(value),
                NodeKind::Collection { kind: CollectionKind::Dict, items } => {
                    let entry = |wanted: &str| {
                        facts.arena.list(items).find_map(|item| match facts.arena.kind(item) {
                            NodeKind::Entry { key, value } if facts.string(key) == Some(wanted) => Some(value),
                            _ => None,
                        })
                    };
                    match entry("where") {
                        Some(conditions) => self.conditions(conditions, &mut Vec::new(), 0, asked),
                        None if api_names().orm.takes_conditions.has(name) => self.conditions(argument, &mut Vec::new(), 0, asked),
                        None => {}
                    }
                }
                _ => self.expression(argument, asked),
            }
        }
    }

    /// `filter(name=name)`, `filter(starts__lte=day)`, `filter(author__email=email)`.
    fn keyword(&self, name: &str, value: NodeId, asked: &mut Asked) {
        if self.facts.language.family() != Family::Python || !self.depends(value) {
            return;
        }
        let mut parts: Vec<&str> = name.split("__").filter(|part| !part.is_empty()).collect();
        let last = parts.last().copied().unwrap_or_default();
        let stem = |parts: &[&str]| parts.join("__");
        match last {
            "in" if parts.len() > 1 => asked.among.push(stem(&parts[..parts.len() - 1])),
            _ if parts.len() > 1 && api_names().orm.lookups.has(last) => asked.otherwise.push(stem(&parts[..parts.len() - 1])),
            _ => {
                if last == "exact" && parts.len() > 1 {
                    parts.pop();
                }
                asked.equal.push(Column { path: Vec::new(), name: if parts.len() > 1 { stem(&parts) } else { name.to_string() } });
            }
        }
    }

    /// `{ id, status: { in: states }, partner: { email } }`.
    fn conditions(&self, node: NodeId, path: &mut Vec<String>, depth: u8, asked: &mut Asked) {
        let facts = self.facts;
        let NodeKind::Collection { items, .. } = facts.arena.kind(node) else {
            asked.unclear |= self.depends(node);
            asked.cases |= matches!(facts.arena.kind(node), NodeKind::If { .. });
            return;
        };
        if depth > DEEPEST {
            asked.unclear = true;
            return;
        }
        for item in facts.arena.list(items) {
            let NodeKind::Entry { key, value } = facts.arena.kind(item) else {
                asked.unclear |= self.depends(item);
                asked.cases |= matches!(facts.arena.kind(item), NodeKind::Spread { value, .. } if matches!(facts.arena.kind(value), NodeKind::If { .. }));
                continue;
            };
            if !self.depends(value) {
                continue;
            }
            let Some(name) = facts.string(key) else {
                asked.unclear = true;
                continue;
            };
            match name {
                "AND" | "$and" if matches!(facts.arena.kind(value), NodeKind::Collection { kind: CollectionKind::Dict, .. }) => {
                    self.conditions(value, path, depth + 1, asked);
                }
                "AND" | "$and" => match facts.arena.kind(value) {
                    NodeKind::Collection { items, .. } => {
                        for part in facts.arena.list(items) {
                            self.conditions(part, path, depth + 1, asked);
                        }
                    }
                    _ => asked.unclear = true,
                },
                "OR" | "NOT" | "$or" | "$nor" => asked.unclear = true,
                _ => self.condition(name, value, path, depth, asked),
            }
        }
    }

    fn condition(&self, name: &str, value: NodeId, path: &mut Vec<String>, depth: u8, asked: &mut Asked) {
        let facts = self.facts;
        let NodeKind::Collection { kind: CollectionKind::Dict, items } = facts.arena.kind(value) else {
            match facts.arena.kind(value) {
                // `id: In(ids)` of TypeORM, a list of Sequelize.
                NodeKind::Call { .. } if matches!(called_name(facts, value), Some("In" | "Any" | "ArrayContains")) => {
                    asked.among.push(name.to_string());
                }
                NodeKind::Call { .. } if called_name(facts, value).is_some_and(|called| called.starts_with(char::is_uppercase)) => {
                    asked.otherwise.push(name.to_string());
                }
                NodeKind::Collection { .. } => asked.among.push(name.to_string()),
                NodeKind::If { .. } => (asked.unclear, asked.cases) = (true, true),
                _ => asked.equal.push(Column { path: path.clone(), name: name.to_string() }),
            }
            return;
        };
        let mut keys = Vec::new();
        for item in facts.arena.list(items) {
            match facts.arena.kind(item) {
                NodeKind::Entry { key, value } => match facts.string(key) {
                    Some(key) => keys.push((key, value)),
                    None => {
                        asked.otherwise.push(name.to_string());
                        return;
                    }
                },
                _ => {
                    asked.unclear = true;
                    return;
                }
            }
        }
        let depends: Vec<(&str, NodeId)> = keys.iter().copied().filter(|&(_, value)| self.depends(value)).collect();
        let is_operator = |key: &str| key.starts_with('$') || api_names().orm.operators.has(key);
        if keys.iter().any(|&(key, _)| is_operator(key)) {
            for (key, _) in depends {
                match key {
                    "equals" | "$eq" => asked.equal.push(Column { path: path.clone(), name: name.to_string() }),
                    "in" | "$in" => asked.among.push(name.to_string()),
                    _ => asked.otherwise.push(name.to_string()),
                }
            }
            return;
        }
        // `domain_key: { domain, key }`: a key of several columns goes by their names.
        let is_compound = keys.len() > 1 && keys.iter().all(|(key, _)| name.contains(key)) && name.contains('_');
        if is_compound {
            self.conditions(value, path, depth + 1, asked);
            return;
        }
        let before = path.len();
        path.push(name.to_string());
        match keys.as_slice() {
            [(quantifier @ ("some" | "is"), inner)] => {
                path.push((*quantifier).to_string());
                self.conditions(*inner, path, depth + 1, asked);
            }
            [("every" | "none" | "isNot", _)] => asked.otherwise.push(name.to_string()),
            _ => self.conditions(value, path, depth + 1, asked),
        }
        path.truncate(before);
    }

    /// `Model.slug == slug`, `users::id.eq(id)`, `eq(users.id, id)`, text with a value put in.
    fn expression(&self, node: NodeId, asked: &mut Asked) {
        let facts = self.facts;
        let is_plain = |node: NodeId| matches!(facts.arena.kind(node), NodeKind::Name(_) | NodeKind::Member { .. });
        let mut take = |column: NodeId, value: NodeId, how: How| {
            // `crates::name` is a column whatever a local is called.
            let is_path = matches!(facts.arena.kind(column), NodeKind::Member { path: true, .. });
            if !is_plain(column) || !is_path && self.depends(column) || !self.depends(value) {
                return false;
            }
            let Some(name) = last_name(facts, column).map(|name| facts.text(name).to_string()) else { return false };
            match how {
                How::Equal => asked.equal.push(Column { path: Vec::new(), name: column_name(name) }),
                How::Among => asked.among.push(column_name(name)),
                How::Otherwise => asked.otherwise.push(column_name(name)),
            }
            true
        };
        let (mut texts, mut calls) = (Vec::new(), Vec::new());
        let mut unclear = false;
        facts.arena.walk_while(node, |part| {
            match facts.arena.kind(part) {
                NodeKind::Binary { op, left, right } => {
                    let how = match op {
                        BinaryOp::Equal => How::Equal,
                        BinaryOp::NotEqual | BinaryOp::Less | BinaryOp::LessEqual | BinaryOp::Greater | BinaryOp::GreaterEqual => {
                            How::Otherwise
                        }
                        _ => return true,
                    };
                    !(take(left, right, how) || take(right, left, how))
                }
                NodeKind::Call { callee, .. } => {
                    let mut given = arguments(facts, part).map(|argument| argument_value(facts, argument));
                    match (facts.arena.kind(callee), called_name(facts, part), given.next(), given.next()) {
                        (NodeKind::Member { object, .. }, Some(name), Some(value), None) if how_of(name).is_some() => {
                            !take(object, value, how_of(name).unwrap_or(How::Otherwise))
                        }
                        (NodeKind::Name(_), Some(name), Some(column), Some(value)) if how_of(name).is_some() => {
                            !take(column, value, how_of(name).unwrap_or(How::Otherwise))
                        }
                        // `or_(…)`, `Q(…) | Q(…)`: one case of several.
                        (_, Some("or_" | "or" | "not_" | "any"), ..) => {
                            unclear |= self.depends(part);
                            false
                        }
                        (_, Some(name), ..) if api_names().orm.narrows_rows.has(name) => {
                            calls.push(part);
                            true
                        }
                        _ => true,
                    }
                }
                NodeKind::Text { parts, .. } => {
                    texts.push(parts);
                    false
                }
                NodeKind::Closure(_) => false,
                _ => true,
            }
        });
        asked.unclear |= unclear;
        // `execute(select(Order).filter_by(number=number))`.
        for call in calls {
            for argument in arguments(facts, call) {
                match facts.arena.kind(argument) {
                    NodeKind::Argument { name, value } => self.keyword(facts.text(name), value, asked),
                    NodeKind::Spread { value, .. } => asked.unclear |= self.depends(value),
                    _ => {}
                }
            }
        }
        for parts in texts {
            let mut before = String::new();
            for part in facts.arena.list(parts) {
                if let Some(text) = facts.string(part) {
                    before = text.to_string();
                } else if self.depends(part) {
                    match compared(&before) {
                        Some((name, How::Equal)) => asked.equal.push(Column { path: Vec::new(), name }),
                        Some((name, How::Among)) => asked.among.push(name),
                        Some((name, How::Otherwise)) => asked.otherwise.push(name),
                        None => asked.unclear = true,
                    }
                    before.clear();
                }
            }
        }
    }
}

/// How a column is compared.
#[derive(Clone, Copy)]
enum How {
    Equal,
    Among,
    Otherwise,
}

/// By the name of what compares: `eq`, `eq_any`, `gt`.
fn how_of(name: &str) -> Option<How> {
    match name {
        "eq" | "equals" => Some(How::Equal),
        "eq_any" | "is_in" | "in_" | "inArray" => Some(How::Among),
        "ne" | "gt" | "ge" | "gte" | "lt" | "le" | "lte" | "between" | "like" | "ilike" | "contains" | "startswith" | "overlaps_with" => {
            Some(How::Otherwise)
        }
        _ => None,
    }
}

/// `Id` of `Column::Id` is `id`.
fn column_name(name: String) -> String {
    let mut snake = String::new();
    if !name.starts_with(char::is_uppercase) {
        return name;
    }
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

/// `slug` of `… WHERE slug = `.
fn compared(before: &str) -> Option<(String, How)> {
    let text = before.trim_end().trim_end_matches(['\'', '"', '(']).trim_end();
    let (text, how) = match text.strip_suffix('=') {
        Some(rest) if !rest.ends_with(['!', '<', '>']) => (rest, How::Equal),
        Some(rest) => (rest.trim_end_matches(['!', '<', '>']), How::Otherwise),
        None => match text.strip_suffix(" IN").or_else(|| text.strip_suffix(" in")) {
            Some(rest) => (rest, How::Among),
            None => (text.strip_suffix(['<', '>'])?, How::Otherwise),
        },
    };
    let word = text.trim_end().rsplit(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '_' | '"' | '`'))).next()?;
    let word = word.trim_matches(['"', '`']);
    (!word.is_empty()).then(|| (word.to_string(), how))
}

/// A name of a column, perhaps with its table: `id`, `orders.id`.
fn is_column(text: &str) -> bool {
    !text.is_empty() && text.len() < 60 && text.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'))
}
