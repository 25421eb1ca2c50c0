"""How a prompt is written for a model: chat templates, written out.

The templates inside model files are programs from outside; the few that matter are shorter and
safer as text. Only what is written here may become control tokens: system, task and input are
plain text, whatever they contain.
"""

from __future__ import annotations

from typing import NamedTuple

from digest.errors import ModelError
from digest.generation import Prompt


class Segment(NamedTuple):
    """A piece of a prompt. ``special``: control tokens in it are meant."""

    text: str
    special: bool


class Frame(NamedTuple):
    """What stands before and after each input of a call; ``before`` is shared by all of them."""

    before: tuple[Segment, ...]
    after: tuple[Segment, ...]


def frame(template: str, prompt: Prompt) -> Frame:
    """Write ``prompt`` in a template; the input goes between ``before`` and ``after``.

    Raises:
        ModelError: No such template.
    """
    if template not in _TEMPLATES:
        raise ModelError(f"unknown template {template!r}; known: {', '.join(_TEMPLATES)}")
    return _TEMPLATES[template](prompt)


def _chatml(prompt: Prompt) -> Frame:
    """ChatML, as Qwen2.5 and SmolLM2 were trained on.

    https://huggingface.co/Qwen/Qwen2.5-Coder-1.5B-Instruct/blob/main/tokenizer_config.json
    """
    system = (
        Segment("<|im_start|>system\n", special=True),
        Segment(prompt.system, special=False),
        Segment("<|im_end|>\n", special=True),
    )
    before = (
        *(system if prompt.system else ()),
        Segment("<|im_start|>user\n", special=True),
        # The blank line also closes the last token, so that the input's tokens are its own.
        Segment(f"{prompt.task}\n\n", special=False),
        *passages(prompt),
    )
    return Frame(before, (Segment("<|im_end|>\n<|im_start|>assistant\n", special=True),))


def _qwen3(prompt: Prompt) -> Frame:
    """ChatML with an empty thought before the answer, by which Qwen3 and later do not think.

    https://huggingface.co/Qwen/Qwen3-8B/blob/main/tokenizer_config.json, ``enable_thinking``
    """
    before, (after,) = _chatml(prompt)
    return Frame(before, (after._replace(text=f"{after.text}<think>\n\n</think>\n\n"),))


def _gemma3(prompt: Prompt) -> Frame:
    """Gemma 3, which has no system role: what it is to be stands before the task.

    https://ai.google.dev/gemma/docs/core/prompt-structure
    """
    system = (Segment(f"{prompt.system}\n\n", special=False),) if prompt.system else ()
    before = (
        Segment("<bos><start_of_turn>user\n", special=True),
        *system,
        Segment(f"{prompt.task}\n\n", special=False),
        *passages(prompt),
    )
    return Frame(before, (Segment("<end_of_turn>\n<start_of_turn>model\n", special=True),))


def _llama3(prompt: Prompt) -> Frame:
    """Llama 3 and later: https://www.llama.com/docs/model-cards-and-prompt-formats/meta-llama-3/"""
    system = (
        Segment("<|start_header_id|>system<|end_header_id|>\n\n", special=True),
        Segment(prompt.system, special=False),
        Segment("<|eot_id|>", special=True),
    )
    before = (
        Segment("<|begin_of_text|>", special=True),
        *(system if prompt.system else ()),
        Segment("<|start_header_id|>user<|end_header_id|>\n\n", special=True),
        Segment(f"{prompt.task}\n\n", special=False),
        *passages(prompt),
    )
    turn = "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"
    return Frame(before, (Segment(turn, special=True),))


def names() -> tuple[str, ...]:
    """All templates."""
    return tuple(_TEMPLATES)


def passages(prompt: Prompt) -> tuple[Segment, ...]:
    """Each passage on a line and in a segment of its own, so that its tokens can be counted."""
    lines = [Segment(f"{passage}\n", special=False) for passage in prompt.passages]
    return (*lines, Segment("\n", special=False)) if lines else ()


_TEMPLATES = {"chatml": _chatml, "qwen3": _qwen3, "gemma3": _gemma3, "llama3": _llama3}
