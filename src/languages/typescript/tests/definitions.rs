//! Functions, classes, types and variables.

use super::*;

#[test]
fn functions() {
    let facts = typescript(
        "export async function load({ id }: Props, n: number = 1, opt?: string, ...rest: T[]): Promise<User> { return f(id) }
function* gen() {}
export default function () { return 1 }
export const get = async x => x.y;
const old = function named() {};
xs.map((x) => x + 1);
",
    );
    let expected = "\
#1 function load public async
  param pattern (dict \"id\":id): Props
  param n: number = 1
  param opt: string
  param *rest: (apply Array T)
  type (apply Promise User)
  body
    (return (call f id))
#2 function gen generator
  body
#3 function default public default-export closure
  body
    (return 1)
#4 function get public async closure
  param x
  body value
    x.y
#5 variable get public constant
  value (closure #4)
#6 function old closure
  body
#7 variable old constant
  value (closure #6)
#8 function <lambda> closure
  param x
  body value
    (+ x 1)";
    assert_eq!(definitions(&facts), expected);
    assert_eq!(exports(&facts), "export load = (define #1)\nexport default = (closure #3)\nexport get = get");
}

#[test]
fn closures_take_the_name_of_their_place() {
    let facts = javascript(
        "module.exports = function create() {}; exports.list = (req) => 1; a.b = () => 2; o = { c: () => 3, d: function () {} }; f = () => 4",
    );
    let names: Vec<&str> = facts.defs.iter().skip(1).map(|def| facts.text(def.name)).collect();
    assert_eq!(names, ["create", "list", "b", "c", "d", "f"]);
    let facts = javascript("module.exports = () => 1");
    assert_eq!(facts.text(facts.defs[1].name), "default");
}

#[test]
fn nested_functions_belong_to_the_function_around_them() {
    let facts = typescript("function a() { function b() { return () => 1 } class C { m() {} } }");
    let expected = "\
#1 function a
  body
    (define #2)
    (define #4)
#2 function b in #1
  body
    (return (closure #3))
#3 function <lambda> closure in #2
  body value
    1
#4 class C in #1
#5 method m in #4
  body";
    assert_eq!(definitions(&facts), expected);
}

#[test]
fn overloads_merge_into_the_implementation() {
    let facts = typescript(
        "export function f(a: string): void;\nexport function f(a: number): void;\nexport function f(a: any) { g(a) }\nfunction h() {}",
    );
    assert_eq!(definitions(&facts), "#1 function f public\n  param a: any\n  body\n    (call g a)\n#2 function h\n  body");
    assert_eq!(module_body(&facts), "(define #1)\n(define #2)");
    assert_eq!(exports(&facts), "export f = (define #1)");

    let facts = typescript("class A { m(a: string): B; m(a: any) { return 1 } n() {} }");
    assert_eq!(definitions(&facts), "#1 class A\n#2 method m in #1\n  param a: any\n  body\n    (return 1)\n#3 method n in #1\n  body");
}

#[test]
fn classes() {
    let facts = typescript(
        "@Injectable() @Controller('x')
export abstract class A<T> extends mix(B)<T> implements I, ns.J<T> {
  static readonly s: number = 1;
  declare d: D;
  @Column({ nullable: true }) name?: string;
  #p = 2;
  'quoted-name' = 3;
  handler = async () => this.s;
  constructor(@Inject(DB) private readonly db: Db, override readonly o = 1, plain: string) { super() }
  @Get(':id') @Auth async find(@Param('id') id: string): Promise<T> { return this.db.find(id) }
  get v() { return 1 }
  set v(x) {}
  static create() {}
  protected abstract todo(): void;
  static { init() }
  [key: string]: any;
}",
    );
    let expected = "\
#1 class A public abstract
  decorator (call Injectable)
  decorator (call Controller \"x\")
  base (apply (call mix B) T)
  implements I
  implements (apply ns.J T)
#2 field s static constant in #1
  type number
  value 1
#3 field d in #1
  type D
#4 field name in #1
  decorator (call Column (dict \"nullable\":true))
  type string
#5 field #p in #1
  value 2
#6 field quoted-name in #1
  value 3
#7 field handler in #1
  value (closure #8)
#8 function handler async closure in #1
  body value
    <receiver>.s
#9 method constructor in #1
  param db: Db @(call Inject DB)
  param o = 1
  param plain: string
  body
    (call <super>)
#10 field db parameter-property constant in #1
  decorator (call Inject DB)
  type Db
#11 field o parameter-property constant in #1
#12 method find async in #1
  decorator (call Get \":id\")
  decorator Auth
  param id: string @(call Param \"id\")
  type (apply Promise T)
  body
    (return (call <receiver>.db.find id))
#13 method v getter in #1
  body
    (return 1)
#14 method v in #1
  param x
  body
#15 method create static in #1
  body
#16 method todo abstract private in #1
  type void
#17 method static static in #1
  body
    (call init)";
    assert_eq!(definitions(&facts), expected);
    assert_eq!(module_body(&facts), "(define #1)");
    assert!(facts.problems.is_empty());
}

#[test]
fn classes_in_javascript_and_as_values() {
    let facts =
        javascript("class A extends B { x = 1; static y; m(a, b = 2, ...c) {} }\nconst C = class extends A {};\nexport default class { }");
    let expected = "\
#1 class A
  base B
#2 field x in #1
  value 1
#3 field y static in #1
#4 method m in #1
  param a
  param b = 2
  param *c
  body
#5 class C
  base A
#6 variable C constant
  value (define #5)
#7 class default public default-export";
    assert_eq!(definitions(&facts), expected);
    assert_eq!(module_body(&facts), "(define #1)\n(const C = (define #5))\n(define #7)");
}

#[test]
fn a_definition_spans_its_decorators() {
    let text = "@A() export class B { @C() m() {} }";
    let facts = typescript(text);
    assert_eq!(&text[facts.defs[1].span.range()], text);
    assert_eq!(&text[facts.defs[2].span.range()], "@C() m() {}");
    assert_eq!(&text[facts.defs[2].name_span.range()], "m");
}

#[test]
fn interfaces_types_and_enums() {
    let facts = typescript(
        "export interface A extends B, C<D> { readonly a: E; b?: F[]; m(x: G): H; m(y: I): H; (call: J): K; [key: string]: L }
export type T = { u: User; f(a: A): void } ;
type U = A | B;
export const enum Color { Red, Green = 'g', 'Dark Blue' = 1 }
",
    );
    let expected = "\
#1 interface A public
  base B
  base (apply C D)
#2 field a constant in #1
  type E
#3 field b in #1
  type (apply Array F)
#4 method m in #1
  param y: I
  type H
#5 type-alias T public
  value (dict \"u\":User)
#6 field u in #5
  type User
#7 method f in #5
  param a: A
  type void
#8 type-alias U
  value (union A B)
#9 enum Color public
#10 variant Red constant in #9
#11 variant Green constant in #9
  value \"g\"
#12 variant Dark Blue constant in #9
  value 1";
    assert_eq!(definitions(&facts), expected);
}

#[test]
fn namespaces_and_ambient_declarations() {
    let facts = typescript(
        "namespace N { export const a = 1; function f() {} }
export namespace O.P {}
declare module 'ext' { import { X } from 'x'; export function g(): X; }
declare global { interface Window { a: A } }
declare const D: string;
export declare function h(): void;
",
    );
    let expected = "\
#1 module N
  body
    (const a = 1)
    (define #3)
#2 variable a public constant in #1
  value 1
#3 function f in #1
  body
#4 module O.P public
  body
#5 module ext
  body
    (define #6)
#6 function g public in #5
  type X
#7 module global
  body
    (define #8)
#8 interface Window in #7
#9 field a in #8
  type A
#10 variable D constant
  type string
#11 function h public
  type void";
    assert_eq!(definitions(&facts), expected);
    assert_eq!(imports(&facts), "import x {X} as X in #5\nimport ext (nothing) type");
    assert_eq!(exports(&facts), "export O.P = (define #4)\nexport h = (define #11)");
}

#[test]
fn module_variables_know_which_part_of_the_value_they_are() {
    let facts = typescript("export const { a, b: { c = 1 }, ...r } = f(), [x, , y] = xs;\nlet z;\nif (q) { const inner = 1 }");
    let expected = "\
#1 variable a public constant
  value (call f).a
#2 variable c public constant
  value (call f).b.c
#3 variable r public constant
  value (call f)
#4 variable x public constant
  value xs[0]
#5 variable y public constant
  value xs[2]
#6 variable z";
    assert_eq!(definitions(&facts), expected);
}
