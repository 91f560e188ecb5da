//! The lowering of Python, text in and facts out.

use super::lower;
use crate::lower::render::{render, render_body};
use crate::model::facts::DefId;
use crate::model::source::Span;

/// Checks the statements of the module's body.
#[track_caller]
fn body(text: &str, expected: &str) {
    let facts = lower(text);
    assert_eq!(facts.problems, [], "{text}");
    assert_eq!(render_body(&facts, DefId::MODULE).trim_end(), expected.trim(), "{text}");
}

/// Checks a single expression statement.
#[track_caller]
fn expression(text: &str, expected: &str) {
    body(text, expected);
}

/// Checks all facts.
#[track_caller]
fn facts(text: &str, expected: &str) {
    assert_eq!(render(&lower(text)).trim_end(), expected.trim(), "{text}");
}

/// Checks the lines of the dump that begin with `word`.
#[track_caller]
fn lines(word: &str, text: &str, expected: &str) {
    let dump = render(&lower(text));
    let found: Vec<&str> = dump.lines().filter(|line| line.trim_start().starts_with(word)).map(str::trim).collect();
    let expected: Vec<&str> = expected.trim().lines().map(str::trim).collect();
    assert_eq!(found, expected, "{dump}");
}

mod expressions {
    use super::*;

    #[test]
    fn names_members_indices_calls() {
        expression("a.b.c", "a.b.c");
        expression("a[0]", "a[0]");
        expression("a[1:2]", "a[(other 1 2)]");
        expression("a[1, ::2]", "a[(tuple 1 (other 2))]");
        expression("f(x, *a, k=1, **kw)", "(call f x *a k=1 **kw)");
        expression("f(x for x in xs)", "(call f (comprehension x in xs => x))");
        expression("session.query(User).filter(User.id == 1).all()", "(call (call (call session.query User).filter (== User.id 1)).all)");
    }

    #[test]
    fn literals() {
        expression("[1, 2.5, 0xff, True, False, None, ...]", "(list 1 2.5 0xff true false null (other))");
        expression("{1, 2}", "(set 1 2)");
        expression("{'a': 1, **rest}", "(dict \"a\":1 **rest)");
        expression("(1,)", "(tuple 1)");
        expression("()", "(tuple)");
        expression("1, *rest", "(tuple 1 *rest)");
    }

    #[test]
    fn operators() {
        expression("a + b - c * d / e // f % g ** h", "(- (+ a b) (% (/ (/ (* c d) e) f) (** g h)))");
        expression("a | b & c << 1", "(bits a (bits b (bits c 1)))");
        expression("not a and b or c", "(or (and (not a) b) c)");
        expression("-a + ~b", "(+ (negate a) (number b))");
        expression("m @ n", "(operator m n)");
    }

    #[test]
    fn comparisons() {
        expression("a is not None", "(is-not a null)");
        expression("a not in b", "(not-in a b)");
        expression("a < b.c <= d", "(and (< a b.c) (<= b.c d))");
        // An operand that computes something stands once.
        expression("1 < f() < 3", "(and (< 1 (call f)) (< (other) 3))");
        expression("a == b != c is d", "(and (and (== a b) (!= b c)) (is c d))");
    }

    #[test]
    fn conditional_walrus_await_yield() {
        expression("a if test else b", "(if test a b)");
        expression("(n := f())", "(= n (call f))");
        expression("x = await f()", "(= x (await (call f)))");
        expression("(await f()).all()", "(call (await (call f)).all)");
        expression("x = yield", "(= x (yield))");
        expression("yield a, b", "(yield (tuple a b))");
        expression("yield from rows()", "(yield *(call rows))");
    }

    #[test]
    fn comprehensions_are_loops() {
        expression("[f(x) for x in xs]", "(comprehension x in xs => (call f x))");
        expression("{x for x in xs if x if y}", "(comprehension x in xs => (if x (if y x)))");
        expression("{k: v for k, v in d.items()}", "(comprehension (tuple k v) in (call d.items) => k:v)");
        expression("(y async for x in xs for y in x)", "(async-comprehension x in xs => (comprehension y in x => y))");
        expression("[x for x in 1, 2]", "(comprehension x in (tuple 1 2) => x)");
    }

