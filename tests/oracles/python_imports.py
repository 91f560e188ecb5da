"""Python's own reading of the imports of a folder, to compare an import graph with.

    python_imports.py ROOT < {"files": ["app/main.py", ...], "roots": ["", "src"], "libraries": ["flask", ...]}

Parses every file with the `ast` module and prints, as JSON, what it imports from the other files:

    {"edges": [[from, to, kind, line, form], ...], "missing": [[from, name, line], ...], "unparsed": [[file, why], ...]}

`to` is the longest known module of the dotted name, by file. `kind` is `load`, `type` or `deferred`. `form` is `statement`, `star` (a
submodule that `__all__` lists), `call` (`import_module`, `__import__`) or `walk` (`import app; app.db.session.X` uses `app/db/session.py`).
`missing` are names whose first part is of this folder and for which there is no file.

Written apart from archcheck's resolution on purpose, and simple: an absolute import starts in the script's own folder (unless that is a
package), then in `roots`, those that hold the file first. `libraries` are declared dependencies: a mere folder named like one is not it. Only the standard library of Python 3.8 or later is needed; nothing is imported or run.
"""

import ast
import json
import os
import sys

# Names that say "a type checker is reading this".
TYPING = "TYPE_CHECKING"
STANDARD = set(getattr(sys, "stdlib_module_names", ())) | set(sys.builtin_module_names)


class Tree:
    """The modules of the folder, by path without extension."""

    def __init__(self, files):
        self.file_of = {}  # place -> file
        self.packages = set()
        self.folders = set()
        for file in sorted(files, key=lambda path: path.endswith(".pyi"), reverse=True):
            stem = file.rsplit(".", 1)[0]
            folder, _, name = stem.rpartition("/")
            if name == "__init__":
                self.packages.add(folder)
        for file in sorted(files, key=lambda path: path.endswith(".pyi"), reverse=True):
            stem = file.rsplit(".", 1)[0]
            folder, _, name = stem.rpartition("/")
            # A package comes before a module of the same name.
            if name == "__init__":
                self.file_of[folder] = file
            elif stem not in self.packages:
                self.file_of[stem] = file
            while folder not in self.folders:
                self.folders.add(folder)
                folder = folder.rpartition("/")[0]

    def known(self, place):
        return place in self.file_of or place in self.folders


def join(folder, name):
    return folder + "/" + name if folder else name


def place_of(file):
    stem = file.rsplit(".", 1)[0]
    folder, _, name = stem.rpartition("/")
    return folder if name == "__init__" else stem


class Module:
    """One parsed file."""

    def __init__(self, tree, file, syntax, roots):
        self.tree, self.file, self.syntax = tree, file, syntax
        self.folder = file.rpartition("/")[0]
        own = [] if self.folder in tree.packages else [self.folder]
        inside = sorted((root for root in roots if is_inside(file, root)), key=len, reverse=True)
        self.own = own
        self.roots = own + inside + [root for root in roots if root not in inside]

    def start(self, level, name):
        """(folder, names) from which a dotted name is looked up; None when it is not of this folder."""
        names = name.split(".") if name else []
        if level:
            folder = self.folder
            for _ in range(level - 1):
                if not folder:
                    return None
                folder = folder.rpartition("/")[0]
            return folder, names
        spaces = []
        for root in self.roots:
            top = join(root, names[0])
            if top in self.tree.file_of:
                if self.tree.file_of[top] == self.file and top not in self.tree.packages:
                    continue  # `redis.py` that imports `redis`
                return root, names
            if top in self.tree.folders and names[0] not in STANDARD:
                spaces.append(root)
        # A namespace can have a portion below each root.
        complete = [root for root in spaces if self.tree.known(join(root, "/".join(names)))]
        return next(((root, names) for root in complete + spaces), None)

    def resolve(self, level, name):
        """(place, all of it found) of the longest known module."""
        start = self.start(level, name)
        if start is None:
            return None
        place, names = start
        for at, part in enumerate(names):
            below = join(place, part)
            if not self.tree.known(below):
                return (place if at else None), False
            place = below
        return place, True


