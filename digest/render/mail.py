"""A day as a mail: the post as plain text and as simple HTML, in one ``.eml``.

Nothing in it is fetched from anywhere, and no style sheet is needed. The same day gives the same
bytes: date, Message-ID and boundaries come from the post.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from digest.render.blocks import (
    NOTHING_FOUND,
    Line,
    abs_url,
    abstract,
    cited,
    parts,
    pdf_url,
    plain,
    script,
    title,
    translated_title,
)
from digest.render.entry import Entry, coverage
from digest.render.feed import made_at
from digest.render.head import Heading
from digest.render.html import paper_html, text
from digest.render.notes import notes

_BODY = (
    "font-family:sans-serif;font-size:15px;line-height:1.6;color:#222;max-width:46em;"
    "margin:0 auto;padding:0 12px"
)


def mail(
    heading: Heading, entries: Sequence[Entry], sender: str, recipients: Sequence[str]
) -> bytes:
    """The message's bytes, lines ended as SMTP wants them.

    Args:
        heading: Of the post.
        entries: Its papers.
        sender: An address, ``digest@lab.example``; empty for digest@localhost.
        recipients: Addresses; none for a message that is only kept.
    """
    written = script(entries)
    as_text, as_html = _text(heading, entries), _html(heading, entries)
    identity = hashlib.sha256("\0".join((as_text, as_html)).encode()).hexdigest()[:24]
    user, _, domain = (sender or "digest@localhost").rpartition("@")
    message = EmailMessage(policy.SMTP)
    subject = f"{plain(heading.title)} – {heading.date}（{len(entries)} 篇）"
    message["Subject"] = written(subject)
    message["From"] = Address(plain(heading.title), user, domain)
    message["To"] = ", ".join(recipients) or "undisclosed-recipients:;"
    message["Date"] = format_datetime(made_at(heading))
    message["Message-ID"] = f"<{heading.date}.{identity}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message.set_content(as_text, cte="base64")
    message.add_alternative(as_html, subtype="html", cte="base64")
    message.set_boundary(f"=_{identity}")
    return message.as_bytes()


# ---------------------------------------------------------------- plain text


def _text(heading: Heading, entries: Sequence[Entry]) -> str:
    blocks = [_head(heading, entries)]
    for number, entry in enumerate(entries, 1):
        blocks.append("\n".join(_paper_text(number, entry)))
    return f"\n\n{'-' * 60}\n\n".join(blocks) + "\n"


def _head(heading: Heading, entries: Sequence[Entry]) -> str:
    totals = coverage(entries)
    return script(entries)(
        f"{plain(heading.title)} – {heading.date}\n{len(entries)} 篇："
        f"全文 {totals['full']}，仅摘要 {totals['abstract']}，无法解读 {totals['none']}，"
        f"失败 {totals['failed']}\n解读条目 {totals['claims']} 条：核对通过 {totals['verified']}，"
        f"修正后通过 {totals['repaired']}，直接译自原句 {totals['quoted']}"
    )


def _paper_text(number: int, entry: Entry) -> list[str]:
    paper, written = entry.paper, script([entry])
    facts = [
        f"{number}. {title(paper)}",
        translated_title(entry),
        plain(", ".join(paper.authors)),
        plain(", ".join(paper.categories)),
        abs_url(paper.id),
        pdf_url(paper.id, ""),
    ]
    lines = [fact for fact in facts if fact] + ["", abstract(entry)]
    lines += [f"> {written(note)}" for note in notes(entry)]
    for position, part in enumerate(parts(entry), 1):
        lines += ["", f"{position}) {part.title}"]
        lines += [text for line in part.lines for text in _line_text(line)]
        lines += [] if part.lines else [f"- {written(NOTHING_FOUND)}"]
    return lines


def _line_text(line: Line, indent: str = "") -> list[str]:
    label = f"{line.label}：" if line.label else ""
    said = f"{indent}- {label}{line.text}{line.marks}{cited(line.pages)}"
    below = [_line_text(child, indent + "  ") for child in line.children]
    return [said, *(text for lines in below for text in lines)]


# ---------------------------------------------------------------- HTML


def _html(heading: Heading, entries: Sequence[Entry]) -> str:
    """The list of titles first: a long mail is read by its list."""
    title_line, *figures = _head(heading, entries).splitlines()
    listed = "\n".join(f"<li>{_named(entry)}</li>" for entry in entries)
    blocks = "\n".join(
        f'<hr>\n<h2 style="font-size:17px">{number}. {text(title(entry.paper))}</h2>\n'
        + paper_html(entry, heading, "")
        for number, entry in enumerate(entries, 1)
    )
    return (
        f'<!DOCTYPE html>\n<html lang="zh"><head><meta charset="utf-8"><title>{text(title_line)}'
        f'</title></head>\n<body style="{_BODY}">\n<h1 style="font-size:20px">{text(title_line)}'
        f"</h1>\n<p>{'<br>'.join(map(text, figures))}</p>\n<ol>\n{listed}\n</ol>\n{blocks}\n"
        "</body></html>\n"
    )


def _named(entry: Entry) -> str:
    translated = translated_title(entry)
    return text(title(entry.paper)) + (f"<br>{text(translated)}" if translated else "")
