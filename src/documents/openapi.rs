//! OpenAPI 3.0 and 3.1 and Swagger 2.0, in YAML or JSON: which operations a document promises, under which paths, and where it says so.
//!
//! References (`$ref`) are followed inside the document and into other files of the repository, never beyond it. Read is what rules compare: paths,
//! methods, parameters, bodies with the names of their fields. What is not read (links, callbacks, security, examples) is nobody's question here.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use super::tree::{At, Tree};
use crate::model::source::{Span, below_root};

const METHODS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "trace"];
/// Longest chain of references.
const REFERENCES: u8 = 16;
/// Deepest nesting of schemas in schemas (`allOf`).
const SCHEMAS: u8 = 8;
/// Larger documents are not read: nobody writes them by hand.
const LARGEST: usize = 6 << 20;

/// A place in one of the files of a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub path: Arc<str>,
    pub span: Span,
}

/// What a document says.
#[derive(Clone, Debug)]
pub struct Document {
    pub path: Arc<str>,
    pub title: String,
    /// The paths of its servers, the first one first: `/api/v1`; empty text for none. Never empty.
    pub bases: Vec<String>,
    /// Where its paths begin.
    pub paths: Place,
    pub operations: Vec<Operation>,
    /// References that lead nowhere: of such a document nobody knows all operations.
    pub lost: u32,
    /// What shows that a tool wrote it, if anything does.
    pub generated: Option<&'static str>,
}

/// One operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Upper case.
    pub method: String,
    /// As written, without the path of the server.
    pub path: String,
    /// Its own servers' paths, where it or its path has some.
    pub bases: Vec<String>,
    /// Where its method stands.
    pub place: Place,
    pub id: Option<(String, Place)>,
    /// `x-openapi-router-controller`.
    pub controller: Option<String>,
    pub parameters: Vec<Parameter>,
    pub body: Option<Body>,
    pub deprecated: bool,
}

/// One parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    pub name: String,
    /// `path`, `query`, `header`, `cookie`.
    pub within: String,
    pub required: bool,
    pub place: Place,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub struct Body {
    pub required: bool,
    pub place: Place,
    /// The fields of a JSON object, where the schema says them all; with whether each is required.
    pub fields: Option<Vec<Field>>,
}

/// A field of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: String,
    pub required: bool,
    pub place: Place,
}

/// True for a text that may be a document: one of the marks is there. Cheap.
pub fn may_be_document(path: &str, text: &str) -> bool {
    let named = [".yml", ".yaml", ".json"].iter().any(|end| path.ends_with(end));
    named && text.len() <= LARGEST && (text.contains("openapi") || text.contains("swagger")) && text.contains("paths")
}

/// Reads the document at `path`; `None` when the text is none. `other` gives the text of another file of the repository.
pub fn read(path: &Arc<str>, text: &str, other: &dyn Fn(&str) -> Option<Arc<str>>) -> Option<Document> {
    if !may_be_document(path, text) {
        return None;
    }
    let mut reader = Reader { other, trees: BTreeMap::new(), lost: 0 };
    let tree = Rc::new(Tree::read(text)?);
    let root = tree.root();
    let version = ["openapi", "swagger"].iter().find_map(|key| tree.text(tree.get(root, key)?))?;
    if !version.starts_with(['2', '3']) {
        return None;
    }
    let (paths_span, paths) = tree.entry(root, "paths")?;
    reader.trees.insert(path.to_string(), Some(tree.clone()));
    let start = Node { path: path.clone(), tree: tree.clone(), at: paths };
    let mut operations = Vec::new();
    reader.path_items(&start, &mut operations);
    let title = tree.pointer("#/info/title").and_then(|at| tree.text(at)).unwrap_or_default().to_string();
    let generated = generator(&tree, text, &operations);
    Some(Document {
        path: path.clone(),
        title,
        bases: bases(&tree, root),
        paths: Place { path: path.clone(), span: paths_span },
        operations,
        lost: reader.lost,
        generated,
    })
}

