"""The nouns: frozen records that every layer shares, with parsing and validation and nothing else.

Times are aware and in UTC. Pages are 1-based. Boxes are in PDF points, origin at the top left.
``to_json`` and ``from_json`` are the only way in which records are written down.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Any, Literal, NamedTuple, TypeVar

import msgspec

Record = TypeVar("Record")

# ---------------------------------------------------------------- papers

_ARXIV_ID = re.compile(
    r"""(?:https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf)/|arxiv:)?
        (?P<base>\d{4}\.\d{4,5}|[a-z]+(?:-[a-z]+)?(?:\.[A-Z]{2})?/\d{7})
        (?:v(?P<version>[1-9]\d*))?(?:\.pdf)?""",
    re.VERBOSE | re.IGNORECASE,
)
_LOCAL_ID = re.compile(r"local:[0-9a-f]{64}")


class PaperId(str):
    """An identifier, parsed once, at the edge, into one of its two kinds."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> PaperId:
        """Read either kind of identifier.

        Raises:
            ValueError: ``text`` is neither.
        """
        return LocalId.parse(text) if text.startswith("local:") else ArxivId.parse(text)

    @property
    def base(self) -> str:
        """What a paper is recognised by: all versions of one have it in common."""
        return str(self)


class ArxivId(PaperId):
    """An arXiv identifier of either scheme: ``2601.16158v1``, ``quant-ph/0201082v1``.

    Scheme: https://info.arxiv.org/help/arxiv_identifier.html
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> ArxivId:
        """Read an identifier, bare or inside an abs or pdf address.

        Raises:
            ValueError: ``text`` is no arXiv identifier.
        """
        match = _ARXIV_ID.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"not an arXiv identifier: {text!r}")
        version = match["version"]
        return cls(match["base"] + (f"v{version}" if version else ""))

    @property
    def base(self) -> str:
        """The identifier without its version."""
        match = _ARXIV_ID.fullmatch(self)
        assert match is not None  # parse() made it
        return match["base"]

    @property
    def version(self) -> int | None:
        """The version, from 1; None where it was not given."""
        digits = self[len(self.base) + 1 :]
        return int(digits) if digits else None


class LocalId(PaperId):
    """A paper without an arXiv identifier: the sha256 of its PDF, written ``local:<hex>``."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> LocalId:
        """Read ``local:`` and 64 hex digits.

        Raises:
            ValueError: ``text`` has another form.
        """
        if _LOCAL_ID.fullmatch(text) is None:
            raise ValueError(f"not a local identifier: {text!r}")
        return cls(text)


AnnounceType = Literal["new", "cross", "replace", "replace-cross"]


@dataclass(frozen=True, slots=True)
class Announcement:
    """How arXiv announced a paper. ``batch``: the date that arXiv lists it under, YYYY-MM-DD."""

    batch: str
    type: AnnounceType


@dataclass(frozen=True, slots=True)
class Paper:
    """What is known of a paper before it is read. ``categories``: primary first.

    ``title`` and ``abstract`` are empty until known: a folder without metadata learns them
    from the PDF.
    """

    id: PaperId
    title: str = ""
    authors: tuple[str, ...] = ()
    abstract: str = ""
    categories: tuple[str, ...] = ()
    submitted_at: datetime | None = None
    updated_at: datetime | None = None
    announced: Announcement | None = None
    licence: str | None = None
    pdf_url: str | None = None
    comments: str | None = None
    journal_ref: str | None = None
    doi: str | None = None

    def __post_init__(self) -> None:
        for name in ("submitted_at", "updated_at"):
            value: datetime | None = getattr(self, name)
            if value is not None and value.tzinfo is None:
                raise ValueError(f"{name} of {self.id} has no time zone")


@dataclass(frozen=True, slots=True)
class Window:
    """The span that a post covers, half open: ``[start_at, end_at)``.

    ``anchor``: the time of day at which it starts and ends, HH:MM in ``zone`` (an IANA name).
    """

    start_at: datetime
    end_at: datetime
    anchor: str
    zone: str


