"""A small real mail server on 127.0.0.1 that says what a test wants. Mark its tests loopback."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
from dataclasses import dataclass, field


@dataclass
class MailServer:
    """Takes mail; a context manager.

    ``refused``: recipients it does not know. ``hangs``: it takes the connection and says nothing.
    ``starttls``: what it offers and how; ``password``: what a login must have. ``goodbye``: its
    answer to QUIT.
    """

    refused: tuple[str, ...] = ()
    hangs: bool = False
    starttls: ssl.SSLContext | None = None
    password: str = ""
    goodbye: str = "221 bye"
    mails: list[tuple[list[str], bytes]] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Session)
        self._server.owner = self
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> MailServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    owner: MailServer

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of some tests."""


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        owner = self.server.owner
        if owner.hangs:
            owner.closing.wait()
            return
        self.encrypted, self.to = False, []
        self.say("220 mail.lab")
        while line := self.rfile.readline():
            word, _, rest = line.decode().strip().partition(" ")
            if not self.answer(word.upper(), rest):
                return

    def answer(self, word: str, rest: str) -> bool:
        """Answer one command; False after the last."""
        owner = self.server.owner
        if word == "EHLO":
            offers = ["AUTH PLAIN"] if owner.password else []
            offers += ["STARTTLS"] if owner.starttls is not None and not self.encrypted else []
            self.say(*[f"250-{offer}" for offer in ["mail.lab", *offers]], "250 8BITMIME")
        elif word == "STARTTLS":
            self.encrypt(owner.starttls)
        elif word == "AUTH":
            given = base64.b64decode(rest.split()[-1]).decode().split("\0")[-1]
            self.say("235 welcome" if given == owner.password else "535 wrong password")
        elif word == "RCPT":
            self.recipient(rest.partition("<")[2].partition(">")[0])
        elif word == "DATA":
            self.take()
        elif word == "QUIT":
            self.say(owner.goodbye)
        else:
            self.say("250 ok")
        return word != "QUIT"

    def encrypt(self, context: ssl.SSLContext | None) -> None:
        assert context is not None
        self.say("220 go on")
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        self.encrypted = True

    def finish(self) -> None:
        super().finish()
        self.connection.close()  # the one inside TLS is not the server's to close

    def recipient(self, address: str) -> None:
        if address in self.server.owner.refused:
            self.say("550 no such user here")
            return
        self.to.append(address)
        self.say("250 ok")

    def take(self) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line)
        self.server.owner.mails.append((self.to, b"".join(lines)))
        self.server.owner.encrypted.append(self.encrypted)
        self.say("250 taken")

    def say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())
        self.wfile.flush()