/// A node of one of the files.
#[derive(Clone)]
struct Node {
    path: Arc<str>,
    tree: Rc<Tree>,
    at: At,
}

impl Node {
    fn get(&self, key: &str) -> Option<Node> {
        self.tree.get(self.at, key).map(|at| Node { at, ..self.clone() })
    }

    fn text(&self) -> Option<&str> {
        self.tree.text(self.at)
    }

    fn string(&self, key: &str) -> Option<String> {
        self.get(key)?.text().map(str::to_string)
    }

    fn flag(&self, key: &str) -> Option<bool> {
        let at = self.tree.get(self.at, key)?;
        self.tree.flag(at)
    }

    fn items(&self) -> Vec<Node> {
        self.tree.items(self.at).iter().map(|&at| Node { at, ..self.clone() }).collect()
    }

    fn entries(&self) -> Vec<(String, Place, Node)> {
        let entries = self.tree.entries(self.at).into_iter();
        entries.map(|(key, span, at)| (key.to_string(), self.place(span), Node { at, ..self.clone() })).collect()
    }

    fn place(&self, span: Span) -> Place {
        Place { path: self.path.clone(), span }
    }

    fn here(&self) -> Place {
        self.place(self.tree.span(self.at))
    }
}

struct Reader<'a> {
    other: &'a dyn Fn(&str) -> Option<Arc<str>>,
    trees: BTreeMap<String, Option<Rc<Tree>>>,
    lost: u32,
}

