"""English into Chinese or another language, sentence by sentence, each checked and repaired.

The ladder, each rung for what the one before left in doubt, and in one batch: a first answer,
normalised; further answers, told what must be kept and what terms are called, of which the checks
choose; the other prompt alone; words left in English, by themselves; math and addresses as marks;
the other engine; clauses. At last the English stays, marked.
Nothing that fails a hard check is published as a translation, and nothing is dropped.

A model that follows no prompt cannot be told what to keep: it searches with more beams.

How the first answer is asked for, and how the further ones, was chosen by measurement on sentences
that no reported figure is from: ``digest eval translate --tune``.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from jinja2 import Environment, PackageLoader, StrictUndefined

from digest.errors import ConfigError, TranslateError
from digest.generation import Completion, DecodeOptions, Engine, Prompt
from digest.records import MadeBy, TranslatedSentence, Translation
from digest.translate.checks import english_phrases
from digest.translate.clauses import split_clauses
from digest.translate.drafts import Draft, Drafting, better, same_text
from digest.translate.languages import LANGUAGES, Language
from digest.translate.mentions import with_first_mentions
from digest.translate.shield import shielded
from digest.translate.wording import joined
from digest.words import atoms
from digest.words.sentences import split_sentences
from digest.words.terms import Glossary, Term

logger = logging.getLogger(__name__)

RECIPE = 4
"""Raised when this package changes the text that comes out."""

ASKED_AGAIN, OTHER_PROMPT, WORDS, MARKS, OTHER_ENGINE, CLAUSES = RUNGS = (
    "asked again",
    "other prompt",
    "words",
    "marks",
    "other engine",
    "clauses",
)
"""What may have made a sentence that is not the first answer."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How a model is asked.

    Args:
        first: For every sentence.
        again: For what the first answer leaves in doubt.
        wording: The prompt, of ``prompts/``.
        retry: The prompt for what is asked again, and for single words, where the target is
            Chinese: another one, as a model that echoes its input under one does so again.
        clauses: Whether a long sentence is asked for by its clauses from the start.
        marks: Whether math and addresses are marks from the start.
    """

    first: DecodeOptions
    again: DecodeOptions
    wording: str = "translate.j2"
    retry: str = "chinese.j2"
    clauses: bool = False
    marks: bool = False

    def described(self) -> dict[str, str]:
        """For ``MadeBy``."""
        return {
            "first": _described(self.first),
            "again": _described(self.again),
            **({"segment": "clauses"} if self.clauses else {}),
            **({"math": "marks"} if self.marks else {}),
        }


INSTRUCTED = Ways(DecodeOptions(beam_size=2), DecodeOptions(beam_size=4, n_best=4))
"""Two beams at once gained 1.0 BLEU and 2.0 chrF for 1.5 times the tokens; four .8 and 1.6 for 2.5
times (1.5 B, 127 sentences; ``digest eval translate --tune``)."""
UNINSTRUCTED = Ways(DecodeOptions(beam_size=4), DecodeOptions(beam_size=8, n_best=8))
"""A wider search again, so that its answers are more than what the first one already held; not
compared with other numbers, for want of a model's weights."""
_GREEDY = DecodeOptions()
DRAWN = DecodeOptions(temperature=0.7, n_best=4)
"""For engines that search with no beams."""
_UNQUOTED = re.compile(r"``|''")  # as LaTeX writes quotation marks
_MARKED = ("math", "urls", "code")
_NO_PROMPT = Prompt("", "")
# Qwen2.5 needs 0.20 to 0.30 tokens of Chinese for an English character; formulas need more, and
# so do languages with letters.
_TOKENS_PER_CHAR = 0.6
_MIN_OUTPUT_TOKENS = 64


def _described(options: DecodeOptions) -> str:
    if options.temperature > 0:
        return f"{options.n_best} drawn at {options.temperature} of {options.top_k}"
    return f"{options.n_best} of {options.beam_size} beams" if options.beam_size > 1 else "greedy"


