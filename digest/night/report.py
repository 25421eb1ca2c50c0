"""The report of one run, as HOME/runs/STAMP.json holds it. Pure; ``keeper`` writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from digest.records import to_builtins

SCHEMA = 1
"""Of the file; it grows only when a name changes its meaning or goes."""

State = Literal["running", "done", "some failed", "failed", "killed"]
"""done: exit code 0. some failed: 3, the post is there. killed: it ended without a word, or was
interrupted."""


@dataclass(frozen=True, slots=True)
class Process:
    """Who runs, so that a later process can tell whether it still does.

    ``ticks``: when it started, in the kernel's count; a pid alone is given again to another.
    """

    pid: int
    ticks: int
    boot: str
    host: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the whole post, ``announced`` to ``left_out`` of what arXiv announced for it.

    ``numbers``: in the claims; each stands in a sentence that its claim cites.
    """

    papers: int = 0
    announced: int = 0
    carried: int = 0
    late: int = 0
    left_out: int = 0
    full: int = 0
    abstract: int = 0
    unread: int = 0
    failed: int = 0
    claims: int = 0
    verified: int = 0
    repaired: int = 0
    quoted: int = 0
    dropped: int = 0
    numbers: int = 0


@dataclass(frozen=True, slots=True)
class Feed:
    """How one source did for one category: fresh, waiting, quiet, stalled or failed, and when."""

    category: str
    by: str
    state: str
    shown: int = 0
    batch: str = ""
    detail: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what it made in this run, what was there already, what failed.

    ``seconds``: on the clock. ``work_s``: of all papers together, more where several are at once.
    """

    made: int = 0
    reused: int = 0
    failed: int = 0
    seconds: float = 0.0
    work_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Speed:
    """What a model wrote in this run."""

    tokens: int
    seconds: float

    @property
    def per_s(self) -> float:
        """Tokens a second."""
        return self.tokens / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Said:
    """A warning or an error, and its cure."""

    at: str
    level: str
    message: str
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What failed, of which paper, and what to do; ``paper`` is empty where it was the run."""

    stage: str
    error: str
    paper: str = ""
    cure: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that the run was to use."""

    name: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Hook:
    """The lab's program that was run at the end. ``said``: why it is not well."""

    name: str
    ok: bool
    said: str = ""


@dataclass(frozen=True, slots=True)
class NightReport:
    """What one run did. Times are ISO, in UTC; ``date`` is that of the post."""

    command: str
    date: str
    home: str
    process: Process
    started_at: str
    ended_at: str = ""
    state: State = "running"
    exit_code: int | None = None
    post: str = ""
    post_status: str = ""
    counts: Counts = Counts()
    feeds: tuple[Feed, ...] = ()
    stages: Mapping[str, Stage] = field(default_factory=dict)
    speeds: Mapping[str, Speed] = field(default_factory=dict)
    memory_bytes: int = 0
    failed: tuple[Failure, ...] = ()
    said: tuple[Said, ...] = ()
    hook: Hook | None = None
    models: tuple[Model, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    schema: int = SCHEMA


def as_json(report: NightReport) -> str:
    """The report as it lies in its file, for people and programs alike."""
    found: dict[str, Any] = to_builtins(report)
    for name, speed in report.speeds.items():
        found["speeds"][name]["per_s"] = round(speed.per_s, 1)
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"
