"""A model that takes no time: the same interface, answers that follow from the question alone.

Held by the engines' child process in the place of llama.cpp and CTranslate2 (see ``stubbed``). It
puts a Chinese word for each English one and keeps numbers, names and formulas. Now and then it adds
a number that is wrong, so that checks, second questions and quotations have their work.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from digest.engines import known
from digest.engines.catalogue import ModelFile
from digest.engines.identity import CONVERTER
from digest.generation import Completion, DecodeOptions, Prompt
from digest.words import lexicon

NAME = "stub"
CALL_S = 0.01
"""A call takes up to twice that, by its text: so that kills land in the middle of each stage."""
PLANTED = "FAULTS_PLANTED"
"""``HOST:PORT`` that the stub tries to reach: shows that an attempt would be found."""

_BULLET_WORDS = 12
"""Of what the prompt wants in 60 characters."""
_TOKEN = re.compile(r"\$[^$]+\$|\S+")
_AS_IT_IS = re.compile(r"[\d$_/\\@]|\w[A-Z]")
_OWN = {"we": "论文", "our": "论文", "not": "不", "no": "没有", "never": "从不", "without": "没有"}

Call = tuple[Prompt, Sequence[str], DecodeOptions]


class StubEngine:
    """Answers as an engine's child does.

    Args:
        weights: A Chinese word for each English stem.
        call_s: How long a call takes, on average.
    """

    def __init__(self, weights: Mapping[str, str], call_s: float = CALL_S) -> None:
        self._weights, self._call_s = weights, call_s

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """One answer for each input, with ``others`` where more are wanted."""
        _reach_out()
        time.sleep(self._call_s * 2 * _fraction(*inputs))
        return [self._answer(prompt, text, options) for text in inputs]

    def complete_all(self, calls: Sequence[Call]) -> list[list[Completion]]:
        """The answers to several calls."""
        return [self.complete(*call) for call in calls]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """A token for every four bytes."""
        return [len(text.encode()) // 4 + 1 for text in texts]

    def _answer(self, prompt: Prompt, text: str, options: DecodeOptions) -> Completion:
        samples = [f"{options.seed}.{number}" for number in range(options.n_best)]
        first, *others = (self._written(prompt, text, sample) for sample in samples)
        rest = tuple(Completion(each, len(each), True) for each in others)
        return Completion(first, len(first), True, prompt_tokens=len(text), others=rest)

    def _written(self, prompt: Prompt, text: str, sample: str) -> str:
        """What the first paragraph says, word for word; one answer in eight has a fault."""
        passage = re.split(r"\n\s*\n|\n须|\n术语", text)[0]
        words = [self._word(token) for token in _TOKEN.findall(passage)]
        words = [word for word in words if word]
        if "60" in prompt.task:
            words = words[:_BULLET_WORDS]
        if _fraction(prompt.task, text, sample) < 1 / 8:
            words.append("98765")
        return f"{''.join(words)}。"

    def _word(self, token: str) -> str:
        bare = token.strip(".,;:()[]'\"")
        if _AS_IT_IS.search(bare):
            return f" {bare} "
        return _OWN.get(bare.lower()) or self._weights.get(lexicon.stem(bare), "")


def build(_kind: str, files: tuple[Path, ...], *_engine: object) -> StubEngine:
    """In the place of ``digest.engines.process.build``."""
    return StubEngine(json.loads(files[-1].read_text(encoding="utf-8")))


def glosses(texts: Sequence[str]) -> dict[str, str]:
    """For each stem of the texts a Chinese word that means it, the shortest."""
    wanted = lexicon.stems(" ".join(texts))
    found: dict[str, str] = {}
    for word in sorted(lexicon.definitions(), key=lambda each: (len(each), each)):
        for meant in lexicon.meanings(word) & wanted:
            found.setdefault(meant, word)
    return found


def write_model(models_dir: Path, texts: Sequence[str]) -> None:
    """A file of weights and its conversion, known, hashed and verified like any other."""
    models_dir.mkdir(parents=True, exist_ok=True)
    weights = json.dumps(glosses(texts), ensure_ascii=False, sort_keys=True).encode()
    (models_dir / f"{NAME}.gguf").write_bytes(weights)
    imported = known.Imported(
        name=NAME,
        file=f"{NAME}.gguf",
        bytes=len(weights),
        sha256=hashlib.sha256(weights).hexdigest(),
        licence="MIT",
        context=4096,
        template="chatml",
        engines=("llama.cpp", "ctranslate2"),
    )
    known.remember(imported, models_dir)
    _write_converted(models_dir, imported.model())


def _write_converted(models_dir: Path, model: ModelFile) -> None:
    folder = models_dir / f"{model.stem}-ct2-int8"
    folder.mkdir(exist_ok=True)
    weights = b"CTranslate2 of a stub"
    (folder / "model.bin").write_bytes(weights)
    label = {
        "source_sha256": model.sha256,
        "converter": CONVERTER,
        "model_bin_sha256": hashlib.sha256(weights).hexdigest(),
    }
    (folder / "made_by.json").write_text(json.dumps(label), encoding="utf-8")


def _fraction(*texts: str) -> float:
    """From 0 up to 1, by the texts alone."""
    digest = hashlib.sha256("\0".join(texts).encode()).digest()
    return int.from_bytes(digest[:6], "big") / (1 << 48)


def _reach_out() -> None:
    """Try to reach what was planted; nothing else here has anything to do with a network."""
    if planted := os.environ.get(PLANTED):
        host, _, port = planted.rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as attempt:
            attempt.settimeout(1)
            attempt.connect_ex((host, int(port)))
