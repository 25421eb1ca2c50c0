import json
import subprocess
import sys
from contextlib import nullcontext
from http.server import ThreadingHTTPServer
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from digest import assembly, files
from digest.assembly import store as open_store
from digest.cli import day, main
from digest.config import load
from digest.pipeline import Day, Tools, run_day
from digest.sources.folder import FolderSource
from digest.sources.http import HttpOptions
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments, **options):
        home = ["--home", str(tmp_path / "home"), "--models-dir", str(tmp_path / "models")]
        return CliRunner().invoke(main, [*home, *arguments], **options)

    return invoke


@pytest.fixture
def made(papers, tmp_path):
    """A home with one finished post."""
    config = load({}, {"home": str(tmp_path / "home")})
    tools = Tools(FakeExtractor(["local-x.pdf"]), FakeTranslator(), FakeExplainer())
    return run_day(Day("2026-01-23", FolderSource(papers)), config, open_store(config), tools)


def commands(group=main, path=()):
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        yield (*path, name), command


@pytest.mark.parametrize(("path", "command"), [*commands()], ids=str)
def test_every_command_and_option_has_help(path, command, run):
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["run"], 1, "digest models pull"),  # before anybody is asked for papers
        (["run", "--from", "x"], 1, "no such folder or bundle: x"),
        (["run", "--from", "x", "--categories", "cs.SDD"], 2, "did you mean cs.SD?"),
        (["run", "--from", "x", "--date", "23.1.2026"], 2, "write it as 2026-01-23"),
        (["run", "--offline", "--model", "0.5bb"], 2, "0.5bb"),
        (["run", "--offline"], 1, "digest models pull"),
        (["models", "verify"], 1, "digest models pull"),
        (["models", "path", "none"], 2, "none"),
        (["translate", "--translator", "1.5b"], 1, "digest models pull"),
        (["extract", "missing.pdf"], 1, "missing.pdf"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_cure_and_the_right_code(run, arguments, code, said):
    result = run(*arguments, input="")
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


def test_init_writes_the_settings_once(run, tmp_path):
    assert run("init").exit_code == 0
    path = tmp_path / "home" / "digest.toml"
    path.write_text(path.read_text().replace('"arXiv Daily"', '"Ours"'))
    assert run("init").exit_code == 0
    assert '"Ours"' in path.read_text()
    path.write_text("modle = 'x'")
    result = run("status")
    assert (result.exit_code, "did you mean model?" in result.stderr) == (2, True)


def test_status_tells_what_there_is(run, made):
    lines = run("status").stdout.splitlines()
    assert "papers        2" in lines
    assert any(line.startswith("post          2026-01-23  2 papers") for line in lines)
    told = json.loads(run("status", "--json").stdout)
    assert told["counts"]["breakdowns"] == 2
    assert told["posts"] == [{"date": "2026-01-23", "source": "papers", "papers": 2}]


def test_render_prints_or_writes_the_same_post(run, made):
    text = made.post.read_text()
    assert run("render", "--date", "2026-01-23", "--stdout").stdout == text
    made.post.unlink()
    assert run("render", "--date", "2026-01-23").stdout.strip() == str(made.post)
    assert made.post.read_text() == text


def test_what_somebody_edited_is_kept_and_named(run, made, tmp_path):
    (tmp_path / "home" / "digest.toml").write_text('outputs = ["weekly"]\n')
    assert run("render", "--date", "2026-01-23").exit_code == 0
    week = made.post.parent / "weekly" / "2026-W04.md"
    for path in (made.post, week):
        path.write_text("mine")
    said = "".join(run("render", "--date", "2026-01-23").stderr.split())
    for name in ("2026-01-23-arxiv-daily.new.md", "2026-W04.new.md"):
        assert f"{name}:thenewtext;thepostbesideitwaseditedbyhandandiskept" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ["render"],
        ["render", "--stdout"],
        ["check", "--date", "2026-01-23"],
        ["status"],
        ["show"],
        ["search", "noise"],
        ["site"],
        ["serve", "--port", "0"],
        ["mail"],
        ["mail", "--to", "-"],
    ],
)
def test_what_only_reads_makes_no_home(run, tmp_path, arguments):
    result = run(*arguments)
    assert result.exit_code == 1
    assert f"no digest in {tmp_path / 'home'}" in result.stderr.replace("\n", "")
    assert "digest run" in result.stderr
    assert not (tmp_path / "home").exists()


OUTPUTS = 'outputs = ["json", "bibtex", "atom", "site"]\n'


def test_what_stands_beside_a_post_fails_alone_and_by_name(run, made, tmp_path):
    home = tmp_path / "home"
    (home / "digest.toml").write_text(OUTPUTS)
    (home / "posts" / "2026-01-23.json").mkdir()
    (home / "site").write_text("no folder")
    result = run("render", "--date", "2026-01-23")
    assert result.exit_code == 1
    said = " ".join(result.stderr.split())
    assert "2026-01-23: the post is written, json not: " in said
    assert "2026-01-23: the post is written, the site not: " in said
    assert (home / "posts" / "2026-01-23.bib").is_file()
    assert (home / "posts" / "feed.xml").is_file()
    assert (home / "search.sqlite").is_file()


