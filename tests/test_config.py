import tomllib
from dataclasses import fields

import pytest

from digest.config import CONFIG_FILE, TEMPLATE, Config, known_categories, load
from digest.errors import ConfigError


@pytest.fixture
def home(tmp_path):
    return tmp_path


def settings(home, text="", environ=None, **flags):
    (home / CONFIG_FILE).write_text(text, encoding="utf-8")
    return load({"DIGEST_HOME": str(home), **(environ or {})}, flags)


def test_flags_beat_the_environment_beats_the_file_beats_the_defaults(home):
    text = 'title = "file"\nzone = "UTC"\nmodel = "m"'
    found = settings(
        home, text, {"DIGEST_TITLE": "environ", "DIGEST_ZONE": "Asia/Tokyo"}, title="f"
    )
    assert (found.title, found.zone, found.model, found.threads) == ("f", "Asia/Tokyo", "m", 0)


def test_environment_values_get_the_type_of_their_key(home):
    found = settings(home, "", {"DIGEST_THREADS": "3", "DIGEST_CATEGORIES": "cs.SD, eess.AS"})
    assert (found.threads, found.categories) == (3, ("cs.SD", "eess.AS"))


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("modle = 'x'", "unknown key 'modle'", "did you mean model?"),
        ("home = 'x'", "unknown key 'home'", "known keys"),
        ("threads = 'two'", "threads must be a whole number", None),
        ("threads = true", "threads must be a whole number", None),
        ("categories = 'cs.SD'", "categories must be a list", None),
        ("categories = ['cs.SDD']", "arXiv has no category 'cs.SDD'", "did you mean cs.SD?"),
        ("zone = 'Mars/Base'", "no such time zone", "Asia/Shanghai"),
        ("title = ", "not valid TOML", None),
        ("target = 'tlh'", "no such choice", "zh-Hant"),
        ("threads = -1", "0 to 1024", None),
    ],
)
def test_a_wrong_setting_is_named_with_its_cure(home, text, message, hint):
    with pytest.raises(ConfigError, match=message) as caught:
        settings(home, text)
    assert hint is None or hint in caught.value.hint


def test_an_unknown_variable_is_an_error(home):
    with pytest.raises(ConfigError, match="DIGEST_THREDS"):
        settings(home, "", {"DIGEST_THREDS": "1"})


def test_the_written_template_holds_the_defaults():
    written = tomllib.loads(TEMPLATE)
    defaults = {field.name: field.default for field in fields(Config)}
    assert {name: tuple(v) if isinstance(v, list) else v for name, v in written.items()} == {
        name: defaults[name] for name in written
    }


def test_the_taxonomy_has_what_labs_use():
    assert {"cs.SD", "eess.AS", "quant-ph", "astro-ph.CO", "math.AG"} <= set(known_categories())
    assert len(known_categories()) == len(set(known_categories()))


def test_a_relative_models_folder_lies_in_the_home(home):
    assert settings(home, 'models_dir = "weights"').models_dir == home / "weights"
