# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run with disks: a stock kernel with its stock driver in the guest. One lab serves all."""
import pathlib
import re

import pytest

from builds import tenon
from guest import blocks, lines
from guest.build import build_initramfs
from guest.jobs import printed
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent

# Test -> the job of virtio.sh that it judges.
JOBS = {
    "lab-virtio-disk": "disks",
    "lab-virtio-read-only": "disks",
    "lab-virtio-direct": "disks",
    "lab-virtio-reboot": "reboots",
    "lab-virtio-killed": "killed",
    "lab-virtio-locked": "killed",
}


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("virtio")
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, ["virtio_pci", "virtio_blk"])
        result = Lab(topology="cards", out=directory, timeout=1200).run(
            HERE / "virtio.sh", [tenon(), unpacked(stock.image), initrd, *jobs])
    finally:
        stock.close()
    assert result.status in (0, 124), result.output
    return directory


def sums(out, job):
    return dict(line.split("=") for line in (out / f"{job}.sums").read_text().split())


DISKS = ("pci", "disk", "disk", "disk", "disk", "disk", "log")


def disks(out):
    return lines.passed(printed(out, "disks"), *DISKS)


def test_lab_virtio_disk(out):
    """What the guest reads is what the file holds, what it writes is in the file; zeroes and
    discards read as zeroes; two queues with an MSI-X vector each; the serial number."""
    _, read, written, emptied, _, _, log = disks(out)
    of = sums(out, "disks")
    assert read["read"] == of["before"]
    assert of["written"] == blocks.sha256(3, 8)
    assert emptied["zero"] == emptied["discard"] == "4"
    assert read["serial"] == "TENON-1" and read["queues"] == "2"
    assert read["sectors"] == str(48 * 2048) and read["block"] == "512"
    assert read["cache"] == "back"
    assert written["irq"] == "msix" and written["pci"] == "0000:00:10.0"
    assert log["messages"] == "0"


def test_lab_virtio_read_only(out):
    """A disk that is only read is refused to writers, and unchanged."""
    found = disks(out)[4]
    of = sums(out, "disks")
    assert found["refused"] == "1"
    assert found["read"] == of["shared"] == of["shared_after"]


def test_lab_virtio_direct(out):
    """A block device of the host, past its page cache, by a split ring."""
    found = disks(out)[5]
    assert found["written"] == "8"
    assert sums(out, "disks")["direct"] == blocks.sha256(4, 8)


def test_lab_virtio_reboot(out):
    """A guest without MSI uses its disk in each of three starts, by INTx."""
    text = printed(out, "reboots")
    assert [s["boot"] for s in lines.starts(text)] == ["1", "2", "3"]
    for found in lines.passed(text, "disk", "disk", "disk"):
        assert found["irq"] == "intx" and int(found["interrupts"]) > 0


def test_lab_virtio_killed(out):
    """Nothing that the guest flushed is lost when tenon is killed."""
    text = printed(out, "killed", 128 + 9)
    durable = [int(n) for n in re.findall(r"^DURABLE (\d+)\r?$", text, re.M)]
    assert len(durable) >= 100
    assert not blocks.records((out / "killed.img").read_bytes(), max(durable))


def test_lab_virtio_locked(out):
    """A second machine does not get a disk that one has."""
    printed(out, "second", 3)
    assert re.search(r"disk /run/disk.img is in use by tenon \(process \d+\)",
                     (out / "second.err").read_text())
