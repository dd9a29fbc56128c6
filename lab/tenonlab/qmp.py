# SPDX-License-Identifier: GPL-2.0-or-later
"""QMP over a connected socket. Sends one command at a time; may be called from several threads."""
import json
import threading

from .errors import LabError


class Qmp:
    def __init__(self, sock):
        sock.settimeout(60)
        self.sock = sock
        self.file = sock.makefile("rwb")
        self.lock = threading.Lock()
        self.greeted = False

    def reply(self):
        while True:
            line = self.file.readline()
            if not line:
                raise LabError("QEMU closed its control socket")
            message = json.loads(line)
            if "event" not in message:
                return message

    def send(self, name, arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}).encode() + b"\n")
        self.file.flush()
        answer = self.reply()
        if "error" in answer:
            raise LabError(answer["error"]["desc"])
        return answer["return"]

    def call(self, name, **arguments):
        with self.lock:
            try:
                if not self.greeted:
                    self.reply()
                    self.send("qmp_capabilities", {})
                    self.greeted = True
                return self.send(name, arguments)
            except (OSError, ValueError) as e:
                raise LabError(f"QEMU does not answer to {name}: {e}") from e
