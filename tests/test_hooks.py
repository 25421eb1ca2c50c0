"""The lab's hooks, with real processes: a stand-in for a run, killed or not, and real programs."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digest import hooks
from digest.night import keeper
from digest.night.report import Hook, NightReport, Process

ROOT = Path(hooks.__file__).resolve().parent.parent


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "home"
    (folder / "runs").mkdir(parents=True)
    return folder


def program(folder, text, name="hook"):
    """A program of the lab's; its folder has a space in its name."""
    path = folder / "the lab" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return (str(path), "an argument")


def report(home, state="done", code=0):
    process = Process(1, 0, "another boot", "lab")
    post = str(home / "posts" / "2026-01-23-arxiv-daily.md")
    return NightReport(
        "run", "2026-01-23", str(home), process, "2026-01-23T00:50:00+00:00", "", state, code, post
    )


def plan(home, **more):
    return hooks.Plan(str(home / "runs" / "20260123T005000Z.json"), str(home / "logs"), **more)


TELLS = 'cat > seen.json; echo "$RUN_STATE|$RUN_DATE|$RUN_POST|$RUN_REPORT|$RUN_EXIT_CODE|$1" > env'


def seen(home):
    """What the program was told: its environment, and the report on its standard input."""
    told = (home / "env").read_text().strip().split("|")
    return told, json.loads((home / "seen.json").read_text())


@pytest.mark.parametrize(
    ("state", "code", "which"),
    [("done", 0, "on_success"), ("some failed", 3, "on_success"), ("failed", 1, "on_failure")],
)
def test_the_program_for_the_end_is_told_of_it(home, state, code, which):
    wanted = plan(home, **{which: program(home, TELLS)})
    waiting = hooks.Waiting(wanted)
    assert not (home / "env").exists()
    ended = waiting.ended(report(home, state, code))
    assert ended == Hook(wanted.on_success[0] if code != 1 else wanted.on_failure[0], ok=True)
    told, read = seen(home)
    post = str(home / "posts" / "2026-01-23-arxiv-daily.md")
    assert told == [state, "2026-01-23", post, wanted.report, str(code), "an argument"]
    assert (read["state"], read["exit_code"], read["schema"]) == (state, code, 1)


def test_a_program_for_the_other_end_is_not_run(home):
    waiting = hooks.Waiting(plan(home, on_failure=program(home, TELLS)))
    assert waiting.ended(report(home)) is None
    assert not (home / "env").exists()


RUN = """
import sys, time
from pathlib import Path
from digest import hooks
from digest.records import from_json
waiting = hooks.Waiting(from_json(sys.argv[1], hooks.Plan))
print("ready", flush=True)
time.sleep(60)
"""


def wait_for(path):
    for _ in range(400):
        if path.exists():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_that_is_killed_is_a_failure_and_its_report_says_so(home, sign):
    wanted = plan(home, on_failure=program(home, TELLS + "; touch done"))
    keeper.write(Path(wanted.report), report(home, "running", None))
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, hooks.to_json(wanted).decode()],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        start_new_session=True,
    )
    with run:
        assert run.stdout.readline() == b"ready\n"
        os.killpg(run.pid, sign)
    assert wait_for(home / "done")
    told, read = seen(home)
    assert (told[0], told[4], read["state"]) == ("killed", "", "killed")
    assert keeper.read(Path(wanted.report)).state == "killed"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo no remote; exit 7", "ended with exit code 7"),
        ("kill -9 $$", "was killed by signal 9"),
        ("echo asks; sleep 60", "not done after 1 s"),
        ("trap '' TERM; while :; do sleep 1; done", "not done after 1 s"),
    ],
)
def test_a_program_that_fails_or_hangs_is_named_and_logged(home, text, said, monkeypatch):
    wanted = plan(home, on_success=program(home, text), limit_s=1.0)
    monkeypatch.setattr(hooks, "GRACE_S", 0.2)
    hook, tail = hooks.run_hook(wanted.on_success, report(home), wanted)
    assert (hook.ok, hook.said) == (False, said)
    assert tail in ("no remote", "", "asks")


def test_what_a_program_says_is_in_the_log(home):
    secret = "correct horse"
    text = f"echo pushed with {secret}; echo again >&2; exit 7"
    wanted = plan(home, on_success=program(home, text), secrets=(secret,))
    assert not hooks.Waiting(wanted).ended(report(home)).ok
    text = (home / "logs" / "digest.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["message"] for line in lines] == [
        f"hook {wanted.on_success[0]}: ended with exit code 7",
        "pushed with ***\nagain",
    ]
    assert {(line["level"], line["run"]) for line in lines} == {("WARNING", "20260123T005000Z")}


@pytest.mark.parametrize("command", [("/no/such/program",), ("with\0nul",)])
def test_a_program_that_is_not_there_is_named(home, command):
    hook, _ = hooks.run_hook(command, report(home), plan(home))
    assert (hook.name, hook.ok) == (command[0], False)
    assert "cannot be started" in hook.said


def test_a_program_may_leave_its_input_unread_and_say_much(home):
    text = "yes | head -c 3000000; echo end"
    wanted = plan(home, on_success=program(home, text))
    hook, tail = hooks.run_hook(wanted.on_success, report(home), wanted)
    assert hook.ok
    assert tail.endswith("y\nend")
    assert len(tail) <= 2000


def test_a_waiting_process_that_was_killed_costs_nothing_else(home):
    waiting = hooks.Waiting(plan(home, on_success=program(home, TELLS)))
    waiting._process.kill()
    ended = waiting.ended(report(home))
    assert (ended.ok, ended.said) == (False, "the process that was to run it is gone")
