// node --test packaging/npm: the packages are made with a stand-in for the binary, packed, installed in an empty project, and started.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const skip = process.platform === "linux" && process.arch === "x64" ? false : "the stand-in is made for Linux on x64";
let work, project, starter;

before(() => {
  if (skip) return;
  work = mkdtempSync(join(tmpdir(), "archcheck-npm-"));
  project = join(work, "project");
  const target = join(work, "binaries", "x86_64-unknown-linux-musl");
  for (const folder of [target, project, join(work, "packed")]) mkdirSync(folder, { recursive: true });
  const script = '#!/bin/sh\ntrap "echo ended; exit 7" TERM\necho "[$*]"\n[ "$1" = wait ] && { echo ready; while :; do sleep 0.05; done; }\nexit ${2:-0}\n';
  writeFileSync(join(target, "archcheck"), script);
  execFileSync(process.execPath, [join(here, "build.mjs"), join(work, "binaries"), join(work, "out")]);
  for (const folder of readdirSync(join(work, "out"))) {
    execFileSync("npm", ["pack", "--silent", "--pack-destination", join(work, "packed"), join(work, "out", folder)]);
  }
  writeFileSync(join(project, "package.json"), '{"private": true}\n');
  const packed = readdirSync(join(work, "packed")).map((file) => join(work, "packed", file));
  execFileSync("npm", ["install", "--silent", "--offline", "--no-audit", "--no-fund", ...packed], { cwd: project });
  starter = join(project, "node_modules", ".bin", "archcheck");
});

after(() => work && rmSync(work, { recursive: true }));

test("the main package depends on the packages of the systems at its own version", { skip }, () => {
  const manifest = (folder) => JSON.parse(readFileSync(join(work, "out", folder, "package.json"), "utf8"));
  const [main, system] = [manifest("archcheck"), manifest("linux-x64")];
  assert.deepEqual(main.optionalDependencies, { "@archcheck/linux-x64": main.version });
  assert.deepEqual([system.name, system.version, system.os, system.cpu], ["@archcheck/linux-x64", main.version, ["linux"], ["x64"]]);
  const cargo = readFileSync(join(here, "..", "..", "Cargo.toml"), "utf8");
  assert.ok(cargo.includes(`\nversion = "${main.version}"\n`));
  assert.ok(existsSync(join(project, "node_modules", "archcheck", "LICENSE-MIT")));
});

test("arguments and exit status pass through", { skip }, () => {
  const run = spawnSync(starter, ["a b", "3"], { encoding: "utf8" });
  assert.deepEqual([run.stdout, run.status], ["[a b 3]\n", 3]);
});

test("a signal reaches the binary, and its end is waited for", { skip, timeout: 20_000 }, async () => {
  const child = spawn(starter, ["wait"], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (data) => {
    said += data;
    if (data.includes("ready")) child.kill("SIGTERM");
  });
  const status = await new Promise((resolve) => child.on("close", resolve));
  assert.deepEqual([status, said], [7, "[wait]\nready\nended\n"]);
});

test("another binary can be named, and a missing one is told", { skip }, () => {
  const other = join(work, "other");
  writeFileSync(other, "#!/bin/sh\necho other\n");
  chmodSync(other, 0o755);
  const run = (binary) => spawnSync(starter, [], { encoding: "utf8", env: { ...process.env, ARCHCHECK_BINARY: binary } });
  assert.equal(run(other).stdout, "other\n");
  assert.deepEqual([run("/nowhere").status, run("/nowhere").stderr], [2, "archcheck: spawn /nowhere ENOENT\n"]);
  rmSync(join(project, "node_modules", "@archcheck"), { recursive: true });
  const left = spawnSync(starter, [], { encoding: "utf8" });
  assert.ok(left.status === 2 && left.stderr.includes("there is no binary for linux-x64"), left.stderr);
});
