"""The language server as pytest-lsp sees it. The command line is the judge: on the same text both must say the same."""

import asyncio
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

HERE = Path(__file__).resolve().parent
BINARY = str(Path(os.environ.get("ARCHCHECK", "target/debug/archcheck")).resolve())
PROJECT = Path(os.environ.get("PROJECT", HERE.parent.parent / "examples" / "python-shop")).resolve()
SUFFIXES = {".py", ".ts", ".tsx", ".js", ".rs"}
LEVELS = {1: "error", 2: "warning", 3: "note"}


def command_line(folder: Path) -> set:
    """Path, first line, rule and level of each finding."""
    ran = subprocess.run([BINARY, "--format", "json", "--no-cache", "--fail-on", "never"], cwd=folder, capture_output=True, check=True)
    return {(f["location"]["path"], f["location"]["line"], f["rule"], f["level"]) for f in json.loads(ran.stdout)["findings"]}


def shown(client: LanguageClient, folder: Path) -> set:
    """The same of what the server published."""
    found = set()
    for uri, diagnostics in client.diagnostics.items():
        path = Path(uri_path(uri)).relative_to(folder).as_posix()
        found |= {(path, d.range.start.line + 1, d.code, LEVELS[int(d.severity)]) for d in diagnostics}
    return found


def uri_path(uri: str) -> str:
    from urllib.parse import unquote, urlparse

    return unquote(urlparse(uri).path)


class Editor:
    """A folder, the server on it, and the files that are open."""

    def __init__(self, client: LanguageClient, folder: Path):
        self.client, self.folder, self.texts, self.version = client, folder, {}, 0

    def uri(self, path: str) -> str:
        return (self.folder / path).as_uri()

    def open(self, path: str) -> str:
        text = (self.folder / path).read_text()
        self.texts[path] = text
        language = {".py": "python", ".rs": "rust", ".js": "javascript"}.get(Path(path).suffix, "typescript")
        item = types.TextDocumentItem(uri=self.uri(path), language_id=language, version=0, text=text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=item))
        return text

    def replace(self, path: str, first: int, last: int, new: str) -> None:
        """Lines `first` up to `last` become `new`, here and on the disk."""
        self.version += 1
        lines = self.texts[path].splitlines(keepends=True)
        span = types.Range(start=types.Position(line=first, character=0), end=types.Position(line=last, character=0))
        change = types.TextDocumentContentChangePartial(range=span, text=new)
        document = types.VersionedTextDocumentIdentifier(uri=self.uri(path), version=self.version)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(text_document=document, content_changes=[change]))
        self.texts[path] = "".join(lines[:first]) + new + "".join(lines[last:])
        (self.folder / path).write_text(self.texts[path])

    def save(self, path: str) -> None:
        document = types.TextDocumentIdentifier(uri=self.uri(path))
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(text_document=document))


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[BINARY, "lsp"]))
async def client(lsp_client: LanguageClient, tmp_path: Path):
    folder = tmp_path / "project"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(".git", "node_modules", "target", ".archcheck-cache"))

    @lsp_client.feature(types.CLIENT_REGISTER_CAPABILITY)
    def registered(_params):
        return None

    @lsp_client.feature(types.WORKSPACE_CODE_LENS_REFRESH)
    def refreshed(_params):
        return None

    workspace = types.WorkspaceFolder(uri=folder.as_uri(), name="project")
    capabilities = client_capabilities("visual-studio-code")
    # Pushed diagnostics are the ones that this client keeps.
    capabilities.text_document.diagnostic = None
    capabilities.workspace.diagnostics = None
    params = types.InitializeParams(capabilities=capabilities, root_uri=folder.as_uri(), workspace_folders=[workspace])
    await lsp_client.initialize_session(params)
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def editor(client: LanguageClient, tmp_path: Path) -> Editor:
    return Editor(client, tmp_path / "project")


