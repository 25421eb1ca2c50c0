"""Libraries that would report home, or fetch by themselves, are told not to; each where it is used.

The table in SECURITY.md names them. What a process sends in spite of all this is looked for where a
whole day runs without a network and every connection it tries is traced.
"""

import json
import os
import sys
from pathlib import Path

import pytest

from digest.confinement import Limits
from digest.engines import download
from digest.engines.catalogue import HubSource
from digest.store.database import Database
from digest.worker import Worker

ROOT = Path(__file__).resolve().parent.parent


class Inside:
    """What a worker finds in its environment."""

    def variable(self, name):
        return os.environ.get(name)


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """What programs that are started are given: the command, and the environment."""
    told = tmp_path / "told.json"
    program = tmp_path / "python"
    program.write_text(
        f"#!{sys.executable}\n"
        "import json, os, sys\n"
        f"json.dump([sys.argv[1:], dict(os.environ)], open({str(told)!r}, 'w'))\n"
        "sys.exit(1)\n"
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    return lambda: json.loads(told.read_text())


def test_onnxruntime_reports_nothing_from_a_worker():
    with Worker("tests.test_telemetry:Inside", limits=Limits(network=False)) as worker:
        assert worker.call("variable", "ORT_DISABLE_TELEMETRY", timeout_s=20) == "1"


def test_the_client_of_the_hub_reports_nothing(asked, tmp_path):
    with pytest.raises(download.SourceFailed):
        download.ask_hub(HubSource("owner/name", "x.gguf"))
    arguments, environment = asked()
    assert arguments[:3] == ["-m", "digest.engines.hub", "offer"]
    assert environment["HF_HUB_DISABLE_TELEMETRY"] == "1"


def test_pip_does_not_ask_for_its_own_newest_version(asked, tmp_path):
    with pytest.raises(download.SourceFailed):
        download.fetch_wheel("name==1.0", tmp_path, 1000, lambda _bytes: None)
    arguments, _ = asked()
    assert arguments[:3] == ["-m", "pip", "download"]
    assert "--disable-pip-version-check" in arguments


def test_duckdb_fetches_no_extension(tmp_path):
    database = Database(tmp_path / "x.duckdb")
    assert database.query("SELECT current_setting('autoinstall_known_extensions')") == [(False,)]


def test_the_hub_is_imported_by_its_own_process_alone():
    importing = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "digest").rglob("*.py")
        if "huggingface_hub import" in path.read_text(encoding="utf-8")
    ]
    assert importing == ["digest/engines/hub.py"]
