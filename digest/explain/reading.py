"""The grounded reading of a paper: evidence is chosen, bullets are written, checked and repaired.

Nothing is published that does not pass ``verify``; what fails goes down the ladder: other
citation, another try, a clause less, the source sentence in translation, a result's figures in
their own sentence, and last it is dropped and named in ``Breakdown.dropped``. A question none of
whose bullets stand is asked of the evidence that comes next. A checker model, where there is one,
marks claims and drops none.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from digest.explain import bullets as ladder
from digest.explain import evidence
from digest.explain.bullets import Bullet
from digest.explain.evidence import Selection
from digest.explain.judge import Judge
from digest.explain.passages import Cluster, passages_of, readable
from digest.explain.roles import QUESTIONS
from digest.explain.verify import FaultKind
from digest.explain.writers import (
    GREEDY,
    MOST_BULLETS,
    MOST_OF_ROLE,
    Compose,
    Compress,
    Manner,
    Writer,
    environment,
    terms,
)
from digest.generation import DecodeOptions, Engine, Prompt
from digest.records import (
    Breakdown,
    Document,
    MadeBy,
    Paper,
    Section,
    Sentence,
    TextUsed,
    TranslatedSentence,
    to_json,
)
from digest.words.sentences import split_sentences
from digest.words.terms import Glossary, Term

RECIPE = 6
"""Rises with every change that alters a reading made from the same paper by the same model."""

TRIES = 3
"""Samples for each bullet that failed, decoded together; not compared with other numbers."""
RETRY = DecodeOptions(max_output_tokens=160, temperature=0.7, top_k=20, seed=11, n_best=TRIES)

SPARES = 12
"""Clusters of a question that are tried at most, where none of its bullets can be published."""
MOST_ORIGINALS = 2
"""Results that stand in the paper's own words where no translation held; more is no reading."""
MIN_SENTENCES = 10
"""A text layer with fewer usable sentences is not a paper; the abstract is read instead."""

_COMPRESS = Manner()

_COMPLAINTS: dict[FaultKind, str] = {
    "number": "不要写原文没有的数字 {}",
    "unit": "数字 {} 的单位与原文不同",
    "name": "不要写原文没有的名称 {}",
    "metric": "原文没有说“{}”",
    "triple": "数字 {} 与它所属的对象要出自同一句",
    "superlative": "不要写“{}”",
    "direction": "不要改变增减方向",
    "negation": "不要漏掉或增加否定",
    "subject": "这不是本论文自己的工作，不要写“论文”",
    "form": "只用简体中文写一句完整的短句",
    "english": "把英文单词 {} 译成中文",
    "meaning": "逐字忠实于原文，不要改变意思",
    "thin": "写出原文中的具体数字",
}
"""What a model is told about a fault of its first answer."""


class Quotes(Protocol):
    """Translates sentences. ``made_by``: what does it, as part of a reading's provenance."""

    made_by: MadeBy

    def translate_sentences(self, sentences: Sequence[str]) -> list[TranslatedSentence]: ...


