from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from digest.night import screen
from digest.night.report import (
    Counts,
    Failure,
    Feed,
    Hook,
    NightReport,
    Process,
    Said,
    Speed,
    Stage,
)

ZONE = ZoneInfo("Asia/Shanghai")
PATH = Path("/home/lab/.digest/runs/20260123T005000Z.json")
REPORT = NightReport(
    "run",
    "2026-01-23",
    "/home/lab/.digest",
    Process(1, 1, "b", "h"),
    "2026-01-23T00:50:00+00:00",
    "2026-01-23T03:55:00+00:00",
    "some failed",
    3,
    "/home/lab/.digest/posts/2026-01-23-arxiv-daily.md",
    "written",
    Counts(23, 41, 23, 2, 18, 20, 2, 1, 1, 410, 300, 80, 30, 12, 380),
    (
        Feed("cs.SD", "feed", "fresh", 41),
        Feed("cs.SD", "api", "fresh", 41),
        Feed("eess.AS", "feed", "failed"),
    ),
    {
        "fetch": Stage(23, 0, 0, 72.4, 70.0),
        "extract": Stage(22, 0, 1, 8.0, 16.1),
        "translate": Stage(20, 3, 0, 2400.0, 2400.0),
        "explain": Stage(20, 3, 0, 8600.0, 8600.0),
    },
    {"m": Speed(12345, 1234.5)},
    3_100_000_000,
    (Failure("extract", "damaged", "2601.00001v1", "nothing can be done"),),
    (
        Said("t", "WARNING", "extract failed: 2601.00001v1: damaged"),
        Said("t", "WARNING", "stalled", "wait"),
    ),
    Hook("/usr/bin/tell", ok=False, said="ended with exit code 7"),
)


def test_a_night_is_one_screen():
    assert screen.screen(REPORT, PATH, ZONE) == [
        "run of 2026-01-23: some failed, exit code 3; began 2026-01-23 08:50, took 3 h 05 min",
        "post     /home/lab/.digest/posts/2026-01-23-arxiv-daily.md",
        "arXiv    41 announced: 23 carried (2 late), 18 left out",
        "feeds    fresh: cs.SD feed+api; failed: eess.AS feed",
        "papers   23: 20 in full, 2 by their abstract, 1 not read; 1 failed",
        "claims   410: 300 verified, 80 repaired, 30 quoted; 12 dropped; 380 numbers",
        "stage        made  there failed       time      each",
        "fetch          23      0      0       72 s     3.0 s",
        "extract        22      0      1      8.0 s     0.7 s",
        "translate      20      3      0     40 min   120.0 s",
        "explain        20      3      0 2 h 23 min   430.0 s",
        "model    m: 12,345 tokens, 10.0 a second",
        "memory   3.1 GB at most",
        "hook     /usr/bin/tell: ended with exit code 7",
        "failed   2601.00001v1 extract: damaged",
        "         nothing can be done",
        "warned   stalled",
        "         wait",
        f"report   {PATH}",
    ]


def test_the_worst_night_is_one_screen_too():
    failed = tuple(Failure("pdf", "404", f"2601.0000{n}v1", "later") for n in range(9))
    said = tuple(Said("t", "WARNING", f"warning {n}", "cure") for n in range(9))
    stages = {name: Stage(1) for name in ("fetch", "extract", "translate", "explain", "pdf")}
    worst = replace(REPORT, failed=failed, said=said, stages=stages, state="killed")
    lines = screen.screen(worst, PATH, ZONE)
    assert len(lines) == 22  # of 23: a failure and its cure stay together
    assert lines[1] == "to do    run it again: it goes on where it stopped"
    assert lines[-4:-1] == [
        "failed   2601.00001v1 pdf: 404",
        "         later",
        "         and 16 more: digest report --json",
    ]


def test_runs_in_a_list_stand_in_columns():
    assert screen.line(REPORT, PATH, ZONE) == (
        "20260123T005000Z   run   2026-01-23  01-23 08:50  3 h 05 min  some failed    23      1"
    )
    assert len(screen.HEADING) == len(screen.line(REPORT, PATH, ZONE))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (9.9, "9.9 s"),
        (9.96, "10 s"),
        (99, "99 s"),
        (100, "2 min"),
        (11_100, "3 h 05 min"),
    ],
)
def test_durations_are_said_as_one_would(seconds, said):
    assert screen.duration(seconds) == said
