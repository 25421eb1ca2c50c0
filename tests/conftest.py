"""What every test gets: no network, a home of its own, and fakes for the models."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from digest import confinement
from digest.config import Config
from digest.engines import process
from digest.errors import DigestError
from digest.generation import Completion, DecodeOptions, Prompt
from digest.records import (
    Breakdown,
    Claim,
    Document,
    Evidence,
    MadeBy,
    Paper,
    Section,
    Sentence,
    TranslatedSentence,
    Translation,
)


@pytest.fixture(autouse=True)
def no_network(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that opens a connection fails, and says so; marked loopback, it may reach its own."""
    connect = socket.socket.connect
    allowed = request.node.get_closest_marker("loopback") is not None

    def guard(self: socket.socket, address: object) -> None:
        if not (allowed and isinstance(address, tuple) and address[0] in ("127.0.0.1", "::1")):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guard)


@pytest.fixture(autouse=True)
def stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that a test runs in its own process does not take that off the network for good."""
    monkeypatch.setattr(confinement, "leave_network", lambda: "namespace")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of the developer's reaches a test; state goes to a folder of its own."""
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        if name not in ("DIGEST_TEST_DATA", "DIGEST_MODELS"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("DIGEST_HOME", str(tmp_path / "home"))
    # Turns are taken among all models of the machine; a test waits for no night's run.
    monkeypatch.setattr(process, "default_turn_file", lambda: tmp_path / "turn")


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Shanghai"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The machine's time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def page() -> Iterator[Any]:
    """An empty page of a new PDF, in PyMuPDF."""
    import pymupdf

    with pymupdf.open() as document:
        yield document.new_page(width=612, height=792)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(home=tmp_path / "home", models_dir=tmp_path / "models")


@pytest.fixture
def papers(tmp_path: Path) -> Iterator[Path]:
    """A folder of two "PDFs"; the fakes below never open them."""
    folder = tmp_path / "papers"
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"%PDF-1.4 first")
    (folder / "a.json").write_text('{"id": "2601.00001v1", "title": "First", "abstract": "One."}')
    (folder / "b.pdf").write_bytes(b"%PDF-1.4 second")
    yield folder


class FakeQuotes:
    """Translates sentences as it is told to; by default none, each stays as it is."""

    made_by = MadeBy("t", "1")

    def __init__(self, translate: Any = None) -> None:
        self.translate_sentences = translate or self._kept

    @staticmethod
    def _kept(sentences: Sequence[str]) -> list[TranslatedSentence]:
        return [TranslatedSentence(text, text, {}, kept=True) for text in sentences]


class FakeEngine:
    """Answers from a function of the input; counts its calls."""

    name, model, sha256, version = "fake", "fake-1", "0" * 64, "1"
    instructed = True
    searches = False
    at_once = 1

    def __init__(self, answer) -> None:
        self.options: dict[str, str] = {}
        self.answer = answer
        self.asked: list[list[str]] = []

    def complete(
        self, prompt: Prompt, inputs: Sequence[str], options: DecodeOptions
    ) -> list[Completion]:
        self.asked.append(list(inputs))
        return [Completion(self.answer(text), 1, True) for text in inputs]


class FakeExtractor:
    """Two sentences for every PDF, but for those named in ``broken``."""

    made_by = MadeBy("fake", "1")

    def __init__(self, broken: Sequence[str] = ()) -> None:
        self.broken = broken
        self.read: list[str] = []

    def extract(self, pdf: Path) -> Document:
        self.read.append(Path(pdf).name)
        if Path(pdf).name in self.broken:
            raise OSError("cannot read it")
        return document()

    def extract_each(
        self, pdfs: Iterable[Path | None]
    ) -> Iterator[tuple[Path, Document | Exception]]:
        """Each as it is handed over."""
        for pdf in pdfs:
            if pdf is None:
                continue
            try:
                yield pdf, self.extract(pdf)
            except (OSError, DigestError) as exc:
                yield pdf, exc


class FakeTranslator:
    """Chinese for any text."""

    made_by = MadeBy("fake", "1", model="t")
    at_once = 1
    calls = 0

    def translate(self, text: str, title: str = "") -> Translation:
        self.calls += 1
        sentence = TranslatedSentence(text, f"译文：{text}", {"numbers": True})
        return Translation(
            text,
            "zh-Hans",
            sentence.text,
            (sentence,),
            sentence.checks,
            self.made_by,
            title and f"译：{title}",
        )


class FakeExplainer:
    """One claim for every paper."""

    made_by = MadeBy("fake", "1", model="e")
    at_once = 1
    calls = 0

    def explain(self, paper: Paper, document: Document | None) -> Breakdown:
        self.calls += 1
        if document is None:
            return Breakdown((), (), (), "none", (), self.made_by)
        first = document.sentences[0]
        evidence = (Evidence("sentence", first.id, first.page, first.text),)
        claim = Claim("主要结果", "词错误率降低 9.3%。", evidence, "verified")
        return Breakdown((), (), (claim,), "full", (), self.made_by)


def document(*texts: str) -> Document:
    """A readable document of one results section, a sentence a page."""
    texts = texts or ("The word error rate falls by 9.3%.", "Nothing else is reported here.")
    sentences = tuple(Sentence(f"s{n}", 0, n, text, ()) for n, text in enumerate(texts, 1))
    return Document(
        pdf_sha256="0" * 64,
        pages=len(texts),
        title="Title of the PDF",
        abstract="Abstract of the PDF.",
        text_quality="good",
        text_quality_reason="",
        sections=(Section("Results", 1, "results", 1),),
        sentences=sentences,
        tables=(),
        figures=(),
        hidden=(),
        made_by=MadeBy("fake", "1"),
    )
