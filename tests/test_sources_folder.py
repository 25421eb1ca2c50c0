import hashlib
import json
import logging
import os
from datetime import UTC, datetime

import pytest

from digest.errors import SourceError
from digest.records import ArxivId, LocalId
from digest.sources.folder import FolderSource, read_one


def put(folder, name, data=b"%PDF-1.4", **metadata):
    (folder / f"{name}.pdf").write_bytes(data)
    if metadata:
        (folder / f"{name}.json").write_text(json.dumps(metadata), encoding="utf-8")


def arrivals(folder):
    return FolderSource(folder).deliver("2026-01-23").arrivals


def test_papers_come_in_the_order_of_their_names(tmp_path):
    put(tmp_path, "b", b"two")
    put(tmp_path, "a", b"one")
    (tmp_path / "notes.txt").write_text("not a paper")
    assert [arrival.pdf.name for arrival in arrivals(tmp_path)] == ["a.pdf", "b.pdf"]


def test_metadata_is_read(tmp_path):
    put(
        tmp_path,
        "a",
        id="2601.16158v1",
        title="A \n title",
        authors=["Ada  Lovelace"],
        abstract="Text.",
        categories=["cs.SD", "eess.AS"],
        submitted="2026-01-22T09:00:00+08:00",
    )
    paper = arrivals(tmp_path)[0].paper
    assert paper.id == ArxivId.parse("2601.16158v1")
    assert (paper.title, paper.authors) == ("A title", ("Ada Lovelace",))
    assert paper.submitted_at == datetime(2026, 1, 22, 1, tzinfo=UTC)


def test_a_paper_without_metadata_is_known_by_its_bytes(tmp_path):
    put(tmp_path, "a", b"bytes")
    sha256 = hashlib.sha256(b"bytes").hexdigest()
    assert arrivals(tmp_path)[0].paper.id == LocalId.parse(f"local:{sha256}")


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("{", "Expecting"),
        ("[]", "not an object"),
        ('{"titel": "x"}', "unknown key 'titel'"),
        ('{"id": "x"}', "not an arXiv identifier"),
        ('{"authors": "A. B."}', "authors must be a list"),
        ('{"submitted": "yesterday"}', "Invalid isoformat"),
        ("[" * 100000, ""),
        ('{"title": "\\ud83d"}', "surrogates not allowed"),
        ('{"categories": ["<script>"]}', "not a category: '<script>'"),
        ('{"submitted": "0001-01-01T00:00:00+14:00"}', "out of range"),
    ],
)
def test_bad_metadata_is_a_problem_of_its_paper_alone(tmp_path, metadata, message):
    put(tmp_path, "a")
    (tmp_path / "a.json").write_text(metadata)
    put(tmp_path, "b", b"other")
    first, second = arrivals(tmp_path)
    assert message in first.problem.message
    assert "a.json" in first.problem.message
    assert isinstance(first.paper.id, LocalId)
    assert second.problem is None
    with pytest.raises(SourceError):
        read_one(tmp_path / "a.pdf")


def test_two_files_of_one_paper_count_once(tmp_path, caplog):
    put(tmp_path, "a", b"v1", id="2601.16158v1")
    put(tmp_path, "b", b"v2", id="2601.16158v2")
    put(tmp_path, "c", b"same")
    put(tmp_path, "d", b"same")
    with caplog.at_level(logging.WARNING):
        assert [a.pdf.name for a in arrivals(tmp_path)] == ["a.pdf", "c.pdf"]
    assert "b.pdf is the same paper as" in caplog.text


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.pdf")
    delivery = FolderSource(tmp_path).deliver("2026-01-23")
    assert delivery.arrivals == ()
    assert [f"{exc.message}" for exc in delivery.unread] == [f"{tmp_path / 'a.pdf'} is no file"]


def test_an_empty_or_missing_folder_is_named(tmp_path):
    with pytest.raises(SourceError, match="no PDF in"):
        arrivals(tmp_path)
    with pytest.raises(SourceError, match="no such folder"):
        arrivals(tmp_path / "x")
