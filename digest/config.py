"""Settings: defaults < ``digest.toml`` < ``DIGEST_*`` < flags, in one frozen, validated record.

Nothing is read at import. Unknown keys are errors, in the file and in the environment alike.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.errors import ConfigError

CONFIG_FILE = "digest.toml"
_NOT_SETTINGS = {"DIGEST_HOME", "DIGEST_TEST_DATA"}
"""Variables of ours that are no keys of digest.toml: where it lies, and where the tests look."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set. Each field is a key of digest.toml and a ``DIGEST_*`` variable.

    Args:
        home: Folder of digest.toml, digest.duckdb, papers/ and posts/.
        models_dir: Weights, shared between homes (``DIGEST_MODELS``).
        categories: arXiv categories, for the tags of a post and, when fetching, its papers.
        title: Title of the post, before its date.
        zone: IANA time zone of dates.
        model: Catalogue name of the model that writes the reading.
        translator: Catalogue name of the model that translates.
        target: Language of the post. Only zh-Hans for now.
        threads: Threads of a model; 0 means one for each physical core.
        evidence_tokens: Roughly how much of a paper the reading may be written from.
    """

    home: Path
    models_dir: Path
    categories: tuple[str, ...] = ("cs.SD", "eess.AS")
    title: str = "arXiv Daily"
    zone: str = "Asia/Shanghai"
    model: str = "qwen2.5-coder-1.5b-instruct-q4_k_m"
    translator: str = "qwen2.5-coder-1.5b-instruct-q4_k_m"
    target: str = "zh-Hans"
    threads: int = 0
    evidence_tokens: int = 1200

    def __post_init__(self) -> None:
        for category in self.categories:
            check_category(category)
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise ConfigError(
                f"zone: no such time zone: {self.zone!r}", "use an IANA name such as Asia/Shanghai"
            ) from exc
        if self.target != "zh-Hans":
            raise ConfigError(f"target: {self.target!r} cannot be written yet", "use zh-Hans")
        if not 0 <= self.threads <= 1024:
            raise ConfigError(f"threads: {self.threads} is not 0 to 1024", "0 picks for you")
        if not 200 <= self.evidence_tokens <= 20000:
            raise ConfigError(f"evidence_tokens: {self.evidence_tokens} is not 200 to 20000")

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.home / "digest.duckdb"

    @property
    def posts(self) -> Path:
        """Folder of the posts."""
        return self.home / "posts"

    @property
    def papers(self) -> Path:
        """Folder of the PDFs that posts were made from."""
        return self.home / "papers"


def load(
    environ: Mapping[str, str], flags: Mapping[str, Any], checkout: Path | None = None
) -> Config:
    """Read the settings for one command.

    Args:
        environ: Usually ``os.environ``.
        flags: Values given on the command line, by field name; None means not given.
        checkout: The source checkout, whose models/ is used where nothing else is said.

    Raises:
        ConfigError: An unknown key, a value of the wrong type or out of range.
    """
    home = Path(flags.get("home") or environ.get("DIGEST_HOME") or "~/.digest").expanduser()
    values: dict[str, Any] = {"models_dir": default_models_dir(environ, checkout)}
    values |= _from_file(home / CONFIG_FILE)
    values |= _from_environ(environ)
    values |= {name: value for name, value in flags.items() if value is not None}
    values["home"] = home.absolute()
    values["models_dir"] = Path(values["models_dir"]).expanduser().absolute()
    return Config(**values)


def default_models_dir(environ: Mapping[str, str], checkout: Path | None) -> Path:
    """models/ of the checkout, else the user's data folder."""
    if checkout is not None and (checkout / "models" / "catalog.toml").is_file():
        return checkout / "models"
    data = environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "arxiv-digest" / "models"


def _from_file(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path} cannot be read: {exc}") from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path} is not valid TOML: {exc}") from exc
    values = {name: _value(name, value, str(path)) for name, value in found.items()}
    if "models_dir" in values:  # relative to its file, not to where the command is run from
        values["models_dir"] = path.parent / Path(values["models_dir"]).expanduser()
    return values


def _from_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for variable, text in environ.items():
        if not variable.startswith("DIGEST_") or variable in _NOT_SETTINGS:
            continue
        name = "models_dir" if variable == "DIGEST_MODELS" else variable[7:].lower()
        values[name] = _value(name, _parse(name, text, variable), variable)
    return values


def _parse(name: str, text: str, where: str) -> Any:
    """An environment variable's text as the type of its key."""
    kind = _types().get(name)
    if kind == "int":
        try:
            return int(text)
        except ValueError:
            raise ConfigError(f"{where}: not a whole number: {text!r}") from None
    if kind == "tuple[str, ...]":
        return [part.strip() for part in text.split(",") if part.strip()]
    return text


def _value(name: str, value: Any, where: str) -> Any:
    """A value with its type checked.

    Raises:
        ConfigError: ``name`` is no setting, or ``value`` has the wrong type.
    """
    kind = _types().get(name)
    if kind is None:
        close = difflib.get_close_matches(name, _types(), n=1)
        hint = f"did you mean {close[0]}?" if close else f"known keys: {', '.join(_types())}"
        raise ConfigError(f"{where}: unknown key {name!r}", hint)
    if kind == "tuple[str, ...]":
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        raise ConfigError(f"{where}: {name} must be a list of strings, not {value!r}")
    wanted = int if kind == "int" else str
    if not isinstance(value, wanted) or isinstance(value, bool):
        noun = "a whole number" if wanted is int else "a string"
        raise ConfigError(f"{where}: {name} must be {noun}, not {value!r}")
    return value


def _types() -> dict[str, str]:
    """Key -> its annotation. ``home`` is no key: it is where the file lies."""
    return {field.name: str(field.type) for field in fields(Config) if field.name != "home"}


def check_category(category: str) -> None:
    """Refuse a category that arXiv does not have.

    Raises:
        ConfigError: Names the category and the nearest one that exists.
    """
    known = known_categories()
    if category in known:
        return
    close = difflib.get_close_matches(category, known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]}?" if close else "see https://arxiv.org/category_taxonomy"
    raise ConfigError(f"categories: arXiv has no category {category!r}", hint)


def known_categories() -> tuple[str, ...]:
    """Every arXiv category, from the list in the package."""
    text = resources.files("digest").joinpath("categories.txt").read_text(encoding="utf-8")
    lines = (line for line in text.splitlines() if not line.startswith("#"))
    return tuple(category for line in lines for category in line.split())


TEMPLATE = """\
# Settings of this digest. Every line may be left out; the values below are the defaults.
# Each can also be given as an environment variable: categories as DIGEST_CATEGORIES, and so on.

# arXiv categories, see https://arxiv.org/category_taxonomy
categories = ["cs.SD", "eess.AS"]

# Title of a post, before its date
title = "arXiv Daily"

# Time zone of dates
zone = "Asia/Shanghai"

# Models, by their names in: digest models list
model = "qwen2.5-coder-1.5b-instruct-q4_k_m"
translator = "qwen2.5-coder-1.5b-instruct-q4_k_m"

# Threads of a model; 0 means one for each physical core
threads = 0

# Roughly how many tokens of a paper its reading is written from
evidence_tokens = 1200
"""
"""What ``digest init`` writes; a test holds its values equal to the defaults."""
