"""Marks are read back: what is right, what is not, and the whole on a folder made here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from digest.errors import ConfigError
from digest.evaluate.pages import Witness, evaluate, holds


@pytest.mark.parametrize(
    ("quote", "read", "right", "literal"),
    [
        ("A word-for-word test.", "awordforwordtest", True, True),
        ("A word too few here.", "awordtoofew", False, False),
        ("A word.", "awordmore", False, False),
        ("Its power R holds.", "itspowerr\ue0005\ue0001holds", True, False),
        ("It is x2 there.", "itisx\ue0002there", True, True),
        ("It is [equation] there.", "itisabcthere", True, True),
    ],
)
def test_what_a_mark_holds(quote: str, read: str, right: bool, literal: bool) -> None:
    assert holds(quote, read) == right
    assert holds(quote, read, to_the_letter=True) == literal


def test_a_witness_reads_what_is_inside(page: Any, tmp_path: Path) -> None:
    page.insert_text((61.2, 100), "Left", fontsize=10)
    page.insert_text((90, 96), "2", fontsize=6)
    page.insert_text((306, 100), "right", fontsize=10)
    page.parent.save(tmp_path / "a.pdf")
    whole, left = (0.0, 0.0, 1.0, 1.0), (0.05, 0.1, 0.3, 0.14)
    assert Witness().texts(str(tmp_path / "a.pdf"), [(1, whole), (1, left)]) == [
        "left\ue0002right", "left\ue0002",
    ]  # fmt: skip


def test_a_folder_of_papers(page: Any, tmp_path: Path) -> None:
    for k in range(12):
        page.insert_text((72, 100 + 14 * k), f"This is sentence {k} of the twelve. Here is more.")
    (tmp_path / "pdfs").mkdir()
    page.parent.save(tmp_path / "pdfs" / "a.pdf")
    (tmp_path / "pdfs" / "b.pdf").write_bytes(b"<html>")
    [part] = evaluate(tmp_path, every=2).parts
    values = {goal.name: goal.value for goal in part.goals}
    assert values["marks of just their words, of 12"] == 1.0
    assert values["every number marked, of 12"] == 1.0
    assert "b.pdf is a web page" in part.notes[0]


def test_a_folder_without_papers(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no pdfs/\*\.pdf"):
        evaluate(tmp_path)
