# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest with Secure Boot starts from: a disk with the distribution's signed shim, GRUB and
kernel, and variables in which somebody has told shim not to insist. Needs no root.

    signed_disk(path, kernel.image, initrd, "console=ttyS0 quiet")
    insecure_variables("/usr/share/OVMF/OVMF_VARS_4M.ms.fd", path)
"""
import pathlib
import shutil
import subprocess
import tempfile
import uuid

from tenonlab import kernel

SHIM = "usr/lib/shim/shimx64.efi.signed"
GRUB = "usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed"
CONFIG = "echo GRUB is here\nsleep 4\nlinux /vmlinuz {}\ninitrd /initrd\nboot\n"

# Shim's variables; a variable in edk2's store (MdeModulePkg/Include/Guid/VariableFormat.h).
SHIM_ID = uuid.UUID("605dab50-e046-4300-abb6-3dd810dd8b23")
START, HEADER, VALID = b"\xaa\x55", 60, 0x3f
NON_VOLATILE, BOOT_SERVICE = 1, 2


def fat(path, files, mebibytes=64):
    """A disk that is one FAT file system with these files."""
    with open(path, "wb") as disk:
        disk.truncate(mebibytes << 20)
    subprocess.run(["mkfs.vfat", path], check=True, stdout=subprocess.DEVNULL)
    made = {pathlib.PurePosixPath(".")}
    for name, file in files.items():
        for parent in reversed(pathlib.PurePosixPath(name).parents):
            if parent not in made:
                subprocess.run(["mmd", "-i", path, f"::{parent}"], check=True)
                made.add(parent)
        subprocess.run(["mcopy", "-i", path, file, f"::{name}"], check=True)


def signed_disk(path, image, initrd, cmdline):
    """Shim, GRUB and the kernel, all signed; the initramfs is ours."""
    shim, grub = kernel.get_package("shim-signed"), kernel.get_package("grub-efi-amd64-signed")
    with tempfile.TemporaryDirectory() as directory:
        config = pathlib.Path(directory) / "grub.cfg"
        config.write_text(CONFIG.format(cmdline))
        fat(path, {"EFI/BOOT/BOOTX64.EFI": shim.directory / SHIM,
                   "EFI/BOOT/grubx64.efi": grub.directory / GRUB,
                   "EFI/debian/grub.cfg": config, "vmlinuz": image, "initrd": initrd})
    shim.close()
    grub.close()


def variable(name, vendor, attributes, data):
    text = (name + "\0").encode("utf-16-le")
    numbers = b"".join(n.to_bytes(4, "little") for n in (0, len(text), len(data)))
    header = START + bytes([VALID, 0]) + attributes.to_bytes(4, "little") + bytes(24) + numbers
    return header + vendor.bytes_le + text + data


def insecure_variables(template, path):
    """A copy of the template with MokSBState: shim then starts what is not signed, and the kernel does
    not lock itself down, although the firmware still enforces Secure Boot."""
    shutil.copyfile(template, path)
    with open(path, "r+b") as file:
        store = file.read()
        at = int.from_bytes(store[48:50], "little") + 28
        while store[at:at + 2] == START:
            sizes = (int.from_bytes(store[at + n:at + n + 4], "little") for n in (36, 40))
            at = (at + HEADER + sum(sizes) + 3) & ~3
        file.seek(at)
        file.write(variable("MokSBState", SHIM_ID, NON_VOLATILE | BOOT_SERVICE, b"\1"))
