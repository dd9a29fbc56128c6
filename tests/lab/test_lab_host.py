# SPDX-License-Identifier: GPL-2.0-or-later
"""Changing a real kernel's host: bind, release, recover and reset, killed at each step; what check
and the VGA arbiter say of it."""
import json
import pathlib

import pytest

from builds import built, tenon
from tenonlab import Lab

HERE = pathlib.Path(__file__).resolve().parent

# The kernel believes in a reset of a link only where the link says that it is up again, which those
# of an emulated port do at low speeds.
TOPOLOGY = """
base = "cards"

[[port]]
id = "rp-fresh"
kind = "root-port"
addr = "b"
properties = "x-speed=5"

[[device]]
id = "fresh"
model = "virtio-vga,iommu_platform=on,disable-legacy=on"
under = "rp-fresh"

[[port]]
id = "rp-pair"
kind = "root-port"
addr = "c"
properties = "x-speed=5"

[[device]]
id = "pair"
model = "VGA"
under = "rp-pair"
addr = "0.0"

[[device]]
id = "pair-audio"
model = "ich9-intel-hda"
under = "rp-pair"
addr = "0.1"
"""

# Test -> the case of host.sh that it judges. One lab serves them all.
CASES = {
    "lab-host-kill-bind": "kill_bind",
    "lab-host-kill-release": "kill_release",
    "lab-host-kill-recover": "kill_recover",
    "lab-host-reset": "reset",
    "lab-host-check": "check",
    "lab-host-persist": "persist",
}


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the cases that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    cases = [case for name, case in CASES.items() if name in wanted]
    directory = tmp_path_factory.mktemp("host")
    topology = directory.with_suffix(".toml")
    topology.write_text(TOPOLOGY)
    result = Lab(topology=topology, out=directory, timeout=1200).run(
        HERE / "host.sh", [tenon(), built("build-gcc") / "tests", *cases])
    # What is not done at the time limit has no status, and its test fails.
    assert result.status in (0, 124), result.output
    print(result.output)
    return directory


def log(out, case):
    """What a case printed; it came to its end, and the host was always as it should be."""
    text = (out / f"{case}.log").read_text(errors="replace")
    ended = out / f"{case}.status"
    assert ended.exists(), f"not at its end when the lab's time was up:\n{text}"
    assert int(ended.read_text()) == 0, text
    return text


def kills(out, case):
    return int(log(out, case).split("killed ")[-1])


def test_lab_host_kill_bind(out):
    """Killed at each write and sync of a bind, the host is as it was after recover."""
    assert kills(out, "kill_bind") > 60


def test_lab_host_kill_release(out):
    """The same of a release of two transactions."""
    assert kills(out, "kill_release") > 20


def test_lab_host_kill_recover(out):
    """The same of a recover, by another recover."""
    assert kills(out, "kill_recover") > 10


def test_lab_host_reset(out):
    """A card is reset, by each way that it has; refused with a reason where it is not owned whole;
    and the host is as before each time, also where it is killed."""
    assert kills(out, "reset") > 5
    done = json.loads((out / "reset-no-driver.json").read_text())
    assert [m["method"] for m in done["methods"]] == ["flr", "bus", "slot", "pm"]
    assert [m["usable"] for m in done["methods"]] == [True, True, False, True]
    assert done["result"] == "reset" and done["error"] is None
    half = json.loads((out / "reset-half.json").read_text())
    assert not [m for m in half["methods"] if m["method"] in ("slot", "bus") and m["usable"]]
    both = json.loads((out / "reset-both.json").read_text())
    assert both["method"] == "slot" and both["result"] == "reset"
    assert len(both["on_the_link"]) == 1


def test_lab_host_check(out):
    """What check says of a real kernel: nothing is unknown to root but the ROM of a card at work,
    and the troubles are those that the topology has."""
    assert "WARN     group: " in log(out, "check")
    cards = dict(line.split() for line in (out / "cards").read_text().splitlines())
    reports = {name: json.loads((out / f"check-{name}.json").read_text())
               for name in ("pair", "shared0", "hostvga", "nvme")}

    def findings(card, device, *severities):
        address = cards.get(device)
        return {f["check"]: f for f in reports[card]["findings"]
                if f["device"] == address and f["severity"] in severities}

    for name in reports:
        assert not findings(name, None, "unknown", "warn", "fail")
        assert set(findings(name, None, "ok")) >= {
            "iommu", "interrupt-remapping", "kvm", "vfio", "address-width", "memlock", "vga"}
    assert reports["pair"]["devices"] == [cards["pair"], cards["pair-audio"]]
    assert not findings("pair", "pair", "warn", "fail")
    assert set(findings("pair", "pair", "unknown")) == {"rom"}
    assert "bochs-drm" in json.dumps(findings("pair", "pair", "info")["viable"]["evidence"])
    group = findings("shared0", "shared0", "warn")["group"]
    assert cards["shared1"] in json.dumps(group["evidence"]) and group["fix"]
    assert "boot-vga" in findings("hostvga", "hostvga", "warn")
    assert not findings("nvme", "nvme", "unknown", "warn", "fail") and reports["nvme"]["ready"]
    # The firmware's card has legacy VGA, and no other.
    said = [e["said"] for e in findings("pair", None, "ok")["vga"]["evidence"][1:]]
    assert [s for s in said if "do not" not in s] == ["VGA accesses reach it, no driver"]


