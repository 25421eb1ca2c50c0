"""A model server that the lab runs: anything that speaks OpenAI's chat completions.

vLLM, llama-server, Ollama and SGLang do. One request for each input, many in flight over all
threads; what inputs share comes first, so that the server's prefix cache has it. Nothing of a
request but the standard's fields is relied on: a server that refuses one is asked without it.

Nothing is sent to an address that ``addresses`` does not allow; redirects are not followed, and a
proxy of the environment is not used.
"""

from __future__ import annotations

import json
import logging
import random
import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import httpx

from digest.addresses import Resolve
from digest.engines import stops
from digest.engines.addresses import Endpoint
from digest.engines.defuse import defused
from digest.engines.fitting import fit
from digest.errors import ConfigError, DigestError, ModelError, ModelMissingError, ServerError
from digest.generation import Completion, DecodeOptions, Prompt

T = TypeVar("T")
_Answer = tuple[int, httpx.Headers, bytes]
"""Status, headers and body."""
log = logging.getLogger(__name__)

RECIPE = 1
CONNECT_S = 10.0
_READ_S, _READ_S_PER_TOKEN = 120.0, 1.0
"""A server may queue; an answer that takes a second a token is from no GPU."""
_MOST_ANSWER_BYTES = 16 << 20
_LONGEST_RETRY_AFTER_S = 60.0
_DOWN_S = 60.0
"""For so long a server that could not be reached is not asked: each paper would wait in vain."""
_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
_TOO_LONG = re.compile(r"context|too (?:long|large|many tokens)|maximum.{0,20}tokens|exceed", re.I)
_SAMPLE_STEP = 1_000_003
"""Between the seeds of an input's samples: further apart than inputs are."""
_SHORTER = 0.75
_THOUGHTS = re.compile(r"\s*<think>.*?(?:</think>|\Z)\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Access:
    """How a server is asked.

    Args:
        requests: In flight, over all threads.
        papers: In flight.
        key: Its bearer token; empty for none.
        ca_file: Of a private certificate authority.
        tries: Requests for one answer.
        resolve: The host's addresses.
        sleep: Waits.
        contacted: Told host, method, path and outcome of each call, for the audit log.
    """

    requests: int = 8
    papers: int = 8
    key: str = field(default="", repr=False)
    ca_file: str = ""
    tries: int = 4
    resolve: Resolve | None = None
    sleep: Callable[[float], None] = time.sleep
    contacted: Callable[[str, str, str, str], None] = lambda *_told: None


class _TooLong(Exception):
    """The server says that a prompt is longer than what the model reads."""


class ServerEngine:
    """An ``Engine`` at the other end of HTTP. May be called from several threads.

    Args:
        endpoint: Where it is.
        model: Its name there.
        access: How it is asked.
    """

    name = "server"
    instructed = True
    searches = False
    sha256 = ""
    """Of the model's file, which only the server knows."""

    def __init__(self, endpoint: Endpoint, model: str, access: Access | None = None) -> None:
        self.model, self.version = model, f"openai-api+{RECIPE}"
        self.options: Mapping[str, str] = {"template": "the server's"}
        self._endpoint, self._access = endpoint, access or Access()
        self.at_once = self._access.papers
        self._pool = ThreadPoolExecutor(self._access.requests, thread_name_prefix="server")
        self._verify = _trusted(self._access)
        self._own = threading.local()
        self._clients: list[httpx.Client] = []
        self._address = ""  # that was reached last
        self._plain = False  # whether only the standard's fields are sent
        self._down_until_s = 0.0
        self._down: ServerError | None = None
        self._lock = threading.Lock()

    def __enter__(self) -> ServerEngine:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; requests in flight are given up."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            for client in self._clients:
                client.close()

    def _http(self) -> httpx.Client:
        """This thread's own client.

        The connections of one are behind a lock, and threads that wait for it and for Python's own
        by turns get little done: with 16 threads a request took 18 ms of a processor.
        """
        client: httpx.Client | None = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = _client(self._access, self._verify)
            with self._lock:
                self._clients.append(client)
        return client

    def models(self) -> list[str]:
        """The names of the models that the server has.

        Raises:
            ServerError: It does not say.
        """
        return self._answered("GET", "/models", None, CONNECT_S, _listed)

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        """Answer ``prompt`` for each of ``inputs``; same order, same number.

        Raises:
            ServerError: It cannot be reached, or gave no good answer in ``tries`` requests.
            ModelMissingError: It does not have the model.
            ModelError: An input is too long for it.
            ConfigError: It wants another key, or lies outside the lab.
        """
        if not inputs:
            return []
        samples = options.n_best if options.temperature > 0 else 1
        outcome = "failed"
        try:
            answers = self._all(prompt, inputs, options, samples)
            outcome = f"{len(inputs) * samples} answers"
        finally:
            path = f"{self._endpoint.path}/chat/completions"
            self._access.contacted(self._endpoint.host, "POST", path, outcome)
        return [
            replace(first, others=tuple(others))
            for first, *others in (
                answers[start : start + samples] for start in range(0, len(answers), samples)
            )
        ]

    def _all(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions, samples: int
    ) -> list[Completion]:
        """All samples of all inputs, in order; the first failure ends the others."""
        jobs: list[Future[Completion]] = [
            self._pool.submit(
                self._one,
                prompt,
                text,
                replace(options, seed=options.seed + index + sample * _SAMPLE_STEP),
                index,
            )
            for index, text in enumerate(inputs)
            for sample in range(samples)
        ]
        try:
            return [job.result() for job in jobs]
        finally:
            for job in jobs:
                job.cancel()

    def _one(self, prompt: Prompt, text: str, options: DecodeOptions, index: int) -> Completion:
        """An answer; where the prompt is too long, with fewer of its passages."""
        lengths = [len(passage.encode(errors="replace")) for passage in prompt.passages]
        kept: tuple[int, ...] = tuple(range(len(lengths)))
        while True:
            passages = [prompt.passages[i] for i in kept]
            try:
                answer = self._chat(prompt, passages, text, options)
                return replace(answer, left_out=len(lengths) - len(kept))
            except _TooLong as exc:
                if not kept:
                    raise ModelError(
                        f"input {index + 1} is too long for {self.model}: {exc}"
                    ) from exc
                room = int(sum(lengths[i] for i in kept) * _SHORTER)
                kept = fit(lengths, prompt.relevance, room)

    def _chat(
        self, prompt: Prompt, passages: Sequence[str], text: str, options: DecodeOptions
    ) -> Completion:
        lines = "".join(f"{passage}\n" for passage in passages)
        user = f"{prompt.task}\n\n{lines}\n{text}" if passages else f"{prompt.task}\n\n{text}"
        system = [{"role": "system", "content": defused(prompt.system)}] if prompt.system else []
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [*system, {"role": "user", "content": defused(user)}],
            "max_tokens": options.max_output_tokens,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "seed": options.seed,
        }
        if options.stop:
            body["stop"] = list(options.stop)
        patience_s = _READ_S + options.max_output_tokens * _READ_S_PER_TOKEN
        return self._answered(
            "POST", "/chat/completions", body, patience_s, lambda found: _completion(found, options)
        )

    # -------------------------------------------------------------- requests

    def _answered(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None,
        patience_s: float,
        read: Callable[[dict[str, Any]], T],
    ) -> T:
        """What ``read`` takes from a good answer, asked for until it comes or the tries end."""
        for attempt in range(1, self._access.tries + 1):
            self._check_down()
            try:
                return read(self._asked(method, path, body, patience_s))
            except ServerError as exc:
                if not exc.retryable or attempt == self._access.tries:
                    self._remember_down(exc)
                    raise
                wait_s = max(exc.wait_s, 2.0 ** (attempt - 1) * (1 + random.random() / 2))
                log.warning("%s; asking again in %.0f s", exc.message, wait_s)
            self._access.sleep(wait_s)
        raise AssertionError("unreachable")

    def _asked(
        self, method: str, path: str, body: dict[str, Any] | None, patience_s: float
    ) -> dict[str, Any]:
        """One request."""
        # Thinking costs minutes and is thrown away; servers that do not know the field may refuse.
        extra = {} if self._plain else {"chat_template_kwargs": {"enable_thinking": False}}
        sent = None if body is None else {**body, **extra}
        try:
            status, headers, data = self._received(method, path, sent, patience_s)
        except httpx.HTTPError as exc:
            raise ServerError(
                f"{self._endpoint.netloc} gave no answer: {type(exc).__name__}",
                "see that the model server runs, and what server = ... names",
                unreachable=isinstance(exc, httpx.TransportError),
            ) from exc
        if status != 200:
            refused_extra = status in (400, 422) and body is not None and not self._plain
            if refused_extra and not _TOO_LONG.search(_message(data)):
                self._plain = True
                return self._asked(method, path, body, patience_s)
            raise self._refusal(status, headers, data)
        return self._object(data)

    def _received(
        self, method: str, path: str, body: dict[str, Any] | None, patience_s: float
    ) -> _Answer:
        """The answer from the first of the host's addresses that takes a connection.

        Raises:
            httpx.HTTPError: Whatever httpx raises; ReadTimeout where the answer was cut.
            ServerError: It is too large, or the host has no address.
            ConfigError: The host lies outside the lab.
        """
        found = self._endpoint.addresses(self._access.resolve)
        # The one that answered before first: one that swallows packets costs CONNECT_S each time.
        found.sort(key=lambda address: address != self._address)
        for number, address in enumerate(found, 1):
            request = self._http().build_request(
                method,
                self._endpoint.at(address, path),
                headers={"Host": self._endpoint.netloc},
                json=body,
                timeout=httpx.Timeout(patience_s, connect=CONNECT_S),
                extensions={"sni_hostname": self._endpoint.host},
            )
            try:
                answer = self._read(request, patience_s)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == len(found):
                    raise
                continue
            self._address = address
            return answer
        raise ServerError(f"{self._endpoint.host} has no address", "see server = ...")

    def _read(self, request: httpx.Request, patience_s: float) -> _Answer:
        """Status, headers and body; a body that is too large or never ends is cut off."""
        ends_s = time.monotonic() + patience_s + CONNECT_S
        response = self._http().send(request, stream=True)
        try:
            # A packed answer, which nobody asked for, may swell to any size before it is counted.
            packed = response.headers.get("content-encoding", "identity")
            if packed.lower() != "identity":
                raise ServerError(f"{self._endpoint.netloc} answers packed: {packed[:40]!r}")
            data = bytearray()
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > _MOST_ANSWER_BYTES:
                    raise ServerError(
                        f"{self._endpoint.netloc} answers without end", retryable=False
                    )
                if time.monotonic() > ends_s:
                    raise httpx.ReadTimeout("it drips", request=request)
            return response.status_code, response.headers, bytes(data)
        finally:
            response.close()

    def _refusal(self, status: int, headers: httpx.Headers, data: bytes) -> Exception:
        """What an answer other than 200 means."""
        where, said = self._endpoint.netloc, _message(data)
        if status in (401, 403):
            return ConfigError(f"{where} wants another key ({status})", "set server_key")
        if status == 404:
            return ModelMissingError(
                f"{where} does not have {self.model} (404): {said}",
                f"it has: {', '.join(self._listed()) or 'see the path in server = ...'}",
            )
        if status in (400, 413, 422) and _TOO_LONG.search(said):
            return _TooLong(said)
        if 300 <= status < 400:
            return ServerError(
                f"{where} redirects ({status}), which is not followed", retryable=False
            )
        wait_s = _seconds(headers.get("retry-after", ""))
        return ServerError(
            f"{where} answered {status}: {said}", retryable=status in _RETRIED, wait_s=wait_s
        )

    def _listed(self) -> list[str]:
        try:
            status, _, data = self._received("GET", "/models", None, CONNECT_S)
            return _listed(self._object(data)) if status == 200 else []
        except (httpx.HTTPError, DigestError):
            return []

    def _object(self, data: bytes) -> dict[str, Any]:
        try:
            found = json.loads(data)
        except (ValueError, RecursionError) as exc:
            raise ServerError(f"{self._endpoint.netloc} answers broken JSON: {exc}") from exc
        if not isinstance(found, dict):
            raise ServerError(f"{self._endpoint.netloc} answers no JSON object")
        return found

    # -------------------------------------------------------------- a server that is away

    def _check_down(self) -> None:
        with self._lock:
            if self._down is not None and time.monotonic() < self._down_until_s:
                raise ServerError(self._down.message, self._down.hint, retryable=False)

    def _remember_down(self, exc: ServerError) -> None:
        if exc.unreachable:
            with self._lock:
                self._down, self._down_until_s = exc, time.monotonic() + _DOWN_S


