"""Each fault is planted, and found with its cure."""

import fcntl
import json
import os
import shutil
import socket
import threading
import time
from collections import namedtuple
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest import assembly, clockcheck, doctor, timer, worker
from digest.cli import main
from digest.doctor import home, machine, models, network, nights
from digest.night import keeper
from digest.night.report import Failure, NightReport
from digest.probe import PROBE
from digest.store import Store
from digest.store.posts import PostHeading

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def no_machine(tmp_path, monkeypatch):
    """Nothing of the developer's own timers or crontab."""
    monkeypatch.setattr(timer, "SYSTEM_UNITS", tmp_path / "units")
    monkeypatch.setattr(timer, "_LINGER", tmp_path / "linger")
    monkeypatch.setattr(nights, "_in_cron", lambda: False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


@pytest.fixture
def made(config):
    """A home of which nothing is wrong."""
    config.home.mkdir(mode=0o700)
    (config.home / "digest.toml").touch()
    Store(config.database).counts()
    return config


def found(look, config):
    """What a look finds wrong: ``{what: (state, found, cure)}``."""
    return {f.what: (f.state, f.found, f.cure) for f in look(config) if f.state != "ok"}


def report(config, **more):
    base = NightReport(
        "run", "2026-01-23", str(config.home), keeper.this_process(), NOW.isoformat()
    )
    keeper.write(keeper.new(config.home, NOW), replace(base, **more))


def test_nothing_is_wrong_with_a_home_that_is_well(made):
    assert found(home.look, made) == {}


# ---------------------------------------------------------------- 1: packages


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import os; os.abort()", "was killed by SIGABRT"),
        ("raise ImportError('libcudart.so.12: no such file')", "libcudart.so.12"),
    ],
)
def test_an_engine_that_does_not_load_is_named(monkeypatch, tmp_path, text, said):
    (tmp_path / "broken_engine.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    packages = {"no-such-engine": "no_such_engine", "click": "click", "broken": "broken_engine"}
    monkeypatch.setattr(machine, "PACKAGES", {**packages, "rich": "rich"})
    with worker.Worker(PROBE) as probing:
        missing, broken, python = machine._packages(probing)
    assert (missing.state, missing.found) == ("FAIL", "not installed")
    assert (broken.what, broken.state) == ("broken", "FAIL")
    assert said in broken.found
    assert " click " in python.found
    assert "rich " in python.found  # asked after the one that killed its process


# ---------------------------------------------------------------- 2: models


def test_a_model_that_is_missing_or_damaged_names_what_gets_it(made):
    name = "qwen2.5-coder-0.5b-instruct-q4_k_m"
    config = replace(made, model="0.5b", translator="0.5b")
    missing = found(models.look, config)
    assert missing["model 0.5b"][0] == missing["translator"][0] == "FAIL"
    assert missing["model 0.5b"][2] == f"digest models pull {name}"
    config.models_dir.mkdir()
    (config.models_dir / f"{name}.gguf").write_bytes(b"GGUF")
    state, said, _ = found(models.look, config)["model 0.5b"]
    assert (state, name in said) == ("FAIL", True)


@pytest.mark.loopback
def test_a_model_server_that_is_not_there_or_is_public_is_named(made, monkeypatch):
    monkeypatch.setattr(assembly, "Access", partial(assembly.Access, tries=1))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    at = {"model": "server:m", "translator": "server:m"}
    for server, said in (
        (f"http://127.0.0.1:{port}/v1", f"127.0.0.1:{port}"),
        ("http://203.0.113.7/v1", "203.0.113.7"),
        ("", "none is set"),
    ):
        state, why, cure = found(models.look, replace(made, server=server, **at))["model server"]
        assert (state, said in why, bool(cure)) == ("FAIL", True, True)


# ---------------------------------------------------------------- 3: the disk

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "state"), [(100 << 20, "FAIL"), (1 << 30, "warn")])
def test_a_disk_that_is_nearly_full_is_found(made, monkeypatch, free, state):
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(1 << 40, 0, free))
    assert found(home.look, made)["disk"] == (
        state,
        f"{free / 2**30:.1f} GiB free",
        "free 2 GiB there",
    )


# ---------------------------------------------------------------- 4: the home


def test_a_home_that_cannot_be_written_is_found(made, monkeypatch):
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)  # root may write anywhere
    assert found(home.look, made)["home"][0] == "FAIL"


def test_a_home_of_somebody_else_s_is_found(made, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 4_000_000)
    state, said, cure = found(home.look, made)["owner"]
    assert (state, made.home.owner() in said, cure) == (
        "warn",
        True,
        f"run digest as {made.home.owner()}",
    )


@pytest.mark.parametrize("mode", [0o750, 0o701])
def test_a_home_that_others_can_look_into_is_found(made, mode):
    made.home.chmod(mode)
    assert found(home.look, made)["readers"] == (
        "warn",
        "other users can look into the home",
        f"if nobody is to: chmod -R go= '{made.home}'",
    )


# ---------------------------------------------------------------- 5: the clock


