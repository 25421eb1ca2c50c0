"""What a run leaves behind, however it ends; with stand-ins for models."""

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

import digest
from digest import assembly
from digest.cli import main
from digest.cli.night import exit_code
from digest.errors import ConfigError, DigestError
from digest.night import keeper
from digest.pipeline import Tools
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator

DAY = ("--date", "2026-01-23")


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def broken():
    """File names of PDFs that cannot be read; or what a run shall end with."""
    return []


@pytest.fixture
def run(home, papers, broken, monkeypatch):
    @contextmanager
    def tools(_config):
        for each in broken:
            if isinstance(each, BaseException):
                raise each
        yield Tools(FakeExtractor(broken), FakeTranslator(), FakeExplainer())

    monkeypatch.setattr(assembly, "tools", tools)

    def invoke(*arguments):
        folders = ["--home", str(home), "--models-dir", str(home / "models")]
        return CliRunner().invoke(
            main, [*folders, *(arguments or ("run", "--from", str(papers), *DAY))]
        )

    return invoke


def told(home):
    """The newest report's JSON."""
    return json.loads(keeper.paths(home)[0].read_text())


def logged(home):
    return [json.loads(line) for line in (home / "logs/digest.jsonl").read_text().splitlines()]


def test_a_run_that_went_well_says_what_it_did(run, home):
    assert run().exit_code == 0
    report = told(home)
    counts = {name: n for name, n in report["counts"].items() if n}
    assert (report["state"], report["exit_code"], report["date"]) == ("done", 0, "2026-01-23")
    assert counts == {"papers": 2, "full": 2, "claims": 2, "verified": 2, "numbers": 2}
    assert report["post"] == str(home / "posts" / "2026-01-23-arxiv-daily.md")
    assert {name: stage["made"] for name, stage in report["stages"].items()} == {
        "extract": 2,
        "translate": 2,
        "explain": 2,
    }
    assert report["started_at"] <= report["ended_at"]
    assert report["memory_bytes"] > 10 << 20
    assert report["versions"]["digest"] == digest.__version__
    (model,) = report["models"]
    assert (model["name"], len(model["sha256"])) == ("qwen2.5-coder-1.5b-instruct-q4_k_m", 64)
    assert [line["message"] for line in logged(home)] == [
        "run of 2026-01-23 begins",
        "done, exit code 0",
    ]


def test_a_paper_that_failed_is_named_and_the_run_is_some_failed(run, home, broken, papers):
    (papers / "a.json").write_text("{")
    assert run().exit_code == 3
    report = told(home)
    assert (report["state"], report["exit_code"]) == ("some failed", 3)
    assert [failure["stage"] for failure in report["failed"]] == ["fetch"]
    assert any("a.json" in said["message"] for said in report["said"])


def test_an_error_of_ours_ends_a_run_with_its_cure(run, home, broken):
    broken.append(DigestError("no such model", "digest models pull it"))
    result = run()
    assert (result.exit_code, result.stderr.count("no such model")) == (1, 1)
    report = told(home)
    assert (report["state"], report["exit_code"]) == ("failed", 1)
    assert report["failed"] == [
        {"stage": "run", "error": "no such model", "paper": "", "cure": "digest models pull it"}
    ]
    said = logged(home)[1]
    assert (said["level"], said["hint"]) == ("ERROR", "digest models pull it")


def test_a_fault_of_the_program_leaves_its_traceback_in_the_log(run, home, broken):
    broken.append(ZeroDivisionError("by nought"))
    assert isinstance(run().exception, ZeroDivisionError)
    report = told(home)
    assert (report["state"], report["exit_code"]) == ("failed", 1)
    assert report["failed"][0]["error"] == "ZeroDivisionError: by nought"
    assert "raise each\nZeroDivisionError: by nought" in logged(home)[1]["traceback"]


def test_a_run_that_is_interrupted_was_killed(run, home, broken):
    broken.append(KeyboardInterrupt())
    run()
    assert (told(home)["state"], told(home)["exit_code"]) == ("killed", 130)


def test_nothing_is_left_of_a_command_that_was_wrongly_put(run, home):
    assert run("run", "--from", "no such folder").exit_code == 1
    assert not home.exists()


def test_quiet_is_stderr_not_the_log(run, home, papers):
    result = run("--quiet", "run", "--from", str(papers), *DAY)
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(logged(home)) == 2


def test_no_secret_is_in_the_log_or_the_report(run, home, broken, monkeypatch):
    monkeypatch.setenv("DIGEST_SERVER_KEY", "sk-123456")
    broken.append(DigestError("the server refused sk-123456"))
    run()
    for path in (keeper.paths(home)[0], home / "logs" / "digest.jsonl"):
        assert "refused ***" in path.read_text()
        assert "sk-123456" not in path.read_text()


def test_handlers_go_with_the_run(run):
    before = list(logging.getLogger("digest").handlers)
    run()
    after = logging.getLogger("digest").handlers
    assert len(after) <= max(1, len(before))


