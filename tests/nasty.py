"""Texts that break posts: what a title, an abstract or a model's answer may hold, and what of it
must be seen.

Shared by the tests and by scripts/browser/renderers.py, which sends them through every renderer.
A page shows the text itself, but for what ``seen`` says, with its formulas as ``math`` gives them.
"""

from __future__ import annotations

from dataclasses import dataclass

from digest.render.markdown import clean, split_formulas


@dataclass(frozen=True, slots=True)
class Nasty:
    """``seen`` None: the text as it is. ``math``: the TeX of its formulas, in order."""

    name: str
    text: str
    seen: str | None = None
    math: tuple[str, ...] = ()


_LONG = "A very long title about everything that can be said of speech " * 33

NASTY = (
    # template languages
    Nasty("liquid", "{{ site.title }} {% raw %} {% assign x = 1 %}"),
    Nasty("liquid unclosed", "{% for and {{ never closed"),
    Nasty("hugo shortcode", '{{< figure src="x" >}} and {{% note %}} and {{</* c */>}}'),
    Nasty("jinja", "{# gone? #} {{ 7*7 }} {% endblock %}"),
    # scripts and HTML
    Nasty("script", "<script>window.executed = 1</script>"),
    Nasty("handler", '<img src=x onerror="window.executed = 2"> <svg onload="window.executed=3">'),
    Nasty("javascript link", "[click](javascript:window.executed=4) <javascript:alert(1)>"),
    Nasty("entities", "&lt;script&gt; &amp;amp; &#60;b&#62; &nbsp;&copy; AT&T"),
    Nasty("comment", "before <!-- not a comment --> after <![CDATA[ x ]]> <?php y ?>"),
    Nasty("closing tags", "</div></details></article> still inside <div markdown='1'>"),
    Nasty("summary", "<summary>x</summary></summary> <details open>"),
    # blocks
    Nasty("heading", "# no heading ##"),
    Nasty("number", "1. no list"),
    Nasty("number in brackets", "12) no list either"),
    Nasty("dash", "- no list"),
    Nasty("plus", "+ no list"),
    Nasty("quote", "> no quotation"),
    Nasty("fence", "``` no code ```"),
    Nasty("tildes", "~~~ no ~~code~~ ~struck~"),
    Nasty("rule", "--- --- and *** ***"),
    Nasty("setext", "==="),
    Nasty("front matter", "---"),
    Nasty("definition", ": no definition"),
    Nasty("end of block", "^"),
    Nasty("table", "| a | b |\n|---|---|\n| 1 | 2 |", "| a | b | |---|---| | 1 | 2 |"),
    Nasty("blank lines", "one\n\n    two\n\tthree", "one two three"),
    # inline
    Nasty("emphasis", "a_b_c *d* **e** __f__ snake_case_name 2*3*4"),
    Nasty("links", "[a](b) ![c](d) [e]: http://f.example [^1] [^1]: note *[HTML]: x"),
    Nasty("addresses", "see https://a.example/b_c?d=1&e=|2| and www.b.example, me@c.example"),
    Nasty("backslashes", r"C:\new\_folder \* \\ \[x] \alpha trailing \\"),
    Nasty("code", "`code` and `` ` `` unbalanced `"),
    Nasty("kramdown", "{: .red} {:.x #y} {::nomarkdown} {:/} {::options x='1' /}"),
    Nasty("obsidian", "[[a note]] ![[b]] %%hidden%% ==marked== #tag ^block"),
    Nasty("github", "@mention #123 GH-1 :smile: :+1: \N{CROSS MARK}"),
    Nasty("dashes", "--limit 5 of 2-3 --- x -- y <- z -> <-- w"),
    Nasty("quotation marks", """He said "it's 5'10\\"" and 'no'... src="x" ``y''"""),
    Nasty("emoji", "\N{ROCKET} \U0001f469\u200d\U0001f52c \U0001f1e8\U0001f1f3"),
    # what cannot be seen
    Nasty("right to left", "\u05e9\u05dc\u05d5\u05dd \u200fx\u200e \u0645\u0631\u062d\u0628\u0627"),
    Nasty("overrides", "user\u202etxt.exe \u2066a\u2069", "usertxt.exe a"),
    Nasty("zero width", "key\u200bword \ufeffx\u2060y", "keyword xy"),
    Nasty("control", "a\x00b\x07c\x1b[31m\x7f d\x85e", "abc[31m d e"),
    Nasty("tags", "ok\U000e0041\U000e0042", "ok"),
    Nasty("long", _LONG, _LONG.strip()),
    Nasty("long word", "x" * 2000),
    # money and mathematics
    Nasty("prices", "costs $5 and $6, or $7/$8; US$9"),
    Nasty("unbalanced", "a $ b $x c", "a $ b $x c"),
    Nasty("subscripts", "$a_{1}$ and $b_{2}$ and $_i x_*$", math=("a_{1}", "b_{2}", "_i x_*")),
    Nasty("products", "$a*b*c$ 和 $x^*y^*$", math=("a*b*c", "x^*y^*")),
    Nasty("bars", r"$p(x|y)$ $|a|$ $\|x\|_2$", math=("p(x|y)", "|a|", r"\|x\|_2")),
    Nasty(
        "columns",
        r"$\begin{array}{c|c} a & b \\ c & d \end{array}$",
        math=(r"\begin{array}{c|c} a & b \\ c & d \end{array}",),
    ),
    Nasty("braces", r"${{x}}$ $\{a\}$ ${%c}$", math=("{{x}}", r"\{a\}", "{%c}")),
    Nasty("angles", r"$a<b>c$ $x<y$ $</div>$", math=("a<b>c", "x<y", "</div>")),
    Nasty("primes", "$f'(x)$ $f''$ $a,...,b$ $--$", math=("f'(x)", "f''", "a,...,b", "--")),
    Nasty("spacing", r"$a\,b\;c\!d\ e$ $x\\y$", math=(r"a\,b\;c\!d\ e", r"x\\y")),
    Nasty("per cent", r"降低$9.32\%$，（$2.25\%$）", math=(r"9.32\%", r"2.25\%")),
    Nasty("display", "so $$ E = mc^2 $$ holds", math=("E = mc^2",)),
    Nasty("brackets", r"so \(x_1\) and \[y_{2}\] hold", math=("x_1", "y_{2}")),
    Nasty("neighbours", "$a$$b$ and $c$$d$x", math=("a", "b", "c", "d")),
    Nasty("link in math", "$[a](b)$ $~a~b~$ $\\#$", math=("[a](b)", "~a~b~", "\\#")),
    Nasty("quote in math", '$`a\'$ $"b"$', math=("`a'", '"b"')),
    Nasty(
        "command",
        r"（$\mathcal{LD}$）与$\alpha_\beta^\gamma$方法",
        math=(r"\mathcal{LD}", r"\alpha_\beta^\gamma"),
    ),
)


DELIMITERS = {"jekyll": ("$", "$"), "hugo": (r"\(", r"\)"), "github": ("$", "$")}
"""What stands around a formula on the page of each form."""


def expected(nasty: Nasty, form: str) -> str:
    """What a page of a form says where it shows a text."""
    return nasty.seen if nasty.seen is not None else page_text(nasty.text, form)


def page_text(text: str, form: str) -> str:
    """A text with its formulas between the delimiters of a form."""
    left, right = DELIMITERS[form]
    parts = split_formulas(text)
    return "".join(f"{left}{part}{right}" if n % 2 else part for n, part in enumerate(parts))


def together(text: str) -> str:
    """A text without its spaces, for comparing; what is encoded in an address is the same."""
    for code, sign in (("%7B", "{"), ("%7C", "|"), ("%7D", "}")):
        text = text.replace(code, sign)
    return "".join(clean(text).split())
