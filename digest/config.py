"""Settings: defaults < ``digest.toml`` < ``DIGEST_*`` < flags, in one frozen, validated record.

Nothing is read at import. Unknown keys are errors, in the file and in the environment alike.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date as Date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from digest.budget import parse_budget
from digest.clock import is_time_of_day
from digest.errors import ConfigError

CONFIG_FILE = "digest.toml"
_RANGES = {
    "threads": (0, 1024),  # 0 picks
    "evidence_tokens": (200, 20_000),
    "overlap_days": (7, 60),  # moderation holds papers for up to a week
    "retry_days": (0, 365),
    "limit": (0, 100_000),
    "gpu_layers": (-1, 1000),  # -1 fits them
    "parallel": (0, 192),  # 0 picks; with 64 papers they are the 256 sequences of llama.cpp
    "papers_at_once": (0, 64),  # 0 picks
    "memory_gb": (0, 65_536),  # 0: what the machine has
    "server_requests": (1, 1024),
    "smtp_port": (1, 65_535),
    "keep_backups": (0, 1000),
    "pdf_days": (0, 100_000),
    "pdf_days_restricted": (0, 100_000),
}
_CHOICES = {
    "layout": ("fast", "model", "auto"),
    "window": ("batches", "strict"),
    "engine": ("auto", "llama.cpp", "ctranslate2"),
    "translator_engine": ("auto", "llama.cpp", "ctranslate2"),
    "device": ("auto", "cpu", "gpu"),
    "writing": ("auto", "compress", "compose", "quote"),
    "target": ("zh-Hans", "zh-Hant", "ja", "ko", "de", "fr"),
    "post_format": ("jekyll", "hugo", "obsidian", "github"),
    "figures": ("off", "free", "noncommercial"),
    "smtp_tls": ("none", "starttls", "tls"),
}
OUTPUTS = ("json", "bibtex", "atom", "weekly", "mail", "site")
"""What can be written beside a post."""
_MAILBOX = re.compile(r"[^\s<>(),;:@\"\[\]\\]+@[A-Za-z0-9.-]+")
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
        post_format: What shows the posts: jekyll, hugo, obsidian or github.
        figures: Whether the figure of a paper's method stands in the post where its licence allows
            it: off, free, or noncommercial (where the lab is, under such licences, too).
        zone: IANA time zone of dates.
        model: Catalogue name of the model that writes the reading, or ``server:NAME``.
        translator: Catalogue name of the model that translates, or ``server:NAME``.
        engine: What runs ``model``: llama.cpp, ctranslate2, or auto.
        translator_engine: What runs ``translator``.
        target: Language of abstracts and readings: zh-Hans, zh-Hant, ja, ko, de or fr. The rest of
            a post is in Chinese, in traditional characters for zh-Hant.
        translate_titles: Whether titles are translated, too; the original always shows.
        threads: Threads of a model; 0: what ``digest doctor`` measured as fastest, or one for
            each physical core.
        device: cpu, gpu, or auto: a GPU where there is one that the engine can use.
        gpu_layers: Layers of a model on the GPU; -1: as many as fit into its memory.
        parallel: Answers that llama.cpp decodes together; 0 picks for the device.
        papers_at_once: Papers in flight together on a GPU or a server; 0 picks. On a CPU it is
            one, so that a paper's text does not depend on what was beside it.
        memory_gb: What a model's process may use; 0: what the machine has.
        server: Base address of an OpenAI-compatible server, for models named ``server:NAME``.
        server_hosts: Hosts that may be asked besides loopback and private addresses.
        server_requests: Requests in flight at the server.
        server_key: What the server wants as a bearer token; empty where it wants none.
        evidence_tokens: Roughly how much of a paper the reading may be written from.
        writing: How readings are written: compress (a bullet from each piece of evidence), compose
            (the model merges and orders), quote (the paper's sentences in translation), or auto:
            what ``digest eval explain`` found better.
        checker: Name of a model that marks claims it doubts; empty for none.
        layout: How pages are read: fast; model (slow, better at headings); auto picks.
        contact: Mail or web address that arXiv is told with each request.
        anchor: Time of day, in ``zone``, at which a post's window starts and ends.
        window: batches (everything announced since the last post) or strict (only what was
            submitted in the window: misses most papers; for comparison).
        overlap_days: How many days back each look asks again, for papers that were held.
        retry_days: For how long a paper whose reading failed is tried again.
        cross_lists: Whether papers that are only cross-listed into the categories are read too.
        limit: At most so many papers in a post, the best first; 0 for all.
        include: Rules; where there are any, a paper must meet one of them.
        exclude: Rules that keep a paper out.
        boost: Rules that move a paper up.
        liked: A file of papers that the lab likes (BibTeX, CSL JSON, or a list of titles).
        holidays: Further dates (US Eastern evenings) without an announcement.
        feed_url: Base address of the announcement feeds, or of a mirror; so the next three.
        proxy: Address of an HTTP proxy.
        ca_file: File of a private certificate authority, besides the usual ones.
        pace_file: The lock that paces requests to arXiv, where /var/tmp is not shared by all that
            ask (containers); empty for the machine's own.
        outputs: What is written beside a post: json, bibtex, atom (the newest days), weekly (a post
            of the week), mail (an .eml), site (see ``digest site``).
        mail_to: Who gets the post by mail.
        mail_from: The sender's address.
        smtp_host: The mail server; empty for none. As with ``server``, one that is neither loopback
            nor private must be among ``server_hosts``.
        smtp_port: Its port.
        smtp_user: What the server wants for a login; empty where it wants none.
        smtp_password: Likewise.
        smtp_tls: none, starttls or tls (from the first byte).
        until: Time of day, in ``zone``, by which a run ends; empty: when it is done.
        budget: What the models of a run may take: ``90m``, ``3h`` of time, or ``800k`` tokens;
            empty: as much as it takes.
        keep_backups: How many copies of the database are kept, one a day; 0: none is made.
        pdf_days: How many days after its post a PDF is kept; 0: for good.
        pdf_days_restricted: The same for PDFs whose licence lets nobody pass them on.
        on_success: A program and its arguments, run after a run that went well; empty: none.
        on_failure: The same, after one that did not.
    """

    home: Path
    models_dir: Path
    categories: tuple[str, ...] = ("cs.SD", "eess.AS")
    title: str = "arXiv Daily"
    post_format: str = "jekyll"
    figures: str = "off"
    zone: str = "Asia/Shanghai"
    model: str = "qwen2.5-coder-1.5b-instruct-q4_k_m"
    translator: str = "qwen2.5-coder-1.5b-instruct-q4_k_m"
    target: str = "zh-Hans"
    translate_titles: bool = False
    engine: str = "auto"
    translator_engine: str = "auto"
    threads: int = 0
    device: str = "auto"
    gpu_layers: int = -1
    parallel: int = 0
    papers_at_once: int = 0
    memory_gb: int = 0
    server: str = ""
    server_hosts: tuple[str, ...] = ()
    server_requests: int = 8
    server_key: str = field(default="", repr=False)
    evidence_tokens: int = 2400
    writing: str = "auto"
    checker: str = ""
    layout: str = "fast"
    contact: str = ""
    anchor: str = "08:50"
    window: str = "batches"
    overlap_days: int = 7
    retry_days: int = 14
    cross_lists: bool = False
    limit: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    boost: tuple[str, ...] = ()
    liked: str = ""
    holidays: tuple[str, ...] = ()
    feed_url: str = "https://rss.arxiv.org"
    api_url: str = "https://export.arxiv.org/api/query"
    oai_url: str = "https://oaipmh.arxiv.org/oai"
    pdf_url: str = "https://arxiv.org/pdf"
    proxy: str = ""
    ca_file: str = ""
    pace_file: str = ""
    outputs: tuple[str, ...] = ("json", "bibtex", "atom")
    mail_to: tuple[str, ...] = ()
    mail_from: str = ""
    smtp_host: str = ""
    smtp_port: int = 25
    smtp_user: str = ""
    smtp_password: str = field(default="", repr=False)
    smtp_tls: str = "none"
    until: str = ""
    budget: str = ""
    keep_backups: int = 3
    pdf_days: int = 0
    pdf_days_restricted: int = 0
    on_success: tuple[str, ...] = ()
    on_failure: tuple[str, ...] = ()

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that is named, once: of this machine, or ``server:NAME``."""
        named = (self.model, self.translator, self.checker)
        return tuple(dict.fromkeys(name for name in named if name))

    def __post_init__(self) -> None:
        for category in self.categories:
            check_category(category)
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError) as exc:
            raise ConfigError(
                f"zone: no such time zone: {self.zone!r}", "use an IANA name such as Asia/Shanghai"
            ) from exc
        for name, (least, most) in _RANGES.items():
            if not least <= getattr(self, name) <= most:
                raise ConfigError(f"{name}: {getattr(self, name)} is not {least} to {most}")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ConfigError(
                    f"{name}: no such choice: {getattr(self, name)!r}",
                    f"one of {', '.join(choices)}",
                )
        if not is_time_of_day(self.anchor):
            raise ConfigError(f"anchor: not a time of day: {self.anchor!r}", "write it as 08:50")
        if self.until and not is_time_of_day(self.until):
            raise ConfigError(f"until: not a time of day: {self.until!r}", "write it as 07:30")
        parse_budget(self.budget)
        for day in self.holidays:
            check_date(day, "holidays: ")
        _check_outputs(self)

    @property
    def database(self) -> Path:
        """The DuckDB file."""
        return self.home / "digest.duckdb"

    @property
    def posts(self) -> Path:
        """Folder of the posts."""
        return self.home / "posts"

    @property
    def templates(self) -> Path:
        """Folder of the lab's own templates, which go before ours."""
        return self.home / "templates"

    @property
    def site(self) -> Path:
        """Folder of the static site."""
        return self.home / "site"

    @property
    def papers(self) -> Path:
        """Folder of the PDFs that posts were made from."""
        return self.home / "papers"