async def says_the_same(editor: Editor, told: str) -> None:
    """Waits for the server to say what the command line says; fails after a while with the difference."""
    expected = command_line(editor.folder)
    for _ in range(120):
        if shown(editor.client, editor.folder) == expected:
            return
        await asyncio.sleep(0.25)
    now = shown(editor.client, editor.folder)
    assert now == expected, f"{told}: only the server {sorted(now - expected)}, only the command line {sorted(expected - now)}"


@pytest.mark.skipif("PROJECT" in os.environ, reason="names places of the example")
async def test_open_type_hover_and_act(editor: Editor):
    path = "shop/settings.py"
    text = editor.open(path)
    await says_the_same(editor, "after opening")
    assert len(shown(editor.client, editor.folder)) == 9
    line = next(number for number, line in enumerate(text.splitlines()) if line.startswith("SESSION_SECRET"))

    at = types.HoverParams(text_document=types.TextDocumentIdentifier(uri=editor.uri(path)), position=types.Position(line=line, character=20))
    hover = await editor.client.text_document_hover_async(at)
    assert "hardcoded-secret" in hover.contents.value

    here = types.Range(start=types.Position(line=line, character=20), end=types.Position(line=line, character=20))
    diagnostics = [d for d in editor.client.diagnostics[editor.uri(path)] if d.code == "hardcoded-secret"]
    ask = types.CodeActionParams(
        text_document=types.TextDocumentIdentifier(uri=editor.uri(path)), range=here, context=types.CodeActionContext(diagnostics=diagnostics)
    )
    actions = await editor.client.text_document_code_action_async(ask)
    silence = next(action for action in actions if "ignore" in json.dumps([str(action.edit), action.title]))
    edit = (silence.edit.changes or {}).get(editor.uri(path)) or silence.edit.document_changes[0].edits
    assert len(edit) == 1
    before = editor.texts[path].splitlines(keepends=True)[edit[0].range.start.line]
    start, end = edit[0].range.start, edit[0].range.end
    whole = before[: start.character] + edit[0].new_text + before[end.character :]
    # A comment needs a reason to silence: the one that stands in the edit is for the user to write.
    editor.replace(path, start.line, start.line + 1, whole)
    await says_the_same(editor, "after the comment")
    assert not [d for d in editor.client.diagnostics[editor.uri(path)] if d.code == "hardcoded-secret"]

    editor.replace(path, 0, 0, "def broken(:\n    (((\n")
    await says_the_same(editor, "with a broken file")
    editor.replace(path, 0, 2, "")
    editor.replace(path, 0, len(editor.texts[path].splitlines()), text)
    await says_the_same(editor, "as it was")


async def test_random_edits_do_not_drift(editor: Editor):
    dice = random.Random(int(os.environ.get("SEED", "7")))
    edits = int(os.environ.get("EDITS", "200"))
    paths = sorted(p.relative_to(editor.folder).as_posix() for p in editor.folder.rglob("*") if p.suffix in SUFFIXES)
    dice.shuffle(paths)
    paths = paths[:12]
    first = {path: editor.open(path) for path in paths}
    await says_the_same(editor, "after opening")
    for number in range(1, edits + 1):
        path = dice.choice(paths)
        lines = editor.texts[path].splitlines(keepends=True)
        at = dice.randrange(len(lines) + 1)
        kind = dice.randrange(5)
        if kind == 0 and lines:
            editor.replace(path, min(at, len(lines) - 1), min(at, len(lines) - 1) + 1, "")
        elif kind == 1 and lines:
            editor.replace(path, at, at, dice.choice(lines))
        elif kind == 2:
            editor.replace(path, at, at, "\n")
        elif kind == 3:
            other = dice.choice(paths)
            piece = first[other].splitlines(keepends=True) or ["\n"]
            begin = dice.randrange(len(piece))
            editor.replace(path, at, at, "".join(piece[begin : begin + 4]))
        else:
            editor.replace(path, 0, len(lines), first[path])
        if number % 50 == 0:
            editor.save(path)
        if number % 20 == 0:
            await says_the_same(editor, f"after edit {number} of {path}")
    for path in paths:
        editor.replace(path, 0, len(editor.texts[path].splitlines()), first[path])
    await says_the_same(editor, "after all was taken back")
