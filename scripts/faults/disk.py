"""A disk with a power switch: what of a journal's calls has reached it, and what may be lost.

After POSIX: data is safe once its file was fsynced, a name once its folder was. What was not may
be there after a power cut or not: of changed names the first few, in their order, as file systems
with a journal do it; of writes to a file any, the last of them perhaps in part.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from scripts.faults.journal import Call, Op

_SECTOR_BYTES = 512


@dataclass(slots=True)
class Node:
    """A file or folder. ``safe``: its bytes on the disk; ``pending``: writes since."""

    folder: bool = False
    now: bytearray = field(default_factory=bytearray)
    safe: bytes = b""
    pending: list[Call] = field(default_factory=list)


Names = dict[str, Node]
"""Path below the home -> what is there."""


class Disk:
    """Takes calls one after another.

    Attributes:
        names: As processes see them.
        safe_names: On the disk for sure.
        unsafe: Changes of names since, in their order.
    """

    def __init__(self) -> None:
        self.names: Names = {}
        self.safe_names: Names = {}
        self.unsafe: list[tuple[Call, Node]] = []
        self._by_inode: dict[int, Node] = {}

    def take(self, call: Call) -> None:
        """One call more."""
        if call.op in (Op.CREATE, Op.MKDIR):
            node = Node(folder=call.op is Op.MKDIR)
            if call.op is Op.CREATE:
                self._by_inode[call.inode] = node
            self._name(call, node)
        elif call.op in (Op.RENAME, Op.UNLINK, Op.RMDIR):
            self._name(call, self.names[call.path])
        elif call.op is Op.SYNC:
            self._sync(call)
        elif call.op is Op.SYNC_ALL:
            for node in self.names.values():
                node.safe, node.pending = bytes(node.now), []
            self.safe_names, self.unsafe = dict(self.names), []
        else:
            node = self._by_inode[call.inode]
            _change(node.now, call)
            node.pending.append(call)

    def node(self, call: Call) -> Node | None:
        """The file that a call by its descriptor is about; None for a folder."""
        return self._by_inode.get(call.inode)

    def is_safe(self, path: str) -> bool:
        """Whether a name, and those of the folders above it, will be there after a power cut."""
        above = [str(each) for each in PurePosixPath(path).parents if str(each) != "."]
        return all(self.safe_names.get(each) is self.names[each] for each in [path, *above])

    def after_power_cut(self, chance: random.Random) -> dict[str, bytes | None]:
        """What the home may hold now: path -> bytes, None for a folder."""
        names = dict(self.safe_names)
        for call, node in self.unsafe[: chance.randint(0, len(self.unsafe))]:
            _rename(names, call, node)
        return {
            path: None if node.folder else _torn(node, chance)
            for path, node in sorted(names.items())
            if all(str(above) in names for above in PurePosixPath(path).parents if above.name)
        }

    def _name(self, call: Call, node: Node) -> None:
        if call.path:  # the home itself is there
            _rename(self.names, call, node)
            self.unsafe.append((call, node))

    def _sync(self, call: Call) -> None:
        node = self._by_inode.get(call.inode)
        if node is not None and self.names.get(call.path) is node:
            node.safe, node.pending = bytes(node.now), []
            return
        for change in [each for each in self.unsafe if _folder_of(each[0]) == call.path]:
            _rename(self.safe_names, *change)
            self.unsafe.remove(change)


def _folder_of(call: Call) -> str:
    parent = str(PurePosixPath(call.target or call.path).parent)
    return "" if parent == "." else parent


def _rename(names: Names, call: Call, node: Node) -> None:
    """Carry out a change of names."""
    if call.op in (Op.RENAME, Op.UNLINK, Op.RMDIR):
        names.pop(call.path, None)
    if call.op in (Op.CREATE, Op.MKDIR, Op.RENAME):
        names[call.target or call.path] = node


def _change(content: bytearray, call: Call) -> None:
    """Carry out a write or a truncation."""
    end = call.offset + len(call.data) if call.op is Op.WRITE else call.length
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    if call.op is Op.WRITE:
        content[call.offset : end] = call.data
    else:
        del content[end:]


def _torn(node: Node, chance: random.Random) -> bytes:
    """The safe bytes with some of the pending writes; the last may be there in part."""
    content = bytearray(node.safe)
    for call in node.pending:
        if chance.random() < 0.5:
            _change(content, call)
    if node.pending and node.pending[-1].op is Op.WRITE and chance.random() < 0.3:
        last = node.pending[-1]
        sectors = len(last.data) // _SECTOR_BYTES
        part = last.data[: chance.randint(0, sectors) * _SECTOR_BYTES]
        _change(content, replace(last, data=part, length=len(part)))
    return bytes(content)


def replayed(calls: Iterable[Call]) -> Disk:
    """A disk after all of the calls."""
    disk = Disk()
    for call in calls:
        disk.take(call)
    return disk


def write_state(state: dict[str, bytes | None], home: Path) -> None:
    """Make a home of what a power cut left."""
    home.mkdir()
    for name, content in state.items():
        if content is None:
            (home / name).mkdir()
        else:
            (home / name).write_bytes(content)
