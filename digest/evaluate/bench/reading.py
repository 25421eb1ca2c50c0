"""A paper's reading against the plain way: one chat call for each question over the whole text.

The plain way is measured twice. With the question first, as most tools write it, the text is read
again for each question. With the text first, the chat call finds it in its memory. The goal is set
against the first; the second is shown beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from digest import assembly
from digest.evaluate.bench import texts
from digest.evaluate.bench.claims import verified
from digest.evaluate.bench.figures import Figure
from digest.evaluate.bench.setup import Setup, llama, peak_gb, plain, timed
from digest.generation import Completion, DecodeOptions, Prompt
from digest.pipeline import completed
from digest.records import Breakdown, Document, leaves
from digest.sources.folder import read_one

MOST_SHARE = 0.4
ANSWER_TOKENS = 6 * 80
"""Six bullets of sixty characters."""
_TOKENS_PER_CHAR = 0.5
"""More than a paper has: for the room that the plain way makes."""


def measure(setup: Setup, paper: Path) -> list[Figure]:
    """Seconds and verified bullets of both ways."""
    document = setup.document(paper)
    ours, ours_s, ours_gb = _ours(setup, paper, document)
    published = len(leaves(ours))
    figures = [
        Figure("ours: a reading, checked and repaired", ours_s, "s"),
        Figure("ours: verified bullets", published, "bullets"),
        Figure("ours: most memory of the model's process", ours_gb, "GB"),
    ]
    text = texts.whole_text(document)
    room = min(setup.model.context, int(len(text) * _TOKENS_PER_CHAR) + 2000)
    with plain("PlainChat", setup.gguf, setup.threads, room) as ask:
        ask("chat", texts.SYSTEM, "你好", 4)  # loads
        for order in ("question first", "text first"):
            answers, seconds = timed(lambda order=order: _chats(ask, text, order))  # type: ignore[misc]
            every, held = verified([answer.text for answer in answers], document)
            aimed = order == "question first"
            figures += [
                Figure(
                    f"plain, {order}",
                    seconds,
                    "s",
                    ours_s / seconds,
                    f"<= {MOST_SHARE}" if aimed else "",
                    ours_s <= MOST_SHARE * seconds if aimed else None,
                ),
                Figure(f"plain, {order}: bullets written", every, "bullets"),
                Figure(
                    f"plain, {order}: verified somewhere in the paper",
                    held,
                    "bullets",
                    published / held if held else None,
                    ">= 1",
                    published >= held,
                ),
            ]
        figures.append(Figure("plain: most memory of its process", peak_gb(), "GB"))
    return figures


def _ours(setup: Setup, pdf: Path, document: Document) -> tuple[Breakdown, float, float]:
    paper = completed(read_one(pdf).paper, document)
    with assembly.translator(setup.config) as translator, llama(setup) as engine:
        explainer = assembly.explainer(setup.config, engine, translator)
        few = DecodeOptions(max_output_tokens=1)
        engine.complete(Prompt("", "Say yes."), ["Now."], few)  # loads
        breakdown, seconds = timed(lambda: explainer.explain(paper, document))
        return breakdown, seconds, peak_gb()


def _chats(ask: Callable[..., Any], text: str, order: str) -> list[Completion]:
    first = order == "question first"
    return [
        ask(
            "chat",
            texts.SYSTEM,
            f"{question}\n\n{text}" if first else f"{text}\n\n{question}",
            ANSWER_TOKENS,
        )
        for question in texts.QUESTIONS
    ]
