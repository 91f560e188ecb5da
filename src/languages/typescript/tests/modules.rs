//! Imports and exports.

use super::*;

#[test]
fn import_statements() {
    let facts = typescript(
        "import a, { b, c as d, type E, default as f } from './x';
import * as ns from 'ns';
import g, * as h from 'gh';
import type { T } from './t';
import type U from './u';
import './side';
import {} from './empty';
import r = require('r');
import data from './d.json' with { type: 'json' };
",
    );
    let expected = "\
import ./x {default} as a
import ./x {b} as b
import ./x {c} as d
import ./x {E} as E type
import ./x {default} as f
import ns (module) as ns
import gh {default} as g
import gh (module) as h
import ./t {T} as T type
import ./u {default} as U type
import ./side (nothing)
import ./empty (nothing)
import r (module) as r
import ./d.json {default} as data";
    assert_eq!(imports(&facts), expected);
    assert!(facts.problems.is_empty());
}

#[test]
fn re_exports() {
    let facts = typescript(
        "export * from './a';
export * as n from './b';
export { x, y as z, default, default as w } from './c';
export type { T } from './d';
export { type U } from './e';
",
    );
    let expected = "\
import ./a * re-export
import ./b (module) as n re-export
import ./c {x} as x re-export
import ./c {y} as z re-export
import ./c {default} as default re-export
import ./c {default} as w re-export
import ./d {T} as T type re-export
import ./e {U} as U type re-export";
    assert_eq!(imports(&facts), expected);
    assert_eq!(exports(&facts), "");
}

#[test]
fn exports_name_what_they_are() {
    let facts = typescript(
        "const a = 1, b = 2; function f() {}\nexport { a as x, b as default, f };\nexport class C {}\nexport let [p] = q;\nexport type T = U;",
    );
    assert_eq!(
        exports(&facts),
        "export x = a\nexport default = b\nexport f = f\nexport C = (define #4)\nexport p = p\nexport T = (define #6)"
    );
    assert!(definitions(&facts).starts_with("#1 variable a public constant\n  value 1\n#2 variable b public default-export constant"));
    let facts = typescript("class A {}\nexport = A;");
    assert_eq!(exports(&facts), "export = = A");
    let facts = typescript("export default { data() { return 1 } }");
    assert_eq!(exports(&facts), "export default = (dict \"data\":(closure #1))");
    assert_eq!(module_body(&facts), "(dict \"data\":(closure #1))");
}

#[test]
fn commonjs_exports() {
    let facts = javascript(
        "function a() {}\nmodule.exports = { a, b: c, d() {} };\nexports.e = exports.f = 1;\nmodule.exports.g = function () {};",
    );
    let expected = "\
export a = a
export b = c
export d = (closure #2)
export = = (dict \"a\":a \"b\":c \"d\":(closure #2))
export f = 1
export e = 1
export g = (closure #3)";
    assert_eq!(exports(&facts), expected);
    assert!(definitions(&facts).starts_with("#1 function a public\n"));

    let facts = javascript("module.exports = require('./lib')");
    assert_eq!(imports(&facts), "import ./lib * re-export");
}

#[test]
fn require_in_all_places() {
    let facts = javascript(
        "const a = require('a');
const { b, c: d, ...e } = require('./b'), f = require('./f').g;
var h = require('h')(a);
require('./side');
app.use(require('./routes').default);
if (x) { y = require('./cond') }
function later() { const z = require('./z'); }
const where = require.resolve('./where');
jest.mock('./mocked', () => require('./fake'));
const load = createRequire(import.meta.url); load('./loaded');
require(dynamic);
",
    );
    let expected = "\
import a (module) as a
import ./b {b} as b
import ./b {c} as d
import ./b (module) as e
import ./f {g} as f
import h (nothing)
import ./side (nothing)
import ./routes (nothing)
import ./cond (nothing) conditional
import ./z (module) as z deferred in #2
import ./where (nothing) string
import ./fake (nothing) deferred in #4
import ./mocked (nothing) string
import ./loaded (nothing)";
    assert_eq!(imports(&facts), expected);
    assert!(!definitions(&facts).contains("variable a"), "a name bound to a module is an import, not a variable");
}

#[test]
fn dynamic_imports_are_deferred() {
    let facts = typescript(
        "const m = await import('./m');
async function f() { const { a, default: b } = await import(`./n`); const c = (await import('./c')).d; }
const Lazy = lazy(() => import('./lazy'));
import(`./${x}`);
",
    );
    let expected = "\
import ./m (module) as m deferred
import ./n {a} as a deferred in #1
import ./n {default} as b deferred in #1
import ./c {d} as c deferred in #1
import ./lazy (nothing) deferred in #2
import ./* (matching) deferred";
    assert_eq!(imports(&facts), expected);
}

#[test]
fn imports_in_types_load_nothing() {
    let facts = typescript(
        "let a: import('./a').A, b: typeof import('./b'); type C = Partial<import('./c').C>;\n/// <reference path=\"globals.d.ts\" />",
    );
    assert_eq!(
        imports(&facts),
        "import ./a {A} type\nimport ./b (nothing) type\nimport ./c {C} type\nimport ./globals.d.ts (nothing) type"
    );
}

#[test]
fn comments_with_markers_and_lines() {
    let facts = typescript(
        "// TODO: a\n// plain\n\nf(/* FIXME b */ x);\n/**\n * archcheck: ignore\n */\nclass A {\n  // HACK\n  m() {} // XXX\n}\n",
    );
    let comments: Vec<&str> = facts.comments.iter().map(|comment| facts.text(comment.text)).collect();
    assert_eq!(comments, ["// TODO: a", "/* FIXME b */", "/**\n * archcheck: ignore\n */", "// HACK", "// XXX"]);
    assert_eq!((facts.lines, facts.code_lines()), (11, 4));
}
