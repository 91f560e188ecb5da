//! Flow on small programs: which calls are found, and which must not be.

use crate::link::tests::call_graph_of;

/// Asserts that exactly these calls are in the graph of the files: `caller -> callee`, in any order.
#[track_caller]
fn calls(files: &[(&str, &str)], expected: &[&str]) {
    let mut found = call_graph_of(files);
    found.sort();
    found.dedup();
    let mut expected: Vec<String> = expected.iter().map(|line| line.to_string()).collect();
    expected.sort();
    assert_eq!(found, expected);
}

#[track_caller]
fn python(text: &str, expected: &[&str]) {
    calls(&[("app.py", text)], expected);
}

#[track_caller]
fn javascript(text: &str, expected: &[&str]) {
    calls(&[("app.js", text)], expected);
}

#[test]
fn a_function_given_as_an_argument_is_called_by_who_takes_it() {
    python(
        "def greet(): pass\ndef twice(action):\n    action()\n    action()\ntwice(greet)\ndef unused(): pass\n",
        &["app -> app.twice", "app.twice -> app.greet"],
    );
}

#[test]
fn arguments_find_their_parameters_by_name_by_star_and_by_default() {
    python(
        "def a(): pass\ndef b(): pass\ndef c(): pass\ndef run(x, *rest, y=c, **more):\n    x()\n    rest[0]()\n    y()\n    more['z']()\ndef pass_on(*args, **kw):\n    run(*args, **kw)\npass_on(a, b, z=b)\n",
        &["app -> app.pass_on", "app.pass_on -> app.run", "app.run -> app.a", "app.run -> app.b", "app.run -> app.c"],
    );
}

#[test]
fn a_name_assigned_anew_is_another() {
    python("def a(): pass\ndef b(): pass\nx = a\nx = b\nx()\n", &["app -> app.b"]);
    // In a branch either may hold.
    python("def a(): pass\ndef b(): pass\nx = a\nif x:\n    x = b\nx()\n", &["app -> app.a", "app -> app.b"]);
    // A loop comes back to what is assigned at its end.
    python("def a(): pass\ndef b(): pass\nx = a\nwhile x:\n    x()\n    x = b\n", &["app -> app.a", "app -> app.b"]);
}

#[test]
fn tuples_are_taken_apart() {
    python(
        "def a(): pass\ndef b(): pass\ndef c(): pass\nx, (y, z) = a, (b, c)\nz()\nfirst, *middle, last = a, b, c\nmiddle[0]()\npair = (a, b)\none, two = pair\none()\n",
        &["app -> app.a", "app -> app.b", "app -> app.c"],
    );
}

#[test]
fn containers_keep_constant_keys_apart() {
    python("def a(): pass\ndef b(): pass\nt = {'x': a, 'y': b, 1: b}\nt['x']()\n", &["app -> app.a"]);
    python(
        "def a(): pass\ndef b(): pass\nt = {'x': a}\nt['y'] = b\ndef pick(key):\n    t[key]()\npick('y')\n",
        &["app -> app.pick", "app.pick -> app.b"],
    );
    // A key nobody knows may be any.
    python("import os\ndef a(): pass\ndef b(): pass\nt = {'x': a, 'y': b}\nt[os.name]()\n", &["app -> app.a", "app -> app.b"]);
    // What is overwritten before anybody sees it is not there.
    python("def a(): pass\ndef b(): pass\nt = {'x': a}\nt['x'] = b\nt['x']()\n", &["app -> app.b"]);
    python("def a(): pass\ndef b(): pass\nt = {'x': a}\nt['x']()\nt['x'] = b\nt['x']()\n", &["app -> app.a", "app -> app.b"]);
    python("def a(): pass\ndef b(): pass\nxs = []\nxs.append(a)\nfor x in xs:\n    x()\n", &["app -> app.a"]);
}

#[test]
fn the_name_of_a_decorated_function_is_what_the_decorator_made() {
    python(
        "def logged(f):\n    def inner(*args):\n        return f(*args)\n    return inner\n@logged\ndef work(): pass\ndef main():\n    work()\n",
        &["app -> app.logged", "app.main -> app.logged.inner", "app.logged.inner -> app.work"],
    );
    // A decorator from elsewhere leaves it what it is.
    python("from lib import cached\n@cached\ndef work(): pass\nwork()\n", &["app -> app.work"]);
    // A factory of decorators.
    python(
        "def named(name):\n    def wrap(f):\n        return f\n    return wrap\n@named('x')\ndef work(): pass\nwork()\n",
        &["app -> app.named", "app -> app.named.wrap", "app -> app.work"],
    );
}

