"""Does a finished post still hold? Every claim against the stored sources, without a model.

Three questions for each claim: does each citation stand verbatim in the stored document, on its
page; is everything that a program can verify in it (numbers with their units, names, measures, what
belongs together, directions, negations) held by what it cites; and does the claim stand in the
post's file as it was written. The file is compared with the post as the store gives it, line
by line: what was changed anywhere, or added inside a reading, is found; notes that a reader wrote
between the readings are not the digest's to judge.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from digest.config import Config
from digest.errors import DigestError
from digest.explain import claims as checks
from digest.pipeline import post_text
from digest.publish import post_name
from digest.records import ORIGINAL, Breakdown, Claim, Document, leaves
from digest.render.post import FORMS
from digest.store import Store
from digest.store.posts import PostItem
from digest.translate.languages import LANGUAGES
from digest.words import atoms


@dataclass(frozen=True, slots=True)
class Problem:
    """A claim that does not hold."""

    paper: str
    claim: str
    what: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What was checked. ``numbers_held`` of ``numbers`` occur in a sentence that is cited."""

    claims: int
    citations: int
    numbers: int
    numbers_held: int
    problems: tuple[Problem, ...]


def audit(date: str, post: Path | None, config: Config, store: Store) -> Audit:
    """Check a date's post.

    Args:
        date: Which post.
        post: Its file; None for the one in the home's posts/.
        config: For the home.
        store: Holds the sources.

    Raises:
        DigestError: There is no such post, or its file cannot be read.
    """
    items = store.post_items(date)
    if not items:
        raise DigestError(f"no post for {date} in {config.home}", "digest status lists the posts")
    path = post or config.posts / post_name(date)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise DigestError(f"{path} cannot be read: {exc}", "digest render writes it again") from exc
    claims = citations = numbers = 0
    problems: list[Problem] = _fewest_edits(date, text, config, store)
    lost = 0
    for item, reading in _readings(items, store):
        document = store.result(item.document_key, Document) if item.document_key else None
        known = checks.Sources(document, item.paper.abstract)
        language = reading.made_by.options.get("language", "zh")
        for published in leaves(reading):
            claim = _in_numerals(published, language)
            claims += 1
            citations += len(claim.evidence)
            numbers += sum(number.hard for number in atoms.numbers(claim.text))
            cited = " ".join(evidence.quote for evidence in claim.evidence)
            lost += len(atoms.extra_numbers(cited, claim.text))
            found = checks.problems(claim, known, chinese=language == "zh")
            problems += [Problem(str(item.paper.id), claim.text, what) for what in found]
    return Audit(claims, citations, numbers, numbers - lost, tuple(problems))


def _fewest_edits(date: str, text: str, config: Config, store: Store) -> list[Problem]:
    """What was changed in a post; it may be of before ``post_format`` was."""
    forms = sorted(FORMS, key=lambda form: form != config.post_format)
    found: list[Problem] | None = None
    for form in forms:
        edits = _edits(post_text(date, replace(config, post_format=form), store), text)
        if found is None or len(edits) < len(found):
            found = edits
        if not found:
            break
    return found or []


def _edits(written: str, present: str) -> list[Problem]:
    """Lines of the post that are gone or changed, and lines added inside a reading.

    A line counts with the heading of its paper, so that claims cannot be moved between papers.
    """
    wanted, found = _lines(written), _lines(present)
    gone = Counter((paper, line) for paper, line, _ in wanted)
    gone -= Counter((paper, line) for paper, line, _ in found)
    added = Counter((paper, line) for paper, line, reading in found if reading)
    added -= Counter((paper, line) for paper, line, _ in wanted)
    missing = [Problem(p, line, "does not stand in the post as it was written") for p, line in gone]
    return missing + [Problem(p, line, "was not written by the digest") for p, line in added]


def _lines(text: str) -> list[tuple[str, str, bool]]:
    """``(paper's heading, line, inside a reading)`` of every line that says something."""
    paper, reading, lines = "", "", []
    for line in _NOTES_BELOW.sub(r"---\n\n\1", text).splitlines():
        if line.startswith("## "):
            paper = line[3:]
        reading = _reading(line, reading)
        if said := _BACKSLASHES.sub("", line.strip()):
            lines.append((_BACKSLASHES.sub("", paper), said, bool(reading)))
    return lines


# Posts of before escape less; where a backslash only keeps typography away it is no matter.
_BACKSLASHES = re.compile(r"""\\+(?=[|'".%,;!{}_*&#-])""")
# What somebody wrote below a paper's last list: Hugo has no other end of a reading than the rule.
_NOTES_BELOW = re.compile(
    r"(?<=\n\n)((?:(?!\s|[-*+] |\d+\\?[.)]|#|---$)(?:.+\n)++\n*+)+)---$", re.MULTILINE
)
_OPENS = re.compile(r"<details>|> \[!note\]- |### (?:详细解读|詳細解讀)")


def _reading(line: str, reading: str) -> str:
    """How the reading began that ``line`` stands in (``<``, ``>`` or ``#``); empty outside."""
    if _OPENS.match(line):
        return line[0]
    last = {
        "<": line == "</details>",
        ">": not line.startswith(">"),
        "#": line == "---",
    }
    return "" if last.get(reading) else reading


def _in_numerals(claim: Claim, language: str) -> Claim:
    """The claim with a decimal point in its numbers, as its sources have it."""
    if language == "zh" or claim.how == ORIGINAL:
        return claim
    return replace(claim, text=LANGUAGES[language].numerals(claim.text))


def _readings(items: Sequence[PostItem], store: Store) -> Iterator[tuple[PostItem, Breakdown]]:
    """The reading of every paper that has one."""
    keys = [item.breakdown_key for item in items if item.breakdown_key is not None]
    found = store.results(keys, Breakdown)
    for item in items:
        reading = found.get(item.breakdown_key or "")
        if reading is not None:
            yield item, reading