def _trusted(access: Access) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=access.ca_file or None)
    except OSError as exc:
        raise ConfigError(f"ca_file: {access.ca_file} cannot be read: {exc}") from exc


def _client(access: Access, verify: ssl.SSLContext) -> httpx.Client:
    headers = {"Accept-Encoding": "identity", "User-Agent": "arxiv-digest"}
    if access.key:
        headers["Authorization"] = f"Bearer {access.key}"
    return httpx.Client(
        headers=headers,
        verify=verify,
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
    )


def _listed(answer: Mapping[str, Any]) -> list[str]:
    """The names in a list of models.

    Raises:
        ServerError: It is none.
    """
    entries = answer.get("data")
    if not isinstance(entries, list):
        raise ServerError("the model server lists no models")
    return [str(entry.get("id")) for entry in entries if isinstance(entry, dict)]


def _completion(answer: Mapping[str, Any], options: DecodeOptions) -> Completion:
    """The first choice of an answer.

    Raises:
        ServerError: It has another shape.
    """
    try:
        choice = answer["choices"][0]
        text = choice["message"]["content"] or ""
        usage = answer.get("usage") or {}
        tokens, read = int(usage.get("completion_tokens", 0)), int(usage.get("prompt_tokens", 0))
        if not isinstance(text, str):
            raise TypeError("content is no text")
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as exc:
        raise ServerError(f"an answer of the model server has another shape: {exc!r}") from exc
    text = _THOUGHTS.sub("", text, count=1) if text.lstrip().startswith("<think>") else text
    stopped = stops.before(text.strip(), options.stop)
    finished = choice.get("finish_reason") != "length"
    return Completion(stopped, tokens, finished, prompt_tokens=read)


def _message(data: bytes) -> str:
    """What a refusal says, as one short line."""
    try:
        found = json.loads(data)
        error = found.get("error", found) if isinstance(found, dict) else found
        said = error.get("message", error) if isinstance(error, dict) else error
    except (ValueError, RecursionError):
        said = data[:2000].decode(errors="replace")
    return "".join(filter(str.isprintable, " ".join(str(said).split())))[:200]


def _seconds(retry_after: str) -> float:
    """A Retry-After in seconds, within bounds; 0 where it is a date or nothing."""
    return min(float(retry_after), _LONGEST_RETRY_AFTER_S) if retry_after.isdigit() else 0.0
