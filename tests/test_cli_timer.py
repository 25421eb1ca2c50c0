"""digest install-timer, against a systemctl that writes down what it is asked."""

import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.cli import timer as cli_timer


@pytest.fixture
def systemctl(tmp_path, monkeypatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    asked = tmp_path / "asked"
    asked.touch()
    (folder / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {asked}\n. {folder}/more\n')
    (folder / "systemctl").chmod(0o755)
    (folder / "more").touch()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return asked


@pytest.fixture
def run(tmp_path):
    (tmp_path / "home").mkdir()

    def invoke(*arguments):
        home = ["--home", str(tmp_path / "home"), "install-timer"]
        return CliRunner().invoke(main, [*home, *arguments])

    return invoke


def test_it_is_installed_enabled_and_taken_away_again(run, systemctl, tmp_path):
    result = run("--at", "21:30")
    units = tmp_path / "config" / "systemd" / "user"
    (timer,) = units.glob("*.timer")
    assert (result.exit_code, result.stdout.strip()) == (0, str(timer))
    assert "OnCalendar=*-*-* 21:30:00 Asia/Shanghai\n" in timer.read_text()
    assert f"--home {tmp_path / 'home'} " in timer.with_suffix(".service").read_text()
    assert systemctl.read_text().splitlines() == [
        "--user daemon-reload",
        f"--user enable --now {timer.name}",
    ]
    systemctl.write_text("")
    assert run("--remove").exit_code == 0
    assert list(units.iterdir()) == []
    asked = systemctl.read_text().splitlines()
    assert asked == [f"--user disable --now {timer.name}", "--user daemon-reload"]
    again = run("--remove")
    assert (again.exit_code, "there is no" in again.stderr) == (1, True)


def test_printed_it_changes_nothing(run, systemctl, tmp_path):
    text = run("--print").stdout
    assert "[Timer]" in text
    assert text.rstrip().splitlines()[-1].endswith("--quiet run --wait >/dev/null")
    assert "OnCalendar=*-*-* 08:50:00 Asia/Shanghai" in text  # the configured anchor
    assert (systemctl.read_text(), (tmp_path / "config").exists()) == ("", False)


def test_what_systemd_says_no_to_is_told_with_its_cure(run, systemctl):
    (systemctl.parent / "bin" / "more").write_text("echo no bus >&2; exit 1\n")
    result = run()
    assert result.exit_code == 1
    assert "systemctl --user daemon-reload: no bus" in result.stderr
    assert "--print" in result.stderr


def test_without_systemd_there_is_cron(run, systemctl, monkeypatch):
    monkeypatch.setattr(cli_timer.shutil, "which", lambda _name: None)
    result = run()
    assert (result.exit_code, "a cron line" in result.stderr) == (1, True)


def test_a_service_of_the_system_runs_as_the_home_s_owner(run, tmp_path):
    text = run("--system", "--print").stdout
    owner = (tmp_path / "home").owner()
    assert f"User={owner}\n" in text
    assert "/etc/systemd/system/" in text
    assert "ProtectSystem=strict" in text


def test_a_setting_of_the_environment_is_missed_at_night(run, monkeypatch):
    monkeypatch.setenv("DIGEST_CONTACT", "you@lab.example")
    result = run("--print")
    assert "DIGEST_CONTACT is not set for the timer" in result.stderr
    assert "write contact = ..." in result.stderr