#[test]
fn what_is_given_back_as_it_came_stays_apart() {
    python(
        "def register(name):\n    def keep(cls):\n        return cls\n    return keep\n@register('a')\nclass A:\n    def go(self): pass\n@register('b')\nclass B:\n    def go(self):\n        return self\nA().go()\n",
        &["app -> app.register", "app -> app.register.keep", "app -> app.A", "app -> app.A.go"],
    );
}

#[test]
fn methods_are_bound_to_the_object_they_are_taken_from() {
    python(
        "class A:\n    def run(self):\n        self.step()\n    def step(self): pass\nclass B(A):\n    def step(self): pass\nmethod = B().run\nmethod()\n",
        &["app -> app.A.run", "app -> app.B", "app.A.run -> app.A.step", "app.A.run -> app.B.step"],
    );
}

#[test]
fn a_field_belongs_to_its_class() {
    python(
        "def a(): pass\ndef b(): pass\nclass X:\n    def __init__(self, f):\n        self.f = f\n    def go(self):\n        self.f()\nclass Y:\n    def __init__(self, f):\n        self.f = f\nX(a).go()\nY(b)\n",
        &["app -> app.X.__init__", "app -> app.Y.__init__", "app -> app.X.go", "app.X.go -> app.a"],
    );
    // A function kept by an instance is no method: it gets no receiver.
    python(
        "def takes(x):\n    x()\nclass X:\n    def __init__(self):\n        self.f = takes\n    def __call__(self): pass\ndef a(): pass\nX().f(a)\n",
        &["app -> app.X.__init__", "app -> app.takes", "app.takes -> app.a"],
    );
}

#[test]
fn members_are_looked_for_in_the_order_of_c3() {
    python(
        "class A:\n    def f(self): pass\nclass B(A): pass\nclass C(A):\n    def f(self): pass\nclass D(B, C): pass\nx = D()\nx.f()\n",
        &["app -> app.C.f", "app -> app.D"],
    );
    // `super()` goes on in the order of the receiver's class.
    python(
        "class A:\n    def f(self): pass\nclass B(A):\n    def f(self):\n        super().f()\nclass C(A):\n    def f(self): pass\nclass D(B, C): pass\nD().f()\n",
        &["app -> app.B.f", "app -> app.D", "app.B.f -> app.A.f", "app.B.f -> app.C.f"],
    );
}

#[test]
fn what_the_language_calls_is_called() {
    python(
        "class Items:\n    def __iter__(self):\n        return self\n    def __next__(self): pass\n    def __enter__(self):\n        return self\n    def __exit__(self, *a): pass\n    def __call__(self): pass\nfor item in Items(): pass\nwith Items() as items:\n    items()\n",
        &[
            "app -> app.Items",
            "app -> app.Items.__iter__",
            "app -> app.Items.__next__",
            "app -> app.Items.__enter__",
            "app -> app.Items.__exit__",
            "app -> app.Items.__call__",
        ],
    );
    // Nobody iterates here.
    python("class Items:\n    def __iter__(self): pass\nitems = Items()\n", &["app -> app.Items"]);
}

#[test]
fn generators_give_what_they_yield() {
    python(
        "def a(): pass\ndef b(): pass\ndef inner():\n    yield b\ndef make():\n    yield a\n    yield from inner()\nfor f in make():\n    f()\n",
        &["app -> app.make", "app.make -> app.inner", "app -> app.a", "app -> app.b"],
    );
}

#[test]
fn properties_run_when_they_are_read() {
    python(
        "class A:\n    @property\n    def handler(self):\n        return a\ndef a(): pass\nx = A()\nx.handler()\n",
        &["app -> app.A", "app -> app.A.handler", "app -> app.a"],
    );
}

