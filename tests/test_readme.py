"""Both READMEs in step, block by block, and what they name there to be used."""

import re
from collections import Counter
from dataclasses import fields
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import click
import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from digest.cli import main
from digest.config import Config

ROOT = Path(__file__).resolve().parent.parent
NAMES = ("README.md", "README.zh.md")
HAN = "\u3400-\u9fff"
SCALES = {"million": 10**6, "billion": 10**9, "万": 10**4, "亿": 10**8}
FIGURE = re.compile(rf"([+-]?(?:\d[\d,]*)?\.?\d+)(?:\s?({'|'.join(SCALES)}))?")
COMMENT = re.compile(r"\s+# *(.*)$", re.MULTILINE)
FILE = re.compile(r"[a-z_]+(?:\.(?:py|txt|toml)\b|/)")
MISSET = re.compile(
    rf"[{HAN}][A-Za-z0-9]|[A-Za-z0-9][{HAN}]"  # no space between
    rf"|[{HAN}][,;:?!.()\"]|[(\"][{HAN}]"  # a half-width mark
    r"|[，。：；（）“”] | [，。：；（）“”]|  "  # a space too many
)
SETTING = re.compile(r"([a-z]+(?:_[a-z]+)+)|([a-z_]+) = .*")
NO_SETTINGS = {"generate_batch"}  # CTranslate2's


def parse(name: str) -> list[Token]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return MarkdownIt("commonmark").enable("table").parse(text)


ENGLISH, CHINESE = map(parse, NAMES)


def inlines(tokens: list[Token]) -> list[list[Token]]:
    return [token.children or [] for token in tokens if token.type == "inline"]


def fences(tokens: list[Token]) -> list[str]:
    return [token.content for token in tokens if token.type == "fence"]


def spans(inline: list[Token]) -> list[str]:
    return [token.content for token in inline if token.type == "code_inline"]


def plain(inline: list[Token]) -> str:
    """The text as it shows; code as one letter."""
    shown = {"code_inline": "x", "softbreak": "\n"}
    return "".join(shown.get(token.type, token.content) for token in inline)


def figures(text: str) -> list[Decimal]:
    """1.5 billion and 15 亿 are one figure; numbers in words are none."""
    found = FIGURE.findall(text)
    return [Decimal(n.replace(",", "")) * SCALES.get(scale, 1) for n, scale in found]


def cells(tokens: list[Token]) -> list[list[Token]]:
    return [t.children or [] for before, t in pairwise(tokens) if before.type == "td_open"]


def links(inline: list[Token]) -> list[str]:
    return [str(token.attrs["href"]) for token in inline if token.type == "link_open"]


def code(fence: str) -> str | list[str]:
    """Without what is said in words: the comments, and of the tree of files all but their names."""
    return FILE.findall(fence) if fence.startswith("digest/\n") else COMMENT.sub("", fence)


def pairs() -> list[tuple[list[Token], list[Token]]]:
    """The two files' headings, paragraphs, items and cells, after the links to each other."""
    return list(zip(inlines(ENGLISH), inlines(CHINESE), strict=True))[2:]


def commands(text: str) -> list[list[str]]:
    """The words after each ``digest`` of a command line, but for the option of its home."""
    lines = (re.sub(r" --home \S+", "", COMMENT.sub("", line)) for line in text.splitlines())
    found = (re.match(r"(?:\.venv/bin/)?digest (.*)", line) for line in lines)
    return [match[1].split() for match in found if match]


def options(command: click.Command) -> set[str]:
    return {name for option in command.params for name in option.opts}


def every_command(command: click.Command) -> list[click.Command]:
    below = command.commands.values() if isinstance(command, click.Group) else ()
    return [command, *(deeper for each in below for deeper in every_command(each))]


ALL_SPANS = [span for inline in inlines(ENGLISH) for span in spans(inline)]
ALL_CODE = [*ALL_SPANS, *fences(ENGLISH)]


def test_the_files_are_built_of_the_same_blocks():
    shapes = [[t.type + t.tag + t.info for t in tokens] for tokens in (ENGLISH, CHINESE)]
    assert shapes[0] == shapes[1]
    assert len(ENGLISH) > 500


