"""The models on the command line: what is shown, what is asked, what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import main
from digest.engines import catalogue, known, pull
from digest.engines.catalogue import Catalogue, ModelFile
from tests.test_engines_convert import write_tiny_gguf
from tests.test_engines_known import DATA, FOLDER, NEW, SHA256, hub

FREE = ModelFile("free", "free.gguf", 3, "a" * 64, "MIT", 64, "chatml", NEW.sources)


@pytest.fixture
def models_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shipped = Catalogue((FREE, NEW, FOLDER), "free")
    monkeypatch.setattr(known, "catalogue", lambda: shipped)
    monkeypatch.setattr(pull, "Fetch", lambda: hub({"new.gguf": DATA}))
    return tmp_path / "models"


def run(models_dir: Path, *arguments: str) -> Result:
    options = ["--home", str(models_dir.parent / "home"), "--models-dir", str(models_dir)]
    return CliRunner().invoke(main, [*options, "models", *arguments])


def test_the_list_tells_licences_and_what_is_here(models_dir: Path) -> None:
    result = run(models_dir, "list")
    assert result.exit_code == 0
    assert "CC-BY-NC-4.0" in result.stdout
    rows = json.loads(run(models_dir, "list", "--json").stdout)
    assert {row["name"]: (row["pinned"], row["present"]) for row in rows} == {
        "free": (True, False),
        "new": (False, False),
        "pair": (False, False),
    }


def test_what_nobody_pinned_needs_a_yes(models_dir: Path) -> None:
    refused = run(models_dir, "pull", "new")
    assert refused.exit_code == 2
    assert SHA256 in refused.stderr
    assert "which bytes new is has not been pinned" in refused.stderr
    assert "digest models pull --pin" in refused.stderr
    assert not (models_dir / "new.gguf").exists()
    accepted = run(models_dir, "pull", "new", "--pin")
    assert accepted.exit_code == 0, accepted.stderr
    assert (models_dir / "new.gguf").read_bytes() == DATA
    again = run(models_dir, "pull", "new")  # asked once
    assert again.exit_code == 0
    assert run(models_dir, "verify", "new").stdout.startswith(f"ok  {SHA256}")


def test_a_licence_that_restricts_needs_a_yes(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound = replace(NEW, restricted="non-commercial use only")
    monkeypatch.setattr(known, "catalogue", lambda: Catalogue((bound,), "new"))
    refused = run(models_dir, "pull", "new", "--pin")
    assert refused.exit_code == 2
    assert "non-commercial use only" in refused.stderr
    assert "--accept-licence" in refused.stderr
    accepted = run(models_dir, "pull", "new", "--pin", "--accept-licence")
    assert accepted.exit_code == 0, accepted.stderr


def test_a_model_that_is_brought(models_dir: Path, tmp_path: Path) -> None:
    stick = write_tiny_gguf(tmp_path / "stick.gguf")
    refused = run(models_dir, "import", str(stick))
    assert refused.exit_code == 2
    assert "needs a name and a licence" in refused.stderr
    brought = run(models_dir, "import", str(stick), "--name", "mine", "--licence", "MIT")
    assert brought.exit_code == 0, brought.stderr
    assert brought.stdout.strip() == str(models_dir / "mine.gguf")
    assert (models_dir / "mine-ct2-int8").is_dir()
    assert run(models_dir, "path", "mine").stdout.strip() == str(models_dir / "mine.gguf")


def test_advice_names_the_command_and_the_setting(
    models_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known, "catalogue", lambda: catalogue.catalogue())
    result = run(models_dir, "recommend", "--papers", "10")
    assert result.exit_code == 0
    assert "estimated" in result.stdout
    assert "digest models pull qwen" in result.stdout
    assert 'model = "qwen' in result.stdout
    told = json.loads(run(models_dir, "recommend", "--json").stdout)
    assert told["machine"]["cores"] >= 1
    assert {row["where"] for row in told["models"]} <= {"cpu", "gpu", "gpu+cpu", "no"}


def test_a_missing_model_names_its_cure(models_dir: Path) -> None:
    result = run(models_dir, "verify", "free")
    assert result.exit_code == 1
    assert "digest models pull free" in result.stderr
