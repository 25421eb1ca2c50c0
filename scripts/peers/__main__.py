"""Our run against the peers' ways, on the same papers, model file and machine.

Four ways, each from loading the model to the last answer, with nothing of its files in the page
cache: ``digest run`` in an empty home; a script with a high-level chat call for each question,
once with the question first, where nothing that was read is of use again, and once with the paper's
text first; llama-server of the same llama.cpp with four slots and its prompt cache. All answers are
greedy. Nothing else should run meanwhile. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from digest import assembly
from digest import config as configuration
from digest.engines import catalogue, known
from digest.engines.converted import folder as converted
from digest.engines.process import physical_cores
from digest.records import Document
from scripts.peers import build, ours, served
from scripts.peers.asked import CONTEXT, ORDERS, Answer, Order, Source, sources
from scripts.peers.judge import Verdict, Written, judged, parsed, wrong_numbers
from scripts.peers.table import Measured, markdown

CHECKOUT = Path(__file__).resolve().parents[2]
DATE = "2026-01-23"
OURS, SERVER = "ours", "llama-server"


@dataclass(frozen=True, slots=True)
class Setting:
    """What all ways share. ``scratch``: a folder that is empty at first."""

    folder: Path
    config: configuration.Config
    model: catalogue.ModelFile
    scratch: Path
    jobs: int

    @property
    def gguf(self) -> Path:
        """The model's file."""
        return self.config.models_dir / self.model.file

    @property
    def threads(self) -> int:
        """As a run uses."""
        return self.config.threads or physical_cores()


Way = Callable[[Setting, Sequence[Source]], tuple[int, list[Written]]]
"""Reads the papers; how many tokens were written, and what is published of each."""


def by_us(setting: Setting, papers: Sequence[Source]) -> tuple[int, list[Written]]:
    """A whole run from an empty home, post and all."""
    count = setting.scratch / "tokens"
    home = setting.scratch / "home"
    models = ["--model", setting.model.name, "--translator", setting.model.name]
    command = ["--quiet", "--home", str(home), "run", "--from", str(setting.folder)]
    program = [sys.executable, "-m", "scripts.peers.ours", str(count)]
    run = [*program, *command, *models, "--date", DATE]
    subprocess.run(run, check=True, cwd=CHECKOUT, stdout=subprocess.DEVNULL)
    config = configuration.load(os.environ, {"home": home}, CHECKOUT)
    found = ours.published(config, DATE)
    return int(count.read_text(encoding="utf-8")), [found[paper.title] for paper in papers]


def by_script(
    order: Order, setting: Setting, papers: Sequence[Source]
) -> tuple[int, list[Written]]:
    """The script, in a process of its own."""
    arguments = [str(setting.folder), str(setting.gguf), str(setting.threads), order]
    command = [sys.executable, "-m", "scripts.peers.script", *arguments]
    done = subprocess.run(command, check=True, cwd=CHECKOUT, capture_output=True, text=True)
    return _taken([Answer(**json.loads(line)) for line in done.stdout.splitlines()], papers)


def by_server(
    program: Path, setting: Setting, papers: Sequence[Source]
) -> tuple[int, list[Written]]:
    """llama-server, started for this and stopped again."""
    return _taken(served.ask_all(program, setting.gguf, setting.threads, papers), papers)


def _taken(answers: Sequence[Answer], papers: Sequence[Source]) -> tuple[int, list[Written]]:
    return sum(answer.tokens for answer in answers), [parsed(answers, paper) for paper in papers]


def ways(setting: Setting, wanted: str) -> dict[str, Way]:
    """Each way by its name, ours first; those whose names hold ``wanted``."""
    every: dict[str, Callable[[], Way]] = {OURS: lambda: by_us}
    for order in ORDERS:
        every[f"script, {order}"] = lambda order=order: partial(by_script, order)  # type: ignore[misc]
    every[SERVER] = lambda: partial(by_server, build.server(setting.jobs))
    return {name: make() for name, make in every.items() if wanted in name}


def forget_files(setting: Setting) -> None:
    """Let the kernel drop the model's files from memory, so that each way reads them anew."""
    folder = converted(setting.model, setting.config.models_dir)
    files = [setting.gguf, *(path for path in folder.glob("*") if path.is_file())]
    for path in files:
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(setting: Setting, wanted: str, keep: Path | None) -> list[Measured]:
    """Every way in turn."""
    papers = sources(setting.folder)
    with assembly.extractor(setting.config) as extractor:
        documents = [extractor.extract(setting.folder / f"{paper.name}.pdf") for paper in papers]
    found = []
    for name, way in ways(setting, wanted).items():
        forget_files(setting)
        started = time.monotonic()
        tokens, written = way(setting, papers)
        seconds = time.monotonic() - started
        found.append(Measured(name, seconds, tokens, _verdict(written, papers, documents)))
        print(f"{name}: {seconds:.0f} s, {tokens} tokens", file=sys.stderr, flush=True)
        if keep is not None:
            _keep(keep / f"{name}.json", written, papers)
    return found


def _verdict(
    written: Sequence[Written], papers: Sequence[Source], documents: Sequence[Document]
) -> Verdict:
    each = zip(written, papers, documents, strict=True)
    return sum((judged(*one) for one in each), Verdict())


def _keep(path: Path, written: Sequence[Written], papers: Sequence[Source]) -> None:
    """What a way published, for somebody who reads it by eye."""
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [f"{paper.abstract}\n{paper.text}" for paper in papers]
    kept = [
        {**asdict(one), "wrong": wrong_numbers(one.bullets, text)}
        for one, text in zip(written, texts, strict=True)
    ]
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--from", dest="folder", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--model", default="0.5b")
    parser.add_argument("--only", default="", help="ways whose names hold this")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="what each way published")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="to build the server")
    options = parser.parse_args()
    config = configuration.load(os.environ, {}, CHECKOUT)
    model = known.ready(options.model, config.models_dir)
    with tempfile.TemporaryDirectory(prefix="digest-peers-") as scratch:
        setting = Setting(options.folder.resolve(), config, model, Path(scratch), options.jobs)
        found = measure(setting, options.only, options.keep)
    print(markdown(found))
    print(f"{model.name}, {setting.threads} threads, {CONTEXT} tokens of context an answer, greedy")


if __name__ == "__main__":
    main()
