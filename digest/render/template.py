"""The templates of a post: ours, and a lab's own, which go before them.

A lab's template is untrusted: it runs in Jinja's sandbox, sees only the values of the post, and has
nothing that is random, so that the same papers give the same bytes.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
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
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What a template can raise: Jinja's own, and what an expression in it does wrong."""


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


def render(form: str, folder: Path | None, values: Mapping[str, Any]) -> str:
    """A post in one form.

    Args:
        form: jekyll, hugo, obsidian or github.
        folder: The lab's templates; None for ours alone.
        values: What the templates see.

    Raises:
        ConfigError: A template of the lab's is wrong; names file and line.
    """
    try:
        return _environment(form, folder).get_template(form + SUFFIX).render(values)
    except _MISTAKES as exc:
        place = _place(exc, folder)
        if place is None:
            raise
        raise ConfigError(
            f"{place}: {type(exc).__name__}: {exc}",
            "mend it, or remove it: digest templates --copy NAME gets a fresh one",
        ) from exc


@cache
def _environment(form: str, folder: Path | None) -> ImmutableSandboxedEnvironment:
    """Compiling a template takes longer than rendering a post; a changed file is read again."""
    dialect = markdown.DIALECTS[form]
    environment = ImmutableSandboxedEnvironment(
        loader=_loader(folder),
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
        "md": partial(markdown.escape, form=form),
        "yaml": markdown.yaml_quoted,
        "tag": dialect.tag,
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
    filename, line = getattr(exc, "filename", None), getattr(exc, "lineno", None)
    frames = [(filename, line)] if filename and line else []
    frames += [(f.filename, f.lineno) for f in reversed(traceback.extract_tb(exc.__traceback__))]
    found = (f"{name}:{at}" for name, at in frames if Path(str(name)).parent == folder)
    return next(found, str(folder) if isinstance(exc, UnicodeDecodeError) else None)
