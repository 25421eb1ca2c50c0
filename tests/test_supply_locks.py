"""Lock files as records."""

import pytest

from scripts.supply.locks import DEV, RUN, Locked, parse, read

TEXT = f"""\
anyio==4.16.0 \\
    --hash=sha256:{"a" * 64} \\
    --hash=sha256:{"b" * 64}
    # via
    #   httpx
    #   httpx2
numpy==2.4.6 ; python_full_version < '3.12' \\
    --hash=sha256:{"c" * 64}
    # via arxiv-digest-local (pyproject.toml)
"""


def test_packages_are_read_with_marker_hashes_and_who_asks_for_them():
    assert list(parse(TEXT)) == [
        Locked("anyio", "4.16.0", "", ("a" * 64, "b" * 64), ("httpx", "httpx2")),
        Locked(
            "numpy", "2.4.6", "python_full_version < '3.12'", ("c" * 64,), ("arxiv-digest-local",)
        ),
    ]


@pytest.mark.parametrize("line", ["anyio>=4 \\\n    --hash=sha256:" + "a" * 64, "anyio==4.16.0\n"])
def test_what_is_not_pinned_is_refused(line):
    with pytest.raises(ValueError, match="not pinned by version and hash: anyio"):
        list(parse(line))


def test_what_runs_is_among_what_is_developed_with():
    run, dev = ({(p.name, p.version) for p in read(path)} for path in (RUN, DEV))
    assert len(run) > 50
    assert run < dev