def test_a_clock_that_cannot_be_right_is_found_as_a_run_finds_it(made, monkeypatch):
    assert machine._clock(made).state == "ok"
    put_down_at(made, NOW + timedelta(days=3))
    clock = machine._clock(made)
    assert (clock.state, "the store has a post of" in clock.found) == ("FAIL", True)
    assert "set the clock" in clock.cure
    monkeypatch.setattr(clockcheck, "RELEASED_AT", NOW + timedelta(days=1))
    assert "before this version was made" in machine._clock(made).found


def test_a_home_that_rested_for_long_is_a_doubt_of_the_clock(made):
    put_down_at(made, NOW - timedelta(days=90))
    clock = machine._clock(made)
    assert (clock.state, "90 days after" in clock.found) == ("warn", True)


def test_a_store_that_cannot_be_read_hides_no_wrong_clock(made, monkeypatch):
    made.database.write_bytes(b"no database" * 1000)
    assert machine._clock(made).state == "ok"
    monkeypatch.setattr(clockcheck, "RELEASED_AT", NOW + timedelta(days=1))
    assert machine._clock(made).state == "FAIL"


def put_down_at(config, at):
    heading = PostHeading("T", (), ())
    Store(config.database, lambda: at).put_post("2026-01-23", heading, [])


# ---------------------------------------------------------------- 6: the settings


def test_a_home_without_settings_or_contact_is_found(made):
    (made.home / "digest.toml").unlink()
    assert found(home.look, made)["settings"][2] == "digest init"
    assert found(network.look, made)["contact"][0] == "warn"
    assert found(network.look, replace(made, contact="you@lab.example")) == {}


# ---------------------------------------------------------------- 7: arXiv


class Answers(BaseHTTPRequestHandler):
    date = ""

    def do_GET(self):
        self.send_response_only(200)
        self.send_header("Date", self.date)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@contextmanager
