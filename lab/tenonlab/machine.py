# SPDX-License-Identifier: GPL-2.0-or-later
"""The emulated host as QEMU's command line. lab/README.md gives the reasons for what looks odd."""
import os
import pathlib
import shutil

from .errors import LabError

QEMU = "qemu-system-x86_64"
# The kernel's timer check at boot counts ticks, which are late on a busy machine; it would panic.
KERNEL = "console=ttyS0 panic=-1 oops=panic no_timer_check"
# For each `iommu` of a topology: the device and the kernel's parameters.
IOMMUS = {
    "intel": ("intel-iommu,caching-mode=on,device-iotlb=on", "intel_iommu=on iommu=pt"),
    # It comes first, so it gets the first free slot of the root bus, 1.
    "amd": ("amd-iommu,device-iotlb=on", "iommu=pt"),
    "off": ("intel-iommu,caching-mode=on,device-iotlb=on", "intel_iommu=off"),
    "none": (None, ""),
}


def make_drive(drive, path):
    """Creates the file of a device's disk, in the directory that the run leaves."""
    with open(path, "wb") as f:
        if drive.content == "file":
            with open(drive.file, "rb") as source:
                shutil.copyfileobj(source, f)
        elif drive.content == "zero":
            f.truncate(drive.size)
        else:
            left = drive.size
            while left:
                left -= f.write(os.urandom(min(left, 1 << 20)))


def quote(value):
    """A value inside QEMU's comma-separated options."""
    return str(value).replace(",", ",,")


def drives(topology, out):
    arguments = []
    for card in topology.cards:
        if card.drive:
            path = pathlib.Path(out) / f"{card.id}.img"
            try:
                make_drive(card.drive, path)
            except OSError as e:
                raise LabError(f"cannot make the disk of '{card.id}': {path}: {e.strerror}") from e
            arguments += ["-drive", f"if=none,id={card.id}-drive,format=raw,cache=unsafe,"
                                    f"file={quote(path)}"]
    return arguments


def share(tag, path, function, readonly):
    return ["-fsdev", f"local,id={tag},path={quote(path)},security_model=none,multidevs=remap,"
                      f"readonly={'on' if readonly else 'off'}",
            "-device", f"virtio-9p-pci,fsdev={tag},mount_tag={tag},addr=1e.{function},"
                       f"multifunction={'on' if function == 0 else 'off'}"]


def port(name, fds, device):
    return ["-chardev", f"socket,id={name},fd={fds[name]}",
            "-device", f"{device},bus=ports.0,chardev={name}"]


def command(topology, *, memory, image, initrd, out, fds, shell):
    """QEMU's arguments. initrd is a path; fds names the connected sockets that QEMU inherits."""
    iommu, cmdline = IOMMUS[topology.iommu]
    intremap = f",intremap={'on' if topology.intremap else 'off'}"
    cmdline = [KERNEL, cmdline, topology.cmdline]
    output = "virtconsole,nr=0" if shell else "virtserialport,nr=2,name=lab.output"
    return [
        QEMU, "-accel", "tcg,thread=multi", "-machine", "q35,kernel-irqchip=split",
        "-cpu", "qemu64,family=25,model=1,+svm,+npt", "-smp", str(topology.cpus), "-m", str(memory),
        "-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
        "-chardev", f"socket,id=qmp,fd={fds['qmp']}", "-mon", "chardev=qmp,mode=control",
        "-chardev", f"file,id=console,path={quote(pathlib.Path(out) / 'lab-console.log')}",
        "-serial", "chardev:console",
        *(["-device", iommu + intremap] if iommu else []),
        *share("root", "/", 0, True), *share("out", out, 1, False),
        "-device", "virtio-serial-pci,id=ports,addr=1e.2",
        *port("control", fds, "virtserialport,nr=1,name=lab.control"),
        *port("output", fds, output),
        *port("size", fds, "virtserialport,nr=3,name=lab.size"),
        *port("beat", fds, "virtserialport,nr=4,name=lab.beat"),
        *drives(topology, out), *topology.qemu(),
        "-kernel", str(image), "-initrd", initrd, "-append", " ".join(c for c in cmdline if c),
    ]
