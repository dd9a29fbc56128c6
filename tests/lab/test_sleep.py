# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests that sleep and wake, with assigned cards. One lab serves all."""
import json
import pathlib
import re

import pytest

from builds import tenon
from guest import lines, pattern
from guest.build import build_initramfs
from guest.distribution import OVMF_CODE
from guest.jobs import printed
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent
MODULES = ["bochs", "nvme", "virtio-pci", "virtio-blk", "rtc_cmos"]

# Test -> the job of sleep.sh that it judges.
JOBS = {
    "lab-sleep-direct": "direct",
    "lab-sleep-paused": "direct",
    "lab-sleep-bios": "bios",
    "lab-sleep-uefi": "uefi",
    "lab-sleep-disk": "disk",
}


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("sleep")
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, MODULES)
        result = Lab(topology="cards", out=directory, timeout=1200).run(
            HERE / "sleep.sh", [tenon(), OVMF_CODE, stock.image, unpacked(stock.image), initrd, *jobs])
    finally:
        stock.close()
    assert result.status in (0, 124), result.output
    return directory


def slept(out, job):
    """The guest's sleeps, in the words of tenon."""
    return re.findall(r"the guest (sleeps|wakes)", (out / f"{job}.err").read_text())


def test_lab_sleep_direct(out):
    """Memory, processors, a card's picture and a disk's data are right after each of two sleeps; the
    alarm ends the first, a command the second."""
    _, _, first, _, _, second, smp, _, log = lines.passed(
        printed(out, "direct"), "drm", "nvme", "sleep", "drm", "nvme", "sleep", "smp", "drm", "log")
    assert 1 <= int(first["seconds"]) <= 60 and first["cpus"] == second["cpus"] == smp["cpus"] == "2"
    assert slept(out, "direct") == ["sleeps", "wakes"] * 2
    for n, seed in enumerate((21, 22, 23), 1):
        pattern.compare(out / f"direct-{n}.png", seed, 1024, 768)


def test_lab_sleep_paused(out):
    """A guest that is paused while it sleeps wakes when it goes on."""
    state = json.loads((out / "direct.json").read_text())["state"]
    paused = json.loads((out / "direct-paused.json").read_text())["state"]
    assert (state, paused) == ("suspended", "paused")


def test_lab_sleep_bios(out):
    """The same with SeaBIOS; the power button wakes the guest, and does not end it."""
    lines.passed(printed(out, "bios"), "drm", "sleep", "drm", "log")
    assert slept(out, "bios") == ["sleeps", "wakes"]
    pattern.compare(out / "bios-2.png", 25, 1024, 768)


def test_lab_sleep_uefi(out):
    """The same with OVMF, twice; lab-secureboot-sleep has it with SMM."""
    lines.passed(printed(out, "uefi"), "drm", "sleep", "drm", "sleep", "log")
    assert slept(out, "uefi") == ["sleeps", "wakes"] * 2
    pattern.compare(out / "uefi-2.png", 27, 1024, 768)


def test_lab_sleep_disk(out):
    """A guest that has written its memory to a disk ends its machine, and goes on in another."""
    lines.passed(printed(out, "disk-first"))
    lines.passed(printed(out, "disk-second"), "hibernate")