def answering(date):
    server = HTTPServer(("127.0.0.1", 0), type("With", (Answers,), {"date": date}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.loopback
def test_asked_for_arxiv_is_asked_once_and_its_clock_compared(made, tmp_path):
    with answering("Fri, 23 Jan 2026 00:50:00 GMT") as url:
        config = replace(made, feed_url=url, pace_file=str(tmp_path / "pace"))
        wrong = found(network.ask, config)
    assert wrong["clock against arXiv"][0] == "FAIL"
    assert "minutes from arXiv's" in wrong["clock against arXiv"][1]
    assert len((made.home / "hosts.log").read_text().splitlines()) == 1


def test_two_minutes_of_clocks_apart_are_fair():
    now = datetime(2026, 1, 23, 0, 52, tzinfo=UTC)
    assert list(network.compared("Fri, 23 Jan 2026 00:50:00 GMT", now)) == []
    late = network.compared("Fri, 23 Jan 2026 00:50:00 GMT", now + timedelta(minutes=3))
    assert next(late).found == "5 minutes from arXiv's"
    assert list(network.compared("yesterday", now)) == []


def test_an_arxiv_that_does_not_answer_is_found(made, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    config = replace(made, feed_url=url.replace("127.0.0.1", "name.invalid"))
    config = replace(config, pace_file=str(tmp_path / "pace"))
    assert found(network.ask, config)["arXiv"][0] == "FAIL"


# ---------------------------------------------------------------- 8: no sandbox


def test_a_kernel_that_keeps_nobody_off_the_network_is_found(monkeypatch):
    monkeypatch.setattr(worker.Worker, "call", lambda *_args, **_limits: "none")
    guard = machine._guard(worker.Worker(PROBE))
    assert (guard.state, "user namespaces or seccomp" in guard.cure) == ("warn", True)


# ---------------------------------------------------------------- 9: a run that hangs


@pytest.mark.parametrize(("hours", "wrong"), [(1, False), (13, True)])
def test_a_run_that_is_at_work_since_yesterday_is_found(made, hours, wrong):
    report(made, started_at=(NOW - timedelta(hours=hours)).isoformat())
    with (made.home / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        findings = {f.what: f for f in home.look(made)}
    assert str(os.getpid()) in findings["run"].found
    assert (findings["run"].state == "warn") is wrong
    assert (f"kill {os.getpid()}" in findings["run"].cure) is wrong
    assert "run" not in {f.what for f in home.look(made)}  # it has ended


# ---------------------------------------------------------------- 10: the store and its copies


def test_a_store_that_is_damaged_is_found(made):
    made.database.write_bytes(b"\0" * 20_000)
    state, said, cure = found(home.look, made)["store"]
    assert (state, "digest.duckdb" in said, bool(cure)) == ("FAIL", True, True)


@pytest.mark.parametrize(("days", "wrong"), [(1, False), (5, True)])
def test_copies_that_are_old_are_found(made, days, wrong):
    copy = made.home / "backups" / "digest-2026-01-23-0001.duckdb"
    copy.parent.mkdir()
    copy.touch()
    (copy.parent / ".lock").touch()  # which is no copy, however new
    at = time.time() - days * 86_400
    os.utime(copy, (at, at))
    assert ("backup" in found(home.look, made)) is wrong
    assert "backup" not in found(home.look, replace(made, keep_backups=0))


def test_a_store_of_which_there_was_never_a_copy_is_found(made):
    at = time.time() - 9 * 86_400
    os.utime(made.home / "digest.toml", (at, at))
    assert found(home.look, made)["backup"][1] == "there is none"


# ---------------------------------------------------------------- 11: last night


def test_a_night_that_failed_says_why_and_what_to_do(made):
    failed = (Failure("run", "model m is not in models", cure="digest models pull m"),)
    report(made, state="failed", failed=failed)
    assert found(nights.look, made)["last run"] == (
        "warn",
        "failed, of 2026-01-23: model m is not in models",
        "digest models pull m",
    )


def test_a_night_that_was_killed_is_found_before_anybody_marks_it(made):
    report(made, process=replace(keeper.this_process(), ticks=1))
    assert found(nights.look, made)["last run"][1] == "killed, of 2026-01-23"


def units(tmp_path, config, linger=True):
    folder = tmp_path / "xdg" / "systemd" / "user"
    folder.mkdir(parents=True)
    (folder / f"{timer.unit_name(config.home)}.timer").touch()
    if linger:
        (tmp_path / "linger").mkdir()
        (tmp_path / "linger" / made_by()).touch()


def made_by():
    return Path("/proc/self").owner()


def test_a_timer_that_did_not_start_anything_is_found(made, tmp_path):
    units(tmp_path, made)
    report(made, state="done")
    assert "timer" not in found(nights.look, made)
    for path in keeper.paths(made.home):
        path.unlink()
    report(made, state="done", started_at=(NOW - timedelta(hours=27)).isoformat())
    state, said, cure = found(nights.look, made)["timer"]
    assert (state, "the last run began" in said, "list-timers" in cure) == ("warn", True, True)


def test_no_timer_and_one_that_ends_with_the_login_are_found(made, tmp_path):
    assert found(nights.look, made)["timer"][2] == "digest install-timer"
    units(tmp_path, made, linger=False)
    assert found(nights.look, made)["timer"][2] == f"loginctl enable-linger {made_by()}"


# ---------------------------------------------------------------- 12: memory and threads


def test_too_little_memory_and_too_many_threads_are_found(made, monkeypatch):
    (cores,) = machine._cores(replace(made, threads=1000))
    assert (cores.state, "threads = 0" in cores.cure) == ("warn", True)
    pages = {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": (1 << 30) // 4096}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__)
    (memory,) = machine._memory(made)
    assert (memory.state, memory.found) == ("warn", "1.0 GiB")
    assert "set a smaller model" in memory.cure


# ---------------------------------------------------------------- 13: hooks and mail


def test_a_hook_that_is_not_there_is_found(made):
    config = replace(made, on_success=("/no/such/program",), on_failure=("sh", "-c", "true"))
    wrong = found(nights.look, config)
    assert wrong["on_success"][1] == "there is no program /no/such/program"
    assert "on_failure" not in wrong


@pytest.mark.loopback
def test_a_mail_server_that_does_not_answer_is_found(made):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    mail = {"mail_to": ("a@lab.example",), "mail_from": "b@lab.example", "smtp_host": "127.0.0.1"}
    wrong = found(nights.look, replace(made, smtp_port=port, **mail))
    assert wrong["mail server"][0] == "FAIL"
    assert "smtp_host" in wrong["mail server"][2]


# ---------------------------------------------------------------- 14: leftovers


def test_what_killed_runs_left_is_found_once_it_is_of_no_use(made):
    partial = made.home / "papers" / ".2601.00001v1.pdf.partial"
    partial.parent.mkdir()
    partial.touch()
    assert "leftovers" not in found(home.look, made)
    at = time.time() - 2 * 86_400
    os.utime(partial, (at, at))
    assert found(home.look, made)["leftovers"] == (
        "warn",
        "1 of killed runs",
        f"rm -r '{partial}'",
    )


# ---------------------------------------------------------------- the command


def test_it_fits_one_screen_and_ends_with_1_where_a_run_would_fail(made, monkeypatch):
    monkeypatch.setattr(machine, "PACKAGES", {"click": "click"})
    arguments = [
        "--home",
        str(made.home),
        "--models-dir",
        str(made.models_dir),
        "doctor",
        "--quick",
    ]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 1  # there are no models
    assert len(result.stdout.splitlines()) <= 24
    told = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    assert [set(finding) for finding in told] == [{"what", "state", "found", "cure"}] * len(told)
    assert len(told) == len(doctor.examine(made, quick=True))


def test_a_disk_that_a_run_would_refuse_is_found(made, monkeypatch):
    said = ("FAIL", "it has 3 GB free; a run needs about 4 GB", "digest prune")
    monkeypatch.setattr(home.space, "finding", lambda config, store: said)
    assert found(home.look, made)["disk"] == said