def _check_outputs(config: Config) -> None:
    """What is written beside a post, and to whom it is sent."""
    for name in config.outputs:
        if name not in OUTPUTS:
            raise ConfigError(f"outputs: no such: {name!r}", f"of {', '.join(OUTPUTS)}")
    for address in (*config.mail_to, *filter(None, [config.mail_from])):
        if not _MAILBOX.fullmatch(address):
            raise ConfigError(f"mail: {address!r} is no address", "write it as you@lab.example")


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
    if kind == "bool":
        if text.lower() not in ("true", "false"):
            raise ConfigError(f"{where}: not true or false: {text!r}")
        return text.lower() == "true"
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
    wanted, noun = _NOUNS.get(kind, (str, "a string"))
    if not isinstance(value, wanted) or isinstance(value, bool) != (wanted is bool):
        raise ConfigError(f"{where}: {name} must be {noun}, not {value!r}")
    return value


_NOUNS: dict[str, tuple[type, str]] = {
    "int": (int, "a whole number"),
    "bool": (bool, "true or false"),
}


def _types() -> dict[str, str]:
    """Key -> its annotation. ``home`` is no key: it is where the file lies."""
    return {field.name: str(field.type) for field in fields(Config) if field.name != "home"}


def check_date(text: str, where: str = "") -> str:
    """A date, as it is used in names.

    Raises:
        ConfigError: It is none.
    """
    try:
        return Date.fromisoformat(text).isoformat()
    except ValueError:
        raise ConfigError(f"{where}not a date: {text!r}", "write it as 2026-01-23") from None


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


