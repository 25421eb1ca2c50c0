"""How bullets are first written: *compress*, one from each cluster, *compose*, by the model, or
*quote*, not at all: the chosen sentences in translation.

Compress: many small questions over one shared instruction; the citation is right by construction.
Compose: the numbered evidence of the whole paper comes first, decoded once, and three questions
are asked of it together; the model merges and orders, and names the ids before each text. Which of
them a model does better, ``digest eval explain`` measures. Quote: for languages in which no program
can tell whether a bullet says what its sentence says; ``reading`` has it, no model writes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, Protocol, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined

from digest.errors import ConfigError
from digest.explain import bullets
from digest.explain.bullets import Bullet
from digest.explain.evidence import Selection
from digest.explain.passages import Cluster, readable
from digest.explain.roles import QUESTIONS, ROLES, Question, Role, named
from digest.explain.verify import Fault
from digest.generation import Completion, DecodeOptions, Engine, Prompt
from digest.records import Evidence
from digest.words.terms import Glossary, Term

Mode = Literal["compress", "compose", "quote"]
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True, slots=True)
class Manner:
    """How readings are written. ``language``: zh, or another, in which only quoting is possible."""

    mode: Mode = "compress"
    language: str = "zh"

    def __post_init__(self) -> None:
        if self.language != "zh" and self.mode != "quote":
            raise ValueError(f"in {self.language} nothing but quotations can be verified")


def mode(name: str) -> Mode:
    """A mode by its name.

    Raises:
        ConfigError: There is none.
    """
    for known in MODES:
        if known == name:
            return known
    raise ConfigError(f"no way of writing is called {name!r}", f"one of {', '.join(MODES)}")


GREEDY = DecodeOptions(max_output_tokens=160)
COMPOSED = DecodeOptions(max_output_tokens=560)
MOST_CITED = 3
"""A bullet over more sentences than these says nothing of any."""

MOST_TERMS = 6
MOST_BULLETS: dict[Question, int] = {"problem": 5, "method": 9, "results": 10}
"""Of a reading in compress mode: a reader's time, and two thirds of a night's. The evidence beyond
them is what a model that composes reads, too."""
MOST_OF_ROLE = {"background": 1, "training": 1, "setting": 3, "limit": 1}
_PERSON = re.compile(
    r"\b([A-Z][a-z]{3,})(?= et al|['’]s (?:method|algorithm|theorem|filter|test|linear))"
    r"|\b(?:methods?|algorithm|filter|approach|work|framework|tracker|theorem) (?:of|by) "
    r"([A-Z][a-z]{3,})"
)
_MAIN: dict[Question, str] = {"problem": "fault", "method": "component", "results": "finding"}
"""The role of a bullet whose evidence was chosen for another question."""
_ONE_ID = r"[sta]\d+(?:\.r\d+)?"
_BETWEEN = r"(?:\s*[\]】)）]\s*[\[【(（]\s*|\s*(?:[,，、;和–-]|and)?\s*)"
_LINE = re.compile(
    rf"^\W{{0,4}}[\[【(（]?(?P<ids>{_ONE_ID}(?:{_BETWEEN}{_ONE_ID})*)[\]】)）]?"
    r"\s*[:：.、-]?\s*(?P<text>.+)$"
)
_ID = re.compile(_ONE_ID)
_ASKED: dict[Question, str] = {
    "problem": "此前有什么不足或困难？",
    "method": "论文的方法如何解决？先写核心思路，再写具体做法。",
    "results": "论文用什么任务和数据，得到什么结果？先写任务，再写数字。",
}


@cache
def environment() -> Environment:
    """The prompts, as files with a version."""
    return Environment(
        loader=PackageLoader("digest.explain", "prompts"),
        undefined=StrictUndefined,
        autoescape=False,  # a prompt is no HTML
        trim_blocks=True,
        lstrip_blocks=True,
    )


class Writer(Protocol):
    """Writes first drafts. ``wording``: all of its prompt that no paper changes."""

    wording: str

    def drafts(self, selection: Selection) -> list[Bullet]:
        """One bullet or more for what was chosen, in the order of the post."""
        ...


class Compress:
    """One bullet from each of the best clusters, all of them together."""

    def __init__(self, engine: Engine, glossary: Glossary) -> None:
        self._engine, self._glossary = engine, glossary
        self._prompt = Prompt.parse(environment().get_template("compress.j2").render())
        self._passage = environment().get_template("passage.j2")
        self.wording = repr(self._prompt) + self._passage.render(passage="", terms=[Term("a", "b")])

    def drafts(self, selection: Selection) -> list[Bullet]:
        """As ``Writer`` has it."""
        return self.written(selection.best(MOST_BULLETS, MOST_OF_ROLE))

    def written(self, clusters: Sequence[Cluster]) -> list[Bullet]:
        """Bullets of these clusters; those of tables are another's to write and left empty."""
        passages = [cluster.text for cluster in clusters if not cluster.cells]
        inputs = [
            self._passage.render(passage=each, terms=terms(each, self._glossary))
            for each in passages
        ]
        answers = iter(self._engine.complete(self._prompt, inputs, GREEDY) if inputs else [])
        return [
            bullets.unwritten(each) if each.cells else self._bullet(each, next(answers))
            for each in clusters
        ]

    def _bullet(self, cluster: Cluster, answer: Completion) -> Bullet:
        return bullets.bullet(cluster, answer.text, answer.finished, self._glossary)