impl Reader<'_> {
    fn path_items(&mut self, paths: &Node, out: &mut Vec<Operation>) {
        let Some(paths) = self.resolved(paths) else { return };
        for (path, _, item) in paths.entries() {
            if !path.starts_with('/') {
                continue;
            }
            // An item may refer to another and still have operations of its own.
            self.operations(&path, &item, out);
            if item.get("$ref").is_some()
                && let Some(item) = self.resolved(&item)
            {
                self.operations(&path, &item, out);
            }
        }
    }

    fn operations(&mut self, path: &str, item: &Node, out: &mut Vec<Operation>) {
        let shared = self.parameters(item);
        let own_bases = |node: &Node| node.get("servers").map(|_| bases(&node.tree, node.at)).unwrap_or_default();
        for (method, place, operation) in item.entries() {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let Some(operation) = self.resolved(&operation) else { continue };
            let mut given = self.parameters(&operation);
            let mut body = given.iter().position(|parameter| parameter.within == "body").map(|at| given.remove(at)).map(|parameter| Body {
                required: parameter.required,
                place: parameter.place,
                fields: None,
            });
            given.extend(shared.iter().filter(|parameter| parameter.within != "body").cloned());
            let mut parameters: Vec<Parameter> = Vec::new();
            for parameter in given {
                if !parameters.iter().any(|known| known.name == parameter.name && known.within == parameter.within) {
                    parameters.push(parameter);
                }
            }
            if let Some(given) = operation.get("requestBody") {
                body = self.body(&given);
            } else if let Some(body) = &mut body {
                body.fields = self.swagger_fields(&operation);
            }
            let id = operation.get("operationId").and_then(|id| Some((id.text()?.to_string(), id.here())));
            let controller = ["x-openapi-router-controller", "x-swagger-router-controller"].iter().find_map(|key| operation.string(key));
            let mut bases = own_bases(&operation);
            if bases.is_empty() {
                bases = own_bases(item);
            }
            out.push(Operation {
                method: method.to_ascii_uppercase(),
                path: path.to_string(),
                bases,
                place,
                id,
                controller: controller.or_else(|| item.string("x-openapi-router-controller")),
                parameters,
                body,
                deprecated: operation.flag("deprecated") == Some(true),
            });
        }
    }

    fn parameters(&mut self, node: &Node) -> Vec<Parameter> {
        let items = node.get("parameters").map(|list| list.items()).unwrap_or_default();
        let mut found = Vec::new();
        for item in items {
            let place = item.here();
            let Some(item) = self.resolved(&item) else { continue };
            let (Some(name), Some(within)) = (item.string("name"), item.string("in")) else { continue };
            let place = if item.path == place.path { item.get("name").map_or(place, |name| name.here()) } else { place };
            found.push(Parameter { required: item.flag("required") == Some(true), name, within, place });
        }
        found
    }

    fn body(&mut self, node: &Node) -> Option<Body> {
        let place = node.here();
        let body = self.resolved(node)?;
        let content: Vec<(String, Place, Node)> = body.get("content").map(|content| content.entries()).unwrap_or_default();
        let json: Vec<&Node> = content
            .iter()
            .filter(|(media, ..)| media.contains("json"))
            .filter(|(media, ..)| !media.contains("patch"))
            .map(|(.., node)| node)
            .collect();
        let fields = match json.as_slice() {
            [only] if content.len() == 1 => only.get("schema").and_then(|schema| self.fields(&schema, SCHEMAS)),
            _ => None,
        };
        Some(Body { required: body.flag("required") == Some(true), place, fields })
    }

    fn swagger_fields(&mut self, operation: &Node) -> Option<Vec<Field>> {
        let items = operation.get("parameters")?.items();
        let body = items.into_iter().filter_map(|item| self.resolved(&item)).find(|item| item.string("in").as_deref() == Some("body"))?;
        let schema = body.get("schema")?;
        self.fields(&schema, SCHEMAS)
    }

    /// The fields of an object's schema, `None` where they are not all known: alternatives, maps, no object.
    fn fields(&mut self, schema: &Node, depth: u8) -> Option<Vec<Field>> {
        if depth == 0 {
            return None;
        }
        let schema = self.resolved(schema)?;
        if ["oneOf", "anyOf", "discriminator", "not", "if"].iter().any(|key| schema.get(key).is_some()) {
            return None;
        }
        if schema.get("additionalProperties").is_some_and(|given| schema.tree.flag(given.at) != Some(false)) {
            return None;
        }
        let mut found: Vec<Field> = Vec::new();
        let mut any = false;
        for part in schema.get("allOf").map(|parts| parts.items()).unwrap_or_default() {
            let more = self.fields(&part, depth - 1)?;
            found.extend(more);
            any = true;
        }
        if let Some(properties) = schema.get("properties") {
            any = true;
            for (name, place, property) in properties.entries() {
                let property = self.resolved(&property);
                if property.is_some_and(|property| property.flag("readOnly") == Some(true)) {
                    continue;
                }
                found.retain(|field| field.name != name);
                found.push(Field { name, required: false, place });
            }
        }
        let required: Vec<Node> = schema.get("required").map(|list| list.items()).unwrap_or_default();
        let required: Vec<&str> = required.iter().filter_map(|item| item.text()).collect();
        for field in found.iter_mut().filter(|field| required.contains(&field.name.as_str())) {
            field.required = true;
        }
        any.then_some(found)
    }

    /// The node itself, or what it refers to in the end. A reference that leads nowhere is counted.
    fn resolved(&mut self, node: &Node) -> Option<Node> {
        let mut node = node.clone();
        for _ in 0..REFERENCES {
            let Some(reference) = node.string("$ref") else { return Some(node) };
            match self.follow(&node, &reference) {
                Some(next) => node = next,
                None => {
                    self.lost += 1;
                    return None;
                }
            }
        }
        self.lost += 1;
        None
    }

    fn follow(&mut self, from: &Node, reference: &str) -> Option<Node> {
        let (file, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        if file.is_empty() {
            return Some(Node { at: from.tree.pointer(pointer)?, ..from.clone() });
        }
        if file.contains("://") {
            return None;
        }
        let path = beside(&from.path, file)?;
        if !self.trees.contains_key(&path) {
            let tree = (self.other)(&path).filter(|text| text.len() <= LARGEST).and_then(|text| Tree::read(&text)).map(Rc::new);
            self.trees.insert(path.clone(), tree);
        }
        let tree = self.trees.get(&path)?.clone()?;
        let at = tree.pointer(pointer)?;
        Some(Node { path: Arc::from(path), tree, at })
    }
}

