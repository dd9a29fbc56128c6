# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run with networks, disks of other formats and shared directories: a stock kernel with its stock
drivers in the guest, the distribution's programs on the lab's host. One lab serves all of it."""
import pathlib
import re

import pytest

from builds import tenon
from guest import blocks, lines
from guest.build import build_initramfs
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent
MODULES = ["virtio-pci", "virtio-net", "virtio-blk", "virtio-rng", "virtiofs"]

# Test -> the job of net.sh that it judges.
JOBS = {
    "lab-net-passt": "passt",
    "lab-net-slirp": "slirp",
    "lab-net-tap": "tap",
    "lab-net-bridge": "bridge",
    "lab-net-killed": "killed",
    "lab-qcow2": "qcow2",
    "lab-share": "share",
}


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("net")
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, MODULES)
        result = Lab(out=directory, timeout=900).run(
            HERE / "net.sh", [tenon(), unpacked(stock.image), initrd, *jobs])
    finally:
        stock.close()
    # What is not done at the time limit has no status, and its tests fail.
    assert result.status in (0, 124), result.output
    return directory


def steps(out, job, *names):
    """What the guest's steps reported; tenon ended as it should."""
    log = (out / f"{job}.log").read_text(errors="replace")
    said = (out / f"{job}.err").read_text(errors="replace")
    ended = out / f"{job}.status"
    assert ended.exists(), f"not at its end when the lab's time was up: {said}\n{log}"
    assert ended.read_text() == "0\n", f"{said}\n{log}"
    assert not said, said
    return dict(zip(names, lines.passed(log, *names)))


def transferred(out, job):
    """What the guest's network step reported, after all transfers arrived as they were sent."""
    net = steps(out, job, "net", "log")["net"]
    assert net["got"] in (out / "peer.sent").read_text().split()
    assert net["put"] in (out / "peer.taken").read_text().split()
    assert net["echoes"] == "3"
    return net


def test_lab_net_passt(out):
    """Addresses by DHCP, names, echoes and transfers, without a right on the host; a port that is
    forwarded leads into the guest."""
    net = transferred(out, "passt")
    assert net["ip"] == "192.0.2.2" and net["dns"] == "198.51.100.7"
    assert net["mtu"] == "65520"
    assert net["from"] and text_of(out, "passt.knock") == "answered"
    assert int(net["mac"][:2], 16) & 3 == 2


def test_lab_net_slirp(out):
    """The same without passt."""
    net = transferred(out, "slirp")
    assert net["ip"] == "10.0.2.15" and net["dns"] == "198.51.100.7"
    assert net["mtu"] == "32768"
    assert net["from"] and text_of(out, "slirp.knock") == "answered"


def test_lab_net_tap(out):
    """A tap that was there before serves through vhost-net and without it, and stays."""
    for how in ("tap-on", "tap-off"):
        net = transferred(out, how)
        assert net["mac"] == "02:00:00:00:07:02" and net["mtu"] == "1500"
    assert "tap7" in (out / "tap.after").read_text()


def test_lab_net_bridge(out):
    """A port of a bridge, with its MTU; nothing of it stays."""
    assert transferred(out, "bridge")["mtu"] == "1400"
    assert (out / "bridge.after").read_text() == ""


def text_of(out, name):
    return (out / name).read_text().strip()


def test_lab_qcow2(out):
    """A qcow2 image by its name alone: what was in the image behind it is read, what is written is
    in it and the image whole; random numbers; read-only."""
    disk = [s.values for s in lines.steps((out / "qcow2.log").read_text()) if s.name == "disk"]
    steps(out, "qcow2", "disk", "disk", "random", "log")
    assert disk[0]["read"] == text_of(out, "qcow2.before")
    assert disk[0]["queues"] == "2" and disk[0]["cache"] == "back"
    assert text_of(out, "qcow2.after") == blocks.sha256(6, 16)
    assert text_of(out, "qcow2.check").endswith("\n0"), text_of(out, "qcow2.check")
    found = steps(out, "qcow2-read-only", "disk", "log")["disk"]
    assert found["refused"] == "1" and found["read"] == blocks.sha256(6, 16)


def test_lab_share(out):
    """A shared directory is read and written; read-only it is not written."""
    found = steps(out, "share", "share", "log")["share"]
    assert found["read"] == text_of(out, "share.given")
    assert found["written"] == text_of(out, "share.made")
    found = steps(out, "share-read-only", "share", "log")["share"]
    assert found["read"] == text_of(out, "share.given")
    assert text_of(out, "share.files").split("\n") == ["a directory", "given", "made"]


def test_lab_net_killed(out):
    """kill -9 of tenon: no program of its stays, and what the guest flushed is in the image."""
    log = (out / "killed.log").read_text(errors="replace")
    durable = [int(n) for n in re.findall(r"^DURABLE (\d+)\r?$", log, re.M)]
    before = text_of(out, "killed.before")
    assert len(durable) >= 100, log
    for name in ("qemu-storage", "virtiofsd", "passt", "tenon-slirp"):
        assert name in before, before
    assert text_of(out, "killed.after") == ""
    assert text_of(out, "killed.check").endswith("\n0"), text_of(out, "killed.check")
    assert not blocks.records((out / "killed.img").read_bytes(), max(durable))
