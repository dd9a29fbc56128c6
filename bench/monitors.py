# SPDX-License-Identifier: GPL-2.0-or-later
"""The two sides: how each monitor is asked for the same guest, and what its own memory is.

RAM is in MiB, and of the kind that the monitor takes by itself. The card is given without its ROM
to both, so that no card's BIOS is in the time.
"""
import dataclasses
import pathlib
import re
import shlex


# OVMF that keeps its variables by SMM, and a store with keys.
SECURE_CODE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
SECURE_VARS = "/usr/share/OVMF/OVMF_VARS_4M.ms.fd"
TAP = "bench0"  # made by the figure that needs it


@dataclasses.dataclass(frozen=True)
class Guest:
    """What both monitors start."""

    memory: int
    cards: tuple = ()  # PCI addresses on the host
    vga: bool = False  # legacy VGA is the first card's


class Tenon:
    maps_first = False  # the guest runs before all of its memory is mapped

    def __init__(self, files):
        self.files = files

    def base(self, guest):
        devices = [word for n, card in enumerate(guest.cards) for word in
                   ("--device", card + (",vga=on" if guest.vga and not n else ",rom=off"))]
        return [self.files["tenon"], "run", "--memory", f"{guest.memory}M", *devices]

    def program(self, name, guest):
        return [*self.base(guest), "--kernel", self.files[f"{name}-kernel"]]

    def linux(self, guest, append):
        return [*self.base(guest), "--kernel", self.files["kernel"],
                "--initrd", self.files["initrd"], "--append", append]

    def disk(self, guest, image, append, bus):
        return [*self.base(guest), "--disk", f"{image},bus={bus}", "--kernel", self.files["kernel"],
                "--initrd", self.files["disk-initrd"], "--append", append]

    def cdrom(self, guest, image):
        return [*self.base(guest), "--firmware", "bios", "--cdrom", image]

    def network(self, guest, kind, append):
        net = {"user": "user,by=slirp", "tap": f"tap={TAP}"}[kind]
        return [*self.linux(guest, append), "--initrd", self.files["net-initrd"], "--net", net]

    def bios(self, guest):
        return [*self.base(guest), "--firmware", "bios"]

    def uefi(self, guest, store):
        return [*self.base(guest), "--firmware", "uefi", "--firmware-code",
                self.files["firmware-code"], "--firmware-vars", store]

    def secure_boot(self, guest, store):
        return [*self.base(guest), "--secure-boot", "on", "--firmware-code", SECURE_CODE,
                "--firmware-vars", store]

    def installed(self, guest, store, image):
        return [*self.uefi(guest, store), "--disk", image]


class Qemu:
    maps_first = True
    # The bits that a nested guest of the lab has, and no ticks made up for (lab/README.md).
    CPU = ["-cpu", "host,host-phys-bits-limit=40", "-global", "kvm-pit.lost_tick_policy=discard"]

    def __init__(self, files):
        self.files = files

    def base(self, guest):
        devices = [word for n, card in enumerate(guest.cards) for word in
                   ("-device", f"vfio-pci,host={card}"
                    + (",x-vga=on" if guest.vga and not n else ",rombar=0"))]
        return [self.files["qemu"], "-enable-kvm", "-M", "q35", "-m", str(guest.memory), *self.CPU,
                "-nodefaults", "-no-user-config", "-vga", "none", "-display", "none",
                "-serial", "stdio", *devices]

    def program(self, name, guest):
        return [*self.base(guest), "-bios", self.files[f"{name}-rom"]]

    def linux(self, guest, append):
        return [*self.base(guest), "-kernel", self.files["kernel"],
                "-initrd", self.files["initrd"], "-append", append]

    # Only the first can have an I/O thread.
    DISKS = {"virtio": ["-object", "iothread,id=thread",
                        "-device", "virtio-blk-pci,drive=disk,iothread=thread"],
             "nvme": ["-device", "nvme,drive=disk,serial=1"],
             "sata": ["-device", "ide-hd,drive=disk,bus=ide.0"]}

    def disk_on(self, bus, image):
        return ["-drive", f"if=none,id=disk,format=raw,aio=io_uring,file={image}",
                *self.DISKS[bus]]

    def cdrom(self, guest, image):
        return [*self.base(guest), "-cdrom", image]

    def disk(self, guest, image, append, bus):
        return [*self.base(guest), *self.disk_on(bus, image),
                "-kernel", self.files["kernel"], "-initrd", self.files["disk-initrd"],
                "-append", append]

    def network(self, guest, kind, append):
        net = {"user": "user", "tap": f"tap,ifname={TAP},script=no,downscript=no,vhost=on"}[kind]
        return [*self.linux(guest, append), "-initrd", self.files["net-initrd"],
                "-netdev", f"{net},id=net", "-device", "virtio-net-pci,netdev=net,romfile="]

    def bios(self, guest):
        return self.base(guest)

    def uefi(self, guest, store):
        return [*self.base(guest), "-drive",
                f"if=pflash,format=raw,readonly=on,file={self.files['firmware-code']}",
                "-drive", f"if=pflash,format=raw,file={store}"]

    def secure_boot(self, guest, store):
        return [*self.base(guest), "-machine", "smm=on",
                "-global", "driver=cfi.pflash01,property=secure,value=on", "-drive",
                f"if=pflash,format=raw,readonly=on,file={SECURE_CODE}",
                "-drive", f"if=pflash,format=raw,file={store}"]

    def installed(self, guest, store, image):
        return [*self.uefi(guest, store), *self.disk_on("virtio", image)]


def together(commands):
    """One command that starts all of them at once; what they print comes out as one."""
    starts = "".join(f"{shlex.join(map(str, argv))} <&3 & " for argv in commands)
    return ["sh", "-c", f"exec 3<&0; {starts} wait"]


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
