# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run with assigned cards: a stock kernel with its stock drivers in the guest, real VFIO in
the lab's host, and the cards' pictures taken from outside. One lab serves all of it."""
import hashlib
import pathlib
import re

import pytest

from builds import tenon
from guest import blocks, lines, pattern
from guest.build import build_initramfs
from guest.jobs import printed
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent
MODULES = ["bochs", "virtio-gpu", "virtio-pci", "nvme", "vfio-pci", "uio_pci_generic",
           "snd-hda-intel"]

# Test -> the job of direct.sh that it judges.
JOBS = {
    "lab-direct-bochs": "bochs",
    "lab-direct-vga": "vga",
    "lab-direct-virtio-vga": "virtio_vga",
    "lab-direct-edu": "edu_nvme",
    "lab-direct-nvme": "edu_nvme",
    "lab-direct-given-back": "edu_nvme",
    "lab-direct-hugepages": "edu_nvme",
    "lab-direct-kvm": "edu_nvme",
    "lab-direct-identity": "identity",
    "lab-direct-peer": "identity",
    "lab-direct-two-functions": "two_functions",
    "lab-direct-reboot": "reboot",
    "lab-direct-ends": "ends",
}


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("direct")
    stock = kernel.get()
    try:
        script = HERE / "direct.sh"
        initrd = build_initramfs(stock.modules, MODULES)
        result = Lab(topology="cards", out=directory, timeout=1200).run(
            script, [tenon(), unpacked(stock.image), initrd, *jobs])
    finally:
        stock.close()
    # What is not done at the time limit has no status, and its tests fail.
    assert result.status in (0, 124), result.output
    return directory


def steps(out, job, *names):
    return dict(zip(names, lines.passed(printed(out, job), *names)))


def test_lab_direct_bochs(out):
    """Every pixel that the guest's driver drew is on the assigned card."""
    found = steps(out, "bochs", "pci", "drm", "irq", "config", "log")
    assert found["drm"]["driver"] == "bochs-drm"
    assert found["log"]["messages"] == "0"
    pattern.compare(out / "bochs-1.png", 11, 1024, 768)


def test_lab_direct_vga(out):
    """The same on a VGA card with its ROM, which the guest reads."""
    found = steps(out, "vga", "pci", "drm", "rom", "log")
    assert int(found["rom"]["size"]) >= 32768
    pattern.compare(out / "vga-1.png", 12, 1024, 768)


def test_lab_direct_virtio_vga(out):
    """The picture comes by DMA through the IOMMU, with MSI-X."""
    found = steps(out, "virtio-vga", "pci", "drm", "irq", "rom", "log")
    assert found["drm"]["driver"] == "virtio_gpu"
    assert found["irq"]["irq"] == "msix" and int(found["irq"]["interrupts"]) > 0
    pattern.compare(out / "virtio-vga-1.png", 13, 1024, 768)


EDU_NVME = ("pci", "smp", "edu", "edu-dma", "edu-msi", "edu-intx", "nvme", "nvme", "irq", "log")


def test_lab_direct_edu(out):
    """DMA both ways and every MSI and INTx, counted, on two processors beside another device;
    each access to the BAR is trapped."""
    found = dict(zip(EDU_NVME, lines.passed(printed(out, "edu-nvme"), *EDU_NVME)))
    assert found["smp"]["cpus"] == "2"
    assert int(found["edu-msi"]["received"]) >= 200
    assert found["edu-msi"]["received"] == found["edu-msi"]["raised"]
    assert found["edu-intx"]["raised"] == "200"
    assert int(found["edu-intx"]["received"]) >= 200


def test_lab_direct_nvme(out):
    """64 MiB read by the guest are what the disk held; 64 MiB written are on the disk."""
    read, written = [s.values for s in lines.steps(printed(out, "edu-nvme")) if s.name == "nvme"]
    assert read["irq"] == "msix"
    assert read["read"] == (out / "nvme.before").read_text().split()[0]
    disk = hashlib.sha256((out / "nvme.img").read_bytes()).hexdigest()
    assert written["written"] == "64" and disk == blocks.sha256(9, 64)


def test_lab_direct_given_back(out):
    """The host's own driver has the disk again and reads what the guest wrote."""
    printed(out, "edu-nvme")
    assert (out / "edu-nvme.driver").read_text().strip() == "nvme"
    assert (out / "edu-nvme.sum").read_text().split()[0] == blocks.sha256(9, 64)


