// Makes the npm packages: node build.mjs BINARIES OUT
//
// BINARIES holds a folder for each target, named as Rust names it, with the binary in it. OUT gets one package for each of them, which npm installs on that
// system only, and the package `archcheck`, which depends on them all and starts the one that is there. The version is the one of Cargo.toml.
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TARGETS = {
  "x86_64-unknown-linux-musl": ["linux", "x64"],
  "aarch64-unknown-linux-musl": ["linux", "arm64"],
  "x86_64-apple-darwin": ["darwin", "x64"],
  "aarch64-apple-darwin": ["darwin", "arm64"],
  "x86_64-pc-windows-msvc": ["win32", "x64"],
};

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const [binaries, out] = process.argv.slice(2);
if (!binaries || !out) {
  console.error("usage: node build.mjs BINARIES OUT");
  process.exit(2);
}
const version = /^version = "(.+)"$/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"))[1];
const main = JSON.parse(readFileSync(join(here, "package.json"), "utf8"));

/** Starts a package: its manifest, the licences, and a readme. */
function start(folder, manifest, readme) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  writeFileSync(join(folder, "README.md"), readme);
  for (const name of readdirSync(root).filter((name) => name.startsWith("LICENSE-"))) {
    copyFileSync(join(root, name), join(folder, name));
  }
}

const made = {};
for (const [target, [os, cpu]] of Object.entries(TARGETS)) {
  const file = os === "win32" ? "archcheck.exe" : "archcheck";
  const binary = join(binaries, target, file);
  if (!existsSync(binary)) {
    console.error(`left out: there is no ${binary}`);
    continue;
  }
  const name = `@archcheck/${os}-${cpu}`;
  const folder = join(out, `${os}-${cpu}`);
  const description = `The archcheck binary for ${os} on ${cpu}`;
  // Linux binaries are static: the C library does not matter, so there is no `libc`.
  start(folder, { name, version, description, license: main.license, os: [os], cpu: [cpu], files: [file, "LICENSE-*"], preferUnplugged: true }, `${description}.\n`);
  copyFileSync(binary, join(folder, file));
  chmodSync(join(folder, file), 0o755);
  made[name] = version;
}

const folder = join(out, "archcheck");
start(folder, { ...main, version, optionalDependencies: made }, readFileSync(join(root, "README.md"), "utf8"));
cpSync(join(here, "bin"), join(folder, "bin"), { recursive: true });
chmodSync(join(folder, "bin", "archcheck.js"), 0o755);
console.log(`${Object.keys(made).length} systems, version ${version}`);
