"""What strace saw of sockets: every address that was connected to, sent to or bound.

An attempt counts whether it succeeded or not. Data that goes over a connected socket has no address
of its own; the connection has.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

CALLS = "socket,connect,bind,sendto,sendmsg,sendmmsg"
"""What strace is to trace. DNS is among them: a resolver connects or sends to port 53."""

_CALL = re.compile(
    r"^(?:\[pid\s+)?(?:\d+\]?\s+)?(socket|connect|bind|sendto|sendmsg|sendmmsg)\((.*)"
)
_INET = re.compile(r'sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\("([^"]+)"\)')
_INET6 = re.compile(
    r'sa_family=AF_INET6, sin6_port=htons\((\d+)\).*?inet_pton\(AF_INET6, "([^"]+)"'
)
_UNIX = re.compile(r'sa_family=AF_UNIX(?:, sun_path=(@?"[^"]*"))?')
_FAMILY = re.compile(r"sa_family=(AF_\w+|0x[0-9a-f]+)")
_SOCKET = re.compile(r"(AF_\w+|PF_\w+|0x[0-9a-f]+), ")
_LOCAL_FAMILIES = {"AF_UNIX", "AF_NETLINK", "AF_UNSPEC"}
"""Unix sockets, questions to the kernel, and the address that takes another one back."""
_SOCKET_FAMILIES = {"AF_UNIX", "AF_NETLINK", "AF_INET", "AF_INET6"}
_RESOLVERS = re.compile(r"nscd|[Rr]esolve|avahi|dbus")
"""Unix sockets of programs that ask the network on one's behalf."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One address in one call: ``where`` is ``HOST:PORT``, a path, or a family."""

    call: str
    where: str
    local: bool


def attempts(lines: Iterable[str]) -> list[Attempt]:
    """All of a log, in its order."""
    found = []
    for line in lines:
        match = _CALL.match(line)
        if match is not None:
            found += _of_call(match[1], match[2])
    return found


def _of_call(call: str, arguments: str) -> list[Attempt]:
    if call == "socket":
        family = _SOCKET.match(arguments)
        name = family[1] if family else arguments[:20]
        return [] if name in _SOCKET_FAMILIES else [Attempt(call, name, local=False)]
    found = [Attempt(call, f"{host}:{port}", False) for port, host in _INET.findall(arguments)]
    found += [Attempt(call, f"[{host}]:{port}", False) for port, host in _INET6.findall(arguments)]
    found += [_unix(call, path) for path in _UNIX.findall(arguments)]
    known = {"AF_INET", "AF_INET6", "AF_UNIX"}
    others = [name for name in _FAMILY.findall(arguments) if name not in known]
    return found + [Attempt(call, name, name in _LOCAL_FAMILIES) for name in others]


def _unix(call: str, path: str) -> Attempt:
    return Attempt(call, f"unix {path or 'unnamed'}", _RESOLVERS.search(path) is None)


@dataclass(frozen=True, slots=True)
class Summary:
    """``allowed`` and ``foreign``: call and address, with how often."""

    allowed: Counter[tuple[str, str]]
    foreign: Counter[tuple[str, str]]


def summary(found: Iterable[Attempt], ports: Iterable[int] = ()) -> Summary:
    """What went where. ``ports``: of loopback that may be reached; everything else is foreign."""
    own = {f"{host}:{port}" for host in ("127.0.0.1", "[::1]") for port in ports}
    allowed: Counter[tuple[str, str]] = Counter()
    foreign: Counter[tuple[str, str]] = Counter()
    for attempt in found:
        good = attempt.local or attempt.where in own
        (allowed if good else foreign)[attempt.call, _shown(attempt.where)] += 1
    return Summary(allowed, foreign)


def _shown(where: str) -> str:
    """Names that differ in every run are told as one."""
    return re.sub(r"(?<=/)(pymp|listener)-[\w.-]*", "*", where)
