"""A run's report as one screen of 80 by 24, for the person who comes in the morning. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from digest.night.report import NightReport, Stage

LINES = 24
_AGAIN = "run it again: it goes on where it stopped"


def screen(report: NightReport, path: Path, zone: tzinfo) -> list[str]:
    """What one must know, the most important first."""
    lines = [_headline(report, zone), *_parts(report), *_stages(report), *_machine(report)]
    room = LINES - len(lines) - 2  # for the last line, and the shell's own
    return [*lines, *_fitting(list(_troubles(report)), room), f"report   {path}"]


def line(report: NightReport, path: Path, zone: tzinfo) -> str:
    """A run in one line, for a list of several."""
    counts = report.counts
    took = _took(report)
    began = f"{_local(report.started_at, zone):%m-%d %H:%M}"
    return (
        f"{path.stem:<18} {report.command:<5} {report.date}  {began}  {took:>9}  "
        f"{report.state:<11} {counts.papers:>5} {len(report.failed):>6}"
    )


HEADING = (
    f"{'run':<18} {'what':<5} {'post of':<10}  {'began':<11}  {'took':>9}  "
    f"{'state':<11} {'papers':>5} {'failed':>6}"
)


def _headline(report: NightReport, zone: tzinfo) -> str:
    code = "" if report.exit_code is None else f", exit code {report.exit_code}"
    began = f"{_local(report.started_at, zone):%Y-%m-%d %H:%M}"
    took = f", took {_took(report)}" if report.ended_at else ""
    return f"{report.command} of {report.date}: {report.state}{code}; began {began}{took}"


def _parts(report: NightReport) -> Iterator[str]:
    if report.state == "killed":
        yield f"to do    {_AGAIN}"
    yield f"post     {report.post or 'none'}"
    n = report.counts
    if n.announced:
        told = (
            f"{n.announced} announced: {n.carried} carried ({n.late} late), {n.left_out} left out"
        )
        yield f"arXiv    {told}"
    if report.feeds:
        yield f"feeds    {_feeds(report)}"
    yield (
        f"papers   {n.papers}: {n.full} in full, {n.abstract} by their abstract, "
        f"{n.unread} not read; {n.failed} failed"
    )
    if n.papers:
        yield (
            f"claims   {n.claims}: {n.verified} verified, {n.repaired} repaired, "
            f"{n.quoted} quoted; {n.dropped} dropped; {n.numbers} numbers"
        )


def _feeds(report: NightReport) -> str:
    """Each state once, with what is in it: ``fresh: cs.SD feed, api; failed: cs.CL feed``."""
    states: dict[str, dict[str, list[str]]] = {}
    for feed in report.feeds:
        states.setdefault(feed.state, {}).setdefault(feed.category, []).append(feed.by)
    named = {
        state: ", ".join(f"{category} {'+'.join(by)}" for category, by in found.items())
        for state, found in states.items()
    }
    return "; ".join(f"{state}: {found}" for state, found in named.items())


def _stages(report: NightReport) -> Iterator[str]:
    if report.stages:
        yield f"stage      {'made':>6} {'there':>6} {'failed':>6} {'time':>10} {'each':>9}"
    for name, stage in report.stages.items():
        yield (
            f"{name[:10]:<10} {stage.made:>6} {stage.reused:>6} {stage.failed:>6} "
            f"{duration(stage.seconds):>10} {_each(stage):>9}"
        )


def _each(stage: Stage) -> str:
    done = stage.made + stage.failed
    return f"{stage.work_s / done:.1f} s" if done else ""


def _machine(report: NightReport) -> Iterator[str]:
    for name, speed in report.speeds.items():
        yield f"model    {name}: {speed.tokens:,} tokens, {speed.per_s:.1f} a second"
    if report.memory_bytes:
        yield f"memory   {report.memory_bytes / 1e9:.1f} GB at most"
    if report.hook is not None:
        yield f"hook     {report.hook.name}: {report.hook.said or 'done'}"


def _troubles(report: NightReport) -> Iterator[list[str]]:
    """What failed, then what was warned of besides; each with its cure."""
    for failure in report.failed:
        what = f"{failure.paper or 'the run'} {failure.stage}: {failure.error}"
        yield _trouble("failed", what, failure.cure)
    for said in report.said:
        if not any(failure.error in said.message for failure in report.failed if failure.error):
            yield _trouble("warned", said.message, said.cure)


def _trouble(kind: str, what: str, cure: str) -> list[str]:
    return [f"{kind:<8} {what}", *([f"         {cure}"] if cure else [])]


def _fitting(troubles: Sequence[list[str]], room: int) -> list[str]:
    """As many as there is room for, the first ones, and how many more there are."""
    lines: list[str] = []
    for shown, trouble in enumerate(troubles):
        is_last = shown + 1 == len(troubles)
        if len(lines) + len(trouble) + (not is_last) > room:
            return [*lines, f"         and {len(troubles) - shown} more: digest report --json"]
        lines += trouble
    return lines


def duration(seconds: float) -> str:
    """Rounded as one would say it: ``7 s``, ``12 min``, ``3 h 05 min``."""
    if seconds < 99.5:
        return f"{seconds:.0f} s" if seconds >= 9.95 else f"{seconds:.1f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"


def _took(report: NightReport) -> str:
    if not report.ended_at:
        return ""
    took = datetime.fromisoformat(report.ended_at) - datetime.fromisoformat(report.started_at)
    return duration(took.total_seconds())


def _local(at: str, zone: tzinfo) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=UTC).astimezone(zone)
