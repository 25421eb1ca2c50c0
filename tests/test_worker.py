import gc
import logging
import multiprocessing
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from multiprocessing.connection import Connection

import pytest

from digest import worker as worker_module
from digest.confinement import Limits
from digest.errors import ExtractError, WorkerDied, WorkerError, WorkerTimeout
from digest.worker import Worker
from tests.conftest import document


class Takeover:
    """What a hijacked child would answer: unpickled without care, it runs a command."""

    def __reduce__(self):
        return os.system, ("exit 7",)


class Victim:
    """What the tests make a worker hold."""

    def __init__(self):
        self.calls = 0

    def count(self):
        self.calls += 1
        return self.calls

    def connect(self):
        with socket.socket() as sock:
            sock.settimeout(2)
            sock.connect(("127.0.0.1", 9))

    def kill(self):
        os.kill(os.getpid(), signal.SIGSEGV)

    def hang(self):
        time.sleep(60)

    def work(self, seconds):
        """So much of a processor's time, however long it takes to get it."""
        until = time.process_time() + seconds
        while time.process_time() < until:
            pass
        return "done"

    def eat(self):
        return len(bytearray(4 << 30))

    def refuse(self):
        raise ExtractError("no such page", "turn the page")

    def stumble(self):
        raise ValueError("odd")

    def take_over(self):
        return Takeover()

    def log(self):
        logging.getLogger("digest.sources").warning("a\x1b[2J page\n gone", extra={"hint": "wait"})
        logging.getLogger("digest.sources").debug("nobody asked")
        return "done"

    def never_end(self):
        pipe = next(x for x in gc.get_objects() if isinstance(x, Connection))
        os.write(pipe.fileno(), struct.pack("!i", 1000) + b"the first of a thousand bytes")
        time.sleep(60)

    def document(self):
        return document("The rate is 9.3%.")

    def chatter(self):
        sys.stdout.write("advice of a library\n")
        sys.stdout.flush()

    def process(self):
        return os.getpid()

    def assertion(self):
        os.write(2, b"a warning\n/home/who/build/ggml.c:7: ASSERT(\x1bx) failed\n")
        os.abort()

    def beat_later(self):
        def late():
            time.sleep(0.05)
            worker_module._heart._pipe.send_bytes(b"")

        threading.Thread(target=late).start()
        return "answer"


@pytest.fixture
def worker():
    with Worker("tests.test_worker:Victim", limits=Limits(memory_bytes=2 << 30)) as made:
        yield made


def test_the_object_lives_as_long_as_the_process(worker):
    assert [worker.call("count", timeout_s=20) for _ in range(3)] == [1, 2, 3]


def test_a_worker_has_no_network(worker):
    with pytest.raises(WorkerError, match=r"unreachable|Permission"):
        worker.call("connect", timeout_s=20)


def test_a_crash_is_named_and_the_next_call_starts_anew(worker):
    assert worker.call("count", timeout_s=20) == 1
    with pytest.raises(WorkerDied, match="SIGSEGV"):
        worker.call("kill", timeout_s=20)
    assert worker.call("count", timeout_s=20) == 1


def test_a_hang_is_ended(worker):
    with pytest.raises(WorkerTimeout, match="within 1 s"):
        worker.call("hang", timeout_s=1)
    assert worker.call("count", timeout_s=20) == 1


def test_too_much_memory_ends_the_process_not_the_run(worker):
    with pytest.raises(WorkerDied, match="memory limit"):
        worker.call("eat", timeout_s=20)
    assert worker.call("count", timeout_s=20) == 1


def test_our_errors_cross_the_pipe_whole(worker):
    with pytest.raises(ExtractError, match="no such page") as caught:
        worker.call("refuse", timeout_s=20)
    assert caught.value.hint == "turn the page"


def test_other_errors_say_where_they_are_from(worker):
    with pytest.raises(WorkerError, match=r"ValueError at test_worker\.py:\d+: odd"):
        worker.call("stumble", timeout_s=20)


def test_records_cross_the_pipe_whole(worker):
    assert worker.call("document", timeout_s=20) == document("The rate is 9.3%.")


