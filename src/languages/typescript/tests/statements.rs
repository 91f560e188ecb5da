//! Expressions and statements.

use super::*;

#[test]
fn literals_and_operators() {
    check_bodies(
        typescript,
        &[
            ("a + b * c", "(+ a (* b c))"),
            ("a - b - c", "(- (- a b) c)"),
            ("a && b || c; a ?? b", "(or (and a b) c)\n(?? a b)"),
            ("a === b; a != b; a instanceof B; 'k' in o", "(== a b)\n(!= a b)\n(instanceof a B)\n(in \"k\" o)"),
            ("a & b | c >>> 2", "(bits (bits a b) (bits c 2))"),
            (
                "!a; -a; +a; ~a; typeof a; delete a.b; void 0",
                "(not a)\n(negate a)\n(number a)\n(number a)\n(typeof a)\n(delete a.b)\n(unary 0)",
            ),
            ("i++; --i", "(step i)\n(step i)"),
            ("true; null; undefined; 0xFFn; 1_000.5", "true\nnull\nnull\n0xFFn\n1_000.5"),
            ("/a[/]b/gi", "(regex \"/a[/]b/gi\")"),
            ("a ? b : c", "(if a b c)"),
            ("(a, b)", "(other a b)"),
            ("((a))", "a"),
            ("x = y = z", "(= x (= y z))"),
            ("x += 1; x ??= y; x &&= z", "(+= x 1)\n(??= x y)\n(and= x z)"),
            ("this.a; super.b()", "<receiver>.a\n(call <super>.b)"),
            ("import.meta.url; new.target", "import.meta.url\nnew.target"),
            ("a?.b?.[c]?.(d)", "(call a.b[c] d)"),
            ("a!.b![0]!", "a.b[0]"),
            ("this.#secret; #secret in o", "<receiver>.#secret\n(in #secret o)"),
            ("f(...xs, 1)", "(call f *xs 1)"),
            ("new Map<string, User>([[a, b]])", "(new (apply Map string User) (list (list a b)))"),
            ("new Foo; new a.B(c)", "(new Foo)\n(new a.B c)"),
            ("await f(); ", "(await (call f))"),
            ("function* g() { yield 1; yield* xs; yield }", "(define #1)"),
        ],
    );
}

#[test]
fn types_in_expressions() {
    check_bodies(
        typescript,
        &[
            ("x as T; x satisfies U; <T>x", "(cast x T)\n(cast x U)\n(cast x T)"),
            ("x as const; <const>['a']", "x\n(list \"a\")"),
            ("x as unknown as T[]", "(cast (cast x unknown) (apply Array T))"),
            ("f<User, a.B>(x)", "(call (apply f User a.B) x)"),
            ("const g = f<User>", "(const g = (apply f User))"),
            ("let x: A | B | null", "(declare x: (union A B null))"),
            ("let x: 'a' | 1 | -1 | true", "(declare x: (union \"a\" 1 (negate 1) true))"),
            ("let x: readonly (A | B)[]", "(declare x: (apply Array (union A B)))"),
            ("let x: Promise<Map<string, ns.User[]>>", "(declare x: (apply Promise (apply Map string (apply Array ns.User))))"),
            ("let x: { a: A; b(c: C): B }", "(declare x: (dict \"a\":A C B))"),
            ("let x: (a: A) => B", "(declare x: (other A B))"),
            ("let x: A & B & C", "(declare x: (union A B C))"),
            ("let x: [a: A, B?]", "(declare x: (other A (other B)))"),
            ("let x: typeof y.z", "(declare x: (other y.z))"),
            ("let x: this", "(declare x: <receiver>)"),
            ("let x: keyof A, y: A['b']", "(declare x: (other A))\n(declare y: A[\"b\"])"),
        ],
    );
}