#[test]
fn builtins_call_what_they_are_given() {
    python("def a(x): pass\ndef b(x): pass\nlist(map(a, [1]))\nsorted([1], key=b)\nprint(a)\n", &["app -> app.a", "app -> app.b"]);
    python("from functools import partial\ndef a(f, x):\n    f()\ndef b(): pass\npartial(a, b)(1)\n", &["app -> app.a", "app.a -> app.b"]);
    // Each turn binds one argument more, and the call in it is still one call.
    python(
        "from functools import partial\ndef a(*x): pass\ndef b():\n    f = a\n    for i in range(9):\n        f = partial(f, i)\n        f()\n",
        &["app.b -> app.a"],
    );
    python("class A:\n    def x(self): pass\ngetattr(A(), 'x')()\n", &["app -> app.A", "app -> app.A.x"]);
}

#[test]
fn names_go_through_modules() {
    calls(
        &[
            ("app.py", "from tools import *\nimport tools.deep as deep\nrun(deep.f)\n"),
            ("tools/__init__.py", "from .deep import run\n"),
            ("tools/deep.py", "def run(f):\n    f()\ndef f(): pass\ndef other(): pass\n"),
        ],
        &["app -> tools.deep.run", "tools.deep.run -> tools.deep.f"],
    );
}

#[test]
fn a_rare_name_is_a_hint_and_a_common_one_is_none() {
    python(
        "class A:\n    def settle_accounts(self): pass\n    def get(self): pass\ndef f(x):\n    x.settle_accounts()\n    x.get()\n",
        &["app.f -> app.A.settle_accounts"],
    );
}

#[test]
fn javascript_functions_flow() {
    javascript(
        "function a() {}\nfunction b() {}\nfunction run(f, ...rest) { f(); rest[0](); }\nrun(a, b);\nconst o = { go() { this.stop(); }, stop() {} };\no.go();\nconst { go } = o;\n",
        &["app -> app.run", "app.run -> app.a", "app.run -> app.b", "app -> app.go", "app.go -> app.stop"],
    );
}

#[test]
fn this_is_what_a_function_is_called_on() {
    javascript(
        "const one = { name() {}, show() { this.name(); } };\nconst two = { name() {} };\ntwo.show = one.show;\none.show();\n",
        &["app -> app.show", "app.show -> app.name"],
    );
    javascript("function f() { this.g(); }\nf.call({ g() {} });\nf.bind({ g() {} });\n", &["app -> app.f", "app.f -> app.g"]);
}

#[test]
fn constructor_functions_have_prototypes() {
    javascript(
        "function A(f) { this.f = f; }\nA.prototype.go = function go() { this.f(); };\nfunction a() {}\nnew A(a).go();\n",
        &["app -> app.A", "app -> app.go", "app.go -> app.a"],
    );
}

#[test]
fn promises_and_callbacks_carry_values() {
    javascript(
        "function a() {}\nfunction b() {}\nnew Promise(function start(resolve) { resolve(a); }).then(function next(f) { f(); });\n[b].forEach(function each(f) { f(); });\n",
        &["app -> app.start", "app -> app.next", "app.next -> app.a", "app -> app.each", "app.each -> app.b"],
    );
}

#[test]
fn what_an_unknown_function_gives_is_not_what_it_was_given() {
    javascript(
        "import { pipe } from 'lib';\nconst run = (x) => pipe(x, function show(y) {});\nrun(1)();\n",
        &["app -> app.run", "app.run -> app.run.show"],
    );
}

#[test]
fn common_js_and_modules_meet() {
    calls(
        &[
            ("app.js", "const { run } = require('./lib');\nconst lib = require('./lib');\nrun(lib.step);\n"),
            ("lib.js", "function run(f) { f(); }\nfunction step() {}\nmodule.exports = { run, step };\n"),
        ],
        &["app -> lib.run", "lib.run -> lib.step"],
    );
    calls(
        &[
            ("app.ts", "import make, { step as s } from './lib';\nmake(s);\n"),
            ("lib.ts", "export default function make(f) { f(); }\nexport function step() {}\n"),
        ],
        &["app -> lib.make", "lib.make -> lib.step"],
    );
}

#[test]
fn endless_recursion_of_values_ends() {
    let mut text = String::from("def f(x):\n    return f\nx = f\n");
    for _ in 0..200 {
        text.push_str("x = x(x)(x)\nx.y = x\n");
    }
    let found = call_graph_of(&[("app.py", &text)]);
    assert!(found.contains(&"app -> app.f".to_string()));
}
