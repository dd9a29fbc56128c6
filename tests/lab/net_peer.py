# SPDX-License-Identifier: GPL-2.0-or-later
"""net_peer.py DIRECTORY: what guests of the network tests talk to on the lab's host. A stream of
random bytes (port 7001), a sink that confirms (7002) and a name server (53) that knows one address.
DIRECTORY/peer.sent and peer.taken get the SHA-256 of each transfer, a line each."""
import hashlib
import os
import pathlib
import socket
import socketserver
import sys
import threading

CHUNK = 1 << 16
SENT = int(os.environ.get("MIB", "4")) << 20
DIRECTORY = pathlib.Path(sys.argv[1])


def note(name, digest):
    with open(DIRECTORY / name, "a", encoding="ascii") as f:
        f.write(digest.hexdigest() + "\n")


class Source(socketserver.BaseRequestHandler):
    def handle(self):
        digest, chunk = hashlib.sha256(), os.urandom(CHUNK)
        for n in range(SENT // CHUNK):
            data = n.to_bytes(8, "little") + chunk[8:]
            digest.update(data)
            self.request.sendall(data)
        note("peer.sent", digest)


class Sink(socketserver.BaseRequestHandler):
    def handle(self):
        digest = hashlib.sha256()
        while data := self.request.recv(CHUNK):
            digest.update(data)
        note("peer.taken", digest)
        self.request.sendall(b"done\n")


def serve_names():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", 53))
    while True:
        query, peer = server.recvfrom(512)
        if len(query) < 12:
            continue
        # The question comes back with one answer, whatever its name.
        answer = bytes.fromhex("c00c 0001 0001 0000003c 0004 c6336407")
        question = query[12:query.index(b"\0", 12) + 5]
        server.sendto(query[:2] + bytes.fromhex("8180 0001 0001 0000 0000") + question + answer,
                      peer)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


for port, handler in ((7001, Source), (7002, Sink)):
    threading.Thread(target=Server(("0.0.0.0", port), handler).serve_forever).start()
threading.Thread(target=serve_names).start()
(DIRECTORY / "peer.ready").write_text("")
