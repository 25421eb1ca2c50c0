"""Makes HTML of a post with the programs that its readers use: Jekyll, Hugo, cmark-gfm.

Each in a folder of its own, with the settings that a new site has. What a program says besides its
result is handed back: a warning is a failure.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 300
_PAGE = """<!DOCTYPE html>
<html lang="zh-Hans"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>post</title>
<style>body{max-width:46rem;margin:auto;padding:1rem;font:17px/1.7 sans-serif;
overflow-wrap:anywhere}</style></head>
<body><article>
%s
</article></body></html>
"""


@dataclass(frozen=True, slots=True)
class Built:
    """A page, and what the program said while making it."""

    page: Path
    said: str


def with_jekyll(post: str, name: str, folder: Path) -> Built:
    """Jekyll with its defaults, told to stop at bad front matter and to pass on warnings."""
    _write(folder / "_config.yml", "title: test\nkramdown:\n  show_warnings: true\n")
    _write(folder / "_layouts" / "post.html", _PAGE % "{{ content }}")
    _write(folder / "_posts" / name, post)
    command = ["jekyll", "build", "--strict_front_matter", "--disable-disk-cache", "--quiet"]
    said = _run(command, folder)
    date, rest = name[:10], name[11:].removesuffix(".md")
    return Built(folder / "_site" / date.replace("-", "/") / f"{rest}.html", said)


def with_hugo(post: str, name: str, folder: Path) -> Built:
    """Hugo with its defaults, which drop HTML from Markdown."""
    _write(folder / "config.toml", 'baseURL = "https://site.example/"\ntitle = "test"\n')
    layout = _PAGE % "{{ .Content }}"
    for kind in ("single", "list"):
        _write(folder / "layouts" / "_default" / f"{kind}.html", layout)
    _write(folder / "content" / "posts" / name, post)
    said = _run(["hugo", "--quiet"], folder)
    return Built(folder / "public" / "posts" / name.removesuffix(".md") / "index.html", said)


def with_cmark_gfm(post: str, name: str, folder: Path) -> Built:
    """The Markdown of GitHub, before its sanitizer, which forgives more."""
    _write(folder / name, post)
    command = ["cmark-gfm", "--unsafe", name]
    for extension in ("table", "strikethrough", "autolink", "tagfilter", "tasklist", "footnotes"):
        command += ["--extension", extension]
    made = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    )
    page = folder / "page.html"
    _write(page, _PAGE % made.stdout)
    return Built(page, made.stderr)


BUILDERS: Mapping[str, Callable[[str, str, Path], Built]] = {
    "jekyll": with_jekyll,
    "hugo": with_hugo,
    "github": with_cmark_gfm,
}
"""For each form of a post that has a renderer; Obsidian's cannot be run."""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _run(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    failed = f"exit code {done.returncode}\n" if done.returncode else ""
    return (failed + done.stdout + done.stderr).strip()
