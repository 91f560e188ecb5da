import assert from "node:assert/strict";
import { test } from "node:test";
import { type Places, find, serverArguments } from "../src/binary";

/** A workspace in /work/shop with nothing installed but `files`. */
function places(files: string[], more: Partial<Places> = {}): Places {
  return {
    setting: "",
    folders: ["/work/shop"],
    trusted: true,
    path: "/usr/local/bin:/usr/bin",
    home: "/home/ada",
    extension: "/ext",
    platform: "linux",
    arch: "x64",
    exists: (file) => files.includes(file),
    ...more,
  };
}

const npm = "/work/shop/node_modules/@archcheck/linux-x64/archcheck";
const starter = "/work/shop/node_modules/.bin/archcheck";
const venv = "/work/shop/.venv/bin/archcheck";
const user = "/usr/bin/archcheck";
const own = "/ext/bin/archcheck";

test("the nearest binary is taken", () => {
  const all = [npm, starter, venv, user, own];
  const order = all.map((_, at) => find(places(all.slice(at))));
  assert.deepEqual(order, [
    { file: npm, from: "workspace" },
    { file: starter, from: "workspace" },
    { file: venv, from: "workspace" },
    { file: user, from: "PATH" },
    { file: own, from: "extension" },
  ]);
  assert.match(JSON.stringify(find(places([]))), /not installed/);
});

test("each folder of the workspace is looked into", () => {
  const file = "/work/back/venv/bin/archcheck";
  assert.deepEqual(find(places([file], { folders: ["/work/front", "/work/back"] })), { file, from: "workspace" });
});

test("the setting decides alone", () => {
  assert.deepEqual(find(places(["/opt/archcheck", npm], { setting: "/opt/archcheck" })), { file: "/opt/archcheck", from: "setting" });
  assert.match(JSON.stringify(find(places([npm, user], { setting: "/opt/archcheck" }))), /archcheck.path names \/opt\/archcheck/);
  const home = find(places(["/home/ada/bin/archcheck"], { setting: "~/bin/archcheck" }));
  assert.deepEqual(home, { file: "/home/ada/bin/archcheck", from: "setting" });
  const folder = find(places(["/work/shop/tools/archcheck"], { setting: "${workspaceFolder}/tools/archcheck" }));
  assert.deepEqual(folder, { file: "/work/shop/tools/archcheck", from: "setting" });
});

test("nothing of a workspace that is not trusted is started", () => {
  const untrusted = { trusted: false, path: "/work/shop/bin:/work/shop:.:bin::/usr/bin" };
  const inside = ["/work/shop/bin/archcheck", "/work/shop/archcheck", "archcheck", "bin/archcheck", "/archcheck", npm, starter, venv];
  assert.match(JSON.stringify(find(places(inside, untrusted))), /not started until the workspace is trusted/);
  assert.deepEqual(find(places([...inside, user], untrusted)), { file: user, from: "PATH" });
});

test("a relative folder of the PATH is never looked into", () => {
  assert.ok("missing" in find(places(["archcheck", "bin/archcheck"], { path: ".:bin:" })));
});

test("a folder beside the workspace with a longer name is not inside it", () => {
  const file = "/work/shop-tools/archcheck";
  assert.deepEqual(find(places([file], { trusted: false, path: "/work/shop-tools" })), { file, from: "PATH" });
});

test("Windows has its own names and separators", () => {
  const windows: Partial<Places> = { platform: "win32", folders: ["C:\\shop"], path: "C:\\bin;D:\\bin", extension: "C:\\ext", home: "C:\\ada" };
  const found = (file: string, more: Partial<Places> = {}) => find(places([file], { ...windows, ...more }));
  for (const file of ["C:\\shop\\node_modules\\@archcheck\\win32-x64\\archcheck.exe", "C:\\shop\\.venv\\Scripts\\archcheck.exe"]) {
    assert.deepEqual(found(file), { file, from: "workspace" });
    assert.ok("missing" in found(file, { trusted: false }));
  }
  assert.deepEqual(found("D:\\bin\\archcheck.exe"), { file: "D:\\bin\\archcheck.exe", from: "PATH" });
  assert.deepEqual(found("C:\\ada\\archcheck.exe", { setting: "~\\archcheck.exe" }), { file: "C:\\ada\\archcheck.exe", from: "setting" });
});

test("extra arguments follow the command", () => {
  assert.deepEqual(serverArguments([]), ["lsp"]);
  assert.deepEqual(serverArguments(["--log", "x y"]), ["lsp", "--log", "x y"]);
});
