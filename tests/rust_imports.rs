//! The import graph of Rust, form by form: each case is a small workspace and every edge that archcheck makes of it.
//!
//! `//- path` begins a file. An expected line is `file: kind name from target = definition`; the name and the definition are left out
//! where the edge is about a module as a whole.

#![allow(clippy::unwrap_used, reason = "a test may stop at what it did not expect")]

#[path = "support/lines.rs"]
mod lines;

use std::fmt::Write;

use archcheck::engine::{Engine, Options, ProgramStage};
use lines::assert_lines;

/// Every edge of the import graph of these files.
fn edges(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    for part in text.split("//- ").skip(1) {
        let (path, text) = part.split_once('\n').unwrap();
        let path = folder.path().join(path.trim());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let (engine, _) = Engine::open(folder.path(), Options::default());
    let mut found = String::new();
    let mut file = "";
    let dump = engine.dump(ProgramStage::Program);
    for line in dump.lines() {
        if let Some(rest) = line.strip_prefix("file ") {
            file = rest.split(' ').next().unwrap();
        } else if let Some(edge) = line.trim().strip_prefix("import ") {
            let (kind, rest) = edge.split_once(' ').unwrap();
            writeln!(found, "{file}: {} {}", kind.to_lowercase(), rest.trim()).unwrap();
        }
    }
    found
}

/// Asserts that these files have exactly these edges, in whatever order.
#[track_caller]
fn holds(text: &str, expected: &[&str]) {
    assert_lines(edges(text).lines().map(str::to_string).collect(), expected);
}

/// A package around its files.
fn package(files: &str) -> String {
    format!(
        "//- Cargo.toml\n[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\nserde = \"1\"\ntokio = \"1\"\n{files}"
    )
}

#[test]
fn module_files_are_where_the_compiler_looks_for_them() {
    holds(
        &package(
            "//- src/lib.rs
mod a;
mod b;
mod outer {
    mod inner;
    #[path = \"named.rs\"]
    mod other;
    use self::inner::I;
    use self::other::O;
}
#[path = \"elsewhere/c.rs\"]
mod c;
use a::deep::A;
use b::B;
use c::C;
//- src/a.rs
pub mod deep;
//- src/a/deep.rs
pub struct A;
//- src/b/mod.rs
pub struct B;
//- src/outer/inner.rs
pub struct I;
//- src/outer/named.rs
pub struct O;
//- src/elsewhere/c.rs
pub struct C;
",
        ),
        &[
            "src/lib.rs: load I from app::outer::inner = app::outer::inner::I",
            "src/lib.rs: load O from app::outer::other = app::outer::other::O",
            "src/lib.rs: load A from app::a::deep = app::a::deep::A",
            "src/lib.rs: load B from app::b = app::b::B",
            "src/lib.rs: load C from app::c = app::c::C",
        ],
    );
}

#[test]
fn conditional_paths_of_a_module_are_all_followed() {
    holds(
        &package(
            "//- src/lib.rs
#[cfg_attr(unix, path = \"unix.rs\")]
#[cfg_attr(windows, path = \"windows.rs\")]
mod system;
//- src/unix.rs
use crate::system;
//- src/windows.rs
use super::system;
",
        ),
        &[
            "src/lib.rs: load from unresolved self::system",
            "src/unix.rs: load system from app::system = app::system",
            "src/windows.rs: load system from app::system = app::system",
        ],
    );
}

#[test]
fn an_included_file_is_a_part_of_its_module() {
    holds(
        &package(
            "//- src/lib.rs
mod db;
mod web;
//- src/db.rs
include!(\"db/tables.rs\");
pub struct Pool;
//- src/db/tables.rs
use super::web::Page;
pub struct Table;
fn open() -> Pool { self::Pool }
//- src/web.rs
use crate::db::Table;
pub struct Page;
",
        ),
        &[
            "src/db/tables.rs: load Page from app::web = app::web::Page",
            "src/db/tables.rs: load Pool from app::db = app::db::Pool",
            "src/web.rs: load Table from app::db = app::db::Table",
        ],
    );
}

#[test]
fn a_module_without_a_file_is_counted() {
    holds(
        &package(
            "//- src/lib.rs\nmod gone;\n#[cfg(test)]\nmod lost;\nuse crate::gone::Thing;\nuse crate::never::Seen;\nuse gone::Other;\nfn f() { gone::call(); }\n",
        ),
        &[
            "src/lib.rs: load Thing from unresolved crate::gone::Thing",
            "src/lib.rs: load Seen from unresolved crate::never::Seen",
            "src/lib.rs: load Other from unresolved gone::Other",
            "src/lib.rs: load from unresolved gone::call",
            "src/lib.rs: load from unresolved self::gone",
            "src/lib.rs: test from unresolved self::lost",
        ],
    );
}

#[test]
fn every_target_is_a_root_of_its_own() {
    holds(
        "//- Cargo.toml
[package]
name = \"web-shop\"
version = \"0.1.0\"
edition = \"2021\"
[[bin]]
name = \"tool\"
path = \"tools/main.rs\"
[[test]]
name = \"named\"
path = \"checks/named.rs\"
//- build.rs
#[path = \"src/version.rs\"]
mod version;
use crate::version::V;
//- src/lib.rs
pub mod version;
//- src/version.rs
pub struct V;
//- src/main.rs
mod cli;
use crate::cli::Cli;
use web_shop::version::V;
//- src/cli.rs
pub struct Cli;
//- src/bin/worker.rs
use web_shop::version::V;
//- src/bin/admin/main.rs
mod screen;
use screen::Screen;
//- src/bin/admin/screen.rs
pub struct Screen;
//- tools/main.rs
use web_shop::version;
//- examples/demo.rs
use web_shop::version::V;
//- tests/api.rs
mod common;
use common::setup;
use web_shop::version::V;
//- tests/common/mod.rs
use web_shop::version;
pub fn setup() {}
//- checks/named.rs
fn check() { web_shop::version::V; }
//- benches/speed.rs
use web_shop::version::V;
",
        &[
            "benches/speed.rs: test V from web_shop::version = web_shop::version::V",
            "build.rs: load V from web_shop::version = web_shop::version::V",
            "checks/named.rs: test V from web_shop::version = web_shop::version::V",
            "examples/demo.rs: load V from web_shop::version = web_shop::version::V",
            "src/bin/admin/main.rs: load Screen from admin::screen = admin::screen::Screen",
            "src/bin/worker.rs: load V from web_shop::version = web_shop::version::V",
            "src/main.rs: load Cli from web_shop::cli = web_shop::cli::Cli",
            "src/main.rs: load V from web_shop::version = web_shop::version::V",
            "tests/api.rs: test setup from api::common = api::common::setup",
            "tests/api.rs: test V from web_shop::version = web_shop::version::V",
            "tests/common/mod.rs: test version from web_shop::version = web_shop::version",
            "tools/main.rs: load version from web_shop::version = web_shop::version",
        ],
    );
}

#[test]
fn use_trees_lead_to_each_of_their_names() {
    holds(
        &package(
            "//- src/lib.rs
mod a;
mod b;
//- src/a.rs
pub struct X;
pub trait Tell {}
pub mod part {
    pub const LIMIT: u32 = 1;
    pub enum Kind { One, Two }
}
//- src/b.rs
use crate::a::{self, X as Ex, part::{Kind::{self, One}, LIMIT}};
use super::a::Tell as _;
use crate::a::part::*;
use std::{fmt, io::{self, Read}};
fn f() {
    use crate::a::part::Kind::*;
    {
        use super::super::b;
    }
}
mod inner {
    use super::super::a::X;
    use ::serde::Serialize;
}
",
        ),
        &[
            "src/b.rs: load from app::a = app::a",
            "src/b.rs: load X from app::a = app::a::X",
            "src/b.rs: load from app::a::part = app::a::part::Kind",
            "src/b.rs: load One from app::a::part = app::a::part::Kind::One",
            "src/b.rs: load LIMIT from app::a::part = app::a::part::LIMIT",
            "src/b.rs: load Tell from app::a = app::a::Tell",
            "src/b.rs: load from app::a::part",
            "src/b.rs: load fmt from external std",
            "src/b.rs: load from external std::io",
            "src/b.rs: load Read from external std::io",
            "src/b.rs: load from app::a::part",
            "src/b.rs: load b from unresolved super::super::b",
            "src/b.rs: load X from app::a = app::a::X",
            "src/b.rs: load Serialize from external serde",
        ],
    );
}

#[test]
fn edition_2015_starts_use_at_the_root() {
    holds(
        "//- Cargo.toml
[package]
name = \"old\"
version = \"0.1.0\"
[dependencies]
serde = \"1\"
//- src/lib.rs
extern crate serde;
mod a;
mod b;
//- src/a.rs
pub struct X;
//- src/b.rs
use a::X;
use ::a;
use serde::Serialize;
fn f() { ::a::X; }
",
        &[
            "src/lib.rs: load from external serde",
            "src/b.rs: load X from old::a = old::a::X",
            "src/b.rs: load from old::a = old::a",
            "src/b.rs: load Serialize from external serde",
        ],
    );
}

#[test]
fn crates_of_a_workspace_are_modules_and_others_are_outside() {
    holds(
        "//- Cargo.toml
[workspace]
members = [\"crates/*\", \"tools\"]
exclude = [\"crates/old\"]
[workspace.package]
edition = \"2021\"
[workspace.dependencies]
store = { path = \"crates/store\", package = \"my-store\" }
json = { package = \"serde_json\", version = \"1\" }
//- crates/store/Cargo.toml
[package]
name = \"my-store\"
version = \"0.1.0\"
edition.workspace = true
//- crates/store/src/lib.rs
pub mod tables;
pub use tables::Table;
//- crates/store/src/tables.rs
pub struct Table;
//- crates/web/Cargo.toml
[package]
name = \"web\"
version = \"0.1.0\"
edition.workspace = true
[dependencies]
store.workspace = true
json.workspace = true
[dev-dependencies]
tools = { path = \"../../tools\" }
other-names = { path = \"../names\" }
//- crates/names/Cargo.toml
[package]
name = \"other-names\"
version = \"0.1.0\"
edition.workspace = true
[lib]
name = \"names\"
//- crates/names/src/lib.rs
pub struct Name;
//- crates/web/src/lib.rs
use names::Name;
use store::Table;
use json::Value;
use my_store::Table as Other;
use nowhere::Thing;
extern crate store as keep;
fn f() { store::tables::Table; keep::tables::Table; ::json::to_string(1); }
#[cfg(test)]
mod tests {
    use super::Table;
    use tools::help;
}
//- crates/old/Cargo.toml
[package]
name = \"old\"
version = \"0.1.0\"
edition.workspace = true
//- crates/old/src/lib.rs
use store::Table;
//- tools/Cargo.toml
[package]
name = \"tools\"
version = \"0.1.0\"
edition = \"2018\"
[lib]
path = \"lib.rs\"
//- tools/lib.rs
pub fn help() {}
",
        &[
            "crates/old/src/lib.rs: load Table from external store",
            "crates/store/src/lib.rs: load Table from my_store::tables = my_store::tables::Table",
            "crates/web/src/lib.rs: load Table from my_store::tables = my_store::tables::Table",
            "crates/web/src/lib.rs: load Name from names = names::Name",
            "crates/web/src/lib.rs: load Value from external serde_json",
            "crates/web/src/lib.rs: load Table from unresolved my_store::Table",
            "crates/web/src/lib.rs: load Thing from external nowhere",
            "crates/web/src/lib.rs: load from my_store = my_store",
            "crates/web/src/lib.rs: test Table from my_store::tables = my_store::tables::Table",
            "crates/web/src/lib.rs: test help from tools = tools::help",
            "crates/web/src/lib.rs: load Table from my_store::tables = my_store::tables::Table",
            "crates/web/src/lib.rs: load from external serde_json",
        ],
    );
}

#[test]
fn names_are_followed_through_re_exports_to_where_they_are_defined() {
    holds(
        &package(
            "//- src/lib.rs
mod a;
pub mod prelude;
mod users;
//- src/a.rs
mod deep;
mod private;
pub use self::deep::*;
pub use private::Hidden as Shown;
pub struct Twice;
fn secret() {}
//- src/a/deep.rs
pub struct Deep;
pub struct Twice;
struct Inner;
pub use super::*;
//- src/a/private.rs
pub struct Hidden;
//- src/prelude.rs
pub use crate::a::*;
pub use serde::Serialize;
//- src/users.rs
use crate::prelude::{Deep, Shown, Twice};
use crate::prelude::Serialize;
use crate::prelude::Inner;
use crate::prelude::*;
fn f() { Deep::new(); }
",
        ),
        &[
            "src/a.rs: load from app::a::deep",
            "src/a.rs: load Hidden from app::a::private = app::a::private::Hidden",
            "src/a/deep.rs: load from app::a",
            "src/prelude.rs: load from app::a",
            "src/prelude.rs: load Serialize from external serde",
            "src/users.rs: load Deep from app::a::deep = app::a::deep::Deep",
            "src/users.rs: load Shown from app::a::private = app::a::private::Hidden",
            "src/users.rs: load Twice from app::a = app::a::Twice",
            "src/users.rs: load Serialize from app::prelude",
            "src/users.rs: load Inner from unresolved crate::prelude::Inner",
            "src/users.rs: load from app::prelude",
        ],
    );
}

#[test]
fn a_glob_brings_private_names_only_inside() {
    holds(
        &package(
            "//- src/lib.rs
mod a;
mod b;
//- src/a.rs
pub(crate) struct Open;
pub(in crate::a) struct Shut;
struct Own;
use crate::b::B;
mod below {
    use super::*;
    fn f() { Own::new(); B::new(); }
}
//- src/b.rs
use crate::a::*;
pub struct B;
mod below {
    use super::*;
    fn g() { Open::new(); }
}
fn h() { Own::new(); }
",
        ),
        &[
            "src/a.rs: load B from app::b = app::b::B",
            "src/a.rs: load from app::a",
            "src/a.rs: load B from app::b = app::b::B",
            "src/b.rs: load from app::a",
            "src/b.rs: load from app::b",
            "src/b.rs: load Open from app::a = app::a::Open",
        ],
    );
}

#[test]
fn paths_without_use_are_edges_wherever_they_stand() {
    holds(
        &package(
            "//- src/lib.rs
mod a;
mod b;
mod macros;
fn relative() { a::call(); }
//- src/a.rs
pub struct Ty<T>(T);
pub trait Tr {}
pub trait Other {}
pub fn call() {}
pub const N: usize = 1;
pub mod dates {}
pub enum E { V }
//- src/b.rs
struct S {
    field: Vec<crate::a::Ty<u8>>,
    #[serde(with = \"crate::a::dates\", default = \"serde::de::value\")]
    date: u32,
}
impl crate::a::Tr for S {}
fn bound<T: Clone + crate::a::Tr>() {}
fn clause<T>() where T: Send, Vec<T>: crate::a::Other {}
fn param(x: &dyn super::a::Tr) -> Option<impl super::a::Other + crate::a::Tr> { None }
type Alias = crate::a::Ty<u8>;
const K: [u8; crate::a::N] = [0; crate::a::N];
fn code() {
    println!(\"{}\", crate::a::N);
    let _ = vec![super::a::call()];
    match 1 { crate::a::E::V => {} _ => {} }
    <crate::a::Ty<u8> as crate::a::Tr>::f();
    crate::absent::call();
    crate::made!(1);
    helper!();
}
#[derive(serde::Serialize)]
struct D;
#[tokio::main]
async fn main() { std::fs::read(\"x\"); }
//- src/macros.rs
#[macro_export]
macro_rules! made { ($x:expr) => { $crate::a::call($x) }; }
macro_rules! helper { () => { crate::b::code() }; }
",
        ),
        &[
            "src/lib.rs: load call from app::a = app::a::call",
            "src/b.rs: load Ty from app::a = app::a::Ty",
            "src/b.rs: string from app::a::dates",
            "src/b.rs: string from external serde::de",
            "src/b.rs: load Tr from app::a = app::a::Tr",
            "src/b.rs: load Tr from app::a = app::a::Tr",
            "src/b.rs: load Other from app::a = app::a::Other",
            "src/b.rs: load Tr from app::a = app::a::Tr",
            "src/b.rs: load Other from app::a = app::a::Other",
            "src/b.rs: load Ty from app::a = app::a::Ty",
            "src/b.rs: load N from app::a = app::a::N",
            "src/b.rs: load N from app::a = app::a::N",
            "src/b.rs: load call from app::a = app::a::call",
            "src/b.rs: load V from app::a = app::a::E::V",
            "src/b.rs: load Ty from app::a = app::a::Ty",
            "src/b.rs: load Tr from app::a = app::a::Tr",
            "src/b.rs: load from unresolved crate::absent::call",
            "src/b.rs: load made from app::macros = app::macros::made",
            "src/b.rs: load helper from app::macros = app::macros::helper",
            "src/b.rs: load from external serde",
            "src/b.rs: load from external tokio",
            "src/b.rs: load from external std::fs",
            "src/macros.rs: load call from app::a = app::a::call",
            "src/macros.rs: load code from app::b = app::b::code",
        ],
    );
}

#[test]
fn a_path_goes_on_where_its_use_ends() {
    holds(
        &package(
            "//- src/lib.rs
mod a;
mod b;
//- src/a.rs
pub mod part;
pub use part::make;
pub fn own() {}
//- src/a/part.rs
pub fn make() {}
//- src/b.rs
use crate::a;
fn f() { a::own(); a::make(); a::part::make(); self::g(); let a = 1; }
fn g() {}
",
        ),
        &[
            "src/a.rs: load make from app::a::part = app::a::part::make",
            "src/b.rs: load a from app::a = app::a",
            "src/b.rs: load make from app::a::part = app::a::part::make",
        ],
    );
}

#[test]
fn names_that_a_macro_makes_lie_in_its_module() {
    holds(
        &package(
            "//- src/lib.rs
mod plain;
mod schema;
mod user;
//- src/plain.rs
pub struct Only;
//- src/schema.rs
tables::table! { users (id) { id -> Integer, } }
//- src/user.rs
use crate::schema::users;
use crate::schema::users::dsl::*;
use crate::plain::users as none;
fn f() { crate::schema::users::table.load(); }
",
        ),
        &[
            "src/user.rs: load users from app::schema",
            "src/user.rs: load from app::schema",
            "src/user.rs: load users from unresolved crate::plain::users",
            "src/user.rs: load from app::schema",
        ],
    );
}

#[test]
fn test_code_has_edges_of_its_own_kind() {
    holds(
        &package(
            "//- src/lib.rs
mod a;
#[cfg(test)]
mod checks;
//- src/a.rs
pub struct A;
#[cfg(test)]
mod tests {
    use super::A;
    use crate::checks::helper;
    fn f() { crate::checks::helper(); }
}
//- src/checks.rs
use crate::a::A;
pub fn helper() { crate::a::A; }
",
        ),
        &[
            "src/a.rs: test A from app::a = app::a::A",
            "src/a.rs: test helper from app::checks = app::checks::helper",
            "src/a.rs: test helper from app::checks = app::checks::helper",
            "src/checks.rs: test A from app::a = app::a::A",
            "src/checks.rs: test A from app::a = app::a::A",
        ],
    );
}

#[test]
fn files_and_names_that_share_a_name_are_told_apart() {
    holds(
        &package(
            "//- src/lib.rs
mod routes;
use routes::{home, login};
//- src/routes.rs
mod home;
mod login;
pub use home::*;
pub use login::login;
//- src/routes/home.rs
pub fn home() {}
//- src/routes/login.rs
pub fn login() {}
",
        ),
        &[
            "src/lib.rs: load home from app::routes::home = app::routes::home::home",
            "src/lib.rs: load login from app::routes::login = app::routes::login::login",
            "src/routes.rs: load from app::routes::home",
            "src/routes.rs: load login from app::routes::login = app::routes::login::login",
        ],
    );
}

#[test]
fn circles_of_globs_end() {
    holds(
        &package(
            "//- src/lib.rs
mod a;
mod b;
use a::Nothing;
use a::Thing;
//- src/a.rs
pub use crate::b::*;
//- src/b.rs
pub use crate::a::*;
pub struct Thing;
",
        ),
        &[
            "src/lib.rs: load Nothing from unresolved a::Nothing",
            "src/lib.rs: load Thing from app::b = app::b::Thing",
            "src/a.rs: load from app::b",
            "src/b.rs: load from app::a",
        ],
    );
}
