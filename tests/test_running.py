import json
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from digest.errors import BusyError
from digest.running import at_work

SINCE = datetime(2026, 1, 23, 1, tzinfo=UTC)
HOLD = (
    "import sys\n"
    "from datetime import UTC, datetime\n"
    "from pathlib import Path\n"
    "from digest.running import at_work\n"
    "with at_work(Path(sys.argv[1]), 'run', lambda: datetime(2026, 1, 23, 1, tzinfo=UTC)):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.readline()\n"
)


@pytest.fixture
def other(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path / "home")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_who_comes_second_is_told_who_is_at_work(other, tmp_path, monkeypatch):
    home = tmp_path / "home"
    with pytest.raises(BusyError) as caught, at_work(home, "fetch", lambda: SINCE):
        pass
    since = SINCE.astimezone().isoformat(timespec="seconds").replace("T", " ")
    assert caught.value.message == (
        f"another digest run is at work in {home}: digest run, process {other.pid}, since {since}"
    )
    assert json.loads((home / ".lock").read_text())["pid"] == other.pid  # not written over


def test_a_killed_ones_lock_is_free_whatever_its_file_says(other, tmp_path):
    other.kill()
    other.wait()
    with at_work(tmp_path / "home", "run", lambda: SINCE):
        assert json.loads((tmp_path / "home" / ".lock").read_text())["pid"] == os.getpid()


def test_a_lock_file_of_an_older_version_says_nothing_of_who(other, tmp_path):
    (tmp_path / "home" / ".lock").write_text("")
    with (
        pytest.raises(BusyError, match=r"is at work in .*home$"),
        at_work(tmp_path / "home", "run", lambda: SINCE),
    ):
        pass


def test_one_after_the_other_may_work(tmp_path):
    for _ in range(2):
        with at_work(tmp_path, "run", lambda: SINCE):
            pass
