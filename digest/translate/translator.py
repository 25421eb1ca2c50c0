"""English into Chinese, sentence by sentence, each checked and repaired.

The ladder: translate all sentences in one batch; normalise; check; ask again for those that fail,
several samples each in one batch, naming what must be kept, and let the checks choose; cut what
still fails into clauses; at last keep the English. Nothing that fails a hard check is published
as a translation, and nothing is dropped.

A model that follows no prompt cannot be told what to keep. It searches with beams, and where a
sentence fails the checks choose among the best of them.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment, PackageLoader, StrictUndefined

from digest.errors import TranslateError
from digest.records import (
    Completion,
    DecodeOptions,
    Engine,
    MadeBy,
    Prompt,
    TranslatedSentence,
    Translation,
)
from digest.translate import checks
from digest.translate.clauses import split_clauses
from digest.words import atoms
from digest.words.magnitudes import mend_magnitudes
from digest.words.sentences import split_sentences
from digest.words.typography import tidy

logger = logging.getLogger(__name__)

RECIPE = 2
"""Raised when this package changes the text that comes out."""

SAMPLES = 4
"""For each failing sentence, decoded in one batch; not compared with other numbers."""

_LANGUAGES = {"zh-Hans": "简体中文"}
_GREEDY = DecodeOptions(temperature=0.0)
_SAMPLED = DecodeOptions(temperature=0.7, n_best=SAMPLES)
_BEAMS = DecodeOptions(beam_size=4)
_HYPOTHESES = DecodeOptions(beam_size=2 * SAMPLES, n_best=2 * SAMPLES)
"""Of a wider search, so that they are more than what the first one already held; not compared with
other numbers, for want of a model's weights."""
_NO_PROMPT = Prompt("", "")
# Qwen2.5 needs 0.20 to 0.30 tokens of Chinese for an English character; formulas need more.
_TOKENS_PER_CHAR = 0.6
_MIN_OUTPUT_TOKENS = 64
_FULL_SHARE = 0.9
_PREFIX = re.compile(r"^(?:翻译|译文|译|中文|答案)(?:结果)?\s*[：:]\s*")
_KEEP_LIST = re.compile(r"\s*[（(]?须原样保留[：:].*$", re.DOTALL)
_WRAPPED = re.compile(r"[\"“「](?P<inside>[^\"“”「」]*)[\"”」]([。！？]?)")


@dataclass(frozen=True, slots=True)
class _Draft:
    """The best text so far of one sentence."""

    source: str
    text: str
    checks: Mapping[str, bool]
    repaired: bool = False

    @property
    def passes(self) -> bool:
        return checks.passes(self.checks)

    @property
    def rank(self) -> tuple[int, int]:
        return checks.faults(self.checks)


