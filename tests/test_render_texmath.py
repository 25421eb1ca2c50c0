import pytest

from digest.render.texmath import only_sets


@pytest.mark.parametrize(
    "tex",
    [
        r"x_1^{2}",
        r"\mathcal{O}(n \log n)",
        r"\ell_p, \, \alpha\beta \geq 9\%",
        r"\left\{ \frac{1}{2} \right\}",
        r"H \to \gamma\gamma",
        "é 语音",
        "",
    ],
)
def test_mathematics_is_set_as_it_is(tex):
    assert only_sets(tex)


@pytest.mark.parametrize(
    "tex",
    [
        r"\input{/etc/passwd}",
        r"\input /etc/passwd ",
        r"\write18{id}",
        r"\immediate\write18{id}",
        r"\def\x{1}",
        r"\csname input\endcsname",
        r"\catcode`\%=12",
        r"\openin5=x",
        r"\begin{filecontents}{x}",
        r"\alphainput{x}",
        "^^5cinput{x}",
        r"\\^^5cinput{x}",
        "a%b",
        r"a\\%b",
        "#1",
        "a & b",
        "\\",
        "a\\\nb",
        "x_{1",
        "x}{",
        r"\{ x",
    ],
)
def test_what_does_more_or_breaks_out_is_not(tex):
    assert not only_sets(tex)
