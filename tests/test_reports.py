# SPDX-License-Identifier: GPL-2.0-or-later
"""Pasted reports: small ones with their correct values, and one host in every form."""
import json
import os
import random
import subprocess

import pytest

import pasted
from builds import ROOT, tenon

REPORTS = ROOT / "tests/reports"


def ask(*args, data=None):
    """Exit code and JSON of a command; the report is a file or standard input."""
    done = subprocess.run([tenon(), args[0], "--json", *map(str, args[1:])], input=data,
                          capture_output=True, timeout=120, check=False)
    assert done.returncode in (0, 1, 3), done.stderr
    return done.returncode, json.loads(done.stdout) if done.stdout else None


def report(name):
    return next(REPORTS.glob(name + "-*"))


def about(command, name, *devices):
    source = "--sysroot" if report(name).suffix == ".capture" else "--lspci"
    return ask(command, source, report(name), *devices)


def groups_of(told):
    return {g["id"]: [a.removeprefix("0000:") for a in g["devices"]] for g in told["groups"]}


def devices_of(name):
    return {d["address"].removeprefix("0000:"): d for d in about("list", name)[1]["devices"]}


def kinds(told):
    return [c["kind"] for c in told["choices"]]


def notes(told):
    return {n["kind"]: n["text"] for n in told["notes"]}


def codes(told):
    return [o["code"] for o in told["objections"]]


@pytest.mark.parametrize("name", ["f01", "f01b"])
def test_reports_one_card(name):
    """The functions of a slot are one card, even if the bridge's record is missing."""
    gpu, sound = ("01:00.0", "01:00.1") if name == "f01" else ("00:01.0", "00:01.1")
    code, told = about("explain", name, gpu)
    assert code == 0 and kinds(told) == ["nothing-to-do"]
    planned = about("plan", name, gpu)[1]
    assert [d["address"] for d in planned["devices"]] == ["0000:" + gpu, "0000:" + sound]


@pytest.mark.parametrize("name", ["f02", "f03"])
def test_reports_list_and_drivers(name):
    """A heading ends with its list, and a list of groups tells nothing about drivers."""
    assert groups_of(about("groups", name)[1]) == {14: ["01:00.0", "01:00.1"], 9: ["02:00.0"]}
    devices = devices_of(name)
    assert {a: (d["driver"], d["verdict"]) for a, d in devices.items()} == {
        "01:00.0": ("vfio-pci", "ready"), "01:00.1": ("vfio-pci", "ready"),
        "02:00.0": ("nvme", "in-use")}


def test_reports_merged():
    devices = devices_of("f04")
    assert (devices["01:00.0"]["device"], devices["01:00.0"]["driver"]) == ("13ba", "nvidia")
    assert devices["01:00.0"]["boot_vga"] is True
    assert devices["00:1f.2"]["verdict"] == "unknown" and devices["00:1f.2"]["group"] is None
    code, told = about("explain", "f04", "01:00.0")
    assert code == 1 and kinds(told) == ["unknown"]
    assert [x["kind"] for x in told["reading"]["listings"]] == ["lspci-verbose", "lspci-tree",
                                                                "lspci"]
    assert {a: d["device"] for a, d in devices_of("f21").items()} == {"01:00.0": "0de1"}


def test_reports_wrapped():
    devices = devices_of("f06")
    assert devices["02:00.0"]["group"]["id"] == 14 and devices["02:00.0"]["device"] == "5413"
    assert devices["00:11.0"]["device"] == "4391" and devices["00:11.0"]["group"]["id"] == 3
    assert devices["00:11.0"]["name"].endswith("SB7x0/SB8x0/SB9x0 SATA Controller [AHCI mode]")


def test_reports_unknown():
    """What is not shown is unknown, and the exit codes reflect that."""
    code, told = about("explain", "f07", "03:00.0")
    assert code == 1 and kinds(told) == ["unknown"] and "sudo lspci" in told["choices"][0]["text"]
    assert about("list", "f07")[0] == 1 and about("plan", "f07", "03:00.0")[0] == 1
    assert about("check", "f07", "03:00.0")[0] == 1
    code, planned = about("plan", "f08", "12:00.0")
    assert code == 1 and codes(planned) == ["group-unknown"]
    told = about("explain", "f08", "12:00.0")[1]
    assert "ACS is on" in notes(told)["iommu-on"]
    code, told = about("explain", "f19", "03:00.0")
    assert code == 1 and kinds(told) == ["unknown"] and "group 22" in told["choices"][0]["text"]
    assert codes(about("plan", "f19", "03:00.0")[1]) == ["group-unknown"]


