"""The command line: arguments in, text and an exit code out. The only part that prints.

Data goes to stdout, progress and logs to stderr. Exit codes: 0 done, 1 failed, 2 bad usage or
configuration, 3 the post is written but some papers failed.

Heavy libraries are imported inside the commands that need them, so that ``--help`` is quick.
"""

from __future__ import annotations

import logging
import os
from functools import partial
from typing import Any

import click
from rich.console import Console

import digest
from digest.cli import (
    bundles,
    day,
    forget,
    keep_store,
    machine,
    mail,
    measure,
    models,
    report,
    search,
    show,
    site,
    stages,
    templates,
    timer,
)
from digest.cli.logs import set_up_logging
from digest.cli.session import EXIT_FAILED, EXIT_USAGE, Session
from digest.errors import ConfigError, DigestError

log = logging.getLogger("digest")


class _Group(click.Group):
    """Turns our own errors into one line and an exit code, in one place."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DigestError as exc:
            log.error("digest: %s", exc.message, extra={"hint": exc.hint})
            ctx.exit(EXIT_USAGE if isinstance(exc, ConfigError) else EXIT_FAILED)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(digest.__version__, prog_name="digest")
@click.option("--home", metavar="DIR", help="Folder of all state [default: ~/.digest].")
@click.option("--models-dir", metavar="DIR", help="Folder of the model files.")
@click.option("--threads", type=int, help="Threads of a model; 0 picks [default: 0].")
@click.option("--quiet", is_flag=True, help="No progress, only warnings and errors.")
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", help="Of stderr."
)
@click.pass_context
def main(
    ctx: click.Context,
    home: str | None,
    models_dir: str | None,
    threads: int | None,
    quiet: bool,
    log_format: str,
) -> None:
    """A daily arXiv digest in Chinese, written on this machine by local models.

    Every claim of a reading is traced to a sentence on a page, and its numbers are checked.
    """
    # A process of several threads cannot move into a namespace, and NumPy would start some.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # evaluations load PyMuPDF here, which brings it
    console = Console(stderr=True, quiet=quiet, highlight=False)
    set_up_logging(console, quiet, log_format)
    flags = {"home": home, "models_dir": models_dir, "threads": threads}
    umask = os.umask(0o077)  # what we write is its owner's; see Session.for_others
    ctx.call_on_close(partial(os.umask, umask))
    ctx.obj = Session(flags, quiet, console, umask)


_MODULES = (
    day, show, search, forget, keep_store, site, mail, templates, stages, models, bundles,
    machine, measure, report, timer,
)  # fmt: skip
for _module in _MODULES:
    for _command in _module.COMMANDS:
        main.add_command(_command)
