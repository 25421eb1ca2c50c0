"""Is every commit an fsync, a rename and an fsync of the folder? Read from a journal, by program.

What is asked of each call, in the order of the run:
  a file that is renamed into place has its bytes on the disk;
  its folder is fsynced before the thread commits anything else, and so are those that were made;
  what was fsynced before has its name on the disk: a post never lasts longer than its record;
  DuckDB's data is on the disk before the header that points to it, and both before its log goes.
What is derived may be lost and is made again: ``DERIVED`` names it with the reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatch

from scripts.faults.disk import Disk
from scripts.faults.journal import Call, Op

DERIVED = {
    "site/*": "pages made of the store: a build makes again what is missing, empty or torn",
    "search.sqlite*": "an index made of the store: SQLite keeps it whole by its own journal",
}
DATABASE = "digest.duckdb"
_HEADERS_END = 3 * 4096
"""DuckDB's file begins with three headers of 4096 bytes; the two newest take turns."""


@dataclass
class Trace:
    """What was found. ``commits``: by kind; ``faults``: what is not as it must be."""

    commits: Counter[str] = field(default_factory=Counter)
    excepted: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def examine(calls: Sequence[Call]) -> Trace:
    """All rules over all calls."""
    disk, trace = Disk(), Trace()
    waiting: dict[int, str] = {}  # thread -> what it renamed and whose folder it owes an fsync
    for call in calls:
        reason = derived(call.target or call.path)
        if reason:
            trace.excepted[reason] += call.op is Op.RENAME
        else:
            _owed(call, disk, trace, waiting)
            _ordered(call, disk, trace)
        disk.take(call)
        if call.op is Op.SYNC and not reason:
            _settled(call, disk, trace, waiting)
    trace.faults += [f"{name}: its folder was never fsynced" for name in waiting.values()]
    trace.faults += [
        f"{name}: its name is not on the disk at the end"
        for name, node in disk.names.items()
        if not disk.is_safe(name) and not derived(name) and (node.now or node.folder)
    ]
    return trace


def derived(name: str) -> str:
    """The pattern under which a file need not be safe, or nothing."""
    return next((each for each in DERIVED if fnmatch(name, each)), "")


def _owed(call: Call, disk: Disk, trace: Trace, waiting: dict[int, str]) -> None:
    """At a commit: is the one before complete, and what this one relies on safe?"""
    if call.op is not Op.RENAME:
        return
    if call.thread in waiting:
        trace.faults.append(f"{waiting[call.thread]}: its folder was not fsynced before the next")
    if disk.names[call.path].pending:
        trace.faults.append(f"{call.target}: renamed before its bytes were fsynced")
    for name, node in disk.names.items():
        relied_on = name.startswith(DATABASE) and node.safe
        if relied_on and not disk.is_safe(name):
            trace.faults.append(f"{call.target}: renamed while the name of {name} was not safe")
    waiting[call.thread] = call.target
    trace.commits["files renamed into place"] += 1


def _ordered(call: Call, disk: Disk, trace: Trace) -> None:
    """DuckDB's own order."""
    if call.op is Op.WRITE and call.path == DATABASE and call.offset < _HEADERS_END:
        node = disk.node(call)
        early = [each for each in node.pending if each.offset >= _HEADERS_END] if node else []
        if early:
            trace.faults.append("the database's header was written before its data was fsynced")
        trace.commits["checkpoints of the database"] += 1
    if call.op is Op.UNLINK and call.path == f"{DATABASE}.wal":
        if any(each.op is Op.WRITE for each in disk.names[DATABASE].pending):
            trace.faults.append("the database's log was removed before its file was fsynced")
        trace.commits["logs of the database removed"] += 1


def _settled(call: Call, disk: Disk, trace: Trace, waiting: dict[int, str]) -> None:
    """After an fsync: of a log it is a commit; of a folder it completes one."""
    if call.path == f"{DATABASE}.wal":
        trace.commits["transactions of the database"] += 1
    name = waiting.get(call.thread)
    if name is None or call.path != name.rpartition("/")[0]:
        return
    if disk.is_safe(name):
        del waiting[call.thread]
        return
    trace.faults.append(f"{name}: the name of a folder above it is not on the disk")
    del waiting[call.thread]
