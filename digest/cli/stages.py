"""Each stage on one file, without a database."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from digest.cli.session import (
    Session,
    json_option,
    json_text,
    model_option,
    pass_session,
    translator_option,
)
from digest.errors import DigestError
from digest.records import Document, to_builtins

log = logging.getLogger("digest")


@click.command()
@click.argument("pdf", type=click.Path())
@click.option(
    "--layout",
    type=click.Choice(["fast", "model", "auto"]),
    help="How pages are read; model is slow [default: fast].",
)
@click.option(
    "--figures",
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    help="Write the figures there as PNG files.",
)
@json_option
@pass_session
def extract(
    session: Session, pdf: str, layout: str | None, figures: str | None, as_json: bool
) -> None:
    """Read one PDF: sections and sentences with pages and boxes, tables, figures."""
    from digest import assembly, files

    with assembly.extractor(session.config(layout=layout)) as extractor:
        document = extractor.extract(Path(pdf))
        for figure in document.figures if figures else ():
            name = f"{Path(pdf).stem}-p{figure.page}-{figure.label.replace(' ', '-').lower()}.png"
            files.write(Path(figures or "") / name, extractor.figure(pdf, figure))
    if as_json:
        click.echo(json_text(to_builtins(document)))
        return
    _print_document(document)


def _print_document(document: Document) -> None:
    from digest.extract.method import method_figure
    from digest.words.tables import row_text

    click.echo(f"{document.title or '(no title found)'}\n")
    click.echo(f"{document.pages} pages, text {document.text_quality}")
    if document.text_quality_reason:
        click.echo(document.text_quality_reason)
    section = None
    for sentence in document.sentences:
        if sentence.section != section and sentence.section is not None:
            heading = document.sections[sentence.section]
            click.echo(f"\n{'#' * heading.level} {heading.title}  [{heading.kind}]")
        section = sentence.section
        click.echo(f"{sentence.id:>5} p.{sentence.page}  {sentence.text}")
    method = method_figure(document)
    for figure in document.figures:
        said = "  (of the method)" if figure == method else ""
        click.echo(f"\np.{figure.page}{said}  {figure.caption or figure.label}")
    for table in document.tables:
        click.echo(f"\np.{table.page}  {table.caption or table.label}")
        for row in table.rows:
            if text := row_text(table, row):
                click.echo(f"  {text}")
    for hidden in document.hidden:
        click.echo(f"\nhidden ({hidden.reason}) p.{hidden.page}  {hidden.text}")
    for order in document.instructions:
        click.echo(f"\nspeaks to a model p.{order.page}  {order.text}")


@click.command()
@click.argument("file", type=click.File("r", encoding="utf-8"), default="-")
@translator_option
@json_option
@pass_session
def translate(session: Session, file: Any, translator: str | None, as_json: bool) -> None:
    """Translate texts, one a line, from FILE or stdin; one a line out, in the same order."""
    from digest import assembly

    config = session.config(translator=translator)
    with assembly.translator(config) as tool:
        for line in _lines(file):
            translation = tool.translate(line.strip())
            click.echo(json_text(_translated(translation)) if as_json else translation.text)


def _lines(file: Any) -> Iterator[str]:
    """The lines of a text file.

    Raises:
        DigestError: It is not UTF-8.
    """
    try:
        yield from file
    except UnicodeDecodeError as exc:
        raise DigestError(f"{file.name} is not UTF-8 text: {exc}", "convert it to UTF-8") from exc


def _translated(translation: Any) -> dict[str, Any]:
    """A translation as ``digest translate --json`` prints it."""
    sentences = translation.sentences
    return {
        "source": translation.source,
        "text": translation.text,
        "checks": dict(translation.checks),
        "repaired": any(sentence.repaired for sentence in sentences),
        "kept": any(sentence.kept for sentence in sentences),
        "made_by": to_builtins(translation.made_by),
    }


@click.command()
@click.argument("pdf", type=click.Path())
@model_option
@translator_option
@json_option
@pass_session
def explain(
    session: Session, pdf: str, model: str | None, translator: str | None, as_json: bool
) -> None:
    """Write the grounded reading of one PDF (metadata from NAME.json beside it)."""
    from digest import assembly
    from digest.sources.folder import read_one

    config = session.config(model=model, translator=translator)
    reading = assembly.explain_file(read_one(Path(pdf)), config)
    if as_json:
        click.echo(json_text(reading))
        return
    click.echo(f"{reading['title']}  (read: {reading['text_used']})")
    for number, part in enumerate(("problem", "method", "results"), 1):
        click.echo(f"\n{number})")
        for claim in reading[part]:
            _print_claim(claim, "")
    for dropped in reading["dropped"]:
        click.echo(f"\ndropped ({dropped['reason']}): {dropped['text']}")


def _print_claim(claim: dict[str, Any], indent: str) -> None:
    label = f"{claim['label']}：" if claim["label"] else ""
    numbers = dict.fromkeys(evidence["page"] for evidence in claim["evidence"])
    pages = "".join(f" [p.{number}]" for number in numbers)
    state = "" if claim["state"] == "verified" or not claim["text"] else f" ({claim['state']})"
    doubt = "" if claim["support"] is None else f" (checker: {claim['support']:.2f})"
    click.echo(f"{indent}- {label}{claim['text']}{pages}{state}{doubt}")
    for child in claim["children"]:
        _print_claim(child, indent + "  ")


COMMANDS = (
    extract,
    translate,
    explain,
)
