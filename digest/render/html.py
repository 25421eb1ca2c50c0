"""A paper's block as plain HTML, for what is read elsewhere: feed readers and mail clients.

No scripts, no images, no style sheets, nothing that is fetched: such programs drop all of it, and
a block must say the same without. Math stays in its TeX source.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape

from digest.render.blocks import (
    NOTHING_FOUND,
    Line,
    Part,
    abs_url,
    abstract,
    cited,
    parts,
    pdf_url,
    plain,
    script,
    translated_title,
)
from digest.render.entry import Entry
from digest.render.head import Heading, mark
from digest.render.notes import notes

_GREY = ' style="color:#666"'


def text(value: str) -> str:
    """``value`` as the text of an element or of an attribute in double quotes."""
    return escape(plain(value))


def link(url: str, shown: str) -> str:
    """A link; its text alone where there is no address."""
    return f'<a href="{text(url)}">{text(shown)}</a>' if url else text(shown)


def paper_html(entry: Entry, heading: Heading, papers: str) -> str:
    """What the post says of a paper, without its title.

    Args:
        entry: The paper and what was made of it.
        heading: Of its post.
        papers: As for ``blocks.pdf_url``.
    """
    written, pdf = script([entry]), pdf_url(entry.paper.id, papers)
    lines = [_facts(entry, heading, pdf), f"<p>{text(abstract(entry))}</p>"]
    lines += [f"<p{_GREY}><em>{text(written(note))}</em></p>" for note in notes(entry)]
    for number, part in enumerate(parts(entry), 1):
        lines += _part(number, part, pdf, written)
    return "\n".join(lines)


def _facts(entry: Entry, heading: Heading, pdf: str) -> str:
    """Translated title, authors, categories and links, a line each."""
    paper, place = entry.paper, mark(entry, heading)
    links = [link(abs_url(paper.id), str(paper.id))] if abs_url(paper.id) else []
    links += [link(pdf, "PDF")] if pdf else []
    facts = [
        f"<strong>{text(translated_title(entry))}</strong>" if translated_title(entry) else "",
        text(", ".join(paper.authors)),
        " · ".join([text(", ".join(paper.categories)), *links]).removeprefix(" · "),
        text(script([entry])(f"{place[0]}: {place[1]}")) if place else "",
    ]
    return "<p>" + "<br>\n".join(fact for fact in facts if fact) + "</p>"


def _part(number: int, part: Part, pdf: str, written: Callable[[str], str]) -> list[str]:
    items = [_item(line, pdf) for line in part.lines]
    listed = items or [f"<li>{written(NOTHING_FOUND)}</li>"]
    return [f"<p><strong>{number}) {text(part.title)}</strong></p>", "<ul>", *listed, "</ul>"]


def _item(line: Line, pdf: str) -> str:
    label = f"<strong>{text(line.label)}</strong>：" if line.label else ""
    said = label + text(line.text) + text(line.marks) + cited(line.pages, partial(_page, pdf))
    below = "\n".join(_item(child, pdf) for child in line.children)
    return f"<li>{said}\n<ul>\n{below}\n</ul></li>" if below else f"<li>{said}</li>"


def _page(pdf: str, page: int) -> str:
    return link(f"{pdf}#page={page}" if pdf else "", f"p.{page}")
