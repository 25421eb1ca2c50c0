"""What a sentence is doing in its paper, told by cue phrases: its role decides part and label.

A role belongs to one question (problem, method, results). The patterns are plain English cues,
written from common usage and mended on what they chose in four papers on audio and machine
learning and the three sample papers; they are matched anywhere in the sentence, case ignored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from digest.records import SectionKind

Question = Literal["problem", "method", "results"]
QUESTIONS: tuple[Question, ...] = ("problem", "method", "results")


@dataclass(frozen=True, slots=True)
class Role:
    """A part of an answer. Order within a question is the order in the post.

    Args:
        name: For the code and the tests.
        question: The part it belongs to.
        label: Bold label in the post.
        cues: What gives such a sentence away.
        at_most: Sentences of this role in one selection, with those that they lean on counted once.
        bonus: Added to the score: its cues say more than those of the other roles.
        home: Kinds of section whose sentences may have this role even without a cue.
        heading: Headings, in lower case, under which they may, too.
    """

    name: str
    question: Question
    label: str
    cues: re.Pattern[str]
    at_most: int
    bonus: float = 0.0
    home: tuple[SectionKind, ...] = ()
    heading: re.Pattern[str] | None = None


def _heading(forms: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{forms})")


def _cues(*patterns: str) -> re.Pattern[str]:
    return re.compile(r"\b(?:" + "|".join(patterns) + r")", re.IGNORECASE)


COMPARISON = Role("comparison", "results", "数据对照", re.compile(r"(?!)"), 2)
"""Rows of a table; no sentence has this role."""

ROLES: tuple[Role, ...] = (
    Role(
        "background",
        "problem",
        "研究背景",
        _cues(
            r"(?:is|are|has been|have been|has become|have become) (?:an? )?(?:widely|commonly|"
            r"increasingly|critical|crucial|essential|important|key|central|fundamental|popular)",
            r"(?:play|plays) an? \w+ role",
            r"aims? (?:to|at)\b",
            r"is the task of",
            r"(?:recent|significant|remarkable) (?:advances|progress|years|work)",
            r"in recent years",
        ),
        6,
        home=("introduction",),
    ),
    Role(
        "fault",
        "problem",
        "既有方法的问题",
        _cues(
            r"however\b",
            r"unfortunately\b",
            r"despite\b",
            r"although\b",
            r"(?:suffers?|lacks?|fails?|struggles?)\b",
            r"(?:limited|limits|limitation|limitations|bottleneck|drawback|shortcoming)\w*",
            r"(?:expensive|costly|prohibitive|difficult|challenging|challenge|infeasible|scarce)\w*",
            r"(?:degrad|deteriorat|overfit|mismatch|unstable|sensitive to)\w*",
            r"(?:cannot|can not|does not|do not|is not|are not|not well|rarely|little)\b",
            r"(?:big|major|serious|main|key|common|central|open) (?:problem|issue|question)s?\b",
            r"(?:problem|issue)s? (?:with|of|remain|arise)|(?:a|this|the) gap\b",
            r"(?:hinder|slows|impractical|imped|obscur|ambigu|unclear|manual|tedious|time-consuming"
            r"|restrict|constrain|neglect|ignor|overlook|unable|burden|vulnerab|arbitrar|bias)\w*",
            r"(?:remains?|still) (?:unknown|unclear|open|elusive|poorly|unsolved|an open)",
            r"(?:not yet|little is known|poorly (?:understood|known|suited)|no (?:such|consensus|"
            r"general|clear|systematic|principled|standard))\b",
            r"(?:missing|absence of|unexplained|puzzl|controvers|contradict|disagree|debate)\w*",
            r"(?:insufficient|inexact|inaccura|unreliable|inefficien|slow)\w*",
            r"(?:not (?:hold|generali[sz]e|scale|perform|take|account|have|be able))",
            r"(?:assum(?:e|es|ption)|only|merely|instead|even though|while)\b",
            r"(?:require|requires) (?:large|expensive|extensive|careful|a large)",
            r"existing \w+",
            r"damag|at the (?:cost|expense) of|too (?:slow|much|large|expensive|costly|many)",
            r"(?:prior|previous|traditional|conventional) (?:work|methods|approaches|systems)",
        ),
        12,
    ),
    Role(
        "idea",
        "method",
        "核心思路",
        _cues(
            r"we (?:\w+ly |also |further |then |first |here |therefore |thus |have )*"
            r"(?:propos|present|introduc|develop|describ|formulat|investigat|stud[yi]|explor|"
            r"address|tackl|design|revisit|extend|generali[sz]|derive|construct)",
            r"in this (?:paper|work|article|study|letter|report),? we\b",
            r"(?:the )?(?:aim|goal|purpose|objective) of this",
            r"(?:this|our|the present) (?:paper|work|article|study|report) (?:proposes|presents|"
            r"introduces|describes|develops|investigates|studies|addresses|explores)",
            r"(?:the|our) (?:proposed|key|main|central|basic|primary) (?:method|idea|contribution|"
            r"approach|insight|framework|model|system)",
            r"is proposed\b",
            r"our (?:method|approach|model|framework|system|contribution)s?\b",
            r"the idea (?:is|behind)",
            r"(?:unlike|in contrast to|as opposed to) (?:\w+ )?(?:previous|prior|existing|earlier|"
            r"the|other|traditional|standard|most|past)",
            r"(?:rather than|instead of|instead, we)\b",
            r"(?:this|which) (?:allows|enables|makes it possible|ensures|captures)",
        ),
        11,
        bonus=1.0,
    ),
    Role(
        "component",
        "method",
        "方法细节",
        _cues(
            r"(?:consists?|composed|comprises?|comprised) (?:of|by)?",
            r"(?:encoder|decoder|module|layer|network|architecture|classifier|filter|loss|objective|"
            r"attention|embedding|feature|token|kernel|algorithm|estimator|graph)s?\b",
            r"we (?:use|employ|adopt|apply|compute|define|extract|combine|replace|add|construct|"
            r"build|model|estimate|approximate|minimi[sz]e|maximi[sz]e|let|first|then)\b",
            r"is (?:computed|defined|obtained|estimated|given|constructed|applied|used|trained)",
            r"in order to\b",
            r"by (?:using|combining|adding|replacing|computing|minimi[sz]ing|training)\b",
        ),
        16,
        home=("method", "other"),
    ),
    Role(
        "training",
        "method",
        "训练与实现",
        _cues(
            r"(?:is|are|was|were) (?:trained|fine-?tuned|pre-?trained|optimi[sz]ed|implemented)",
            r"we (?:train|fine-?tune|pre-?train|optimi[sz]e|implement)\b",
            r"(?:learning rate|batch size|optimizer|epochs?|adam|sgd)\b",
        ),
        6,
    ),
    Role(
        "setting",
        "results",
        "任务与数据",
        _cues(
            r"we (?:evaluate|test|conduct|validate|benchmark|experiment)\b",
            r"(?:is|are|was|were) (?:evaluated|tested|validated|measured|conducted|assessed)",
            r"(?:dataset|data set|corpus|benchmark|test set|collection)s?\b",
            r"(?:metric|measure)s? (?:used|is|are)\b",
            r"(?:baseline|competitor)s?\b",
            r"we (?:compare|report|consider)\b",
        ),
        9,
        heading=_heading("data|corp|setup|setting|protocol|benchmark|task|metric|baseline"),
    ),
    Role(
        "finding",
        "results",
        "主要结果",
        _cues(
            r"(?:outperform|surpass|exceed)\w*",
            r"(?:achiev|attain|obtain|reach|yield)\w*",
            r"(?:improv|reduc|increas|decreas|gain|drop|degrad)\w*",
            r"results? (?:show|demonstrate|indicate|suggest|reveal|confirm)\w*",
            r"(?:we|it) (?:can be )?(?:find|found|observe|observed|show|see|seen)\b",
            r"(?:table|fig(?:ure)?s?\.?) ?\d+ (?:show|compare|report|present|list|illustrate)s?",
            r"(?:significant|consistent|substantial|compar)\w*",
            r"(?:agree|match|deviat|discrepan|coincid)\w*|in line with",
            r"(?:accuracy|error|score|precision|recall|f-?measure|correlation)\b",
            r"(?:better|worse|higher|lower|best|faster|slower)\b",
        ),
        17,
        home=("results",),
        heading=_heading("result|compar|evaluat|ablation|analys|performance|versus|vs|stud"),
    ),
    COMPARISON,
    Role(
        "limit",
        "results",
        "局限与展望",
        _cues(
            r"limitations? of (?:our|this|the)",
            r"(?:future|further) (?:work|research|directions?|investigation|improvements?)",
            r"(?:remains?|left|leave) (?:open|for|an open|to be)",
            r"(?:has|have) not been (?:tested|validated|evaluated)",
            r"(?:out of|outside) (?:the )?(?:domain|scope)",
            r"we (?:plan|intend|hope|expect|would like) to",
        ),
        6,
        heading=_heading("limitation|future|outlook|broader"),
    ),
)


def named(name: str) -> Role:
    """A role by its name."""
    return next(role for role in ROLES if role.name == name)


PRIOR: dict[Question, dict[SectionKind, float]] = {
    "problem": {
        "abstract": 2.0, "introduction": 2.0, "background": 1.4, "method": 0.1, "discussion": 0.2,
        "conclusion": 0.1, "other": 0.3,
    },
    "method": {
        "abstract": 2.0, "introduction": 1.2, "background": 0.2, "method": 2.0, "experiments": 0.5,
        "discussion": 0.2, "conclusion": 0.9, "other": 1.2,
    },
    "results": {
        "abstract": 2.2, "introduction": 0.8, "method": 0.1, "experiments": 1.5, "results": 2.0,
        "discussion": 1.4, "conclusion": 1.7, "other": 0.6,
    },
}  # fmt: skip
"""What a section says about the question before its sentences are read. Kinds left out count 0;
an unplaced heading ("other") is most often a method under a name of its own."""