def test_a_site_that_another_process_builds_is_a_warning(run, made, tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / "digest.toml").write_text(OUTPUTS)
    monkeypatch.setattr(day, "SITE_WAIT_S", 0.0)
    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", interrupted)
    with files.held(home / "site" / ".lock"):
        rendered = run("render", "--date", "2026-01-23")
        served = run("serve", "--port", "0")
    assert (rendered.exit_code, served.exit_code) == (0, 0)
    assert "2026-01-23 may be missing on the site" in rendered.stderr
    assert "the site is shown as it is" in served.stderr
    assert served.stdout.startswith("http://127.0.0.1:")


def interrupted(_server):
    raise KeyboardInterrupt


def test_check_passes_and_finds_an_edit(run, made):
    passed = run("check", "--date", "2026-01-23")
    assert passed.exit_code == 0
    assert "2 claims, 2 citations, 2 numbers checked; 2 numbers held" in passed.stdout
    made.post.write_text(made.post.read_text().replace("9.3%", "9.4%"))
    found = run("check", str(made.post))
    assert found.exit_code == 1
    assert "does not stand in the post as it was written" in found.stdout


@pytest.mark.parametrize("form", [[], ["--quiet"], ["--log-format", "json"]])
def test_a_failure_is_said_in_every_form_of_output(run, form):
    result = run(*form, "render", "--date", "2026-01-01")
    assert result.exit_code == 1
    assert "no digest in" in result.stderr
    assert "make one: digest run" in result.stderr


def test_text_that_is_not_utf8_is_refused(run, tmp_path):
    (tmp_path / "latin1.txt").write_bytes(b"caf\xe9")
    result = run("translate", str(tmp_path / "latin1.txt"))
    assert result.exit_code == 1
    assert "Traceback" not in result.output


def test_the_catalogue_is_listed(run):
    assert "qwen2.5-coder-1.5b-instruct-q4_k_m" in run("models", "list").stdout
    rows = json.loads(run("models", "list", "--json").stdout)
    assert {row["present"] for row in rows} == {False}


def test_extract_shows_tables_and_writes_figures(run, tmp_path):
    paper = Path(__file__).parent / "data" / "papers" / "batched-decoding.pdf"
    result = run("extract", str(paper), "--figures", str(tmp_path / "figures"))
    assert result.exit_code == 0, result.output
    assert "Table 1: CTranslate2 1.5B, k = 1 7.2, k = 3 11.5 (1.60)" in result.stdout
    [figure] = (tmp_path / "figures").iterdir()
    assert figure.name == "batched-decoding-p2-figure-1.png"
    assert figure.read_bytes().startswith(b"\x89PNG")


LEAVING = """
import socket
from contextlib import contextmanager
from digest import assembly
from digest.cli import main
from digest.errors import DigestError

@contextmanager
def tools(config):
    try:
        with socket.socket() as reaching:
            reaching.settimeout(5)
            reaching.connect(("127.0.0.1", 9))
    except OSError as exc:
        raise DigestError(f"reached for it: {exc.strerror}")
    yield

assembly.tools = tools
main()
"""


def test_a_run_has_left_the_network_when_its_work_begins(tmp_path, papers):
    run = ["--home", str(tmp_path / "home"), "--quiet", "run", "--from", str(papers)]
    left = subprocess.run([sys.executable, "-c", LEAVING, *run], capture_output=True, text=True)
    if "cannot be taken off the network" in left.stderr:
        pytest.skip("the kernel grants neither a namespace nor a filter")
    [said] = [line for line in left.stderr.splitlines() if "reached for it" in line]
    assert said.endswith(("Network is unreachable", "Permission denied"))


def test_a_night_without_a_network_says_so_and_loses_nothing(made, run, monkeypatch, tmp_path):
    nobody = "http://127.0.0.1:9"
    for name in ("FEED", "API", "OAI", "PDF"):
        monkeypatch.setenv(f"DIGEST_{name}_URL", nobody)
    once = HttpOptions(tries=1, pace_s=0.0, pace_file=tmp_path / "pace", cache_dir=tmp_path / "c")
    monkeypatch.setattr(assembly, "http_options", lambda *_: once)
    fakes = Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
    monkeypatch.setattr(assembly, "tools", lambda _: nullcontext(fakes))
    before = sorted((tmp_path / "home" / "posts").iterdir())
    night = run("run")
    assert (night.exit_code, night.stdout) == (1, "")
    assert f"cs.SD+eess.AS feed: {nobody}/rss/cs.SD+eess.AS cannot be reached" in night.stderr
    assert "the next run asks for what is missing" in " ".join(night.stderr.split())
    told = run("report").stdout
    assert "failed, exit code 1" in told
    assert "failed: cs.SD api+feed, eess.AS api+feed" in told
    assert sorted((tmp_path / "home" / "posts").iterdir()) == before
    assert run("check", "--date", "2026-01-23").exit_code == 0


def test_a_wrong_template_ends_a_run_before_its_work(papers, run, monkeypatch, tmp_path):
    fakes = Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
    monkeypatch.setattr(assembly, "tools", lambda _: nullcontext(fakes))
    (tmp_path / "home" / "templates").mkdir(parents=True)
    (tmp_path / "home" / "templates" / "jekyll.md.j2").write_text("{% if %}")
    night = run("run", "--from", str(papers), "--date", "2026-01-24")
    assert night.exit_code == 2
    assert "jekyll.md.j2:1" in "".join(night.stderr.split())
    assert not (tmp_path / "home" / "posts").exists()