# ---------------------------------------------------------------- what was seen of arXiv

SightedBy = Literal["feed", "api", "oai"]
FeedState = Literal["fresh", "waiting", "quiet", "stalled", "failed"]
"""fresh: the batch that should be there is. waiting: it is not announced yet. quiet: none is
announced today. stalled: it should be there and is not. failed: nobody could be asked."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A paper as one source showed it at one moment; ``paper`` holds only what that source knows.

    ``paper.announced`` is None where the source does not say how it was announced (the query API
    and OAI-PMH do not). ``paper.id`` has no version where the source gives none (OAI-PMH).
    ``changed_on``: the day of the last change of any kind, YYYY-MM-DD; OAI-PMH alone tells it.
    ``known_at``: when it was last found to be so; None where that was ``seen_at``.
    """

    paper: Paper
    by: SightedBy
    seen_at: datetime
    changed_on: str = ""
    known_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """How one source did for one category when it was asked.

    ``batch``: the listing date of what it showed, empty where it says none. ``new`` and the rest
    count what it showed by announce type, 0 where it does not tell them apart (then ``shown``
    alone counts). ``detail``: one line for ``status``; on ``stalled`` and ``failed`` what went
    wrong. ``fingerprint``: sha256 over the sorted ids shown, by which a stale answer is known.
    """

    by: SightedBy
    category: str
    at: datetime
    state: FeedState
    batch: str = ""
    shown: int = 0
    new: int = 0
    cross: int = 0
    replaced: int = 0
    detail: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """Everything that one look at arXiv showed, in the order in which it was asked."""

    sightings: tuple[Sighting, ...]
    visits: tuple[Visit, ...]


Mark = Literal["new", "late", "cross"]
"""Why a paper is in a post: announced as new, released or found late, or cross-listed."""
Role = Literal["new", "late", "cross", "before", "old", "left-out", "update"]


