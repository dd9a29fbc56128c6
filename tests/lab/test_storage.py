# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run with SATA, NVMe and USB disks and CD-ROM drives: Linux's drivers in the guest, and both
firmwares that start from them. One lab serves all of it."""
import pathlib
import re

import pytest

from builds import tenon
from guest import blocks, iso, lines
from guest.build import build_initramfs
from guest.distribution import OVMF_CODE
from guest.jobs import printed
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent

# Test -> the job of storage.sh that it judges.
JOBS = {
    "lab-sata-disk": "sata",
    "lab-sata-cdrom": "sata",
    "lab-sata-intx": "sata_intx",
    "lab-sata-acpi-off": "acpi_off",
    "lab-sata-iso-bios": "cd_bios",
    "lab-sata-iso-uefi": "cd_uefi",
    "lab-sata-empty-disk": "empty_disk",
    "lab-nvme-cli": "nvme_tools",
    "lab-nvme-fio": "nvme_tools",
    "lab-sata-images": "images",
    "lab-nvme-images": "images",
    "lab-sata-ipxe": "ipxe",
    "lab-sata-bad-isos": "bad_isos",
    "lab-sata-errors": "errors",
    "lab-nvme-errors": "errors",
    "lab-nvme-disk": "nvme",
    "lab-nvme-intx": "nvme_intx",
    "lab-nvme-read-only": "nvme_intx",
    "lab-nvme-bios": "nvme_bios",
    "lab-nvme-uefi": "nvme_uefi",
    "lab-usb-disk": "usb",
    "lab-usb-bios": "usb_bios",
    "lab-usb-uefi": "usb_uefi",
}
MODULES = ["ahci", "sd_mod", "sr_mod", "nvme", "xhci_pci", "usb_storage"]
STARTED = "console=ttyS0 quiet cryptomgr.notests panic=-1 edd=off "
FROM_CD = STARTED + "tenon.modules=ahci,sr_mod tenon.steps=pci,disk+name=sr0+refuse=1+read=4,log"
FROM_DISK = STARTED + "tenon.modules=nvme tenon.steps=pci,disk+name=nvme0n1+refuse=1+read=4,log"

FROM_STICK = STARTED + "tenon.modules=xhci_pci,usb_storage,sd_mod tenon.steps=pci,disk+name=sda+refuse=1+read=4,log"


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("storage")
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, MODULES)
        tools = build_initramfs(stock.modules, MODULES, scripts=["nvme", "fio"])
        iso.build(directory / "boot.iso", stock.image, initrd, FROM_CD)
        iso.build(directory / "hybrid.iso", stock.image, initrd, FROM_DISK)
        iso.build(directory / "stick.iso", stock.image, initrd, FROM_STICK)
        result = Lab(topology="cards", out=directory, timeout=2400).run(
            HERE / "storage.sh",
            [tenon(), unpacked(stock.image), initrd, tools, directory / "boot.iso",
             directory / "hybrid.iso", directory / "stick.iso", OVMF_CODE, *jobs])
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


def test_lab_sata_acpi_off(out):
    """Without ACPI, a kernel knows of both processors and of INTx by the multiprocessor tables."""
    sata, nvme, smp = lines.passed(printed(out, "acpi_off", 10), "disk", "disk", "smp")
    for found in (sata, nvme):
        assert found["read"] == sums(out, "acpi_off")["before"]
        assert found["irq"] == "intx" and int(found["interrupts"]) > 0
    assert smp["cpus"] == "2"


def starts(out, job, image, address):
    """GRUB came from there, and the kernel's driver reads what firmware read."""
    text = printed(out, job)
    assert "GRUB is here" in text
    _, disk, log = lines.passed(text, "pci", "disk", "log")
    assert disk["read"] == (out / f"{image}.sum").read_text().strip()
    assert disk["pci"] == address and disk["refused"] == "1" and log["messages"] == "0"


def test_lab_sata_iso_bios(out):
    """SeaBIOS starts GRUB from a CD by El Torito, GRUB the kernel, whose driver reads the CD; a disk
    comes after the CD, and there was a menu."""
    starts(out, "cd_bios", "iso", "0000:00:1f.2")
    assert "for boot menu" in printed(out, "cd_bios")


def test_lab_sata_iso_uefi(out):
    """OVMF does the same."""
    starts(out, "cd_uefi", "iso", "0000:00:1f.2")


def test_lab_sata_empty_disk(out):
    """A disk from which nothing starts is passed over, as before an installation."""
    starts(out, "empty_disk", "iso", "0000:00:1f.2")


def content(out):
    """What the programs said; the kernel said nothing."""
    text = printed(out, "nvme_tools")
    *_, log = lines.passed(text, "script", "script", "log")
    assert log["messages"] == "0"
    return text


def test_lab_nvme_cli(out):
    """nvme-cli reads all logs and features, and data that it wrote; what is not there is refused."""
    text = content(out)
    assert "nvme-cli is content" in text and "TENON-8" in text


def test_lab_nvme_fio(out):
    """fio verifies what it wrote with many requests at once, and mixes sizes, flushes and trims."""
    assert "fio is content" in content(out)


