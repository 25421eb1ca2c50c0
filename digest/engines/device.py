"""Is there a GPU to compute on? Answered without loading any library.

What the answer is worth shows when a model is loaded: an engine that finds no GPU after all
computes on the CPU, and says so.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Literal

from digest.errors import ConfigError

Device = Literal["cpu", "gpu"]
Wanted = Literal["auto", "cpu", "gpu"]

_GPU_LIBRARIES = ("cuda", "hip", "vulkan", "metal", "sycl")
_CARDS = ("/dev/nvidia0", "/dev/kfd", "/dev/dri/renderD128")


def chosen(wanted: Wanted, kind: str) -> Device:
    """Where an engine computes.

    Args:
        wanted: As configured. auto: a GPU where one is seen that the engine was built for.
        kind: ``llama.cpp`` or ``ctranslate2``.

    Raises:
        ConfigError: A GPU is wanted, and there is none, or the engine was built without.
    """
    if wanted == "cpu":
        return "cpu"
    built, seen = is_built_for_gpu(kind), has_card(kind)
    if built and seen:
        return "gpu"
    if wanted == "gpu":
        lacks = "no GPU is seen" if built else f"{kind} was built without support for one"
        raise ConfigError(f"device = gpu, but {lacks}", hint="see 'On a GPU' in the README")
    return "cpu"


def is_built_for_gpu(kind: str, library: Path | None = None) -> bool:
    """Whether the installed llama.cpp can use a GPU; CTranslate2's wheel always can use CUDA."""
    if kind == "ctranslate2":
        return True
    folder = library or _library()
    return folder is not None and any(
        any(folder.glob(f"*ggml-{name}.*")) for name in _GPU_LIBRARIES
    )


def has_card(kind: str, root: Path = Path("/")) -> bool:
    """Whether the system shows a graphics card; CTranslate2 wants one of NVIDIA's."""
    cards = _CARDS[:1] if kind == "ctranslate2" else _CARDS
    return any((root / card.lstrip("/")).exists() for card in cards)


def _library() -> Path | None:
    found = importlib.util.find_spec("llama_cpp")
    return Path(found.origin).parent / "lib" if found and found.origin else None
