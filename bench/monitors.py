# SPDX-License-Identifier: GPL-2.0-or-later
"""The two sides: how each monitor is asked for the same guest, and what its own memory is.

RAM is in MiB, and of the kind that the monitor takes by itself. The card is given without its ROM
to both, so that no card's BIOS is in the time.
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
    def __init__(self, program, first):
        self.program = program
        self.first = first        # images.kernel()

    def base(self, memory, card):
        device = ["--device", f"{card},rom=off"] if card else []
        return [self.program, "run", "--memory", f"{memory}M", *device]

    def first_instruction(self, memory, card):
        return [*self.base(memory, card), "--kernel", self.first]

    def bios(self, memory):
        return [*self.base(memory, ""), "--firmware", "bios"]

    def uefi(self, memory, card, code, store):
        return [*self.base(memory, card), "--firmware", "uefi", "--firmware-code", code,
                "--firmware-vars", store]

    def linux(self, guest):
        return [*self.base(guest.memory, guest.card), "--kernel", guest.kernel,
                "--initrd", guest.initrd, "--append", guest.append]


class Qemu:
    # The bits that a nested guest of the lab has, and no ticks made up for (lab/README.md).
    CPU = ["-cpu", "host,host-phys-bits-limit=40", "-global", "kvm-pit.lost_tick_policy=discard"]

    def __init__(self, program, first):
        self.program = program
        self.first = first        # images.rom()

    def base(self, memory, card):
        device = ["-device", f"vfio-pci,host={card},rombar=0"] if card else []
        return [self.program, "-enable-kvm", "-M", "q35", "-m", str(memory), *self.CPU,
                "-nodefaults", "-no-user-config", "-vga", "none", "-display", "none",
                "-serial", "stdio", *device]

    def first_instruction(self, memory, card):
        return [*self.base(memory, card), "-bios", self.first]

    def bios(self, memory):
        # So that its texts go to the serial port.
        return [*self.base(memory, ""), "-machine", "graphics=off"]

    def uefi(self, memory, card, code, store):
        return [*self.base(memory, card),
                "-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                "-drive", f"if=pflash,format=raw,file={store}"]

    def linux(self, guest):
        return [*self.base(guest.memory, guest.card), "-kernel", guest.kernel,
                "-initrd", guest.initrd, "-append", guest.append]


def resident(pid, memory):
    """MiB that the process has in memory, without guest RAM: the mapping of a memfd, or of
    nothing, that has exactly its size."""
    total, found, counted = 0, 0, True
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        header = re.match(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)", line)
        if header:
            size = int(header[2], 16) - int(header[1], 16)
            counted = size != memory << 20 or not re.match(r"(/memfd:.*)?$", header[3])
            found += not counted
        elif counted and line.startswith("Rss:"):
            total += int(line.split()[1])
    if found != 1:
        raise RuntimeError(f"process {pid} has {found} mappings of {memory} MiB: "
                           "guest RAM cannot be told apart")
    return total / 1024