    #[test]
    fn lambdas_are_closures() {
        facts(
            "key = lambda row, n=1: row.id + n",
            "
#0 module public
  body
    (= key (closure #1))
#1 function <lambda> closure
  param row
  param n = 1
  body value
    (+ row.id n)
#2 variable key public
  value (closure #1)
lines 1 code 1",
        );
        lines("#", "f = lambda: (yield 1)", "#0 module public\n#1 function <lambda> generator closure\n#2 variable f public");
    }
}

mod strings {
    use super::*;

    #[test]
    fn values_are_decoded() {
        expression(r#"'a\n\t\x41\u00e9\101\N{BULLET}\d\\'"#, r#""a\n\tAéA\\N{BULLET}\\d\\""#);
        expression("'a\\\nb'", "\"ab\"");
        expression(r#"r'\d'"#, r#""\\d""#);
        expression(r#"u"x""#, "\"x\"");
        expression(r#"b'\x00'"#, r#"b"\\x00""#);
        expression("\"\"\"a\n'b' \"c\" \"\"\"", "\"a\\n'b' \\\"c\\\" \"");
        expression("''", "\"\"");
        expression(r#"'\ud800'"#, "\"\u{fffd}\"");
    }

    #[test]
    fn implicit_concatenation() {
        expression("'a' \"b\" r'\\c'", "\"ab\\\\c\"");
        expression("b'a' b'b'", "b\"ab\"");
        expression("'a' f'b{c}d' 'e' f'{g}'", "(text interpolated \"ab\" c \"de\" g)");
    }

    #[test]
    fn interpolation() {
        expression("f'a{b}c'", "(text interpolated \"a\" b \"c\")");
        expression("f'plain'", "\"plain\"");
        expression("f'{{x}} {y}'", "(text interpolated \"{x} \" y)");
        expression("f'{x!r:>10} {x=}'", "(text interpolated x \" \" x)");
        expression("f'{n:d} {m:,.2f} {k:>{w}}'", "(text interpolated (cast n int) \" \" (cast m float) \" \" k (other w))");
        expression(r#"f"{d["k"]} {f"{x}"}""#, "(text interpolated d[\"k\"] \" \" (text interpolated x))");
        expression("f'{a, b}'", "(text interpolated (tuple a b))");
        expression("f'''\n{ # why\n  a}'''", "(text interpolated \"\\n\" a)");
        expression(r#"rf'\d{x}'"#, "(text interpolated \"\\\\d\" x)");
        expression("t'a{b}'", "(text interpolated \"a\" b)");
        expression("f'{[x for x in xs]}'", "(text interpolated (comprehension x in xs => x))");
    }

    #[test]
    fn concatenation_by_plus() {
        expression("'a' + b", "(text concat \"a\" b)");
        // The whole sum is text, also what stands before the first literal.
        expression("a + b + 'c' + d", "(text concat a b \"c\" d)");
        expression("'a' + 'b'", "\"ab\"");
        expression("'a' + f'{b}' + ('c' + d)", "(text concat \"a\" b \"c\" d)");
        expression("a + b", "(+ a b)");
        expression("a * 2 + 'x' == y", "(== (text concat (* a 2) \"x\") y)");
        expression("'-' * 3", "(* \"-\" 3)");
    }

    #[test]
    fn percent_format() {
        expression("'a %s b %d %%' % (x, y)", "(text format \"a \" x \" b \" (cast y int) \" %\")");
        expression("'%s' % x", "(text format x)");
        expression("'%(n)s %(m).2f' % {'n': a, 'm': f()}", "(text format a \" \" (cast (call f) float))");
        // A lone value may be a tuple: it is not known which part goes where.
        expression("'%s %s' % row", "(text format row \" \" (other))");
        expression("'%(a)s' % locals()", "(text format (call locals))");
        expression("'%*d' % (w, n)", "(text format (cast n int) (other w))");
        expression("'100%' % ()", "(text format \"100%\")");
        expression("('a' + b + '%s') % c", "(text format \"a\" b c)");
        expression("a % b", "(% a b)");
    }

    #[test]
    fn format_method() {
        expression("'{} {}'.format(a, b)", "(text format a \" \" b)");
        expression("'{1} {0} {n:d}'.format(a, b, n=c)", "(text format b \" \" a \" \" (cast c int))");
        expression("'{u.name} {r[0]} {r[k]} {{}}'.format(u=x, r=y)", "(text format x.name \" \" y[0] \" \" y[\"k\"] \" {}\")");
        // An argument used twice is copied if it computes nothing.
        expression("'{0}{0}'.format(a.b)", "(text format a.b a.b)");
        expression("'{0}{0}'.format(f())", "(text format (call f) (other))");
        expression("'{a} {b}'.format(**kw)", "(text format kw \" \" (other))");
        expression("'{}'.format(a, g())", "(text format a (other (call g)))");
        expression("'{x}'.format_map(d)", "(text format d)");
        expression("'{:{}}'.format(a, w)", "(text format a (cast w int))");
        expression("text.format(a)", "(call text.format a)");
    }

    #[test]
    fn join() {
        expression("', '.join(names)", "(text join \", \" names)");
        expression("' '.join(['a', b])", "(text join \" \" \"a\" b)");
        expression("','.join(f(x) for x in xs)", "(text join \",\" (comprehension x in xs => (call f x)))");
        expression("sep.join(xs)", "(call sep.join xs)");
        expression("'a'.upper()", "(call \"a\".upper)");
    }
}

mod statements {
    use super::*;

    #[test]
    fn assignments() {
        body("a = b = c", "(= a (= b c))");
        body("a, *b = c", "(= (tuple a *b) c)");
        body("[a, (b, c)] = d", "(= (list a (tuple b c)) d)");
        body("a.b += 1\na[0] //= 2\na |= 3", "(+= a.b 1)\n(/= a[0] 2)\n(bits= a 3)");
        body("x: int\ny: Final = 1\nz: int = 2", "(declare x: int)\n(const y: Final = 1)\n(declare z: int = 2)");
    }

    #[test]
    fn conditions() {
        body(
            "if a:\n  f()\nelif b:\n  g()\nelse:\n  h()\n",
            "
if a
  (call f)
else
  if b
    (call g)
  else
    (call h)",
        );
    }

    #[test]
    fn loops() {
        body("for a, b in c:\n  pass\nelse:\n  f()", "block\n  for (tuple a b) in c\n  block\n    (call f)");
        body(
            "while a:\n  break\nwhile True:\n  continue\nwhile 1: f()",
            "while a\n  (break)\ninfinite\n  (continue)\ninfinite\n  (call f)",
        );
        body("async for x in y: f(x)", "async-for x in y\n  (call f x)");
    }

    #[test]
    fn try_with() {
        body(
            "try:\n  f()\nexcept A as e:\n  pass\nexcept (B, C.D): g()\nexcept:\n  raise\nelse:\n  h()\nfinally:\n  k()",
            "
try
  (call f)
handler A as e
handler B C.D
  (call g)
handler
  (raise)
else
  (call h)
finally
  (call k)",
        );
        body("try: f()\nexcept* A as e: pass", "try\n  (call f)\nhandler A as e");
        body("try: f()\nexcept A, B: pass", "try\n  (call f)\nhandler A B");
        body("with a() as b, c: f()", "with (with= b (call a)) c\n  (call f)");
        body("with (a() as b, c() as (d, e)): f()", "with (with= b (call a)) (with= (tuple d e) (call c))\n  (call f)");
        body("async with s.begin(): pass", "async-with (call s.begin)");
    }

    #[test]
    fn jumps_and_the_rest() {
        body("raise", "(raise)");
        body("raise A('x') from e", "(raise (call A \"x\"))");
        body("raise A from f()", "(call f)\n(raise A)");
        body("assert a, 'm'\nassert b, f(c)", "(assert a)\n(call f c)\n(assert b)");
        body("del a, b[0]\ndel (c)", "(delete (tuple a b[0]))\n(delete c)");
        body("global a, b", "(other a b)");
        body("print >>f, x\nexec code", "(call print (other f) x)\n(call exec code)");
        body("pass; f(); ...", "(call f)\n(other)");
    }

    #[test]
    fn matches() {
        body(
            "match a, b:\n  case 1 | -2: f()\n  case P(x, y=0) if x: g()\n  case {'k': v, **rest}: h()\n  case [_, *xs] as all: pass\n  case mod.VAL: pass\n  case (n): pass\n  case _: k()",
            "
match (tuple a b)
  arm (or 1 (negate 2))
    (call f)
  arm (pattern P x y=0) if x
    (call g)
  arm (dict \"k\":v **rest)
    (call h)
  arm (= all (list (other) *xs))
  arm mod.VAL
  arm n
  arm (other)
    (call k)",
        );
    }
}

mod definitions {
    use super::*;

    #[test]
    fn function_with_everything() {
        facts(
            "@router.get('/x', tags=['a'])\n@cached\nasync def read(id: int, /, db: Session = Depends(get_db), *args: str, limit=10, **kw) -> list[User]:\n    yield id\n",
            "
#0 module public
  body
    (define #1)
#1 function read public async generator
  decorator (call router.get \"/x\" tags=(list \"a\"))
  decorator cached
  param id: int
  param db: Session = (call Depends get_db)
  param *args: str
  param keyword limit = 10
  param **kw
  type (apply list User)
  body
    (yield id)
lines 4 code 4",
        );
    }

    #[test]
    fn class_with_everything() {
        facts(
            "@dataclass\nclass User(Base, Repo[int], metaclass=Meta):\n    id: int = 1\n    _A, B = 2, f()\n    def __init__(self, x):\n        self.x: int = x\n    @staticmethod\n    def s(a): return a\n    @classmethod\n    def c(cls): return cls()\n    @property\n    def p(self): return super().p\n    @abstractmethod\n    def q(self): ...\n",
            "
#0 module public
  body
    (define #1)
#1 class User public
  decorator dataclass
  base Base
  base (apply Repo int)
  base metaclass=Meta
  body
    (declare id: int = 1)
    (= (tuple _A B) (tuple 2 (call f)))
    (define #5)
    (define #6)
    (define #7)
    (define #8)
    (define #9)
#2 field id public in #1
  type int
  value 1
#3 field _A constant in #1
  value 2
#4 field B public constant in #1
  value (call f)
#5 method __init__ in #1
  param receiver self
  param x
  body
    (declare <receiver>.x: int = x)
#6 method s public static in #1
  decorator staticmethod
  param a
  body
    (return a)
#7 method c public class-method in #1
  decorator classmethod
  param receiver cls
  body
    (return (call <receiver>))
#8 method p public getter in #1
  decorator property
  param receiver self
  body
    (return <super>.p)
#9 method q public abstract in #1
  decorator abstractmethod
  param receiver self
  body
    (other)
lines 14 code 14",
        );
    }

    #[test]
    fn the_receiver_is_seen_from_inside_unless_bound_again() {
        let text = "
class A:
    def m(self):
        def inner(x): return self.x
        def param(self): return self
        def bound():
            self = 1
            return self
        a = lambda: self.y
        b = lambda self: self
        c = [self.z for z in q]
        d = [self for self in q]
    @staticmethod
    def s(self): return self
";
        lines("(return", text, "(return <receiver>.x)\n(return self)\n(return self)\n(return self)");
        lines("<receiver>", text, "<receiver>.y");
        lines(
            "(= ",
            text,
            "(= a (closure #6))\n(= b (closure #7))\n(= c (comprehension z in q => <receiver>.z))\n(= d (comprehension self in q => self))\n(= self 1)",
        );
    }

    #[test]
    fn module_variables_also_under_conditions() {
        lines(
            "#",
            "X = 1\nif a:\n  y: int = 2\ntry:\n  _z = f()\nexcept E:\n  pass\ndef g():\n  local = 1\n",
            "#0 module public\n#1 variable X public constant\n#2 variable y public\n#3 variable _z\n#4 function g public",
        );
        lines(
            "value",
            "a, (b, c) = f()\nd, *e = g()\ni = j = h()",
            "value (call f)[0]\nvalue (call f)[1][0]\nvalue (call f)[1][1]\nvalue (call g)[0]\nvalue (call h)\nvalue (call h)",
        );
    }

    #[test]
    fn annotations() {
        let annotation = |text: &str, expected: &str| lines("type", &format!("x: {text}\n"), &format!("type {expected}"));
        annotation("int", "int");
        annotation("a.B", "a.B");
        annotation("dict[str, list[int]]", "(apply dict str (apply list int))");
        annotation("type[A]", "(apply type A)");
        annotation("A | B | None", "(union A B null)");
        annotation("Optional[A]", "(apply Optional A)");
        annotation("Callable[[int, 'A'], None]", "(apply Callable (list int A) null)");
        annotation("Literal['a', 'b']", "(apply Literal \"a\" \"b\")");
        annotation("Annotated[Session, Depends(get_db), 'x']", "(apply Annotated Session (call Depends get_db) \"x\")");
        annotation("'User'", "User");
        annotation("\"list[m.User] | None\"", "(union (apply list m.User) null)");
        annotation("Optional['User']", "(apply Optional User)");
        annotation("'Annotated[A, Depends(f, use_cache=False)]'", "(apply Annotated A (call Depends f use_cache=false))");
        annotation("'not a type'", "\"not a type\"");
        annotation("'Literal[\"a\"]'", "(apply Literal \"a\")");
        annotation("tuple[int, ...]", "(apply tuple int (other))");
    }

    #[test]
    fn recent_syntax() {
        lines(
            "#",
            "class A[T: Base](B[T]):\n  def m[U](self) -> U: ...\ntype P[T] = list[T]\n",
            "#0 module public\n#1 class A public\n#2 method m public in #1\n#3 type-alias P public",
        );
        lines("value", "type P[T] = list[T] | None\n", "value (union (apply list T) null)");
    }
}

mod imports {
    use super::*;

    #[test]
    fn every_form() {
        lines(
            "import",
            "import a\nimport a.b.c, d as e\nimport a.b as ab\nfrom m import n, o as p\nfrom . import q\nfrom ..x.y import (\n  r, # why\n)\nfrom s import *\nfrom __future__ import annotations\n",
            "
import a (module) as a
import a.b.c (root) as a
import d (module) as e
import a.b (module) as ab
import m {n} as n
import m {o} as p
import . {q} as q
import ..x.y {r} as r
import s *
import __future__ {annotations} as annotations",
        );
    }

    #[test]
    fn when_they_take_effect() {
        lines(
            "import",
            "
def f():
    import a
    class C:
        import b
class D:
    import c
try:
    import d
except ImportError:
    import e
if x:
    import g
else:
    import h
",
            "
import a (module) as a deferred in #1
import b (module) as b deferred in #2
import c (module) as c in #3
import d (module) as d conditional
import e (module) as e conditional
import g (module) as g conditional
import h (module) as h conditional",
        );
    }

    #[test]
    fn type_checking_and_its_other_arms() {
        lines(
            "import",
            "
if TYPE_CHECKING:
    import a
else:
    import b
if t.TYPE_CHECKING and x:
    import c
elif y:
    import d
else:
    import e
if not typing.TYPE_CHECKING:
    import f
else:
    import g
if x:
    import h
elif TYPE_CHECKING:
    import i
else:
    import j
",
            "
import a (module) as a type
import b (module) as b
import c (module) as c type
import d (module) as d conditional
import e (module) as e conditional
import f (module) as f
import g (module) as g type
import h (module) as h conditional
import i (module) as i type conditional
import j (module) as j conditional",
        );
    }

    #[test]
    fn by_call() {
        lines(
            "import",
            "import importlib\nimportlib.import_module('a.b')\ndef f():\n  import_module('.c', package='p')\n  __import__('d')\n  import_module(name)\n  import_module('..e', __package__)\n",
            "
import importlib (module) as importlib
import a.b (nothing)
import p.c (nothing) deferred in #1
import d (nothing) deferred in #1
import ..e (nothing) deferred in #1",
        );
        body("importlib.import_module('a')", "(call importlib.import_module \"a\")");
    }

    #[test]
    fn dunder_all() {
        lines(
            "all",
            "__all__ = ['a', 'b']\n__all__ += ('c',)\n__all__.extend(['d'])\n__all__.append('e')\n__all__.remove('a')\n",
            "all b c d e",
        );
        lines("all", "__all__: list[str] = ['a'] + ['b']\n", "all a b");
        lines("all", "__all__ = ['a']\n__all__ += other.__all__\n", "");
        lines("all", "def f():\n  __all__ = ['a']\n", "");
    }
}

mod files {
    use super::*;

    #[test]
    fn comments_and_lines() {
        facts(
            "# archcheck: ignore[x] because\n\nx = f(  # TODO later\n  1)  # plain\n'''\n# no comment\n'''\n   # HACK",
            "
#0 module public
  body
    (= x (call f 1))
    \"\\n# no comment\\n\"
#1 variable x public
  value (call f 1)
comment \"# archcheck: ignore[x] because\"
comment \"# TODO later\"
comment \"# HACK\"
lines 8 code 5",
        );
    }

    #[test]
    fn byte_order_mark_line_ends_tabs_and_form_feeds() {
        let facts = lower("\u{feff}import a\r\n\x0c\r\ndef f():\r\n\tg()\r\n");
        assert_eq!(facts.problems, []);
        assert_eq!(facts.imports[0].span.start, 3);
        assert_eq!(render_body(&facts, DefId(1)), "(call g)\n");
        assert_eq!((facts.lines, facts.code_lines()), (4, 3));
    }

    #[test]
    fn lines_of_code_in_a_span() {
        let text = "import a\n\n# two\n\ndef f(x):  # one\n    # three\n    return (\n        x  # four\n\n    )\n\n\nb = f; c = 1\n";
        let facts = lower(text);
        assert_eq!(facts.code_lines_of(facts.def(DefId(1)).span), 1..5);
        let c = text.find("c =").unwrap() as u32;
        assert_eq!(facts.code_lines_of(Span { start: c, end: c + 1 }), 5..6);
        assert_eq!(facts.code_lines_of(Span { start: 0, end: text.len() as u32 }).len() as u32, facts.code_lines());
    }

    #[test]
    fn empty() {
        facts("", "#0 module public\n  body\nlines 0 code 0");
    }

    #[test]
    fn syntax_errors_are_told_and_the_rest_is_lowered() {
        let facts = lower("import a\ndef f(:\n    g(1)\nx = = h()\n\nclass C:\n    y = k()\n");
        assert!(!facts.problems.is_empty());
        let dump = render(&facts);
        for code in ["import a (module) as a", "(call g 1)", "(call h)", "(call k)"] {
            assert!(dump.contains(code), "{code} in\n{dump}");
        }
    }

    #[test]
    fn many_syntax_errors_are_counted() {
        let facts = lower(&"x = = 1\n".repeat(10));
        let messages: Vec<&str> = facts.problems.iter().map(|problem| problem.message.as_str()).collect();
        let one = "syntax error: this part was skipped";
        assert_eq!(messages, [one, one, one, "7 more syntax errors in this file"]);
    }
}

mod hostile {
    use super::*;
    use crate::model::body::NodeKind;
    use crate::model::facts::FileFacts;
    use crate::model::problem::ProblemKind;
    use proptest::prelude::*;

    /// Lowers on a stack of the size every worker has.
    fn on_worker(text: String) -> FileFacts {
        let worker = std::thread::Builder::new().stack_size(8 << 20).spawn(move || {
            let facts = lower(&text);
            // Printing walks what was built.
            assert!(!render(&facts).is_empty());
            facts
        });
        worker.unwrap().join().unwrap()
    }

    fn repeat(before: &str, middle: &str, after: &str, times: usize) -> String {
        format!("{}{middle}{}", before.repeat(times), after.repeat(times))
    }

    #[test]
    fn deep_nesting_is_cut_and_told() {
        let deep = 100_000;
        for text in [
            repeat("[", "1", "]", deep),
            repeat("(1, ", "1", ")", deep),
            repeat("{1:", "1", "}", 10_000),
            repeat("f(", "1", ")", deep),
            repeat("a[", "1", "]", 10_000),
            repeat("lambda: ", "1", "", deep),
            repeat("not ", "a", "", 10_000),
            repeat("-", "a", "", 10_000),
            repeat("a if b else ", "c", "", 10_000),
            repeat("2 ** ", "2", "", 10_000),
            repeat("await ", "a", "", 10_000),
            repeat("a = ", "b", "", 10_000),
            repeat("[x for x in ", "y", "]", 5_000),
            repeat("x: list[", "int", "]", 2_000),
            format!("x: {}", repeat("list[", "int", "]", 10_000)),
            format!("x: {}", repeat("Callable[[", "int", "], a]", 5_000)),
            (0..600).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect::<String>() + &" ".repeat(600) + "f()\n",
            (0..600).map(|depth| format!("{}def f():\n", " ".repeat(depth))).collect::<String>() + &" ".repeat(600) + "f()\n",
            (0..600).map(|depth| format!("{}class C:\n", " ".repeat(depth))).collect::<String>() + &" ".repeat(600) + "f()\n",
            format!("match a:\n  case {}: pass\n", repeat("[", "b", "]", 10_000)),
        ] {
            let start: String = text.chars().take(40).collect();
            let facts = on_worker(text);
            assert!(facts.problems.iter().any(|problem| problem.kind == ProblemKind::Limit), "{start} {:?}", facts.problems);
            assert!(facts.problems.len() <= 5, "{start}");
        }
    }

    #[test]
    fn parentheses_vanish_however_many() {
        let facts = on_worker(repeat("(", "a", ")", 100_000));
        assert_eq!(facts.problems, []);
        assert_eq!(render_body(&facts, DefId::MODULE), "a\n");
    }

    #[test]
    fn long_chains_are_not_cut() {
        let links = 20_000;
        for (text, expected) in [
            (format!("a{}", ".b".repeat(links)), links),
            (format!("a{}", ".f(x)".repeat(links)), links),
            (format!("a{}", "[0]".repeat(links)), 0),
            (format!("x = a{}", " + b".repeat(links)), 0),
            (format!("x = 's'{}", " + b".repeat(links)), 0),
            (format!("x = a{}", " and b".repeat(links)), 0),
            (format!("x = a{}", " < b".repeat(links)), 0),
            (format!("x: a{}", " | b".repeat(links)), 0),
            (format!("x = {}'s'", "'s' ".repeat(links)), 0),
        ] {
            let start: String = text.chars().take(20).collect();
            let facts = on_worker(text);
            assert_eq!(facts.problems, [], "{start}");
            let members = facts.arena.ids().filter(|&id| matches!(facts.arena.kind(id), NodeKind::Member { .. })).count();
            assert_eq!(members, expected, "{start}");
        }
    }

    #[test]
    fn long_elif_chains_are_not_cut() {
        let facts = on_worker(format!("if a:\n  f()\n{}else:\n  h()\n", "elif b:\n  g()\n".repeat(5_000)));
        assert_eq!(facts.problems, []);
    }

    #[test]
    fn garbage_ends_in_time_and_panics_never() {
        let noise = |seed: u64, alphabet: &[u8], length: usize| {
            let mut state = seed;
            let bytes = (0..length).map(|_| {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                alphabet[(state >> 33) as usize % alphabet.len()]
            });
            String::from_utf8(bytes.collect()).unwrap()
        };
        on_worker(noise(1, b"()[]{}", 20_000));
        on_worker(noise(2, b"()[]{}\"'f:\n ,.=", 20_000));
        on_worker(noise(3, b"abc def:\n\t()if \\#", 20_000));
        on_worker("\0".repeat(10_000));
        on_worker("\u{feff}".repeat(1000));
        on_worker("f'{".repeat(3_000));
        on_worker("f\"{f'{".repeat(3_000));
        on_worker("@".repeat(10_000));
        on_worker("def ".repeat(10_000));
        on_worker("\\\n".repeat(10_000));
        on_worker("from . import (".repeat(3_000));
        on_worker(format!("x = '{}'", "a".repeat(2_000_000)));
        on_worker(format!("'{}' % (a, b)", "%s".repeat(20_000)));
        on_worker(format!("'{}'.format(a)", "{0}".repeat(20_000)));
        on_worker(format!("'{}'.format(a)", "{".repeat(20_000)));
        on_worker(format!("x: '{}'", "list[".repeat(150)));
    }

    /// Pieces of Python that meet in every order.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "def f(",
            "):",
            "\n",
            "\n    ",
            "class A(",
            "self",
            "async ",
            "await ",
            "lambda x",
            ": ",
            "import a",
            "from .b import c",
            " as d",
            "if ",
            "else:",
            "elif ",
            "for x in ",
            "while ",
            "try:",
            "except E",
            "finally:",
            "with ",
            "match x:",
            "case ",
            "return ",
            "yield ",
            "raise ",
            "f'{",
            "}'",
            "'%s' % ",
            "'{}'.format(",
            ")",
            "(",
            "[",
            "]",
            "{",
            "}",
            "'",
            "\"",
            "\"\"\"",
            "\\",
            "#",
            "=",
            "+",
            "*",
            "**",
            ",",
            ".",
            "|",
            "->",
            "@",
            "1",
            "x",
            "None",
            "é",
            "__all__",
            " += ",
            "'a'",
            "b'\\x'",
            "...",
            ":=",
            "not ",
            " in ",
            " is ",
            "global ",
            "del ",
            "assert ",
            "type X",
            "print ",
            "'list[A | None]'",
            "\r\n",
            "\t",
            "\u{c}",
            "% ",
            "'%(a)s %d'",
        ]);
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn arbitrary_text_never_panics(text in any::<String>()) {
            check(&text);
        }

        #[test]
        fn arbitrary_python_never_panics(text in pieces()) {
            check(&text);
        }
    }

    /// What holds for the facts of any text.
    fn check(text: &str) {
        let facts = lower(text);
        assert!(!render(&facts).is_empty());
        for id in facts.arena.ids() {
            let span = facts.arena.span(id);
            assert!(span.start <= span.end && text.get(span.range()).is_some(), "{span:?}");
        }
        for (id, def) in facts.definitions() {
            assert!(def.parent < id || id == DefId::MODULE);
            assert!(text.get(def.span.range()).is_some() && text.get(def.name_span.range()).is_some());
        }
        // Each node hangs in one place of one body.
        let mut seen = vec![false; facts.arena.len()];
        for (_, def) in facts.definitions() {
            let mut roots = def.decorators.clone();
            roots.extend(def.body);
            roots.extend(def.bases.iter().copied());
            roots.extend(def.params.iter().flat_map(|param| [param.annotation, param.default, param.pattern]).flatten());
            for root in roots {
                facts
                    .arena
                    .walk(root, |node| assert!(!std::mem::replace(&mut seen[node.index()], true), "{node:?} hangs twice in {text:?}"));
            }
        }
    }
}
