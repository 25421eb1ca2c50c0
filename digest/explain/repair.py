"""What can be mended without a model: wording, citation, a clause too many. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from digest.explain.passages import words
from digest.explain.verify import Fault, faults
from digest.records import Sentence
from digest.words.typography import tidy

REACH = 3
"""How many sentences before and after the cited one a mis-cited atom is looked for."""

_MISSING = frozenset({"number", "unit", "name", "metric"})
"""Faults that another sentence may cure: it holds what the cited one lacks."""

_QUOTES = "\"'“”‘’「」《》`*"
_OPENING = re.compile(r"^(?:[-•·*]\s*|\d{1,2}[.)、]\s+|(?:要点|改写|翻译|总结|论文)[:：]\s*)+")
_SAYS = re.compile(
    r"^(?:论文|本文|作者|研究)(?:还|也)?(?:发现|指出|表明|认为|强调|证明|说明|报告)了?[，：]?"
)
_DANGLING = re.compile(
    r"^(?:此外|另外|因此|然而|但是|但|不过|所以|同时|最后|首先|其次|接着|具体来说|具体而言|特别地|相反"
    r"|例如|总之|综上所述|简而言之|换句话说|也就是说|与此同时|事实上|尽管如此|由此|于是)[，,]\s*"
)
"""A bullet stands alone: there is nothing before it that it could go on from."""
_EQUATION = re.compile(r"[\[【](?:equation|公式|方程)[\]】](?:（equation）)?")
_ADVERB = re.compile(
    r"(?<![A-Za-z])(?:unfortunately|surprisingly|notably|importantly|interestingly|remarkably"
    r"|additionally|furthermore|moreover|however|therefore|consequently|specifically|finally)"
    r"(?![A-Za-z])[，, ]*",
    re.IGNORECASE,
)
"""Left in English by small models; a bullet says the same without it."""
_NOWHERE = re.compile(
    r"[（(](?:参?见|如|详见)?(?:第 ?[\d.]+ ?[节章]|图 ?\d+|表 ?\d+|附录 ?\w*|式 ?[(（]?\d+[)）]?|"
    r"[Ff]igure ?\d+|[Tt]able ?\d+|[Ss]ection ?[\d.]+)(?:[和、与]第? ?[\d.]+ ?节?)?(?: ?所示)?[）)]"
)
"""A pointer to a place that the reader of a post does not see."""
_LABELLED = re.compile(r"^([\u3400-\u9fffA-Za-z0-9 -]{2,14})[：:]\s*(?=\S{8,})")
_GOES_ON = re.compile(
    r"^(?:但是?|而且|并且|并(?![联列排行非发])|而|且|因此|从而|不过|然而|所以|以及|同时(?!发))"
)
"""What a clause begins with that goes on from the one before it."""
_CLAUSE = re.compile(r"(?<=[，；])(?![^（\[]*[）\]])")
"""After a comma that is not inside brackets."""
_THIS_PAPER = re.compile(r"(?<![文样脚范基副剧课])本文(?![件档字本])")
_TWICE = re.compile(r"(论文[^，。；（）]*?)(?<![他些篇类])论文的")
_IN_IT = re.compile(r"^(?:在)?(?:本|这篇)?论文中?[，,]\s*(?=论文)")


def normalise(answer: str) -> str:
    """A model's answer as one bullet: its first line, without a list mark, with one full stop."""
    lines = [line.strip() for line in answer.splitlines() if line.strip()]
    text = _OPENING.sub("", lines[0]) if lines else ""
    inside = text[1:-1]
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES:
        text = text if any(mark in inside for mark in _QUOTES) else inside
    text = _THIS_PAPER.sub("论文", text.replace("**", "").replace("我们", "论文"))
    text = text.replace("论文的论文", "论文")
    text = _ADVERB.sub("", _EQUATION.sub("（公式略）", text.replace("\\~", "~")))
    text = _DANGLING.sub("", _NOWHERE.sub("", text))
    text = _IN_IT.sub("", _TWICE.sub(r"\1其", tidy(text).strip()))
    return text.rstrip("。．.;；,，") + "。" if text else ""


def labelled(text: str) -> tuple[str, str]:
    """A short heading that a bullet begins with, and the rest; "" where it has none."""
    match = _LABELLED.match(text)
    return (match[1].strip(), text[match.end() :]) if match else ("", text)


def without_subject(bullet: str) -> str:
    """``bullet`` without an opening "the paper finds that", which its evidence may not say."""
    return _SAYS.sub("", bullet)


def reattribute(
    bullet: str, cited: Sequence[Sentence], sentences: Sequence[Sentence], found: Sequence[Fault]
) -> tuple[Sentence, ...] | None:
    """The cited sentences and the near ones that hold what they lack, in document order.

    Only numbers and names can be found elsewhere, and only within ``REACH`` sentences of the same
    section that share a content word with the cited ones: a bare 2 is everywhere.

    Returns:
        The wider citation, or None where it does not hold the bullet either.
    """
    if any(fault.kind not in _MISSING for fault in found):
        return None
    place = {sentence.id: index for index, sentence in enumerate(sentences)}
    first, last = place[cited[0].id], place[cited[-1].id]
    topic = words(" ".join(sentence.text for sentence in cited))
    near = [
        sentence
        for sentence in sentences[max(0, first - REACH) : last + REACH + 1]
        if sentence.section == cited[-1].section and words(sentence.text) & topic
    ]
    for extra in near:
        if extra in cited:
            continue
        wider = sorted((*cited, extra), key=lambda sentence: place[sentence.id])
        if not faults(bullet, [sentence.text for sentence in wider]):
            return tuple(wider)
    return None


def cut(bullet: str, evidence: Sequence[str]) -> str | None:
    """``bullet`` without its faulty clause, or None where what is left does not stand.

    What is left must keep the first clause, hold, and say something: half of the text at least.
    """
    clauses = _CLAUSE.split(bullet)
    for index in range(len(clauses) - 1, 0, -1):
        rest = [_GOES_ON.sub("", clause) for clause in clauses[index + 1 : index + 2]]
        shorter = "".join([*clauses[:index], *rest, *clauses[index + 2 :]])
        shorter = shorter.rstrip("，；,;。") + "。"
        if len(shorter) * 2 >= len(bullet) and not faults(shorter, evidence):
            return shorter
    return None