class Translator:
    """Translates with any engine; holds no text between calls.

    Args:
        engine: What writes.
        source: Language of the source; only "en".
        target: Language of the translation; only "zh-Hans".
    """

    def __init__(self, engine: Engine, source: str = "en", target: str = "zh-Hans"):
        if source != "en" or target not in _LANGUAGES:
            raise ValueError(f"cannot translate {source} into {target}")
        self.at_once = engine.at_once
        self._engine = engine
        self._target = target
        templates = Environment(
            loader=PackageLoader("digest.translate", "prompts"),
            undefined=StrictUndefined,
            autoescape=False,  # a prompt is no HTML
        )
        wording = templates.get_template("translate.j2")
        self._plain = _prompt(wording.render(language=_LANGUAGES[target], keep=False))
        self._keeping = _prompt(wording.render(language=_LANGUAGES[target], keep=True))
        self._keep = templates.get_template("keep.j2")
        if not engine.instructed:
            self._plain = self._keeping = _NO_PROMPT
        self._once = _GREEDY if engine.instructed else _BEAMS
        self.made_by = self._provenance()
        """What a translation depends on besides its source; known before any is made."""

    def _provenance(self) -> MadeBy:
        instructed = self._engine.instructed
        words = repr((self._plain, self._keeping)) + self._keep.render(sentence="", keep=[])
        sampling = {
            "samples": str(SAMPLES),
            "temperature": str(_SAMPLED.temperature),
            "top_k": str(_SAMPLED.top_k),
        }
        search = {
            "beam_size": str(_BEAMS.beam_size),
            "retry_beam_size": str(_HYPOTHESES.beam_size),
            "n_best": str(_HYPOTHESES.n_best),
        }
        return MadeBy(
            engine=self._engine.name,
            version=f"{self._engine.version}/translate-{RECIPE}",
            model=self._engine.model,
            sha256=self._engine.sha256,
            options={**self._engine.options, **(sampling if instructed else search)},
            prompt_sha256=hashlib.sha256(words.encode()).hexdigest() if instructed else "",
            seed=_SAMPLED.seed if instructed else None,
        )

    def translate(self, text: str) -> Translation:
        """Translate a text; its line breaks are spaces, and blank text stays blank.

        Raises:
            TranslateError: The engine did not answer for every sentence.
        """
        sentences = self.translate_sentences(split_sentences(" ".join(text.split())))
        return Translation(
            source=text,
            target=self._target,
            text=_join(sentences),
            sentences=tuple(sentences),
            checks=_all_of(sentences),
            made_by=self.made_by,
        )

    def translate_sentences(self, sentences: Sequence[str]) -> list[TranslatedSentence]:
        """Translate each of ``sentences``; same order, same number.

        Raises:
            TranslateError: The engine did not answer for every sentence.
        """
        drafts = self._first(sentences)
        again = self._ask_again if self._engine.instructed else self._search_again
        drafts = _better(drafts, again([d for d in drafts if _worth_asking(d)]))
        drafts = _better(drafts, self._by_clauses([d for d in drafts if not d.passes]))
        finished = [_finished(draft) for draft in drafts]
        logger.debug(
            "%d sentences: %d repaired, %d kept in English",
            len(finished),
            sum(sentence.repaired for sentence in finished),
            sum(sentence.kept for sentence in finished),
        )
        return finished

    def _first(self, sentences: Sequence[str]) -> list[_Draft]:
        filled = [sentence for sentence in sentences if sentence.strip()]
        answers = iter(self._complete(self._plain, filled, self._once))
        return [
            _draft(sentence, next(answers)) if sentence.strip() else _Draft(sentence, "", {})
            for sentence in sentences
        ]

    def _ask_again(self, drafts: Sequence[_Draft]) -> list[_Draft]:
        """Several samples of each, told what to keep; together in one batch."""
        sources = [draft.source for draft in drafts]
        kept = [_must_keep(source) for source in sources]
        inputs = [
            self._keep.render(sentence=source, keep=keep) if keep else source
            for source, keep in zip(sources, kept, strict=True)
        ]
        return _choices(sources, self._complete(self._keeping, inputs, _SAMPLED))

    def _search_again(self, drafts: Sequence[_Draft]) -> list[_Draft]:
        """The best hypotheses of each; one that the model could not read is left to its clauses."""
        sources = [draft.source for draft in drafts if draft.text]
        return _choices(sources, self._complete(_NO_PROMPT, sources, _HYPOTHESES))

    def _by_clauses(self, drafts: Sequence[_Draft]) -> list[_Draft]:
        """Each sentence from its clauses; those of all sentences together in one batch."""
        clauses = [split_clauses(draft.source) for draft in drafts]
        pieces = [piece for parts in clauses if len(parts) > 1 for piece in parts]
        answers = iter(self._complete(self._plain, pieces, self._once))
        return [
            replace(_joined_draft(draft.source, [next(answers) for _ in parts]), repaired=True)
            for draft, parts in zip(drafts, clauses, strict=True)
            if len(parts) > 1
        ]

    def _complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        if not inputs:
            return []
        longest = max(len(text) for text in inputs)
        tokens = max(_MIN_OUTPUT_TOKENS, int(longest * _TOKENS_PER_CHAR))
        answers = self._engine.complete(prompt, inputs, replace(options, max_output_tokens=tokens))
        if len(answers) != len(inputs):
            raise TranslateError(
                f"{self._engine.model} gave {len(answers)} answers for {len(inputs)} sentences"
            )
        return answers