def terms(passage: str, glossary: Glossary) -> list[Term]:
    """What names of people and terms are called: the first few, for a prompt must stay short.

    Small models write 弗里茨曼 for Fitzgerald, and another name the next time.
    """
    named = (one or other for one, other in _PERSON.findall(passage))
    people = [Term(name, name) for name in dict.fromkeys(named)]
    return [*people, *glossary.of(passage)][:MOST_TERMS]


class Compose:
    """Three questions over the numbered evidence; the model says what it writes from."""

    def __init__(self, engine: Engine, glossary: Glossary) -> None:
        self._engine, self._glossary = engine, glossary
        self._prompt = Prompt.parse(environment().get_template("compose.j2").render())
        self.wording = repr((self._prompt, sorted(_ASKED.items())))

    def drafts(self, selection: Selection) -> list[Bullet]:
        """As ``Writer`` has it. Evidence that the model names and does not have is a fault."""
        known = {
            each.id: each
            for cluster in selection.clusters
            for each in cluster.evidence
            if each.kind == "sentence"
        }
        if not known:
            return []
        known = dict(sorted(known.items(), key=lambda item: int(item[0][1:])))
        read = tuple(f"[{each.id}] {readable(each.quote)}" for each in known.values())
        prompt = replace(self._prompt, passages=read)
        answers = self._engine.complete(prompt, [_ASKED[q] for q in QUESTIONS], COMPOSED)
        tables = [cluster for cluster in selection.clusters if cluster.cells]
        drafts = []
        for question, answer in zip(QUESTIONS, answers, strict=True):
            lines = answer.text.splitlines()
            if not answer.finished:
                lines = lines[:-1]  # cut off in the middle of a bullet
            drafts += self._parsed(lines, known, selection, question)
            drafts += [bullets.unwritten(t) for t in tables if t.role.question == question]
        return drafts

    def _parsed(
        self,
        lines: Sequence[str],
        known: dict[str, Evidence],
        selection: Selection,
        question: Question,
    ) -> list[Bullet]:
        found = []
        for line in lines:
            match = _LINE.match(line.strip())
            if match is None:
                continue
            ids = list(dict.fromkeys(_ID.findall(match["ids"])))
            cited = tuple(each for key, each in known.items() if key in ids)[:MOST_CITED]
            role = _role_of(cited, selection, question)
            cluster = Cluster(role, cited, 0.0)
            if not cited or len(ids) > sum(key in known for key in ids):
                unknown = (Fault("form", f"cites what it was not given: {match['ids']}"),)
                found.append(Bullet(cluster, cited, match["text"], unknown))
            else:
                found.append(bullets.bullet(cluster, match["text"], True, self._glossary))
        return sorted(found, key=lambda each: ROLES.index(each.cluster.role))


def _role_of(cited: Sequence[Evidence], selection: Selection, question: Question) -> Role:
    """The role in which the last of the cited was chosen for the question, or its main one."""
    for cluster in selection.chosen[question]:
        if cited and cited[-1].id in {each.id for each in cluster.evidence}:
            return cluster.role
    return named(_MAIN[question])
