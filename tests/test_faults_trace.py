"""The judge of a trace finds each way in which a commit can be out of order."""

from scripts.faults.journal import Call, Op
from scripts.faults.trace import examine

HOME = [Call(Op.SYNC, 1, 2, "")]


def replacing(name: str) -> list[Call]:
    """A file as it must be put in place, the home's own names flushed last."""
    folder, _, bare = name.rpartition("/")
    partial = f"{folder}/.{bare}.partial" if folder else f".{bare}.partial"
    return [
        Call(Op.CREATE, 1, 7, partial),
        Call(Op.WRITE, 1, 7, partial, offset=0, length=3, data=b"new"),
        Call(Op.SYNC, 1, 7, partial),
        Call(Op.RENAME, 1, 0, partial, name),
        Call(Op.SYNC, 1, 3, folder),
    ]


def test_fsync_rename_fsync_of_the_folder_is_in_order() -> None:
    told = examine([Call(Op.MKDIR, 1, 0, "posts"), *HOME, *replacing("posts/a")])
    assert told.faults == []
    assert told.commits == {"files renamed into place": 1}


def test_bytes_that_were_not_flushed_before_the_name_changed() -> None:
    calls = replacing("a")
    del calls[2]
    assert examine(calls).faults == ["a: renamed before its bytes were fsynced"]


def test_a_folder_that_was_not_flushed_before_the_next_commit() -> None:
    told = examine([*replacing("a")[:-1], *replacing("b")])
    assert told.faults == ["a: its folder was not fsynced before the next"]
    assert examine(replacing("a")[:-1]).faults == [
        "a: its folder was never fsynced",
        "a: its name is not on the disk at the end",
    ]


def test_a_folder_whose_own_name_was_not_flushed() -> None:
    told = examine([Call(Op.MKDIR, 1, 0, "posts"), *replacing("posts/a")])
    assert told.faults[0] == "posts/a: the name of a folder above it is not on the disk"


def test_a_post_that_would_outlive_its_record() -> None:
    log = "digest.duckdb.wal"
    record = [
        Call(Op.CREATE, 1, 8, log),
        Call(Op.WRITE, 1, 8, log, offset=0, length=1, data=b"x"),
        Call(Op.SYNC, 1, 8, log),
    ]
    told = examine([*record, *replacing("a")])
    assert told.faults == [f"a: renamed while the name of {log} was not safe"]
    assert examine([*record, *HOME, *replacing("a")]).faults == []


def test_a_header_before_its_data_and_a_log_that_goes_too_early() -> None:
    database, log = "digest.duckdb", "digest.duckdb.wal"
    calls = [
        Call(Op.CREATE, 1, 9, database),
        Call(Op.CREATE, 1, 8, log),
        *HOME,
        Call(Op.WRITE, 1, 9, database, offset=12288, length=1, data=b"x"),
        Call(Op.WRITE, 1, 9, database, offset=4096, length=1, data=b"x"),
        Call(Op.UNLINK, 1, 0, log),
    ]
    assert examine(calls).faults == [
        "the database's header was written before its data was fsynced",
        "the database's log was removed before its file was fsynced",
    ]


def test_what_is_derived_may_be_lost_and_is_counted() -> None:
    calls = replacing("site/index.html")
    told = examine([Call(Op.MKDIR, 1, 0, "site"), *HOME, *calls[:2], *calls[3:4]])
    assert (told.faults, told.excepted) == ([], {"site/*": 1})
