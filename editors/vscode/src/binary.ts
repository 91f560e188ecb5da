// Which archcheck binary is started. Knows nothing of VS Code, so that it is tested without it.
import * as path from "node:path";

/** Where a binary may come from. */
export interface Places {
  /** The setting `archcheck.path`; empty when it is not set. In a workspace that is not trusted VS Code gives the user's own value. */
  setting: string;
  /** Folders of the workspace, in order. */
  folders: readonly string[];
  /** Whether what lies in the workspace may be started. */
  trusted: boolean;
  /** The variable PATH. */
  path: string;
  /** The user's home. */
  home: string;
  /** Where the extension is installed. */
  extension: string;
  platform: NodeJS.Platform;
  arch: string;
  /** Whether there is a file that can be started. */
  exists(file: string): boolean;
}

/** A binary, and why it is this one. */
export interface Found {
  file: string;
  from: "setting" | "workspace" | "PATH" | "extension";
}

/** The binary to start: the setting's, the workspace's, the one on the PATH, the extension's own. Or what to tell the user. */
export function find(places: Places): Found | { missing: string } {
  if (places.setting !== "") {
    const file = expand(places.setting, places);
    return places.exists(file)
      ? { file, from: "setting" }
      : { missing: `The setting archcheck.path names ${file}, which is not there or cannot be started.` };
  }
  const candidates: [Found["from"], string[]][] = [
    ["workspace", places.trusted ? places.folders.flatMap((folder) => inFolder(folder, places)) : []],
    ["PATH", onPath(places)],
    ["extension", [join(places, places.extension, "bin", executable(places))]],
  ];
  for (const [from, files] of candidates) {
    const file = files.find((file) => places.exists(file));
    if (file !== undefined) {
      return { file, from };
    }
  }
  const missing = "archcheck is not installed. Install it in the project or on the PATH, or name it in the setting archcheck.path.";
  return { missing: places.trusted ? missing : `${missing} What lies in this workspace is not started until the workspace is trusted.` };
}

/** The arguments of the server. */
export function serverArguments(extra: readonly string[]): string[] {
  return ["lsp", ...extra];
}

function inFolder(folder: string, places: Places): string[] {
  const file = executable(places);
  const scripts = places.platform === "win32" ? "Scripts" : "bin";
  return [
    // Past the npm package's starter: one process less, and no Node.js needed.
    join(places, folder, "node_modules", "@archcheck", `${places.platform}-${places.arch}`, file),
    // npm's own starters on Windows are scripts of a shell, which cannot be started without one.
    ...(places.platform === "win32" ? [] : [join(places, folder, "node_modules", ".bin", file)]),
    join(places, folder, ".venv", scripts, file),
    join(places, folder, "venv", scripts, file),
  ];
}

function onPath(places: Places): string[] {
  const { delimiter, isAbsolute } = flavour(places);
  return places.path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder)) // a relative one would be whatever folder the editor was started in
    .filter((folder) => places.trusted || !places.folders.some((root) => isInside(folder, root, places)))
    .map((folder) => join(places, folder, executable(places)));
}

function expand(setting: string, places: Places): string {
  const folder = places.folders[0] ?? "";
  const file = setting.replaceAll("${workspaceFolder}", folder).replaceAll("${userHome}", places.home);
  return /^~[\\/]/.test(file) ? join(places, places.home, file.slice(2)) : file;
}

function isInside(file: string, folder: string, places: Places): boolean {
  const { relative, isAbsolute } = flavour(places);
  const way = relative(folder, file);
  return !way.startsWith("..") && !isAbsolute(way);
}

function executable(places: Places): string {
  return places.platform === "win32" ? "archcheck.exe" : "archcheck";
}

function join(places: Places, ...parts: string[]): string {
  return flavour(places).join(...parts);
}

function flavour(places: Places): path.PlatformPath {
  return places.platform === "win32" ? path.win32 : path.posix;
}
