"""The way across an air gap, whole: two network namespaces and a bundle between them.

Run by ``make air-gap``. The outer namespace reaches a fake arXiv on its own loopback and nothing
else; there ``digest fetch`` fills a home, which is exported with models and wheels. The inner one
has no network at all, not even loopback; there the program is installed from the bundle into a new
environment, the bundle is imported, and ``digest run`` writes the post with the bundle's models.
Wheels are gathered beforehand, with the network of the machine. Prints each step with its seconds;
exit code 1 where one fails.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from digest.bundles.wheels import gather
from digest.calendar import load_calendar
from digest.clock import SystemClock
from digest.evaluate.arxiv.answers import Answers
from digest.evaluate.arxiv.seeding import Mix, generate
from digest.evaluate.arxiv.server import FakeArxiv

ROOT = Path(__file__).resolve().parent.parent
PAPERS = ROOT / "tests" / "data" / "papers"
"""What the fake arXiv serves as PDFs: papers long enough to be read whole."""
BUNDLE = "lab.bundle"
READ = re.compile(r"^- 解读依据：全文 (\d+) 篇.*$", re.MULTILINE)
"""The line in the head of a post that counts the papers that were read whole."""
PART = "256M"


class StepFailed(Exception):
    """A step did not do what it should."""


@contextlib.contextmanager
def step(what: str) -> Iterator[None]:
    """Print a step with its seconds."""
    print(f"{what} ...", flush=True)
    started = time.monotonic()
    yield
    print(f"    {time.monotonic() - started:6.1f} s", flush=True)


def call(command: list[str | Path], settings: Mapping[str, str] | None = None) -> str:
    """Run a command, its stderr shown; what it printed.

    Raises:
        StepFailed: It did not end with 0.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("DIGEST_", "PIP_"))}
    run = subprocess.run(
        [str(part) for part in command],
        env={**environment, **(settings or {})},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        raise StepFailed(f"{' '.join(map(str, command[:6]))} ended with {run.returncode}")
    return run.stdout


def prepare(options: argparse.Namespace, work: Path) -> None:
    """On the machine itself: wheels, and the model's file where the outer side looks for it."""
    with step("gathering wheels, built portably (the only step with a network)"):
        call([options.digest, "models", "pull", options.model], models(options.models_dir))
        gather(ROOT, options.models_dir / ".wheels")
    outside = work / "outside" / "models"
    outside.mkdir(parents=True)
    for path in options.models_dir.glob("*.gguf"):
        (outside / path.name).symlink_to(path.resolve())
    (outside / ".wheels").symlink_to((options.models_dir / ".wheels").resolve())


def models(folder: Path) -> dict[str, str]:
    """The setting that says where models are."""
    return {"DIGEST_MODELS": str(folder)}


# ---------------------------------------------------------------- the outer namespace


def outside(options: argparse.Namespace, work: Path) -> None:
    """Fetch and export beside a fake arXiv, then go inside while it is still up."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    clock, calendar = SystemClock(), load_calendar()
    newest = calendar.newest(clock.now())
    first = calendar.newest(clock.now() - timedelta(days=14))
    mix = Mix(per_batch={"cs.SD": 2, "eess.AS": 2})
    world = generate(calendar, first.name, newest.name, seed=7, mix=mix)
    with FakeArxiv(Answers(world, clock, pdfs=PAPERS)) as server:
        export(options, work, server.url)
        command = [sys.executable, __file__, "--inside", server.url, *passed_on(options, work)]
        call_through(["unshare", "-n", *command])


def export(options: argparse.Namespace, work: Path, url: str) -> None:
    """The connected side."""
    home = work / "outside" / "home"
    settings = {
        **models(work / "outside" / "models"),
        **{f"DIGEST_{name.upper()}": value for name, value in common(options).items()},
        "DIGEST_FEED_URL": f"{url}",
        "DIGEST_API_URL": f"{url}/api/query",
        "DIGEST_OAI_URL": f"{url}/oai",
        "DIGEST_PDF_URL": f"{url}/pdf",
        "DIGEST_CONTACT": "air-gap@example.org",
    }
    with step("outside: digest fetch"):
        print("   ", call([options.digest, "--home", home, "fetch"], settings).strip())
    (work / "carried").mkdir()
    out = work / "carried" / BUNDLE
    with step(f"outside: digest bundle export --models --wheels --split {PART}"):
        wanted = ["--models", "--wheels", "--split", PART, "--json"]
        command = [options.digest, "--home", home, "bundle", "export", out, *wanted]
        made = json.loads(call(command, settings))
        kinds = [member["kind"] for member in made["members"]]
        sizes = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
        print(f"    {made['id']}  {sizes}")
        for path in sorted((work / "carried").iterdir()):
            print(f"    {path.stat().st_size:>12,}  {path.name}")


def common(options: argparse.Namespace) -> dict[str, str]:
    """Settings of both sides."""
    return {
        "model": options.model,
        "translator": options.model,
        "limit": str(options.papers),
        "evidence_tokens": "400",
    }


# ---------------------------------------------------------------- the inner namespace


def inside(options: argparse.Namespace, work: Path) -> None:
    """A machine with Python, the carried files and no network."""
    with step("inside: no network, not even the fake arXiv's loopback"):
        check_no_network(options.inside)
    carried, venv, home = work / "carried", work / "inside" / "venv", work / "inside" / "home"
    settings = {
        **models(work / "inside" / "models"),
        **{f"DIGEST_{name.upper()}": value for name, value in common(options).items()},
    }
    with step("inside: python install.pyz, into a new environment"):
        bare = ["env", "-i", "PATH=/usr/bin:/bin", f"HOME={work / 'inside'}"]
        python = sys._base_executable  # type: ignore[attr-defined]
        installer = [python, "-I", carried / "install.pyz", carried / BUNDLE, venv]
        call([*bare, *installer])
    digest = venv / "bin" / "digest"
    with step("inside: digest bundle verify"):
        print("   ", call([digest, "--home", home, "bundle", "verify", carried / BUNDLE]).strip())
    for turn in ("", ", again: changes nothing"):
        before = files(home)
        with step(f"inside: digest bundle import{turn}"):
            call([digest, "--home", home, "bundle", "import", carried / BUNDLE], settings)
        if turn and files(home) != before:
            raise StepFailed("the second import changed the home")
    with step("inside: digest run --offline"):
        post = call([digest, "--home", home, "run", "--offline"], settings).strip()
    with step("inside: digest check"):
        print("   ", call([digest, "--home", home, "check", post], settings).strip())
    papers = sorted((home / "papers").glob("*.pdf"))
    text = Path(post).read_text(encoding="utf-8")
    missing = [path.stem for path in papers if path.stem.rpartition("v")[0] not in text]
    print(f"    {post}: {len(text)} characters, {len(papers)} PDFs came in the bundle")
    if missing or not papers:
        raise StepFailed(f"the post lacks {missing or 'every paper'}")
    read = READ.search(text)
    print(f"    {read[0] if read else 'no paper was read'}")
    if read is None or int(read[1]) == 0:
        raise StepFailed("no paper was read from its full text")


def check_no_network(url: str) -> None:
    """See that not even the server that runs beside us can be reached.

    Raises:
        StepFailed: It can.
    """
    address = urlsplit(url)
    try:
        socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=3).close()
    except OSError as exc:
        print(f"    {address.netloc}: {exc.strerror}")
    else:
        raise StepFailed(f"{url} answers: there is a network")


def files(home: Path) -> dict[str, tuple[int, int]]:
    """The papers and settings of a home, with their sizes and times; not the database's."""
    paths = (path for path in home.rglob("*") if path.is_file() and ".duckdb" not in path.name)
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


# ---------------------------------------------------------------- the way from one to the next


def passed_on(options: argparse.Namespace, work: Path) -> list[str]:
    """The arguments of the next stage of this script."""
    return [
        *("--keep", str(work), "--models-dir", str(options.models_dir)),
        *("--model", options.model, "--papers", str(options.papers)),
    ]


def call_through(command: list[str]) -> None:
    """Run the next stage, its output ours.

    Raises:
        StepFailed: It failed; it has said why.
    """
    if subprocess.run(command, check=False).returncode != 0:
        raise StepFailed("")


def parse() -> argparse.Namespace:
    """The options; ``--outside`` and ``--inside`` are for this script's own use."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="0.5b", help="that reads and translates")
    parser.add_argument("--models-dir", type=Path, default=ROOT / "models")
    parser.add_argument("--papers", type=int, default=2, help="in the post")
    parser.add_argument("--keep", type=Path, help="work in this new folder and keep it")
    parser.add_argument("--outside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--inside", metavar="URL", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.digest = Path(sys.executable).with_name("digest")
    return options


def main() -> int:
    """One stage; the first one starts the others."""
    options = parse()
    try:
        if options.inside:
            inside(options, options.keep)
        elif options.outside:
            outside(options, options.keep)
        else:
            run(options)
    except StepFailed as exc:
        if str(exc):
            print(f"FAILED: {exc}", flush=True)
        return 1
    return 0


def run(options: argparse.Namespace) -> None:
    """All of it, in a folder of its own."""
    work = options.keep or Path(tempfile.mkdtemp(prefix="digest-air-gap-"))
    started = time.monotonic()
    try:
        prepare(options, work)
        command = [sys.executable, __file__, "--outside", *passed_on(options, work)]
        call_through(["unshare", "-rn", *command])
    finally:
        if options.keep is None:
            shutil.rmtree(work)
    print(f"across the gap: {time.monotonic() - started:.0f} s in all")


if __name__ == "__main__":
    sys.exit(main())