def _prompt(text: str) -> Prompt:
    system, _, task = text.partition("---\n")
    return Prompt(system.strip(), task.strip())


def _must_keep(sentence: str) -> list[str]:
    """What the checks will look for, once each, in the order of their kinds."""
    hard = (number.text for number in atoms.numbers(sentence) if number.hard)
    kept = [*atoms.maths(sentence), *atoms.urls(sentence), *atoms.names(sentence)]
    return list(dict.fromkeys([*kept, *(n for n in hard if not any(n in k for k in kept))]))


def _worth_asking(draft: _Draft) -> bool:
    """A hard fault, or one of the doubts that a second attempt often settles."""
    doubts = ("names", "english_left", "negation", "direction")
    return not draft.passes or not all(draft.checks.get(name, True) for name in doubts)


def _draft(source: str, answer: Completion) -> _Draft:
    text = normalise(source, answer.text)
    return _Draft(source, text, checks.run(source, text, finished=answer.finished))


def _joined_draft(source: str, answers: Sequence[Completion]) -> _Draft:
    parts = [normalise("", answer.text).rstrip("。；，") for answer in answers]
    finished = all(answer.finished for answer in answers)
    return _draft(source, Completion("，".join(parts), 0, finished))


def _choices(sources: Sequence[str], answers: Sequence[Completion]) -> list[_Draft]:
    """A repaired draft of each of the answers to each source."""
    return [
        replace(_draft(source, each), repaired=True)
        for source, answer in zip(sources, answers, strict=True)
        for each in (answer, *answer.others)
    ]


def _better(drafts: Sequence[_Draft], candidates: Sequence[_Draft]) -> list[_Draft]:
    """For each draft the best of itself and its candidates; of equals the earliest."""
    by_source: dict[str, list[_Draft]] = {}
    for candidate in candidates:
        by_source.setdefault(candidate.source, []).append(candidate)
    return [
        min([draft, *_fuller(draft, by_source.get(draft.source, []))], key=lambda each: each.rank)
        for draft in drafts
    ]


def _fuller(draft: _Draft, candidates: Sequence[_Draft]) -> list[_Draft]:
    """Those worth having: what may be published as it is, is not traded for a text that says less.

    A doubt (an English word left) is most easily settled by leaving the thing out.
    """
    if not draft.passes:
        return list(candidates)
    return [each for each in candidates if len(each.text) >= _FULL_SHARE * len(draft.text)]


def _finished(draft: _Draft) -> TranslatedSentence:
    if draft.passes:
        return TranslatedSentence(draft.source, draft.text, draft.checks, draft.repaired)
    return TranslatedSentence(draft.source, draft.source, draft.checks, kept=True)


def normalise(source: str, answer: str) -> str:
    """What a model puts around a translation is taken off; typography; an end mark."""
    text = _KEEP_LIST.sub("", answer.strip())
    text = _PREFIX.sub("", tidy(" ".join(text.split())))
    wrapped = _WRAPPED.fullmatch(text)
    if wrapped is not None and source[:1] not in '"“':
        text = wrapped["inside"]
    if not text or not atoms.has_han(text):
        return text
    text = mend_magnitudes(source, text)
    if re.search(r"[。？！…；：，、][”）]?$", text):
        return text
    return text.rstrip(".") + ("？" if source.rstrip().endswith("?") else "。")


def _join(sentences: Sequence[TranslatedSentence]) -> str:
    """One paragraph; a space only where English meets what follows or goes before."""
    text = ""
    for sentence in sentences:
        space = text and (text[-1].isascii() or (sentence.kept and sentence.text[:1].isascii()))
        text += (" " if space else "") + sentence.text
    return text


def _all_of(sentences: Sequence[TranslatedSentence]) -> dict[str, bool]:
    """A check holds for a text where it holds for every sentence."""
    named = [item for sentence in sentences for item in sentence.checks.items()]
    return {name: all(passed for other, passed in named if other == name) for name, _ in named}
