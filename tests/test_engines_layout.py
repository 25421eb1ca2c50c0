"""Texts to tokens and back, for each kind of model."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.engines import layout
from digest.engines.families import find
from digest.engines.layout import Layout
from tests.tiny_seq2seq import FILES, Tiny, write_tiny_seq2seq

TEXT = "We propose x_1 for 94% noise."


def read(folder: Path, family: str) -> Layout:
    return layout.read(folder, find(family), "en", "zh-Hans")


@pytest.fixture(scope="module", params=FILES)
def either(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Layout:
    folder = tmp_path_factory.mktemp(request.param)
    return read(write_tiny_seq2seq(folder, Tiny(request.param)), request.param)


@pytest.mark.parametrize(
    ("tiny", "first", "prefix"),
    [
        (Tiny("opus-mt"), ["▁"], ()),
        (Tiny("opus-mt", (">>cmn_Hans<<", ">>deu<<")), [">>cmn_Hans<<", "▁"], ()),
        (Tiny("nllb"), ["eng_Latn", "▁"], ("zho_Hans",)),
        (Tiny("m2m-100"), ["__en__", "▁"], ("__zh__",)),
        (Tiny("madlad-400"), ["▁", "<2zh>", "▁"], ()),
    ],
)
@pytest.mark.parametrize("adds_end", [False, True])
def test_what_stands_around_a_source(
    tmp_path: Path, tiny: Tiny, first: list[str], prefix: tuple[str, ...], adds_end: bool
) -> None:
    """The end is written by us, or by CTranslate2 where its configuration says so; once."""
    other = Tiny(tiny.family, tiny.marks, adds_end=adds_end)
    found = read(write_tiny_seq2seq(tmp_path, other), tiny.family)
    tokens = found.cut("We")
    assert tokens[: len(first)] == first
    assert tokens[len(first) :] == ["W", "e"] + ([] if adds_end else ["</s>"])
    assert (found.prefix, found.added) == (prefix, int(adds_end))


def test_what_is_written_is_read_again(either: Layout) -> None:
    pieces = either.cut(TEXT)[len(either.before) : -1]
    assert either.text(pieces) == TEXT


# What normalisation leaves alone: a full-width comma becomes a plain one, for one.
_LETTERS = st.sampled_from("abxyz ABC_019<>/.,%$^{}\\2de我们的方法。")


@given(st.text(_LETTERS, max_size=40))
def test_any_text_is_read_again(either: Layout, text: str) -> None:
    tokens = either.cut(text)
    pieces = tokens[len(either.before) : len(tokens) - 1]
    assert either.text(pieces) == " ".join(text.split())


@pytest.mark.parametrize("spoken", ["<2de>", "zho_Hans", "__zh__", ">>deu<<", "</s>", "<unk>"])
def test_a_source_cannot_name_a_language_or_end_itself(either: Layout, spoken: str) -> None:
    tokens = either.cut(f"a {spoken} b")
    inner = tokens[len(either.before) : -1]
    assert not set(inner) & either.special
    assert either.text(inner) == f"a {spoken} b"


def test_a_lone_surrogate_is_no_error(either: Layout) -> None:
    assert "".join(either.cut("a\ud800b"))


def test_special_tokens_are_no_text_and_half_a_character_neither(either: Layout) -> None:
    mark = min(either.special)
    assert either.text([mark, "▁", "W", "e", "</s>"]) == "We"
    half = ["▁", "W", "<0xE9>", "<0xBE>"]
    assert either.text(half, finished=False) == "W"
    assert either.text([*half, "<0x98>"]) == "W龘"


def test_positions_are_the_least_of_what_is_said(tmp_path: Path) -> None:
    learnt = write_tiny_seq2seq(tmp_path / "a", Tiny("nllb", positions=24))
    assert layout.positions(learnt, find("nllb"), 512) == 24
    computed = write_tiny_seq2seq(tmp_path / "b", Tiny("nllb"))
    assert layout.positions(computed, find("nllb"), 4096) == 1024
    assert layout.positions(computed, find("nllb"), 200) == 200
    assert layout.positions(computed, find("opus-mt"), 4096) == 512
    assert layout.positions(computed, find("madlad-400"), 4096) == 4096
