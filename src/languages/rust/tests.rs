//! The lowering on small pieces of Rust: text in, printed facts out.

use super::lower;
use crate::lower::render::{render, render_body};
use crate::model::body::NodeKind;
use crate::model::facts::{DefId, FileFacts};
use crate::model::problem::ProblemKind;

/// The printed facts, without the last line (line counts).
fn facts(text: &str) -> String {
    let printed = render(&lower(text));
    printed.lines().filter(|line| !line.starts_with("lines ")).map(|line| format!("{line}\n")).collect()
}

/// The printed statements of `fn f() { text }`.
fn body(text: &str) -> String {
    let facts = lower(&format!("fn f() {{ {text} }}"));
    assert_eq!(facts.problems, [], "{text}");
    render_body(&facts, DefId(1))
}

fn check(text: &str, expected: &str) {
    assert_eq!(body(text).trim_end(), expected, "{text}");
}

fn text_of(text: &str, facts: &FileFacts, wanted: &str) -> bool {
    facts.arena.ids().any(|id| text.get(facts.arena.span(id).range()) == Some(wanted))
}

#[test]
fn paths_calls_and_methods() {
    check("crate::db::pool()", "(call crate::db::pool)");
    check("self::a::b(self.x)", "(call self::a::b <receiver>.x)");
    check("a.b().c?.d.await", "(await (? (call a.b).c).d)");
    check("x.0.1", "x.0.1");
    check("Vec::<u8>::new()", "(call (apply Vec u8)::new)");
    check("xs.collect::<Vec<_>>()", "(call (apply xs.collect (apply Vec (other))))");
    check("<T as Trait>::f(1)", "(call (cast T Trait)::f 1)");
    check("::std::mem::take(x)", "(call std::mem::take x)");
    check("&*x; &mut (y)", "x\ny");
    check("a[1]; a[1..2]; a[..]", "a[1]\na[(other (range 1 2))]\na[(other)]");
}

#[test]
fn operators() {
    check("a + b * c - -d", "(- (+ a (* b c)) (negate d))");
    check("!a && b || c == 1", "(or (and (not a) b) (== c 1))");
    check("a as u64; a & 1; a << 2; 1..=2", "(cast a u64)\n(bits a 1)\n(bits a 2)\n(range 1 2)");
    check("x = 1; x += 2; _ = y;", "(= x 1)\n(+= x 2)\n(= (other) y)");
}