@dataclass(frozen=True, slots=True)
class Placement:
    """What became of a paper that was seen. ``version`` 0: none was known.

    ``role``: carried as new, late or cross; before: announced before the digest began; old: a new
    version of a paper from before; left-out: by a rule or the limit; update: a new version of a
    carried paper. ``reason``: of a left-out one why, of an update the date that carried the paper.
    ``batch``: the listing date with which it came, empty where unknown.
    """

    base: str
    version: int
    role: Role
    date: str
    title: str = ""
    reason: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A paper that a rule or the limit kept out of a post, and why."""

    paper: PaperId
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Update:
    """A new version of a paper. ``date``: the post that carried it."""

    paper: PaperId
    title: str
    date: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a post covers: the batches that became visible since the last one, and their fate.

    ``batches``: listing dates. ``announced``: papers of the lab's categories that this post
    accounts for: carried as ``new`` (of them ``late`` ones), ``cross``, or left out.
    ``problems``: feeds that failed or stalled, one line each.
    """

    window: Window
    state: FeedState
    batches: tuple[str, ...]
    announced: int
    new: int
    cross: int
    late: int
    updates: tuple[Update, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    problems: tuple[str, ...] = ()


# ---------------------------------------------------------------- provenance


@dataclass(frozen=True, slots=True)
class MadeBy:
    """What made a text: on everything that a model or an extractor made.

    Args:
        engine: ``pymupdf``, ``llama.cpp``, ``ctranslate2``.
        model: Catalogue name of the model; empty for an extractor.
        sha256: Of the model file.
        options: Options that change the text, as strings.
        prompt_sha256: Of the prompt's wording, without the paper's text.
        seed: Of the sampler; None where nothing is sampled.
        version: Of the engine and of our own recipe.
    """

    engine: str
    version: str
    model: str = ""
    sha256: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    prompt_sha256: str = ""
    seed: int | None = None


# ---------------------------------------------------------------- documents

SectionKind = Literal[
    "abstract",
    "introduction",
    "background",
    "method",
    "experiments",
    "results",
    "discussion",
    "conclusion",
    "references",
    "appendix",
    "other",
]
TextQuality = Literal["good", "partial", "garbage", "scanned", "damaged", "empty"]


class Box(NamedTuple):
    """A rectangle on a page, in points, origin top left. JSON: ``[page, x0, y0, x1, y1]``."""

    page: int
    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class Section:
    """A heading as printed, without its number. ``level``: 1 is the top."""

    title: str
    level: int
    kind: SectionKind
    page: int


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the body. ``section`` indexes ``Document.sections``; None before the first.

    ``page`` is where it starts; ``boxes`` has one box for each column or page it runs over.
    """

    id: str
    section: int | None
    page: int
    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A table row with its cells verbatim, left to right; an empty cell is an empty string.

    ``box`` is where it stands on its page; None in documents of before boxes were kept.
    """

    id: str
    cells: tuple[str, ...]
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A captioned table. ``label``: "Table 2". The first ``header_rows`` rows name the columns.

    A header that spans several columns stands in each of them.
    """

    label: str
    page: int
    rows: tuple[Row, ...]
    caption: str = ""
    header_rows: int = 1


@dataclass(frozen=True, slots=True)
class Figure:
    """A captioned figure. ``label``: "Figure 1"."""

    label: str
    caption: str
    page: int
    bbox: Box


@dataclass(frozen=True, slots=True)
class HiddenText:
    """Text on the page that a reader cannot see, and why not.

    ``reason``: white, background (the colour behind it), invisible, tiny, off-page, covered,
    clipped (outside the part of the page that is painted), switched-off (a layer that is off).
    """

    page: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Instruction:
    """Text that speaks to a model ("ignore previous instructions"). ``hidden``: a reader cannot
    see it.
    """

    page: int
    text: str
    hidden: bool


AsideRole = Literal[
    "header",
    "footer",
    "page-number",
    "line-number",
    "stamp",
    "footnote",
    "caption",
    "algorithm",
    "reference",
    "front",
]


@dataclass(frozen=True, slots=True)
class Aside:
    """Text of a page that is kept out of the body: what it is instead. ``front``: authors etc."""

    page: int
    role: AsideRole
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """What a PDF says. ``title`` and ``abstract`` as printed; empty where not found.

    ``language``: ISO 639-1 code of the body; empty where there is too little text to tell.
    """

    pdf_sha256: str
    pages: int
    title: str
    abstract: str
    text_quality: TextQuality
    text_quality_reason: str
    sections: tuple[Section, ...]
    sentences: tuple[Sentence, ...]
    tables: tuple[Table, ...]
    figures: tuple[Figure, ...]
    hidden: tuple[HiddenText, ...]
    made_by: MadeBy
    language: str = "en"
    instructions: tuple[Instruction, ...] = ()
    asides: tuple[Aside, ...] = ()


# ---------------------------------------------------------------- translations


@dataclass(frozen=True, slots=True)
class TranslatedSentence:
    """One sentence. ``checks``: name -> passed; ``kept``: none passed, so the source shows.

    ``how``: what made it, of ``digest.translate.translator.RUNGS``; "" for the first attempt.
    """

    source: str
    text: str
    checks: Mapping[str, bool]
    repaired: bool = False
    kept: bool = False
    how: str = ""


@dataclass(frozen=True, slots=True)
class Translation:
    """A text in the target language; ``text`` joins its sentences, ``checks`` holds for all.

    ``title``: of the paper whose abstract it is, where titles are translated, too.
    """

    source: str
    target: str
    text: str
    sentences: tuple[TranslatedSentence, ...]
    checks: Mapping[str, bool]
    made_by: MadeBy
    title: str = ""


# ---------------------------------------------------------------- readings

ClaimState = Literal["verified", "repaired", "quoted"]
TextUsed = Literal["full", "abstract", "none"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a claim is from. ``quote`` is verbatim from the page; of a row, its cells and " | ".

    ``page`` is 0 where the source is the abstract that came as metadata, not a page.
    """

    kind: Literal["sentence", "row", "caption"]
    id: str
    page: int
    quote: str


@dataclass(frozen=True, slots=True)
class Claim:
    """One bullet. A heading over ``children`` has no text of its own and their weakest state.

    ``how``: what mended it, see ``digest.explain.bullets``; "" for a first answer.
    ``support``: how likely a checker model holds that the evidence says so, 0 to 1; None where
    none was asked.
    """

    label: str
    text: str
    evidence: tuple[Evidence, ...]
    state: ClaimState
    children: tuple[Claim, ...] = ()
    how: str = ""
    support: float | None = None


ORIGINAL = "original"
"""``Claim.how`` of a sentence that no translation held of: it stands in its own language."""

DOUBTED = 0.5
"""A claim with less support is marked in the post."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A bullet that was not published, and why."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Breakdown:
    """The reading of a paper in three parts, and what did not make it."""

    problem: tuple[Claim, ...]
    method: tuple[Claim, ...]
    results: tuple[Claim, ...]
    text_used: TextUsed
    dropped: tuple[Dropped, ...]
    made_by: MadeBy


def leaves(reading: Breakdown) -> list[Claim]:
    """The claims that say something: headings are passed over, their children are not."""
    parts = (*reading.problem, *reading.method, *reading.results)
    return [leaf for claim in parts for leaf in (claim.children or (claim,))]


# ---------------------------------------------------------------- pictures of pages

Rect = tuple[float, float, float, float]
"""Left, top, right and bottom as fractions of a picture's width and height, 0 to 1."""


@dataclass(frozen=True, slots=True)
class PageMark:
    """A quotation that is to be marked on its page.

    Args:
        key: What it goes by among the marks of a paper; any string.
        page: Where it begins.
        quote: As ``Evidence`` has it.
        kind: Of the evidence.
        boxes: Where it stands, roughly, in reading order; () where that is not known.
        numbers: The figures of it that matter, as printed: "95.98", "1,000", "10^-4", "three".
    """

    key: str
    page: int
    quote: str
    kind: Literal["sentence", "row", "caption"] = "sentence"
    boxes: tuple[Box, ...] = ()
    numbers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as a picture, and where on it the marks are. Marks that stand elsewhere are left out.

    ``marks``: by key one rectangle for each printed line (of a row: for each cell);
    ``numbers``: the same for the figures that were found among them. ``rough``: keys of marks whose
    words were not found, so that they stand where the reader had them.
    """

    page: int
    width_px: int
    height_px: int
    media_type: Literal["image/png", "image/jpeg"]
    data: bytes
    marks: Mapping[str, tuple[Rect, ...]]
    numbers: Mapping[str, tuple[Rect, ...]]
    rough: tuple[str, ...] = ()


# ---------------------------------------------------------------- outcomes

OutcomeStatus = Literal["done", "reused", "failed", "absent", "skipped"]
"""absent: there is nothing to do it on, and never will be: a withdrawn paper's PDF.
skipped: the run could take no longer; it waits for another night."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one stage of one paper. ``error``: one line; ``hint``: how to cure it."""

    paper: PaperId
    stage: str
    status: OutcomeStatus
    error: str = ""
    hint: str = ""
    seconds: float = 0.0


# ---------------------------------------------------------------- writing records down


def _encode(value: Any) -> Any:
    if isinstance(value, PaperId | PurePath):
        return str(value)
    raise NotImplementedError(f"no JSON form for {type(value).__name__}")


def _decode(kind: type, value: Any) -> Any:
    if kind is PaperId:
        return PaperId.parse(value)
    raise NotImplementedError(f"no record form for {kind}")


def to_json(record: Any) -> bytes:
    """A record as compact JSON, keys in the order of its fields."""
    return msgspec.json.encode(record, enc_hook=_encode)


def to_builtins(record: Any) -> Any:
    """A record as dicts, lists and strings, as ``--json`` prints it."""
    return msgspec.to_builtins(record, enc_hook=_encode)


def from_json(data: bytes | str, kind: type[Record]) -> Record:
    """Read a record written by ``to_json``.

    Raises:
        msgspec.ValidationError: The JSON does not have the form of ``kind``.
    """
    return msgspec.json.decode(data, type=kind, dec_hook=_decode)
