// Starts `archcheck lsp` and keeps it in step with the settings. What is found and shown, the server decides.
import * as fs from "node:fs";
import * as os from "node:os";
import * as vscode from "vscode";
import { type LanguageClientOptions, LanguageClient, type ServerOptions } from "vscode-languageclient/node";
import { type Found, find, serverArguments } from "./binary";
import { documentName, ruleOf, serverSettings } from "./protocol";
import { page, rules } from "./rules";

/** Pages of rules are documents of this scheme. */
const SCHEME = "archcheck-rule";
/** The command that the server's code actions name. */
const OPEN_DOCUMENTATION = "archcheck.openDocumentation";
/** Whether the user has been told once that there is no binary. */
const TOLD = "told-that-there-is-no-binary";
const LANGUAGES = ["python", "typescript", "typescriptreact", "javascript", "javascriptreact", "rust"];

let client: LanguageClient | undefined;
let output: vscode.LogOutputChannel;
/** Starts and stops follow one another. */
let last: Promise<void> = Promise.resolve();

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  output = vscode.window.createOutputChannel("archcheck", { log: true });
  const pages = new Pages(context);
  context.subscriptions.push(
    output,
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, pages),
    vscode.commands.registerCommand("archcheck.restart", () => restart(context, true)),
    vscode.commands.registerCommand("archcheck.showOutput", () => output.show()),
    vscode.commands.registerCommand("archcheck.openRule", (rule?: unknown) => openRule(context, rule)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => restart(context)),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("archcheck.path") || change.affectsConfiguration("archcheck.args")) {
        void restart(context);
      } else if (change.affectsConfiguration("archcheck")) {
        void client?.sendNotification("workspace/didChangeConfiguration", { settings: { archcheck: settings() } });
      }
    }),
  );
  await restart(context);
}

export function deactivate(): Promise<void> {
  return inOrder(stop);
}

/** Starts the server again; `asked` when the user wants it, and so wants to hear why it does not start. */
function restart(context: vscode.ExtensionContext, asked = false): Promise<void> {
  return inOrder(async () => {
    await stop();
    await start(context, asked);
  });
}

function inOrder(step: () => Promise<void>): Promise<void> {
  last = last.then(step).catch((error: unknown) => output.error(String(error)));
  return last;
}

async function start(context: vscode.ExtensionContext, asked: boolean): Promise<void> {
  const found = binary(context);
  if ("missing" in found) {
    output.warn(found.missing);
    // Not at every project that does without archcheck: once, and then only to those who ask or have set a path.
    if (asked || configuration().get("path", "") !== "" || !context.globalState.get(TOLD)) {
      await context.globalState.update(TOLD, true);
      void offerSettings(found.missing);
    }
    return;
  }
  const args = serverArguments(configuration().get<string[]>("args", []));
  output.info(`starting ${found.file} ${args.join(" ")} (${found.from})`);
  const server: ServerOptions = { command: found.file, args, options: { cwd: firstFolder() } };
  const options: LanguageClientOptions = {
    documentSelector: [
      ...LANGUAGES.map((language) => ({ scheme: "file", language })),
      { scheme: "file", pattern: "**/{archcheck,.archcheck}.toml" },
    ],
    initializationOptions: settings(),
    outputChannel: output,
    diagnosticCollectionName: "archcheck",
    // The pages of rules are shown here, rendered; what else is to be executed, the server does.
    middleware: {
      executeCommand: (command, args, next) => (command === OPEN_DOCUMENTATION ? openRule(context, args[0], args[1]) : next(command, args)),
    },
  };
  client = new LanguageClient("archcheck", "archcheck", server, options);
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    output.error(`the server did not start: ${String(error)}`);
    void offerSettings("The archcheck server did not start. Is the binary older than the extension?");
  }
}

async function stop(): Promise<void> {
  const running = client;
  client = undefined;
  await running?.dispose(5000);
}

function binary(context: vscode.ExtensionContext): Found | { missing: string } {
  return find({
    setting: configuration().get("path", "").trim(),
    folders: (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file").map((folder) => folder.uri.fsPath),
    trusted: vscode.workspace.isTrusted,
    path: process.env["PATH"] ?? "",
    home: os.homedir(),
    extension: context.extensionPath,
    platform: process.platform,
    arch: process.arch,
    exists: isProgram,
  });
}

function isProgram(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

function configuration(): vscode.WorkspaceConfiguration {
  return vscode.workspace.getConfiguration("archcheck");
}

function settings(): Record<string, unknown> {
  const section = configuration();
  return serverSettings((name) => section.get(name));
}

function firstFolder(): string {
  return vscode.workspace.workspaceFolders?.find((folder) => folder.uri.scheme === "file")?.uri.fsPath ?? "";
}

async function offerSettings(message: string): Promise<void> {
  const chosen = await vscode.window.showWarningMessage(message, "Open Settings", "Show Output");
  if (chosen === "Open Settings") {
    await vscode.commands.executeCommand("workbench.action.openSettings", "archcheck.path");
  } else if (chosen === "Show Output") {
    output.show();
  }
}

/** Shows the page of a rule: the one that is given, the one of the finding under the cursor, or one chosen from the list. */
async function openRule(context: vscode.ExtensionContext, rule?: unknown, uri?: unknown): Promise<void> {
  const document = typeof uri === "string" ? vscode.Uri.parse(uri) : vscode.window.activeTextEditor?.document.uri;
  const folder = (document && vscode.workspace.getWorkspaceFolder(document)?.uri.fsPath) ?? firstFolder();
  const id = typeof rule === "string" ? rule : (underCursor() ?? (await choose(context, folder)));
  if (id !== undefined) {
    const page = vscode.Uri.from({ scheme: SCHEME, path: documentName(id), query: folder });
    await vscode.commands.executeCommand("markdown.showPreview", page);
  }
}

function underCursor(): string | undefined {
  const editor = vscode.window.activeTextEditor;
  const here = editor && vscode.languages.getDiagnostics(editor.document.uri).filter((finding) => finding.range.contains(editor.selection.active));
  return here?.map(ruleOf).find((rule) => rule !== undefined);
}

async function choose(context: vscode.ExtensionContext, folder: string): Promise<string | undefined> {
  const found = binary(context);
  if ("missing" in found) {
    void offerSettings(found.missing);
    return undefined;
  }
  const list = rules(found.file, folder).then((all) => all.map((rule) => ({ label: rule.id, description: rule.category, detail: rule.title })));
  return (await vscode.window.showQuickPick(list, { placeHolder: "Rule", matchOnDetail: true }))?.label;
}

/** The pages of rules as documents. */
class Pages implements vscode.TextDocumentContentProvider {
  constructor(private readonly context: vscode.ExtensionContext) {}

  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const found = binary(this.context);
    if ("missing" in found) {
      return found.missing;
    }
    // Only a folder of this workspace: its own rules may have pages.
    const folder = vscode.workspace.workspaceFolders?.find((folder) => folder.uri.fsPath === uri.query)?.uri.fsPath ?? firstFolder();
    try {
      return await page(found.file, uri.path.slice(1).replace(/\.md$/, ""), folder);
    } catch (error) {
      return String(error instanceof Error ? error.message : error);
    }
  }
}