class _Asking:
    """One engine with its wording."""

    def __init__(self, engine: Engine, language: Language, ways: Ways | None):
        templates = Environment(
            loader=PackageLoader("digest.translate", "prompts"),
            undefined=StrictUndefined,
            autoescape=False,  # a prompt is no HTML
        )
        chosen = ways or (INSTRUCTED if engine.instructed else UNINSTRUCTED)
        if engine.instructed and not engine.searches:
            chosen = replace(chosen, first=_GREEDY, again=DRAWN)
        self.ways = chosen
        wording = templates.get_template(chosen.wording)
        self._keep = templates.get_template("keep.j2")
        self.engine, self._language = engine, language
        self.plain = Prompt.parse(wording.render(language=language.name, keep=False))
        other = templates.get_template(chosen.retry) if language.chinese else wording
        self._keeping = Prompt.parse(other.render(language=language.name, keep=True))
        self._single = Prompt.parse(other.render(language=language.name, keep=False))
        if not engine.instructed:
            self.plain = self._keeping = self._single = _NO_PROMPT
        terms = [Term("c", "d")]
        sample = self._keep.render(sentence="", keep=["a"], terms=terms, words=["b"])
        self.wording = repr((self.plain, self._keeping, self._single)) + sample

    def once(self, inputs: Sequence[str]) -> list[Completion]:
        """The first answer to each."""
        return self._complete(self.plain, inputs, self.ways.first)

    def words(self, words: Sequence[str]) -> list[Completion]:
        """What each of ``words`` means."""
        return self._complete(self._single, words, self.ways.first)

    def otherwise(self, sources: Sequence[str]) -> list[Completion]:
        """Further answers under the other prompt, told nothing of the sentences."""
        return self._complete(self._single, sources, self.ways.again)

    def again(self, drafts: Sequence[Draft], glossary: Glossary) -> list[Completion]:
        """Further answers to each, told what to keep, to translate, and what terms are called."""
        if not self.engine.instructed:
            return self._complete(_NO_PROMPT, [d.source for d in drafts], self.ways.again)
        inputs = []
        for draft in drafts:
            keep, terms = must_keep(draft.source), glossary.of(draft.source)
            words = english_phrases(draft.source, draft.text) if self._language.chinese else []
            asked = self._keep.render(sentence=draft.source, keep=keep, terms=terms, words=words)
            inputs.append(asked.strip() if keep or terms or words else draft.source)
        return self._complete(self._keeping, inputs, self.ways.again)

    def _complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        if not inputs:
            return []
        longest = max(len(text) for text in inputs)
        tokens = max(_MIN_OUTPUT_TOKENS, int(longest * _TOKENS_PER_CHAR))
        answers = self.engine.complete(prompt, inputs, replace(options, max_output_tokens=tokens))
        if len(answers) != len(inputs):
            raise TranslateError(
                f"{self.engine.model} gave {len(answers)} answers for {len(inputs)} sentences"
            )
        return answers


