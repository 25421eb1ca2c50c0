import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.errors import StoreError
from digest.night import keeper
from digest.night.report import Counts, Feed, NightReport, Speed, Stage

AT = datetime(2026, 1, 23, 0, 50, tzinfo=UTC)


def report(home, **more):
    started_at = AT.isoformat()
    base = NightReport("run", "2026-01-23", str(home), keeper.this_process(), started_at)
    return replace(base, **more)


def test_reports_are_named_by_their_start_and_their_owner_s_alone(tmp_path):
    first, second = keeper.new(tmp_path, AT), keeper.new(tmp_path, AT)
    assert [first.name, second.name] == ["20260123T005000Z.json", "20260123T005000Z-2.json"]
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert stat.S_IMODE(first.parent.stat().st_mode) == 0o700
    assert keeper.paths(tmp_path) == [second, first]
    assert keeper.read(first) is None  # taken, and nothing in it yet


def test_a_report_comes_back_as_it_was_written(tmp_path):
    written = report(
        tmp_path,
        counts=Counts(papers=3, claims=63),
        feeds=(Feed("cs.SD", "feed", "fresh", 41),),
        stages={"extract": Stage(made=3, seconds=1.5)},
        speeds={"m": Speed(100, 8.0)},
    )
    path = keeper.new(tmp_path, AT)
    keeper.write(path, written)
    assert keeper.read(path) == written
    told = json.loads(path.read_text())
    assert (told["schema"], told["state"]) == (1, "running")
    assert told["speeds"] == {"m": {"tokens": 100, "seconds": 8.0, "per_s": 12.5}}


def test_the_newest_are_kept_and_nothing_else_is_touched(tmp_path):
    paths = [keeper.new(tmp_path, AT + timedelta(days=n)) for n in range(5)]
    (tmp_path / "runs" / "notes.txt").write_text("mine")
    keeper.prune(tmp_path, kept=2)
    assert keeper.paths(tmp_path) == [paths[4], paths[3]]
    assert (tmp_path / "runs" / "notes.txt").exists()


def test_many_of_one_second_are_in_order(tmp_path):
    paths = [keeper.new(tmp_path, AT) for _ in range(11)]
    assert keeper.paths(tmp_path) == paths[::-1]


def killed_process():
    """That of a process that was and is no more."""
    told = "from digest.night.keeper import *; import json; from dataclasses import asdict"
    code = f"{told}; print(json.dumps(asdict(this_process())))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout
    return type(keeper.this_process())(**json.loads(out))


def test_a_run_that_is_gone_was_killed_and_one_that_runs_is_left_alone(tmp_path):
    gone = report(tmp_path, process=killed_process())
    at_work = report(tmp_path)
    paths = [keeper.new(tmp_path, AT), keeper.new(tmp_path, AT)]
    for path, each in zip(paths, (gone, at_work), strict=True):
        keeper.write(path, each)
    assert keeper.settle(tmp_path) == [replace(gone, state="killed")]
    assert [keeper.read(path).state for path in paths] == ["killed", "running"]
    assert keeper.settle(tmp_path) == []


@pytest.mark.parametrize(
    ("other", "alive"),
    [
        ({}, True),
        ({"boot": "before the power cut"}, False),
        ({"ticks": 1}, False),  # the pid was given to another process
        ({"pid": 2**22 + 1}, False),
    ],
)
def test_a_pid_alone_says_nothing(tmp_path, other, alive):
    process = replace(keeper.this_process(), **other)
    assert keeper.is_alive(report(tmp_path, process=process)) is alive


@pytest.mark.parametrize(("hours", "alive"), [(1, True), (49, False)])
def test_another_machine_s_run_is_believed_for_two_days(tmp_path, hours, alive):
    process = replace(keeper.this_process(), host="another", boot="another")
    started_at = (datetime.now(UTC) - timedelta(hours=hours)).isoformat()
    found = report(tmp_path, process=process, started_at=started_at)
    assert keeper.is_alive(found) is alive


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": 1}', "\x00" * 10])
def test_a_damaged_report_is_none(tmp_path, text):
    path = keeper.new(tmp_path, AT)
    path.write_text(text)
    assert keeper.read(path) is None
    assert keeper.settle(tmp_path) == []


def test_a_home_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "runs").write_text("no folder")
    with pytest.raises(StoreError, match="runs"):
        keeper.new(tmp_path, AT)
    assert keeper.paths(tmp_path) == []
    assert keeper.this_process().pid == os.getpid()
