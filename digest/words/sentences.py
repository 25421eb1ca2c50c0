"""Where sentences end in the running text of a paper. Pure: text in, offsets out.

Errs on the side of not splitting: half a sentence misleads a reader and a translator, two
sentences together only read long. Does not mend hyphenation: that needs the lines of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

# Never the end of a sentence.
_ABBREVIATIONS = """a.k.a alg app approx ca cf ch cor def dept dr e.g ed eds eq eqs et fig figs i.e
    i.i.d lem mr mrs ms no nos pp prof prop ref refs resp s.t sec secs st tab thm univ viz vol vs
    w.r.t"""
_NEVER = frozenset(_ABBREVIATIONS.split())
# The end of a sentence only before a capital that does not continue a name.
_RARELY = frozenset({"al", "etc", "inc", "ltd", "co", "jr", "sr", "u.s", "u.k", "ph.d"})

# A mark that may end a sentence, what closes with it, then space.
_END = re.compile(r"(?P<mark>[.!?]+)(?P<close>[)\]}\"'”’»]*)(?P<space>\s+)(?=\S)")
_CHINESE_END = re.compile(r"[。！？]+[”’』」）]*")
_WORD_BEFORE = re.compile(r"(?:[^\W\d_]|\.(?=[^\W\d_]))+$")
# What may open a sentence: a capital, a digit, a bracket, a quote, a Greek letter or a placeholder.
_OPENS = re.compile(r"[\"'“‘«(\[]*[^\W_]")
# A name that is written small: "iPhone", "wav2vec", "mBERT"; or a plain small word ("librosa"),
# which is none where it is one of those that only follow an abbreviation.
_SMALL_NAME = re.compile(r"[a-z]+[A-Z\d]\w*\b|(?P<plain>[a-z]{3,}\b)(?![.@])")
_FOLLOWERS = """and are but for from has have into its nor not that the their then they this was
    were when where which while who with"""
_GOES_ON = frozenset(_FOLLOWERS.split())
_SHORTENED = """abs arg avg coef conf cont corr diff dim dims est excl exp freq incl inf max min
    norm orig param params proj rel res std sup temp var"""
_CLIPPED = frozenset(_SHORTENED.split())
# What follows a displayed equation in capitals is a new sentence, unless it is a variable.
_EQUATION_END = re.compile(r"\[equation\](?=\s+(?:[A-Z][a-z]|A\s[a-z]{2}))")


def split_sentences(text: str) -> list[str]:
    """The sentences of ``text`` in order, without the white space between them."""
    return [text[start:end] for start, end in sentence_spans(text)]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Half-open offsets of each sentence; together they hold everything but white space."""
    spans = []
    start = 0
    for end in (*_ends(text), len(text)):
        piece = text[start:end]
        if stripped := piece.strip():
            left = start + len(piece) - len(piece.lstrip())
            spans.append((left, left + len(stripped)))
        start = end
    return spans


def _ends(text: str) -> Iterator[int]:
    """Offsets just after the marks that do end a sentence, in order."""
    ends = {match.end() for match in _CHINESE_END.finditer(text)}
    ends.update(m.end("close") for m in _END.finditer(text) if _is_end(text, m))
    ends.update(match.end() for match in _EQUATION_END.finditer(text))
    return iter(sorted(ends))


def _is_end(text: str, match: re.Match[str]) -> bool:
    after = text[match.end() : match.end() + 40]
    if not _may_open(after):
        return match["mark"] == "." and _opens_small(text, match, after)
    if match["mark"] != ".":
        # "(see why?) and": a lower-case letter after a closing bracket goes on.
        return match["mark"] != "..." or after[0].isupper()
    before = _word_before(text, match.start())
    if before.lower() in _NEVER:
        return False
    if before.lower() in _RARELY:
        return _opens_clearly(after)
    if len(before) == 1 and before.isupper():
        return not _is_initial(text, match.start(), after)
    return True


def _word_before(text: str, end: int) -> str:
    match = _WORD_BEFORE.search(text, max(0, end - 30), end)
    return match[0] if match else ""


def _may_open(after: str) -> bool:
    match = _OPENS.match(after)
    return match is not None and not match[0][-1].islower()


def _opens_small(text: str, match: re.Match[str], after: str) -> bool:
    """True for "at the end. librosa is" and "in [3]. librosa is"; an abbreviation is no end."""
    name = _SMALL_NAME.match(after)
    if name is None or name["plain"] in _GOES_ON:
        return False
    before = _word_before(text, match.start())
    if not before:
        return text[match.start() - 1] in ")]"
    return len(before) >= 3 and before.islower() and before not in _NEVER | _RARELY | _CLIPPED


def _opens_clearly(after: str) -> bool:
    """After "et al." a capital opens a sentence; "[3]", "(2019)" and a digit do not."""
    return after[0].isupper()


def _is_initial(text: str, dot: int, after: str) -> bool:
    """True for "J. Smith" and "J. S. Bach"; False for "vitamin C. The" and "model A. We"."""
    previous = text[max(0, dot - 12) : dot - 1].rstrip()
    if re.match(r"(?:We|The|This|It|In|For|To|As|Our|These|However|Here|If|When)\b", after):
        return False
    starts_name = not previous or previous[-1] in ".,;(&" or previous.endswith((" and", " by"))
    return starts_name or re.match(r"[A-Z]\.|[A-Z][a-z]+,", after) is not None
