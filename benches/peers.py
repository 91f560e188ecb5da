#!/usr/bin/env python3
"""archcheck beside semgrep, import-linter and dependency-cruiser on the part of the work that they share.

    benches/peers.py --python ../netbox --typescript ../dub --rules ../semgrep-rules --tools FOLDER [--rounds 3]

`--tools` holds what `python3 -m venv v && v/bin/pip install semgrep import-linter && npm install dependency-cruiser typescript@5` put there; `--rules` is a
checkout of semgrep's own rules. The shared part: injection of SQL, secrets, tokens, password hashes and timeouts for semgrep; one forbidden import and
its chains for import-linter; circular imports and one forbidden import for dependency-cruiser. archcheck does both parts in one run. Every round runs all
of them one after the other, so that a drift of the machine hits all; the least of the rounds counts. No caches, nothing is fetched.
"""
import argparse
import fnmatch
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SELECT = "sql-injection,hardcoded-secret,insecure-jwt,weak-password-hash,missing-timeout,import-cycle,contract"
# What semgrep's rules of these subjects are called.
SUBJECTS = ["*sqli*", "*sql-inject*", "*tainted-sql-string*", "*formatted-sql*", "*raw-query*", "*avoid-raw-sql*", "*hardcoded*", "*detected-*", "*jwt*", "*md5*password*", "*weak*hash*", "*use-timeout*", "*requests-timeout*"]


def rules_of(checkout, language, into):
    """Copies the rule files of these subjects; how many."""
    count = 0
    for folder in [language, "javascript" if language == "typescript" else language, "generic/secrets"]:
        for path in sorted((checkout / folder).rglob("*.y*ml")):
            if ".test." in path.name or not any(fnmatch.fnmatch(path.stem, subject) for subject in SUBJECTS):
                continue
            if "rules:" in path.read_text(encoding="utf-8", errors="replace"):
                shutil.copy(path, into / f"{count}-{path.name}")
                count += 1
    return count


def run(command, folder, environment=None):
    """Wall and CPU seconds and MB at most, of the process and those it started."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env={**os.environ, **(environment or {})})
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        code = os.waitstatus_to_exitcode(status)
        if code not in (0, 1) and "depcruise" not in command[0]:
            out.seek(0)
            raise SystemExit(f"{command[0]} ended with {code}: {out.read(3000).decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def table(name, rounds, runs):
    best = {}
    for _ in range(rounds):
        for who, do in runs.items():
            best.setdefault(who, []).append(do())
    least = {who: tuple(min(one[at] for one in all_of) for at in range(3)) for who, all_of in best.items()}
    own = least["archcheck"]
    for who, (wall, cpu, peak) in least.items():
        print(f"| {name} | {who} | {wall:.2f} s | {cpu:.2f} s | {peak:.0f} MB | {wall / own[0]:.1f} | {cpu / own[1]:.1f} |", flush=True)
    others = [times for who, times in least.items() if who != "archcheck"]
    wall, cpu = sum(times[0] for times in others), sum(times[1] for times in others)
    print(f"| {name} | the others together | {wall:.2f} s | {cpu:.2f} s | | {wall / own[0]:.1f} | {cpu / own[1]:.1f} |", flush=True)


def semgrep(tools, rules, folder):
    return lambda: run([str(tools / "v/bin/semgrep"), "scan", "--metrics=off", "--disable-version-check", "--quiet", "--no-git-ignore", "--config", str(rules), "."], folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", type=Path, help="a checkout whose packages lie in a folder of the same name (netbox)")
    parser.add_argument("--typescript", type=Path, help="a checkout with `apps/web` (dub)")
    parser.add_argument("--rules", type=Path, required=True)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--binary", default=str(ROOT / "target/release/archcheck"))
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    tools, binary = arguments.tools.resolve(), str(Path(arguments.binary).resolve())
    print("| repository | tool | wall | CPU | peak | x wall | x CPU |\n|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as work:
        work = Path(work)
        own = work / "archcheck.toml"
        check = [binary, "check", ".", "--no-cache", "--quiet", "--no-baseline", "--fail-on", "never", "--select", SELECT, "--config", str(own)]
        if arguments.python:
            folder = arguments.python.resolve()
            rules = work / "python"
            rules.mkdir()
            print(f"<!-- {rules_of(arguments.rules, 'python', rules)} files of rules for Python -->")
            source = folder / folder.name
            packages = sorted(path.name for path in source.iterdir() if (path / "__init__.py").is_file())
            lowest = "utilities" if "utilities" in packages else packages[0]
            others = [package for package in packages if package != lowest]
            linter = work / "importlinter.ini"
            linter.write_text("[importlinter]\nroot_packages =\n" + "".join(f"    {package}\n" for package in packages) + f"\n[importlinter:contract:lowest]\nname = lowest\ntype = forbidden\nsource_modules =\n    {lowest}\nforbidden_modules =\n" + "".join(f"    {package}\n" for package in others))
            own.write_text(f'version = 1\n[parts]\nlowest = "{folder.name}/{lowest}"\n' + "".join(f'{re.sub(r"[^a-z0-9]", "-", package)} = "{folder.name}/{package}"\n' for package in others) + '[rules]\nlowest = "lowest must not reach ' + ", ".join(re.sub(r"[^a-z0-9]", "-", package) for package in others) + '"\n')
            table(folder.name, arguments.rounds, {
                "archcheck": lambda: run(check, folder),
                "semgrep": semgrep(tools, rules, folder),
                "import-linter": lambda: run([str(tools / "v/bin/lint-imports"), "--no-cache", str(linter)], source, {"PYTHONPATH": str(source)}),
            })
        if arguments.typescript:
            folder = arguments.typescript.resolve()
            rules = work / "typescript"
            rules.mkdir()
            print(f"<!-- {rules_of(arguments.rules, 'typescript', rules)} files of rules for TypeScript -->")
            cruiser = work / "cruiser.json"
            cruiser.write_text('{"forbidden": [{"name": "no-circular", "severity": "warn", "from": {}, "to": {"circular": true}}, {"name": "lowest", "severity": "warn", "from": {"path": "^packages/"}, "to": {"path": "^apps/"}}], "options": {"tsPreCompilationDeps": true, "doNotFollow": {"path": "node_modules"}, "tsConfig": {"fileName": "%s"}}}' % (work / "tsconfig.json"))
            # The project's own extends a package that is not there without `npm install`.
            (work / "tsconfig.json").write_text('{"compilerOptions": {"baseUrl": "%s", "paths": {"@/*": ["*"]}}, "include": ["%s"]}' % (folder / "apps/web", folder / "apps/web/lib/**/*.ts"))
            own.write_text('version = 1\n[parts]\nlowest = "packages"\napps = "apps"\n[rules]\nlowest = "lowest must not import apps"\n')
            table(folder.name, arguments.rounds, {
                "archcheck": lambda: run(check, folder),
                "semgrep": semgrep(tools, rules, folder),
                "dependency-cruiser": lambda: run([str(tools / "node_modules/.bin/depcruise"), "apps", "packages", "--config", str(cruiser), "--output-type", "err"], folder),
            })


if __name__ == "__main__":
    main()
