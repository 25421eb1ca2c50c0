"""Text on its way to a terminal."""

import pytest
from rich.text import Text

from digest.cli.terminal import page


@pytest.mark.parametrize("control", ["\x1b[2J", "\x9b2J", "\x07", "\x1b]0;title\x07"])
def test_a_title_does_not_steer_the_terminal(control, capsys):
    page([Text(f"A {control} title", "bold")], use_pager=False)
    shown = capsys.readouterr().out
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in shown[:-1])
    assert (shown[:2], shown[-7:]) == ("A ", " title\n")


def test_other_text_stays_as_it_is(capsys):
    page([Text("语音 “x” é"), Text("")], use_pager=False)
    assert capsys.readouterr().out == "语音 “x” é\n\n"
