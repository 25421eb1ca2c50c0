import json
import logging
import stat
import subprocess
import sys

import pytest

from digest.night import journal
from digest.night.journal import Journal


@pytest.fixture
def log():
    logger = logging.getLogger("digest.test_night_journal")
    logger.setLevel(logging.INFO)
    logger.propagate = False  # what the tests say is for the journal alone
    yield logger
    for handler in list(logger.handlers):
        logger.removeHandler(handler)


def lines(folder):
    return [json.loads(line) for line in (folder / "digest.jsonl").read_bytes().split(b"\n")[:-1]]


def test_a_line_says_when_who_what_and_the_cure(log, tmp_path):
    log.addHandler(Journal(tmp_path / "logs", "20260123T005000Z"))
    log.warning("disk of %s is full", "home", extra={"hint": "free some"})
    log.debug("not this")
    (line,) = lines(tmp_path / "logs")
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "logger": "digest.test_night_journal",
        "message": "disk of home is full",
        "hint": "free some",
        "run": "20260123T005000Z",
    }


def test_the_owner_alone_can_read_it(log, tmp_path):
    log.addHandler(Journal(tmp_path / "logs", "r"))
    log.warning("x")
    modes = [(tmp_path / "logs").stat().st_mode, (tmp_path / "logs/digest.jsonl").stat().st_mode]
    assert [stat.S_IMODE(mode) for mode in modes] == [0o700, 0o600]


@pytest.mark.parametrize(
    "end", ["\n", "\r", "\x85", "\u2028", "\u2029", "\x0b", "\x1b[2J", "\x00"], ids=ascii
)
def test_a_title_cannot_forge_a_line(log, tmp_path, end):
    log.addHandler(Journal(tmp_path, "r"))
    title = f'A title{end}{{"level": "ERROR"}}\u202e'
    log.warning("left out: %s", title)
    raw = (tmp_path / "digest.jsonl").read_text()
    assert len(raw.splitlines()) == 1
    assert raw.rstrip("\n").isprintable()
    assert lines(tmp_path)[0]["message"] == f"left out: {title}"


def test_half_a_character_is_written_down_too(tmp_path):
    record = logging.LogRecord("digest", logging.WARNING, "", 0, "left out: \ud800", (), None)
    Journal(tmp_path, "r").handle(record)
    assert lines(tmp_path)[0]["message"] == "left out: \ud800"


def test_no_secret_is_written_wherever_it_stands(log, tmp_path):
    secret = 'k"ey\\1'
    log.addHandler(Journal(tmp_path, "r", (secret, "")))
    try:
        raise ValueError(f"401 for {secret}")
    except ValueError:
        log.exception("asked with %s", secret, extra={"hint": f"is {secret} right?"})
    (line,) = lines(tmp_path)
    assert line["message"] == "asked with ***"
    assert line["hint"] == "is *** right?"
    assert line["traceback"].endswith("ValueError: 401 for ***")
    assert secret not in json.dumps(line)


def test_a_long_message_is_cut_and_says_so(log, tmp_path):
    log.addHandler(Journal(tmp_path, "r"))
    log.warning("x" * 20_007)
    assert lines(tmp_path)[0]["message"] == "x" * 20_000 + "... and 7 characters more"


def test_full_logs_are_put_aside_and_the_oldest_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "FILE_BYTES", 10)
    for number in range(8):
        journal.append(tmp_path, b"line %d..\n" % number)
    found = {path.name: path.read_bytes() for path in tmp_path.glob("digest*")}
    assert found == {
        "digest.jsonl": b"line 7..\n",
        "digest.jsonl.1": b"line 6..\n",
        "digest.jsonl.2": b"line 5..\n",
        "digest.jsonl.3": b"line 4..\n",
        "digest.jsonl.4": b"line 3..\n",
    }


WRITER = """
import sys
from pathlib import Path
from digest.night import journal
journal.FILE_BYTES = 4096
for number in range(200):
    journal.append(Path(sys.argv[1]), f"{sys.argv[2]} {number}\\n".encode())
"""


def test_processes_that_write_at_once_tear_and_lose_nothing(tmp_path):
    """400 lines of at most 6 bytes: two files of 4096 bytes would hold them."""
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    writers = [subprocess.Popen([*command, name]) for name in ("a", "b")]
    assert [writer.wait() for writer in writers] == [0, 0]
    text = b"".join(path.read_bytes() for path in tmp_path.glob("digest*"))
    wanted = {b"%s %d" % (name, number) for name in (b"a", b"b") for number in range(200)}
    assert len(text.splitlines()) == 400
    assert set(text.splitlines()) == wanted


def test_a_disk_that_takes_nothing_ends_no_night(log, tmp_path):
    (tmp_path / "logs").write_text("no folder")
    handler = Journal(tmp_path / "logs", "r")
    log.addHandler(handler)
    log.warning("x")
    assert isinstance(handler.failure, OSError)
