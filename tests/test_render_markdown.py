import pytest

from digest.render.markdown import escape, yaml_quoted


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
        ("costs $5 or $6 more", "costs &#36;5 or &#36;6 more"),
        ("见 https://arxiv.org/abs/2601.1_2。", "见 <https://arxiv.org/abs/2601.1_2>。"),
    ],
)
def test_text_means_itself(text, markdown):
    assert escape(text) == markdown


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        (r"达到 $9.32\%$ 和 $a_{i}$", r"达到 $9.32\%$ 和 $a_{i}$"),
        (r"$\mathcal{LD}$ 方法", r"$\mathcal{LD}$ 方法"),
        (r"$p(x|y)$", r"$p(x\vert y)$"),
        (r"$\|x\|_2$", r"$\Vert x\Vert _2$"),
        (r"$a<b$", r"$a\lt b$"),
        ("${{x}}$", "${ {x} }$"),
    ],
)
def test_math_is_kept(text, markdown):
    assert escape(text) == markdown


def test_a_title_in_the_front_matter_cannot_end_its_quotes():
    assert yaml_quoted('a "b" \\ c\nd') == 'a \\"b\\" \\\\ c d'
