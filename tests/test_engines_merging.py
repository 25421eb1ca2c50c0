"""Calls of several threads as one batch."""

import threading
import time
from collections.abc import Sequence

import pytest

from digest.engines.merging import Call, Merging
from digest.errors import ModelError
from digest.generation import Completion, DecodeOptions, Prompt

PROMPT = Prompt("s", "t")
OPTIONS = DecodeOptions()


class Slow:
    """Takes a moment, so that others queue up; refuses batches that hold ``bad``."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.at_work = 0

    def __call__(self, calls: Sequence[Call]) -> list[list[Completion]]:
        self.at_work += 1
        assert self.at_work == 1, "one batch at a time"
        names = [inputs[0] for _, inputs, _ in calls]
        self.batches.append(names)
        time.sleep(0.05)
        self.at_work -= 1
        if "bad" in names:
            raise ModelError("bad input")
        return [[Completion(name.upper(), 1, True)] for name in names]


def asked(merging: Merging, names: Sequence[str]) -> dict[str, object]:
    """Each name from a thread of its own; its answer, or what was raised."""
    found: dict[str, object] = {}

    def ask(name: str) -> None:
        try:
            found[name] = merging.complete((PROMPT, [name], OPTIONS))[0].text
        except ModelError as exc:
            found[name] = exc.message

    threads = [threading.Thread(target=ask, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
        time.sleep(0.005)
    for thread in threads:
        thread.join()
    return found


def test_whoever_waits_goes_along_in_the_next_batch() -> None:
    run = Slow()
    found = asked(Merging(run, most=8), ["a", "b", "c", "d"])
    assert found == {"a": "A", "b": "B", "c": "C", "d": "D"}
    assert run.batches == [["a"], ["b", "c", "d"]]


def test_no_batch_is_larger_than_it_may_be() -> None:
    run = Slow()
    asked(Merging(run, most=2), ["a", "b", "c", "d", "e"])
    assert [len(batch) for batch in run.batches] == [1, 2, 2]
    assert sorted(name for batch in run.batches for name in batch) == ["a", "b", "c", "d", "e"]


def test_a_failure_costs_its_own_call_alone() -> None:
    run = Slow()
    found = asked(Merging(run, most=8), ["a", "b", "bad", "d"])
    assert found == {"a": "A", "b": "B", "bad": "bad input", "d": "D"}
    assert run.batches == [["a"], ["b", "bad", "d"], ["b"], ["bad"], ["d"]]


def test_alone_without_threads() -> None:
    assert Merging(Slow(), most=1).complete((PROMPT, ["a"], OPTIONS))[0].text == "A"


def test_a_fault_of_ours_reaches_the_caller_and_ends_nothing_else() -> None:
    def stumble(calls: Sequence[Call]) -> list[list[Completion]]:
        raise KeyError("x")

    merging = Merging(stumble, most=1)
    for _ in range(2):
        with pytest.raises(KeyError):
            merging.complete((PROMPT, ["a"], OPTIONS))


def test_a_batch_of_none() -> None:
    with pytest.raises(ValueError, match="at least one call, not 0"):
        Merging(Slow(), most=0)
