"""The disk with a power switch: what is safe, what may be lost, and what may be there in part."""

import random

from scripts.faults.disk import Disk, replayed
from scripts.faults.journal import Call, Op

MADE = [
    Call(Op.MKDIR, 1, 0, "posts"),
    Call(Op.CREATE, 1, 7, "posts/.a.partial"),
    Call(Op.WRITE, 1, 7, "posts/.a.partial", offset=0, length=3, data=b"new"),
]
SAVED = [*MADE, Call(Op.SYNC, 1, 7, "posts/.a.partial")]
RENAMED = [*SAVED, Call(Op.RENAME, 1, 0, "posts/.a.partial", "posts/a")]
NAMED = [*RENAMED, Call(Op.SYNC, 1, 3, "posts")]
WHOLE = [*NAMED, Call(Op.SYNC, 1, 2, "")]


def outcomes(calls: list[Call]) -> set[tuple[tuple[str, bytes | None], ...]]:
    """Everything that a power cut after these calls leaves, over many seeds."""
    disk = replayed(calls)
    return {tuple(disk.after_power_cut(random.Random(seed)).items()) for seed in range(200)}


def test_what_was_never_flushed_may_be_gone_or_empty() -> None:
    assert outcomes(MADE) == {
        (),
        (("posts", None),),
        (("posts", None), ("posts/.a.partial", b"")),
        (("posts", None), ("posts/.a.partial", b"new")),
    }


def test_flushed_bytes_are_whole_under_whatever_name() -> None:
    assert outcomes(RENAMED) == {
        (),
        (("posts", None),),
        (("posts", None), ("posts/.a.partial", b"new")),
        (("posts", None), ("posts/a", b"new")),
    }


def test_a_name_is_safe_once_all_folders_above_it_are() -> None:
    assert outcomes(NAMED) == {(), (("posts", None), ("posts/a", b"new"))}
    assert outcomes(WHOLE) == {(("posts", None), ("posts/a", b"new"))}
    assert not replayed(NAMED).is_safe("posts/a")
    assert replayed(WHOLE).is_safe("posts/a")


def test_a_write_that_was_not_flushed_may_be_there_in_part() -> None:
    old, new = b"o" * 1024, b"n" * 1024
    calls = [
        Call(Op.CREATE, 1, 7, "db"),
        Call(Op.WRITE, 1, 7, "db", offset=0, length=1024, data=old),
        Call(Op.SYNC, 1, 7, "db"),
        Call(Op.SYNC, 1, 2, ""),
        Call(Op.WRITE, 1, 7, "db", offset=0, length=1024, data=new),
    ]
    assert {dict(state)["db"] for state in outcomes(calls)} == {old, new, new[:512] + old[512:]}


def test_a_file_that_took_the_number_of_another_is_another() -> None:
    disk = Disk()
    for call in [*SAVED, Call(Op.UNLINK, 1, 0, "posts/.a.partial"), MADE[1]]:
        disk.take(call)
    assert bytes(disk.names["posts/.a.partial"].now) == b""
