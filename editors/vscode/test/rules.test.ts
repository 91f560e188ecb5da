import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { page, parseRules, rules } from "../src/rules";

test("the list of rules is read, and what is no rule is left out", () => {
  const text = JSON.stringify([{ id: "n-plus-one", title: "T", category: "data-access", more: 1 }, { id: "../x" }, 3, null, {}]);
  assert.deepEqual(parseRules(text), [{ id: "n-plus-one", title: "T", category: "data-access" }]);
  assert.throws(() => parseRules('{"rules": 3}'), /not understood/);
});

test("a page is asked for by the id of a rule only", async () => {
  for (const odd of ["--help", "a b", "a;b", "", "A"]) {
    await assert.rejects(page("/nowhere", odd, ""), /is not the id of a rule/);
  }
});

test("the binary is asked in the folder of the project", { skip: process.platform === "win32" }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "archcheck-"));
  const binary = join(folder, "archcheck");
  writeFileSync(binary, '#!/bin/sh\n[ "$1" = rules ] && echo \'[{"id": "own", "title": "\'"$PWD"\'"}]\' && exit\n[ "$2" = own ] && echo "# own" || { echo "unknown rule" >&2; exit 2; }\n');
  chmodSync(binary, 0o755);
  try {
    assert.ok((await rules(binary, folder))[0]?.title.endsWith(folder));
    assert.equal(await page(binary, "own", folder), "# own\n");
    await assert.rejects(page(binary, "other", folder), /^Error: unknown rule$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