class Translator:
    """Translates with any engine; holds no text between calls.

    Args:
        engine: What writes.
        source: Language of the source; only "en".
        target: One of ``LANGUAGES``.
        glossary: What terms are called.
        ways: How the engine is asked; None for what was measured best.
        other: An engine for what this one cannot do.

    Raises:
        ConfigError: There is no such target.
    """

    def __init__(
        self,
        engine: Engine,
        source: str = "en",
        target: str = "zh-Hans",
        glossary: Glossary | None = None,
        ways: Ways | None = None,
        other: Engine | None = None,
    ):
        if source != "en" or target not in LANGUAGES:
            raise ConfigError(f"cannot translate {source} into {target}", _known())
        self.at_once = engine.at_once
        self._engine = engine
        self._language = LANGUAGES[target]
        self._glossary = glossary or Glossary()
        self._drafting = Drafting(self._language, self._glossary)
        self._asking = _Asking(engine, self._language, ways)
        self._other = _Asking(other, self._language, None) if other is not None else None
        self.made_by = self._provenance()
        """What a translation depends on besides its source; known before any is made."""

    def _provenance(self) -> MadeBy:
        engine, ways = self._engine, self._asking.ways
        told = self._asking.wording + self._glossary.identity()
        options = {**engine.options, **ways.described(), "target": self._language.code}
        if self._other is not None:
            other = self._other.engine
            options["other"] = f"{other.name} {other.model} {other.sha256[:12]}"
        drawn = ways.again.temperature > 0
        return MadeBy(
            engine=engine.name,
            version=f"{engine.version}/translate-{RECIPE}",
            model=engine.model,
            sha256=engine.sha256,
            options=options,
            prompt_sha256=hashlib.sha256(told.encode()).hexdigest(),
            seed=ways.again.seed if drawn else None,
        )

    def translate(self, text: str, title: str = "") -> Translation:
        """Translate a text; its line breaks are spaces, and blank text stays blank.

        Args:
            text: In English.
            title: Of the same paper, to be translated with it; "" for none.

        Raises:
            TranslateError: The engine did not answer for every sentence.
        """
        plain = _UNQUOTED.sub('"', " ".join(text.split()))
        sentences = split_sentences(plain)
        heading = [" ".join(title.split())] if title.strip() else []
        drafts = self._drafts([*sentences, *heading])
        body = drafts[: len(sentences)]
        if self._language.chinese:
            body = with_first_mentions(plain, body, self._drafting, self._glossary)
        finished = [draft.finished(self._language) for draft in body]
        _log(finished)
        titles = [draft.finished(self._language) for draft in drafts[len(sentences) :]]
        return Translation(
            source=text,
            target=self._language.code,
            text=joined(finished, self._language),
            sentences=tuple(finished),
            checks=_all_of(finished),
            made_by=self.made_by,
            title=titles[0].text.rstrip("。") if titles and not titles[0].kept else "",
        )

    def translate_sentences(self, sentences: Sequence[str]) -> list[TranslatedSentence]:
        """Translate each of ``sentences``; same order, same number.

        Raises:
            TranslateError: The engine did not answer for every sentence.
        """
        finished = [draft.finished(self._language) for draft in self._drafts(sentences)]
        _log(finished)
        return finished

    def once(self, sentences: Sequence[str]) -> list[Completion]:
        """The model's first answers, as they are; for measurements.

        Raises:
            TranslateError: The engine did not answer for every sentence.
        """
        return self._asking.once(sentences)

    def _drafts(self, sentences: Sequence[str]) -> list[Draft]:
        first = self._first(sentences)
        drafts = first
        for rung in self._rungs():
            waiting = [draft for draft in drafts if draft.source.strip()]
            drafts = better(drafts, rung(waiting))
        return [same_text(one, other) for one, other in zip(first, drafts, strict=True)]

    def _rungs(self) -> Iterator[Callable[[Sequence[Draft]], list[Draft]]]:
        yield self._again
        if self._language.chinese:
            yield self._otherwise
            yield self._words
        yield self._marks
        if self._other is not None:
            yield self._elsewhere
        yield self._by_clauses

    def _first(self, sentences: Sequence[str]) -> list[Draft]:
        filled = [sentence for sentence in sentences if sentence.strip()]
        drafts = iter(self._first_of(filled))
        return [
            next(drafts) if sentence.strip() else Draft(sentence, "", {}) for sentence in sentences
        ]

    def _first_of(self, sentences: Sequence[str]) -> list[Draft]:
        ways = self._asking.ways
        parts = [split_clauses(s) if ways.clauses else [s] for s in sentences]
        if any(len(pieces) > 1 for pieces in parts):
            pieces = iter(self._asking.once([piece for each in parts for piece in each]))
            answers = [[next(pieces) for _ in each] for each in parts]
            return [
                self._drafting.of_clauses(source, found, "")
                for source, found in zip(sentences, answers, strict=True)
            ]
        hidden = [shielded(sentence) if ways.marks else None for sentence in sentences]
        asked = [h.text if h else s for s, h in zip(sentences, hidden, strict=True)]
        drafts = []
        for source, shield, answer in zip(sentences, hidden, self._asking.once(asked), strict=True):
            text = shield.restored(answer.text) if shield else answer.text
            drafts.append(self._drafting.draft(source, replace(answer, text=text or answer.text)))
        return drafts

    def _again(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Several answers to each, of which the checks choose.

        One that a model without a prompt could not read is left to its clauses.
        """
        waiting = [draft for draft in drafts if draft.doubtful]
        waiting = [draft for draft in waiting if draft.text or self._engine.instructed]
        answers = self._asking.again(waiting, self._glossary)
        return self._drafting.choices([d.source for d in waiting], answers, ASKED_AGAIN)

    def _otherwise(self, drafts: Sequence[Draft]) -> list[Draft]:
        """What still fails, without what was to be kept: a small model echoes what it is told."""
        failing = [d.source for d in drafts if not d.passes and self._engine.instructed]
        return self._drafting.choices(failing, self._asking.otherwise(failing), OTHER_PROMPT)

    def _words(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Words left in English, each translated by itself and kept in brackets behind."""
        left = [(d, words) for d in drafts if (words := english_phrases(d.source, d.text))]
        every = list(dict.fromkeys(word for _, words in left for word in words))
        chinese = {word: name for word in every if (name := self._glossary.name_of(word))}
        asked = [word for word in every if word not in chinese]
        answers = zip(asked, self._asking.words(asked), strict=True)
        chinese |= {word: answer.text for word, answer in answers}
        return [
            self._drafting.of_words(draft, {word: chinese[word] for word in words}, WORDS)
            for draft, words in left
        ]

    def _marks(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Math and addresses as marks, where one was lost."""
        lost = [d for d in drafts if not all(d.checks.get(name, True) for name in _MARKED)]
        hidden = [(draft.source, found) for draft in lost if (found := shielded(draft.source))]
        answers = self._asking.once([found.text for _, found in hidden])
        restored = [
            (source, answer, found.restored(answer.text))
            for (source, found), answer in zip(hidden, answers, strict=True)
        ]
        return [
            self._drafting.draft(source, replace(answer, text=text), MARKS)
            for source, answer, text in restored
            if text is not None
        ]

    def _elsewhere(self, drafts: Sequence[Draft]) -> list[Draft]:
        """What still fails, by the other engine."""
        assert self._other is not None
        failing = [draft for draft in drafts if not draft.passes]
        answers = self._other.again(failing, self._glossary)
        return self._drafting.choices([d.source for d in failing], answers, OTHER_ENGINE)

    def _by_clauses(self, drafts: Sequence[Draft]) -> list[Draft]:
        """What still fails or lost a name, from its clauses; all of them in one batch."""
        failing = [d.source for d in drafts if not (d.passes and d.checks.get("names", True))]
        clauses = [(source, parts) for source in failing if len(parts := split_clauses(source)) > 1]
        answers = iter(self._asking.once([piece for _, parts in clauses for piece in parts]))
        return [
            self._drafting.of_clauses(source, [next(answers) for _ in parts], CLAUSES)
            for source, parts in clauses
        ]


def must_keep(sentence: str) -> list[str]:
    """What the checks will look for, once each, in the order of their kinds."""
    hard = (number.text for number in atoms.numbers(sentence) if number.hard)
    kept = [*atoms.maths(sentence), *atoms.urls(sentence), *atoms.codes(sentence)]
    kept += atoms.names(sentence)
    return list(dict.fromkeys([*kept, *(n for n in hard if not any(n in k for k in kept))]))


def _known() -> str:
    return f"use one of {', '.join(LANGUAGES)}"


def _log(sentences: Sequence[TranslatedSentence]) -> None:
    logger.debug(
        "%d sentences: %d repaired, %d kept in English",
        len(sentences),
        sum(sentence.repaired for sentence in sentences),
        sum(sentence.kept for sentence in sentences),
    )


def _all_of(sentences: Sequence[TranslatedSentence]) -> dict[str, bool]:
    """A check holds for a text where it holds for every sentence."""
    whole: dict[str, bool] = {}
    for sentence in sentences:
        for name, passed in sentence.checks.items():
            whole[name] = whole.get(name, True) and passed
    return whole
