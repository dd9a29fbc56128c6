#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes the samples that need the lab's host; bench starts it there.

    inside.py FILES SAMPLES RUNS NAME...

FILES is a JSON of paths, SAMPLES the file that the result is added to, pair by pair. The sides take
turns, so that what else the machine does meets both alike.
"""
import contextlib
import dataclasses
import json
import pathlib
import signal
import subprocess
import sys

import figures
from monitors import Qemu, Tenon

CARD = "virtio"
LIMIT = 90      # seconds for one start


@dataclasses.dataclass
class Started:
    pid: int
    ms: float


class Side:
    """One monitor, and everything that it is measured with."""

    def __init__(self, monitor, files, card):
        self.monitor = monitor
        self.clock = files["clock"]
        self.kernel = files["kernel"]
        self.initrd = files["initrd"]
        self.firmware = files["firmware-code"], files["firmware-vars"]
        self.card = card

    @contextlib.contextmanager
    def started(self, text, argv):
        """The monitor is up and text has come; it is killed at the end."""
        clock = subprocess.Popen([self.clock, text, *argv], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True)
        signal.alarm(LIMIT)
        try:
            answer = clock.stdout.readline().split()
            if not answer:
                raise RuntimeError(f"{argv[0]} ended before '{text}' came: {' '.join(argv)}")
            yield Started(int(answer[0]), int(answer[1]) / 1e6)
        finally:
            signal.alarm(0)
            clock.stdin.close()
            clock.wait()


def bind(tenon):
    """The card's PCI address; it is vfio-pci's then."""
    card = subprocess.run(["lab-card", CARD], check=True, stdout=subprocess.PIPE,
                          text=True).stdout.strip()
    subprocess.run(["modprobe", "-a", "vfio-pci", "kvm_amd"], check=False)
    subprocess.run([tenon, "bind", card], check=True, stdout=subprocess.DEVNULL)
    return card


def take(sample, sides, runs, samples, keep):
    """What is missing of runs samples of each side. One more than that is taken: the first fills
    the page cache and is not counted."""
    done = min(len(samples.get(figure, {}).get(name, []))
               for figure in sample.units for name in sides)
    for run in range(done, runs + 1 if done < runs else done):
        pair = [(name, sample(side)) for name, side in sides.items()]
        for name, values in pair:
            for figure, value in values.items():
                print(f"{figure} {name} {value:.2f} {sample.units[figure]}"
                      f"{'' if run > done else ' (not counted)'}", flush=True)
                if run > done:
                    samples.setdefault(figure, {}).setdefault(name, []).append(value)
        keep()


def main():
    files = json.loads(pathlib.Path(sys.argv[1]).read_text())
    runs, names = int(sys.argv[3]), set(sys.argv[4:])
    card = bind(files["tenon"])
    sides = {"tenon": Side(Tenon(files["tenon"], files["first-kernel"]), files, card),
             "peer": Side(Qemu(files["qemu"], files["first-rom"]), files, card)}
    kept = pathlib.Path(sys.argv[2])
    samples = json.loads(kept.read_text()) if kept.exists() else {}
    for sample in figures.LAB:
        if names & set(sample.units):
            take(sample, sides, runs, samples, lambda: kept.write_text(json.dumps(samples)))


if __name__ == "__main__":
    main()