def test_lab_sata_ipxe(out):
    """The distribution's CD of iPXE starts under SeaBIOS and under OVMF."""
    for job in ("ipxe_bios", "ipxe_uefi"):
        assert "iPXE" in printed(out, job, 128 + 15), job


def test_lab_sata_bad_isos(out):
    """Each bad image is named for what it is, and SeaBIOS passes over all of them."""
    assert "No bootable device" in printed(out, "bad_isos", 128 + 15)
    said = (out / "bad_isos.err").read_text()
    for name, words in [("cut", "was not copied to its end"), ("zero", "is no image of a CD"),
                        ("odd", "was not copied to its end"),
                        ("lost", "at sector 2147483647, which it does not have")]:
        assert re.search(rf"CD /run/{name}\.iso: .*{words}", said), said


def image(out, n):
    """What the guest's steps on an image found, from the n-th on."""
    steps = lines.passed(printed(out, "images"), *["disk"] * 7, "log")
    assert steps[n]["read"] == sums(out, "images")["before"]
    assert any("4" in (step.get("zero"), step.get("discard")) for step in steps[n + 2:n + 4])
    assert steps[-1]["messages"] == "0"


def test_lab_sata_images(out):
    """A qcow2 image on SATA reads and writes as a disk, with discards."""
    image(out, 0)
    assert sums(out, "images")["sata"] == blocks.sha256(3, 8)


def test_lab_nvme_images(out):
    """A VMDK image on NVMe does, with several requests at once."""
    image(out, 3)
    assert sums(out, "images")["nvme"] == blocks.sha256(4, 8)


def failed(out, n, bus):
    """What the guest's n-th step on a disk found, whose host ran out of room; tenon said so."""
    found = lines.passed(printed(out, "errors"), "disk", "disk", "disk", "disk")
    assert 1 <= int(found[n]["fitted"]) <= 12
    assert found[n + 2]["read"] == sums(out, "errors")[bus]
    assert re.search(rf"disk /run/{bus}/disk.img: a write at byte \d+ failed: No space left on device",
                     (out / "errors.err").read_text())


def test_lab_sata_errors(out):
    """Queued writes fail as the host's do; the driver finds out which, and goes on."""
    failed(out, 0, "sata")


def test_lab_nvme_errors(out):
    """The same on NVMe."""
    failed(out, 1, "nvme")


def test_lab_nvme_disk(out):
    """What the guest reads is what the file holds, what it writes is in the file; zeroes and
    discards read as zeroes; two queues with an MSI-X vector each."""
    _, read, written, emptied, log = lines.passed(
        printed(out, "nvme"), "pci", "disk", "disk", "disk", "log")
    of = sums(out, "nvme")
    assert read["read"] == of["before"]
    assert of["written"] == blocks.sha256(3, 8)
    assert emptied["zero"] == emptied["discard"] == "4"
    assert read["sectors"] == str(48 * 2048) and read["block"] == "512"
    assert read["queues"] == "2" and read["cache"] == "back"
    assert written["irq"] == "msix" and written["pci"] == "0000:01:00.0"
    assert log["messages"] == "0"


def test_lab_nvme_intx(out):
    """A guest without MSI uses its disk in each of three starts, by INTx."""
    text = printed(out, "nvme_intx")
    assert [s["boot"] for s in lines.starts(text)] == ["1", "2", "3"]
    for found in lines.passed(text, *["disk"] * 6):
        assert found["irq"] == "intx" and int(found["interrupts"]) > 0


def test_lab_nvme_read_only(out):
    """A disk that is only read is refused to writers."""
    found, = lines.passed(printed(out, "nvme_read"), "disk")
    assert found["refused"] == "1"
    assert found["read"] == sums(out, "nvme_read")["before"]


def test_lab_nvme_bios(out):
    """SeaBIOS asks the network first, by iPXE, and then starts GRUB and the kernel from an NVMe
    disk."""
    starts(out, "nvme_bios", "hybrid", "0000:01:00.0")
    text = printed(out, "nvme_bios")
    assert 0 < text.find("Configuring (net0") < text.find("GRUB is here")


def test_lab_nvme_uefi(out):
    """OVMF does the same."""
    starts(out, "nvme_uefi", "hybrid", "0000:01:00.0")


def test_lab_usb_disk(out):
    """What the guest reads from a USB disk is what the file holds, what it writes is in the file; a qcow2
    image on a second one, which is refused to writers; MSI-X."""
    _, read, mixed, written, second, log = lines.passed(
        printed(out, "usb"), "pci", "disk", "disk", "disk", "disk", "log")
    of = sums(out, "usb")
    assert read["read"] == second["read"] == of["before"]
    assert of["written"] == blocks.sha256(3, 8)
    assert read["sectors"] == str(48 * 2048) and read["block"] == "512"
    assert written["irq"] == mixed["irq"] == "msix" and written["pci"] == "0000:00:1f.4"
    assert second["refused"] == "1"
    assert log["messages"] == "0"


def test_lab_usb_bios(out):
    """SeaBIOS starts GRUB from a USB disk, GRUB the kernel, whose driver reads it."""
    starts(out, "usb_bios", "stick", "0000:00:1f.4")


def test_lab_usb_uefi(out):
    """OVMF does the same."""
    starts(out, "usb_uefi", "stick", "0000:00:1f.4")