class Explainer:
    """Writes readings with one engine.

    Args:
        engine: Writes the bullets.
        quotes: Translates source sentences, for bullets that fall back to a quotation, and the
            captions of tables.
        evidence_tokens: Upper bound on what a reading is written from.
        glossary: What terms are called in Chinese; known wrong names are mended.
        manner: How, and in which language: Chinese, or the one that ``quotes`` translates into.
        judge: A checker model that marks what it doubts; None for none.
    """

    def __init__(
        self,
        engine: Engine,
        quotes: Quotes,
        evidence_tokens: int,
        glossary: Glossary | None = None,
        manner: Manner = _COMPRESS,
        judge: Judge | None = None,
    ) -> None:
        self._manner = manner
        self._glossary = glossary or Glossary()
        self.at_once = engine.at_once
        self._engine = engine
        self._translate = quotes.translate_sentences
        self._evidence_tokens = evidence_tokens
        self._judge = judge
        templates = environment()
        self._again = Prompt.parse(templates.get_template("again.j2").render())
        self._retry = templates.get_template("retry.j2")
        self._compress = Compress(engine, self._glossary)
        composes = manner.mode == "compose"
        self._writer: Writer = Compose(engine, self._glossary) if composes else self._compress
        wording = repr((self._again, _COMPLAINTS)) + self._compress.wording
        wording += self._retry.render(passage="", faults=[], terms=[Term("a", "b")])
        wording += self._writer.wording if composes else ""
        self.made_by = MadeBy(
            engine=engine.name,
            version=f"{engine.version}/recipe-{RECIPE}",
            model=engine.model,
            sha256=engine.sha256,
            options={
                **engine.options,
                "mode": manner.mode,
                "evidence_tokens": str(evidence_tokens),
                "retry": f"{TRIES} x {RETRY.temperature} top-{RETRY.top_k}",
                "tokens": str(GREEDY.max_output_tokens),
                "glossary": hashlib.sha256(self._glossary.identity().encode()).hexdigest(),
                "quoted_by": hashlib.sha256(to_json(quotes.made_by)).hexdigest(),
                **({"checker": judge.identity} if judge is not None else {}),
                **({"language": manner.language} if manner.language != "zh" else {}),
            },
            prompt_sha256=hashlib.sha256(wording.encode()).hexdigest(),
            seed=RETRY.seed,
        )

    def explain(self, paper: Paper, document: Document | None) -> Breakdown:
        """The reading of ``paper``: of its text where there is one, else of its abstract.

        Raises:
            WorkerError: The model's process failed, twice.
        """
        text_used, source = readable_text(paper, document)
        if source is None:
            return Breakdown((), (), (), "none", (), self.made_by)
        selection = evidence.select(source, paper.title, paper.abstract, self._evidence_tokens)
        text = ladder.Text(source)
        if self._manner.mode == "quote":
            written = self._in_translation(selection)
        else:
            written = self._mended(self._writer.drafts(selection), text)
            written += self._spares(written, selection, text)
        kept, dropped = ladder.without_repeats(_in_order(written))
        parts = {
            question: ladder.claims(
                [b for b in kept if b.cluster.role.question == question], self._manner.language
            )
            for question in QUESTIONS
        }
        reading = Breakdown(**parts, text_used=text_used, dropped=dropped, made_by=self.made_by)
        return reading if self._judge is None else self._judge.marked(reading)

    def _in_translation(self, selection: Selection) -> list[Bullet]:
        """The best clusters as they are, in translation; what is not translated stands for itself
        or is dropped. Tables are left out: what is set beside their values is in Chinese."""
        best = selection.best(MOST_BULLETS, MOST_OF_ROLE)
        clusters = [each for each in best if not each.cells]
        sources = [readable(each.quote) for cluster in clusters for each in cluster.evidence]
        translated = iter(self._translate(sources) if sources else [])
        found, left = [], MOST_ORIGINALS
        for cluster in clusters:
            sentences = [next(translated) for _ in cluster.evidence]
            bullet = ladder.in_translation(cluster, [sentence.text for sentence in sentences])
            if any(sentence.kept for sentence in sentences):
                bullet = ladder.untranslated(cluster)
                as_it_is = ladder.original(bullet) if left else None
                left -= as_it_is is not None
                bullet = as_it_is or bullet
            found.append(bullet)
        return found

    def _spares(
        self, written: Sequence[Bullet], selection: Selection, text: ladder.Text
    ) -> list[Bullet]:
        """Bullets from what comes next, of every question none of whose own can be published."""
        answered = {each.cluster.role.question for each in written if each.publishable}
        tried = [each.cluster for each in written]
        spare: list[Cluster] = []
        for question in QUESTIONS:
            if question in answered:
                continue
            left = [*selection.chosen[question], *selection.reserve[question]]
            left = [each for each in left if each not in tried]
            spare += sorted(left, key=lambda each: -each.score)[:SPARES]
        return self._mended(self._compress.written(spare), text) if spare else []

    def _mended(self, drafts: list[Bullet], text: ladder.Text) -> list[Bullet]:
        """The drafts in their order, as far down the ladder as each needs."""
        drafts = self._with_tables(drafts)
        drafts = [text.recited(text.judged(each)) for each in drafts]
        drafts = self._ask_again(drafts, text)
        drafts = self._quote([ladder.cut(each) for each in drafts])
        return [text.judged(each) if each.how and each.publishable else each for each in drafts]

    def _with_tables(self, drafts: list[Bullet]) -> list[Bullet]:
        """The figures of tables, after what their captions say they are about."""
        tables = [index for index, each in enumerate(drafts) if each.cluster.cells]
        if not tables:
            return drafts
        captions = self._translate([drafts[index].cluster.text for index in tables])
        better = list(drafts)
        for index, caption in zip(tables, captions, strict=True):
            about = "" if caption.kept else caption.text
            better[index] = ladder.of_table(drafts[index].cluster, about)
        return better

    def _ask_again(self, bullets: list[Bullet], text: ladder.Text) -> list[Bullet]:
        """Another answer, from ``TRIES`` samples, for every bullet that has a fault."""
        faulty = [i for i, each in enumerate(bullets) if each.found and each.mendable]
        if not faulty:
            return bullets
        inputs = [self._complaint(bullets[index]) for index in faulty]
        answers = self._engine.complete(self._again, inputs, RETRY)
        better = list(bullets)
        for index, answer in zip(faulty, answers, strict=True):
            old = bullets[index]
            tries = [
                text.judged(ladder.bullet(old.cluster, each.text, each.finished, self._glossary))
                for each in (answer, *answer.others)
            ]
            clean = [new for new in tries if not new.found]
            passing = clean or [new for new in tries if new.publishable and not old.publishable]
            if passing:
                better[index] = replace(passing[0], how=ladder.REWRITTEN)
        return better

    def _complaint(self, bullet: Bullet) -> str:
        lines = dict.fromkeys(_COMPLAINTS[fault.kind].format(fault.what) for fault in bullet.found)
        passage = bullet.cluster.text
        named = terms(passage, self._glossary)
        return self._retry.render(passage=passage, faults=list(lines), terms=named)

    def _quote(self, bullets: list[Bullet]) -> list[Bullet]:
        """The translated source sentence in place of every bullet that cannot be published."""
        lost = [i for i, each in enumerate(bullets) if not each.publishable and each.mendable]
        if not lost:
            return bullets
        # The last sentence of a cluster is the one it was chosen for.
        sources = [bullets[index].cluster.evidence[-1] for index in lost]
        translations = self._translate([readable(source.quote) for source in sources])
        better = list(bullets)
        untranslated = 0
        for index, source, translation in zip(lost, sources, translations, strict=True):
            instead = None
            if not translation.kept:
                instead = ladder.quoted(bullets[index], source, translation.text)
            if instead is None and untranslated < MOST_ORIGINALS:
                instead = ladder.original(bullets[index])
                untranslated += instead is not None
            better[index] = instead or bullets[index]
        return better


def _in_order(bullets: Sequence[Bullet]) -> list[Bullet]:
    """By question; within one as they were written."""
    return [b for question in QUESTIONS for b in bullets if b.cluster.role.question == question]


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
