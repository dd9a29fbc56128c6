# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run --input: a keyboard and a mouse of the lab's host, made by uinput, that the host and guests
share. One lab serves all of it."""
import collections
import pathlib
import re

import pytest

from builds import tenon
from guest import lines
from guest.build import build_initramfs
from guest.jobs import printed
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent

# Test -> the job of input.sh that it judges.
JOBS = {
    "lab-input-desk": "share",
    "lab-input-lights": "share",
    "lab-input-together": "together",
    "lab-input-killed": "killed",
    "lab-input-contained": "killed",
}


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("input")
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, ["psmouse", "evdev"])
        result = Lab(topology="cards", out=directory, timeout=1500).run(
            HERE / "input.sh",
            [tenon(), unpacked(stock.image), initrd, HERE / "desk.py", *jobs])
    finally:
        stock.close()
    assert result.status in (0, 124), result.output
    return directory


def heard_by_guest(out, name):
    heard, = lines.passed(printed(out, name), "keys")
    assert heard["held"] == "0", heard
    return heard


def heard_by_host(out, job):
    """The codes of the keys that the host saw pressed. Each was released, too."""
    text = (out / f"{job}.desk").read_text()
    down = collections.Counter(re.findall(r"^key (\d+) 1$", text, re.M))
    up = collections.Counter(re.findall(r"^key (\d+) 0$", text, re.M))
    assert down == up
    return down


def test_lab_input_desk(out):
    """Keys and motion go to one side at a time; a keyboard that comes back is the guest's again."""
    heard = heard_by_guest(out, "share")
    # A, CapsLock, both Ctrl; then, after the host had its turn, C and Enter.
    assert heard["keys"] == "30,58,29,97,46,28", heard
    assert (heard["x"], heard["y"], heard["wheel"]) == ("30", "-20", "-1"), heard
    # B, and both Ctrl to change sides; D when the guest had ended.
    assert dict(heard_by_host(out, "share")) == {"48": 1, "29": 1, "97": 1, "32": 1}
    assert re.findall(r"^move (\d) (-?\d+)$", (out / "share.desk").read_text(), re.M) == [
        ("0", "5"), ("1", "5")]


def test_lab_input_lights(out):
    """The guest's CapsLock is seen on the host's keyboard."""
    printed(out, "share")
    assert re.search(r"^led 1 1$", (out / "share.desk").read_text(), re.M)


def test_lab_input_together(out):
    """From the host to the first guest, the second, and back, 200 times: no key sticks anywhere."""
    first, second = heard_by_guest(out, "first"), heard_by_guest(out, "second")
    assert first["keys"].startswith("30,29,97,"), first
    assert second["keys"].startswith("48,29,97,"), second
    assert "46" not in (first["keys"] + "," + second["keys"]).split(",")
    host = heard_by_host(out, "together")
    assert host["46"] == 1 and host["32"] == 1 and host["29"] == host["97"] == 68, host


def test_lab_input_killed(out):
    """kill -9 leaves the devices with the host; without its reader the guest goes on."""
    printed(out, "killed", 128 + 9)
    host = heard_by_host(out, "killed")
    assert host["48"] == 1 and host["30"] == 0 and host["34"] == 0 and host["46"] == 1, host
    printed(out, "orphan", 128 + 15)
    assert "the guest goes on without them" in (out / "orphan.err").read_text()


def test_lab_input_contained(out):
    """The process that reads the devices is alone in its namespaces, without rights."""
    rows = [line.split() for line in (out / "orphan.namespaces").read_text().splitlines()]
    assert [row[0] for row in rows[:3]] == ["mnt", "pid", "ipc"], rows
    assert all(theirs.startswith(kind + ":") and ours != theirs for kind, ours, theirs in rows[:-4])
    assert [row[0] for row in rows[-4:]] == ["Uid:", "CapEff:", "NoNewPrivs:", "Seccomp:"], rows
    assert [row[1] for row in rows[-3:]] == ["0" * 16, "1", "2"], rows
