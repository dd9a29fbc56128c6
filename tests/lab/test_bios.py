# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run --firmware bios: the distribution's SeaBIOS boots a kernel that it is given, and one
from an assigned disk; and a card with a large BAR, also with OVMF. One lab serves all of it."""
import os
import pathlib
import re

import pytest

from builds import tenon
from guest import bios_disk, lines
from guest.build import build_initramfs
from guest.distribution import OVMF_CODE
from guest.jobs import printed
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent
QUICK = "console=ttyS0 quiet cryptomgr.notests panic=-1 edd=off"

# Another version than the one that this distribution has: 1.16.3 and later place BARs elsewhere.
OTHER = os.environ.get("TENON_SEABIOS")

# Test -> the job of bios.sh that it judges.
JOBS = {
    "lab-bios-kernel": "kernel",
    "lab-bios-firmware": "kernel",
    "lab-bios-resets": "resets",
    "lab-bios-disk": "disk",
    "lab-bios-virtio": "virtio",
    "lab-bios-big-bar": "big",
    "lab-bios-identity": "identity",
    "lab-bios-other": "other",
    "lab-uefi-big-bar": "uefi_big",
    "lab-uefi-identity": "uefi_big",
    "lab-bios-nothing": "nothing",
}

TOPOLOGY = """
[[device]]
id = "hostvga"
model = "VGA"
addr = "2"

[[port]]
id = "rp-disk"
kind = "root-port"
addr = "4"

[[device]]
id = "disk"
model = "nvme,serial=bios"
under = "rp-disk"
drive = { content = "file", file = "disk" }

[[port]]
id = "rp-big"
kind = "root-port"
addr = "5"

[[device]]
id = "big"
model = "pci-testdev,membar=128G"
under = "rp-big"
"""


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items()
                              if name in wanted and (OTHER or job != "other")))
    directory = tmp_path_factory.mktemp("bios")
    given = tmp_path_factory.mktemp("given")
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, ["nvme"])
        words = "tenon.modules=nvme tenon.steps=pci,nvme+read=1+write=0,log tenon.end=reboot+times=1"
        bios_disk.build(given / "disk", stock.image, initrd, f"{QUICK} {words}")
        (given / "bios.toml").write_text(TOPOLOGY)
        result = Lab(topology=str(given / "bios.toml"), out=directory, timeout=1500).run(
            HERE / "bios.sh", [tenon(), stock.image, unpacked(stock.image), initrd, given / "disk",
                               OTHER or "-", OVMF_CODE, *jobs])
    finally:
        stock.close()
    # What is not done at the time limit has no status, and its tests fail.
    assert result.status in (0, 124), result.output
    return directory


def firmware(out, job):
    """SeaBIOS's log."""
    mark = "tenon: debug: firmware: "
    text = (out / f"{job}.err").read_text(errors="replace")
    return [line.removeprefix(mark) for line in text.splitlines() if line.startswith(mark)]


def starts_with(found, *prefixes):
    """Each prefix has its line, in this order."""
    rest = iter(found)
    for prefix in prefixes:
        assert any(line.startswith(prefix) for line in rest), f"no '{prefix}' in\n" + "\n".join(found)


def test_lab_bios_kernel(out):
    """A kernel and its initrd come through fw_cfg; the guest finds its processors and tables."""
    found = dict(zip(("pci", "smp", "machine", "log"),
                     lines.passed(printed(out, "kernel"), "pci", "smp", "machine", "log")))
    assert found["smp"]["cpus"] == "2"
    assert found["machine"]["vendor"] == "Tenon"
    assert found["log"]["messages"] == "0"


def test_lab_bios_firmware(out):
    """What SeaBIOS makes of the machine, in its own words."""
    printed(out, "kernel")
    found = firmware(out, "kernel")
    starts_with(found,
                "SeaBIOS (version ", "Running on QEMU (q35)", "Running on KVM",
                "QEMU fw_cfg DMA interface supported",
                "qemu/e820: addr 0x0000000000000000 len 0x0000000020000000 [RAM]",
                "kvmclock: at", "PCIe: using q35 mmconfig at 0xb0000000",
                "Found 2 cpu(s) max supported 2 cpu(s)", "Copying SMBIOS 3.0",
                "ACPI: parse DSDT", "ACPI: no PS/2 keyboard present", "Found 1 serial ports",
                "Running option rom at")
    assert not [line for line in found if "WARNING" in line or "parse error" in line]