def test_an_answer_that_names_a_function_is_refused(worker):
    with pytest.raises(WorkerError, match=r"cannot be taken: posix\.system is no record"):
        worker.call("take_over", timeout_s=20)
    assert worker.call("count", timeout_s=20) == 1


def test_an_answer_that_never_ends_is_ended():
    with Worker("tests.test_worker:Victim", answer_s=0.5) as worker:
        with pytest.raises(WorkerDied, match="SIGKILL"):
            worker.call("never_end", timeout_s=20)
        assert worker.call("count", timeout_s=20) == 1


def test_what_a_library_prints_is_not_our_output(worker, capfd):
    worker.call("chatter", timeout_s=20)
    worker.close()
    assert capfd.readouterr() == ("", "advice of a library\n")


def test_the_last_words_of_an_assertion_are_quoted_and_passed_on(worker, capfd):
    with pytest.raises(WorkerDied, match=r"SIGABRT, saying: ggml\.c:7: ASSERT\(x\) failed$"):
        worker.call("assertion", timeout_s=20)
    passed_on = capfd.readouterr().err
    assert "/home/who/build/ggml.c:7: ASSERT(x) failed" in passed_on  # without its escape


def test_what_was_said_in_an_earlier_call_is_no_last_word(worker):
    worker.call("chatter", timeout_s=20)
    time.sleep(0.2)
    with pytest.raises(WorkerDied, match=r"was killed by SIGSEGV$"):
        worker.call("kill", timeout_s=20)


def test_a_late_beat_is_no_answer_to_the_next_call(worker):
    assert worker.call("beat_later", timeout_s=20) == "answer"
    time.sleep(0.3)
    assert worker.call("count", timeout_s=20, silence_s=20) == 1
    assert worker.call("count", timeout_s=20, silence_s=20) == 2


def test_no_patience_at_all(worker):
    worker.call("count", timeout_s=20)
    with pytest.raises(WorkerTimeout, match=r"no sign of life from .* within 0 s"):
        worker.call("hang", timeout_s=20, silence_s=0.0)


def test_beats_that_nobody_reads_hold_up_nobody(monkeypatch):
    monkeypatch.setattr(worker_module, "_BEAT_S", 0.0)
    ours, theirs = multiprocessing.Pipe()
    with ours, theirs:
        heart = worker_module._Heart(worker_module._Mouth(theirs))
        beating = threading.Thread(target=lambda: [heart.beat() for _ in range(5000)], daemon=True)
        beating.start()
        beating.join(timeout=10)
        assert not beating.is_alive()
        beats = 0
        while ours.poll():
            assert ours.recv_bytes() == b""
            beats += 1
        assert 1 <= beats < 5000


def test_outside_a_worker_a_beat_is_nothing():
    worker_module.beat()


CONFINED = """
import resource
from digest.confinement import Limits, confine
resource.setrlimit(resource.RLIMIT_DATA, (1 << 30, 1 << 30))
confine(Limits(data_bytes=1 << 40, file_bytes=10, network=True))
print(resource.getrlimit(resource.RLIMIT_DATA)[0] >> 20, resource.getrlimit(resource.RLIMIT_FSIZE))
"""


def test_a_limit_that_is_lower_already_stays(tmp_path):
    confined = subprocess.run([sys.executable, "-c", CONFINED], capture_output=True, text=True)
    assert (confined.stdout, confined.stderr) == ("1024 (10, 10)\n", "")


def test_closing_ends_the_process(worker):
    pid = worker.call("process", timeout_s=20)
    worker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


FILTERED = """
import ctypes, socket
from digest.confinement import _refuse_sockets
if not _refuse_sockets(ctypes.CDLL(None, use_errno=True)):
    raise SystemExit("no seccomp")
socket.socketpair()
for family in (socket.AF_INET, socket.AF_INET6):
    try:
        socket.socket(family)
    except PermissionError:
        print("refused")
libc = ctypes.CDLL(None, use_errno=True)
for number in (425, 41 | 0x40000000):  # io_uring_setup; socket() as x32 calls it
    libc.syscall(number, socket.AF_INET, socket.SOCK_STREAM, 0)
    print(ctypes.get_errno())
"""


