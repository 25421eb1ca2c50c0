"""A process of its own for work that may crash, hang, eat memory or must not reach the network.

The parent names what to build (``module:callable``) and calls its methods; the child builds it
after it has confined itself, so that no parser or model library is ever loaded unconfined.
One call at a time; a dead or hanging child ends that call with a ``WorkerError`` and the next
call starts a new child. A child that is at work says so (``beat``), so that slow work and a hang
can be told apart. What it writes to stderr is passed on, and its last line is quoted when it dies.
Answers are plain values, records and errors: nothing else is taken from a child, for it may have
been taken over by what it parses.

Not done here: choosing what to run, retrying, logging. Callers decide what an error means.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import logging
import multiprocessing
import os
import pickle
import re
import select
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from multiprocessing.connection import Connection
from typing import Any

from digest import errors, generation, records
from digest.confinement import Limits, confine, die_with
from digest.errors import DigestError, WorkerDied, WorkerError, WorkerTimeout

_LARGEST_ANSWER_BYTES = 256 << 20  # a document of 400 pages takes 1 MB


class Worker:
    """A child process that holds one object and answers calls of its methods.

    Args:
        factory: ``package.module:callable``; called in the child with ``arguments``.
        arguments: Picklable arguments for the factory.
        limits: What the child may use.
        answer_s: How long an answer that has begun may take to arrive; a document takes
            milliseconds.
    """

    def __init__(
        self,
        factory: str,
        arguments: tuple[Any, ...] = (),
        limits: Limits | None = None,
        answer_s: float = 20.0,
    ) -> None:
        self._factory = factory
        self._arguments = arguments
        self._limits = limits or Limits()
        self._answer_s = answer_s
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._heard: Connection | None = None
        self._words: _Words | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Of the child; None where there is none."""
        return self._process.pid if self._process is not None else None

    def call(
        self, method: str, *arguments: Any, timeout_s: float, silence_s: float | None = None
    ) -> Any:
        """Call ``method`` of the child's object; starts the child where there is none.

        Args:
            method: Its name.
            arguments: Picklable.
            timeout_s: For the whole call; that of a child which is nice stands still while it has
                work and no processor, so that what it gets done does not depend on others.
            silence_s: Between two beats of the child, or before the first.

        Raises:
            WorkerDied: The child ended before it answered.
            WorkerTimeout: No answer or no beat in time; the child was killed.
            DigestError: What the method raised; other exceptions come as ``WorkerError``.
        """
        pipe = self._pipe or self._start()
        words = self._words = self._words or _Words(self._heard)
        words.forget()
        silence_s = timeout_s if silence_s is None else silence_s
        try:
            pipe.send((method, arguments))
            ok, answer = self._awaited(pipe, timeout_s, silence_s)
        except (EOFError, OSError) as exc:
            code = self._kill()
            ending = _ending(code, words.last())
            raise WorkerDied(f"the process of {self._factory} {ending}") from exc
        except BaseException:
            # An interrupted call has left its answer in the pipe: a later call would read it.
            self._kill()
            raise
        if ok:
            return answer
        if isinstance(answer, WorkerDied):
            self._kill()
        raise answer

    def start(self) -> None:
        """Start the child before it is called, as this process is now: with its network still.

        Starts no thread: a process of several cannot leave its network (``leave_network``).
        """
        if self._pipe is None:
            self._start()

    def kill(self) -> None:
        """End the child now, whatever it is at."""
        self._kill(grace_s=0)

    def close(self) -> None:
        """End the child. Safe to call again."""
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                self._pipe.send(None)
        if self._process is not None:
            self._process.join(timeout=5)
        self._kill()

    def _start(self) -> Connection:
        # spawn, not fork: a forked child inherits threads' locks and the parent's open files.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        heard, said = context.Pipe(duplex=False)
        process = context.Process(
            target=_serve,
            args=(theirs, said, os.getpid(), self._factory, self._arguments, self._limits),
            daemon=True,
        )
        process.start()
        theirs.close()
        said.close()
        self._pipe, self._process, self._heard = ours, process, heard
        return ours

    def _awaited(self, pipe: Connection, timeout_s: float, silence_s: float) -> tuple[bool, Any]:
        """The answer, after any number of beats and of lines for the log.

        Raises:
            WorkerTimeout: Neither came in time.
        """
        assert self._process is not None  # whoever has a pipe has a process
        starved = _Starved(self._process.pid or 0) if self._limits.nice else None
        ends_s, falls_silent_s = (time.monotonic() + most_s for most_s in (timeout_s, silence_s))
        while True:
            left_s = min(ends_s, falls_silent_s) - time.monotonic()
            if left_s <= 0:
                self._kill(grace_s=0)
                silent = "no answer" if ends_s <= falls_silent_s else "no sign of life"
                waited_s = timeout_s if ends_s <= falls_silent_s else silence_s
                raise WorkerTimeout(f"{silent} from {self._factory} within {waited_s:.0f} s")
            if pipe.poll(left_s if starved is None else min(left_s, _LOOK_S)):
                data = self._receive(pipe)
                falls_silent_s = time.monotonic() + silence_s
                ok, answer = _answer_from(data) if data else (None, None)
                if ok is not None:
                    return ok, answer
                if data:
                    _relay(answer)
            if starved is not None:
                without_s = starved.since()
                ends_s, falls_silent_s = ends_s + without_s, falls_silent_s + without_s

    def _receive(self, pipe: Connection) -> bytes:
        """The bytes of an answer that has begun; a child that never ends it is killed."""
        assert self._process is not None  # whoever has a pipe has a process
        watchdog = threading.Timer(self._answer_s, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            return pipe.recv_bytes(_LARGEST_ANSWER_BYTES)
        finally:
            watchdog.cancel()

    def _kill(self, grace_s: float = 0.5) -> int | None:
        """End the child now; ``grace_s``: how long one that is ending may take to say how."""
        process, self._process = self._process, None
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            pipe.close()
        if process is None:
            return None
        process.join(timeout=grace_s)
        process.kill()
        process.join()
        words, self._words = self._words, None
        heard, self._heard = self._heard, None
        if words is not None:
            words.end()
        elif heard is not None:
            heard.close()
        return process.exitcode


_LOOK_S = 0.5
"""Between two looks at whether a nice child has a processor."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class _Starved:
    """How long a child has work and no processor, as Linux tells; elsewhere never."""

    def __init__(self, pid: int) -> None:
        self._stat = f"/proc/{pid}/stat"
        self._at_s = time.monotonic()
        self._cpu_s = self._looked()[1]

    def since(self) -> float:
        """Seconds of that since the last look, or since it was made."""
        before_s, self._at_s = self._at_s, time.monotonic()
        runs, cpu_s = self._looked()
        used_s, self._cpu_s = cpu_s - self._cpu_s, cpu_s
        return max(0.0, self._at_s - before_s - used_s) if runs else 0.0

    def _looked(self) -> tuple[bool, float]:
        """Whether it runs or could, and the seconds of processors that it had."""
        try:
            with open(self._stat, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                told = file.read().rpartition(")")[2].split()  # its name may hold anything
        except OSError:
            return False, 0.0
        return told[0] == "R", (int(told[11]) + int(told[12])) / _TICKS_PER_S


class _Words:
    """What a child writes to stderr: passed on as it comes, the end of it kept."""

    def __init__(self, pipe: Connection | None) -> None:
        assert pipe is not None  # whoever has a process has what it says
        self._pipe, self._tail = pipe, b""
        self._thread = threading.Thread(target=self._listen, name="stderr of a worker", daemon=True)
        self._thread.start()

    def forget(self) -> None:
        """What was said before a call is no reason why it failed."""
        self._tail = b""

    def last(self) -> str:
        """The last line, without the folders of whoever built a library; empty where none came."""
        text = self._tail.decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        line = "".join(filter(str.isprintable, lines[-1])) if lines else ""
        return re.sub(r"(/[^\s/]+)+/", "", line)[-_LAST_WORDS_CHARS:]

    def end(self) -> None:
        """Hear what an ended child said last; whom it left behind is not waited for."""
        self._thread.join(timeout=1)

    def _listen(self) -> None:
        with self._pipe:
            while data := os.read(self._pipe.fileno(), 1 << 16):
                self._tail = (self._tail + data)[-_TAIL_BYTES:]
                with contextlib.suppress(OSError):
                    os.write(2, data.translate(None, _CONTROLS))


_CONTROLS = bytes(code for code in (*range(32), 127) if code not in b"\t\n\r")
"""Not passed on: what a file has a library say shall not steer the terminal."""
_TAIL_BYTES = 4096
_LAST_WORDS_CHARS = 200


class _Mouth:
    """A child's end of the pipe, for all its threads."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe, self._lock = pipe, threading.Lock()
        self._room = select.poll()
        self._room.register(pipe.fileno(), select.POLLOUT)

    def say(self, ok: bool | None, value: Any) -> None:
        """An answer (``ok``), an error (not ``ok``), or a line for the log (None)."""
        data = pickle.dumps((ok, value), pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._pipe.send_bytes(data)

    def beat(self) -> None:
        """An empty message, which no answer is; where the pipe is full the parent has enough."""
        with self._lock:
            if self._room.poll(0):
                self._pipe.send_bytes(b"")


class _Lines(logging.Handler):
    """Sends what is logged in a child to its parent, whose log it belongs in."""

    def __init__(self, mouth: _Mouth) -> None:
        super().__init__()
        self._mouth = mouth

    def emit(self, record: logging.LogRecord) -> None:
        hint = getattr(record, "hint", None)
        line = (record.name, record.levelno, record.getMessage(), hint)
        with contextlib.suppress(OSError):  # a parent that is gone reads no log
            self._mouth.say(None, line)


def _relay(line: Any) -> None:
    """Log a line of a child's as its own logger would; anything else is passed over."""
    if not isinstance(line, tuple) or len(line) != 4:
        return
    name, level, message, hint = line
    if isinstance(name, str) and name.startswith("digest.") and level in _LEVELS:
        said = "".join(filter(str.isprintable, str(message)))[:_LINE_CHARS]
        told = None if hint is None else str(hint)[:_LINE_CHARS]
        logging.getLogger(name).log(level, "%s", said, extra={"hint": told})


_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
_LINE_CHARS = 2000


class _Heart:
    """A child's sign of life, once a second at most."""

    def __init__(self, mouth: _Mouth) -> None:
        self._mouth, self._last_s = mouth, time.monotonic()

    def beat(self) -> None:
        """Tell the parent, if it is time."""
        now_s = time.monotonic()
        if now_s - self._last_s >= _BEAT_S:
            self._last_s = now_s
            self._mouth.beat()


_BEAT_S = 1.0
_heart: _Heart | None = None


def beat() -> None:
    """Tell the parent that this worker is at work; outside a worker nothing.

    Long calls say so at every step: it costs a look at the clock, and never waits for the parent.
    """
    if _heart is not None:
        _heart.beat()


class _Answers(pickle.Unpickler):
    """Reads answers as data: a child that a file has taken over must not run code in its parent.

    Pickle may name any callable; here only the classes of our records and errors.
    """

    def find_class(self, module: str, name: str) -> Any:
        """Our records and errors, and times; anything else ends the child."""
        if (module, name) in _PLAIN_CLASSES:
            return super().find_class(module, name)
        found = None if "." in name else getattr(_ANSWERS.get(module), name, None)
        if not isinstance(found, type) or found.__module__ != module:
            raise pickle.UnpicklingError(f"{module}.{name} is no record")
        return found


_ANSWERS = {module.__name__: module for module in (records, generation, errors)}
_PLAIN_CLASSES = {("datetime", "datetime"), ("datetime", "timezone"), ("datetime", "timedelta")}


def _answer_from(data: bytes) -> tuple[bool | None, Any]:
    """The two parts of an answer; None and a line where it is one for the log.

    Raises:
        WorkerError: It holds something else than plain values, records and errors.
    """
    try:
        ok, answer = _Answers(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, AttributeError) as exc:
        raise WorkerError(f"the answer of a worker cannot be taken: {exc}") from exc
    if ok is None:
        return None, answer
    if not ok and not isinstance(answer, DigestError):
        raise WorkerError("the answer of a worker is no error of ours")
    return bool(ok), answer


def _ending(code: int | None, words: str) -> str:
    """How a child ended; who was killed from outside had no last word."""
    if code == -signal.SIGKILL:
        return "was killed by SIGKILL"
    saying = f", saying: {words}" if words else ""
    if code is not None and code < 0:
        return f"was killed by {signal.Signals(-code).name}{saying}"
    return f"ended with exit code {code}{saying}"


def _serve(
    pipe: Connection,
    words: Connection,
    parent: int,
    factory: str,
    arguments: tuple[Any, ...],
    limits: Limits,
) -> None:
    """The child: confine, build, answer until the pipe closes."""
    global _heart
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    os.dup2(words.fileno(), 2)
    words.close()
    os.dup2(2, 1)  # stdout is the parent's data; what libraries print is not
    # The processes are what runs in parallel; a pool of threads for each core would only take
    # address space, of which there is little.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # pymupdf loads onnxruntime, which would report its use.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    confine(limits)
    die_with(parent)
    mouth = _Mouth(pipe)
    _heart = _Heart(mouth)
    logger = logging.getLogger("digest")
    logger.setLevel(logging.INFO)
    logger.addHandler(_Lines(mouth))
    target: Any = None
    while True:
        try:
            request = pipe.recv()
        except EOFError:
            return
        if request is None:
            return
        method, parameters = request
        with _answering(mouth) as answer:
            if target is None:
                module, _, name = factory.partition(":")
                target = getattr(importlib.import_module(module), name)(*arguments)
            answer(getattr(target, method)(*parameters))


@contextlib.contextmanager
def _answering(mouth: _Mouth) -> Iterator[Any]:
    """Send what the block answers, or its exception; a worker outlives any of them."""
    try:
        yield lambda value: mouth.say(True, value)
    except DigestError as exc:
        mouth.say(False, exc)
    except MemoryError:
        mouth.say(False, WorkerDied("the process ran into its memory limit"))
        os._exit(1)
    except Exception as exc:  # noqa: BLE001 the process boundary: its traceback travels as text
        where = traceback.extract_tb(exc.__traceback__)[-1]
        place = f"{os.path.basename(where.filename)}:{where.lineno}"  # noqa: PTH119
        mouth.say(False, WorkerError(f"{type(exc).__name__} at {place}: {exc}"))