def test_each_links_to_the_other_at_its_top():
    assert links(inlines(ENGLISH)[1]) == ["README.zh.md"]
    assert links(inlines(CHINESE)[1]) == ["README.md"]


def test_each_block_has_the_same_code_links_and_bold():
    for english, chinese in pairs():
        assert Counter(spans(english)) == Counter(spans(chinese)), plain(chinese)
        assert links(english) == links(chinese), plain(chinese)
        strong = [sum(t.type == "strong_open" for t in each) for each in (english, chinese)]
        assert strong[0] == strong[1], plain(chinese)


def test_each_block_has_the_same_figures():
    for english, chinese in pairs():
        assert Counter(figures(plain(english))) == Counter(figures(plain(chinese))), plain(chinese)


def test_each_cell_has_them_in_the_same_order():
    for english, chinese in zip(cells(ENGLISH), cells(CHINESE), strict=True):
        assert figures(plain(english)) == figures(plain(chinese)), plain(chinese)


def test_code_blocks_are_the_same_but_for_their_comments():
    assert [*map(code, fences(ENGLISH))] == [*map(code, fences(CHINESE))]
    said = [comment for fence in fences(CHINESE) for comment in COMMENT.findall(fence)]
    assert len(said) > 20
    assert [comment for comment in said if not re.search(f"[{HAN}]", comment)] == []


def test_the_sample_of_a_post_is_the_same():
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in NAMES]
    samples = [re.findall(r"^>.*$", text, re.MULTILINE) for text in texts]
    assert samples[0] == samples[1]
    assert len(samples[0]) > 10


def test_the_chinese_is_typeset_as_chinese():
    for _, chinese in pairs():
        text = plain(chinese)
        assert not MISSET.search(text), text
        assert "\n" not in text, text  # a browser shows it as a space
        assert "**" not in text, text  # which is no bold beside a full-width mark


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("15 亿参数", [Decimal(1_500_000_000)]),
        ("1.5 billion parameters", [Decimal(1_500_000_000)]),
        ("2,994 of .0498, -0.01", [Decimal(2994), Decimal("0.0498"), Decimal("-0.01")]),
        ("一千篇", []),
    ],
)
def test_figures_are_found(text, found):
    assert figures(text) == found


def test_each_setting_exists():
    keys = re.findall(r"^([a-z_]+) +?= ", "\n".join(fences(ENGLISH)), re.MULTILINE)
    found = [SETTING.fullmatch(span) for span in ALL_SPANS]
    named = {*keys, *(match[1] or match[2] for match in found if match)} - NO_SETTINGS
    assert len(named) > 25
    assert named - {field.name for field in fields(Config)} == set()


def test_each_command_and_its_options_exist():
    written = [words for text in ALL_CODE for words in commands(text)]
    assert len(written) > 40
    for words in written:
        command: click.Command = main
        for word in words:
            if not isinstance(command, click.Group):
                break
            assert word in command.commands, words
            command = command.commands[word]
        assert {word for word in words if word.startswith("--")} <= options(command), words


def test_each_option_that_stands_alone_exists():
    known = {name for command in every_command(main) for name in options(command)}
    alone = {span.split()[0] for span in ALL_SPANS if span.startswith("--")}
    assert len(alone) > 8
    assert alone - known == set()


def test_each_target_of_make_exists():
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    named = {name for text in ALL_CODE for name in re.findall(r"^make ([a-z-]+)", text, re.M)}
    assert len(named) > 10
    assert named - set(targets) == set()


def test_each_test_it_names_exists():
    named = {span for inline in inlines(ENGLISH) for span in spans(inline) if "tests/" in span}
    files = {name for name in named if name.startswith("tests/test_")}
    assert len(files) >= 8
    assert all((ROOT / name).is_file() for name in files)


def test_each_file_of_the_tree_exists():
    tree = next(fence for fence in fences(ENGLISH) if fence.startswith("digest/\n"))
    named = FILE.findall(tree)
    assert len(named) > 35
    known = {path.name for path in (ROOT / "digest").rglob("*")} | {"digest.toml"}
    assert {name.strip("/") for name in named} - known == {"digest"}
