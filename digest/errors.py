"""Every error that the product raises on purpose.

::

    DigestError               message, hint (the command or edit that cures it)
    ├── ConfigError           digest.toml, DIGEST_* or a flag; the command line ends with 2
    ├── SourceError           a folder, feed, bundle or metadata file that cannot be read
    │   ├── FetchError        no good answer from a server (url, retryable)
    │   │   ├── FetchRefused  403: nothing more may be asked today
    │   │   └── PaperWithdrawn  the paper has no PDF, and will have none
    │   └── BundleError       a bundle that is damaged, mixed up or hostile
    ├── ExtractError          a PDF that cannot be read (path, page)
    ├── ModelError            a model file that does not load or answers nonsense
    │   ├── ModelMissingError no such file; the hint names the command that gets it
    │   ├── ModelDamagedError size or sha256 differ from the catalogue
    │   └── ServerError       no good answer from a model server (retryable, wait_s, unreachable)
    ├── TranslateError        the translator answered, but not one text for each sentence
    ├── OutOfTime             a run may take no longer, or its models no more
    ├── MailError             the mail server did not take a message
    ├── StoreError            the database is locked, damaged or from a newer version
    │   ├── StoreDamaged      the database file is not what was written
    │   └── BusyError         another process is at work there
    └── WorkerError           a sandboxed process failed
        ├── WorkerDied        killed by a signal, an assertion or a memory limit
        └── WorkerTimeout     no answer in time; the process was killed

A library's own error is wrapped where the library is owned, ``raise ... from exc``.
"""

from __future__ import annotations

from typing import Any


class DigestError(Exception):
    """Base of all: what happened, to which thing, and how to cure it.

    Args:
        message: One line; names the file, id or key.
        hint: The command or edit that cures it, without a full stop.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type[DigestError], tuple[Any, ...]]:
        """Errors cross the pipe from a worker, so they must survive pickling."""
        return type(self), (self.message, self.hint)


class ConfigError(DigestError):
    """A setting, an argument or a file name is wrong."""


class SourceError(DigestError):
    """A place papers come from cannot be read."""


class FetchError(SourceError):
    """A server gave no good answer.

    Args:
        message: One line; names the address.
        hint: The cure.
        retryable: Whether asking again later may help.
    """

    def __init__(self, message: str, hint: str | None = None, retryable: bool = True) -> None:
        super().__init__(message, hint)
        self.retryable = retryable

    def __reduce__(self) -> tuple[type[FetchError], tuple[Any, ...]]:
        """Errors cross the pipe from a worker, so they must survive pickling."""
        return type(self), (self.message, self.hint, self.retryable)


class FetchRefused(FetchError):
    """The server said 403: nothing more may be asked of it today."""


class PaperWithdrawn(FetchError):
    """A paper has no PDF to read, by its authors' wish or arXiv's."""


class BundleError(SourceError):
    """A bundle cannot be trusted; nothing of it was taken in."""


class ExtractError(DigestError):
    """A PDF cannot be opened or read."""


class ModelError(DigestError):
    """A model file cannot be used."""


class ModelMissingError(ModelError):
    """A model file is not on this machine. Runs never download."""


class ModelDamagedError(ModelError):
    """A model file is not the one that the catalogue describes."""


class ServerError(ModelError):
    """A model server gave no good answer.

    Args:
        message: One line; names the server.
        hint: The cure.
        retryable: Whether asking again may help.
        wait_s: What the server asked to wait before.
        unreachable: Whether it was not there at all.
    """

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        retryable: bool = True,
        wait_s: float = 0.0,
        unreachable: bool = False,
    ) -> None:
        super().__init__(message, hint)
        self.retryable, self.wait_s, self.unreachable = retryable, wait_s, unreachable


class TranslateError(DigestError):
    """A text could not be translated at all."""


class OutOfTime(DigestError):
    """What a run may take is used up: the paper waits for another night."""


class MailError(DigestError):
    """A mail could not be sent."""


class StoreError(DigestError):
    """The database cannot be opened or written."""


class StoreDamaged(StoreError):
    """The database file is damaged: a backup takes its place."""


class BusyError(StoreError):
    """Another process is at work: later it may do."""


class WorkerError(DigestError):
    """A sandboxed process did not answer."""


class WorkerDied(WorkerError):
    """The process ended: a signal, an assertion in a library, its memory limit."""


class WorkerTimeout(WorkerError):
    """The process gave no answer in time and was killed."""