#[test]
fn literals() {
    check(r#""a\n"; r"b\n"; b"c"; 'd'; 1_000u32; 1.5; true; ()"#, "\"a\\n\"\n\"b\\\\n\"\nb\"c\"\n\"d\"\n1_000u32\n1.5\ntrue\nnull");
    check("None; [1, 2]; [0; 4]; (a, b)", "null\n(list 1 2)\n(list 0 4)\n(tuple a b)");
    check("User { name, age: 3, ..base }; m::U::<T> {}", "(new User name=name age=3 *base)\n(new (apply m::U T))");
}

#[test]
fn text_is_built_in_one_form() {
    check(r#"format!("a {} {b} {0} {c:>4}", x, c = y.z())"#, r#"(text format "a " x " " b " " x " " (call y.z))"#);
    check(r#"format!("{:.2}{{}}", x)"#, r#"(text format x "{}")"#);
    check(r#"format!("{:.*}", 2, x)"#, "(text format x (other 2))");
    check(r#""a".to_string() + &b + "c""#, r#"(text concat (call "a".to_string) b "c")"#);
    check(r#"format!("x") + b"#, r#"(text concat (text format "x") b)"#);
    check(r#"concat!("a", B)"#, r#"(text concat "a" B)"#);
    check("a + b", "(+ a b)");
}

#[test]
fn spans_of_captured_arguments_lie_in_the_format_string() {
    let text = "fn f() { format!(\"id = {id}\") }";
    let facts = lower(text);
    let id = facts.arena.ids().find(|&id| matches!(facts.arena.kind(id), NodeKind::Name(name) if facts.text(name) == "id"));
    assert_eq!(id.map(|id| &text[facts.arena.span(id).range()]), Some("{id}"));
}

#[test]
fn macros_of_the_format_family() {
    check(r#"println!("x {}", a)"#, r#"(macro println (text format "x " a))"#);
    check(r#"write!(f, "{}", a)?"#, r#"(? (macro write f (text format a)))"#);
    check(
        r#"info!(user = %id, ?b, target: "t", type = 1, "hi {}", c)"#,
        r#"(macro info user=id b target="t" type=1 (text format "hi " c))"#,
    );
    check(r#"tracing::error!("{e}")"#, r#"(macro tracing::error (text format e))"#);
    check(r#"assert_eq!(a, b, "no {}", c)"#, r#"(macro assert_eq a b (text format "no " c))"#);
    check(r#"bail!("x {}", a); bail!(e)"#, "(macro bail (text format \"x \" a))\n(macro bail e)");
    check(r#"ensure!(a > 1, "x {a}")"#, r#"(macro ensure (> a 1) (text format "x " a))"#);
    check("panic!()", "(macro panic)");
}

#[test]
fn macros_with_expressions() {
    check("vec![a, b.c()]; vec![0; n]; vec![]", "(list a (call b.c))\n(list 0 n)\n(list)");
    check(
        r#"sqlx::query_as!(User, "SELECT {}", id, b as _).fetch_one(pool)"#,
        r#"(call (macro sqlx::query_as User "SELECT {}" id (cast b (other))).fetch_one pool)"#,
    );
    check(r#"json!({"a": [1, null], "b": {"c": x.y()}})"#, r#"(macro json (dict "a":(list 1 null) "b":(dict "c":(call x.y))))"#);
    check("rusqlite::params![a, b]", "(macro rusqlite::params a b)");
    check("tokio::join!(a(), b)", "(macro tokio::join (call a) b)");
    check("try!(a.b())", "(? (call a.b))");
    check("mine!(a.b(c)?, &mut d, [1, 2], x + 1)", "(macro mine (? (call a.b c)) d (list 1 2) (+ x 1))");
    check("mine!(|x| x + 1, Foo { a: 1 })", "(macro mine (closure #2) (new Foo a=1))");
    check("mine!(format!(\"{}\", x), a = 1, \"k\" => v)", "(macro mine (text format x) a=1 k=v)");
    check("quote! { impl Foo for #x {} }", "(macro quote)");
    check("cfg!(feature = \"x\")", "(macro cfg feature=\"x\")");
}

#[test]
fn macros_that_test() {
    check("matches!(x, Foo::A(_) | Foo::B if q)", "(macro matches (and (test= (or (pattern Foo::A (other)) Foo::B) x) q))");
    check("assert!(matches!(x.y(), Some(1)))", "(macro assert (macro matches (test= (pattern Some 1) (call x.y))))");
}

#[test]
fn macros_with_code() {
    check(
        "tokio::select! { biased; x = f(), if a => { g(x) } _ = &mut b => c(), else => d }",
        "(macro tokio::select {= (declare x = (await (call f))); {= (call g x) } } {= (declare (other) = (await b)); (call c) } {= d })",
    );
    check("try_stream! { let x = a().await?; yield x; }", "(macro try_stream (declare x = (? (await (call a)))) (yield x))");
    check("html! { <p>{ name(x) }</p> }", "(macro html (other (> p (other (call name x))) p))");
    let text = "lazy_static! { static ref RE: Regex = Regex::new(\"x\"); }\nthread_local! { static A: u8 = 1; }\ncfg_if! { if #[cfg(unix)] { mod unix; } }";
    assert_eq!(
        facts(text),
        "\
#0 module public
  body
    (macro lazy_static (define #1))
    (macro thread_local (define #2))
    (macro cfg_if (if (other) { }))
#1 variable RE constant
  type Regex
  value (call Regex::new \"x\")
#2 variable A constant
  type u8
  value 1
mod unix
"
    );
}

#[test]
fn control_structure() {
    check(
        "if a { 1 } else if let Some(x) = b && x > 1 { 2 } else { 3 }",
        "if a\n  1\nelse\n  if (and (test= (pattern Some x) b) (> x 1))\n    2\n  else\n    3",
    );
    check("let Some(x) = y else { return; };", "(declare (pattern Some x) = y)\n(other { (return) })");
    check("for (i, x) in xs.iter() { continue; }", "for (tuple i x) in (call xs.iter)\n  (continue)");
    check("'a: loop { break 'a 3; }", "infinite\n  (break 3)");
    check("while let Some(x) = it.next() {}", "while (test= (pattern Some x) (call it.next))");
    check("while true { a(); }", "infinite true\n  (call a)");
    check("unsafe { a() }; const { 1 }", "block value\n  (call a)\nblock value\n  1");
    check("let x: Vec<u8> = return 1;", "(declare x: (apply Vec u8) = (return 1))");
}

#[test]
fn matches_and_patterns() {
    check(
        "match u { A::B | A::C if z => 1, U { name, age: a @ 1..=5, .. } => {} None => 3, MAX => 4, [a, .., b] => 5, &ref x => 6, (mut y, _) => 7, \"s\" => 8, _ => 9 }",
        "match u
  arm (or A::B A::C) if z
    1
  arm (pattern U name=name age=(test= a (range 1 5)))
  arm null
    3
  arm (pattern MAX)
    4
  arm (list a (other) b)
    5
  arm x
    6
  arm (tuple y (other))
    7
  arm \"s\"
    8
  arm (other)
    9",
    );
}

#[test]
fn a_block_says_whether_it_has_a_value() {
    let value = |text: &str| {
        let facts = lower(text);
        let body = facts.def(DefId(1)).body.map(|body| facts.arena.kind(body));
        matches!(body, Some(NodeKind::Block { value: true, .. }))
    };
    assert!(value("fn f() { a(); b }"));
    assert!(value("fn f() { if a { 1 } else { 2 } }"));
    assert!(!value("fn f() { a(); }"));
    assert!(!value("fn f() { if a { 1 } else { 2 }; }"));
    assert!(value("fn f() { println!() }"));
    assert!(!value("fn f() { println!(); }"));
}

#[test]
fn closures_and_async_blocks_are_definitions() {
    assert_eq!(
        facts("fn f() { g(move |x: u8, (a, b)| x); async move { y.await }; async |z| z }"),
        "\
#0 module public
  body
    (define #1)
#1 function f
  body value
    (call g (closure #2))
    (closure #3)
    (closure #4)
#2 function <lambda> closure in #1
  param x: u8
  param pattern (tuple a b)
  body value
    x
#3 function <lambda> async closure in #1
  body value
    (await y)
#4 function <lambda> async closure in #1
  param z
  body value
    z
"
    );
}

#[test]
fn functions_and_their_types() {
    assert_eq!(
        facts(
            "pub(crate) async fn f<T: Repo, U>(Path(id): Path<i32>, mut a: &T, b: Arc<U>, c: impl Fn(u8) -> u8, _: [u8; 4]) -> Result<(), Box<dyn E + Send>> where U: Send + x::Store {}"
        ),
        "\
#0 module public
  body
    (define #1)
#1 function f public async
  bound Repo
  bound Send
  bound x::Store
  param pattern (pattern Path id): (apply Path i32)
  param a: Repo
  param b: (apply Arc x::Store)
  param c: (apply Fn u8 u8)
  param pattern (other): (apply Vec u8)
  type (apply Result null (apply Box E))
  body
"
    );
}

#[test]
fn structs_enums_traits_and_impls() {
    assert_eq!(
        facts(
            "pub struct A<R: Repo> { pub r: R, n: Option<u8> }\nstruct B(pub u8, String);\npub enum E { X, Y(u8), Z { a: u8 } }\n\
             pub trait T: Base { fn a(&self); fn b() -> u8 { 1 } type I; }\nimpl<R> T for m::A<R> { fn a(&self) {} const N: u8 = 1; }\nimpl B { fn new(self: Arc<Self>) {} }"
        ),
        "\
#0 module public
  body
    (define #1)
    (define #4)
    (define #7)
    (define #13)
    (define #17)
    (define #20)
#1 struct A public
  bound Repo
#2 field r public in #1
  type Repo
#3 field n in #1
  type (apply Option u8)
#4 struct B
#5 field 0 public in #4
  type u8
#6 field 1 in #4
  type String
#7 enum E public
#8 variant X public in #7
#9 variant Y public in #7
#10 field 0 public in #9
  type u8
#11 variant Z public in #7
#12 field a public in #11
  type u8
#13 trait T public
  base Base
#14 method a public abstract in #13
  param receiver self
#15 method b public static in #13
  type u8
  body value
    1
#16 type-alias I public in #13
#17 impl A
  base (apply m::A R)
  base T
#18 method a public in #17
  param receiver self
  body
#19 variable N public constant in #17
  type u8
  value 1
#20 impl B
  base B
#21 method new in #20
  param receiver self: (apply Arc Self)
  body
"
    );
}

#[test]
fn constants_aliases_macros_and_modules() {
    assert_eq!(
        facts(
            "const A: u8 = 1 + 2;\npub static mut B: &str = \"x\";\ntype C<T> = Vec<T>;\nmacro_rules! d { () => {} }\nmod e { fn g() {} mod f; }\n#[path = \"x/y.rs\"]\npub mod h;\n#[cfg(test)]\nmod i;"
        ),
        "\
#0 module public
  body
    (define #1)
    (define #2)
    (define #3)
    (define #4)
    (define #5)
#1 variable A constant
  type u8
  value (+ 1 2)
#2 variable B public
  type str
  value \"x\"
#3 type-alias C
  value (apply Vec T)
#4 macro d
#5 module e
  body
    (define #6)
#6 function g in #5
  body
mod f in #5
mod h path \"x/y.rs\" public
mod i test
"
    );
}

#[test]
fn attributes_are_decorators() {
    assert_eq!(
        facts(
            "#![allow(dead_code)]\n#[derive(Debug, serde::Serialize)]\n#[serde(rename = \"x\", default)]\nstruct A {\n  /// doc\n  #[serde(rename = \"y\")]\n  a: u8,\n}\n\
             #[tokio::main]\n#[post(\"/<id>\", data = \"<body>\")]\n#[instrument(skip(password), fields(u = %a.b))]\n#[doc = \"x\"]\nfn f(#[case] x: u8) {}"
        ),
        "\
#0 module public
  decorator (call allow dead_code)
  body
    (define #1)
    (define #3)
#1 struct A
  decorator (call derive Debug serde::Serialize)
  decorator (call serde rename=\"x\" default)
#2 field a in #1
  decorator (call serde rename=\"y\")
  type u8
#3 function f
  decorator tokio::main
  decorator (call post \"/<id>\" data=\"<body>\")
  decorator (call instrument (call skip password) (call fields u=a.b))
  decorator (= doc \"x\")
  param x: u8 @case
  body
"
    );
}

#[test]
fn a_definition_spans_its_attributes() {
    let text = "#[a]\n#[b]\nfn f() {}";
    let facts = lower(text);
    assert_eq!(&text[facts.defs[1].span.range()], text);
    assert_eq!(&text[facts.defs[1].name_span.range()], "f");
}

#[test]
fn test_code_is_marked() {
    assert_eq!(
        facts("#[cfg(test)]\nmod tests { use super::*; fn h() {} }\n#[tokio::test]\nasync fn t() {}\n#[cfg(not(test))]\nfn p() {}"),
        "\
#0 module public
  body
    (define #1)
    (define #3)
    (define #4)
#1 module tests test
  decorator (call cfg test)
  body
    (define #2)
#2 function h test in #1
  body
#3 function t async test
  decorator tokio::test
  body
#4 function p
  decorator (call cfg (call not test))
  body
import super * test conditional in #1
"
    );
    assert!(facts("#![cfg(test)]\nfn f() {}").contains("#1 function f test"));
}

#[test]
fn use_trees() {
    let imports =
        |text: &str| facts(text).lines().filter(|line| line.starts_with("import")).map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(
        imports(
            "use a;\nuse a::b;\nuse a::{b::{c as d, self}, e::*, self as s};\npub use crate::x as _;\nuse ::g::h;\nuse super::super::i;\n\
             extern crate j as k;\n#[cfg(unix)]\nuse r#type::r#fn;\nuse {l, m::n};\nuse a :: /* x */ o;"
        ),
        "\
import a (module) as a
import a {b} as b
import a::b {c} as d
import a::b (module) as b
import a::e *
import a (module) as s
import crate {x} re-export
import ::g {h} as h
import super::super {i} as i
import j (module) as k
import type {fn} as fn conditional
import l (module) as l
import m {n} as n
import a {o} as o
"
    );
    assert_eq!(imports("fn f() { use a::B; { use c::D; } }"), "import a {B} as B in #1\nimport c {D} as D in #1\n");
}

#[test]
fn markers_and_lines() {
    let facts = lower("// TODO: x\n\nfn f() {\n    // plain\n    g(); // archcheck: ignore\n}\n");
    assert_eq!((facts.lines, facts.code_lines()), (6, 3));
    let comments: Vec<&str> = facts.comments.iter().map(|comment| facts.text(comment.text)).collect();
    assert_eq!(comments, ["// TODO: x", "// archcheck: ignore"]);
}

#[test]
fn frontmatter_and_unknown_syntax_are_no_errors() {
    for text in ["---\n[package]\n---\nuse a::b;\n", "#!/usr/bin/env cargo\n---\nx\n---\nuse a::b;\n", "\u{feff}use a::b;\n"] {
        let facts = lower(text);
        assert_eq!(facts.problems, [], "{text}");
        assert_eq!(facts.imports.len(), 1, "{text}");
        assert_eq!(text.get(facts.imports[0].span.range()), Some("a::b"));
    }
    check("let g = for<'a> |x: &'a u8| x;", "(declare g = (closure #2))");
    check("str![\"x\"]; u8!(1)", "(macro str \"x\")\n(macro u8 1)");
}

#[test]
fn lost_imports_are_found_in_broken_text() {
    let facts = lower("pub macro m { () => {} }\n] } use a::{b, c};\nfn f( {\n pub(crate) use d::e;\n mod g;\n");
    let imports: Vec<(&str, bool)> = facts.imports.iter().map(|import| (facts.text(import.specifier), import.re_export)).collect();
    assert_eq!(imports, [("a", false), ("a", false), ("d", true)]);
    assert_eq!(facts.mods.len(), 1);
    assert!(facts.problems.iter().all(|problem| problem.kind == ProblemKind::Syntax));
    assert!(!facts.problems.is_empty());
}

#[test]
fn errors_are_told_three_times_and_counted() {
    let facts = lower(&"fn f() { let = ; }\n".repeat(9));
    assert_eq!(facts.problems.len(), 4);
    assert!(facts.problems[3].message.ends_with("more syntax errors"), "{:?}", facts.problems[3]);
}

/// Runs on a stack of the size the engine promises.
fn on_a_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(8 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn deep_nesting_is_cut_without_overflowing() {
    on_a_stack(|| {
        for (open, close) in [("[", "]"), ("{", "}"), ("|x| {", "}"), ("f(", ")"), ("if a {", "}"), ("m!{", "}"), ("match x { _ => ", "}")]
        {
            let text = format!("fn f() {{ {}{} }}", open.repeat(100_000), close.repeat(100_000));
            let facts = lower(&text);
            assert!(facts.problems.iter().any(|problem| problem.kind == ProblemKind::Limit), "{open}");
        }
        for (open, close) in
            [("(", ")"), ("mod a {", "}"), ("vec![", "]"), ("x: Vec<", ">"), ("#[a(", ")]"), ("use a::{", "}"), ("json!({\"a\":", "})")]
        {
            lower(&format!("fn f() {{ {}{} }}", open.repeat(5_000), close.repeat(5_000)));
            lower(&format!("{}{}", open.repeat(5_000), close.repeat(5_000)));
        }
    });
}

#[test]
fn long_chains_are_kept_whole() {
    on_a_stack(|| {
        let cases = [
            ("x", ".f()", 100_000),
            ("a", " + b", 100_000),
            ("\"a\"", " + b", 100_000),
            ("a", "?", 100_000),
            ("a", "::b", 100_000),
            ("", "!", 100_000),
            ("", "(", 0),
        ];
        for (first, link, count) in cases {
            let tail = if first.is_empty() { "z" } else { "" };
            let text = format!("fn f() {{ {first}{}{tail} }}", link.repeat(count));
            let facts = lower(&text);
            assert!(!facts.problems.iter().any(|problem| problem.kind == ProblemKind::Limit), "{link}");
            assert!(facts.arena.len() > count, "{link}");
        }
        let text = format!("fn f() {{ if a {{ 0 }}{} }}", " else if b { 1 }".repeat(20_000));
        assert!(lower(&text).problems.is_empty());
        let text = format!("fn f() {{ match x {{ A{} => 1 }} }}", " | B".repeat(50_000));
        assert!(lower(&text).problems.is_empty());
        let text = format!("fn f() {{ {}x{} }}", "(".repeat(100_000), ")".repeat(100_000));
        let facts = lower(&text);
        assert!(facts.problems.is_empty());
        assert!(text_of(&text, &facts, "x"));
    });
}

#[test]
fn hostile_text_is_survived() {
    on_a_stack(|| {
        let soup: String =
            (0..30_000u32).map(|at| char::from(b"()[]{}<>|&!,;:='\""[(at.wrapping_mul(2_654_435_761) >> 16) as usize % 17])).collect();
        for text in [soup.as_str(), "\0\0\0", "", "\"", "r#\"", "/*", "'", "#[", "macro_rules!", "use ;", "fn f() { x! }", "json!({,:,})"] {
            lower(text);
        }
        lower(&format!("fn f() {{ \"{}\" }}", "x".repeat(2_000_000)));
        lower(&"a<".repeat(20_000));
    });
}

mod any_text {
    use proptest::prelude::*;

    use super::lower;

    /// Pieces of Rust in any order: more likely to go wrong than any characters.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "fn f",
            "(",
            ")",
            "{",
            "}",
            "[",
            "]",
            "<",
            ">",
            "use ",
            "a::b",
            "::",
            ";",
            ",",
            "#[",
            "#![cfg(test)]",
            "mod x",
            "macro_rules! m ",
            "format!(",
            "\"{a} {}\"",
            "vec![",
            "json!({",
            "select! {",
            "matches!(",
            "m!(",
            "=>",
            "=",
            "|x|",
            "if ",
            "let ",
            "else ",
            "match ",
            "é",
            "'a",
            "'a'",
            "r#\"",
            "\"",
            "/*",
            "//",
            "\n",
            " ",
            "impl ",
            "for ",
            "struct S",
            "enum E",
            "trait T",
            "where ",
            "pub ",
            "self",
            "..",
            "?",
            ".await",
            "async ",
            "move ",
            "&",
            "*",
            "!",
            "-",
            "+",
            "1",
            "_",
            "@",
            "$x",
            "\\",
            "as ",
            "return ",
            "cfg_if! {",
            "if #[cfg(a)] {",
            "info!(%",
        ]);
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,200}") {
            lower(&text);
        }

        #[test]
        fn never_panics_on_pieces_of_rust(text in pieces()) {
            let facts = lower(&text);
            for id in facts.arena.ids() {
                let span = facts.arena.span(id);
                prop_assert!(span.start <= span.end && span.end as usize <= text.len());
            }
        }
    }
}
