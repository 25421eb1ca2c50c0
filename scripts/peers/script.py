"""The script that one writes in an afternoon: a high-level chat call for each question.

``python -m scripts.peers.script FOLDER MODEL.gguf THREADS ORDER`` prints an answer a line, as JSON.
With the text first, llama-cpp-python finds what it read for the question before in its memory; with
the question first there is nothing to be found.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import llama_cpp

from scripts.peers.asked import CONTEXT, Answer, Order, Question, questions, sources


def main(folder: Path, model: Path, threads: int, order: Order) -> None:
    """Load the model, then ask everything, one call after another."""
    llama: Any = llama_cpp.Llama(
        str(model), n_ctx=CONTEXT, n_threads=threads, n_threads_batch=threads, verbose=False
    )
    for source in sources(folder):
        for question in questions(source, order):
            answer = _asked(llama, question)
            print(json.dumps(asdict(answer), ensure_ascii=False), flush=True)


def _asked(llama: Any, question: Question) -> Answer:
    answer = llama.create_chat_completion(
        [
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.user},
        ],
        max_tokens=question.most_tokens,
        temperature=0.0,
    )
    choice, tokens = answer["choices"][0], answer["usage"]["completion_tokens"]
    text, finished = choice["message"]["content"] or "", choice["finish_reason"] == "stop"
    return Answer(question.paper, question.part, text, tokens, finished)


if __name__ == "__main__":
    _folder, _model, _threads, _order = sys.argv[1:]
    main(Path(_folder), Path(_model), int(_threads), cast(Order, _order))
