import pytest

from digest.site.text import html


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a < b & c", "a &lt; b &amp; c"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ('" onload="x', "&#34; onload=&#34;x"),
        ("one\x00two\x1b[31m", "one two [31m"),
        ("{{ 7*7 }} {% raw %}", "{{ 7*7 }} {% raw %}"),
        ("$5 and $6", "$5 and $6"),
    ],
)
def test_text_comes_out_as_text(text, shown):
    assert html(text) == shown


def test_an_address_is_a_link_without_its_full_stop():
    link = '<a href="https://a.b/c?d=1&amp;e" rel="noreferrer">https://a.b/c?d=1&amp;e</a>'
    assert html("See https://a.b/c?d=1&e.") == f"See {link}."


def test_an_address_cannot_close_its_attribute():
    assert "<img" not in html('https://a.b/"><img src=x onerror=alert(1)>')


def test_math_is_mathml_and_keeps_its_tex():
    made = html(r"at $x_i < 10^{-4}$ dB")
    assert made.startswith("at <math><semantics><mrow>")
    assert "<msup>" in made
    assert made.endswith(
        '<annotation encoding="application/x-tex">x_i &lt; 10^{-4}</annotation>'
        "</semantics></math> dB"
    )


def test_math_on_a_line_of_its_own_is_displayed():
    assert html("$$E=mc^2$$").startswith('<math display="block">')


@pytest.mark.parametrize(
    "tex", [r"$\foo{x}$", r"${$", r"$\href{javascript:alert(1)}{x}$", r"$\unicode{9}$"]
)
def test_math_that_is_not_understood_is_shown_as_written(tex):
    assert html(tex) == f'<code class="tex">{tex}</code>'


def test_math_holds_no_markup_of_its_own():
    assert "<script>" not in html(r"$\text{<script>alert(1)</script>}$")


def test_numbers_are_marked_outside_math_and_addresses():
    text = "up 9.3% in $n=9.3$ https://a.b/9.3"
    first = text.index("9.3%")
    spans = [(first, first + 4), (text.index("9.3$"), text.index("9.3$") + 3)]
    made = html(text, spans)
    assert made.startswith("up <mark>9.3%</mark> in <math>")
    assert made.count("<mark>") == 1
