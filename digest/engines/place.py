"""Where CTranslate2 computes: the device, and the type of its numbers; and loading there."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import ctranslate2

from digest.engines.device import Device
from digest.errors import ModelError

log = logging.getLogger(__name__)

CPU_TYPE = "int8"
_BLACKWELL = 10
"""Compute capability 10 and 12: cuBLAS has no integer kernels for CTranslate2 there."""
# Best first; from CTranslate2's documentation of quantization, as no GPU was at hand.
_GPU_TYPES = ("int8_float16", "int8_bfloat16", "float16", "bfloat16", "float32")
_BLACKWELL_TYPES = ("bfloat16", "float16", "float32")
# enum CUdevice_attribute: CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR
_MAJOR, _MINOR = 75, 76


def nothing() -> None:
    """What an engine does after a step when nobody waits for a sign of life."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where and how an engine computes.

    Args:
        threads: Of the CPU.
        device: What computes.
        on_step: Called while it works: after each token where that can be had, else after each
            batch. It must not raise: CTranslate2 4.8.5 loses count of Python's objects then.
    """

    threads: int = 1
    device: Device = "cpu"
    on_step: Callable[[], None] = nothing


def compute_type(supported: set[str], capability: tuple[int, int] | None) -> str:
    """The best type for a GPU: 8 bits for weights where it multiplies them, else 16.

    Args:
        supported: As CTranslate2 says.
        capability: Of the GPU, ``(8, 9)``; None where it is not known.
    """
    blackwell = capability is not None and capability[0] >= _BLACKWELL
    types = _BLACKWELL_TYPES if blackwell else _GPU_TYPES
    return next((each for each in types if each in supported), "float32")


def load(kind: Literal["Generator", "Translator"], folder: Path, place: Place) -> Any:
    """The model in ``folder``, in CTranslate2, on ``place``.

    Where CTranslate2 finds no GPU it is the CPU after all, and the log says so.

    Raises:
        ModelError: CTranslate2 refuses the folder.
    """
    device, numbers = _device(place.device)
    try:
        return getattr(ctranslate2, kind)(
            str(folder),
            device=device,
            compute_type=numbers,
            inter_threads=1,
            intra_threads=place.threads,
        )
    except (RuntimeError, ValueError) as exc:
        raise ModelError(f"CTranslate2 cannot load {folder}: {exc}") from exc


def _device(device: Device) -> tuple[str, str]:
    """CTranslate2's name for it, and the type of numbers."""
    if device == "cpu":
        return "cpu", CPU_TYPE
    if ctranslate2.get_cuda_device_count() < 1:
        log.warning("CTranslate2 finds no GPU that it can use; it computes on the CPU")
        return "cpu", CPU_TYPE
    supported = ctranslate2.get_supported_compute_types("cuda")
    return "cuda", compute_type(supported, _capability())


def _capability() -> tuple[int, int] | None:
    """Of the first GPU, asked of NVIDIA's driver; None where there is none."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return None
    values = [ctypes.c_int(), ctypes.c_int()]
    codes = [driver.cuInit(0)]
    for value, attribute in zip(values, (_MAJOR, _MINOR), strict=True):
        codes.append(driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, 0))
    return None if any(codes) else (values[0].value, values[1].value)