IDENTITY = ("pci", "drm", "rom", "bar-at", "edu-peer", "log")


def regions(text):
    """Number -> start and end of each memory region in a file `resource` of sysfs."""
    rows = [[int(word, 16) for word in line.split()] for line in text.splitlines()[:7]]
    return {n: (start, end) for n, (start, end, flags) in enumerate(rows) if flags & 0x200}


def seen(text, address):
    """The same by the step pci in a guest."""
    bars = re.search(rf"^PCI {address} .* bars=(\S+)", text, re.M)[1].split(",")
    rows = [re.fullmatch(r"(\d):(\w+)-(\w+):(\w+)", bar).groups() for bar in bars]
    return {int(n): (int(start, 16), int(end, 16)) for n, start, end, flags in rows
            if int(flags, 16) & 0x200}


def test_lab_direct_identity(out):
    """Two cards have their BARs, one its ROM, at the host's addresses; Linux leaves them there, and
    both work."""
    text = printed(out, "identity")
    lines.passed(text, *IDENTITY)
    for card, address in ("vga", "0000:01:00.0"), ("edu", "0000:02:00.0"):
        host = regions((out / f"identity.{card}").read_text())
        assert host and seen(text, address) == host
    pattern.compare(out / "identity-1.png", 16, 1024, 768)


def test_lab_direct_peer(out):
    """edu reads and writes the other card's frame buffer by DMA, at the address in the guest."""
    found = dict(zip(IDENTITY, lines.passed(printed(out, "identity"), *IDENTITY)))
    start = seen(printed(out, "identity"), "0000:01:00.0")[0][0]
    assert int(found["edu-peer"]["at"], 16) == start + (8 << 20)


def test_lab_direct_two_functions(out):
    """A card and its audio function are one slot of the guest, each with its stock driver."""
    text = printed(out, "two-functions")
    lines.passed(text, "pci", "drm", "log")
    assert "PCI 0000:01:00.0 id=1234:1111 class=030000 driver=bochs-drm" in text
    assert "PCI 0000:01:00.1 id=8086:293e class=040300 driver=snd_hda_intel" in text
    pattern.compare(out / "two-functions-1.png", 14, 1024, 768)


def test_lab_direct_reboot(out):
    """The guest reboots three times, and the card works each time."""
    text = printed(out, "reboot")
    assert [s["boot"] for s in lines.starts(text)] == ["1", "2", "3", "4"]
    lines.passed(text, *("drm", "irq") * 4)
    for boot in range(1, 5):
        pattern.compare(out / f"reboot-{boot}.png", 15, 1024, 768)


def pool(out, name):
    """How many huge pages the host had, and how many of them were only lent."""
    return [int(line.rsplit(":")[1]) for line in (out / name).read_text().splitlines()]


def test_lab_direct_hugepages(out):
    """The guest's memory is of the host's pool, which lends it and is as it was afterwards; and
    it was mapped beside the guest."""
    printed(out, "edu-nvme")
    assert pool(out, "edu-nvme.pool-during") == [256, 256]
    assert pool(out, "edu-nvme.pool-after") == [0, 0]
    said = (out / "edu-nvme.err").read_text()
    assert "guest memory is in huge pages of 2 MiB" in said, said
    assert "guest memory is mapped for DMA" in said, said


def test_lab_direct_kvm(out):
    """KVM knows the groups of the devices, whose DMA may not be coherent, and took note of each."""
    printed(out, "edu-nvme")
    files = (out / "edu-nvme.files").read_text().splitlines()
    assert files.count("anon_inode:kvm-vfio") == 1, files
    assert sum(re.fullmatch(r"/dev/vfio/\d+", name) is not None for name in files) == 2, files
    assert "KVM does not take note" not in (out / "edu-nvme.err").read_text()


def test_lab_direct_ends(out):
    """Each way to end has its exit status, and leaves the host as it was."""
    printed(out, "end-reboot", 10)
    printed(out, "end-triple-fault", 11)
    printed(out, "end-signal", 128 + 15)
    printed(out, "end-killed", 128 + 9)
    assert pool(out, "end-killed.pool") == [0, 0]
    printed(out, "end-gone", 14)
