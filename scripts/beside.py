"""How fast a model writes beside another busy program, with our spins and with the library's.

    python -m scripts.beside [--model 0.5b] [--tokens 48]

Each time in a process of its own: alone, then beside one process of another session that computes
all the time, as somebody else's job on a workstation does. Greedy, one answer, as many threads as
a run takes. Prints tokens a second, and ratios to the library's own way alone.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from digest import config as configuration
from digest.engines import known
from digest.engines.process import SPINS, physical_cores

ROOT = Path(__file__).resolve().parent.parent
BUSY = "while True: pass"
PROMPT = "Write a long story about the sea and a ship."
WAYS = {"the library's spins": None, "our spins": SPINS}
WARM = 8
"""Tokens before the time is taken."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="0.5b")
    parser.add_argument("--tokens", type=int, default=48)
    parser.add_argument("--write", type=Path, metavar="GGUF", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write is not None:
        print(written_per_s(options.write, options.tokens))
        return
    config = configuration.load(os.environ, {}, ROOT)
    gguf = config.models_dir / known.ready(options.model, config.models_dir).file
    base = 0.0
    for place, others in (("alone", 0), ("beside one busy process", 1)):
        for name, spins in WAYS.items():
            with busy(others):
                per_s = measured(gguf, options.tokens, spins)
            base = base or per_s
            print(f"{place}, {name}: {per_s:.1f} tokens/s, {per_s / base:.2f}x", flush=True)


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """So many processes, each of a session of its own: Linux shares the processors by sessions."""
    command = [sys.executable, "-c", BUSY]
    started = [subprocess.Popen(command, start_new_session=True) for _ in range(processes)]
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


def measured(gguf: Path, tokens: int, spins: str | None) -> float:
    """Tokens a second of a process of its own."""
    environment = {k: v for k, v in os.environ.items() if k != "GOMP_SPINCOUNT"}
    environment |= {"OMP_NUM_THREADS": str(physical_cores())}
    environment |= {"GOMP_SPINCOUNT": spins} if spins is not None else {}
    command = [sys.executable, "-m", "scripts.beside", "--tokens", str(tokens)]
    done = subprocess.run(
        [*command, "--write", str(gguf)],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(done.stdout)


def written_per_s(gguf: Path, tokens: int) -> float:
    """In this process."""
    import llama_cpp

    cores = physical_cores()
    llama = llama_cpp.Llama(
        str(gguf), n_ctx=1024, n_threads=cores, n_threads_batch=cores, verbose=False
    )
    written = 0
    for written, _ in enumerate(llama(PROMPT, max_tokens=tokens, temperature=0.0, stream=True), 1):
        if written == WARM:
            started_s = time.monotonic()
    return (written - WARM) / (time.monotonic() - started_s)


if __name__ == "__main__":
    main()
