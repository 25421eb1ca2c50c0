"""The templates of posts, daily and weekly: ours, and a lab's own, which go before them.

A lab's template is untrusted: it runs in Jinja's sandbox, sees only the values of the post, and has
nothing that is random, so that the same papers give the same bytes.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.errors import ConfigError
from digest.render import markdown

SUFFIX = ".md.j2"
_PACKAGE = "digest.render"
_RANDOM = ("lipsum",), ("random",)
_MISTAKES = (
    TemplateError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
)
"""What a template can raise: Jinja's own, what an expression in it does wrong, and what Python
says of more than 20 loops inside each other (SyntaxError)."""

FORMS = tuple(markdown.DIALECTS)


@dataclass(frozen=True, slots=True)
class Style:
    """How a post is written. ``form``: one of FORMS. ``templates``: the folder of the lab's own."""

    form: str = "jekyll"
    templates: Path | None = None


def names() -> list[str]:
    """Our templates: a form each, and what they share."""
    folder = resources.files(_PACKAGE).joinpath("templates")
    return sorted(file.name for file in folder.iterdir() if file.name.endswith(SUFFIX))


def source(name: str) -> str:
    """The text of one of our templates.

    Raises:
        ConfigError: There is none of this name.
    """
    if name not in names():
        raise ConfigError(f"no template is called {name!r}", f"one of {', '.join(names())}")
    return resources.files(_PACKAGE).joinpath("templates", name).read_text(encoding="utf-8")


def render(name: str, style: Style, values: Mapping[str, Any]) -> str:
    """A post from the template of that name.

    Args:
        name: Of a form, or weekly.
        style: The form, which the templates see as ``form``, and where the lab's templates are.
        values: What else they see.

    Raises:
        ConfigError: A template of the lab's is wrong; names file and line.
    """
    try:
        template = _environment(style).get_template(name + SUFFIX)
        return template.render(values, form=style.form)
    except _MISTAKES as exc:
        place = _place(exc, style.templates)
        if place is None:
            raise
        raise ConfigError(
            f"{place}: {type(exc).__name__}: {exc}".removesuffix(": "),
            "mend it, or remove it: digest templates --copy NAME gets a fresh one",
        ) from exc


@cache
def _environment(style: Style) -> ImmutableSandboxedEnvironment:
    """Compiling a template takes longer than rendering a post; a changed file is read again."""
    environment = ImmutableSandboxedEnvironment(
        loader=_loader(style.templates),
        undefined=StrictUndefined,
        autoescape=False,  # Markdown, not HTML: every field goes through the md filter
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for kept, unwanted in zip((environment.globals, environment.filters), _RANDOM, strict=True):
        for name in unwanted:
            del kept[name]
    environment.filters |= {
        "md": partial(markdown.escape, form=style.form),
        "yaml": markdown.yaml_quoted,
        "tag": markdown.DIALECTS[style.form].tag,
        "quoted": _quoted,
    }
    return environment


def _loader(folder: Path | None) -> BaseLoader:
    """The lab's file, then ours of the same name; ``digest/NAME`` is always ours."""
    ours = PackageLoader(_PACKAGE)
    own = [FileSystemLoader(folder)] if folder is not None else []
    return ChoiceLoader([*own, ours, PrefixLoader({"digest": ours})])


def _quoted(text: str) -> str:
    """Every line behind a ``>``, as the inside of a callout."""
    return "\n".join(f"> {line}" if line else ">" for line in text.rstrip("\n").split("\n"))


def _place(exc: Exception, folder: Path | None) -> str | None:
    """``FILE:LINE`` in the lab's templates where it went wrong; None where it was not in them."""
    if folder is None:
        return None
    if isinstance(exc, SyntaxError):  # its line is one of the Python that Jinja made
        return exc.filename if Path(str(exc.filename)).parent == folder else None
    filename, line = getattr(exc, "filename", None), getattr(exc, "lineno", None)
    frames = [(filename, line)] if filename and line else []
    frames += [(f.filename, f.lineno) for f in reversed(traceback.extract_tb(exc.__traceback__))]
    found = (f"{name}:{at}" for name, at in frames if Path(str(name)).parent == folder)
    return next(found, str(folder) if isinstance(exc, UnicodeDecodeError) else None)
