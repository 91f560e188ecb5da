#!/usr/bin/env python3
"""How long an editor waits: edits of code in a repository, one after the other, through the language server.

    python3 benches/typing.py BINARY REPOSITORY [EDITS]

Each edit changes a line in the code of a function of another file and asks for the file's diagnostics at once. Prints the median and other
quantiles in milliseconds, and on Linux the median of the processors' time that the server spent, which other work on the machine changes little.
Nothing in the repository is written.
"""
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path


def spent(server):
    """Milliseconds of the processors' time of all threads there are."""
    total = 0
    for thread in Path(f"/proc/{server.pid}/task").glob("*/schedstat"):
        try:
            total += int(thread.read_text().split()[0])
        except OSError:
            continue
    return total / 1e6


def main():
    binary, root = sys.argv[1], Path(sys.argv[2]).resolve()
    edits = int(sys.argv[3]) if len(sys.argv) > 3 else 200
    pause = float(os.environ.get("PAUSE", "0"))
    server = subprocess.Popen([binary, "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def send(message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        server.stdin.flush()

    def receive():
        length = 0
        while (line := server.stdout.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        return json.loads(server.stdout.read(length))

    def ask(number, method, params):
        send({"id": number, "method": method, "params": params})
        while True:
            message = receive()
            if message.get("id") == number and "method" not in message:
                return message
            if "id" in message:
                send({"id": message["id"], "result": None})

    capabilities = {"textDocument": {"diagnostic": {}}, "general": {"positionEncodings": ["utf-8"]}}
    folder = {"uri": root.as_uri(), "name": "root"}
    ask(1, "initialize", {"processId": None, "rootUri": None, "capabilities": capabilities, "workspaceFolders": [folder]})
    send({"method": "initialized", "params": {}})
    dice = random.Random(int(os.environ.get("SEED", "5")))
    kinds = (".py", ".ts", ".tsx", ".rs")
    files = sorted(path for path in root.rglob("*") if path.suffix in kinds and path.is_file() and "node_modules" not in path.parts)
    dice.shuffle(files)
    taken, costs, number = [], [], 1
    for path in files:
        if len(taken) >= edits:
            break
        text = path.read_text(errors="replace")
        lines = text.splitlines(keepends=True)
        inner = [at for at, line in enumerate(lines) if re.match(r"\s+\w.*[=(]", line)]
        if not inner or len(lines) < 20:
            continue
        at = dice.choice(inner)
        words = re.findall(r"[a-z_]{3,}", lines[at])
        how = dice.randrange(3)
        line = lines[at]
        if how == 0:
            lines.insert(at, line)
        elif how == 1 and words:
            lines[at] = line.replace(words[-1], words[-1] + "x", 1)
        else:
            lines[at] = line.replace("(", "(None, ", 1) if "(" in line else line
        uri = path.as_uri()
        send({"method": "textDocument/didOpen", "params": {"textDocument": {"uri": uri, "languageId": "x", "version": 1, "text": text}}})
        number += 1
        ask(number, "textDocument/diagnostic", {"textDocument": {"uri": uri}})
        if pause:
            time.sleep(pause)
        start, before = time.perf_counter(), spent(server)
        change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "".join(lines)}]}
        send({"method": "textDocument/didChange", "params": change})
        number += 1
        ask(number, "textDocument/diagnostic", {"textDocument": {"uri": uri}})
        taken.append((time.perf_counter() - start) * 1000)
        costs.append(max(spent(server) - before, 0))
    ask(number + 1, "shutdown", None)
    send({"method": "exit"})
    parts = statistics.quantiles(taken, n=20)
    if any(costs):
        print(f"processors' time: median {statistics.median(costs):.0f} ms")
    print(f"{len(taken)} edits: median {statistics.median(taken):.0f} ms, 25 % {parts[4]:.0f} ms, 75 % {parts[14]:.0f} ms, 95 % {parts[18]:.0f} ms")


if __name__ == "__main__":
    main()
