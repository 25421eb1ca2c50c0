import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from digest.assembly import SiteOptions, build_site
from digest.cli import main
from digest.config import load
from digest.pipeline import Day, Tools, run_day
from digest.sources.folder import FolderSource
from digest.store import Store
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator


@pytest.fixture
def home(papers, tmp_path):
    (papers / "a.json").write_text(
        '{"id": "2601.00001v1", "title": "First", "abstract": "One.", "categories": ["cs.SD"]}'
    )
    config = load({}, {"home": str(tmp_path / "home")})
    tools = Tools(FakeExtractor(), FakeTranslator(), FakeExplainer())
    run_day(Day("2026-01-23", FolderSource(papers)), config, Store(config.database), tools)
    return config


@pytest.fixture
def run(tmp_path):
    def invoke(*arguments):
        return CliRunner().invoke(main, ["--home", str(tmp_path / "home"), *arguments])

    return invoke


def first_page(folder):
    return (folder / "2026-01-23" / "2601.00001v1.html").read_text()


def test_the_first_page_is_named(run, home):
    result = run("site", "--no-pictures")
    assert (result.exit_code, result.stdout) == (0, f"{home.site / 'index.html'}\n")
    assert 'href="../../papers/2601.00001v1.pdf#page=1"' in first_page(home.site)
    again = json.loads(run("site", "--no-pictures", "--json").stdout)
    assert (again["days"], again["written"]) == (1, [])


def test_strangers_get_a_folder_of_their_own_without_our_files(run, home):
    result = run("site", "--public")
    folder = home.home / "site-public"
    assert result.stdout == f"{folder / 'index.html'}\n"
    page = first_page(folder)
    assert "papers/" not in page
    assert 'href="https://arxiv.org/pdf/2601.00001v1#page=1"' in page
    local = next(path for path in (folder / "2026-01-23").glob("local-*.html"))
    assert "#page=" not in local.read_text()


def test_elsewhere_no_page_links_out_of_its_folder(run, home, tmp_path):
    run("site", "--no-pictures", "--out", str(tmp_path / "stick"))
    assert "../../papers" not in first_page(tmp_path / "stick")


def test_a_folder_of_strangers_is_not_made_ours(run, home):
    assert run("site", "--public").exit_code == 0
    result = run("site", "--out", str(home.home / "site-public"))
    assert result.exit_code == 2
    assert "for strangers" in result.output


@pytest.mark.parametrize(
    ("licence", "figures", "shown"),
    [
        (None, "off", False),
        ("http://arxiv.org/licenses/nonexclusive-distrib/1.0/", "free", False),
        ("http://creativecommons.org/licenses/by/4.0/", "off", True),
        ("http://creativecommons.org/licenses/by-nc-sa/4.0/", "off", False),
        ("http://creativecommons.org/licenses/by-nc-sa/4.0/", "noncommercial", True),
        ("http://creativecommons.org/licenses/by-nc-nd/4.0/", "noncommercial", False),
    ],
)
def test_pages_are_shown_to_strangers_as_figures_are(
    home, monkeypatch, tmp_path, licence, figures, shown
):
    """The same rule for both: what is cut out of a paper is shown."""
    asked = []

    def build(folder, posts, content, options, progress):
        paper = replace(content("2026-01-23")[1][0].paper, licence=licence)
        asked.append(options.may_show(paper))

    monkeypatch.setattr("digest.site.build.build", build)
    build_site(replace(home, figures=figures), SiteOptions(tmp_path / "out", public=True))
    assert asked == [shown]
