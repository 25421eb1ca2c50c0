import re
from html import unescape

import pytest
from markdown_it import MarkdownIt

from digest.render.markdown import DIALECTS, escape, formulas, yaml_quoted
from tests.nasty import NASTY, expected, together


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a_b *c* [d](e)", r"a\_b \*c\* \[d\](e)"),
        ("{{ site }} {% raw %}", "&#123;&#123; site &#125;&#125; &#123;% raw %&#125;"),
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("a | b", "a &#124; b"),
        ("two\n\nlines", "two lines"),
        ("# no heading", r"\# no heading"),
        ("1. no list", r"1\. no list"),
        ("- no list", r"\- no list"),
        ("--limit 5 of 2-3", r"\-\-limit 5 of 2-3"),
        ("---", r"\-\-\-"),
        ("costs $5 or $6 more", "costs <span>$</span>5 or <span>$</span>6 more"),
        ("见 https://arxiv.org/abs/2601.1_2。", "见 <https://arxiv.org/abs/2601.1_2>。"),
    ],
)
def test_text_means_itself(text, markdown):
    assert escape(text) == markdown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        (r"降低$9.32\%$和 $a_{i}$", r"降低$9.32\\%$和 $a_{i}$"),
        (r"$\mathcal{LD}$ 方法", r"$\mathcal{LD}$ 方法"),
        (r"$p(x|y)$", r"$p(x&#124;y)$"),
        (r"$\{a\}_1$", r"$\\{a\\}\_1$"),
        (r"$a<b \\ c$", r"$a&lt;b \\\ c$"),
        ("$f'(x,...)$", r"$f\'(x,\...)$"),
        ("${{x}}$", "$&#123;{x}}$"),
        ("$$a$$ 和 \\(b\\)", "$a$ 和 $b$"),
        ("$a$$b$", "$a$ $b$"),
    ],
)
def test_math_is_itself_again_once_the_markdown_was_read(text, markdown):
    assert escape(text) == markdown


TEXT = r"# <b> [[a]] ==b== %%c%% :smile: {{d}} costs $5, $\{x\}'_1$是"


@pytest.mark.parametrize(
    ("form", "markdown"),
    [
        (
            "jekyll",
            r"\# &lt;b&gt; \[\[a\]\] ==b== %%c%% :smile: &#123;&#123;d&#125;&#125; "
            r"costs <span>$</span>5, $\\{x\\}\'\_1$是",
        ),
        (
            "hugo",
            r"\# &lt;b&gt; \[\[a\]\] ==b== %%c%% :smile: &#123;&#123;d&#125;&#125; "
            r"costs &#36;5, \\(\\{x\\}\'\_1\\)是",
        ),
        (
            "obsidian",
            r"\# \<b\> \[\[a\]\] \=\=b\=\= \%\%c\%\% :smile: {{d}} costs \$5, $\{x\}'_1$是",
        ),
        (
            "github",
            r"\# &lt;b&gt; \[\[a\]\] ==b== %%c%% &#58;<!-- -->smile: "
            r"&#123;&#123;d&#125;&#125; costs <span>$</span>5, $`\{x\}'_1`$ 是",
        ),
    ],
)
def test_each_form_has_its_own_way(form, markdown):
    assert escape(TEXT, form) == markdown


def test_github_shows_no_formula_that_touches_a_letter_or_chinese_punctuation():
    assert escape("（$x$）是$y$的", "github") == "（ $`x`$）是 $`y`$ 的"
    assert escape("$`a$", "github") == r"$\`a$"


def shown(markdown):
    """The text of CommonMark's HTML, without its elements."""
    html = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown)
    assert not re.search(r"<(?!/?(p|code|span|a)\b|!-- -->)", html), html
    return unescape(re.sub(r"<(?!!)[^>]*>|<!-- -->", "", html))


@pytest.mark.parametrize("nasty", NASTY, ids=lambda nasty: nasty.name)
@pytest.mark.parametrize("form", ["jekyll", "hugo", "github"])
def test_commonmark_shows_every_nasty_text_as_it_is(form, nasty):
    """kramdown, goldmark and GitHub's own renderer are asked by scripts/browser/renderers.py."""
    assert together(shown(escape(nasty.text, form))) == together(expected(nasty, form))


@pytest.mark.parametrize("nasty", NASTY, ids=lambda nasty: nasty.name)
def test_formulas_are_found_and_stand_in_a_note_as_they_are(nasty):
    assert tuple(formulas(nasty.text)) == nasty.math
    note = escape(nasty.text, "obsidian")
    assert all(f"${tex}$" in note for tex in nasty.math)


@pytest.mark.parametrize(
    ("text", "word", "tag"),
    [
        ("cs.SD", "cs.SD", "cs/SD"),
        ("cond-mat.str-el", "cond-mat.str-el", "cond-mat/str-el"),
        ("no", '"no"', '"no"'),
        ("a], b: c", '"a], b: c"', "a-b-c"),
        ("2024", '"2024"', "tag-2024"),
    ],
)
def test_tags_are_words_of_yaml_and_of_obsidian(text, word, tag):
    assert (DIALECTS["jekyll"].tag(text), DIALECTS["obsidian"].tag(text)) == (word, tag)


def test_a_title_in_the_front_matter_cannot_end_its_quotes():
    assert yaml_quoted('a "b" \\ c\nd') == 'a \\"b\\" \\\\ c d'