def is_inside(file, root):
    return not root or file.startswith(root + "/")


def bound_names(syntax):
    """Names the top level of a module binds to something other than a submodule of its own: name -> node."""
    bound = {}

    def visit(statements):
        for node in statements:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                bound[node.name] = node
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    bound[alias.asname or alias.name.split(".")[0]] = node
            elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
                for target in getattr(node, "targets", None) or [node.target]:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                            bound[name.id] = node
            for field in ("body", "orelse", "finalbody"):
                if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                    visit(getattr(node, field, []) or [])
            for handler in getattr(node, "handlers", []):
                visit(handler.body)

    visit(syntax.body)
    return bound


def star_imports(syntax):
    return [node for node in ast.walk(syntax) if isinstance(node, ast.ImportFrom) and node.names[0].name == "*"]


def listed(syntax):
    """The strings of `__all__`, or None."""
    names = None
    for node in syntax.body:
        call = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
        if call and isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "__all__" and names is not None:
            words = [item.value for item in ast.walk(call) if isinstance(item, ast.Constant)]
            names = [name for name in names if name not in words] if call.func.attr == "remove" else names + words
            continue
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id == "__all__" and getattr(node, "value", None):
            if any(isinstance(item, (ast.Name, ast.Attribute, ast.Call)) for item in ast.walk(node.value)):
                return None
            words = [item.value for item in ast.walk(node.value) if isinstance(item, ast.Constant) and isinstance(item.value, str)]
            names = words if isinstance(node, (ast.Assign, ast.AnnAssign)) else (names or []) + words
    return names


class Program:
    def __init__(self, root, files, roots, libraries):
        self.libraries = libraries
        self.tree = Tree(files)
        self.modules, self.unparsed = {}, []
        for file in files:
            try:
                with open(os.path.join(root, file), "rb") as source:
                    syntax = ast.parse(source.read(), file)
            except (SyntaxError, ValueError, LookupError, RecursionError) as error:
                self.unparsed.append([file, str(error)])
                continue
            self.modules[file] = Module(self.tree, file, syntax, roots)
        self.bound = {}
        self.edges, self.missing = [], []

    def names_of(self, file):
        """The names a module binds, those of its star imports included: name -> node."""
        if file not in self.bound:
            module = self.modules[file]
            self.bound[file] = bound = bound_names(module.syntax)
            for star in star_imports(module.syntax):
                found = module.resolve(star.level, star.module or "")
                target = found and found[1] and self.tree.file_of.get(found[0])
                if target in self.modules:
                    names = listed(self.modules[target].syntax)
                    for name, node in self.names_of(target).items():
                        if name in names if names is not None else not name.startswith("_"):
                            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                                bound.setdefault(name, node)
        return self.bound[file]

    def binding(self, place, name):
        """What the package at `place` binds `name` to, unless that is its submodule of this name."""
        file = self.tree.file_of.get(place)
        if file not in self.modules:
            return None
        node = self.names_of(file).get(name)
        if isinstance(node, ast.ImportFrom):
            resolved = self.modules[file].resolve(node.level, node.module or "")
            for alias in node.names:
                if (alias.asname or alias.name) == name and resolved and resolved[1] and join(resolved[0], alias.name) == join(place, name):
                    return None
        if isinstance(node, ast.Import):
            for alias in node.names:
                resolved = self.modules[file].resolve(0, alias.name)
                if alias.asname == name and resolved and resolved[1] and resolved[0] == join(place, name):
                    return None
        return node

    def submodule(self, place, name):
        """The place of `from place import name` when that is a module."""
        below = join(place, name)
        return below if self.tree.known(below) and not self.binding(place, name) else None

    def run(self):
        for file in sorted(self.modules):
            Visitor(self, self.modules[file]).visit_file()
        # Whoever imports a module uses it.
        imported = {(edge[0], edge[1]) for edge in self.edges if edge[4] != "walk"}
        edges, self.edges = self.edges, []
        for edge in edges:
            if edge[4] != "walk" or (edge[0], edge[1]) not in imported:
                self.edges.append(edge)
            if edge[4] == "walk":
                imported.add((edge[0], edge[1]))


