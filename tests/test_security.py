"""SECURITY.md speaks of what is there: each file it names, each limit it gives."""

import re
from pathlib import Path

import pytest

from digest.engines import server
from digest.extract import TIMEOUT_S
from digest.extract.sandbox import MEMORY_BYTES
from digest.sources import folder, wire

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
ROWS = [line.split(" | ") for line in TEXT.splitlines() if line.startswith("| ")]


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:tests|digest|scripts|models)/[\w/.-]+)`", TEXT)))
)
def test_each_file_it_names_is_there(path):
    assert (ROOT / path).exists()


def test_each_input_has_something_against_it_and_tests_that_hold_it():
    inputs = [row for row in ROWS if len(row) == 3 and "tests/" in row[2]]
    assert len(inputs) >= 15
    for row in inputs:
        assert len(row[1]) > 20
        assert re.fullmatch(r"(?:`tests/test_\w+\.py`,? ?)+\|", row[2]), row[2]


@pytest.mark.parametrize(
    ("row", "figure", "code"),
    [
        ("PDF", "2 GB of address space", MEMORY_BYTES == 2 << 30),
        ("PDF", "19 s of a processor for a paper", TIMEOUT_S == 19.0),
        ("feeds", "64 MiB, a PDF 200 MiB", (wire.FEED.most_bytes, wire.PDF.most_bytes)
         == (64 << 20, 200 << 20)),
        ("folder", "1 MiB at most", folder._METADATA_LIMIT_BYTES == 1 << 20),
        ("answers of a model server", "16 MiB", server._MOST_ANSWER_BYTES == 16 << 20),
    ],
)  # fmt: skip
def test_limits_are_those_of_the_code(row, figure, code):
    (found,) = [
        cells[1] for cells in ROWS if cells[0].startswith(f"| {row}") and figure in cells[1]
    ]
    assert found
    assert code is True
