//! What the grammars misread or cannot read.

use super::*;

#[test]
fn tagged_templates_with_type_arguments() {
    let cases: &[(&str, &str)] = &[
        ("sql<User>`a ${x}`", "(tagged (apply sql User) (text interpolated \"a \" x))"),
        ("sql<ns.User>`a`", "(tagged (apply sql ns.User) (text interpolated \"a\"))"),
        ("await sql<User>`a`", "(await (tagged (apply sql User) (text interpolated \"a\")))"),
        ("sql<User>`a`.execute(db)", "(call (tagged (apply sql User) (text interpolated \"a\")).execute db)"),
        ("await sql<User>`a`.execute(db)", "(await (call (tagged (apply sql User) (text interpolated \"a\")).execute db))"),
        ("sql<User[]>`a`", "(tagged (apply sql (apply Array User)) (text interpolated \"a\"))"),
        ("await sql<User[]>`a`", "(await (tagged (apply sql (apply Array User)) (text interpolated \"a\")))"),
        ("await sql<User[]>`a`.one()", "(await (call (tagged (apply sql (apply Array User)) (text interpolated \"a\")).one))"),
        ("sql<{ id: number }>`a`", "(tagged (apply sql (dict \"id\":number)) (text interpolated \"a\"))"),
        ("const q = prisma.$queryRaw<User>`a`", "(const q = (tagged (apply prisma.$queryRaw User) (text interpolated \"a\")))"),
        ("return_ = f(x, db<User>`a`)", "(= return_ (call f x (tagged (apply db User) (text interpolated \"a\"))))"),
        ("a && db<User>`a`", "(and a (tagged (apply db User) (text interpolated \"a\")))"),
        ("!db<User>`a`", "(not (tagged (apply db User) (text interpolated \"a\")))"),
    ];
    check_bodies(typescript, cases);
    check_bodies(tsx, cases);
    for (text, _) in cases {
        assert!(typescript(text).problems.is_empty(), "{text}");
    }
    check_bodies(
        tsx,
        &[(
            "const Box = styled.div<Props>`color: ${c}`",
            "(const Box = (tagged (apply styled.div Props) (text interpolated \"color: \" c)))",
        )],
    );
    check_bodies(typescript, &[("a < b; a > `x`", "(< a b)\n(> a \"x\")")]);
}

#[test]
fn a_repaired_tag_spans_from_its_tag() {
    use crate::model::body::{CallForm, NodeKind};
    let text = "const r = await sql<User>`a`.run()";
    let facts = typescript(text);
    let tagged = facts.arena.ids().find(|&id| matches!(facts.arena.kind(id), NodeKind::Call { form: CallForm::Tagged, .. })).unwrap();
    assert_eq!(&text[facts.arena.span(tagged).range()], "sql<User>`a`");
}

#[test]
fn export_type_star() {
    let facts = typescript("export type * from './x';\nexport type * as n from './y';");
    assert_eq!(imports(&facts), "import ./x * type re-export\nimport ./y (module) as n type re-export");
    assert!(facts.problems.is_empty());
}

#[test]
fn re_exports_with_attributes() {
    let facts = typescript(
        "export { y, z as w } from './z.json' with { type: 'json' };\nexport { default } from './d.json' with {\n type: 'json'\n}\nimport a from 'b';",
    );
    assert_eq!(
        imports(&facts),
        "import ./z.json {y} as y re-export\nimport ./z.json {z} as w re-export\nimport ./d.json {default} as default re-export\nimport b {default} as a"
    );
    assert!(facts.problems.is_empty());
}

#[test]
fn using() {
    check_bodies(
        typescript,
        &[
            ("using x = f();", "(const x = (call f))"),
            ("using x: T = f();", "(const x: T = (call f))"),
            ("for (using x of xs) { g(x) }", "for x in xs\n  (call g x)"),
            ("await using x = f()", "(const x = (call f))"),
            ("using_(x); musing = 1", "(call using_ x)\n(= musing 1)"),
            ("const s = 'using x = y'", "(const s = \"using x = y\")"),
        ],
    );
    let facts = typescript("for (using x of y) { z() }\nimport a from 'q';");
    assert_eq!(imports(&facts), "import q {default} as a");
    assert!(facts.problems.is_empty());
}

#[test]
fn ampersands_in_jsx_text_are_no_problem() {
    let facts = tsx("const x = <p>salt & pepper {y}</p>");
    assert!(facts.problems.is_empty());
    assert!(module_body(&facts).contains("(jsx \"p\""));
}

#[test]
fn flow_types_are_read_with_the_typescript_grammar() {
    let facts = javascript("import type { T } from './t';\nfunction f(a: number, b: ?string): Promise<T> { return g(a) }");
    assert!(facts.problems.is_empty());
    assert_eq!(imports(&facts), "import ./t {T} as T type");
    assert_eq!(
        definitions(&facts),
        "#1 function f\n  param a: number\n  param b: (other string)\n  type (apply Promise T)\n  body\n    (return (call g a))"
    );
}

#[test]
fn imports_in_broken_regions_are_found() {
    let facts = typescript(
        "import ok from './ok';\nlet x = = = {{ ;\n}} import { a } from './a' ((( import './b' // from './no'\n @@ @@ from \"./c\" \n",
    );
    let found = imports(&facts);
    for expected in ["./ok", "./a", "./b", "./c"] {
        assert_eq!(found.matches(&format!("import {expected} ")).count(), 1, "{expected} in {found}");
    }
    assert!(!found.contains("./no"));
}

#[test]
fn syntax_errors_are_told_three_times_and_then_counted() {
    let facts = typescript(&"let = ;\nf();\n".repeat(10));
    let problems = lines_of(&facts, &["problem "]);
    assert_eq!(problems.lines().count(), 4, "{problems}");
    assert!(problems.lines().last().unwrap_or_default().ends_with("more syntax errors in this file"), "{problems}");
    assert!(module_body(&facts).contains("(call f)"), "the rest of the file is still there");
}

#[test]
fn imports_survive_in_types_the_grammar_cannot_read() {
    let facts = typescript("type A = import('./x').A<B>;\nimport y from './y';");
    assert_eq!(imports(&facts), "import ./x {A} type\nimport ./y {default} as y");
}
