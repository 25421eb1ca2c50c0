import json
import threading
import time
from dataclasses import replace

import pytest

from digest.allowance import Allowance
from digest.errors import ConfigError, DigestError, SourceError, WorkerDied
from digest.pipeline import Day, Tools, finish_posts, post_text, render_day, run_day
from digest.records import Box, Figure
from digest.sources.folder import FolderSource
from digest.store import Store
from tests.conftest import FakeExplainer, FakeExtractor, FakeTranslator


class Killed(BaseException):
    """Ends a run as a signal would: nothing may catch it."""


@pytest.fixture
def store(config):
    return Store(config.database)


def tools(**parts):
    defaults = {
        "extractor": FakeExtractor(),
        "translator": FakeTranslator(),
        "explainer": FakeExplainer(),
    }
    return Tools(**{**defaults, **parts})


def day(papers, limit=None, **options):
    return Day("2026-01-23", FolderSource(papers, limit), **options)


def statuses(report):
    return [outcome.status for outcome in report.outcomes]


def test_a_day_is_made_and_a_second_run_repeats_nothing(papers, config, store):
    made = run_day(day(papers), config, store, tools())
    text = made.post.read_text()
    assert statuses(made) == ["done"] * 6
    assert made.coverage["full"] == 2
    assert "## First\n" in text
    assert "## Title of the PDF\n" in text  # the folder knew no title
    extractor = FakeExtractor()
    again = run_day(day(papers), config, store, tools(extractor=extractor))
    assert statuses(again) == ["reused"] * 6
    assert extractor.read == []
    assert (again.post_status, again.post.read_text()) == ("unchanged", text)


def test_a_broken_paper_costs_only_itself_and_mends_later(papers, config, store):
    broken = FakeExtractor(broken=["2601.00001v1.pdf"])
    report = run_day(day(papers), config, store, tools(extractor=broken))
    [failure] = report.failed
    assert (str(failure.paper), failure.stage) == ("2601.00001v1", "extract")
    text = report.post.read_text()
    assert "> PDF 无法读取（详见 digest status）。" in text
    assert report.coverage["none"] == 1
    assert "## Title of the PDF" in text
    traces = store.database.query("SELECT trace FROM outcome WHERE status = 'failed'")
    assert "OSError" in traces[0][0]
    mended = run_day(day(papers), config, store, tools())
    assert mended.failed == []
    assert "无法读取" not in mended.post.read_text()
    assert mended.coverage["full"] == 2  # the reading of an abstract gave way to that of the text
    assert store.failures() == []


@pytest.mark.parametrize("stage", ["extract", "translate", "explain"])
@pytest.mark.parametrize("at", [0, 1])
def test_a_run_killed_anywhere_ends_with_the_same_post(papers, config, store, stage, at):
    plain = run_day(day(papers), config, store, tools())
    wanted = plain.post.read_bytes()
    other = Store(config.home / "other" / "digest.duckdb")

    def kill(found, _paper, done, _total):
        if (found, done) == (stage, at):
            raise Killed

    with pytest.raises(Killed):
        run_day(day(papers), config, other, tools(), kill)
    resumed = run_day(day(papers), config, other, tools())
    assert resumed.post.read_bytes() == wanted


def test_a_published_post_is_not_rewritten_by_another_model(papers, config, store):
    first = run_day(day(papers), config, store, tools())
    text = first.post.read_text()

    class Other(FakeTranslator):
        made_by = FakeExplainer.made_by

        def translate(self, text):
            raise AssertionError("a published abstract was translated again")

    again = run_day(day(papers), config, store, tools(translator=Other()))
    assert again.post.read_text() == text


def test_redo_makes_everything_anew_with_the_present_models(papers, config, store):
    run_day(day(papers), config, store, tools())

    class Other(FakeTranslator):
        made_by = FakeExplainer.made_by

        def translate(self, text):
            return super().translate(text + "!")

    report = run_day(day(papers, redo=True), config, store, tools(translator=Other()))
    assert "译文：One.!" in report.post.read_text()


