"""The language of a paper: by its commonest words where they decide, else by a trained model.

English, which nearly every paper is in, is told by its function words in a millisecond. For the
rest py3langid is loaded (0.7 s, 130 MB): https://github.com/adbar/py3langid, offline, its weights
are in its wheel. It must run in a worker: it is never loaded by a process that does other work.
"""

from __future__ import annotations

import functools
import io
import lzma
import re
from array import array
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

_WORD = re.compile(r"[^\W\d_]+")
_COMMONEST = "the of and to in is that for with we are this by be as on from an which it"
_ENGLISH = frozenset(_COMMONEST.split())
# English papers hold 24 to 38 % of these words; other languages and shuffled glyphs under 6 %.
_ENGLISH_SHARE = 0.12
_ENOUGH_CHARS = 40
_SAMPLE_CHARS = 400
_MOST_SAMPLES = 12
# Varieties that the model tells apart, written down as the language that ISO 639-1 knows.
_VARIETIES = {"wuu": "zh", "yue": "zh", "pcm": "en", "nn": "no", "arz": "ar", "ary": "ar"}
_NO_LANGUAGE = "zxx"  # ISO 639-2: "no linguistic content"


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language of ``text``; empty where it is in none or too short.

    Samples from the whole text each give a vote, so that a foreign quotation decides nothing.
    """
    if english_share(text) >= _ENGLISH_SHARE:
        return "en"
    samples = _samples(text)
    if not samples:
        return ""
    votes = [_VARIETIES.get(code, code) for code, _ in map(_classifier(), samples)]
    likeliest = max(set(votes), key=votes.count)
    agreed = 2 * votes.count(likeliest) > len(votes)
    return likeliest if agreed and len(likeliest) == 2 else ""


def english_share(text: str) -> float:
    """The share of English function words among the words of ``text``, 0 to 1."""
    words = _WORD.findall(text.lower())
    return sum(word in _ENGLISH for word in words) / len(words) if words else 0.0


def _samples(text: str) -> list[str]:
    """At most 12 stretches of 400 characters, spread evenly; none where there is too little."""
    letters = sum(map(str.isalpha, islice(text, 4 * _SAMPLE_CHARS)))
    # A Han character says as much as a word.
    wide = sum("\u3040" <= c <= "\ud7a3" for c in islice(text, 4 * _SAMPLE_CHARS))
    if letters + 5 * wide < _ENOUGH_CHARS:
        return []
    step = max(_SAMPLE_CHARS, len(text) // _MOST_SAMPLES)
    starts = range(0, len(text), step)
    samples = [text[start : start + _SAMPLE_CHARS] for start in starts][:_MOST_SAMPLES]
    return [sample for sample in samples if len(sample) > _SAMPLE_CHARS / 2] or samples[:1]


@functools.cache
def _classifier() -> Callable[[str], tuple[str, float]]:
    """An identifier of our own, kept to ISO 639-1.

    The library loads its model over a temporary file, which a confined reader may not write; here
    the same arrays come from memory (modelio.py of py3langid 0.4).
    """
    import numpy
    import py3langid
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    packed = (Path(py3langid.__file__).parent / MODEL_FILE).read_bytes()
    with numpy.load(io.BytesIO(lzma.decompress(packed)), allow_pickle=False) as model:
        identifier = LanguageIdentifier(
            model["ptc"],
            model["pc"],
            model["classes"].tolist(),
            _compact(model["nextmove"]),
            model["out_feat"].tolist(),
            tk_row=_compact(model["nextmove_row"]),
        )
    known = (code for code in identifier.labels if len(code) == 2 or code in _VARIETIES)
    identifier.set_languages([*known, _NO_LANGUAGE])
    classify: Callable[[str], tuple[str, float]] = identifier.classify
    return classify


def _compact(numbers: Any) -> array[int]:
    """An unsigned NumPy array as one of the standard library, which is quicker to index."""
    return array({2: "H", 4: "I", 8: "L"}[numbers.dtype.itemsize], numbers.tobytes())