/// A path relative to a file, from the root; `None` when it leads out.
fn beside(file: &str, relative: &str) -> Option<String> {
    below_root(file.rsplit_once('/').map_or("", |(folder, _)| folder), relative)
}

/// The paths of the servers (OpenAPI 3), or the base path (2).
fn bases(tree: &Tree, at: At) -> Vec<String> {
    if let Some(base) = tree.get(at, "basePath").and_then(|base| tree.text(base)) {
        return vec![trimmed(base)];
    }
    let mut found = Vec::new();
    for &server in tree.get(at, "servers").map(|servers| tree.items(servers)).unwrap_or_default() {
        let Some(url) = tree.get(server, "url").and_then(|url| tree.text(url)) else { continue };
        let mut url = url.to_string();
        for (name, _, variable) in tree.get(server, "variables").map(|variables| tree.entries(variables)).unwrap_or_default() {
            if let Some(default) = tree.get(variable, "default").and_then(|default| tree.text(default)) {
                url = url.replace(&format!("{{{name}}}"), default);
            }
        }
        let path = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest.find('/').map_or("", |slash| &rest[slash..]));
        let path = if path.contains('{') { String::new() } else { trimmed(path) };
        if !found.contains(&path) {
            found.push(path);
        }
    }
    if found.is_empty() {
        found.push(String::new());
    }
    found
}

/// Without a slash at the end, with one at the beginning; empty for the root.
fn trimmed(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or(path).trim_matches('/');
    if path.is_empty() { String::new() } else { format!("/{path}") }
}

/// What shows that a tool wrote a document: it says so, or its ids and schemas are those that frameworks make up.
fn generator(tree: &Tree, text: &str, operations: &[Operation]) -> Option<&'static str> {
    let root = tree.root();
    let comments = text.lines().take(12).filter(|line| line.starts_with('#'));
    let head: String = comments.collect::<Vec<_>>().join("\n").to_ascii_lowercase();
    let says =
        ["do not edit", "autogenerated", "auto-generated", "automatically generated", "generated by", "generated from", "code generated"];
    if says.iter().any(|words| head.contains(words)) {
        return Some("it says that a tool wrote it");
    }
    if tree.get(root, "x-generator").is_some() || tree.pointer("#/info/x-generator").is_some() {
        return Some("it names its generator");
    }
    if tree.pointer("#/components/schemas/HTTPValidationError").is_some() {
        return Some("it is what FastAPI writes");
    }
    let ids: Vec<&str> = operations.iter().filter_map(|operation| operation.id.as_ref().map(|(id, _)| id.as_str())).collect();
    let controllers = ids.iter().filter(|id| id.split_once('_').is_some_and(|(class, _)| class.ends_with("Controller"))).count();
    if ids.len() >= 2 && controllers * 10 >= ids.len() * 8 {
        return Some("its ids are those that NestJS makes up");
    }
    let views = ids.iter().filter(|id| VIEW_IDS.iter().any(|end| id.ends_with(end))).count();
    if ids.len() >= 4 && ids.len() == operations.len() && views * 10 >= ids.len() * 8 {
        return Some("its ids are those that Django REST framework's tools make up");
    }
    None
}

/// Ends of the ids that drf-spectacular and drf-yasg make up.
const VIEW_IDS: &[&str] = &[
    "_list",
    "_create",
    "_retrieve",
    "_read",
    "_update",
    "_partial_update",
    "_destroy",
    "_delete",
    "_bulk_destroy",
    "_bulk_update",
    "_bulk_partial_update",
];

#[cfg(test)]
#[path = "openapi_tests.rs"]
mod tests;
