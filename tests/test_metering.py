import threading
import time

import pytest

from digest.generation import Completion, DecodeOptions, Prompt
from digest.metering import Meter
from tests.conftest import FakeEngine

PROMPT = Prompt("You translate.", "Translate.")


class Answering(FakeEngine):
    """Gives whole answers."""

    def complete(self, prompt, inputs, options):
        return [self.answer(text) for text in inputs]


def test_tokens_and_time_are_counted_for_each_model():
    meter = Meter()
    engine = meter.of(Answering(lambda text: Completion(text, 3, True, prompt_tokens=7)))
    answers = engine.complete(PROMPT, ["a", "b"], DecodeOptions())
    assert [answer.text for answer in answers] == ["a", "b"]
    usage = meter.usage["fake-1"]
    assert (usage.tokens, usage.read, meter.tokens) == (6, 14, 6)
    assert 0 < usage.seconds == meter.seconds


def test_answers_that_were_not_chosen_were_written_all_the_same():
    other = Completion("b", 5, True)
    meter = Meter()
    engine = meter.of(Answering(lambda text: Completion(text, 3, True, others=(other,))))
    engine.complete(PROMPT, ["a"], DecodeOptions())
    assert meter.tokens == 8


def test_calls_in_flight_together_take_their_time_once():
    def slow(text):
        time.sleep(0.2)
        return Completion(text, 1, True)

    meter = Meter()
    engine = meter.of(Answering(slow))
    threads = [
        threading.Thread(target=engine.complete, args=(PROMPT, ["a"], DecodeOptions()))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0.2 <= meter.seconds < 0.6
    assert meter.tokens == 3


def test_a_call_that_fails_took_its_time_and_wrote_nothing():
    def failing(text):
        raise OSError("gone")

    meter = Meter()
    with pytest.raises(OSError, match="gone"):
        meter.of(Answering(failing)).complete(PROMPT, ["a"], DecodeOptions())
    assert (meter.tokens, meter.seconds > 0) == (0, True)