def test_a_failed_redo_takes_nothing_from_the_post(papers, config, store):
    first = run_day(day(papers), config, store, tools())

    class Dead(FakeExplainer):
        made_by = FakeTranslator.made_by

        def explain(self, paper, document):
            raise OSError("no model")

    failed = run_day(day(papers, redo=True), config, store, tools(explainer=Dead()))
    assert len(failed.failed) == 2
    assert failed.coverage["full"] == 2
    again = run_day(day(papers, redo=True), config, store, tools())
    assert again.post.read_text() == first.post.read_text()
    assert store.failures() == []


def test_titles_are_translated_where_the_lab_wants_them(papers, config, store):
    plain = run_day(day(papers), config, store, tools())
    assert "**标题**" not in plain.post.read_text()
    wanted = replace(config, translate_titles=True, home=config.home / "other")
    report = run_day(day(papers), wanted, Store(wanted.database), tools())
    assert "- **标题**: 译：" in report.post.read_text()


def test_a_corrected_abstract_is_translated_anew(papers, config, store):
    run_day(day(papers), config, store, tools())
    metadata = {"id": "2601.00001v1", "title": "First", "abstract": "Corrected."}
    (papers / "a.json").write_text(json.dumps(metadata))
    text = run_day(day(papers), config, store, tools()).post.read_text()
    assert "译文：Corrected." in text
    assert "译文：One." not in text


def test_a_paper_whose_metadata_is_mended_stays_one_paper(papers, config, store):
    whole = (papers / "a.json").read_text()
    (papers / "a.json").write_text("{")
    run_day(day(papers), config, store, tools())
    (papers / "a.json").write_text(whole)
    mended = run_day(day(papers), config, store, tools())
    titles = [line for line in mended.post.read_text().splitlines() if line.startswith("## ")]
    assert titles == ["## First", "## Title of the PDF"]
    assert store.failures() == []


def test_a_post_keeps_its_heading_and_names_all_its_sources(papers, config, store, tmp_path):
    run_day(day(papers), config, store, tools())
    other = tmp_path / "other"
    other.mkdir()
    (other / "c.pdf").write_bytes(b"%PDF other")
    renamed = replace(config, title="Another title")
    text = run_day(day(other), renamed, store, tools()).post.read_text()
    assert 'title: "arXiv Daily – 2026-01-23"' in text
    assert "从文件夹“papers、other”读入" in text


def test_what_is_no_readable_file_is_left_out_and_said(papers, config, store):
    (papers / "c.pdf").mkdir()
    (papers / "d.pdf").symlink_to("nowhere")
    report = run_day(day(papers), config, store, tools())
    assert report.papers == 2
    assert [problem.removesuffix(" is no file") for problem in report.unread] == [
        str(papers / "c.pdf"),
        str(papers / "d.pdf"),
    ]


def test_a_paper_that_cannot_be_read_is_known_by_its_file(papers, config, store):
    class Nothing(FakeExtractor):
        def extract(self, pdf):
            raise OSError("no text")

    report = run_day(day(papers), config, store, tools(extractor=Nothing()))
    assert "## b\n" in report.post.read_text()


def test_papers_join_a_post_and_none_leaves_it(papers, config, store):
    run_day(day(papers, limit=1), config, store, tools())
    (papers / "0.pdf").write_bytes(b"%PDF third")
    run_day(day(papers), config, store, tools())
    (papers / "a.pdf").unlink()
    report = run_day(day(papers), config, store, tools())
    titles = [line for line in report.post.read_text().splitlines() if line.startswith("## ")]
    assert titles == ["## First", "## Title of the PDF", "## Title of the PDF"]


def test_a_post_edited_by_hand_is_kept(papers, config, store):
    report = run_day(day(papers, limit=1), config, store, tools())
    report.post.write_text("my notes")
    again = run_day(day(papers), config, store, tools())
    assert again.post_status == "aside"
    assert report.post.read_text() == "my notes"
    assert again.post.name == "2026-01-23-arxiv-daily.new.md"


def test_bad_metadata_is_said_and_the_paper_is_read_all_the_same(papers, config, store):
    (papers / "a.json").write_text("{")
    report = run_day(day(papers), config, store, tools())
    [failure] = report.failed
    assert failure.stage == "fetch"
    assert "delete it" in failure.hint
    assert report.coverage["full"] == 2


