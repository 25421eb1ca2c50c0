import json

import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.render import template


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments):
        return CliRunner().invoke(main, ["--home", str(tmp_path), "templates", *arguments])

    return invoke


def test_templates_are_listed(run, tmp_path):
    lines = run().stdout.splitlines()
    assert lines[3] == "jekyll.md.j2       built in  (post_format)"
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "hugo.md.j2").write_text("x")
    shown = json.loads(run("--json").stdout)
    assert shown["folder"] == str(tmp_path / "templates")
    assert [t["name"] for t in shown["templates"] if t["own"]] == ["hugo.md.j2"]


def test_a_copy_is_ours_and_is_never_written_over(run, tmp_path):
    path = tmp_path / "templates" / "jekyll.md.j2"
    assert run("--copy", "jekyll").stdout == f"{path}\n"
    assert path.read_text() == template.source("jekyll.md.j2")
    path.write_text("mine")
    result = run("--copy", "jekyll.md.j2")
    assert (result.exit_code, path.read_text()) == (0, "mine")
    assert "is there already" in result.stderr.replace("\n", " ")


@pytest.mark.parametrize("name", ["nothing", "../jekyll", "/etc/passwd"])
def test_only_ours_can_be_copied(run, tmp_path, name):
    result = run("--copy", name)
    assert result.exit_code == 2
    assert not (tmp_path / "templates").exists()
