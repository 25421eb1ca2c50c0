"""How text for reading gets to stdout: with colours and a pager on a terminal, plain elsewhere."""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Sequence

import click
from rich.console import Console
from rich.text import Text

UNBROKEN = 100_000
"""Width where there is no terminal: who pipes the text wants whole lines."""
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""A title may hold what a terminal obeys; as many characters, so that styles stay in place."""
_WIDEST = 100
"""Longer lines are hard to follow, however wide the terminal is."""


def width() -> int:
    """Cells of a line: the terminal's, or what COLUMNS says; without both, lines stay whole."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return UNBROKEN
    return max(20, min(shutil.get_terminal_size().columns, _WIDEST))


def page(lines: Sequence[Text], use_pager: bool) -> None:
    """Print the lines, through a pager where they are more than the terminal shows at once."""
    on_terminal = sys.stdout.isatty()
    text = _written(lines, on_terminal)
    if on_terminal and use_pager and len(lines) >= shutil.get_terminal_size().lines:
        click.echo_via_pager(text)  # with colours where the pager shows them
    else:
        click.echo(text, nl=False)


def _written(lines: Sequence[Text], styled: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, force_terminal=styled, width=UNBROKEN, highlight=False)
    for line in lines:
        line.plain = _CONTROLS.sub("\ufffd", line.plain)
        console.print(line, soft_wrap=True)
    return out.getvalue()
