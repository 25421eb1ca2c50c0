"""The reader of traces: what counts as an attempt to reach something, and what may be reached."""

from scripts.faults.connects import Attempt, attempts, summary

LOG = """\
71 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_IP) = 5
71 connect(5, {sa_family=AF_INET, sin_port=htons(8080), sin_addr=inet_addr("127.0.0.1")}, 16) = 0
71 sendto(5, ""..., 180, 0, NULL, 0) = 180
72 connect(7, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("192.0.2.53")}, 16) = -1 \
ENETUNREACH (Network is unreachable)
[pid    73] connect(3, {sa_family=AF_INET6, sin6_port=htons(443), sin6_flowinfo=htonl(0), \
inet_pton(AF_INET6, "2001:db8::1", &sin6_addr), sin6_scope_id=0}, 28 <unfinished ...>
73 <... connect resumed>) = -1 ENETUNREACH (Network is unreachable)
74 sendto(4, ""..., 40, MSG_NOSIGNAL, {sa_family=AF_INET, sin_port=htons(53), \
sin_addr=inet_addr("192.0.2.1")}, 16) = 40
75 sendmmsg(3, [{msg_hdr={msg_name={sa_family=AF_INET, sin_port=htons(123), \
sin_addr=inet_addr("192.0.2.9")}, msg_namelen=16}}], 1, MSG_NOSIGNAL) = 1
76 connect(6, {sa_family=AF_UNIX, sun_path="/tmp/pymp-ab1c/listener-x_y"}, 110) = 0
77 connect(6, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file)
78 bind(3, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0
79 socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL)) = 3
80 +++ exited with 0 +++
""".splitlines()


def test_every_attempt_counts_whether_it_succeeded_or_not() -> None:
    assert attempts(LOG) == [
        Attempt("connect", "127.0.0.1:8080", local=False),
        Attempt("connect", "192.0.2.53:53", local=False),
        Attempt("connect", "[2001:db8::1]:443", local=False),
        Attempt("sendto", "192.0.2.1:53", local=False),
        Attempt("sendmmsg", "192.0.2.9:123", local=False),
        Attempt("connect", 'unix "/tmp/pymp-ab1c/listener-x_y"', local=True),
        Attempt("connect", 'unix "/var/run/nscd/socket"', local=False),
        Attempt("bind", "AF_NETLINK", local=True),
        Attempt("socket", "AF_PACKET", local=False),
    ]


def test_only_the_named_port_of_loopback_and_what_stays_on_the_machine_is_allowed() -> None:
    told = summary(attempts(LOG), [8080])
    assert told.allowed == {
        ("connect", "127.0.0.1:8080"): 1,
        ("connect", 'unix "/tmp/*/*"'): 1,
        ("bind", "AF_NETLINK"): 1,
    }
    assert told.foreign.total() == 6
    assert ("connect", "127.0.0.1:8080") in summary(attempts(LOG), [8081]).foreign
