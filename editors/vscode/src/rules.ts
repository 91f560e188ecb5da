// The list of rules and their pages, asked of the binary. Knows nothing of VS Code.
import { execFile } from "node:child_process";

/** A rule as the list shows it. */
export interface Rule {
  id: string;
  title: string;
  category: string;
}

/** A page is asked for by id only. */
const ID = /^[a-z0-9][a-z0-9-]*$/;

/** All rules, the project's own among them. */
export async function rules(binary: string, folder: string): Promise<Rule[]> {
  return parseRules(await output(binary, ["rules", "--json"], folder));
}

/** The page of a rule, in Markdown. */
export async function page(binary: string, rule: string, folder: string): Promise<string> {
  if (!ID.test(rule)) {
    throw new Error(`${rule} is not the id of a rule`);
  }
  return output(binary, ["explain", rule], folder);
}

/** What `archcheck rules --json` says. */
export function parseRules(text: string): Rule[] {
  const said: unknown = JSON.parse(text);
  const list = Array.isArray(said) ? said : ((said as { rules?: unknown })?.rules ?? []);
  if (!Array.isArray(list)) {
    throw new Error("the list of rules is not understood");
  }
  const word = (value: unknown) => (typeof value === "string" ? value : "");
  return list
    .filter((rule): rule is Record<string, unknown> => typeof rule === "object" && rule !== null)
    .map((rule) => ({ id: word(rule["id"]), title: word(rule["title"]), category: word(rule["category"]) }))
    .filter((rule) => ID.test(rule.id));
}

function output(binary: string, args: string[], folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder || undefined, timeout: 30_000, maxBuffer: 16 << 20, windowsHide: true };
    execFile(binary, args, options, (error, stdout, stderr) => {
      if (error) {
        reject(new Error(stderr.trim() || error.message));
      } else {
        resolve(stdout);
      }
    });
  });
}