def test_the_post_names_no_path_of_the_machine(papers, config, store):
    class Lost(FakeExtractor):
        def extract(self, pdf):
            raise DigestError(f"{pdf} is no PDF")

    report = run_day(day(papers), config, store, tools(extractor=Lost()))
    assert str(config.home) not in report.post.read_text()
    assert f"{config.papers / '2601.00001v1.pdf'} is no PDF" in report.failed[0].error


def test_a_folder_without_papers_makes_no_post(tmp_path, config, store):
    with pytest.raises(SourceError, match="no such folder"):
        run_day(day(tmp_path / "none"), config, store, tools())
    assert not config.posts.exists()


def test_rendering_again_gives_the_same_bytes(papers, config, store):
    report = run_day(day(papers), config, store, tools())
    text = report.post.read_text()
    report.post.unlink()
    assert render_day("2026-01-23", config, store).path.read_text() == text
    assert post_text("2026-01-23", config, store) == text
    with pytest.raises(DigestError, match="no post for 2026-01-24"):
        post_text("2026-01-24", config, store)


def test_a_new_pdf_of_a_published_paper_is_read(papers, config, store):
    run_day(day(papers), config, store, tools())
    (papers / "a.pdf").write_bytes(b"%PDF-1.4 second version")
    metadata = {"id": "2601.00001v2", "title": "First, revised"}
    (papers / "a.json").write_text(json.dumps(metadata))
    report = run_day(day(papers), config, store, tools())
    assert "## First, revised" in report.post.read_text()
    assert "## First\n" not in report.post.read_text()


def many(tmp_path, count):
    """A folder of ``count`` papers."""
    folder = tmp_path / "many"
    folder.mkdir()
    for n in range(count):
        (folder / f"p{n:02}.pdf").write_bytes(f"%PDF-1.4 {n}".encode())
        known = {"id": f"2601.{n:05}v1", "title": f"Paper {n}", "abstract": f"Abstract {n}."}
        (folder / f"p{n:02}.json").write_text(json.dumps(known))
    return folder


class Together(FakeExplainer):
    """Counts how many papers are explained at once; some of them fail, some are slow."""

    def __init__(self, at_once, failing=()):
        self.at_once, self.failing = at_once, failing
        self.lock, self.inside, self.most = threading.Lock(), 0, 0

    def explain(self, paper, document):
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        number = int(paper.title.split()[1])
        time.sleep(0.02 * (number % 3))
        with self.lock:
            self.inside -= 1
        if number in self.failing:
            raise WorkerDied("the process was killed by SIGKILL", "free some memory")
        return super().explain(paper, document)


def test_papers_in_flight_together_make_the_same_post(tmp_path, config, store):
    folder = many(tmp_path, 20)
    one = run_day(day(folder), config, store, tools())
    other = replace(config, home=tmp_path / "other")
    explainer = Together(8)
    together = run_day(day(folder), other, Store(other.database), tools(explainer=explainer))
    assert together.post.read_bytes() == one.post.read_bytes()
    assert [o.paper for o in together.outcomes] == [o.paper for o in one.outcomes]
    assert 2 <= explainer.most <= 8


def test_a_failure_among_papers_in_flight_costs_only_its_own(tmp_path, config, store):
    folder = many(tmp_path, 12)
    report = run_day(day(folder), config, store, tools(explainer=Together(4, failing={0, 5, 11})))
    assert [str(o.paper) for o in report.failed] == ["2601.00000v1", "2601.00005v1", "2601.00011v1"]
    assert {(o.error, o.hint) for o in report.failed} == {
        ("the process was killed by SIGKILL", "free some memory")
    }
    assert report.coverage["full"] == 9
    assert "WorkerDied" in store.database.query("SELECT max(trace) FROM outcome")[0][0]
    mended = run_day(day(folder), config, store, tools(explainer=Together(4)))
    assert (mended.failed, mended.coverage["full"]) == ([], 12)


