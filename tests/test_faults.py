"""The harness of the faults: a run is killed with all its processes, and single calls fail."""

import itertools
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.faults.bench import badly, wanted_of
from scripts.faults.journal import Op, read
from scripts.faults.shim import Shim, Strike
from scripts.faults.trace import examine
from scripts.faults.tree import Ended, Tree

needs_cc = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler: apt install gcc")

WRITES = """
import sys
from pathlib import Path
from digest import files
from digest.errors import StoreError
try:
    files.write(Path(sys.argv[1]), b"new" * 1000)
except StoreError as exc:
    sys.exit(f"digest: {exc.message}")
"""
KEEPS = """
import sys
from pathlib import Path
from digest.store import Store
store = Store(Path(sys.argv[1]) / "digest.duckdb")
with store.database.held_open():
    store.put_post_file("2026-01-23", "0" * 64)
    store.wrote_post_file("2026-01-23", "0" * 64)
    from digest import files
    files.write(Path(sys.argv[1]) / "posts" / "2026-01-23-arxiv-daily.md", b"post")
"""
LEAVES = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
print("ready", flush=True)
time.sleep(60)
"""


def run(script: str, argument: Path, environment: dict[str, str]) -> subprocess.CompletedProcess:
    """A Python program in a session of its own, so that a kill meets nobody else."""
    return subprocess.run(
        [sys.executable, "-c", script, str(argument)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )


@needs_cc
@pytest.mark.parametrize("action", ["EIO", "kill-before", "kill-after", "short"])
def test_whichever_call_of_a_write_fails_the_file_is_the_old_or_the_new(tmp_path, action):
    home, old, new = tmp_path / "home", b"old", b"new" * 1000
    home.mkdir()
    path, shim, seen = home / "post.md", Shim(tmp_path, home), []
    for at in itertools.count(1):
        path.write_bytes(old)
        ended = run(WRITES, path, shim.environment(Strike(at, action)))
        if not shim.struck:
            break
        seen.append((path.read_bytes(), ended.returncode))
        if ended.returncode > 0:
            assert ended.stderr == f"digest: {path} cannot be written: Input/output error\n"
    assert {data for data, _ in seen} <= {old, new}
    codes = {"EIO": {1}, "kill-before": {-9}, "kill-after": {-9}, "short": {0}}
    assert {code for _, code in seen} == codes[action]
    assert len(seen) == 6  # create, truncate, write, fsync, rename, fsync of the folder
    assert [each.name for each in home.iterdir()] == ["post.md"]


@needs_cc
def test_a_post_is_put_in_place_when_its_record_and_its_folders_are_on_the_disk(tmp_path):
    home, journal = tmp_path / "home", tmp_path / "journal"
    home.mkdir()
    ended = run(KEEPS, home, Shim(tmp_path, home).environment(journal=journal))
    assert ended.returncode == 0, ended.stderr
    calls = read(journal, home)
    told = examine(calls)
    assert told.faults == []
    assert told.commits["files renamed into place"] == 1
    assert {call.path for call in calls if call.op is Op.MKDIR} == {"posts"}


@needs_cc
def test_the_clock_of_a_run_can_be_set(tmp_path):
    shim = Shim(tmp_path, tmp_path)
    ended = run("import time; print(time.time())", tmp_path, shim.environment(clock_s=86400))
    assert 86000 < float(ended.stdout) - time.time() < 86500


def test_a_process_in_another_session_is_killed_with_the_run(tmp_path):
    said = tmp_path / "said"
    with Tree([sys.executable, "-c", LEAVES], {}, said) as tree:
        give_up_s = time.monotonic() + 30
        while len(tree.alive()) < 2 and time.monotonic() < give_up_s:
            time.sleep(0.02)
        assert len(tree.alive()) == 2
        tree.kill()
        assert tree.alive() == []


def test_papers_are_counted_by_the_ids_of_the_posts_whatever_their_pdfs_are_called(tmp_path):
    for folder in ("posts", "papers"):
        (tmp_path / folder).mkdir()
    (tmp_path / "papers" / "local-aa.pdf").write_bytes(b"%PDF")
    post = tmp_path / "posts" / "2026-01-23.json"
    post.write_text('{"papers": [{"id": "local:aa"}]}')
    assert wanted_of(tmp_path).papers == ("local:aa",)
    post.write_text('{"papers": []}')
    with pytest.raises(RuntimeError, match="0 papers in the posts"):
        wanted_of(tmp_path)


def test_how_a_run_ends_to_which_nothing_was_done_is_judged():
    assert badly(Ended(0, "", "")) == []
    assert badly(Ended(1, "", "digest: no")) == ["ended with exit code 1: digest: no"]
    assert badly(Ended(0, "", "Traceback (most recent call last)")) == ["printed a traceback"]
