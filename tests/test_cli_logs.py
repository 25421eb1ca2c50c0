import logging

from digest.cli.logs import _TextLines


def test_a_title_moves_no_cursor_and_begins_no_line():
    title = "读\x1b[2J\nERROR all is lost\u2028x"
    record = logging.LogRecord("digest", logging.WARNING, "", 0, "left out: %s", (title,), None)
    record.hint = "run again"
    said = _TextLines().format(record)
    assert said == r"left out: 读\x1b[2J\nERROR all is lost\u2028x" + "\n  run again"
