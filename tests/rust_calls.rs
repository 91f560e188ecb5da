//! The call graph of Rust, form by form: each case is a small crate and every call that archcheck sees in the functions whose name begins
//! with `case_`, as `caller -> callee resolution`, closures handed over and outside functions left out.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/lines.rs"]
mod lines;

use std::process::Command;

use lines::assert_lines;
use serde_json::Value;

/// The calls of the `case_` functions of a crate with these files.
fn calls(files: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let manifest = "//- Cargo.toml\n[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    for part in [manifest, files].concat().split("//- ").skip(1) {
        let (path, text) = part.split_once('\n').unwrap();
        let path = folder.path().join(path.trim());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output =
        Command::new(env!("CARGO_BIN_EXE_archcheck")).args(["graph", "--kind", "calls", "."]).current_dir(folder.path()).output().unwrap();
    let graph: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
    let short = |id: &Value| text(id).trim_start_matches("app::").to_string();
    let is_case = |edge: &&Value| text(&edge["from"]).contains("::case_") && edge["kind"] == "call";
    let own = |edge: &&Value| text(&edge["to"]).starts_with("app::");
    let edges = graph["edges"].as_array().unwrap().iter().filter(is_case).filter(own);
    edges.map(|edge| format!("{} -> {} {}", short(&edge["from"]), short(&edge["to"]), text(&edge["resolution"]))).collect()
}

/// Asserts that these files have exactly these calls, in whatever order.
#[track_caller]
fn holds(files: &str, expected: &[&str]) {
    assert_lines(calls(files), expected);
}

#[test]
fn a_method_is_looked_up_in_the_order_of_the_reference() {
    holds(
        "//- src/lib.rs
mod shapes;
use shapes::{Area, Square};
fn case_inherent(s: Square) { s.size(); }
fn case_borrowed_first(s: Square) { s.grow(); }
fn case_private(s: Square) { s.hidden(); }
fn case_not_in_scope(s: Square) { s.name(); }
//- src/shapes.rs
pub struct Square;
pub trait Area { fn size(&self); fn grow(&self); fn hidden(&self); fn name(&self); }
pub trait Unseen { fn name(&self); }
impl Unseen for Square { fn name(&self) {} }
impl Area for Square { fn size(&self) {} fn grow(&self) {} fn hidden(&self) {} fn name(&self) {} }
impl Square {
    pub fn size(&self) {}
    pub fn grow(&mut self) {}
    fn hidden(&self) {}
}
",
        &[
            "case_inherent -> shapes::Square::size exact",
            "case_borrowed_first -> shapes::{impl Area for Square}::grow exact",
            "case_private -> shapes::{impl Area for Square}::hidden exact",
            "case_not_in_scope -> shapes::{impl Area for Square}::name exact",
        ],
    );
}

#[test]
fn qualified_paths_name_one_implementation() {
    holds(
        "//- src/lib.rs
struct A;
struct B;
trait Run { fn run(&self); fn make() where Self: Sized {} fn rest(&self) {} }
trait Other { fn run(&self); }
impl Run for A { fn run(&self) {} fn make() {} }
impl Run for B { fn run(&self) {} }
impl Other for A { fn run(&self) {} }
fn case_qualified(a: A) { <A as Run>::run(&a); <A as Other>::run(&a); <A as Run>::make(); }
fn case_through_trait(a: A, b: &B) { Run::run(&a); Run::run(b); Other::run(&a); }
fn case_default() { <B as Run>::make(); B::make(); A::make(); }
fn case_default_method(b: B) { b.rest(); }
",
        &[
            "case_qualified -> {impl Run for A}::run exact",
            "case_qualified -> {impl Other for A}::run exact",
            "case_qualified -> {impl Run for A}::make exact",
            "case_through_trait -> {impl Run for A}::run exact",
            "case_through_trait -> {impl Run for B}::run exact",
            "case_through_trait -> {impl Other for A}::run exact",
            "case_default -> Run::make exact",
            "case_default -> {impl Run for A}::make exact",
            "case_default_method -> Run::rest exact",
        ],
    );
}

