"""What the benchmark asks: questions about a paper, and prompts that ways are compared on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from digest.errors import SourceError
from digest.generation import DecodeOptions, Prompt
from digest.records import Document

SYSTEM = "你是严谨的论文解读助手，只依据给出的原文写作。"
FORM = (
    "用简体中文写三到六条要点，每条一句话，不超过60字；数字、单位和英文名称必须与原文完全一致。"
    "每条一行，只输出要点。"
)
QUESTIONS = (
    f"这篇论文之前的工作有什么问题？{FORM}",
    f"论文的方法如何解决这些问题？{FORM}",
    f"论文在哪些任务上取得了什么结果，数字是多少？{FORM}",
)
"""The three parts of a reading, asked for as one would ask a chat model."""
FOUR = (*QUESTIONS, f"论文的方法有哪些局限？{FORM}")

COMPRESS = Prompt(
    SYSTEM,
    "把下面的论文原文改写成一条简体中文要点：一句话，不超过60字，数字、单位和英文名称必须与原文完全一致。"
    "只输出要点。",
)
TRANSLATE = Prompt(
    "你是专业的学术论文翻译。",
    "把下面的英文句子翻译成简体中文。译文准确、通顺，用语符合学术习惯；数字、单位、公式、网址、缩写和模型名称保持原样；"
    "不解释，不增减内容。只输出译文。",
)
SHORT = DecodeOptions(max_output_tokens=96)


_ABSTRACTS = 'one object a line, {"abstract": "..."}, or a folder of NAME.json'


def whole_text(document: Document) -> str:
    """The body of a paper, as extracted."""
    return " ".join(sentence.text for sentence in document.sentences)


def passages(document: Document, count: int) -> list[str]:
    """The first ``count`` sentences that could stand as evidence, by their length."""
    usable = [s.text for s in document.sentences if 60 <= len(s.text) <= 300]
    return usable[:count]


def read_abstracts(path: Path, count: int) -> list[str]:
    """The first ``count`` abstracts of a file with an object a line, or of a folder's metadata.

    Raises:
        SourceError: It cannot be read, or has none.
    """
    try:
        if path.is_dir():
            lines = [each.read_text(encoding="utf-8") for each in sorted(path.glob("*.json"))]
        else:
            lines = path.read_text(encoding="utf-8").splitlines()
        found = [str(json.loads(line)["abstract"]) for line in lines[:count]]
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise SourceError(f"{path} has no abstracts: {exc!r}", _ABSTRACTS) from exc
    if not found:
        raise SourceError(f"{path} has no abstracts", _ABSTRACTS)
    return found


def together(texts: Sequence[str]) -> str:
    """Passages as one input."""
    return "\n".join(texts)
