import json
from dataclasses import replace

import pytest
from click.testing import CliRunner
from rich.cells import cell_len

from digest.cli import main
from digest.cli.pages import day_lines, paper_lines
from digest.config import load
from digest.pipeline import Day, Tools, run_day
from digest.records import ORIGINAL
from digest.sources.folder import FolderSource
from digest.store import Store
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator
from tests.posts import ANNOUNCED, HEADING, NASTY, breakdown, claim, entry, nasty, translation


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments, env=None):
        return CliRunner().invoke(main, ["--home", str(tmp_path / "home"), *arguments], env=env)

    return invoke


@pytest.fixture
def made(papers, tmp_path):
    config = load({}, {"home": str(tmp_path / "home")})
    tools = Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
    run_day(Day("2026-01-23", FolderSource(papers)), config, Store(config.database), tools)


def test_the_newest_post_is_listed(run, made):
    shown = run("show").stdout.splitlines()
    assert shown[0] == "arXiv Daily – 2026-01-23"
    assert shown[1] == "2 篇：全文 2，仅摘要 0，无法解读 0，失败 0"
    assert shown[4:7] == [
        "  1  First",
        "     译文：One.",
        "     2601.00001v1 · 全文 · 1 条：通过 1",
    ]
    assert run("show", "2026-01-23").stdout.splitlines() == shown


def test_a_paper_is_shown_by_number_date_or_id(run, made):
    shown = run("show", "1").stdout
    assert shown.startswith("First\n2026-01-23 #1 · 2601.00001v1 · 全文 · ")
    assert "- 主要结果：词错误率降低 9.3%。（p.1）\n" in shown
    for same in (["2026-01-23", "1"], ["2601.00001"], ["https://arxiv.org/abs/2601.00001v1"]):
        assert run("show", *same).stdout == shown
    assert "p.1 s1  The word error rate falls by 9.3%." in run("show", "1", "--evidence").stdout
    local = json.loads(run("show", "2", "--json").stdout)["id"]
    assert run("show", local[:14]).stdout.startswith("Title of the PDF\n")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "9"], 1, "has 2 papers, no number 9"),
        (["show", "2026-01-24"], 1, "no post for 2026-01-24"),
        (["show", "2601.99999"], 1, "no post carries 2601.99999"),
        (["show", "speech"], 2, "no date, arXiv id or number"),
        (["show", "2601.00001", "1"], 2, "is no date"),
        (["search", "…"], 2, "nothing to search for"),
        (["search", "x", "--since", "yesterday"], 2, "2026-01-23"),
        (["mail", "--date", "2026-01-23"], 2, "smtp_host is not set"),
        (["mail", "--date", "2026-01-24", "--to", "-"], 1, "no post for 2026-01-24"),
        (["render", "--date", "2026-01-24"], 1, "no post for 2026-01-24"),
        (["check", "--date", "2026-01-24"], 1, "no post for 2026-01-24"),
    ],
)
def test_what_is_wrong_is_said_with_its_cure(run, made, arguments, code, said):
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in " ".join(result.stderr.split())


def test_a_day_as_json_is_what_its_file_says(run, made, tmp_path):
    assert run("render", "--date", "2026-01-23").exit_code == 0
    written = json.loads((tmp_path / "home" / "posts" / "2026-01-23.json").read_text())
    assert json.loads(run("show", "--json").stdout) == written
    assert json.loads(run("show", "1", "--json").stdout) == written["papers"][0]


def test_search_shows_hits_with_their_place(run, made):
    shown = run("search", "词错误率", "first").stdout.splitlines()
    assert shown == [
        "  1  First",
        "     解读：词错误率降低 9.3%。",
        "     2026-01-23 #1 · 2601.00001v1",
    ]
    [hit] = json.loads(run("search", "first", "--json").stdout)
    assert (hit["id"], hit["title_marks"]) == ("2601.00001v1", [[0, 5]])
    nothing = run("search", "nowhere")
    assert (nothing.exit_code, nothing.stdout) == (0, "")


def test_a_mail_is_written_where_it_is_wanted(run, made, tmp_path):
    path = tmp_path / "post.eml"
    assert run("mail", "--date", "2026-01-23", "--to", str(path)).stdout == f"{path}\n"
    assert path.read_bytes().startswith(b"Subject: arXiv Daily")
    assert run("mail", "--date", "2026-01-23", "--to", "-").stdout_bytes == path.read_bytes()


@pytest.mark.parametrize("width", [20, 60, 80, 120])
@pytest.mark.parametrize("text", NASTY)
def test_no_line_is_wider_than_the_terminal_and_nothing_acts_on_it(text, width):
    shown = nasty(text)
    lines = [*day_lines(ANNOUNCED, [shown, shown], width)]
    lines += paper_lines(ANNOUNCED, 1, shown, evidence=True, width=width)
    assert max(cell_len(line.plain) for line in lines) <= width
    said = "".join(line.plain for line in lines)
    assert not any(character < " " or character in "\x7f\u202e\u2066" for character in said)


def test_states_and_doubts_are_marked():
    doubted = claim("有疑。", support=0.1, label="结论")
    original = claim("It is.", state="quoted", how=ORIGINAL)
    reading = replace(breakdown(), problem=(doubted, original))
    shown = entry(breakdown=reading, translation=translation())
    said = "\n".join(line.plain for line in paper_lines(HEADING, 1, shown, False, 100))
    assert "- 结论：有疑。〔存疑〕（p.3）" in said
    assert "- 核心思路：丙。〔修正后通过〕（p.4）" in said
    assert "- It is.〔原文〕（p.3）" in said