def test_a_run_that_is_killed_among_papers_in_flight_goes_on(tmp_path, config, store):
    folder = many(tmp_path, 12)

    class KillsOnce(Together):
        def explain(self, paper, document):
            if paper.title == "Paper 6":
                raise Killed
            return super().explain(paper, document)

    with pytest.raises(Killed):
        run_day(day(folder), config, store, tools(explainer=KillsOnce(3)))
    report = run_day(day(folder), config, store, tools(explainer=Together(3)))
    reused = [o for o in report.outcomes if (o.stage, o.status) == ("explain", "reused")]
    assert len(reused) == 6  # what was made before it, in the order of the post
    assert report.coverage["full"] == 12


class Licensed(FolderSource):
    """Papers that everybody may pass on."""

    def deliver(self, date):
        delivery = super().deliver(date)
        licence = "http://creativecommons.org/licenses/by/4.0/"
        arrivals = [replace(a, paper=replace(a.paper, licence=licence)) for a in delivery.arrivals]
        return replace(delivery, arrivals=tuple(arrivals))


class Drawn(FakeExtractor):
    def extract(self, pdf):
        box = Box(1, 50, 50, 400, 400)
        figure = Figure("Figure 1", "Overview of the proposed architecture.", 1, box)
        return replace(super().extract(pdf), figures=(figure,))


def test_a_figure_is_cut_where_it_is_asked_for_and_allowed(papers, config, store):
    cutting = tools(extractor=Drawn(), cut=lambda pdf, figure, dpi: pdf.name.encode())
    made = Day("2026-01-23", Licensed(papers, 1))
    report = run_day(made, config, store, cutting)
    assert "![" not in report.post.read_text()
    report = run_day(made, replace(config, figures="free"), store, cutting)
    assert "![Figure 1](figures/2601.00001v1-figure-1.png)" in report.post.read_text()
    picture = config.posts / "figures" / "2601.00001v1-figure-1.png"
    assert picture.read_bytes() == b"2601.00001v1.pdf"


def test_a_post_that_a_run_was_stopped_before_has_its_figures_too(papers, config, store):
    config = replace(config, figures="free")
    made = run_day(Day("2026-01-23", Licensed(papers, 1)), config, store, tools(extractor=Drawn()))
    made.post.unlink()
    [finished] = finish_posts(config, store, "2026-01-01", lambda pdf, figure, dpi: b"a picture")
    assert "![Figure 1](figures/2601.00001v1-figure-1.png)" in finished.path.read_text()


def test_a_broken_template_is_found_before_the_work(papers, config, store):
    config.templates.mkdir(parents=True)
    wrong = "{% for paper in papers %}{{ paper.parts[0][0].txet }}{% endfor %}"
    (config.templates / "jekyll.md.j2").write_text(wrong)
    extractor = FakeExtractor()
    with pytest.raises(ConfigError, match=r"jekyll\.md\.j2:1"):
        run_day(day(papers), config, store, tools(extractor=extractor))
    assert extractor.read == []


def test_another_form_is_another_text_of_the_same_post(papers, config, store):
    written = run_day(day(papers), config, store, tools()).post.read_text()
    again = render_day("2026-01-23", replace(config, post_format="github"), store)
    assert (again.status, again.path.read_text()[:14]) == ("written", "# arXiv Daily ")
    assert render_day("2026-01-23", config, store).path.read_text() == written


def test_what_is_left_of_a_night_holds_its_readings_from_the_first_paper_on(papers, config, store):
    class Took(FakeExplainer):
        def explain(self, paper, document):
            time.sleep(0.2)
            return super().explain(paper, document)

    run_day(day(papers, limit=1), config, store, tools(explainer=Took()))
    allowance, seen = Allowance(time.monotonic), []

    def progress(stage, _paper, done, total):
        if (stage, done) == ("explain", 0):
            seen.append(allowance.left_s())

    class Asked(FakeTranslator):
        def translate(self, text, title=""):
            seen.append(allowance.left_s())
            return super().translate(text)

    made = tools(explainer=Took(), translator=Asked())
    run_day(
        Day("2026-01-24", FolderSource(many(papers, 3))), config, store, made, progress, allowance
    )
    assert all(least >= 0.6 for least, _ in seen)  # three readings of 0.2 s at least
    assert len(seen) == 4
