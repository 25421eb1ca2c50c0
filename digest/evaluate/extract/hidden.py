"""Hidden text: what was planted must be found, what is found in real papers must be explained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from digest.evaluate.papers.truth import Planted, Truth
from digest.evaluate.report import Goal, Part, share
from digest.records import Document

_SHOWN_CHARS = 60


def measure(truths: Sequence[Truth], documents: Mapping[str, Document]) -> Part:
    """Planted texts found, those that leaked into the body, and false alarms, on our own papers."""
    found = total = leaked = alarms = 0
    notes: list[str] = []
    for truth in truths:
        document = documents.get(truth.path.stem)
        if document is None:
            continue
        known = [planted.text for planted in truth.planted]
        alarms += sum(not _among(hidden.text, known) for hidden in document.hidden)
        for planted in truth.planted:
            seen, inside = is_found(planted, document), is_read(planted, document)
            found, leaked, total = found + seen, leaked + inside, total + 1
            if not seen or inside:
                state = "not found" if not seen else "found, but in the body too"
                notes.append(f"{truth.path.stem}: {planted.way}: {state}")
    ways = {planted.way for truth in truths for planted in truth.planted}
    return Part(
        f"Hidden text and instructions planted in synthetic papers ({len(ways)} ways)",
        (
            Goal(f"found, of {total}", share(found, total), least=1.0),
            Goal("leaked into the body", float(leaked), most=0.0),
            Goal("false alarms on these papers", float(alarms), most=0.0),
        ),
        tuple(notes),
    )


def is_found(planted: Planted, document: Document) -> bool:
    """True where it is reported as what it is; an instruction must be among the instructions."""
    if planted.way.startswith("instruction"):
        told = [i for i in document.instructions if i.page == planted.page]
        return any(_among(planted.text, [i.text]) or _among(i.text, [planted.text]) for i in told)
    texts = [hidden.text for hidden in document.hidden if hidden.page == planted.page]
    return any(_letters(planted.text) in _letters(text) for text in texts)


def is_read(planted: Planted, document: Document) -> bool:
    """True where the words of it are among the sentences although they were hidden."""
    if planted.way == "instruction in sight":
        return False
    body = _letters(" ".join(sentence.text for sentence in document.sentences))
    return _letters(planted.text) in body


def alarms(documents: Mapping[str, Document]) -> Part:
    """What is reported in real papers: how often, and each with page, reason and its beginning."""
    lines = [
        f"{stem}, page {hidden.page}, {hidden.reason}: {hidden.text[:_SHOWN_CHARS]}"
        for stem, document in sorted(documents.items())
        for hidden in document.hidden
    ]
    lines += [
        f"{stem}, page {told.page}, instruction: {told.text[:_SHOWN_CHARS]}"
        for stem, document in sorted(documents.items())
        for told in document.instructions
    ]
    papers = sum(bool(d.hidden or d.instructions) for d in documents.values())
    title = f"Hidden text reported in real papers ({papers} of {len(documents)})"
    return Part(title, (Goal("reports", float(len(lines))),), tuple(lines))


def _among(text: str, known: Sequence[str]) -> bool:
    """Each of the reported texts may join several planted ones, or cut one."""
    letters = _letters(text)
    for other in sorted(known, key=len, reverse=True):
        letters = letters.replace(_letters(other), "")
    return len(letters) <= 3 or any(letters in _letters(other) for other in known)


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())
