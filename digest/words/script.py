"""Simplified and traditional Chinese, by OpenCC's tables. What is not Chinese stays."""

from __future__ import annotations

from functools import cache
from typing import Any


def to_simplified(text: str) -> str:
    """``text`` in simplified characters; simplified text stays as it is."""
    return str(_converter("t2s").convert(text))


def to_traditional(text: str) -> str:
    """``text`` as it is written in Taiwan, with the words that differ: 软件 is 軟體."""
    return str(_converter("s2twp").convert(text))


def is_simplified(text: str) -> bool:
    """Whether ``text`` holds no traditional character."""
    return to_simplified(text) == text


@cache
def _converter(name: str) -> Any:
    from opencc import OpenCC

    return OpenCC(name)
