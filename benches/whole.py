#!/usr/bin/env python3
"""Whole runs of archcheck against the parse-only floor: `benches/whole.py FOLDER... [--grow LINES...]`.

Fetches nothing: FOLDER is a checkout on this machine. Needs the release binary and the floor and the generator beside it:

    cargo build --release --locked && cargo bench --locked --no-run

Every round runs the floor and archcheck one after the other with each number of threads; ratios are taken pair by pair and the median
counts, so that a drift of the machine hits both. CPU is user and system time, which other programs disturb less than time on the wall.
"""
import argparse
import glob
import os
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def newest(name):
    """The newest executable of a bench target."""
    found = [path for path in glob.glob(str(ROOT / f"target/release/deps/{name}-*")) if os.access(path, os.X_OK) and "." not in Path(path).name]
    return max(found, key=os.path.getmtime, default=None)


def run(command):
    """Wall and CPU seconds, peak memory in MB, standard output."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    out = process.stdout.read()
    _, _, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out.decode(errors="replace")


def stages(binary, folder, threads):
    command = [binary, folder, "--jobs", str(threads), "--timings", "--quiet", "--fail-on", "never"]
    text = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
    return re.findall(r"^ *([0-9.]+) ms  (\S.*)$", text, re.M)


def measure(folder, arguments):
    for threads in arguments.threads:
        cold = [arguments.binary, folder, "--jobs", str(threads), "--fail-on", "never", *arguments.flag]
        floor = [arguments.floor, folder, str(threads)]
        pairs = [(run(floor), run(cold)) for _ in range(arguments.rounds)]
        said = pairs[0][0][3]
        files, lines, size = (int(word) for word in re.match(r"(\d+) files, (\d+) lines, (\d+) bytes", said).groups())
        base = min(floor[1] for floor, _ in pairs)
        wall, cpu = min(cold[0] for _, cold in pairs), min(cold[1] for _, cold in pairs)
        peak = max(cold[2] for _, cold in pairs)
        by_wall = statistics.median(cold[0] / floor[0] for floor, cold in pairs)
        by_cpu = statistics.median(cold[1] / floor[1] for floor, cold in pairs)
        print(
            f"| {Path(folder).name} | {threads} | {lines} | {base:.2f} s | {cpu:.2f} s | {by_cpu:.2f} | {by_wall:.2f} "
            f"| {files / wall:.0f} | {size / 1e6 / wall:.1f} | {peak:.0f} MB | {peak * 1024 / lines:.2f} KB |",
            flush=True,
        )
        if arguments.stages:
            print("; ".join(f"{name} {time} ms" for time, name in stages(arguments.binary, folder, threads)), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", metavar="FOLDER")
    parser.add_argument("--binary", default=str(ROOT / "target/release/archcheck"))
    parser.add_argument("--floor", default=newest("floor"), help="default: the newest of `cargo bench --no-run`")
    parser.add_argument("--generate", default=newest("generate"), help="default: the newest of `cargo bench --no-run`")
    parser.add_argument("--grow", type=int, nargs="*", default=[], metavar="LINES", help="also made-up repositories of so many lines")
    parser.add_argument("--threads", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stages", action="store_true", help="a line with the time of each stage")
    parser.add_argument("--flag", action="append", default=[], help="a further argument for archcheck")
    arguments = parser.parse_args()
    if not arguments.floor or arguments.grow and not arguments.generate:
        parser.error("run `cargo bench --locked --no-run` first, or name --floor and --generate")
    print("| repository | threads | lines | floor CPU | archcheck CPU | x CPU | x wall | files/s | MB/s | peak | per line |")
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    for folder in arguments.folders:
        measure(folder, arguments)
    for lines in arguments.grow:
        with tempfile.TemporaryDirectory(prefix=f"made-{lines}-") as folder:
            subprocess.run([arguments.generate, folder, str(lines)], check=True)
            measure(folder, arguments)


if __name__ == "__main__":
    main()
