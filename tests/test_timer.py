"""The units and the cron line, as systemd and a shell read them."""

import json
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest import timer
from digest.cli import main
from digest.config import Config
from digest.errors import ConfigError

needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze on this machine"
)
NASTY = """a "quoted" lab's 100% $HOME `id` %h"""


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / NASTY
    folder.mkdir()
    return folder


@pytest.fixture
def stub(home):
    """A program, in a folder with such a name, that writes down its arguments."""
    path = home / "digest"
    path.write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        "print(json.dumps(sys.argv))\nprint('warned', file=sys.stderr)\n"
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def night(home, stub, monkeypatch):
    monkeypatch.setattr(timer, "program", lambda: (str(stub),))
    return timer.night(Config(home, home / "models"), "08:50")


def arguments(home):
    folders = ["--home", str(home), "--models-dir", str(home / "models")]
    return [*folders, "--quiet", "run", "--wait"]


def as_systemd_reads(line):
    """Of systemd.service(5): specifiers, then double quotes with C escapes; no variables."""
    assert line.startswith(":")
    return shlex.split(line[1:].replace("%%", "%"))


def exec_of(text):
    (line,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    return line.removeprefix("ExecStart=")


def test_the_line_of_the_service_starts_the_program_with_what_it_needs(night, home, stub):
    line = exec_of(timer.service(night))
    assert "%" not in line.replace("%%", "")
    command = as_systemd_reads(line)
    out = subprocess.run(command, capture_output=True, check=True).stdout
    assert json.loads(out) == [str(stub), *arguments(home)]


def as_cron_reads(line):
    """Of crontab(5): five fields; an escaped % is one, and no other may be there."""
    *when, command = line.split(" ", 5)
    assert "%" not in command.replace("\\%", "")
    return when, command.replace("\\%", "%")


def test_the_line_of_cron_starts_the_same_and_mails_only_warnings(night, home, stub):
    _, command = as_cron_reads(timer.cron_line(night))
    assert command.endswith(" >/dev/null")
    shell = ["sh", "-c", command.removesuffix(" >/dev/null")]
    out = subprocess.run(shell, capture_output=True, check=True).stdout
    assert json.loads(out) == [str(stub), *arguments(home)]
    mailed = subprocess.run(["sh", "-c", command], capture_output=True, check=True)
    assert (mailed.stdout, mailed.stderr) == (b"", b"warned\n")


def test_the_arguments_are_those_of_the_command_line(home):
    ends = CliRunner().invoke(main, [*arguments(home), "--help"])
    assert (ends.exit_code, "--wait-hours" in ends.output) == (0, True)


@pytest.mark.parametrize(
    ("local", "start"),
    [
        ("UTC", "0 50"),
        ("America/New_York", "19 50"),  # 08:50 in Shanghai, in winter, the evening before
        ("Asia/Kolkata", "6 20"),
    ],
)
def test_cron_is_told_the_time_of_its_own_zone(night, monkeypatch, local, start):
    monkeypatch.setattr(timer, "delay_minutes", lambda _home: 7)
    monkeypatch.setenv("TZ", local)
    time.tzset()
    (minute, hour, *rest), _ = as_cron_reads(
        timer.cron_line(night, datetime(2026, 1, 23, tzinfo=UTC))
    )
    moves = timer.drifts(night, 2026)
    monkeypatch.undo()
    time.tzset()
    wanted_hour, wanted_minute = map(int, start.split())
    assert (int(hour), int(minute), rest) == (wanted_hour, wanted_minute + 7, ["*", "*", "*"])
    assert moves is (local == "America/New_York")


def test_machines_start_at_different_minutes_each_always_at_the_same():
    found = {timer.delay_minutes(Path("/h"), f"lab{n}") for n in range(200)}
    assert found == set(range(20))
    assert timer.delay_minutes(Path("/h"), "lab1") == timer.delay_minutes(Path("/h"), "lab1")


@pytest.mark.parametrize("path", ["new\nline", "bell\a"])
def test_a_path_that_no_unit_can_hold_is_refused(tmp_path, path):
    with pytest.raises(ConfigError, match="cannot be written"):
        timer.night(Config(tmp_path / path, tmp_path), "08:50")


def test_a_backslash_is_for_systemd_alone(tmp_path):
    made = timer.night(Config(tmp_path / "a\\b", tmp_path), "08:50")
    assert as_systemd_reads(exec_of(timer.service(made)))[2] == str(tmp_path / "a\\b")
    with pytest.raises(ConfigError, match="cron cannot"):
        timer.cron_line(made)


def test_a_time_that_is_none_is_refused(config):
    with pytest.raises(ConfigError, match="24:00"):
        timer.night(config, "24:00")


def test_each_home_has_units_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert timer.unit_name(tmp_path / ".digest") == "arxiv-digest"
    names = {timer.unit_name(tmp_path / name) for name in ("a", "b")}
    assert len(names) == 2
    assert all(len(name) == len("arxiv-digest-") + 8 for name in names)


def written(of, folder):
    for ending, text in ((".service", timer.service(of)), (".timer", timer.timer(of))):
        (folder / f"{of.name}{ending}").write_text(text)
    return [str(folder / f"{of.name}{ending}") for ending in (".service", ".timer")]


def analyze(*command):
    done = subprocess.run(
        ["systemd-analyze", *command], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


@needs_systemd
@pytest.mark.parametrize("user", ["", "root"])
@pytest.mark.parametrize("gpu", [True, False])
def test_systemd_finds_nothing_wrong_with_the_units(night, tmp_path, user, gpu):
    units = written(replace(night, user=user, gpu=gpu), tmp_path)
    assert analyze("verify", "--recursive-errors=no", *units) == (0, "")


@needs_systemd
def test_systemd_reads_the_time_in_its_zone(night):
    (line,) = [x for x in timer.timer(night).splitlines() if x.startswith("OnCalendar=")]
    code, said = analyze("calendar", line.removeprefix("OnCalendar="))
    assert (code, "00:50:00 UTC" in said) == (0, True)


@needs_systemd
def test_the_system_s_service_has_walls(night, tmp_path):
    """systemd's own count of what a service may do: 10 is everything, 9.6 the usual service."""
    service, _ = written(replace(night, user="root", gpu=False), tmp_path)
    code, said = analyze("security", "--offline=yes", "--threshold=50", service)
    assert code == 0, said


def test_walls_leave_the_run_what_it_needs(night):
    """Namespaces for workers, /var/tmp for pace, the GPU where there may be one."""
    text = timer.service(replace(night, user="lab"))
    assert "RestrictNamespaces=user net\n" in text
    assert text.count(" /tmp /var/tmp\n") == 1
    shared = timer.service(replace(night, user="lab", writes=("/srv/pace",)))
    assert "/srv/pace /tmp /var/tmp\n" in shared
    for broken in ("PrivateTmp", "MemoryDenyWriteExecute", "PrivateDevices", "ProtectClock"):
        assert broken not in text
    assert "PrivateDevices=yes" in timer.service(replace(night, user="lab", gpu=False))
    assert "ProtectSystem" not in timer.service(night)  # a user's manager may not
