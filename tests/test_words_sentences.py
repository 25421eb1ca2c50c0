"""Sentence ends: what splits, what does not, and that nothing is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.words.sentences import sentence_spans, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("We train it. It works.", ["We train it.", "It works."]),
        ("Levy et al. [3] show it. We agree.", ["Levy et al. [3] show it.", "We agree."]),
        ("See Fig. 3 and Eq. 4. Then stop.", ["See Fig. 3 and Eq. 4.", "Then stop."]),
        ("The WER is 9.3 at 16 kHz.", ["The WER is 9.3 at 16 kHz."]),
        ("Some (e.g. VCTK, i.e. English) fit.", ["Some (e.g. VCTK, i.e. English) fit."]),
        ("Work by J. S. Bach and D. E. Knuth.", ["Work by J. S. Bach and D. E. Knuth."]),
        ("Is it so? Yes! Good.", ["Is it so?", "Yes!", "Good."]),
        ("It holds.) Next one.", ["It holds.)", "Next one."]),
        ("as in Bilen et al. However, we do not.", ["as in Bilen et al.", "However, we do not."]),
        ("We use model A. The rest is B.", ["We use model A.", "The rest is B."]),
        ("Compared w.r.t. MOS vs. PESQ.", ["Compared w.r.t. MOS vs. PESQ."]),
        ("That is the end. librosa is a package.", ["That is the end.", "librosa is a package."]),
        ("It is shown in [3]. mBERT is new.", ["It is shown in [3].", "mBERT is new."]),
        ("with a max. length of approx. five words", ["with a max. length of approx. five words"]),
        ("The loss is [equation] We train it.", ["The loss is [equation]", "We train it."]),
        ("The loss is [equation] where N is large.", ["The loss is [equation] where N is large."]),
        ("The loss [equation] N times over", ["The loss [equation] N times over"]),
        ("它有效。我们同意！", ["它有效。", "我们同意！"]),
        ("", []),
        ("  \n ", []),
        ("no end", ["no end"]),
    ],
)
def test_splits(text: str, sentences: list[str]) -> None:
    assert split_sentences(text) == sentences


@given(st.text(alphabet="aB 1.!?)([]。é\n", max_size=80))
def test_nothing_but_white_space_is_lost(text: str) -> None:
    spans = sentence_spans(text)
    kept = "".join(text[start:end] for start, end in spans)
    assert "".join(kept.split()) == "".join(text.split())
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
