import threading
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.intake import Intake, Read
from digest.records import ArxivId, Paper
from digest.sources import Arrival
from tests.conftest import FakeExtractor

PDFS = [Path(f"/papers/{number}.pdf") for number in range(3)]


def arrival(number):
    return Arrival(Paper(ArxivId.parse(f"2601.{number:05}v1")), PDFS[number], str(number))


def names(intake):
    found = []
    while (came := intake.take(wait=True)) is not None:
        found.append(came.pdf.name)
        if isinstance(came, Arrival):
            intake.read(came.pdf)
    return found


@pytest.mark.parametrize("ahead", [True, False])
def test_everything_that_arrives_is_read_and_then_nothing_is_to_come(ahead):
    extractor = FakeExtractor()
    intake = Intake(map(arrival, range(3)), extractor.extract_each, ahead)
    assert sorted(names(intake)) == sorted([*("0.pdf", "1.pdf", "2.pdf")] * 2)
    assert (intake.is_pending, sorted(extractor.read)) == (False, ["0.pdf", "1.pdf", "2.pdf"])
    intake.stop()


def test_who_does_not_wait_gets_what_is_here():
    gate = threading.Event()

    def arrivals():
        yield arrival(0)
        gate.wait(10)
        yield arrival(1)

    intake = Intake(arrivals(), FakeExtractor().extract_each, ahead=True)
    assert intake.take(wait=True).pdf == PDFS[0]
    assert (intake.take(wait=False), intake.is_pending) == (None, True)
    gate.set()
    assert intake.take(wait=True).pdf == PDFS[1]
    assert (intake.take(wait=True), intake.is_pending) == (None, False)
    intake.stop()


@pytest.mark.parametrize("ahead", [True, False])
def test_what_ends_the_source_is_raised_where_papers_are_taken(ahead):
    def arrivals():
        yield arrival(0)
        raise SourceError("the disk is gone")

    intake = Intake(arrivals(), FakeExtractor().extract_each, ahead)
    assert intake.take(wait=True).pdf == PDFS[0]
    with pytest.raises(SourceError, match="the disk is gone"):
        intake.take(wait=True)
    intake.stop()


def test_what_went_wrong_with_a_pdf_comes_as_its_result():
    intake = Intake((), FakeExtractor(broken=["1.pdf"]).extract_each, ahead=False)
    for pdf in PDFS:
        intake.read(pdf)
    came = [intake.take(wait=True) for _ in PDFS]
    assert [isinstance(read, Read) and isinstance(read.found, OSError) for read in came] == [
        False,
        True,
        False,
    ]
    assert all(read.seconds >= 0 for read in came)
    intake.stop()


def test_a_reader_is_not_asked_for_more_than_is_there_to_give_what_it_has():
    """A reader that takes two at a time gives the first, though no second is handed over."""

    def by_two(pdfs):
        waiting = []
        for pdf in pdfs:
            waiting += [pdf] if pdf is not None else []
            if pdf is None or len(waiting) == 2:
                yield from ((each, OSError("read")) for each in waiting)
                waiting = []

    intake = Intake((), by_two, ahead=False)
    intake.read(PDFS[0])
    assert intake.take(wait=True).pdf == PDFS[0]
    intake.read(PDFS[1])
    assert intake.take(wait=True).pdf == PDFS[1]
    intake.stop()


def test_a_stopped_intake_lets_its_threads_end():
    before = threading.active_count()
    intake = Intake(map(arrival, range(3)), FakeExtractor().extract_each, ahead=True)
    for pdf in PDFS:
        intake.read(pdf)
    intake.stop()
    for thread in threading.enumerate():
        if thread.name.startswith("intake"):
            thread.join(timeout=10)
    assert threading.active_count() <= before
