"""A full day where no network exists but loopback, every connection of the whole tree traced.

Run by ``make no-egress``. In a network namespace of its own a fake arXiv is asked, papers are
fetched, read and translated, the post, its outputs, the site and the search index are written,
searched and checked. strace writes down each attempt to reach anything, successful or not; the log
is read by program. Exit code 1 where anything but the fake arXiv or a Unix socket was tried.

First the check is checked: a program that connects elsewhere, and one that looks up a name, must
be found. On the stub (``scripts.faults.stub``), or with ``--model 0.5b`` on the real engines.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from digest.calendar import load_calendar
from digest.clock import SystemClock
from digest.evaluate.arxiv.answers import Answers
from digest.evaluate.arxiv.seeding import Mix, generate
from digest.evaluate.arxiv.server import FakeArxiv
from scripts.faults import stub
from scripts.faults.arxiv_days import settings_of
from scripts.faults.connects import CALLS, attempts, summary
from scripts.faults.papers import SAMPLES, texts

ROOT = Path(__file__).resolve().parent.parent
OUTPUTS = "json,bibtex,atom,weekly,mail,site"
ELSEWHERE = "127.0.0.53:53"
"""What is planted: in the namespace, loopback, and no port of ours."""
PLANTED = f"""
import socket
host, port = {ELSEWHERE!r}.split(":")
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect_ex((host, int(port)))
"""


def main() -> int:
    """Outside: go into the namespace. Inside: the day."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=stub.NAME, help="that reads and translates")
    parser.add_argument("--models-dir", type=Path, default=ROOT / "models")
    parser.add_argument(
        "--plant", action="store_true", help="let the stub try to get out: must fail"
    )
    parser.add_argument("--keep", type=Path, help="work in this folder and keep it")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        with tempfile.TemporaryDirectory(prefix="digest-no-egress-") as scratch:
            return inside(options, options.keep or Path(scratch))
    if lacking := missing():
        print(lacking)
        return 1
    command = [sys.executable, "-m", "scripts.no_egress", "--inside", *sys.argv[1:]]
    return subprocess.run(["unshare", "-rn", *command], cwd=ROOT, check=False).returncode


def missing() -> str:
    """What this machine lacks for it, and how to get it; nothing where it has all."""
    for program, package in (("strace", "strace"), ("unshare", "util-linux"), ("ip", "iproute2")):
        if shutil.which(program) is None:
            return f"{program} is not installed: apt-get install {package}"
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        return "this system allows no network namespaces: run as root, or in a virtual machine"
    return ""


def inside(options: argparse.Namespace, scratch: Path) -> int:
    """The checked check, then the day."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    log = scratch / "planted.log"
    traced([sys.executable, "-c", PLANTED], {}, log)
    if ("connect", ELSEWHERE) not in summary(attempts(lines_of(log))).foreign:
        print(f"FAILED: a planted connection to {ELSEWHERE} was not found in the trace")
        return 1
    print(f"a planted connection to {ELSEWHERE} is found")
    clock, calendar = SystemClock(), load_calendar()
    newest = calendar.newest(clock.now())
    first = calendar.newest(clock.now() - timedelta(days=14))
    world = generate(
        calendar, first.name, newest.name, 7, Mix(per_batch={"cs.SD": 3, "eess.AS": 2})
    )
    with FakeArxiv(Answers(world, clock, pdfs=SAMPLES)) as server:
        return day(options, scratch, server.url)


def day(options: argparse.Namespace, scratch: Path, url: str) -> int:
    """Every command of a day, and what they tried to reach."""
    environment = settings(options, scratch, url)
    log, failed = scratch / "day.log", 0
    for arguments in (["run"], ["search", "speech"], ["status"], ["check"], ["show"]):
        command = [sys.executable, "-m", program(options), "--home", str(scratch / "home")]
        code = traced([*command, "--quiet", *arguments], environment, log)
        print(f"digest {' '.join(arguments)}: exit code {code}")
        failed += code != 0
    return told(log, urlsplit(url).port or 0) or min(failed, 1)


def program(options: argparse.Namespace) -> str:
    """What is run in the place of ``digest``."""
    return "scripts.faults.stubbed" if options.model == stub.NAME else "digest"


def settings(options: argparse.Namespace, scratch: Path, url: str) -> dict[str, str]:
    """Variables of all commands."""
    models = options.models_dir
    if options.model == stub.NAME:
        models = scratch / "models"
        stub.write_model(models, texts())
    return {
        **settings_of(url),
        **({stub.PLANTED: ELSEWHERE} if options.plant else {}),
        "DIGEST_MODELS": str(models),
        "DIGEST_MODEL": options.model,
        "DIGEST_TRANSLATOR": options.model,
        "DIGEST_PACE_FILE": str(scratch / "pace"),
        "DIGEST_OUTPUTS": OUTPUTS,
        "DIGEST_EVIDENCE_TOKENS": "400",
        "DIGEST_FIGURES": "free",
    }


def traced(command: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
    """Run a command under strace, its log appended to; its exit code."""
    trace = ["strace", "-f", "-A", "-s", "0", "-e", f"trace={CALLS}", "-e", "signal=none"]
    variables = {k: v for k, v in os.environ.items() if not k.startswith("DIGEST_")}
    run = subprocess.run(
        [*trace, "-o", str(log), *command],
        cwd=ROOT,
        env={**variables, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return run.returncode


def lines_of(log: Path) -> list[str]:
    """Of a trace."""
    return log.read_text(encoding="utf-8", errors="replace").splitlines()


def told(log: Path, port: int) -> int:
    """Print where everything went; 1 if anything went elsewhere."""
    lines = lines_of(log)
    tried = summary(attempts(lines), [port])
    print(f"{len(lines)} lines of trace, of the whole tree:")
    for (call, where), count in sorted(tried.allowed.items()):
        said = " (the fake arXiv)" if where.endswith(f":{port}") else ""
        print(f"  {count:6}  {call:8} {where}{said}")
    for (call, where), count in sorted(tried.foreign.items()):
        print(f"  {count:6}  {call:8} {where}  FORBIDDEN")
    print(f"{tried.foreign.total()} attempts to reach anything else")
    return int(bool(tried.foreign))


if __name__ == "__main__":
    sys.exit(main())
