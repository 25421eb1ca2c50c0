"""How a call tells CTranslate2 to choose tokens, and how it is heard to be at work meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import ctranslate2

from digest.generation import DecodeOptions


def choosing(options: DecodeOptions) -> dict[str, Any]:
    """Arguments for greedy decoding, a search with beams, or a draw.

    Drawn tokens use the random numbers of the process: ``seed`` says how those can be repeated.
    """
    if options.temperature == 0:
        return {
            "beam_size": options.beam_size,
            "num_hypotheses": min(options.n_best, options.beam_size),
        }
    return {
        "beam_size": 1,
        "num_hypotheses": options.n_best,
        "sampling_topk": options.top_k,
        "sampling_topp": options.top_p,
        "sampling_temperature": options.temperature,
    }


def heard(options: DecodeOptions, listener: Callable[[Any], bool]) -> dict[str, Any]:
    """Arguments that tell of the work: each token, or where beams are searched each batch.

    CTranslate2 tells no tokens of beams. A thread of it is the last to let go of ``listener``, so
    that must not hold the model: it would end the thread that it runs on, and the process with it.
    """
    beams = options.temperature == 0 and options.beam_size > 1
    return {"asynchronous": True} if beams else {"callback": listener}


def waited(results: Iterable[Any], on_step: Callable[[], None]) -> Iterator[Any]:
    """The results, each waited for where it is still to come."""
    for result in results:
        yield result.result() if hasattr(result, "result") else result
        on_step()


def seed(options: DecodeOptions) -> bool:
    """Set the seed of a draw; whether the model has to be loaded anew for it.

    A model's threads take the seed when they first draw and never again, so a draw that can be
    repeated needs threads of its own.
    """
    if options.temperature == 0:
        return False
    ctranslate2.set_random_seed(options.seed)
    return True
