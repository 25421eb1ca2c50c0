"""Which figure shows the method."""

import subprocess
import sys

from digest.extract.method import method_figure
from digest.records import Box, Document, Figure, MadeBy, Section, Sentence


def figure(label: str, caption: str, page: int = 1, height: float = 200) -> Figure:
    return Figure(label, caption, page, Box(page, 50, 50, 250, 50 + height))


def document(figures: tuple[Figure, ...], *sentences: tuple[int, str]) -> Document:
    sections = (Section("Method", 1, "method", 2), Section("Results", 1, "results", 5))
    body = tuple(Sentence(f"s{k}", at, 2, text, ()) for k, (at, text) in enumerate(sentences, 1))
    return Document(
        "0" * 64, 10, "", "", "good", "", sections, body, (), figures, (), MadeBy("fake", "1")
    )  # fmt: skip


def test_the_overview_explains_the_method_better_than_results_do() -> None:
    results = figure("Figure 3", "Figure 3: Accuracy of the proposed system over SNR.", 2)
    overview = figure("Figure 2", "Figure 2: Overview of the proposed architecture.", 3)
    example = figure("Figure 1", "Figure 1: Spectrograms of two examples.", 1)
    assert method_figure(document((example, overview, results))) == overview


def test_where_two_could_be_it_the_one_that_the_method_names_is() -> None:
    other = figure("Figure 1", "Figure 1: Pipeline of data collection.", 3)
    named = figure("Figure 12", "Figure 12: Pipeline of the encoder.", 3)
    told = document((other, named), (0, "As Fig. 12 shows, frames are joined."))
    assert method_figure(told) == named


def test_no_figure_is_better_than_a_wrong_one() -> None:
    plots = tuple(
        figure(f"Figure {k}", f"Figure {k}: Results on test set {k}.", k) for k in (1, 2, 3)
    )
    assert method_figure(document(plots, (0, "Figure 1 shows it."))) is None
    assert method_figure(document(())) is None


def test_it_loads_no_parser_outside_a_worker() -> None:
    """PyMuPDF brings a library that reports its use; whoever asks for a figure loads neither."""
    asks = "import digest.illustrate, digest.assembly, digest.outputs, digest.audit, sys; "
    asks += "sys.exit(bool({'pymupdf', 'onnxruntime'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", asks], check=False).returncode == 0
