# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run --usb: USB devices of the lab's host in a guest, and on the host again. One lab serves all of it."""
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

# Test -> the job of usb_host.sh that it judges.
JOBS = {
    "lab-usb-host-disk": "disk",
    "lab-usb-host-replug": "disk",
    "lab-usb-host-killed": "disk",
    "lab-usb-host-two": "disk",
    "lab-usb-host-reboot": "again",
    "lab-usb-host-keyboard": "keyboard",
}


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("usb")
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, ["xhci_pci", "usb_storage", "sd_mod", "usbhid", "hid_generic",
                                               "evdev"])
        result = Lab(topology="usb", out=directory, timeout=900).run(
            HERE / "usb_host.sh", [tenon(), unpacked(stock.image), initrd, *jobs])
    finally:
        stock.close()
    assert result.status in (0, 124), result.output
    return directory


def on_host(out, job):
    return dict(line.split("=") for line in (out / f"{job}.host").read_text().splitlines())


def steps(out):
    return lines.passed(printed(out, "disk", 128 + 9), "disk", "disk", "disk", "disk", "log")


def test_lab_usb_host_disk(out):
    """A USB disk of the host is the guest's: what it reads is what the disk has, and what it writes is there;
    the host's driver has let go of it meanwhile."""
    read, mixed, written, *_ = steps(out)
    host = on_host(out, "disk")
    assert re.search(r"TENON-S .* taken: tenon \(process \d+, machine desk\)$",
                     (out / "meanwhile.txt").read_text(), re.M)
    assert host["first"] == "usb-storage" and host["meanwhile"] == "usbfs"
    assert read["read"] == host["before"]
    assert read["sectors"] == mixed["sectors"] == str(24 * 2048)
    assert written["written"] == "4" and host["written"] == blocks.sha256(3, 4)


def test_lab_usb_host_replug(out):
    """The disk is unplugged from the guest as from the host, and is the guest's again when it comes back."""
    *_, written, again, log = steps(out)
    assert written["gone"] == "1" and again["read"] == on_host(out, "disk")["host"]
    assert re.search(r"USB 46f4:0001:TENON-S is unplugged\n(.*\n)*.*is plugged into the guest",
                     (out / "disk.err").read_text())
    assert "FAIL" not in str(log)


def test_lab_usb_host_killed(out):
    """After kill -9 the host's driver has the disk, and reads it."""
    host = on_host(out, "disk")
    assert host["last"] == "usb-storage"
    assert re.fullmatch(r"[0-9a-f]{64}", host["host"])


def test_lab_usb_host_two(out):
    """A second machine says that another has the device, and goes on."""
    assert "another program has it" in (out / "second.err").read_text() or \
        "another machine has it" in (out / "second.err").read_text()


def test_lab_usb_host_reboot(out):
    """The disk is the guest's after a reboot, too, and after the process that drives it was killed; at the end of
    the machine it is the host's."""
    text = printed(out, "again")
    host = on_host(out, "again")
    assert [s["boot"] for s in lines.starts(text)] == ["1", "2"]
    found = lines.passed(text, *["disk"] * 4)
    assert [step["read"] for step in found] == [host["before"]] * 4
    assert "was ended by signal 9" in (out / "again.err").read_text()
    assert host["last"] == "usb-storage"


def test_lab_usb_host_keyboard(out):
    """The host's keyboard, behind a hub, is refused; with force its keys are the guest's, and the host has it
    again at the end."""
    assert "keyboard of this host" in (out / "keyboard.txt").read_text()
    printed(out, "refused", 3)
    said = (out / "refused.err").read_text()
    assert "it is a keyboard of this host" in said and "force=on" in said, said
    keys, = lines.passed(printed(out, "keyboard"), "keys")
    assert keys["keys"] == "30,48,46,28" and keys["held"] == "0"
    assert on_host(out, "keyboard")["last"] == "usbhid"
