import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { join } from "node:path";
import { documentName, ruleOf, serverSettings } from "../src/protocol";

const manifest = JSON.parse(readFileSync(join(__dirname, "..", "..", "package.json"), "utf8"));

test("the rule of a finding is its code, with or without a link", () => {
  assert.equal(ruleOf({ source: "archcheck", code: "n-plus-one" }), "n-plus-one");
  assert.equal(ruleOf({ source: "archcheck", code: { value: "n-plus-one", target: "https://example.com" } }), "n-plus-one");
  assert.equal(ruleOf({ source: "other", code: "n-plus-one" }), undefined);
  assert.equal(ruleOf({ source: "archcheck", code: 3 }), undefined);
  assert.equal(ruleOf({ source: "archcheck" }), undefined);
});

test("a page is named after its rule", () => {
  assert.equal(documentName("n-plus-one"), "/n-plus-one.md");
});

test("every setting is for the server or for its start, and has a default", () => {
  const properties: Record<string, { default?: unknown }> = manifest.contributes.configuration.properties;
  const own = ["path", "args", "trace.server"];
  const sent = Object.keys(serverSettings(() => 1));
  assert.deepEqual(Object.keys(properties).sort(), [...own, ...sent].map((name) => `archcheck.${name}`).sort());
  assert.ok(Object.values(properties).every((property) => property.default !== undefined));
});

test("a workspace that is not trusted decides nothing of what is started or read", () => {
  assert.deepEqual(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations, ["archcheck.path", "archcheck.args", "archcheck.config"]);
});

test("the commands of the manifest are the ones that are registered", () => {
  const source = readFileSync(join(__dirname, "..", "..", "src", "extension.ts"), "utf8");
  const registered = [...source.matchAll(/registerCommand\("([^"]+)"/g)].map((found) => found[1]);
  assert.deepEqual(registered.sort(), manifest.contributes.commands.map((command: { command: string }) => command.command).sort());
});