class Visitor(ast.NodeVisitor):
    def __init__(self, program, module):
        self.program, self.module = program, module
        self.typing, self.deferred = module.file.endswith(".pyi"), False
        self.scopes = []  # (names bound to modules: name -> place, names bound otherwise)

    def visit_file(self):
        self.scopes.append(self.scope_of(self.module.syntax, []))
        for node in self.module.syntax.body:
            self.visit(node)

    # ---- edges ----

    def put(self, place, line, form):
        file = self.program.tree.file_of.get(place)
        if file is not None and file != self.module.file:
            kind = "type" if self.typing else "deferred" if self.deferred else "load"
            self.program.edges.append([self.module.file, file, kind, line, form])

    def miss(self, name, line):
        self.program.missing.append([self.module.file, name, line])

    def visit_Import(self, node):
        for alias in node.names:
            self.whole(0, alias.name, node.lineno, "statement")

    def whole(self, level, name, line, form):
        found = self.module.resolve(level, name)
        if found is None:
            if level:
                self.miss("." * level + name, line)
            return
        place, complete = found
        if complete:
            self.put(place, line, form)
        elif place is not None and (level or self.regular(name)) or level:
            self.miss("." * level + name, line)

    def regular(self, name):
        """True when the first name is a module or package of this folder, or the importing file lies below a folder of this name."""
        start = self.module.start(0, name)
        top = start and join(start[0], start[1][0])
        is_own = bool(start) and is_inside(self.module.file, top) and start[1][0] not in self.program.libraries
        return is_own or top in self.program.tree.file_of

    def visit_ImportFrom(self, node):
        name = node.module or ""
        found = self.module.resolve(node.level, name)
        if found is None or not found[1]:
            self.whole(node.level, name, node.lineno, "statement")
            return
        base = found[0]
        for alias in node.names:
            if alias.name == "*":
                self.put(base, node.lineno, "statement")
                file = self.program.tree.file_of.get(base)
                if file in self.program.modules and base in self.program.tree.packages:
                    for listed_name in listed(self.program.modules[file].syntax) or []:
                        below = self.program.submodule(base, listed_name)
                        if below:
                            self.put(below, node.lineno, "star")
                continue
            below = self.program.submodule(base, alias.name)
            if below is None and base not in self.program.tree.file_of:
                if node.level or self.regular(name):
                    self.miss("." * node.level + (name + "." if name else "") + alias.name, node.lineno)
                continue
            self.put(below or base, node.lineno, "statement")

    def visit_Call(self, node):
        callee = node.func
        last = callee.attr if isinstance(callee, ast.Attribute) else getattr(callee, "id", "")
        argument = node.args[0] if node.args else next((key.value for key in node.keywords if key.arg == "name"), None)
        text = literal_head(argument) if last in ("import_module", "__import__") else None
        if text:
            level = len(text) - len(text.lstrip("."))
            package = node.args[1] if len(node.args) > 1 else next((key.value for key in node.keywords if key.arg == "package"), None)
            if level == 1 and isinstance(package, ast.Constant):
                self.whole(0, package.value + "." + text.lstrip("."), node.lineno, "call")
            elif text.strip(".") and text.replace(".", "").replace("_", "a").isalnum():
                self.whole(level, text.lstrip("."), node.lineno, "call")
        self.generic_visit(node)

    # ---- when ----

    def visit_If(self, node):
        self.visit(node.test)
        outer = self.typing, self.deferred
        positive, negative = typing_test(node.test)
        self.typing = outer[0] or positive
        self.deferred = outer[1] or is_main_test(node.test)
        for child in node.body:
            self.visit(child)
        self.typing, self.deferred = outer[0] or negative, outer[1]
        for child in node.orelse:
            self.visit(child)
        self.typing, self.deferred = outer

    def visit_function(self, node):
        arguments = node.args
        for child in getattr(node, "decorator_list", []) + arguments.defaults + [default for default in arguments.kw_defaults if default]:
            self.visit(child)
        everyone = arguments.posonlyargs + arguments.args + arguments.kwonlyargs + [arguments.vararg, arguments.kwarg]
        for annotation in [argument.annotation for argument in everyone if argument] + [getattr(node, "returns", None)]:
            if annotation:
                self.visit(annotation)
        outer = self.deferred
        self.deferred = True
        self.scopes.append(self.scope_of(node, [argument.arg for argument in everyone if argument]))
        for child in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(child)
        self.scopes.pop()
        self.deferred = outer

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_function

    # ---- attribute walks ----

    def scope_of(self, node, arguments):
        modules, others = {}, set(arguments)

        def bind(child):
            if isinstance(child, ast.Import):
                for alias in child.names:
                    name = alias.asname or alias.name.split(".")[0]
                    found = self.module.resolve(0, alias.name if alias.asname else name)
                    if found and found[1]:
                        modules.setdefault(name, found[0])
            elif isinstance(child, ast.ImportFrom):
                found = self.module.resolve(child.level, child.module or "")
                for alias in child.names:
                    below = self.program.submodule(found[0], alias.name) if found and found[1] else None
                    if below is not None:
                        modules.setdefault(alias.asname or alias.name, below)
            elif isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
                others.add(child.id)
            elif isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                others.add(child.name)
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
                return
            for below in ast.iter_child_nodes(child):
                bind(below)

        for child in node.body if isinstance(node.body, list) else [node.body]:
            bind(child)
        return modules, others

    def visit_Attribute(self, node):
        names, root = [], node
        while isinstance(root, ast.Attribute):
            names.append(root.attr)
            root = root.value
        if not isinstance(root, ast.Name):
            self.generic_visit(node)
            return
        for modules, others in reversed(self.scopes):
            if root.id in modules and root.id not in others:
                first = place = modules[root.id]
                for name in reversed(names):
                    below = self.program.submodule(place, name)
                    if below is None:
                        break
                    place = below
                if place != first:
                    self.put(place, node.lineno, "walk")
            if root.id in modules or root.id in others:
                break


