"""What an engine signs its work with, known before any library is loaded.

Whoever changes the text that comes out raises a number here; what was made before is then known
to be older.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version

from digest.engines.catalogue import ModelFile

CONVERTER = 1
"""Of the weights that ``convert`` writes; folders of another number are converted anew."""

PARALLEL = 16
"""Answers that llama.cpp decodes together on a CPU. On two cores tokens/s of 8 / 16 / 24 / 32 were
87 / 109 / 114 / 122 with the 0.5 B; a paper has about 20 bullets, and 16 took the least time."""

PARALLEL_GPU = 64
"""On a GPU, where decoding is bound by reading the weights; from published figures, not ours."""

BATCH = 16
"""Inputs that CTranslate2 decodes together."""

BATCH_TOKENS = 1024
"""Tokens of sources, with padding, that a sequence-to-sequence model translates together: about 25
sentences of an abstract. Not compared with other numbers, for want of weights."""


PAD = 16
"""Tokens to a multiple of which CTranslate2's inputs are filled up (``ct2``). Of 65 sentences 8
gave nine lengths and 49 tokens/s, 16 five and 61, 32 three and 64 with more to read."""


@dataclass(frozen=True, slots=True)
class Identity:
    """An engine's name, the package that it runs on and the number of our recipe.

    Args:
        fixed: Options that change the text, besides those of the model and of a call.
    """

    name: str
    package: str
    recipe: int
    fixed: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Of the package and of our recipe, ``0.3.36+1``."""
        return f"{version(self.package)}+{self.recipe}"

    def options(self, model: ModelFile) -> Mapping[str, str]:
        """What besides prompt and decoding options changes a model's text."""
        made_of = {"template": model.template, "quantization": model.quantization}
        return {**made_of, **self.fixed}


LLAMA = Identity("llama.cpp", "llama-cpp-python", 2, {"parallel": str(PARALLEL)})
CTRANSLATE2 = Identity(
    "ctranslate2",
    "ctranslate2",
    2,
    {"batch": str(BATCH), "pad": str(PAD), "compute_type": "int8", "converter": str(CONVERTER)},
)
SEQ2SEQ = Identity(
    "ctranslate2",
    "ctranslate2",
    1,
    {"batch_tokens": str(BATCH_TOKENS), "compute_type": "int8"},
)


def direction(family: str, source: str, target: str) -> Mapping[str, str]:
    """What of a sequence-to-sequence model's options says how it is told the languages."""
    return {"family": family, "source": source, "target": target}
