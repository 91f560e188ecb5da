// What the extension and the server tell each other beyond the protocol. Knows nothing of VS Code.

/** The settings that the server reads, as `initializationOptions` and later changes. */
const NAMES = ["codeLens", "workspace", "profile", "config", "jobs"] as const;

/** The settings for the server. */
export function serverSettings(get: (name: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(NAMES.map((name) => [name, get(name)]));
}

/** The rule of a finding of ours. */
export function ruleOf(finding: { source?: string; code?: unknown }): string | undefined {
  if (finding.source !== "archcheck") {
    return undefined;
  }
  const code = finding.code;
  const id = typeof code === "object" && code !== null ? (code as { value?: unknown }).value : code;
  return typeof id === "string" ? id : undefined;
}

/** The path of the document with a rule's page: its name is the title of the tab. */
export function documentName(rule: string): string {
  return `/${rule}.md`;
}