def test_a_home_that_takes_no_report_is_said_and_the_run_goes_on(run, home):
    home.mkdir()
    (home / "runs").write_text("no folder")
    result = run()
    assert result.exit_code == 0
    assert "no report of this run" in result.stderr


# ---------------------------------------------------------------- hooks


def hook(home, key, text):
    home.mkdir(exist_ok=True)
    program = home / "hook"
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)
    (home / "digest.toml").write_text(f'{key} = ["{program}"]\n')


def test_the_hook_is_told_the_report_of_the_very_run(run, home):
    hook(home, "on_success", "cat > told.json")
    assert run().exit_code == 0
    assert json.loads((home / "told.json").read_text())["counts"]["papers"] == 2
    assert told(home)["hook"] == {"name": str(home / "hook"), "ok": True, "said": ""}


@pytest.mark.parametrize(("ends_with", "code"), [(None, 0), (DigestError("no"), 1)])
def test_a_hook_that_fails_is_a_warning_and_changes_no_exit_code(
    run, home, broken, ends_with, code
):
    broken += [ends_with] if ends_with else []
    hook(home, "on_failure" if ends_with else "on_success", "echo no remote; exit 7")
    result = run()
    assert result.exit_code == code
    assert "ended with exit code 7" in " ".join(result.stderr.split())
    assert told(home)["hook"]["said"] == "ended with exit code 7"
    assert "no remote" in [line["message"] for line in logged(home)]


# ---------------------------------------------------------------- a run that is killed

HANGS = """
import sys, time
from contextlib import contextmanager
from digest import assembly
from digest.cli import main
@contextmanager
def tools(_config):
    print("at work", flush=True)
    time.sleep(60)
    yield None
assembly.tools = tools
main(sys.argv[1:])
"""


def test_a_run_that_is_killed_is_told_of_and_the_next_one_says_so(run, home, papers):
    hook(home, "on_failure", "cat > told.json; touch done")
    command = ["--home", str(home), "run", "--from", str(papers), *DAY]
    root = str(Path(digest.__file__).parent.parent)
    with subprocess.Popen(
        [sys.executable, "-c", HANGS, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": root},
    ) as process:
        assert process.stdout.readline() == b"at work\n"
        assert told(home)["state"] == "running"
        process.send_signal(signal.SIGKILL)
    for _ in range(400):
        if (home / "done").exists():
            break
        time.sleep(0.05)
    assert json.loads((home / "told.json").read_text())["state"] == "killed"
    assert told(home)["state"] == "killed"


def test_a_report_of_a_run_that_is_gone_is_marked_by_the_next(run, home):
    run()
    first = keeper.paths(home)[0]
    text = json.loads(first.read_text())
    text |= {"state": "running", "process": {**text["process"], "ticks": 1}}
    first.write_text(json.dumps(text))
    result = run()
    assert f"began at {text['started_at']} was killed" in " ".join(result.stderr.split())
    assert json.loads(first.read_text())["state"] == "killed"


# ---------------------------------------------------------------- digest report


def test_the_report_is_shown_on_one_screen_listed_and_as_json(run, home):
    assert "no run yet" in run("report").stderr
    run()
    run()
    lines = run("report").stdout.splitlines()
    assert lines[0].startswith("run of 2026-01-23: done, exit code 0; began ")
    assert len(lines) <= 24
    assert all(len(line) <= 80 for line in lines if not line.startswith(("post", "report")))
    newest, oldest = (path.stem for path in keeper.paths(home))
    listed = run("report", "--last", "5").stdout.splitlines()
    assert [line.split()[0] for line in listed] == ["run", newest, oldest]
    assert json.loads(run("report", "--json").stdout) == told(home)
    assert len(json.loads(run("report", "--last", "2", "--json").stdout)) == 2
    assert run("report", oldest).stdout.rstrip().endswith(f"{oldest}.json")
    assert run("report", "20200101T000000Z").exit_code == 1


def test_a_long_line_and_control_characters_do_not_break_the_screen(run, home):
    run()
    path = keeper.paths(home)[0]
    text = json.loads(path.read_text())
    text["failed"] = [{"stage": "pdf", "error": "\x1b[2J" + "错" * 90, "paper": "p", "cure": ""}]
    path.write_text(json.dumps(text))
    (line,) = [x for x in run("report").stdout.splitlines() if x.startswith("failed")]
    assert "\x1b" not in line
    assert line.endswith("错…")


@pytest.mark.parametrize(
    ("ended_by", "code"),
    [
        (None, 0),
        (SystemExit(3), 3),
        (SystemExit(None), 0),
        (SystemExit("text"), 1),
        (ConfigError("x"), 2),
        (DigestError("x"), 1),
        (KeyboardInterrupt(), 130),
        (ValueError(), 1),
    ],
)
def test_exit_codes_are_those_of_the_command(ended_by, code):
    assert exit_code(ended_by) == code
