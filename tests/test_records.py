from datetime import UTC, datetime

import msgspec
import pytest

from digest.records import (
    ArxivId,
    Box,
    Claim,
    Evidence,
    LocalId,
    Paper,
    PaperId,
    Sentence,
    from_json,
    to_json,
)


@pytest.mark.parametrize(
    ("text", "base", "version"),
    [
        ("2601.16158v1", "2601.16158", 1),
        ("0704.0001", "0704.0001", None),
        ("quant-ph/0201082v12", "quant-ph/0201082", 12),
        ("math.GT/0309136", "math.GT/0309136", None),
        ("http://arxiv.org/abs/hep-th/9901001v3", "hep-th/9901001", 3),
        ("https://arxiv.org/pdf/2601.16158v2.pdf", "2601.16158", 2),
        ("arXiv:2107.05580v1", "2107.05580", 1),
    ],
)
def test_both_schemes_of_identifier(text, base, version):
    parsed = ArxivId.parse(text)
    assert (parsed.base, parsed.version) == (base, version)
    assert ArxivId.parse(str(parsed)) == parsed


@pytest.mark.parametrize("text", ["", "2601.1", "v1", "2601.16158v0", "local:abc", "../2601.16158"])
def test_what_is_no_identifier_is_refused(text):
    with pytest.raises(ValueError, match="not a"):
        PaperId.parse(text)


def test_records_survive_json():
    paper = Paper(
        ArxivId.parse("quant-ph/0201082v1"),
        title="T",
        authors=("A",),
        submitted_at=datetime(2026, 1, 22, tzinfo=UTC),
    )
    again = from_json(to_json(paper), Paper)
    assert again == paper
    assert isinstance(again.id, ArxivId)
    local = Paper(LocalId.parse("local:" + "a" * 64))
    assert isinstance(from_json(to_json(local), Paper).id, LocalId)


def test_claims_nest_and_boxes_are_arrays():
    child = Claim("", "b", (Evidence("sentence", "s1", 1, "q"),), "quoted")
    claim = Claim("a", "", (), "quoted", (child,))
    assert from_json(to_json(claim), Claim) == claim
    sentence = Sentence("s1", None, 1, "t", (Box(1, 0, 0, 2, 3),))
    assert msgspec.json.decode(to_json(sentence))["boxes"] == [[1, 0, 0, 2, 3]]


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="submitted_at"):
        Paper(ArxivId.parse("2601.00001"), submitted_at=datetime(2026, 1, 1))  # noqa: DTZ001