def literal_head(node):
    """The text of a literal, or the package in front of the first hole of a built one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    head = ""
    if isinstance(node, ast.JoinedStr):
        for at, part in enumerate(node.values):
            if isinstance(part, ast.Constant):
                head += part.value
            elif at or getattr(part.value, "id", "") not in ("__name__", "__package__"):
                break
    elif isinstance(node, ast.BinOp):
        head = (literal_head(node.left) or "").split("%")[0]
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "format":
        head = (literal_head(node.func.value) or "").split("{")[0]
    return head.rpartition(".")[0] or None


def typing_test(test):
    """(the body is for type checkers, the other arms are)"""
    if isinstance(test, (ast.Name, ast.Attribute)):
        return (getattr(test, "id", None) or getattr(test, "attr", None)) == TYPING, False
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return False, typing_test(test.operand)[0]
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return any(typing_test(value)[0] for value in test.values), False
    return False, False


def is_main_test(test):
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"


def default_roots(files):
    """The root, `src`, and every folder above a topmost package."""
    packages = {file.rpartition("/")[0] for file in files if file.rpartition("/")[2] in ("__init__.py", "__init__.pyi")}
    # A package of which only a stub is here describes a library: its folder is no root.
    above = {package.rpartition("/")[0] for package in packages if package + "/__init__.py" in files}
    return ["src", ""] + sorted(folder for folder in above if folder and folder not in packages and folder != "src")


def main():
    request = json.load(sys.stdin)
    roots = request["roots"] or default_roots(request["files"])
    program = Program(sys.argv[1], request["files"], roots, set(request["libraries"]))
    program.run()
    json.dump({"edges": program.edges, "missing": program.missing, "unparsed": program.unparsed}, sys.stdout)


if __name__ == "__main__":
    sys.setrecursionlimit(20000)
    main()
