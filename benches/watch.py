#!/usr/bin/env python3
"""What `archcheck --watch` costs after an edit, beside a cold run.

    python3 benches/watch.py BINARY REPOSITORY [EDITS]

Copies the repository, runs `archcheck . --no-cache` three times for the cold run, then lets `archcheck --watch` stay and saves edits of two kinds, one
after the other: inside the code of a function, and of what other files may see (an import, a parameter). Of each kind the medians: the processors' time and the wall time
until the report is there, and the processors' time with the look at everything that follows where the first report was said at once. On Linux.
"""
import collections
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from queue import Queue

KINDS = (".py", ".ts", ".tsx", ".rs")
HEADS = {
    ".py": re.compile(r"^(\s*)(?:async )?def \w+\(.*\).*:\s*$"),
    ".rs": re.compile(r"^(\s*)(?:pub(?:\([^)]*\))? )?(?:async )?fn \w+\(.*\).*\{\s*$"),
    ".ts": re.compile(r"^(\s*)(?:export )?(?:default )?(?:async )?(?:function \w+|const \w+ = (?:async )?)\(.*\).*\{\s*$"),
}
HEADS[".tsx"] = HEADS[".ts"]
IMPORTS = {".py": "import os\n", ".rs": "use std::fmt;\n", ".ts": 'import * as probe from "node:path";\n'}
IMPORTS[".tsx"] = IMPORTS[".ts"]


def spent(pid):
    """Seconds of the processors' time of a process, with all threads there are and were."""
    return time.clock_gettime((~pid << 3) | 2)


def cold(binary, root):
    costs, walls = [], []
    for _ in range(3):
        begun = time.perf_counter()
        run = subprocess.Popen([binary, ".", "--no-cache"], cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(run.pid, 0)
        walls.append(time.perf_counter() - begun)
        costs.append(usage.ru_utime + usage.ru_stime)
    return statistics.median(costs), statistics.median(walls)


def heads(path, lines):
    """Lines of functions whose code begins on the next line."""
    found = []
    for at, line in enumerate(lines[:-1]):
        head = HEADS[path.suffix].match(line)
        indent = head and len(head.group(1))
        after = re.match(r"(\s+)[\w({\[]", lines[at + 1])
        if head and after and len(after.group(1)) > indent and not lines[at + 1].lstrip().startswith(('"', "'", "#", "//")):
            found.append(at)
    return found


def inside(dice, path, lines):
    """One more statement, another name or another call in a function's code, as `typing.py` does it."""
    at = dice.choice(heads(path, lines)) + 1
    words = re.findall(r"[a-z_]{3,}", lines[at])
    indent = re.match(r"\s*", lines[at]).group()
    how = dice.randrange(3)
    if how == 0:
        lines.insert(at, indent + {".py": "probe = 1\n", ".rs": "let probe = 1;\n"}.get(path.suffix, "const probe = 1;\n"))
    elif how == 1 and words:
        lines[at] = lines[at].replace(words[-1], words[-1] + "x", 1)
    elif "(" in lines[at]:
        lines[at] = lines[at].replace("(", "(None, ", 1)
    else:
        lines.insert(at, lines[at])


def outside(dice, path, lines):
    """One more import, or one more parameter."""
    if dice.randrange(2):
        first = next((at for at, line in enumerate(lines) if re.match(r"(import|from|use)\b", line)), 0)
        lines.insert(first, IMPORTS[path.suffix])
        return
    at = dice.choice(heads(path, lines))
    lines[at] = re.sub(r"\(", "(probe: u8, " if path.suffix == ".rs" else "(probe, ", lines[at], count=1)


class Watched:
    def __init__(self, binary, root):
        self.process = subprocess.Popen(
            [binary, "--watch", "--verbose", "--no-cache"], cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self.lines = Queue()
        threading.Thread(target=lambda: [self.lines.put(line) for line in self.process.stderr], daemon=True).start()

    def next(self, *such):
        while True:
            line = self.lines.get(timeout=600)
            if any(part in line for part in such):
                return line

    def save(self, path, text):
        """What it says, the wall time and the processors' time until then, and with what follows."""
        before, begun = spent(self.process.pid), time.perf_counter()
        path.write_text(text)
        line = self.next("archcheck: watching")
        wall, quick = time.perf_counter() - begun, spent(self.process.pid) - before
        if "a look at everything follows" in line:
            follows = self.next("looked at everything", "everything again")
            line += "differs" if "again" in follows else ""
        return line, wall, quick, spent(self.process.pid) - before


def main():
    binary, source = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2]).resolve()
    edits = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    dice = random.Random(int(os.environ.get("SEED", "5")))
    with tempfile.TemporaryDirectory(dir=os.environ.get("SCRATCH")) as folder:
        root = Path(folder) / source.name
        shutil.copytree(source, root, symlinks=True, ignore=shutil.ignore_patterns(".archcheck-cache"))
        cost, wall = cold(binary, root)
        print(f"{source.name}: a cold run takes {cost:.2f} s of the processors' time, {wall:.2f} s")
        watched = Watched(binary, root)
        watched.next("archcheck: watching")
        files = sorted(path for path in root.rglob("*") if path.suffix in KINDS and path.is_file() and "node_modules" not in path.parts)
        files = [path for path in files if not re.search(r"(^|/)tests?/|test_|\.test\.|\.spec\.|migrations/|\.d\.ts$", str(path.relative_to(root)))]
        dice.shuffle(files)
        for name, edit in [("inside functions", inside), ("imports and parameters", outside)]:
            taken, reasons, differs = [], collections.Counter(), 0
            while len(taken) < edits and files:
                path = files.pop()
                text = path.read_text(errors="replace")
                lines = text.splitlines(keepends=True)
                if len(lines) < 20 or not heads(path, lines) or text.encode(errors="replace") != path.read_bytes():
                    continue
                edit(dice, path, lines)
                if "".join(lines) == text:
                    continue
                line, *figures = watched.save(path, "".join(lines))
                taken.append(figures)
                differs += line.endswith("differs")
                reasons[line[line.rfind("; ") + 2 :].split(")")[0]] += 1
            walls, quick, all_ = ([figures[at] for figures in taken] for at in range(3))
            middle = statistics.median
            print(f"{len(taken)} edits, {name}: report after {middle(walls) * 1000:.0f} ms (most {max(walls) * 1000:.0f}); processors' time")
            print(f"  until the report    {middle(quick) * 1000:5.0f} ms = {middle(quick) / cost:.3f} of a cold run (most {max(quick) / cost:.3f})")
            print(f"  with what follows   {middle(all_) * 1000:5.0f} ms = {middle(all_) / cost:.3f} of a cold run (most {max(all_) / cost:.3f})")
            print(f"  first reports that the look at everything corrected: {differs}")
            for reason, count in reasons.most_common():
                print(f"  {count:3}  {reason}")
        watched.process.kill()


if __name__ == "__main__":
    main()
