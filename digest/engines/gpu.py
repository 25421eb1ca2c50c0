"""How much of a model goes onto the GPU, and what to try when its memory ends after all.

What GPUs there are is asked of ggml itself, so that CUDA, ROCm, Vulkan and Metal are one thing: a
build for CPUs alone knows none.
"""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)

ALL_THAT_FIT = -1
_RESERVE_BYTES = 1 << 30
"""Of the GPU's memory left alone: compute buffers (512 tokens x 152,000 logits x 4 bytes are 311 MB
of it), the driver, and a desktop."""
_STEPS = (0.75, 0.5, 0.25, 0.0)
"""Shares of the layers that are tried after the memory ended."""
# enum ggml_backend_dev_type, ggml/include/ggml-backend.h: a card of its own, or one that shares
# the machine's memory.
_GPU_TYPES = (1, 2)


@dataclass(frozen=True, slots=True)
class Device:
    """A GPU, as ggml sees it."""

    name: str
    free_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class Weights:
    """What of a model matters for its place.

    Args:
        file_bytes: Size of the file.
        layers: Its blocks; the output counts as one more.
        kv_bytes: Of a token in the cache, with 16 bits a number.
    """

    file_bytes: int
    layers: int
    kv_bytes: int


def layers_that_fit(weights: Weights, cells: int, free_bytes: int) -> int:
    """How many layers, the output among them, fit beside the cache of ``cells`` tokens."""
    every = weights.layers + 1
    one = (weights.file_bytes + weights.kv_bytes * cells) / every
    return max(0, min(every, int((free_bytes - _RESERVE_BYTES) / one)))


def attempts(wanted: int, fitting: int) -> list[int]:
    """Numbers of layers to try, the best first; the last is always none.

    Args:
        wanted: As configured; ``ALL_THAT_FIT``, or a number to begin with.
        fitting: What should fit.
    """
    first = fitting if wanted == ALL_THAT_FIT else wanted
    return list(dict.fromkeys([first, *(int(first * share) for share in _STEPS)]))


def devices() -> list[Device]:
    """The GPUs that this build of llama.cpp can use, in its order."""
    from llama_cpp._ggml import libggml

    found = []
    count, get = libggml.ggml_backend_dev_count, libggml.ggml_backend_dev_get
    count.restype, get.restype, get.argtypes = ctypes.c_size_t, ctypes.c_void_p, [ctypes.c_size_t]
    for index in range(count()):
        device = ctypes.c_void_p(get(index))
        if _asked(libggml, "ggml_backend_dev_type", ctypes.c_int)(device) in _GPU_TYPES:
            found.append(_described(libggml, device))
    return found


def _described(libggml: Any, device: ctypes.c_void_p) -> Device:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    libggml.ggml_backend_dev_memory(device, ctypes.byref(free), ctypes.byref(total))
    name = _asked(libggml, "ggml_backend_dev_description", ctypes.c_char_p)(device)
    return Device(name.decode(errors="replace"), free.value, total.value)


def _asked(libggml: Any, function: str, answer: Any) -> Callable[[ctypes.c_void_p], Any]:
    call = getattr(libggml, function)
    call.restype, call.argtypes = answer, [ctypes.c_void_p]
    return call  # type: ignore[no-any-return]  # ctypes has no types
