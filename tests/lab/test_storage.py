# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run with SATA disks and CD-ROM drives: Linux's drivers in the guest, and both firmwares that
start from a CD. One lab serves all of it."""
import pathlib
import re

import pytest

from builds import tenon
from guest import blocks, iso, lines
from guest.build import build_initramfs
from guest.jobs import printed
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent

# Test -> the job of storage.sh that it judges.
JOBS = {
    "lab-sata-disk": "sata",
    "lab-sata-cdrom": "sata",
    "lab-sata-intx": "sata_intx",
    "lab-sata-iso-bios": "cd_bios",
    "lab-sata-iso-uefi": "cd_uefi",
}
MODULES = ["ahci", "sd_mod", "sr_mod"]
FROM_CD = ("console=ttyS0 quiet cryptomgr.notests panic=-1 edd=off tenon.modules=ahci,sr_mod "
           "tenon.steps=pci,disk+name=sr0+refuse=1+read=4,log")


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("storage")
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, MODULES)
        iso.build(directory / "boot.iso", stock.image, initrd, FROM_CD)
        result = Lab(topology="cards", out=directory, timeout=1500).run(
            HERE / "storage.sh",
            [tenon(), unpacked(stock.image), initrd, directory / "boot.iso", *jobs])
    finally:
        stock.close()
    assert result.status in (0, 124), result.output
    return directory


def sums(out, job):
    return dict(line.split("=") for line in (out / f"{job}.sums").read_text().split())


SATA = ("pci", "disk", "disk", "disk", "disk", "disk", "log")


def test_lab_sata_disk(out):
    """What the guest reads is what the file holds, what it writes is in the file, by queued
    commands; discards read as zeroes; an MSI; a second disk on the second port."""
    _, read, written, emptied, second, _, log = lines.passed(printed(out, "sata"), *SATA)
    of = sums(out, "sata")
    assert read["read"] == of["before"]
    assert of["written"] == blocks.sha256(3, 8)
    assert of["second"] == blocks.sha256(4, 4)
    assert emptied["discard"] == "4"
    assert read["sectors"] == str(48 * 2048) and second["sectors"] == str(16 * 2048)
    assert read["block"] == "512" and read["cache"] == "back"
    assert written["irq"] == "msi" and written["pci"] == "0000:00:1f.2"
    assert log["messages"] == "0"


def test_lab_sata_cdrom(out):
    """A CD reads as its image does, and cannot be written."""
    found = lines.passed(printed(out, "sata"), *SATA)[5]
    assert found["read"] == sums(out, "sata")["cd"] and found["refused"] == "1"
    assert found["block"] == "2048"


def test_lab_sata_intx(out):
    """A guest without MSI uses its disk in each of three starts, by INTx."""
    text = printed(out, "sata_intx")
    assert [s["boot"] for s in lines.starts(text)] == ["1", "2", "3"]
    for found in lines.passed(text, *["disk"] * 6):
        assert found["irq"] == "intx" and int(found["interrupts"]) > 0


def starts_from_cd(out, job):
    text = printed(out, job)
    assert "GRUB is here" in text
    assert re.search(r"^STEP disk ok", text, re.M)
    found = lines.passed(text, "pci", "disk", "log")
    assert found[1]["read"] == (out / "iso.sum").read_text().strip()
    assert found[1]["pci"] == "0000:00:1f.2" and found[2]["messages"] == "0"


def test_lab_sata_iso_bios(out):
    """SeaBIOS starts GRUB from a CD by El Torito, GRUB the kernel, whose driver reads the CD."""
    starts_from_cd(out, "cd_bios")


def test_lab_sata_iso_uefi(out):
    """OVMF does the same."""
    starts_from_cd(out, "cd_uefi")
