"""What this machine knows besides the catalogue: pins, and models that were brought."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from digest.engines import folders, header, imports, known, present
from digest.engines.catalogue import Catalogue, HubSource, ModelFile
from digest.engines.download import Offer, SourceFailed
from digest.engines.imports import Wanted, bring
from digest.engines.known import Pin
from digest.engines.process import Running, WorkerEngine
from digest.engines.pull import Fetch, offered, pin_of, pull
from digest.errors import ConfigError, ModelDamagedError, ModelError, ModelMissingError
from digest.generation import DecodeOptions, Prompt
from tests.test_engines_convert import write_tiny_gguf
from tests.tiny_seq2seq import write_tiny_seq2seq

DATA = b"weights of a model"
SHA256 = hashlib.sha256(DATA).hexdigest()
HUB = HubSource("who/new-GGUF", "new.gguf")
NEW = ModelFile("new", "new.gguf", 0, "", "MIT", 64, "chatml", (HUB,))
FOLDER = ModelFile(
    "pair",
    "pair",
    0,
    "",
    "CC-BY-NC-4.0",
    512,
    "",
    (HubSource("who/pair", ""),),
    engines=("ctranslate2",),
    members=("config.json", "model.bin"),
    family="opus-mt",
)
FILES = {"config.json": b"{}", "model.bin": b"large"}


def hub(files: dict[str, bytes]) -> Fetch:
    """A hub that has these files; of small ones it publishes no hash."""

    def fetch(source: HubSource, folder: Path, _model: ModelFile, _watch: object) -> Path:
        if source.file not in files:
            raise SourceFailed("404")
        (folder / source.file).write_bytes(files[source.file])
        return folder / source.file

    def ask(source: HubSource) -> Offer:
        if source.file not in files:
            raise SourceFailed("404")
        data = files[source.file]
        large = not source.file.endswith(".json")
        return Offer(len(data), hashlib.sha256(data).hexdigest() if large else "", "c0ffee")

    return Fetch(hub=fetch, ask=ask)


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    catalogue = Catalogue((NEW, FOLDER), "new")
    monkeypatch.setattr(known, "catalogue", lambda: catalogue)
    return catalogue


@pytest.mark.usefixtures("shipped")
def test_what_nobody_pinned_is_not_run_and_not_pulled(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match="which file new is") as caught:
        known.ready("new", tmp_path)
    assert caught.value.hint == "digest models pull new"
    with pytest.raises(ModelMissingError, match="nobody has pinned"):
        pull(known.find("new", tmp_path), tmp_path, fetch=hub({"new.gguf": DATA}))


@pytest.mark.usefixtures("shipped")
def test_what_the_hub_publishes_is_pinned_once_and_then_held(tmp_path: Path) -> None:
    good = hub({"new.gguf": DATA})
    offers = offered(NEW, good)
    assert offers == {"new.gguf": Offer(len(DATA), SHA256, "c0ffee")}
    model = known.pin(NEW, pin_of(NEW, offers, tmp_path, fetch=good), tmp_path)
    assert (model.sha256, model.bytes) == (SHA256, len(DATA))
    assert model.sources == (HubSource("who/new-GGUF", "new.gguf", "c0ffee"),)
    assert known.ready("new", tmp_path) == model
    assert pull(model, tmp_path, fetch=good).read_bytes() == DATA
    (tmp_path / "new.gguf").unlink()
    with pytest.raises(ModelDamagedError, match="sha256"):
        pull(model, tmp_path, fetch=hub({"new.gguf": b"weights of another"}))
    with pytest.raises(ModelError, match="new is pinned to"):
        known.pin(model, Pin(1, "f" * 64), tmp_path)


def test_a_pin_never_overrides_the_catalogue(tmp_path: Path) -> None:
    pinned = ModelFile("old", "old.gguf", 3, "a" * 64, "MIT", 64, "chatml", (HUB,))
    (tmp_path / known.FILE).write_text(
        json.dumps({"pins": {"old": {"bytes": 9, "sha256": "b" * 64}}, "imported": []})
    )
    found = known.known(tmp_path, Catalogue((pinned,), "old")).find("old")
    assert found == pinned


@pytest.mark.parametrize("text", ["", "[]", '{"pins": 3}', '{"pins": {"x": {"bytes": "no"}}}'])
@pytest.mark.usefixtures("shipped")
def test_damaged_pins_are_not_forgotten_in_silence(tmp_path: Path, text: str) -> None:
    (tmp_path / known.FILE).write_text(text)
    with pytest.raises(ConfigError, match=r"known\.json cannot be read"):
        known.find("new", tmp_path)


def test_a_hub_that_does_not_answer(tmp_path: Path) -> None:
    with pytest.raises(ModelMissingError, match=r"nobody says which bytes new is: hub .* 404"):
        offered(NEW, hub({}))


@pytest.mark.usefixtures("shipped")
def test_a_folder_is_pulled_file_by_file_and_known_by_one_hash(tmp_path: Path) -> None:
    good = hub(FILES)
    where = pin_of(FOLDER, offered(FOLDER, good), tmp_path, fetch=good)
    lines = "".join(f"{hashlib.sha256(FILES[n]).hexdigest()}  {n}\n" for n in sorted(FILES))
    assert where == Pin(7, hashlib.sha256(lines.encode()).hexdigest(), "c0ffee")
    model = known.pin(FOLDER, where, tmp_path)
    path = pull(model, tmp_path, fetch=good)
    assert (path / "model.bin").read_bytes() == b"large"
    assert present.ensure(model, tmp_path) == present.check(model, tmp_path) == path
    assert pull(model, tmp_path, fetch=hub({})) == path  # it is here: nobody is asked


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            lambda folder: (folder / "model.bin").write_bytes(b"lArge"),
            "not the file that was pinned",
        ),
        (lambda folder: (folder / "model.bin").unlink(), "not the file that was pinned"),
        (lambda folder: (folder / folders.LABEL).unlink(), "is not the pinned pair"),
        (lambda folder: (folder / folders.LABEL).write_text("{}"), "is not the pinned pair"),
        (lambda folder: (folder / folders.LABEL).write_text("["), "is not the pinned pair"),
    ],
)
def test_a_folder_that_was_altered(
    tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    good = hub(FILES)
    model = known.pin(FOLDER, pin_of(FOLDER, offered(FOLDER, good), tmp_path, fetch=good), tmp_path)
    spoil(pull(model, tmp_path, fetch=good))
    with pytest.raises(ModelDamagedError, match=said):
        present.check(model, tmp_path)
    assert (pull(model, tmp_path, fetch=good, force=True) / "model.bin").read_bytes() == b"large"


@pytest.mark.usefixtures("shipped")
def test_a_folder_whose_hub_changed_its_files(tmp_path: Path) -> None:
    good = hub(FILES)
    model = known.pin(FOLDER, pin_of(FOLDER, offered(FOLDER, good), tmp_path, fetch=good), tmp_path)
    changed = hub({"config.json": b"{}", "model.bin": b"other"})
    with pytest.raises(ModelDamagedError, match="gave other files"):
        pull(model, tmp_path, fetch=changed)
    assert not (tmp_path / "pair").exists()


# ---------------------------------------------------------------- brought


@pytest.mark.usefixtures("shipped")
def test_a_file_that_is_brought_is_known_and_runs(tmp_path: Path) -> None:
    stick, models_dir = write_tiny_gguf(tmp_path / "stick.gguf"), tmp_path / "models"
    models_dir.mkdir()
    model = bring(stick, Wanted("mine", "MIT"), models_dir)
    assert (model.file, model.template, model.context) == ("mine.gguf", "chatml", 512)
    assert known.ready("MINE", models_dir) == model
    with WorkerEngine("llama.cpp", model, models_dir, Running(threads=1)) as engine:
        (answer,) = engine.complete(Prompt("s", "t"), ["x"], DecodeOptions(max_output_tokens=4))
    assert answer.tokens <= 4
    assert bring(stick, Wanted(), models_dir) == model  # known by its hash: nothing is asked


@pytest.mark.usefixtures("shipped")
def test_a_file_of_the_catalogue_needs_nothing_but_its_hash(tmp_path: Path) -> None:
    models_dir = tmp_path / "models"
    known.pin(NEW, Pin(len(DATA), SHA256), models_dir)
    (tmp_path / "download (1)").write_bytes(DATA)
    model = bring(tmp_path / "download (1)", Wanted(), models_dir)
    assert model.name == "new"
    assert (models_dir / "new.gguf").read_bytes() == DATA
    assert json.loads((models_dir / known.FILE).read_text())["imported"] == []


@pytest.mark.usefixtures("shipped")
def test_a_folder_that_is_brought_translates(tmp_path: Path) -> None:
    stick = write_tiny_seq2seq(tmp_path)
    models_dir = tmp_path / "models"
    model = bring(stick, Wanted("pairs", "MIT", family="nllb"), models_dir)
    assert (model.engines, model.family) == (("ctranslate2",), "nllb")
    assert known.ready("pairs", models_dir) == model
    with WorkerEngine("ctranslate2", model, models_dir, Running(threads=1)) as engine:
        assert not engine.instructed
        options = DecodeOptions(max_output_tokens=6)
        (answer,) = engine.complete(Prompt("", ""), ["We propose method 3."], options)
    assert answer.tokens <= 6
    (models_dir / "pairs" / "config.json").write_bytes(b"{} ")
    with pytest.raises(ModelDamagedError, match="not the file that was pinned"):
        present.ensure(model, models_dir)


def not_gguf(folder: Path) -> Path:
    (folder / "x.gguf").write_bytes(b"GGUF and nothing else")
    return folder / "x.gguf"


def empty_folder(folder: Path) -> Path:
    (folder / "empty").mkdir()
    return folder / "empty"


@pytest.mark.usefixtures("shipped")
@pytest.mark.parametrize(
    ("made", "wanted", "error", "said"),
    [
        (lambda f: f / "no.gguf", Wanted(), ModelError, "there is no"),
        (not_gguf, Wanted("x", "MIT", "chatml"), ModelDamagedError, "no readable GGUF file"),
        (lambda f: write_tiny_gguf(f / "x"), Wanted(), ConfigError, "needs a name and a licence"),
        (lambda f: write_tiny_gguf(f / "x"), Wanted("new", "MIT"), ConfigError, "another model"),
        (
            lambda f: write_tiny_gguf(f / "x"),
            Wanted("x", "MIT", "alpaca"),
            ConfigError,
            "chat template of x",
        ),
        (empty_folder, Wanted("x", "MIT", family="nllb"), ModelError, "no CTranslate2 model"),
        (write_tiny_seq2seq, Wanted("x", "MIT"), ConfigError, "which kind of model"),
        (write_tiny_seq2seq, Wanted("x", "MIT", family="t5"), ConfigError, "unknown family"),
    ],
)
def test_what_cannot_be_brought(
    tmp_path: Path,
    made: Callable[[Path], Path],
    wanted: Wanted,
    error: type[Exception],
    said: str,
) -> None:
    with pytest.raises(error, match=said):
        bring(made(tmp_path), wanted, tmp_path / "models")
    assert not list((tmp_path / "models").glob("*.gguf"))


def test_a_header_says_what_a_model_needs(tmp_path: Path) -> None:
    found = header.read(write_tiny_gguf(tmp_path / "x.gguf"))
    # 2 layers, 1 of 2 heads for keys and values or all, 16 numbers a head, keys and values, 16 bits
    assert (found.architecture, found.context) == ("qwen2", 512)
    assert found.kv_bytes % (2 * 16 * 2 * 2) == 0


def test_imported_entries_are_entries(tmp_path: Path) -> None:
    one = known.Imported(
        "one", "one.gguf", 3, "a" * 64, "MIT", 64, "chatml", ("llama.cpp",), "Q4_0"
    )
    known.remember(one, tmp_path)
    known.remember(one, tmp_path)
    found = known.known(tmp_path, Catalogue((NEW,), "new"))
    assert [model.name for model in found.models] == ["new", "one"]
    assert found.find("one").quantization == "Q4_0"
    assert imports.Wanted() == Wanted("", "", "", "")
