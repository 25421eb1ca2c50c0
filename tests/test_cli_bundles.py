"""digest bundle, from the command line: what a day is, what is refused, what an import says."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.records import Look
from digest.store import Store
from digest.store.ledger import Ledger
from tests.carrying import NOON, sighting, visit


@pytest.fixture
def run(tmp_path):
    def invoke(home, *arguments):
        models = str(tmp_path / "models")
        given = ["--home", str(tmp_path / home), "--models-dir", models]
        return CliRunner().invoke(main, [*given, "bundle", *map(str, arguments)])

    return invoke


def looked(home, *times):
    """A home that looked at arXiv and saw a paper, at each of these times."""
    home.mkdir()
    with_papers = [sighting(f"2601.0000{n}v1", at) for n, at in enumerate(times)]
    Ledger(Store(home / "digest.duckdb").database).record(
        Look(tuple(with_papers), tuple(visit(at) for at in times))
    )


def test_a_day_begins_at_midnight_in_the_labs_zone(run, tmp_path):
    looked(tmp_path / "outside", NOON)
    out = tmp_path / "lab.bundle"
    made = run("outside", "export", out, "--since", "2026-01-22", "--json")
    assert json.loads(made.stdout)["since"] == "2026-01-21T16:00:00Z"  # in Shanghai


def test_a_day_of_before_arxiv_is_its_first(run, tmp_path):
    looked(tmp_path / "outside", NOON)
    made = run("outside", "export", tmp_path / "lab.bundle", "--since", "0001-01-01", "--json")
    assert json.loads(made.stdout)["since"] == "1991-08-13T15:00:00Z"  # summer time


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["lab.bundle", "--since", "2026-01-22", "--all"], 2, "give one of them"),
        (["lab.bundle", "--since", "22.1.2026"], 2, "write it as 2026-01-23"),
        (["lab.bundle", "--all"], 1, "nothing was seen of arXiv: there is nothing to carry"),
        (["lab.bundle", "--all"], 1, "digest fetch"),
        (["usb/lab.bundle", "--all"], 1, "no such folder: "),
    ],
)
def test_what_is_refused(run, tmp_path, arguments, code, said):
    result = run("outside", "export", tmp_path / arguments[0], *arguments[1:])
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert not (tmp_path / "lab.bundle").exists()


def test_an_import_says_what_is_missing(run, tmp_path):
    now = datetime.now(UTC).replace(microsecond=0)
    looked(tmp_path / "outside", now)
    looked(tmp_path / "inside", now - timedelta(days=20))
    assert run("outside", "export", tmp_path / "lab.bundle").exit_code == 0
    result = run("inside", "import", tmp_path / "lab.bundle", "--json")
    began, until = (datetime.fromisoformat(at) for at in json.loads(result.stdout)["gap"])
    assert began == now - timedelta(days=20)
    assert timedelta(days=5) < until - began < timedelta(days=7)
    assert "a bundle is missing: lab.bundle begins on" in result.stderr
    cure = f"--since {now - timedelta(days=21):%Y-%m-%d}"
    assert cure in " ".join(result.stderr.split())


def test_an_import_that_joins_says_nothing_of_it(run, tmp_path):
    looked(tmp_path / "outside", NOON)
    run("outside", "export", tmp_path / "lab.bundle", "--all")
    result = run("inside", "import", tmp_path / "lab.bundle", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["gap"] is None
    assert "missing" not in result.stderr
