"""Does a finished post still hold? Every claim against the stored sources, without a model.

Three questions for each claim: does each citation stand verbatim in the stored document, on its
page; does each number of the claim occur in a sentence that it cites; and does the claim stand in
the post's file as it was written. The file is compared with the post as the store gives it, line
by line: what was changed anywhere, or added inside a reading, is found; notes that a reader wrote
between the readings are not the digest's to judge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from digest.config import Config
from digest.errors import DigestError
from digest.pipeline import post_text
from digest.publish import post_name
from digest.records import Breakdown, Claim, Document
from digest.render.post import leaves
from digest.store import PostItem, Store
from digest.words import atoms
from digest.words.sentences import split_sentences


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
    problems: list[Problem] = _edits(post_text(date, config, store), text)
    lost = 0
    for item, claim, document in _claims(items, store):
        claims += 1
        citations += len(claim.evidence)
        numbers += sum(number.hard for number in atoms.numbers(claim.text))
        cited = " ".join(evidence.quote for evidence in claim.evidence)
        missing = atoms.extra_numbers(cited, claim.text)
        lost += len(missing)
        found = [f"{number.text} is in no sentence that it cites" for number in missing]
        found += _citations(claim, document, item)
        problems += [Problem(str(item.paper.id), claim.text, what) for what in found]
    return Audit(claims, citations, numbers, numbers - lost, tuple(problems))


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
    paper, reading, lines = "", False, []
    for line in text.splitlines():
        if line.startswith("## "):
            paper = line[3:]
        reading = (reading or line == "<details>") and line != "</details>"
        if line.strip():
            lines.append((paper, line.strip(), reading))
    return lines


def _claims(
    items: list[PostItem], store: Store
) -> Iterator[tuple[PostItem, Claim, Document | None]]:
    for item in items:
        if item.breakdown_key is None:
            continue
        breakdown = store.result(item.breakdown_key, Breakdown)
        key = item.document_key
        document = None if key is None else store.result(key, Document)
        for claim in leaves(breakdown) if breakdown is not None else ():
            yield item, claim, document


def _citations(claim: Claim, document: Document | None, item: PostItem) -> list[str]:
    """What is wrong with a claim's citations."""
    if not claim.evidence:
        return ["cites nothing"]
    abstract = split_sentences(item.paper.abstract)
    known = {(f"a{number}", 0): text for number, text in enumerate(abstract, 1)}
    if document is not None:
        known |= {(sentence.id, sentence.page): sentence.text for sentence in document.sentences}
    return [
        f"cites {evidence.id} on page {evidence.page}, which does not say so"
        for evidence in claim.evidence
        if known.get((evidence.id, evidence.page)) != evidence.quote
    ]