def test_reports_accelerators():
    assert devices_of("f09")["33:00.0"]["gpu"] is True
    assert about("check", "f09")[1]["devices"] == ["0000:33:00.0"]
    switch = devices_of("f10")["05:00.0"]
    assert switch["verdict"] == "unknown" and switch["name"].endswith("[H100 NVSwitch]")
    assert kinds(about("explain", "f10", "05:00.0")[1]) == ["nothing-to-do"]
    assert "fabric manager" in notes(about("explain", "f10", "41:00.0")[1])["nvswitch"]


def test_reports_vmd():
    """Devices behind a VMD controller vanish with the controller's driver."""
    code, told = about("explain", "f11", "10000:e1:00.0")
    assert code == 1 and kinds(told) == ["vmd"]
    code, planned = about("plan", "f11", "10000:e1:00.0")
    assert code == 1 and codes(planned) == ["behind-vmd"] and planned["operations"] == []
    whole = about("plan", "f11", "00:0e.0")[1]
    assert [d["address"] for d in whole["devices"]] == ["0000:00:0e.0"]


def test_reports_acs_off():
    told = about("explain", "f13", "3d:00.0")[1]
    assert kinds(told)[0] == "kernel-option" and "firmware" not in kinds(told)
    assert "the IOMMU may be off" in told["choices"][0]["text"]


def test_reports_display_and_reset():
    assert devices_of("f14")["2d:00.0"]["verdict"] == "boot-vga"
    assert codes(about("plan", "f14", "2d:00.0")[1]) == ["boot-vga"]
    assert "Polaris" in notes(about("explain", "f15", "2e:00.0")[1])["reset"]
    found = about("check", "f15", "2e:00.0")[1]["findings"]
    assert [f["severity"] for f in found if f["check"] == "reset"] == ["warn"]
    assert devices_of("f16")["01:00.0"]["verdict"] == "asleep"
    assert "power/control" in notes(about("explain", "f16", "01:00.0")[1])["asleep"]
    assert "asleep" in codes(about("plan", "f16", "01:00.0")[1])


def test_reports_contradiction():
    """If a text has two states of a host, one is used, and that is reported."""
    told = about("groups", "f18")[1]
    assert groups_of(told) == {16: ["06:00.0"], 12: ["05:00.0"]}
    one, = told["reading"]["contradictions"]
    assert (one["line"], one["other_line"]) == (4, 10) and "05:00.0" in one["text"]
    assert [x["used"] for x in told["reading"]["listings"]] == [True, False]


def test_reports_bridge_and_rmrr():
    path = about("explain", "f23", "0a:00.0")[1]["path"]
    bridge = next(step for step in path if step["device"] == "0000:09:00.0")
    assert bridge["kind"] == "PCIe-to-PCI bridge" and "no PCIe capability" not in bridge["text"]
    for device in ["00:1a.7", "00:1d.0"]:
        found = about("check", "f24", device)[1]["findings"]
        assert [f["severity"] for f in found if f["check"] == "rmrr"
                and f["device"] == "0000:" + device] == ["ok"]


def test_reports_external_box():
    """A card in a box behind a Thunderbolt port: what to know of it, and no advice about slots."""
    text = ("00:1c.0 PCI bridge [0604]: Intel Corporation Root Port [8086:a338]\n"
            "\tBus: primary=00, secondary=04, subordinate=07, sec-latency=0\n"
            "04:00.0 PCI bridge [0604]: Intel Corporation JHL7540 Thunderbolt 3 Bridge [8086:15e7]\n"
            "\tBus: primary=04, secondary=05, subordinate=07, sec-latency=0\n"
            "05:01.0 PCI bridge [0604]: Intel Corporation JHL7540 Thunderbolt 3 Bridge [8086:15e7]\n"
            "\tBus: primary=05, secondary=06, subordinate=06, sec-latency=0\n"
            "06:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA104 [10de:2484]\n")
    told = notes(ask("explain", "--lspci", "-", "06:00.0", data=text.encode())[1])
    assert "0000:05:01.0" in told["thunderbolt"] and "boltctl" in told["thunderbolt"]
    # The same card in a slot of the board.
    told = ask("explain", "--lspci", "-", "06:00.0",
               data=text.replace("15e7", "2030").replace("Thunderbolt 3", "PCIe").encode())[1]
    assert "thunderbolt" not in notes(told)


def test_reports_dom0():
    """Xen has the IOMMU: no groups are no fault, and VFIO is not the way."""
    text = ("[    0.0] Hypervisor detected: Xen PV\n[    0.5] pci 0000:00:02.0: [10de:2482] type 00 "
            "class 0x030000\n")
    told = notes(ask("explain", "--lspci", "-", "00:02.0", data=text.encode())[1])
    assert "xl pci-assignable-add 0000:00:02.0" in told["dom0"] and "guest" not in told