def test_the_socket_filter_refuses_all_but_unix_sockets():
    filtered = subprocess.run([sys.executable, "-c", FILTERED], capture_output=True, text=True)
    if "no seccomp" in filtered.stderr:
        pytest.skip("seccomp is not to be had here")
    assert (filtered.stdout, filtered.stderr) == ("refused\nrefused\n13\n13\n", "")


THREADED = """
import ctypes, os, socket, threading, time
from digest.confinement import leave_network
refused, left = [], threading.Event()
def late():
    left.wait()
    try:
        socket.socket()
    except PermissionError:
        refused.append("refused")
thread = threading.Thread(target=late)
thread.start()
print(leave_network())
left.set()
thread.join()
ring = ctypes.CDLL(None, use_errno=True).syscall(425, 8, ctypes.create_string_buffer(120))
x32 = ctypes.CDLL(None, use_errno=True).syscall(0x40000000 + 41, 2, 1, 0)
print(*refused, ring, x32)
"""


def test_all_threads_of_a_process_leave_the_network():
    left = subprocess.run([sys.executable, "-c", THREADED], capture_output=True, text=True)
    if "none" in left.stdout:
        pytest.skip("seccomp is not to be had here")
    assert (left.stdout, left.stderr) == ("seccomp\nrefused -1 -1\n", "")


ALONE = """
import os, socket
from digest.confinement import leave_network
user = os.getuid(), os.geteuid(), os.getgid()
print(leave_network(), user == (os.getuid(), os.geteuid(), os.getgid()), leave_network())
try:
    with socket.socket() as reaching:
        reaching.connect(("192.0.2.1", 9))
except OSError as exc:
    print(exc.strerror)
"""


def test_a_process_alone_moves_into_a_namespace_and_stays_who_it_was():
    left = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True)
    if "namespace" not in left.stdout:
        pytest.skip("no namespaces here")
    assert (left.stdout, left.stderr) == ("namespace True namespace\nNetwork is unreachable\n", "")


def test_what_a_child_logs_is_in_its_parents_log(caplog):
    with Worker("tests.test_worker:Victim") as worker:
        assert worker.call("log", timeout_s=20) == "done"
    [record] = caplog.records
    assert (record.name, record.levelname) == ("digest.sources", "WARNING")
    assert (record.getMessage(), record.hint) == ("a[2J page gone", "wait")


def test_a_line_that_is_none_of_ours_is_not_logged(caplog):
    for line in (
        "text",
        ("root", logging.ERROR, "m", None),
        ("digest.x", 99, "m", None),
        ("digest.x",),
    ):
        worker_module._relay(line)
    assert caplog.records == []


def test_a_child_is_started_before_it_is_asked_and_without_a_thread():
    threads = threading.active_count()
    with Worker("tests.test_worker:Victim") as worker:
        worker.start()
        assert threading.active_count() == threads
        first = worker.pid
        assert worker.call("count", timeout_s=20) == 1
        assert worker.pid == first


@pytest.fixture
def crowd():
    """Twice as many busy processes as there are processors."""
    code = "while True: pass"
    count = 2 * len(os.sched_getaffinity(0))
    busy = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(count)]
    yield
    for process in busy:
        process.kill()
        process.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="told by /proc")
def test_a_child_that_lets_others_go_first_is_given_the_time_that_they_took(crowd):
    with Worker("tests.test_worker:Victim", limits=Limits(nice=19)) as worker:
        worker.call("count", timeout_s=60)
        started = time.monotonic()
        assert worker.call("work", 0.3, timeout_s=1.5) == "done"
        assert time.monotonic() - started > 1.5  # it waited for others, and was waited for


def test_a_child_that_lets_others_go_first_and_hangs_is_killed_in_time():
    with Worker("tests.test_worker:Victim", limits=Limits(nice=19)) as worker:
        worker.call("count", timeout_s=20)
        with pytest.raises(WorkerTimeout, match="within 1 s"):
            worker.call("hang", timeout_s=1)
