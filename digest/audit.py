"""Does a finished post still hold? Every claim against the stored sources, without a model.

Three questions for each claim: does each citation stand verbatim in the stored document, on its
page; does each number of the claim occur in a sentence that it cites; and does the claim stand in
the post's file as it was written, so that a digit changed by hand is found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from digest.config import Config
from digest.errors import DigestError
from digest.publish import post_name
from digest.records import Breakdown, Claim, Document
from digest.render import markdown
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
    problems: list[Problem] = []
    lost = 0
    for item, claim, document in _claims(items, store):
        claims += 1
        citations += len(claim.evidence)
        stated = [number for number in atoms.numbers(claim.text) if number.hard]
        numbers += len(stated)
        cited = " ".join(evidence.quote for evidence in claim.evidence)
        missing = atoms.extra_numbers(cited, claim.text)
        lost += len(missing)
        found = [f"{number.text} is in no sentence that it cites" for number in missing]
        found += _citations(claim, document, item)
        if f"{markdown.escape(claim.text)}" not in text:
            found.append("does not stand in the post as it was written")
        problems += [Problem(str(item.paper.id), claim.text, what) for what in found]
    return Audit(claims, citations, numbers, numbers - lost, tuple(problems))


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
