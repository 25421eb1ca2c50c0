"""A day that faults are done to: its papers, its command, and what must be there at its end."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digest.errors import DigestError
from digest.store import Store
from scripts.faults import stub
from scripts.faults.papers import texts, write_papers
from scripts.faults.shim import Shim
from scripts.faults.tree import Ended, Tree

DATE = "2026-01-23"
OUTPUTS = "json,bibtex,atom,weekly,mail"
EVIDENCE_TOKENS = "200"
"""Shorter readings, sooner done."""

_PARTIAL = re.compile(r"\.partial$|\.new(-\d+)?\.md$|-journal$|^digest\.duckdb\.wal$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an undisturbed run left: files by their names below the home, and the papers' ids."""

    files: Mapping[str, bytes]
    papers: tuple[str, ...]


@dataclass
class Bench:
    """One kind of day, in a scratch folder.

    Args:
        scratch: An empty folder.
        papers: A folder of papers.
        model: That reads and translates; ``stub``, or one of the machine's.
        environment: Settings of every run.
        date: Of the post.
    """

    scratch: Path
    papers: Path
    model: str = stub.NAME
    environment: Mapping[str, str] = field(default_factory=dict)
    date: str = DATE
    homes: int = 0

    def home(self) -> Path:
        """A new home, not made yet."""
        self.homes += 1
        return self.scratch / f"home-{self.homes}"

    def shim(self, home: Path) -> Shim:
        """What stands between a run in ``home`` and the kernel."""
        return Shim(self.scratch, home)

    def start(self, home: Path, environment: Mapping[str, str] | None = None) -> Tree:
        """Begin a run."""
        said = self.scratch / f"{home.name}-said"
        return Tree(self.command(home), {**self.settings(), **(environment or {})}, said)

    def run(self, home: Path, environment: Mapping[str, str] | None = None) -> Ended:
        """A run to its end."""
        with self.start(home, environment) as tree:
            return tree.ended()

    def settings(self) -> dict[str, str]:
        """Variables of every run."""
        return {
            "DIGEST_OUTPUTS": OUTPUTS,
            "DIGEST_EVIDENCE_TOKENS": EVIDENCE_TOKENS,
            **self.environment,
        }

    def command(self, home: Path) -> list[str]:
        """The run, with the stub where no model of the machine is named."""
        program = "scripts.faults.stubbed" if self.model == stub.NAME else "digest"
        models = ["--model", self.model, "--translator", self.model]
        day = ["--from", str(self.papers), "--date", self.date]
        return [sys.executable, "-m", program, "--quiet", "--home", str(home), "run", *day, *models]

    def undisturbed(self) -> Wanted:
        """What there is to be: from a run to which nothing is done.

        Raises:
            RuntimeError: It does not end with 0.
        """
        home = self.home()
        ended = self.run(home)
        if ended.code != 0:
            raise RuntimeError(f"an undisturbed run ended with {ended.code}: {ended.said}")
        return wanted_of(home)

    def finished(self, home: Path, wanted: Wanted) -> list[str]:
        """Run to the end; what is not as it must be."""
        return badly(self.run(home)) or differences(home, wanted)


def stub_bench(scratch: Path, papers: int) -> Bench:
    """The day of many papers on the stub."""
    scratch.mkdir(parents=True)
    write_papers(scratch / "papers", papers)
    stub.write_model(scratch / "models", texts())
    return Bench(
        scratch, scratch / "papers", environment={"DIGEST_MODELS": str(scratch / "models")}
    )


def files_of(home: Path) -> dict[str, bytes]:
    """Everything that readers see, and the PDFs."""
    found = [path for part in ("posts", "papers", "site") for path in (home / part).rglob("*")]
    return {str(path.relative_to(home)): path.read_bytes() for path in found if path.is_file()}


def wanted_of(home: Path) -> Wanted:
    """What a home holds that was made in peace.

    Raises:
        RuntimeError: Its posts have fewer papers than it has PDFs.
    """
    papers, kept = _told(home), len(list((home / "papers").glob("*.pdf")))
    if not len(papers) >= kept > 0:
        raise RuntimeError(f"{len(papers)} papers in the posts of {home}, {kept} PDFs beside them")
    return Wanted(files_of(home), tuple(sorted(papers)))


def differences(home: Path, wanted: Wanted) -> list[str]:
    """What a home lacks, has twice, has in halves or has in other bytes."""
    found = files_of(home)
    problems = [f"{name} is missing" for name in sorted(wanted.files.keys() - found.keys())]
    problems += [f"{name} should not be" for name in sorted(found.keys() - wanted.files.keys())]
    same = wanted.files.keys() & found.keys()
    problems += [f"{name} differs" for name in sorted(same) if found[name] != wanted.files[name]]
    left = [path for path in home.rglob("*") if _PARTIAL.search(path.name)]
    problems += [f"{path.relative_to(home)} was left behind" for path in left]
    return problems + _miscounted(home, wanted)


def _miscounted(home: Path, wanted: Wanted) -> list[str]:
    """Papers that the store and the post's JSON lose or have twice."""
    problems = []
    for place, papers in _carried(home):
        counted = Counter(papers)
        problems += [f"{place} has {each} {n} times" for each, n in counted.items() if n > 1]
        problems += [f"{place} lost {each}" for each in wanted.papers if each not in counted]
    return problems


def _carried(home: Path) -> list[tuple[str, list[str]]]:
    store = Store(home / "digest.duckdb")
    try:
        items = [item for date, _, _ in store.post_dates() for item in store.post_items(date)]
    except DigestError as exc:
        return [(f"the store cannot be read ({exc.message}) and", [])]
    return [("the JSON", _told(home)), ("the store", [str(item.paper.id) for item in items])]


def _told(home: Path) -> list[str]:
    """The papers of the posts' JSON."""
    days: list[dict[str, Any]] = [
        json.loads(path.read_bytes()) for path in sorted((home / "posts").glob("????-??-??.json"))
    ]
    return [each["id"] for day in days for each in day["papers"]]


def badly(ended: Ended) -> list[str]:
    """What is wrong with how a run ended to which nothing was done."""
    if ended.code != 0:
        return [f"ended with exit code {ended.code}: {ended.said.strip()[-400:]}"]
    return traceback_in(ended)


def traceback_in(ended: Ended) -> list[str]:
    """A traceback on the terminal is no clear message."""
    return ["printed a traceback"] if "Traceback (most recent" in ended.said else []


def copied(home: Path) -> Path:
    """A copy of a home beside it."""
    copy = home.with_name(f"{home.name}-copy")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(home, copy, symlinks=True)
    return copy