def test_lab_bios_resets(out):
    """A reset of any kind starts the firmware anew, and the kernel again."""
    for how, times in {"kbd": 3, "acpi": 1, "pci": 1, "triple": 1}.items():
        text = printed(out, f"reset-{how}")
        starts = [s["boot"] for s in lines.starts(text)]
        assert starts == [str(n + 1) for n in range(times + 1)], how
        # Each start says so twice: to the log alone, and to the screen.
        said = [line for line in firmware(out, f"reset-{how}") if line.startswith("SeaBIOS (")]
        assert len(said) == 2 * len(starts), how


def test_lab_bios_disk(out):
    """GRUB, kernel and initrd are read by SeaBIOS's NVMe driver, through the IOMMU; again after a
    reboot."""
    text = printed(out, "disk")
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)
    assert text.count("GRUB is here") == 2
    lines.passed(text, "pci", "nvme", "log", "pci", "nvme", "log")


def test_lab_bios_virtio(out):
    """The same from a virtio disk, which is first in the boot order."""
    text = printed(out, "virtio")
    assert [s["boot"] for s in lines.starts(text)] == ["1", "2"]
    assert "1: /pci@i0cf8/scsi@10/disk@0,0" in firmware(out, "virtio")


def test_lab_bios_big_bar(out):
    """A BAR of 128 GiB has its place, and Linux uses it as the firmware left it."""
    text = printed(out, "big")
    lines.passed(text, "pci", "nvme", "log")
    # Which place it is depends on SeaBIOS's version.
    placed = re.search(r"PCI: map device bdf=01:00.0  bar 2, addr (\w+), size 2000000000 \[prefmem\]",
                       "\n".join(firmware(out, "big")))
    start = int(placed[1], 16)
    assert start and start % (128 << 30) == 0
    assert f"2:0x{start:010x}-0x{start + (128 << 30) - 1:010x}:" in text


def test_lab_bios_other(out):
    """Another SeaBIOS boots from the disk, twice, and has a place for the large BAR, too."""
    if not OTHER:
        pytest.skip("TENON_SEABIOS names no other SeaBIOS")
    text = printed(out, "other")
    lines.passed(text, "pci", "nvme", "log", "pci", "nvme", "log")
    assert re.search(r"id=1b36:0005 .*2:0x[0-9a-f]{10}-0x[0-9a-f]{10}:", text)


def test_lab_uefi_big_bar(out):
    """OVMF's own window is too small for a BAR of 128 GiB here; it finds the one that it is told
    of, and starts a kernel of the host."""
    text = printed(out, "uefi_big")
    lines.passed(text, "pci", "bar-at", "log")
    assert "2:0x4000000000-0x5fffffffff:" in text


def at_host(out, job, *steps):
    """A card's BAR answers where the host has it, which is not where the firmware put it."""
    found = dict(zip(steps, lines.passed(printed(out, job), *steps)))
    host = (out / "big.host").read_text().strip()
    assert int(found["bar-at"]["at"], 16) == int(host, 16) != int(found["bar-at"]["own"], 16)
    assert "identity=on" not in (out / f"{job}.err").read_text()


def test_lab_bios_identity(out):
    """Under SeaBIOS; the BAR of 128 GiB has its place beside."""
    at_host(out, "identity", "pci", "bar-at")
    start = re.search("2:0x([0-9a-f]{10})-0x[0-9a-f]{10}:", printed(out, "identity"))[1]
    assert int(start, 16) % (128 << 30) == 0


def test_lab_uefi_identity(out):
    """The same under OVMF."""
    at_host(out, "uefi_big", "pci", "bar-at", "log")


def test_lab_bios_nothing(out):
    """Without anything to boot SeaBIOS says so and stays."""
    text = printed(out, "nothing", 128 + 15)
    assert "No bootable device" in text
