# SPDX-License-Identifier: GPL-2.0-or-later
"""What guests start with and the distribution brings: where its releases have it."""
import pathlib


def first(*paths):
    """The first that is there, else the last."""
    return next((p for p in map(pathlib.Path, paths) if p.exists()), pathlib.Path(paths[-1]))


# The smaller image, which Debian has until 12, starts in a fraction of the larger one's time under
# emulation.
OVMF_CODE = first("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_CODE_4M.fd")
# Until Debian 12, and since.
IPXE_EFI = first("/boot/ipxe.efi", "/usr/lib/ipxe/ipxe-amd64.efi")
NIC_ROM = first("/usr/lib/ipxe/qemu/efi-e1000e.rom", "/usr/share/qemu/efi-e1000e.rom")
IPXE_KERNEL = first("/boot/ipxe.lkrn", "/usr/lib/ipxe/ipxe.lkrn")
