"""llama-server as a script would use it: its slots and its cache, asked over its OpenAI API.

Four askers together, as there are four slots: one for each paper's questions, which follow each
other so that the slot still holds the paper's text, and one for the abstracts. That is the order
that suits the server best.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import httpx

from scripts.peers.asked import CONTEXT, TRANSLATION, Answer, Question, Source, questions

SLOTS = 4
_START_S = 300.0
_ANSWER_S = 3600.0


def ask_all(program: Path, model: Path, threads: int, papers: Sequence[Source]) -> list[Answer]:
    """Start the server, ask everything, stop it."""
    with _running(program, model, threads) as url, ThreadPoolExecutor(SLOTS) as pool:
        answered = pool.map(partial(_ask_in_turn, url), streams(papers))
        return [answer for answers in answered for answer in answers]


def streams(papers: Sequence[Source]) -> list[list[Question]]:
    """What is asked one after another: the abstracts, then each paper's questions."""
    asked = [question for paper in papers for question in questions(paper, "text first")]
    abstracts = [question for question in asked if question.part == TRANSLATION]
    of_papers = [
        [q for q in asked if q.paper == paper.name and q.part != TRANSLATION] for paper in papers
    ]
    return [abstracts, *of_papers]


@contextlib.contextmanager
def _running(program: Path, model: Path, threads: int) -> Iterator[str]:
    """The server on loopback, once it is ready."""
    port = _free_port()
    options = ["--host", "127.0.0.1", "--port", str(port), "--parallel", str(SLOTS)]
    options += ["--ctx-size", str(SLOTS * CONTEXT), "--threads", str(threads), "--offline"]
    command = [str(program), "--model", str(model), *options]
    url = f"http://127.0.0.1:{port}"
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as server:
        try:
            _await(url, server)
            yield url
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _await(url: str, server: subprocess.Popen[bytes]) -> None:
    give_up_s = time.monotonic() + _START_S
    while time.monotonic() < give_up_s:
        if server.poll() is not None:
            raise SystemExit(f"llama-server ended with {server.returncode} before it was ready")
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/health", trust_env=False).status_code == httpx.codes.OK:
                return
        time.sleep(0.05)
    raise SystemExit(f"llama-server was not ready within {_START_S:.0f} s")


def _ask_in_turn(url: str, asked: Sequence[Question]) -> list[Answer]:
    with httpx.Client(base_url=url, timeout=_ANSWER_S, trust_env=False) as client:
        return [_asked(client, question) for question in asked]


def _asked(client: httpx.Client, question: Question) -> Answer:
    body = {
        "messages": [
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.user},
        ],
        "max_tokens": question.most_tokens,
        "temperature": 0.0,
        "cache_prompt": True,
    }
    answer = client.post("/v1/chat/completions", json=body).raise_for_status().json()
    choice, tokens = answer["choices"][0], answer["usage"]["completion_tokens"]
    text, finished = choice["message"]["content"] or "", choice["finish_reason"] == "stop"
    return Answer(question.paper, question.part, text, tokens, finished)
