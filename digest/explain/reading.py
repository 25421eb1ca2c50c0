"""The grounded reading of a paper: evidence is chosen, bullets are written, checked and repaired.

Bullets are written in *compress* mode: each from one cluster of one or two sentences that the
program chose, so that its citation is right by construction. Nothing is published that does not
pass ``verify``; what fails goes down the ladder: other citation, another try, a clause less, the
source sentence in translation, and last it is dropped and named in ``Breakdown.dropped``.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment, PackageLoader, StrictUndefined

from digest.explain import evidence, repair
from digest.explain.evidence import Cluster, passages_of
from digest.explain.roles import QUESTIONS
from digest.explain.verify import Fault, FaultKind, faults
from digest.records import (
    Breakdown,
    Claim,
    ClaimState,
    DecodeOptions,
    Document,
    Dropped,
    Engine,
    Evidence,
    MadeBy,
    Paper,
    Prompt,
    Section,
    Sentence,
    TextUsed,
    TranslatedSentence,
    to_json,
)
from digest.words.magnitudes import mend_magnitudes
from digest.words.sentences import split_sentences
from digest.words.terms import Glossary, without_made_up_expansions
from digest.words.typography import tidy

RECIPE = 4
"""Rises with every change that alters a reading made from the same paper by the same model."""

GREEDY = DecodeOptions(max_output_tokens=160)
TRIES = 3
"""Samples for each bullet that failed, decoded together; not compared with other numbers."""
RETRY = DecodeOptions(max_output_tokens=160, temperature=0.7, top_k=20, seed=11, n_best=TRIES)

MIN_SENTENCES = 10
"""A text layer with fewer usable sentences is not a paper; the abstract is read instead."""

_COMPLAINTS: dict[FaultKind, str] = {
    "number": "不要写原文没有的数字 {}",
    "name": "不要写原文没有的名称 {}",
    "superlative": "不要写“{}”",
    "direction": "不要改变增减方向",
    "negation": "不要漏掉否定",
    "subject": "这不是本论文自己的工作，不要写“论文”",
    "form": "只用简体中文写一句完整的短句",
    "english": "把英文单词译成中文",
    "thin": "写出原文中的具体数字",
}
"""What a model is told about a fault of its first answer."""

TranslateSentences = Callable[[Sequence[str]], list[TranslatedSentence]]
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Bullet:
    """A cluster on its way down the ladder. ``found``: what is still wrong with ``text``."""

    cluster: Cluster
    cited: tuple[Sentence, ...]
    text: str
    found: tuple[Fault, ...]
    state: ClaimState = "verified"

    @property
    def publishable(self) -> bool:
        return bool(self.text) and not any(fault.hard for fault in self.found)

    @property
    def quotes(self) -> list[str]:
        return [sentence.text for sentence in self.cited]


class Explainer:
    """Writes readings with one engine.

    Args:
        engine: Writes the bullets.
        translate: Translates source sentences, for bullets that fall back to a quotation.
        translated_by: What ``translate`` is, as part of the provenance.
        evidence_tokens: Upper bound on what a reading is written from.
        glossary: What terms are called in Chinese; known wrong names are mended.
    """

    def __init__(
        self,
        engine: Engine,
        translate: TranslateSentences,
        translated_by: MadeBy,
        evidence_tokens: int,
        glossary: Glossary | None = None,
    ) -> None:
        self._glossary = glossary or Glossary()
        self.at_once = engine.at_once
        self._engine = engine
        self._translate = translate
        self._evidence_tokens = evidence_tokens
        templates = Environment(
            loader=PackageLoader("digest.explain", "prompts"),
            undefined=StrictUndefined,
            autoescape=False,  # a prompt is no HTML
        )
        self._prompt = Prompt.parse(templates.get_template("compress.j2").render())
        self._retry = templates.get_template("retry.j2")
        wording = repr((self._prompt, _COMPLAINTS)) + self._retry.render(passage="", faults=[])
        self.made_by = MadeBy(
            engine=engine.name,
            version=f"{engine.version}/recipe-{RECIPE}",
            model=engine.model,
            sha256=engine.sha256,
            options={
                **engine.options,
                "mode": "compress",
                "evidence_tokens": str(evidence_tokens),
                "retry": f"{TRIES} x {RETRY.temperature} top-{RETRY.top_k}",
                "tokens": str(GREEDY.max_output_tokens),
                "glossary": hashlib.sha256(self._glossary.identity().encode()).hexdigest(),
                "quoted_by": hashlib.sha256(to_json(translated_by)).hexdigest(),
            },
            prompt_sha256=hashlib.sha256(wording.encode()).hexdigest(),
            seed=RETRY.seed,
        )

    def explain(self, paper: Paper, document: Document | None) -> Breakdown:
        """The reading of ``paper``: of its text where there is one, else of its abstract.

        Raises:
            WorkerError: The model's process failed, twice.
        """
        text_used, readable = readable_text(paper, document)
        if readable is None:
            return Breakdown((), (), (), "none", (), self.made_by)
        chosen = evidence.select(readable, paper.title, paper.abstract, self._evidence_tokens)
        clusters = [cluster for question in QUESTIONS for cluster in chosen[question]]
        bullets = self._write(clusters, readable)
        kept, dropped = _without_repeats(bullets)
        parts = {
            question: _claims([b for b in kept if b.cluster.role.question == question])
            for question in QUESTIONS
        }
        return Breakdown(**parts, text_used=text_used, dropped=dropped, made_by=self.made_by)

    def _write(self, clusters: Sequence[Cluster], document: Document) -> list[_Bullet]:
        """Bullets for all clusters, in their order, as far down the ladder as each needs."""
        answers = self._engine.complete(self._prompt, [c.text for c in clusters], GREEDY)
        bullets = [
            _bullet(cluster, answer.text, answer.finished, self._glossary)
            for cluster, answer in zip(clusters, answers, strict=True)
        ]
        bullets = [_recite(bullet, document.sentences) for bullet in bullets]
        bullets = self._ask_again(bullets)
        bullets = [_cut(bullet) for bullet in bullets]
        return self._quote(bullets)

    def _ask_again(self, bullets: list[_Bullet]) -> list[_Bullet]:
        """Another answer, from ``TRIES`` samples, for every bullet that has a fault."""
        faulty = [index for index, bullet in enumerate(bullets) if bullet.found]
        if not faulty:
            return bullets
        inputs = [self._complaint(bullets[index]) for index in faulty]
        answers = self._engine.complete(self._prompt, inputs, RETRY)
        better = list(bullets)
        for index, answer in zip(faulty, answers, strict=True):
            old = bullets[index]
            tries = [
                _bullet(old.cluster, each.text, each.finished, self._glossary)
                for each in (answer, *answer.others)
            ]
            clean = [new for new in tries if not new.found]
            passing = clean or [new for new in tries if new.publishable and not old.publishable]
            if passing:
                better[index] = replace(passing[0], state="repaired")
        return better

    def _complaint(self, bullet: _Bullet) -> str:
        lines = dict.fromkeys(_COMPLAINTS[fault.kind].format(fault.what) for fault in bullet.found)
        return self._retry.render(passage=bullet.cluster.text, faults=list(lines))

    def _quote(self, bullets: list[_Bullet]) -> list[_Bullet]:
        """The translated source sentence in place of every bullet that cannot be published."""
        lost = [index for index, bullet in enumerate(bullets) if not bullet.publishable]
        if not lost:
            return bullets
        sources = [bullets[index].cluster.sentences[-1] for index in lost]
        translations = self._translate([source.text for source in sources])
        quoted = list(bullets)
        for index, source, translation in zip(lost, sources, translations, strict=True):
            if translation.kept:
                continue
            found = faults(translation.text, [source.text])
            hard = [fault for fault in found if fault.what != "too long" and fault.hard]
            if not hard:
                quoted[index] = _Bullet(
                    bullets[index].cluster, (source,), translation.text, (), "quoted"
                )
        return quoted


def readable_text(paper: Paper, document: Document | None) -> tuple[TextUsed, Document | None]:
    """What a reading can be made from; a scan or a broken PDF leaves the abstract."""
    readable = document is not None and document.text_quality in ("good", "partial")
    if document is not None and readable and len(passages_of(document)) >= MIN_SENTENCES:
        return "full", document
    sentences = split_sentences(paper.abstract)
    if not sentences:
        return "none", None
    return "abstract", Document(
        pdf_sha256="",
        pages=0,
        title=paper.title,
        abstract=paper.abstract,
        text_quality="good",
        text_quality_reason="the abstract alone",
        sections=(Section("Abstract", 1, "abstract", 0),),
        sentences=tuple(
            Sentence(f"a{number}", 0, 0, text, ()) for number, text in enumerate(sentences, 1)
        ),
        tables=(),
        figures=(),
        hidden=(),
        made_by=MadeBy("metadata", "1"),
    )


def _bullet(cluster: Cluster, answer: str, finished: bool, glossary: Glossary) -> _Bullet:
    """An answer with its faults; one that was cut off or is empty is faulty as a whole."""
    text = glossary.mended(cluster.text, repair.normalise(answer))
    text = tidy(without_made_up_expansions(cluster.text, text, glossary))
    text = mend_magnitudes(cluster.text, text)
    wants_numbers = cluster.role.name == "finding"
    quotes = [sentence.text for sentence in cluster.sentences]
    found = faults(text, quotes, wants_numbers=wants_numbers)
    if any(fault.kind == "subject" for fault in found):
        text = repair.without_subject(text)
        found = faults(text, quotes, wants_numbers=wants_numbers)
    if not finished:
        found.append(Fault("form", "cut off"))
    return _Bullet(cluster, cluster.sentences, text, tuple(found))


def _recite(bullet: _Bullet, sentences: Sequence[Sentence]) -> _Bullet:
    if bullet.publishable:
        return bullet
    wider = repair.reattribute(bullet.text, bullet.cited, sentences, bullet.found)
    return bullet if wider is None else replace(bullet, cited=wider, found=(), state="repaired")


def _cut(bullet: _Bullet) -> _Bullet:
    if bullet.publishable:
        return bullet
    shorter = repair.cut(bullet.text, bullet.quotes)
    return bullet if shorter is None else replace(bullet, text=shorter, found=(), state="repaired")


def _without_repeats(bullets: Sequence[_Bullet]) -> tuple[list[_Bullet], tuple[Dropped, ...]]:
    """What is published, and what is not with the reason: still faulty, or said already."""
    kept: list[_Bullet] = []
    dropped = []
    for bullet in bullets:
        if not bullet.publishable:
            reason = ", ".join(str(fault) for fault in bullet.found) or "empty"
            dropped.append(Dropped(bullet.text, reason))
        elif any(_alike(bullet.text, other.text) for other in kept):
            dropped.append(Dropped(bullet.text, "said already"))
        else:
            kept.append(bullet)
    return kept, tuple(dropped)


def _alike(text: str, other: str) -> bool:
    """Whether two bullets share most of their pairs of characters (Jaccard above 0.6)."""
    one, two = ({t[i : i + 2] for i in range(len(t) - 1)} for t in (text, other))
    return len(one & two) > 0.6 * len(one | two)


def _claims(bullets: Sequence[_Bullet]) -> tuple[Claim, ...]:
    """Bullets under the labels of their roles; a label with one bullet is that bullet's own."""
    groups: dict[str, list[Claim]] = {}
    for bullet in bullets:
        groups.setdefault(bullet.cluster.role.label, []).append(_claim(bullet))
    claims = []
    for label, children in groups.items():
        if len(children) == 1:
            claims.append(replace(children[0], label=label))
        else:
            weakest = max((child.state for child in children), key=_STATES.index)
            claims.append(Claim(label, "", (), weakest, tuple(children)))
    return tuple(claims)


_STATES: tuple[ClaimState, ...] = ("verified", "repaired", "quoted")


def _claim(bullet: _Bullet) -> Claim:
    cited = tuple(Evidence("sentence", s.id, s.page, s.text) for s in bullet.cited)
    return Claim("", bullet.text, cited, bullet.state)