def test_reports_rmrr_refused():
    """The kernel's own refusal, in Intel's words: that device, and no other of the text."""
    text = ("03:00.0 RAID bus controller [0104]: Hewlett-Packard Smart Array [103c:3239]\n"
            "04:00.0 VGA compatible controller [0300]: NVIDIA Corporation GK107 [10de:0ffc]\n"
            "[   42.1] vfio-pci 0000:03:00.0: Device is ineligible for IOMMU domain attach due to "
            "platform RMRR requirement.  Contact your platform vendor.\n")
    told = ask("explain", "--lspci", "-", "03:00.0", data=text.encode())
    assert told[0] == 1 and "RMRR" in notes(told[1])["rmrr"] and "0000:03:00.0" in notes(told[1])["rmrr"]
    assert "rmrr" not in notes(ask("explain", "--lspci", "-", "04:00.0", data=text.encode())[1])


def test_reports_only_display():
    """The host's only display: explain and check name the way that there is."""
    text = ("00:00.0 Host bridge [0600]: Intel Corporation Host Bridge [8086:3ec2]\n"
            "00:1f.0 ISA bridge [0601]: Intel Corporation LPC [8086:a305]\n"
            "01:00.0 VGA compatible controller [0300]: NVIDIA Corporation GA104 [10de:2484]\n"
            "[    0.4] pci 0000:01:00.0: vgaarb: setting as boot VGA device\n")
    told = notes(ask("explain", "--lspci", "-", "01:00.0", data=text.encode())[1])
    assert "tenon run --take-display --device 0000:01:00.0" in told["display"]
    found = ask("check", "--lspci", "-", "01:00.0", data=text.encode())[1]["findings"]
    assert ["--take-display" in f["fix"] for f in found if f["check"] == "boot-vga"] == [True]
    both = text + "02:00.0 VGA compatible controller [0300]: AMD Navi [1002:73bf]\n"
    told = notes(ask("explain", "--lspci", "-", "01:00.0", data=both.encode())[1])
    assert "--take-display" not in told["display"]


@pytest.mark.parametrize("path", sorted(REPORTS.glob("fmt-*")), ids=lambda p: p.stem)
def test_reports_formats(path):
    told = ask("groups", "--lspci", path)[1]
    assert groups_of(told) == ({} if path.stem == "fmt-mm" else {
        0: ["00:00.0"], 1: ["00:01.0", "01:00.0", "01:00.1"], 2: ["00:14.0", "00:14.2"]})
    devices = ask("list", "--lspci", path)[1]["devices"]
    shown = {d["address"]: f"{d['vendor']}:{d['device']}" for d in devices}
    if path.stem not in ("fmt-find-type-l", "fmt-dmesg-new"):
        assert shown["0000:01:00.0"] == "10de:2482" and shown["0000:00:14.2"] == "8086:43ef"


def facts(data):
    """Address -> fact -> value, from the output of two commands."""
    groups, listed = ask("groups", "--lspci", "-", data=data)[1], ask("list", "--lspci", "-",
                                                                      data=data)[1]
    found = {d["address"]: d for d in listed["devices"]}
    return {a: g["id"] for g in groups["groups"] for a in g["devices"]}, found


def check(data, want):
    groups, found = facts(data)
    assert groups == {a: f["group"] for a, f in want.items() if "group" in f}
    for address, device in found.items():
        ids = None if device["vendor"] is None else f"{device['vendor']}:{device['device']}"
        assert ids == want[address].get("ids"), address
        assert device["driver"] == want[address].get("driver"), address


@pytest.mark.parametrize("dress", pasted.DRESSES)
def test_reports_shapes(dress):
    """Every form is read, also quoted, in colours, with line numbers, wrapped."""
    for shape in pasted.SHAPES:
        if pasted.fits(dress, shape):
            text = pasted.as_bytes(pasted.dressed(dress, shape, pasted.DEVICES))
            check(text, pasted.expected([(shape, pasted.DEVICES)]))


@pytest.mark.parametrize("seed", range(4))
def test_reports_mixtures(seed):
    """Any two forms, complete or in part and in any order, show together what both show."""
    for parts, between in pasted.some_mixtures(seed, 30):
        text = between.join(shape(devices) for shape, devices in parts)
        check(text.encode(), pasted.expected(parts))


