"""Which model fits this machine, and how fast it will be: estimated, before anything is pulled.

A prompt is bound by computing, and so are 16 answers together; where a model is large for its
computing (experts), reading its weights from memory bounds them first. So two figures of the
machine suffice: its cores, and the bytes a second that its memory gives, measured here in a second.
What comes out was compared with what was measured on two cores (0.5 B, 1.5 B) and held within a
factor of two; it is no promise.
"""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digest.engines import memory
from digest.engines.catalogue import ModelFile
from digest.engines.process import physical_cores
from digest.engines.threads import processor

BYTES_PER_PARAMETER = 0.62
"""Of Q4_K_M files of 4 to 30 billion parameters; where the size is not known."""
_OVERHEAD_BYTES = 1 << 30
"""Buffers, the program, and what a system needs to breathe."""
_MOST_SHARE = 0.9
"""Of the memory; the rest is other people's."""
_CELLS = 8192
"""Tokens of cache: 16 answers and their prompts, with a margin."""
_INT8_SHARE = 1.7
"""Of the file's size: what translation with CTranslate2 takes beside it (1.8 GB for 1.1 GB)."""
_TOGETHER = 16
_ANSWER_SHARE = 0.55
"""Of the speed of a prompt that 16 answers together have: .57 and .58 with the 0.5 B and 1.5 B."""
_EXPERTS_SHARE = 0.64
"""Of the experts of a layer that 16 tokens read, 8 of 128 each: 1 - (1 - 8/128) ** 16."""
_PROMPT_PER_CORE = 65.0
"""Tokens a second that a core reads with a model of one billion parameters: 86 for the 1.5 B on
two cores with AVX-512, 180 for the 0.5 B."""
_GPU_GAIN = 12.0
"""Of a GPU over reading the weights for each answer, with 64 together; from published figures."""
_GPU_BYTES_PER_S = 300e9
"""Of a card of the middle; which one it is, is not looked up."""
# A paper: twenty bullets of 75 tokens to read and 35 to write, half of them asked for again with
# three samples, and eight sentences of abstract (measured on papers of seven pages).
_PROMPT_TOKENS, _ANSWER_TOKENS = 3000, 1400


@dataclass(frozen=True, slots=True)
class Machine:
    """What matters of a machine. ``gpu_bytes``: free memory of the first GPU; 0 without one."""

    processor: str
    cores: int
    memory_bytes: int
    free_bytes: int
    bandwidth: float
    gpu: str = ""
    gpu_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Advice:
    """What is to be expected of a model. Speeds in tokens a second, estimated.

    ``where``: gpu, gpu+cpu, cpu, or no.
    """

    model: str
    where: str
    needs_bytes: int
    prompt_speed: float
    answer_speed: float
    minutes: float
    restricted: str
    quality: float

    @property
    def fits(self) -> bool:
        """Whether it runs here."""
        return self.where != "no"


def advise(models: Sequence[ModelFile], machine: Machine, papers: int) -> list[Advice]:
    """For each model that writes, how it would do."""
    return [_advice(m, machine, papers) for m in models if not m.family and "zh" in m.languages]


def best(advice: Sequence[Advice], most_minutes: float) -> Advice | None:
    """The largest model that fits, is free, and is done in time; else the fastest that fits."""
    fitting = [each for each in advice if each.fits and not each.restricted]
    in_time = [each for each in fitting if each.minutes <= most_minutes]
    if in_time:
        return max(in_time, key=lambda each: each.quality)
    return min(fitting, key=lambda each: each.minutes, default=None)


def size_bytes(model: ModelFile) -> int:
    """Of its file; estimated where nobody has pinned it."""
    return model.bytes or int(model.parameters_b * 1e9 * BYTES_PER_PARAMETER)


def _advice(model: ModelFile, machine: Machine, papers: int) -> Advice:
    size = size_bytes(model)
    cache = model.kv_bytes * _CELLS
    translating = size * _INT8_SHARE if "ctranslate2" in model.engines else 0
    needs = int(size + cache + translating + _OVERHEAD_BYTES)
    where = _where(size + cache, needs, machine)
    prompt = machine.cores * _PROMPT_PER_CORE / max(model.active_b or model.parameters_b, 0.1)
    reads_bytes = size * (_EXPERTS_SHARE if model.active_b else 1.0)
    answer = min(_ANSWER_SHARE * prompt, _TOGETHER * machine.bandwidth / reads_bytes)
    if where == "gpu":
        answer = _GPU_BYTES_PER_S / reads_bytes * _GPU_GAIN
        prompt = answer * 4
    minutes = papers * (_PROMPT_TOKENS / prompt + _ANSWER_TOKENS / answer) / 60
    return Advice(
        model.name, where, needs, prompt, answer, minutes, model.restricted, model.parameters_b
    )


def _where(on_gpu: float, on_cpu: int, machine: Machine) -> str:
    if machine.gpu_bytes and on_gpu + _OVERHEAD_BYTES <= machine.gpu_bytes:
        return "gpu"
    if on_cpu > _MOST_SHARE * machine.memory_bytes:
        return "no"
    return "gpu+cpu" if machine.gpu_bytes else "cpu"


def look(models_dir: Path) -> Machine:
    """This machine; takes a second."""
    place = next(p for p in (models_dir, *models_dir.parents) if p.exists())
    name, free = _nvidia()
    cores = physical_cores()
    return Machine(
        processor(),
        cores,
        memory.total_bytes(),
        shutil.disk_usage(place).free,
        _bandwidth(cores),
        name,
        free,
    )


def _bandwidth(cores: int) -> float:
    """Bytes a second that all cores together read from memory; the best of three measurements."""
    data = [np.ones(1 << 24, dtype=np.float64) for _ in range(cores)]  # 128 MiB each: no cache

    def once() -> float:
        threads = [threading.Thread(target=part.max) for part in data]
        started = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(part.nbytes for part in data) / (time.monotonic() - started)

    return max(once() for _ in range(3))


def _nvidia() -> tuple[str, int]:
    """Name and free memory of the first GPU, as NVIDIA's tool says; nothing where it is not."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "", 0
    query = [tool, "--query-gpu=name,memory.free", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, timeout=20, check=True)
        name, free = done.stdout.splitlines()[0].rsplit(",", 1)
        return name.strip(), int(free) << 20
    except (OSError, subprocess.SubprocessError, IndexError, ValueError):
        return "", 0
