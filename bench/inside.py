#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Takes the samples that need the lab's host; bench starts it there.

    inside.py FILES SAMPLES RUNS HOST NAME...

FILES is a JSON of paths, SAMPLES the file that the result is added to, pair by pair; HOST the
memory of this host: figures that want another are not for now. The sides take turns, so that what else the machine does meets both alike.
"""
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import figures
from monitors import Guest, Qemu, Tenon

CARD = "virtio"
# Those that are alone in their group, and those that share one with another that is not given.
LONE = [CARD, "vga", "bochs", "edu", "nvme", "dual", "shared0"]
OTHERS = ["dual-audio", "shared1"]
LIMIT = 140     # seconds for one start


@dataclasses.dataclass
class Started:
    pid: int
    ms: float
    first_ms: float


class Side:
    """One monitor, and everything that it is measured with."""

    def __init__(self, monitor, files, cards):
        self.monitor = monitor
        self.files = files
        self.cards = cards        # name -> PCI address
        self.card = cards[CARD]

    def program(self, name, memory):
        return self.monitor.program(name, Guest(memory, (self.card,)))

    def lone_cards(self):
        return [self.cards[name] for name in LONE]

    def some_cards(self, count):
        return tuple([*self.lone_cards(), self.cards["dual-audio"]][:count])

    @contextlib.contextmanager
    def started(self, text, argv):
        """The monitor is up and text has come; it is killed at the end."""
        clock = subprocess.Popen([self.files["clock"], text, *argv], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True)
        signal.alarm(LIMIT)
        try:
            answer = clock.stdout.readline().split()
            if not answer:
                raise RuntimeError(f"{argv[0]} ended before '{text}' came: {' '.join(argv)}")
            yield Started(int(answer[0]), int(answer[1]) / 1e6, int(answer[2]) / 1e6)
        finally:
            signal.alarm(0)
            clock.stdin.close()
            clock.wait()

    def said(self, argv):
        """What the guest has printed until it switched itself off."""
        try:
            return subprocess.run(argv, check=True, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, text=True, errors="replace",
                                  timeout=LIMIT).stdout
        except subprocess.SubprocessError as e:
            print(f"{e}; the guest has said: {(e.stdout or b'')[-2000:]}", flush=True)
            raise

    def screen(self, card, text, argv):
        """ms from exec until the text is on the card's screen, which is read outside meanwhile."""
        start = time.monotonic()
        with open(os.devnull, "r+", encoding="ascii") as null:
            monitor = subprocess.Popen(argv, stdin=null, stdout=null)
        signal.alarm(LIMIT)
        try:
            # What an earlier guest has left there has to go first.
            for count in ("0", "1"):
                subprocess.run(["lab-wait", "-p", str(monitor.pid), "-t", str(LIMIT), "-n", count,
                                "-c", card, re.escape(text)], stdout=subprocess.DEVNULL, check=True)
            return 1000 * (time.monotonic() - start)
        finally:
            signal.alarm(0)
            monitor.kill()
            monitor.wait()


def bind(tenon):
    """Name -> PCI address of the cards, which are vfio-pci's then."""
    cards = {name: subprocess.run(["lab-card", name], check=True, stdout=subprocess.PIPE,
                                  text=True).stdout.strip() for name in LONE + OTHERS}
    subprocess.run(["modprobe", "-a", "vfio-pci", "kvm_amd"], check=False)
    for name in LONE:
        # Forced, because the lab's root is no disk that a disk could be told from.
        subprocess.run([tenon, "bind", "--force", cards[name]], check=True,
                       stdout=subprocess.DEVNULL)
    return cards


def take(sample, sides, runs, samples, keep):
    """What is missing of runs samples of each side. One more than that is taken: the first fills
    the page cache and is not counted."""
    done = min(len(samples.get(figure, {}).get(name, []))
               for figure in sample.units for name in sides)
    for run in range(done, runs + 1 if done < runs else done):
        pair = []
        for name, side in sides.items():
            for figure, value in sample(side).items():
                pair.append((figure, name, value))
                print(f"{figure} {name} {value:.2f} {sample.units[figure]}"
                      f"{'' if run > done else ' (not counted)'}", flush=True)
        if run > done:
            for figure, name, value in pair:
                samples.setdefault(figure, {}).setdefault(name, []).append(value)
        keep()


def main():
    files = json.loads(pathlib.Path(sys.argv[1]).read_text())
    runs, host, names = int(sys.argv[3]), int(sys.argv[4]), set(sys.argv[5:])
    cards = bind(files["tenon"])
    sides = {}
    for name, monitor in ("tenon", Tenon), ("peer", Qemu):
        sides[name] = Side(monitor(files), files, cards)
    kept = pathlib.Path(sys.argv[2])
    samples = json.loads(kept.read_text()) if kept.exists() else {}
    for sample in figures.LAB:
        if names & set(sample.units) and sample.host == host:
            take(sample, sides, runs, samples, lambda: kept.write_text(json.dumps(samples)))


if __name__ == "__main__":
    main()
