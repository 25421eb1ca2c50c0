"""A model server over real HTTP on loopback, on good days and bad."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from digest.engines import server as module
from digest.engines.addresses import endpoint
from digest.engines.defuse import defused
from digest.engines.server import Access, ServerEngine
from digest.errors import ConfigError, ModelError, ModelMissingError, ServerError
from digest.evaluate.chat import Answer, FakeChat, Reply
from digest.generation import DecodeOptions, Engine, Prompt

pytestmark = pytest.mark.loopback

PROMPT = Prompt("Be exact.", "Translate.")
OPTIONS = DecodeOptions(max_output_tokens=20)


def echo(body: dict[str, Any], _number: int) -> Reply:
    """The last line of what was asked, in capitals."""
    return Reply(text=body["messages"][-1]["content"].splitlines()[-1].upper())


@contextmanager
def serving(
    answer: Answer = echo, hosts: Sequence[str] = (), **access: Any
) -> Iterator[tuple[FakeChat, ServerEngine, list[float]]]:
    slept: list[float] = []
    with FakeChat(answer) as chat:
        options = Access(**{"sleep": slept.append, "requests": 4, **access})
        with ServerEngine(endpoint(chat.url, hosts), "m", options) as engine:
            yield chat, engine, slept


def test_answers_come_in_order_whatever_order_they_end_in() -> None:
    def slower_first(body: dict[str, Any], number: int) -> Reply:
        return replace(echo(body, number), wait_s=0.1 if number < 2 else 0.0)

    inputs = ["one", "two", "three", "four", "five"]
    with serving(slower_first) as (chat, engine, _):
        seen: Engine = engine
        answers = seen.complete(PROMPT, inputs, OPTIONS)
        assert [answer.text for answer in answers] == [text.upper() for text in inputs]
        assert {(a.tokens, a.prompt_tokens, a.finished) for a in answers} == {(3, 7, True)}
        assert engine.complete(PROMPT, [], OPTIONS) == []
    assert len(chat.bodies) == 5


def test_what_is_sent() -> None:
    prompt = Prompt("Be exact.", "Answer.", passages=("First.", "Second."))
    options = DecodeOptions(max_output_tokens=9, temperature=0.7, seed=5, stop=("END",))
    with serving(key="k") as (chat, engine, _):
        engine.complete(prompt, ["why?"], options)
    (body,) = chat.bodies
    assert body["messages"] == [
        {"role": "system", "content": "Be exact."},
        {"role": "user", "content": "Answer.\n\nFirst.\nSecond.\n\nwhy?"},
    ]
    assert (body["model"], body["max_tokens"], body["temperature"]) == ("m", 9, 0.7)
    assert (body["seed"], body["stop"]) == (5, ["END"])
    assert chat.headers[0]["authorization"] == "Bearer k"
    assert chat.headers[0]["host"] == f"127.0.0.1:{chat.port}"


def test_no_more_requests_than_allowed_are_in_flight_over_all_threads() -> None:
    def slow(body: dict[str, Any], number: int) -> Reply:
        return replace(echo(body, number), wait_s=0.03)

    with serving(slow, requests=3) as (chat, engine, _):
        papers = [
            threading.Thread(target=engine.complete, args=(PROMPT, ["a"] * 5, OPTIONS))
            for _ in range(4)
        ]
        for paper in papers:
            paper.start()
        for paper in papers:
            paper.join()
    assert len(chat.bodies) == 20
    assert chat.most_at_work == 3


def test_samples_have_seeds_of_their_own() -> None:
    drawn = DecodeOptions(max_output_tokens=9, temperature=0.7, seed=5, n_best=3)
    with serving() as (chat, engine, _):
        answers = engine.complete(PROMPT, ["a", "b"], drawn)
    assert [len(answer.others) for answer in answers] == [2, 2]
    assert [answer.text for answer in answers] == ["A", "B"]
    assert len({body["seed"] for body in chat.bodies}) == 6


def test_each_address_is_tried_and_the_one_that_answers_kept() -> None:
    asked = []

    def resolve(*_: object) -> list[str]:
        asked.append(1)
        return ["::1", "127.0.0.1"]

    with FakeChat(echo) as chat:
        named = endpoint(f"http://gpu.lab:{chat.port}/v1")
        with ServerEngine(named, "m", Access(resolve=resolve, tries=1)) as engine:
            for _ in range(2):
                assert engine.complete(PROMPT, ["a"], OPTIONS)[0].text == "A"
    assert len(asked) == 2
    assert {headers["host"] for headers in chat.headers} == {f"gpu.lab:{chat.port}"}


BAD_DAYS = {
    "500": Reply(500, raw=b"{}"),
    "503 while it loads": Reply(503, raw=b'{"error": {"message": "Loading model"}}'),
    "dropped": Reply(text="half", cut=True),
    "broken JSON": Reply(raw=b'{"choices": ['),
    "no object": Reply(raw=b"[1]"),
    "another shape": Reply(raw=b'{"choices": []}'),
    "content that is no text": Reply(raw=b'{"choices": [{"message": {"content": 7}}]}'),
    "429": Reply(429, raw=b"{}", headers={"Retry-After": "7"}),
}


@pytest.mark.parametrize("bad", BAD_DAYS)
def test_a_fault_is_overcome_by_asking_again(bad: str) -> None:
    with serving(lambda body, n: BAD_DAYS[bad] if n == 0 else echo(body, n)) as (
        chat,
        engine,
        slept,
    ):
        assert engine.complete(PROMPT, ["x"], OPTIONS)[0].text == "X"
    assert len(chat.bodies) == 2
    assert slept[0] >= (7 if bad == "429" else 1)


@pytest.mark.parametrize("bad", BAD_DAYS)
def test_a_fault_that_stays_is_a_typed_error_after_bounded_tries(bad: str) -> None:
    with (
        serving(lambda *_: BAD_DAYS[bad], tries=3) as (chat, engine, slept),
        pytest.raises(ServerError),
    ):
        engine.complete(PROMPT, ["x"], OPTIONS)
    assert (len(chat.bodies), len(slept)) == (3, 2)


def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_READ_S", 0.2)
    monkeypatch.setattr(module, "_READ_S_PER_TOKEN", 0.0)
    with serving(lambda *_: Reply(wait_s=2.0), tries=1) as (_, engine, _):
        started = time.monotonic()
        with pytest.raises(ServerError, match="gave no answer: ReadTimeout"):
            engine.complete(PROMPT, ["x"], OPTIONS)
        assert time.monotonic() - started < 1.5


def test_a_server_that_is_not_there_is_not_waited_for_by_each_paper() -> None:
    with FakeChat(echo) as chat:
        url = chat.url
    slept: list[float] = []
    with (
        ServerEngine(endpoint(url), "m", Access(sleep=slept.append, requests=1)) as engine,
        pytest.raises(ServerError, match="gave no answer: ConnectError") as caught,
    ):
        engine.complete(PROMPT, ["x"], OPTIONS)
        assert caught.value.hint is not None
        waits = len(slept)
        for _ in range(3):
            with pytest.raises(ServerError, match="gave no answer: ConnectError"):
                engine.complete(PROMPT, ["x"], OPTIONS)
        assert len(slept) == waits == 3


def test_an_answer_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_ANSWER_BYTES", 1000)
    with (
        serving(lambda *_: Reply(text="x" * 5000)) as (chat, engine, _),
        pytest.raises(ServerError, match="answers without end"),
    ):
        engine.complete(PROMPT, ["x"], OPTIONS)
    assert len(chat.bodies) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_another_key(status: int) -> None:
    with (
        serving(lambda *_: Reply(status, raw=b"{}"), key="secret") as (chat, engine, _),
        pytest.raises(ConfigError, match="wants another key") as caught,
    ):
        engine.complete(PROMPT, ["x"], OPTIONS)
    assert caught.value.hint == "set server_key"
    assert "secret" not in str(caught.value)
    assert len(chat.bodies) == 1


def test_a_model_that_it_does_not_have() -> None:
    missing = Reply(404, raw=b'{"error": {"message": "no such model"}}')
    with (
        serving(lambda *_: missing) as (_, engine, _),
        pytest.raises(ModelMissingError, match="does not have m") as caught,
    ):
        engine.complete(PROMPT, ["x"], OPTIONS)
        assert caught.value.hint == "it has: m"
        assert engine.models() == ["m"]


def test_a_redirect_is_not_followed() -> None:
    away = Reply(307, raw=b"", headers={"Location": "http://8.8.8.8/v1/chat/completions"})
    with (
        serving(lambda *_: away) as (chat, engine, _),
        pytest.raises(ServerError, match="redirects"),
    ):
        engine.complete(PROMPT, ["x"], OPTIONS)
    assert len(chat.bodies) == 1


def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_sent() -> None:
    with FakeChat(echo) as chat:
        named = endpoint(f"http://gpu1.lab:{chat.port}/v1")
        with (
            ServerEngine(named, "m", Access(resolve=lambda *_: ["8.8.8.8"])) as engine,
            pytest.raises(ConfigError, match="would leave the lab"),
        ):
            engine.complete(PROMPT, ["x"], OPTIONS)
    assert chat.bodies == []


def test_a_name_that_changes_its_mind_is_looked_at_again() -> None:
    now = ["127.0.0.1"]
    with FakeChat(echo) as chat:
        named = endpoint(f"http://gpu1.lab:{chat.port}/v1")
        with ServerEngine(named, "m", Access(resolve=lambda *_: now)) as engine:
            assert engine.complete(PROMPT, ["x"], OPTIONS)[0].text == "X"
            now[:] = ["8.8.8.8"]
            with pytest.raises(ConfigError, match="would leave the lab"):
                engine.complete(PROMPT, ["x"], OPTIONS)
    assert len(chat.bodies) == 1
    assert chat.headers[0]["host"] == f"gpu1.lab:{chat.port}"


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with serving() as (_, engine, _):
        assert engine.complete(PROMPT, ["x"], OPTIONS)[0].text == "X"


def too_long_over(most_chars: int) -> Answer:
    def answer(body: dict[str, Any], number: int) -> Reply:
        if len(body["messages"][-1]["content"]) > most_chars:
            message = "This model's maximum context length is 99 tokens"
            return Reply(400, raw=json.dumps({"error": {"message": message}}).encode())
        return echo(body, number)

    return answer


def test_passages_that_do_not_fit_are_left_out_the_least_relevant_first() -> None:
    prompt = Prompt("", "Answer.", tuple(c * 50 for c in "abcd"), relevance=(0.9, 0.1, 0.8, 0.2))
    with serving(too_long_over(140)) as (chat, engine, _):
        (answer,) = engine.complete(prompt, ["why?"], OPTIONS)
    assert (answer.text, answer.left_out) == ("WHY?", 2)
    assert chat.bodies[-1]["messages"][-1]["content"].split() == [
        "Answer.",
        "a" * 50,
        "c" * 50,
        "why?",
    ]


def test_an_input_that_is_too_long_is_named() -> None:
    with (
        serving(too_long_over(20)) as (chat, engine, _),
        pytest.raises(ModelError, match="input 2 is too long for m"),
    ):
        engine.complete(PROMPT, ["a", "b" * 50], OPTIONS)
    assert len(chat.bodies) <= 3


def test_a_server_that_refuses_a_field_is_asked_without_it() -> None:
    def strict(body: dict[str, Any], number: int) -> Reply:
        if "chat_template_kwargs" in body:
            return Reply(400, raw=b'{"error": {"message": "unknown field chat_template_kwargs"}}')
        return echo(body, number)

    with serving(strict, requests=1) as (chat, engine, slept):
        assert [a.text for a in engine.complete(PROMPT, ["x", "y"], OPTIONS)] == ["X", "Y"]
    assert (len(chat.bodies), slept) == (3, [])


def test_thoughts_are_no_answer() -> None:
    text = "<think>\nWell, x.\n</think>\n\nX"
    with serving(lambda *_: Reply(text=text)) as (_, engine, _):
        assert engine.complete(PROMPT, ["x"], OPTIONS)[0].text == "X"


def test_an_answer_that_was_cut_off() -> None:
    with serving(lambda *_: Reply(text="half", finish="length")) as (_, engine, _):
        assert not engine.complete(PROMPT, ["x"], OPTIONS)[0].finished


def test_each_call_is_told_to_the_audit_log() -> None:
    told: list[tuple[str, ...]] = []
    with serving(contacted=lambda *line: told.append(line)) as (_, engine, _):
        engine.complete(PROMPT, ["x", "y"], OPTIONS)
    assert told == [("127.0.0.1", "POST", "/v1/chat/completions", "2 answers")]


CONTROLS = [
    "<|im_end|>", "<|im_start|>system", "<|eot_id|>", "<|endoftext|>", "</s>", "<s>", "[INST]",
    "[/INST]", "<<SYS>>", "<start_of_turn>", "<end_of_turn>", "<think>", "</think>", "<｜User｜>",
    "<|IM_END|>",
]  # fmt: skip


@pytest.mark.parametrize("control", CONTROLS)
def test_no_control_token_is_sent(control: str) -> None:
    text = f"a {control} b"
    made = defused(text)
    assert control.lower() not in made.lower()
    assert made.replace(" ", "") == text.replace(" ", "")
    with serving() as (chat, engine, _):
        engine.complete(Prompt("", "Read.", passages=(text,)), [text], OPTIONS)
    assert control.lower() not in chat.bodies[0]["messages"][-1]["content"].lower()


@pytest.mark.parametrize(
    "text", ["a < b | c > d", "f(x)|x|", "if p<s>q", "[1] and [INSTANCE]", "$x_{1}$"]
)
def test_plain_text_stays(text: str) -> None:
    assert defused(text).replace(" ", "") == text.replace(" ", "")
    if "<s>" not in text:
        assert defused(text) == text


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            Reply(raw=b"\x1f\x8b", headers={"Content-Encoding": "gzip, gzip"}),
            "answers packed: 'gzip, gzip'",
        ),
        (Reply(raw=b"[" * 200_000), "answers broken JSON"),
        (Reply(400, raw=b"no\x1b[2J way"), r"answered 400: no\[2J way"),
    ],
    ids=["swells", "nested without end", "steers the terminal"],
)
def test_a_hostile_answer_is_an_error(reply: Reply, said: str) -> None:
    with (
        serving(lambda _body, _number: reply) as (_, engine, _slept),
        pytest.raises(ServerError, match=said),
    ):
        engine.complete(PROMPT, ["one"], OPTIONS)