def test_reports_driver_changes():
    """The later of two drivers counts, and no driver of the earlier listing is mixed in."""
    before = [d[:7] + ("nvidia",) + d[8:] if d[0] == "01:00.0" else d for d in pasted.DEVICES]
    text = pasted.nnk(before) + "\nand then:\n\n" + pasted.nnk(pasted.DEVICES[5:6])
    code, told = ask("list", "--lspci", "-", data=text.encode())
    drivers = {d["address"]: d["driver"] for d in told["devices"]}
    assert code == 1 and drivers["0000:01:00.0"] == "vfio-pci"
    assert drivers["0000:01:00.1"] is None and len(told["reading"]["contradictions"]) == 1


def test_reports_ignored():
    text = "Hello\n" + pasted.inline(pasted.DEVICES) + "\nThanks\nfor help\n"
    reading = ask("groups", "--lspci", "-", data=text.encode())[1]["reading"]
    assert [(i["first"], i["last"], i["text"]) for i in reading["ignored"]] == [
        (1, 1, "Hello"), (11, 12, "Thanks")]
    assert reading["listings"] == [{"kind": "groups", "first": 2, "last": 9, "devices": 8,
                                    "used": True}]


def test_reports_virtual():
    """A text from inside a guest is recognised as that."""
    text = ("[    0.0] Hypervisor detected: KVM\n[    0.5] pci 0000:00:00.0: [8086:29c0] type 00 "
            "class 0x060000 conventional PCI endpoint\n"
            "[    0.5] pci 0000:00:02.0: [10de:2482] type 00 class 0x030000\n")
    told = ask("explain", "--lspci", "-", "00:02.0", data=text.encode())[1]
    assert "KVM" in notes(told)["guest"]


def test_reports_linear():
    """Reading is linear: five megabytes of log around a report, and 16,000 devices."""
    rng = random.Random(1)
    words = "the drm nvidia-modeset: 0x0000 loading 0000:01:00.0 iommu VGA kernel: (EE)".split()
    log = "".join(f"[{i / 100:12.6f}] {' '.join(rng.choices(words, k=12))}\n"
                  for i in range(60000))
    text = (log + "\n" + pasted.very_verbose(pasted.DEVICES) + "\n" + log).encode()
    many = "".join(f"IOMMU Group {i} {i >> 16:04x}:{i >> 8 & 255:02x}:{i >> 3 & 31:02x}.{i & 7} "
                   "VGA compatible controller [0300]: NVIDIA Corporation X [10de:2204]\n"
                   for i in range(16000)).encode()
    for data, most in [(text, 0.2 * len(text) / 5e6), (many, 0.5)]:
        start = os.times().children_user
        ask("groups", "--lspci", "-", data=data)
        used = os.times().children_user - start
        # The machine may be busy, and the program has sanitizers: test how the time grows, not the
        # time.
        assert used < 5 * most


def test_reports_bug_report():
    """A complete report by a driver's script: listings of its devices and of all devices, a tree, a
    log."""
    devices, rule = pasted.DEVICES, "_" * 44 + "\n\n"
    text = (rule + "*** /proc/cmdline\nBOOT_IMAGE=/vmlinuz ro intel_iommu=on\n" + rule
            + '/usr/bin/lspci -d "10de:*" -v -xxx\n\n' + pasted.verbose(devices[5:7]) + rule
            + "/usr/bin/lspci -t\n\n-[0000:00]-+-00.0\n           +-01.0-[01]--+-00.0\n"
            "           |            \\-00.1\n           \\-1b.0-[02]----00.0\n" + rule
            + "/usr/bin/lspci -nn\n\n" + pasted.nn(devices) + rule
            + "*** dmesg\n[    0.000000] Linux version 6.1.0\n"
            "[    0.100000] DMAR-IR: Enabled IRQ remapping in x2apic mode\n"
            "[    0.310000] pci 0000:01:00.0: vgaarb: setting as boot VGA device\n"
            + pasted.dmesg(devices)).encode()
    told = ask("list", "--lspci", "-", data=text)[1]
    card = told["devices"][0]
    assert card["address"] == "0000:01:00.0" and card["driver"] == "vfio-pci"
    assert card["boot_vga"] is True and card["verdict"] == "ready"
    assert [x["kind"] for x in told["reading"]["listings"]] == [
        "kernel", "lspci-verbose", "lspci-tree", "lspci", "kernel"]
    tree = ask("list", "--tree", "--lspci", "-", data=text)[1]
    port = next(r for r in tree["roots"] if r["address"] == "0000:00:1b.0")
    assert [c["address"] for c in port["children"]] == ["0000:02:00.0"]
    found = ask("check", "--lspci", "-", data=text)[1]["findings"]
    assert {f["check"]: f["severity"] for f in found}["interrupt-remapping"] == "ok"
