"""Typeset the sample papers: every NAME.tex in tests/data/papers becomes NAME.pdf beside it.

The bytes are the same each time with one release of TeX: time comes from SOURCE_DATE_EPOCH, and
the papers switch off what pdfTeX writes about itself.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PAPERS = Path(__file__).parents[1] / "tests" / "data" / "papers"
EPOCH = "1795348800"  # 2026-11-22T12:00:00Z, as in the papers' JSON


def typeset(source: Path) -> Path:
    """Run pdflatex twice, for the references, in a folder that is thrown away."""
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", source.name]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "FORCE_SOURCE_DATE": "1"}
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(source, folder)
        for _ in range(2):
            run = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, check=False
            )
            if run.returncode != 0:
                log = run.stdout.decode(errors="replace")
                sys.exit(f"pdflatex failed on {source}:\n{log[-2000:]}")
        return Path(shutil.copy(Path(folder) / f"{source.stem}.pdf", source.parent))


def main() -> None:
    """Typeset all papers and say where they are."""
    if shutil.which("pdflatex") is None:
        sys.exit("pdflatex is missing: install TeX Live with IEEEtran, booktabs, TikZ and Times")
    for source in sorted(PAPERS.glob("*.tex")):
        print(typeset(source))


if __name__ == "__main__":
    main()
