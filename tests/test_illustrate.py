from dataclasses import replace

import pytest

from digest.errors import ExtractError
from digest.illustrate import cut_figures, illustrated
from digest.records import ArxivId, Box, Figure, Paper
from digest.render.post import Entry, Heading, post
from tests.conftest import document

BY = "http://creativecommons.org/licenses/by/4.0/"
FIGURE = Figure("Figure 2", "Overview of our architecture.", 3, Box(3, 50, 60, 400, 300))
PAPER = Paper(ArxivId.parse("2601.16158v1"), title="T", authors=("Ada L", "Alan T"), licence=BY)
ENTRY = Entry(PAPER, replace(document(), figures=(FIGURE,)), None, None)
FILE = "2601.16158v1-figure-2.png"


class Cutter:
    def __init__(self, error=None):
        self.asked = []
        self.error = error

    def __call__(self, pdf, figure, dpi):
        self.asked.append((pdf.name, figure.label, dpi))
        if self.error:
            raise self.error
        return b"PNG"


@pytest.fixture
def free(config):
    """The settings of a home with figures and the paper's PDF."""
    config.papers.mkdir(parents=True)
    (config.papers / "2601.16158v1.pdf").write_bytes(b"%PDF")
    return replace(config, figures="free")


def test_a_figure_is_cut_once_and_stands_in_the_post(free):
    cut = Cutter()
    assert illustrated([ENTRY], free) == [ENTRY]
    for _ in range(2):
        cut_figures([ENTRY], free, cut)
    assert cut.asked == [("2601.16158v1.pdf", "Figure 2", 150)]
    assert (free.posts / "figures" / FILE).read_bytes() == b"PNG"
    heading = Heading("arXiv Daily", "2026-01-23", ("x",), ())
    lines = post(heading, illustrated([ENTRY], free)).splitlines()
    assert lines[lines.index(f"![Figure 2](figures/{FILE})") + 2] == (
        f"Overview of our architecture.（截自论文第 3 页，作者 Ada L, Alan T，[CC BY 4.0]({BY})）"
    )


@pytest.mark.parametrize(
    "entry",
    [
        replace(ENTRY, paper=replace(PAPER, licence=None)),
        replace(ENTRY, paper=replace(PAPER, licence=BY.replace("by/", "by-nc-sa/"))),
        replace(ENTRY, document=None),
        replace(ENTRY, document=document()),
    ],
    ids=["no licence", "not for trade", "not read", "no figure"],
)
def test_no_figure_without_leave_or_without_one(free, entry):
    cut = Cutter()
    cut_figures([entry], free, cut)
    assert cut.asked == []
    assert illustrated([entry], free) == [entry]


def test_off_shows_none_even_where_it_is_there(free):
    cut_figures([ENTRY], free, Cutter())
    assert illustrated([ENTRY], replace(free, figures="off")) == [ENTRY]


def test_a_figure_that_cannot_be_cut_costs_only_itself(free, caplog):
    other = replace(ENTRY, paper=replace(PAPER, id=ArxivId.parse("2601.00002v1")))
    cut = Cutter(ExtractError("cannot paint Figure 2"))
    cut_figures([other, ENTRY], free, cut)
    assert len(cut.asked) == 1  # the other one's PDF is not there
    assert "2601.16158v1: no figure: cannot paint Figure 2" in caplog.text
    assert illustrated([ENTRY], free) == [ENTRY]


def test_a_label_cannot_lead_out_of_the_folder(free):
    odd = replace(FIGURE, label="Figure ../../../x")
    cut_figures([replace(ENTRY, document=replace(document(), figures=(odd,)))], free, Cutter())
    assert [p.name for p in (free.posts / "figures").iterdir()] == ["2601.16158v1-figure-x.png"]
