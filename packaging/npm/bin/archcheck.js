#!/usr/bin/env node
// Starts the binary of this system, which npm installed as an optional dependency, and becomes it as far as Node.js can: arguments, streams, signals, exit status.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

/** The binary: the one of ARCHCHECK_BINARY, or the one in the package of this system. */
function binary() {
  if (process.env.ARCHCHECK_BINARY) {
    return process.env.ARCHCHECK_BINARY;
  }
  const system = `${process.platform}-${process.arch}`;
  const file = process.platform === "win32" ? "archcheck.exe" : "archcheck";
  try {
    return require.resolve(`@archcheck/${system}/${file}`);
  } catch {
    console.error(
      `archcheck: there is no binary for ${system} here. If this system is supported, optional dependencies were left out of the ` +
        "installation (--omit=optional, --no-optional); otherwise build it with `cargo install` and set ARCHCHECK_BINARY.",
    );
    process.exit(2);
  }
}

let child;
// Before the start: a signal that comes early would end this process and leave the binary alone.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => child?.kill(signal));
}
child = spawn(binary(), process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => {
  console.error(`archcheck: ${error.message}`);
  process.exit(2);
});
child.on("exit", (code, signal) => {
  process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
});