#[test]
fn text_is_one_form() {
    check_bodies(
        typescript,
        &[
            (r#"'a\n\u0041'; "b\"""#, "\"a\\nA\"\n\"b\\\"\""),
            ("`plain`; ``", "\"plain\"\n\"\""),
            ("`a ${b}\\n${c.d} e`", "(text interpolated \"a \" b \"\\n\" c.d \" e\")"),
            ("`${a}`", "(text interpolated a)"),
            ("'a' + b + 'c'", "(text concat \"a\" b \"c\")"),
            ("a + b + 'c' + d", "(text concat (+ a b) \"c\" d)"),
            ("'a' + ('b' + c)", "(text concat \"a\" \"b\" c)"),
            ("'a' + `b ${c}`", "(text concat \"a\" \"b \" c)"),
            ("'select ' + 'x'", "\"select x\""),
            ("['a', b].join(' ')", "(text join \" \" \"a\" b)"),
            ("[a, b].join()", "(text join \",\" a b)"),
            ("xs.join(',')", "(call xs.join \",\")"),
            ("'a'.concat(b, 'c')", "(text concat \"a\" b \"c\")"),
            ("sql`select ${x}`", "(tagged sql (text interpolated \"select \" x))"),
            ("a.b`x`", "(tagged a.b (text interpolated \"x\"))"),
            ("util.format('%s', a)", "(call util.format \"%s\" a)"),
        ],
    );
}

#[test]
fn objects_arrays_and_patterns() {
    check_bodies(
        typescript,
        &[
            ("x = { a, b: 1, 'c-d': 2, 3: x, [k]: v, ...r }", "(= x (dict \"a\":a \"b\":1 \"c-d\":2 \"3\":x k:v *r))"),
            (
                "x = { m() {}, get g() { return 1 }, async *s() {} }",
                "(= x (dict \"m\":(closure #1) \"g\":(closure #2) \"s\":(closure #3)))",
            ),
            ("x = [1, , ...ys]", "(= x (list 1 (other) *ys))"),
            (
                "let { a, b: c, d = 1, e: { f }, ...r } = o",
                "(declare (dict \"a\":a \"b\":c \"d\":(default= d 1) \"e\":(dict \"f\":f) *r) = o)",
            ),
            ("let [a, , b = 2, ...c] = xs", "(declare (list a (other) (default= b 2) *c) = xs)"),
            ("({ a, b: c.d = 1 } = o)", "(= (dict \"a\":a \"b\":(default= c.d 1)) o)"),
            ("[a, b] = [b, a]", "(= (list a b) (list b a))"),
        ],
    );
}

#[test]
fn control_flow() {
    check_bodies(
        typescript,
        &[
            ("if (a) b(); else if (c) d(); else { e() }", "if a\n  (call b)\nelse\n  if c\n    (call d)\n  else\n    (call e)"),
            ("for (const x of xs) f(x)", "for x in xs\n  (call f x)"),
            ("for (const [k, v] of Object.entries(o)) {}", "for (list k v) in (call Object.entries o)"),
            ("for (k in o) {}", "for k in o"),
            ("async () => { for await (const x of xs) {} }", "(closure #1)"),
            ("for (let i = 0; i < n; i++) f(i)", "block\n  (declare i = 0)\n  counted (< i n)\n    (call f i)\n    (step i)"),
            ("for (; i < n;) f()", "counted (< i n)\n  (call f)"),
            ("for (;;) f()", "infinite\n  (call f)"),
            ("while (true) f()", "infinite\n  (call f)"),
            ("while (x) { f(); continue }", "while x\n  (call f)\n  (continue)"),
            ("do f(); while (x)", "while x\n  (call f)"),
            ("do { break } while (1)", "infinite\n  (break)"),
            (
                "switch (x) { case 'a': case 'b': f(); break; default: g() }",
                "match x\n  arm \"a\"\n  arm \"b\"\n    (call f)\n    (break)\n  arm (other)\n    (call g)",
            ),
            ("try { f() } catch (e) { g(e) } finally { h() }", "try\n  (call f)\nhandler as e\n  (call g e)\nfinally\n  (call h)"),
            ("try { f() } catch { }", "try\n  (call f)\nhandler"),
            ("throw new Error('x')", "(raise (new Error \"x\"))"),
            ("outer: for (;;) { break outer }", "infinite\n  (break)"),
            ("{ let x = 1 }", "block\n  (declare x = 1)"),
            (";;; debugger", ""),
            ("'use strict'", "\"use strict\""),
        ],
    );
    check_bodies(javascript, &[("with (o) f()", "with o\n  (call f)"), ("using x = f()", "(const x = (call f))")]);
}

#[test]
fn for_await_is_async() {
    let facts = typescript("async function f() { for await (const x of xs) g(x) }");
    assert!(definitions(&facts).contains("async-for x in xs\n      (call g x)"), "{}", definitions(&facts));
}

#[test]
fn jsx_is_calls() {
    check_bodies(
        tsx,
        &[
            (
                "x = <User id={1} name=\"a\" active {...rest}>hi {y} <br/></User>",
                "(= x (jsx User id=1 name=\"a\" active=true *rest \"hi\" y (jsx \"br\")))",
            ),
            ("x = <ui.Button<T> onClick={() => f()} />", "(= x (jsx (apply ui.Button T) onClick=(closure #1)))"),
            (
                "x = <><my-tag/>{/* nothing */}{xs.map(x => <li>{x}</li>)}</>",
                "(= x (jsx \"\" (jsx \"my-tag\") (call xs.map (closure #1))))",
            ),
            ("x = <svg:a/>", "(= x (jsx \"svg:a\"))"),
        ],
    );
    check_bodies(javascript, &[("x = <A b='c'>d</A>", "(= x (jsx A b=\"c\" \"d\"))")]);
}

#[test]
fn comments_do_not_get_in_the_way() {
    check_bodies(
        typescript,
        &[
            ("f(/* a */ x /* b */, // c\n y)", "(call f x y)"),
            ("a /* x */ . /* y */ b /* z */ ()", "(call a.b)"),
            ("a + // x\n b", "(+ a b)"),
            ("x = { /* a */ b /* c */ : /* d */ 1 }", "(= x (dict \"b\":1))"),
            ("if /* a */ (b) /* c */ d() // e\n else /* f */ g()", "if b\n  (call d)\nelse\n  (call g)"),
        ],
    );
}