def test_lab_host_persist(out):
    """After a reboot the card is VFIO's and its group's file is the user's, also where its driver
    was there first, and its twin is not; the initramfs has all of it; and after a release nothing
    is left."""
    log(out, "persist")
    made = (out / "made").read_text().split()
    tag = next(m for m in made if "hooks" in m).split("/tenon-")[1]
    assert sorted(made) == sorted([
        f"/etc/initramfs-tools/hooks/tenon-{tag}", f"/etc/modprobe.d/tenon-{tag}.conf",
        f"/etc/udev/rules.d/10-tenon-{tag}.rules", f"/etc/udev/rules.d/10-tenon-{tag}-user.rules"])
    assert (out / "owners").read_text().split() == ["games"] * 3
    order = [line.split(".ko")[0] for line in (out / "modprobe").read_text().splitlines()]
    assert order.index("vfio-pci") < order.index("bochs")

    def drivers(name):
        return [line.split()[1] for line in (out / name).read_text().splitlines()]

    assert drivers("after-reboot") == ["vfio-pci", "vfio-pci", "bochs-drm"] * 2
    packed = [line.rsplit("/", 1)[1] for line in (out / "initramfs").read_text().splitlines()]
    assert {f"tenon-{tag}.conf", f"10-tenon-{tag}.rules"} <= set(packed)
    assert any(name.startswith("vfio-pci.ko") for name in packed)
    assert (out / "left").read_text() == ""
    assert "update-initramfs -u -k all" in log(out, "persist").split("is as it was")[-1]
    assert drivers("after-release") == ["bochs-drm", "snd_hda_intel", "bochs-drm"]


# Asks with the product, then again while a program has gpu0's legacy VGA locked.
ARBITER = r"""
TENON vga --json >$OUT/free.json || exit 1
TENON vga || exit 1
python3 -c '
import os, subprocess, sys
fd = os.open("/dev/vga_arbiter", os.O_RDWR)
os.write(fd, b"target PCI:" + sys.argv[1].encode())
os.write(fd, b"lock io+mem")
with open(sys.argv[2], "w") as out:
    sys.exit(subprocess.run(["TENON", "vga", "--json"], stdout=out).returncode)
' $(lab-card CARD) $OUT/locked.json
[ $? = 1 ] || exit 1
TENON vga --json >$OUT/after.json || exit 1
lab-card >$OUT/cards
"""

TWO_CARDS = """
[[device]]
id = "hostvga"
model = "VGA"
addr = "2"

[[port]]
id = "rp"
kind = "root-port"
addr = "4"

[[device]]
id = "card"
model = "VGA"
under = "rp"
"""


def arbiter(tmp_path, topology, card):
    tmp_path.mkdir()
    job, out = tmp_path / "job.sh", tmp_path / "out"
    job.write_text(ARBITER.replace("TENON", str(tenon())).replace("CARD", card))
    result = Lab(topology=topology, out=out, timeout=300).run(job)
    assert result.status == 0, result.output
    names = {a: n for n, a in (line.split() for line in (out / "cards").read_text().splitlines())}
    views = {}
    for name in ("free", "locked", "after"):
        view = json.loads((out / f"{name}.json").read_text())
        assert view["arbiter"]
        views[name] = view, {names[c["address"]]: c for c in view["cards"]}
    return views


def test_lab_host_vga(tmp_path):
    """The arbiter's view with two and with three VGA cards, free and locked by a program."""
    path = tmp_path / "two.toml"
    path.write_text(TWO_CARDS)
    for topology, card, want in (
            (path, "card", {"hostvga", "card"}),
            ("default", "gpu0", {"hostvga", "gpu0", "gpu2"})):
        views = arbiter(tmp_path / card, topology, card)
        for name in ("free", "after"):
            view, cards = views[name]
            assert set(cards) == want and view["count"] == len(want)
            assert view["default"] == cards["hostvga"]["address"]
            assert cards["hostvga"]["boot_vga"]
            assert all(c["arbiter"]["locks"] == "none" and not c["hindered"]
                       for c in cards.values())
        view, cards = views["free"]
        assert cards["hostvga"]["arbiter"]["owns"] == "io+mem" and cards["hostvga"]["reached"]
        assert cards[card]["arbiter"]["owns"] == "none" and not cards[card]["reached"]
        view, cards = views["locked"]
        assert cards[card]["arbiter"] == {
            "decodes": "io+mem", "owns": "io+mem", "locks": "io+mem"}
        assert cards[card]["hindered"] and cards[card]["reached"]
        assert cards[card]["bridges"][0]["forwards_vga"]
        assert cards["hostvga"]["arbiter"]["owns"] == "none"
