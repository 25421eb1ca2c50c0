"""What commands write is its owner's; what a user names by path keeps the user's umask."""

import os
import stat

import pytest
from click.testing import CliRunner

from digest import assembly, files
from digest.cli import main
from digest.engines.lock import Turns
from digest.errors import DigestError
from digest.pipeline import Tools
from digest.sources.pace import Pace
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator


@pytest.fixture
def umask():
    """What most users have."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def run(tmp_path, umask, monkeypatch):
    tools = Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
    monkeypatch.setattr(assembly, "tools", lambda _config: _Open(tools))

    def invoke(*arguments):
        home = ["--home", str(tmp_path / "home"), "--models-dir", str(tmp_path / "models")]
        result = CliRunner().invoke(main, [*home, *arguments])
        assert result.exit_code == 0, result.output
        return result

    return invoke


class _Open:
    def __init__(self, tools):
        self.tools = tools

    def __enter__(self):
        return self.tools

    def __exit__(self, *_exc):
        pass


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


OUTPUTS = ["json", "bibtex", "atom", "weekly", "site"]


def test_after_a_run_nothing_of_the_home_is_anybody_else_s(run, papers, tmp_path):
    run("init")
    settings = tmp_path / "home" / "digest.toml"
    settings.write_text(f"outputs = {OUTPUTS}\n")
    run("run", "--from", str(papers), "--date", "2026-01-23")
    run("report")
    found = [tmp_path / "home", *(tmp_path / "home").rglob("*")]
    names = {path.relative_to(tmp_path / "home").parts[0] for path in found[1:]}
    assert names >= {"digest.duckdb", "papers", "posts", "site", "runs", "logs"}
    assert {str(path): oct(mode(path)) for path in found if mode(path) & 0o077} == {}


def test_the_umask_of_whoever_calls_is_given_back(run):
    run("init")
    assert os.umask(0o022) == 0o022


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        (["site", "--out", "OUT", "--no-pictures"], "index.html"),
        (["mail", "--to", "OUT/x.eml", "--date", "2026-01-23"], "x.eml"),
    ],
)
def test_what_a_user_names_by_path_is_as_open_as_the_user_has_it(
    run, papers, tmp_path, arguments, file
):
    run("run", "--from", str(papers), "--date", "2026-01-23")
    out = tmp_path / "out"
    run(*(argument.replace("OUT", str(out)) for argument in arguments))
    assert mode(out / file) == 0o644


def test_a_bundle_is_as_open_as_the_user_has_it(run, tmp_path, monkeypatch):
    def export(out, *_rest):
        out.write_bytes(b"x")
        raise DigestError("far enough")

    monkeypatch.setattr(assembly, "export_bundle", export)
    with pytest.raises(AssertionError, match="far enough"):
        run("bundle", "export", str(tmp_path / "lab.bundle"))
    assert mode(tmp_path / "lab.bundle") == 0o644


def test_the_public_site_is_for_others_and_the_home_s_own_is_not(run, papers, tmp_path):
    run("run", "--from", str(papers), "--date", "2026-01-23")
    run("site", "--no-pictures")
    run("site", "--no-pictures", "--public")
    assert mode(tmp_path / "home/site/index.html") == 0o600
    assert mode(tmp_path / "home/site-public/index.html") == 0o644


def test_what_paces_the_machine_is_shared_whatever_the_umask(tmp_path, umask):
    class Clock:
        def elapsed_s(self):
            return 1.0

        def sleep(self, seconds):
            raise AssertionError("nobody else holds it")

    os.umask(0o077)
    with Pace(tmp_path / "pace", Clock()).turn(3.0), Turns(tmp_path / "turn").turn():
        assert (mode(tmp_path / "pace"), mode(tmp_path / "turn")) == (0o666, 0o644)


def test_models_that_a_bundle_brings_are_for_all_homes(tmp_path, umask):
    os.umask(0o077)
    converted = tmp_path / "models" / "m-ct2-int8"
    converted.mkdir(parents=True)
    for path in (converted / "model.bin", tmp_path / "models" / "m.gguf"):
        path.write_bytes(b"x")
    (tmp_path / "models" / "run.sh").touch(mode=0o700)
    files.open_up(tmp_path / "models", 0o027)
    assert {path.name: oct(mode(path)) for path in (tmp_path / "models").rglob("*")} == {
        "m-ct2-int8": "0o750",
        "model.bin": "0o640",
        "m.gguf": "0o640",
        "run.sh": "0o740",
    }


def test_models_are_pulled_with_the_user_s_own_umask(run, monkeypatch):
    seen = []
    real = os.umask

    def noted(value):
        seen.append(value)
        return real(value)

    monkeypatch.setattr(os, "umask", noted)
    run("models", "list")
    assert seen == [0o077, 0o022, 0o077, 0o022]