@cache
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

# What shows the posts: "jekyll", "hugo", "obsidian" or "github". A template of the same name in
# templates/ beside this file goes before ours: digest templates
post_format = "jekyll"

# The figure that shows a paper's method, where its licence allows to show it: "off", "free", or
# "noncommercial" (only for a lab that is; under licences that ask for it, too)
figures = "off"

# Time zone of dates
zone = "Asia/Shanghai"

# Models, by their names in: digest models list
model = "qwen2.5-coder-1.5b-instruct-q4_k_m"
translator = "qwen2.5-coder-1.5b-instruct-q4_k_m"

# Language of abstracts and readings: "zh-Hans", "zh-Hant", "ja", "ko", "de" or "fr" (readings in
# other languages than Chinese quote the paper's sentences in translation); the rest of a post is in
# Chinese. What terms are called stands in glossary.toml beside this file
target = "zh-Hans"

# Translate the titles, too; the original always shows
translate_titles = false

# What runs them: "llama.cpp", "ctranslate2", or "auto" (what the benchmark found faster)
engine = "auto"
translator_engine = "auto"

# Threads of a model; 0: what `digest doctor` measured as fastest, or one for each physical core
threads = 0

# "cpu", "gpu" or "auto"; layers on the GPU (-1: as many as fit into its memory); answers decoded
# together and papers in flight (0 picks)
device = "auto"
gpu_layers = -1
parallel = 0
papers_at_once = 0

