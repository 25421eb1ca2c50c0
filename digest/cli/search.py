"""Search over everything that was ever read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from rich.text import Text

from digest.cli import terminal
from digest.cli.session import Session, json_option, json_text, pass_session, store_to_read
from digest.cli.wrapping import block
from digest.config import check_date
from digest.errors import ConfigError
from digest.records import PaperId, to_builtins
from digest.render.blocks import plain

if TYPE_CHECKING:
    from digest.store.matching import Span
    from digest.store.search import Hit

_KINDS = {
    "authors": "作者",
    "translation": "摘要",
    "claim": "解读",
    "abstract": "原文摘要",
    "quote": "原文",
}
_INDENT = "     "
_HIT = "bold yellow"


@click.command()
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, help="At most so many [20].")
@click.option("--since", metavar="YYYY-MM-DD", help="Only from posts of this date on.")
@click.option("--no-pager", is_flag=True, help="Print it all at once.")
@json_option
@pass_session
def search(
    session: Session,
    words: tuple[str, ...],
    limit: int,
    since: str | None,
    no_pager: bool,
    as_json: bool,
) -> None:
    """Find papers that hold all the WORDS: in titles, authors, abstracts, translations, readings
    and the sentences that these cite. Chinese or English; a phrase in quotes as one.

    Papers with all words in their titles come first, and of equals the newest.
    """
    from digest.store.matching import terms

    config = session.config()
    wanted = terms(words)
    if not any(term.match() for term in wanted):
        raise ConfigError(f"nothing to search for in {' '.join(words)!r}", "give a word or number")
    since = check_date(since) if since is not None else ""
    store = store_to_read(config)
    store.search.update(lambda done, total: _progress(session, done, total))
    hits = store.search.find(wanted, limit, since)
    if as_json:
        click.echo(json_text(to_builtins(hits)))
        return
    if not hits:
        session.console.print("no paper of a post holds all of these words")
        return
    lines = _lines(hits, terminal.width())
    if len(hits) == limit:
        session.console.print(f"the first {limit}; --limit shows more")
    terminal.page(lines, not no_pager)


def _progress(session: Session, done: int, total: int) -> None:
    """A first search of an old home takes a while, and says so."""
    if done < total and total > 2000 and done % 5000 == 0:
        session.console.print(f"indexing {total} papers: {done}")


def _lines(hits: Sequence[Hit], width: int) -> list[Text]:
    lines: list[Text] = []
    for number, hit in enumerate(hits, 1):
        lines += [Text()] if lines else []
        lines += _hit_lines(number, hit, width)
    return lines


def _hit_lines(number: int, hit: Hit, width: int) -> list[Text]:
    from digest.cli.pages import short_id

    shown = _marked(hit.title or hit.id, hit.title_marks, "bold")
    lines = block(shown, width, f"{number:>3}  ")
    if hit.translated_title:
        title = _marked(hit.translated_title, hit.translated_title_marks, "")
        lines += block(title, width, _INDENT)
    if hit.passage is not None:
        kind = Text(f"{_KINDS[hit.passage.kind]}：", "dim")
        said = kind + _marked(hit.passage.text, hit.passage.marks, "")
        lines += block(said, width, _INDENT)
    where = f"{hit.date} #{hit.number} · {short_id(PaperId.parse(hit.id))}"
    return [*lines, *block(Text(where, "dim"), width, _INDENT)]


def _marked(text: str, marks: Sequence[Span], style: str) -> Text:
    """``text`` with its hits standing out, piece by piece as each is made harmless."""
    shown, at = Text(style=style), 0
    for start, end in marks:
        shown.append(_harmless(text[at:start])).append(_harmless(text[start:end]), _HIT)
        at = end
    return shown.append(_harmless(text[at:]))


def _harmless(text: str) -> str:
    """As ``plain``, with the spaces at the ends."""
    bare = plain(text)
    lead = " " if text[:1].isspace() and bare else ""
    tail = " " if text[-1:].isspace() else ""
    return lead + bare + tail


COMMANDS = (search,)