#[test]
fn dispatch_leads_to_the_methods_of_the_trait_alone() {
    holds(
        "//- src/lib.rs
use std::sync::Arc;
struct A;
struct B;
impl A { fn run(&self) {} }
trait Run { fn run(&self); }
trait Other { fn run(&self); }
impl Run for A { fn run(&self) {} }
impl Run for B { fn run(&self) {} }
impl Other for B { fn run(&self) {} }
fn case_dyn(x: &dyn Run) { x.run(); }
fn case_boxed(x: Arc<Box<dyn Run>>) { x.run(); }
fn case_generic<T: Send + Run>(x: T) { x.run(); }
fn case_clause<T>(x: &T) where T: Run { x.run(); }
fn case_impl(x: impl Run) { x.run(); }
",
        &[
            "case_dyn -> {impl Run for A}::run inferred",
            "case_dyn -> {impl Run for B}::run inferred",
            "case_boxed -> {impl Run for A}::run inferred",
            "case_boxed -> {impl Run for B}::run inferred",
            "case_generic -> {impl Run for A}::run inferred",
            "case_generic -> {impl Run for B}::run inferred",
            "case_clause -> {impl Run for A}::run inferred",
            "case_clause -> {impl Run for B}::run inferred",
            "case_impl -> {impl Run for A}::run inferred",
            "case_impl -> {impl Run for B}::run inferred",
        ],
    );
}

#[test]
fn generic_parameters_are_what_bounds_them() {
    holds(
        "//- src/lib.rs
struct Disk;
trait Store { fn open() -> Self; fn save(&self); }
impl Store for Disk { fn open() -> Self { Disk } fn save(&self) {} }
struct T;
impl T { fn save(&self) {} }
struct Service<S> { store: S }
impl<S: Store> Service<S> { fn case_field(&self) { self.store.save(); } }
struct Plain<T>(T);
impl<T> Plain<T> { fn case_unbounded(&self) { self.0.save(); } }
fn case_static<S: Store>() { S::open(); }
fn case_argument(service: Service<Disk>) { service.store.save(); }
",
        &[
            "Service::case_field -> {impl Store for Disk}::save inferred",
            "case_static -> {impl Store for Disk}::open inferred",
            "case_argument -> {impl Store for Disk}::save exact",
        ],
    );
}

#[test]
fn types_flow_through_fields_patterns_and_deref() {
    holds(
        "//- src/lib.rs
use std::ops::Deref;
struct Pool;
impl Pool { fn get(&self) -> Option<Row> { None } fn len(&self) {} }
struct Row;
impl Row { fn id(&self) {} }
enum State { Open(Pool), Read { row: Row }, Closed }
struct Shared(Pool);
impl Deref for Shared { type Target = Pool; fn deref(&self) -> &Pool { &self.0 } }
struct Both { len: u32, pool: Pool }
impl Both { fn pool(&self) -> &Row { &Row } }
fn case_patterns(state: State) {
    match state { State::Open(pool) => pool.len(), State::Read { row } => row.id(), State::Closed => {} }
    if let State::Open(p) = state { p.get().unwrap().id(); }
}
fn case_deref(shared: Shared) { shared.len(); }
fn case_method_and_field(both: Both) { both.pool().id(); both.pool.len(); }
fn case_question(pool: &Pool) -> Option<()> { pool.get()?.id(); pool.get().map(|row| row.id()) }
",
        &[
            "case_patterns -> Pool::len exact",
            "case_patterns -> Row::id exact",
            "case_patterns -> Pool::get exact",
            "case_patterns -> Row::id exact",
            "case_deref -> Pool::len exact",
            "case_method_and_field -> Both::pool exact",
            "case_method_and_field -> Row::id exact",
            "case_method_and_field -> Pool::len exact",
            "case_question -> Pool::get exact",
            "case_question -> Pool::get exact",
            "case_question -> Row::id exact",
            "case_question::<closure1> -> Row::id exact",
        ],
    );
}

#[test]
fn conversions_are_told_apart_by_their_source() {
    holds(
        "//- src/lib.rs
struct A;
struct B;
struct Error;
impl From<A> for Error { fn from(_: A) -> Self { Error } }
impl From<B> for Error { fn from(_: B) -> Self { Error } }
impl Error { fn show(&self) {} }
fn case_known(b: B) { Error::from(b).show(); }
fn case_unknown() { Error::from(todo!()).show(); }
",
        &["case_known -> {impl From for Error}::from exact", "case_known -> Error::show exact", "case_unknown -> Error::show exact"],
    );
}
