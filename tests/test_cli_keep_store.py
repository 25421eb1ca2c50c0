import json

import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.clock import SystemClock
from digest.config import Config
from digest.records import ArxivId, Paper
from digest.running import at_work
from digest.store import Store

PAPER = Paper(ArxivId.parse("2601.00001v1"))


@pytest.fixture
def home(tmp_path):
    config = Config(home=tmp_path / "home", models_dir=tmp_path / "models")
    Store(config.database).put_papers([(PAPER, "s")], "folder")
    return config


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments):
        return CliRunner().invoke(main, ["--home", str(tmp_path / "home"), *arguments])

    return invoke


def test_a_backup_is_made_and_put_back(run, home):
    made = run("backup")
    path = made.stdout.strip()
    assert made.exit_code == 0
    assert path.startswith(str(home.home / "backups" / "digest-"))
    home.database.write_bytes(b"damaged")
    assert "digest restore" in run("status").output
    restored = run("restore")
    assert (restored.exit_code, restored.stdout.strip()) == (0, path)
    assert json.loads(run("status", "--json").stdout)["counts"]["papers"] == 1
    assert (home.home / "digest.duckdb.before-restore-1").read_bytes() == b"damaged"


def test_a_copy_goes_where_it_is_wanted_and_comes_back_from_there(run, home, tmp_path):
    copy = tmp_path / "elsewhere" / "copy.duckdb"
    copy.parent.mkdir()
    assert run("backup", "--to", str(copy)).stdout.strip() == str(copy)
    assert not (home.home / "backups").exists()
    told = run("restore", str(copy), "--json")
    assert json.loads(told.stdout)["backup"] == str(copy)
    assert json.loads(told.stdout)["how"] == "backup"


def test_nothing_is_restored_while_a_run_is_at_work(run, home):
    run("backup")
    before = home.database.read_bytes()
    with at_work(home.home, "run", SystemClock().now):
        refused = run("restore")
        assert run("backup").exit_code == 0  # a backup hinders nobody
    assert refused.exit_code == 1
    assert "digest run, process" in refused.output
    assert home.database.read_bytes() == before


def test_without_a_backup_it_is_said_what_to_do(run, home):
    refused = run("restore")
    assert refused.exit_code == 1
    assert "no good backup" in refused.output


def test_a_mistyped_home_gets_no_backup(tmp_path):
    refused = CliRunner().invoke(main, ["--home", str(tmp_path / "typo"), "backup"])
    assert refused.exit_code == 1
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("arguments", [["run", "--offline"], ["fetch"]])
def test_a_second_run_ends_at_once_and_says_who_is_first(run, home, arguments):
    with at_work(home.home, "run", SystemClock().now):
        refused = run(*arguments)
    assert refused.exit_code == 1
    assert "another digest run is at work" in refused.output
    assert "digest run, process" in refused.output
