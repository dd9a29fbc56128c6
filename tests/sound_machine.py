# SPDX-License-Identifier: GPL-2.0-or-later
"""A machine's side of its sound, without a machine: starts `tenon sound-server` and passes samples
to it and from it through memory as src/vm/sound/ring.h says, as fast as a guest does."""
import array
import fcntl
import mmap
import os
import socket
import struct
import subprocess
import time

RATE = 48000
FRAMES = 65536  # of a ring
HEAD = 128
RING = HEAD + 4 * FRAMES
WRITTEN, TAKEN, RUNS = 0, 64, 72
FIRST = 3  # the first of the descriptors that the process gets


class Machine:
    """What the process printed is in the file said."""

    def __init__(self, program, kind, directory, said, output=os.devnull, heard=None, offset=0,
                 size=0, most=0):
        self.file = os.memfd_create("sound")
        os.ftruncate(self.file, 2 * RING)
        self.memory = mmap.mmap(self.file, 2 * RING)
        self.link, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with open(output, "wb") as out, open(heard or os.devnull, "rb") as into, open(said, "wb") as log:
            # Where they do not take each other's place.
            high = [fcntl.fcntl(f, fcntl.F_DUPFD, 100) for f in (theirs, self.file, out, into)]

            def place():
                for n, fd in enumerate(high):
                    os.dup2(fd, FIRST + n)

            self.process = subprocess.Popen(
                [program, "sound-server", kind, str(directory), str(most), str(offset), str(size)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=place,
                pass_fds=tuple(range(FIRST, FIRST + len(high))))
            for fd in high:
                os.close(fd)
        theirs.close()
        self.link.settimeout(20)
        assert self.link.recv(1), "the process has ended"
        self.played = self.recorded = 0

    def run(self, plays=False, records=False):
        for ring, runs in ((0, plays), (RING, records)):
            struct.pack_into("<I", self.memory, ring + RUNS, runs)
        self.link.send(b"\0")

    def play(self, data):
        """Writes these frames, at the pace of the clock."""
        begin, done, total = time.monotonic(), 0, len(data) // 4
        while done < total:
            due = min(int((time.monotonic() - begin) * RATE), total)
            while done < due:
                place = self.played % FRAMES
                part = min(due - done, FRAMES - place)
                at = HEAD + 4 * place
                self.memory[at:at + 4 * part] = data[4 * done:4 * (done + part)]
                done, self.played = done + part, self.played + part
            struct.pack_into("<Q", self.memory, WRITTEN, self.played)
            time.sleep(0.002)

    def record(self, seconds):
        """What there is to hear in this time; a gap is silence."""
        begin, done, heard = time.monotonic(), 0, array.array("I")
        total = int(seconds * RATE)
        while done < total:
            due = min(int((time.monotonic() - begin) * RATE), total) - done
            fill = struct.unpack_from("<Q", self.memory, RING + WRITTEN)[0] - self.recorded
            part = min(due, fill)
            for n in range(part):
                place = (self.recorded + n) % FRAMES
                heard.append(struct.unpack_from("<I", self.memory, RING + HEAD + 4 * place)[0])
            heard.extend([0] * (due - part))
            self.recorded += part
            struct.pack_into("<Q", self.memory, RING + TAKEN, self.recorded)
            done += due
            time.sleep(0.005)
        return heard

    def end(self):
        """Ends the machine; returns the status of the process."""
        self.link.close()
        status = self.process.wait(10)
        self.memory.close()
        os.close(self.file)
        return status
