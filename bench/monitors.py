# SPDX-License-Identifier: GPL-2.0-or-later
"""The two sides: how each monitor is asked for the same guest, and what its own memory is.

The card is given without its ROM to both, so that no card's BIOS is in the time. RAM is in
megabytes. The names of the mappings are those of /proc/PID/smaps.
"""
import dataclasses
import pathlib
import re


@dataclasses.dataclass(frozen=True)
class Guest:
    """What both monitors start."""

    memory: int
    card: str          # PCI address on the host; empty: none
    kernel: str
    initrd: str
    append: str


class Tenon:
    ram = "/memfd:tenon-ram"

    def __init__(self, program, first):
        self.program = program
        self.first = first        # images.kernel()

    def base(self, memory, card):
        device = ["--device", f"{card},rom=off"] if card else []
        return [self.program, "run", "--memory", f"{memory}M", *device]

    def first_instruction(self, memory, card):
        return [*self.base(memory, card), "--kernel", self.first]

    def linux(self, guest):
        return [*self.base(guest.memory, guest.card), "--kernel", guest.kernel,
                "--initrd", guest.initrd, "--append", guest.append]


class Qemu:
    ram = "/memfd:memory-backend-memfd"
    # The bits that a nested guest of the lab has, and no ticks made up for (lab/README.md).
    CPU = ["-cpu", "host,host-phys-bits-limit=40", "-global", "kvm-pit.lost_tick_policy=discard"]

    def __init__(self, program, first):
        self.program = program
        self.first = first        # images.rom()

    def base(self, memory, card):
        device = ["-device", f"vfio-pci,host={card},rombar=0"] if card else []
        return [self.program, "-enable-kvm", "-M", "q35,memory-backend=ram", "-m", str(memory),
                "-object", f"memory-backend-memfd,id=ram,size={memory}M", *self.CPU,
                "-nodefaults", "-no-user-config", "-vga", "none", "-display", "none",
                "-serial", "stdio", *device]

    def first_instruction(self, memory, card):
        return [*self.base(memory, card), "-bios", self.first]

    def linux(self, guest):
        return [*self.base(guest.memory, guest.card), "-kernel", guest.kernel,
                "-initrd", guest.initrd, "-append", guest.append]


def resident(pid, ram):
    """MiB that the process has in memory, without the mappings of guest RAM."""
    total, counted, found = 0, True, False
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            counted = ram not in line
            found |= not counted
        elif counted and line.startswith("Rss:"):
            total += int(line.split()[1])
    if not found:
        raise RuntimeError(f"process {pid} has no mapping {ram}: guest RAM cannot be told apart")
    return total / 1024