# Memory of a model's process in GB; 0: what the machine has
memory_gb = 0

# A model server that the lab runs (vLLM, llama-server, Ollama, SGLang), for models that are named
# "server:NAME" above, e.g. "http://gpu1.lab:8000/v1". Only loopback and private addresses are
# asked, unless server_hosts names the host
server = ""
server_hosts = []
server_requests = 8
server_key = ""

# Roughly how many tokens of a paper its reading is written from
evidence_tokens = 2400

# How a reading is written: "compress" (a bullet from each piece of evidence; what small models can
# do), "compose" (the model merges and orders), "quote" (the paper's sentences in translation),
# "auto": what `digest eval explain` found better
writing = "auto"

# A model that marks claims which it doubts, e.g. the one that reads; empty: none
checker = ""

# How pages are read: "fast", "model" (slow, better at headings) or "auto"
layout = "fast"

# ---- from arXiv

# arXiv asks for an address it can reach you at, e.g. "you@lab.example"
contact = ""

# Time of day at which a post's window starts and ends
anchor = "08:50"

# "batches": everything that was announced since the last post. "strict": only what was submitted
# in the window, which misses most papers
window = "batches"

# How many days back each look asks again: moderation holds papers for days
overlap_days = 7

# For how many days a paper whose PDF or reading failed is tried again
retry_days = 14

# Read papers too that are only cross-listed into the categories
cross_lists = false

# At most so many papers in a post, the best first; 0 for all
limit = 0

# Rules, see the README: "title:speech", "author:Doe", "category:cs.CL", "diffusion"
include = []
exclude = []
boost = []

# A file of papers that the lab likes: BibTeX (Zotero's export), CSL JSON, or titles a line each
liked = ""

# Further dates (US Eastern evenings) without an announcement
holidays = []

# Addresses, or those of a mirror
feed_url = "https://rss.arxiv.org"
api_url = "https://export.arxiv.org/api/query"
oai_url = "https://oaipmh.arxiv.org/oai"
pdf_url = "https://arxiv.org/pdf"
proxy = ""
ca_file = ""

# The lock that paces requests; one for all containers that ask arXiv. Empty: the machine's own
pace_file = ""

# ---- what is written beside a post

# "json" and "bibtex" of the day, "atom" (posts/feed.xml), "weekly" (posts/weekly/), "mail" (an
# .eml in posts/mail/), "site" (all posts as pages, in site/)
outputs = ["json", "bibtex", "atom"]

# Who gets the post by: digest mail; from whom
mail_to = []
mail_from = ""

# The mail server; like the model server, on loopback or a private address, or one of server_hosts.
# smtp_tls: "none", "starttls" or "tls" (from the first byte)
smtp_host = ""
smtp_port = 25
smtp_user = ""
smtp_password = ""
smtp_tls = "none"

# ---- the night

# When a run ends, and what its models may take, e.g. "07:30" and "3h", "90m" or "800k" (tokens):
# the most interesting papers are read in full, the others appear with their abstract. Empty: all
until = ""
budget = ""

# Copies of the database in backups/, one a day: digest restore. 0: none
keep_backups = 3

# For how many days after their post PDFs are kept, and those whose licence lets nobody pass them
# on. 0: for good
pdf_days = 0
pdf_days_restricted = 0

# A program and its arguments, run after a run that went well, or did not. It finds the run's
# report, as JSON, on its standard input
on_success = []
on_failure = []
"""
"""What ``digest init`` writes; a test holds its values equal to the defaults."""
