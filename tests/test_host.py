# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon list, groups and explain: on captured dumps, on fake hosts, and on sysroots made here."""
import json
import os
import pathlib
import re
import subprocess
import sys

import pytest

from builds import ROOT, tenon
from terminal import on_terminal

DUMPS = pathlib.Path(os.environ.get("TENON_SHARED", ROOT / "../shared")) / "fixtures/lspci"
if not DUMPS.is_dir():
    DUMPS = ROOT.parent.parent / "shared/fixtures/lspci"
HOSTS = ROOT / "tests/hosts"


def run_tenon(*args, code=0, **kwargs):
    done = subprocess.run([tenon(), *map(str, args)], text=True, capture_output=True, timeout=120,
                          check=False, **kwargs)
    assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


def show(*args, code=0, **kwargs):
    return json.loads(run_tenon(*args, "--json", code=code, **kwargs).stdout)


@pytest.fixture
def dumps():
    if not DUMPS.is_dir():
        pytest.skip("the captured dumps (../shared/fixtures/lspci) are not there")
    return sorted(DUMPS.glob("*.txt"))


def full(address):
    return address if address.count(":") == 2 else "0000:" + address


HEAD = re.compile(r"(?:([0-9a-f]{4,}):)?([0-9a-f]{2}:[0-9a-f]{2}\.[0-7]) ")


def kernel_groups(text):
    """The `IOMMU group:` lines of a dump: number -> addresses. Parsed without tenon's code."""
    groups, at = {}, None
    for line in text.splitlines():
        head = HEAD.match(line)
        if head:
            at = f"{head[1] or '0000'}:{head[2]}"
        elif "IOMMU group:" in line:
            groups.setdefault(int(line.split(":")[1]), []).append(at)
    return {number: sorted(devices) for number, devices in groups.items()}


def without_hex(text):
    return re.sub(r"(?m)^[0-9a-f]{2,3}:( [0-9a-f]{2})+\n", "", text)


def without_ids(text):
    text = re.sub(r" \[[0-9a-f]{4}:[0-9a-f]{4}\]", "", without_hex(text))
    return re.sub(r"(?m)^(\S+ [^:\[]*[^:\[ ]) \[[0-9a-f]{4}\]:", r"\1:", text)


def quoted(text):
    return "Hi,\nhere it is:\n\n" + re.sub("(?m)^", "> ", text).replace("\n", "\r\n")


@pytest.mark.parametrize("name", ["host-predict-dumps", "host-predict-text", "host-predict-names",
                                  "host-predict-mail"])
def test_host_predict(name, dumps, tmp_path):
    """For every dump the prediction equals the kernel's groups: from its hex, from its text,
    without numbers, and quoted in a mail."""
    change = {"host-predict-dumps": lambda t: t, "host-predict-text": without_hex,
              "host-predict-names": without_ids, "host-predict-mail": quoted}[name]
    for dump in dumps:
        text = dump.read_text()
        path = tmp_path / dump.name
        path.write_text(change(text))
        told = show("groups", "--predict", "--lspci", path)
        assert told["predicted"] and told["unknown"] == 0 and told["differences"] == []
        assert all(g["id"] is None and g["why"] for g in told["groups"])
        found = sorted(sorted(g["devices"]) for g in told["groups"])
        assert found == sorted(kernel_groups(text).values()), dump.name


def test_host_groups_of_kernel(dumps):
    """Without --predict the groups and their numbers are the kernel's."""
    for dump in dumps:
        told = show("groups", "--lspci", dump)
        found = {g["id"]: sorted(g["devices"]) for g in told["groups"]}
        assert found == kernel_groups(dump.read_text()), dump.name


# Dump, device, where isolation is lost, and words of the reason.
LOST = [
    ("nb-cfl-gtx1650", "01:00.0", "0000:00:01.0", "no ACS capability"),
    ("xeon-e3v6-pex8748", "0c:00.0", "0000:00:01.0", "no ACS capability"),
    ("nb-lucienne-shared", "04:00.0", "0000:00:08.1", "no ACS capability"),
    ("ryzen-x570-rtx3090", "07:00.1", "0000:02:08.0", "downstream port"),
    ("ryzen-x570-rtx3090", "0a:00.0", "0000:0a:00.0", "functions .0, .1"),
    ("trpro-wrx80-a6000x2", "2b:00.0", "0000:2a:00.0", "requester id"),
    ("nb-icl-irisplus", "00:1d.0", "0000:00:1d.0", "functions .0, .7"),
]


def test_host_explain_names_the_place(dumps):
    for dump, device, place, words in LOST:
        path = DUMPS / f"{dump}.txt"
        shared = subprocess.run([tenon(), "explain", "--json", "--lspci", path, device],
                                text=True, capture_output=True, check=False)
        told = json.loads(shared.stdout)
        assert place in told["lost_at"], (dump, device, told["lost_at"])
        assert any(words in line for line in told["why"]), (dump, device, told["why"])
        assert told["difference"] == "none"


def test_host_explain_choices(dumps):
    """The safest remedies come first, and name ports of this host."""
    path = DUMPS / "nb-icl-irisplus.txt"
    told = show("explain", "--lspci", path, "57:00.0", code=1)
    kinds = [c["kind"] for c in told["choices"]]
    assert kinds == ["other-slot", "firmware", "whole-group", "acs-override"]
    told = show("explain", "--lspci", HOSTS / "switch-ports.txt", "04:00.0")
    assert [c["kind"] for c in told["choices"]] == ["nothing-to-do"]
    told = show("explain", "--lspci", DUMPS / "ryzen-x570-rtx3090.txt", "0a:00.0")
    assert [c["kind"] for c in told["choices"]] == ["nothing-to-do"]
    told = show("explain", "--lspci", DUMPS / "nb-cfl-gtx1650.txt", "01:00.0")
    assert told["path"][-1]["device"] == "0000:00:01.0"
    assert told["path"][-1]["isolates"] is False


def test_host_explain_bridge():
    """A part of the host itself is not assignable, whatever its group."""
    told = show("explain", "--lspci", HOSTS / "switch-ports.txt", "02:01.0", code=1)
    assert [c["kind"] for c in told["choices"]] == ["none"]
    assert "ask for 0000:04:00.0" in told["choices"][0]["text"]


CARD = """00:01.0 PCI bridge [0604]: Made Up Port [1234:0001]
	Bus: primary=00, secondary=01, subordinate=01, sec-latency=0
	Capabilities: [40] Express (v2) Root Port (Slot{slot}), MSI 00
	Capabilities: [100 v1] Access Control Services
		ACSCap:	SrcValid+ TransBlk- ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl- DirectTrans-
		ACSCtl:	SrcValid+ TransBlk- ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl- DirectTrans-

01:00.0 VGA compatible controller [0300]: Made Up Card [1234:1111]
	Capabilities: [40] Express (v2) Endpoint, MSI 00

01:00.1 Audio device [0403]: Another Maker's Sound [8086:293e]
	Capabilities: [40] Express (v2) Endpoint, MSI 00
"""


@pytest.mark.parametrize("slot", ["+", "-"])
def test_host_one_card(slot, tmp_path):
    """Functions in one slot are one card, even of different vendors; beside integrated graphics
    there are controllers of the board."""
    path = tmp_path / "card.txt"
    path.write_text(CARD.format(slot=slot))
    whole = slot == "+"
    told = show("explain", "--lspci", path, "01:00.0", code=0 if whole else 1)
    assert told["choices"][0]["kind"] == ("nothing-to-do" if whole else "whole-group")
    found = show("check", "--lspci", path, "01:00.0", code=0 if whole else 1)["findings"]
    assert [f["severity"] for f in found if f["check"] == "group" and
            f["device"] == "0000:01:00.0"] == ["ok" if whole else "warn"]


def test_host_explain_quirks(dumps):
    """A GeForce has back doors, another card has none."""
    told = show("explain", "--lspci", DUMPS / "ryzen-x570-rtx3090.txt", "0a:00.0")
    when = {q["name"]: q["when"] for q in told["quirks"]}
    assert when["nvidia-mirror"] == when["rebar"] == "always"
    assert when["nvidia-window"] == "vga" and when["nvidia-clique"] == "option"
    assert not [name for name in when if name.startswith(("ati-", "radeon-", "igd"))]
    told = show("explain", "--lspci", DUMPS / "ryzen-x570-rtx3090.txt", "0a:00.1")
    assert told["quirks"] == []


def test_host_explain_missing_bits():
    told = show("explain", "--lspci", HOSTS / "switch-ports.txt", "04:00.0")
    port = told["path"][1]
    assert port["device"] == "0000:02:01.0" and port["acs"]["missing"] == "RR UF"
    assert port["acs"]["offered"] == "SV RR CR UF" and port["acs"]["on"] == "SV CR"


def test_host_list(dumps):
    """Graphics come first; what a dump does not tell is null."""
    told = show("list", "--lspci", DUMPS / "trpro-wrx80-a6000x2.txt")
    devices = told["devices"]
    gpus = [d["address"] for d in devices if d["gpu"]]
    assert gpus == ["0000:2b:00.0", "0000:2e:00.0", "0000:41:00.0"]
    assert [d["gpu"] for d in devices] == sorted((d["gpu"] for d in devices), reverse=True)
    card = devices[1]
    assert (card["vendor"], card["device"], card["driver"]) == ("10de", "2230", "nvidia")
    assert card["group"] == {"id": 53, "predicted": False, "others": ["0000:2e:00.1"],
                             "nr_others": 1}
    assert card["verdict"] == "in-use" and card["rom"] == "present"
    assert [b["size"] for b in card["bars"] if b["kind"] == "memory"] == [
        16 << 20, 256 << 20, 32 << 20]
    assert card["reset"] is None and card["boot_vga"] is False
    aspeed = devices[0]
    assert aspeed["group"]["others"] == ["0000:2a:00.0"]


def test_host_predict_without_rights(tmp_path):
    """For a dump made without root, no groups are shown, but how to get them."""
    path = tmp_path / "lspci.txt"
    path.write_text("00:01.0 PCI bridge [0604]: A [8086:1901]\n\tFlags: bus master\n"
                    "\tCapabilities: <access denied>\n")
    done = run_tenon("groups", "--predict", "--lspci", path, code=3)
    assert "sudo lspci -vvv" in done.stderr and done.stdout == ""


def test_host_wrong_usage(tmp_path):
    for args in [["list", "--nonsense"], ["list", "left"], ["groups", "--sysroot"], ["explain"],
                 ["explain", "--lspci", HOSTS / "amd.txt", "not-an-address"],
                 ["explain", "1", "2"], ["list", "--lspci", "a", "--sysroot", "b"]]:
        done = run_tenon(*args, code=2)
        assert done.stdout == "" and done.stderr.startswith("tenon"), args
    for args in [["list", "--sysroot", tmp_path], ["list", "--lspci", tmp_path / "none"],
                 ["explain", "--lspci", HOSTS / "amd.txt", "7f:00.0"]]:
        done = run_tenon(*args, code=3)
        assert done.stdout == "" and done.stderr.startswith("tenon"), args
    for command in ["list", "groups", "explain"]:
        assert "--sysroot" in run_tenon(command, "--help").stdout


def test_host_standard_input():
    text = (HOSTS / "amd.txt").read_text()
    told = show("list", "--lspci", "-", input=text)
    assert [d["address"] for d in told["devices"]] == ["0000:41:00.0"]


def in_terminal(*args, columns=80, **env):
    """What tenon prints on a terminal of the given width."""
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": str(columns), **env}
    environment.pop("NO_COLOR", None) if "NO_COLOR" not in env else None
    return on_terminal(columns, [tenon(), *map(str, args)], env=environment, stderr=True)


ESCAPE = re.compile(r"\x1b\[[0-9]*m")


@pytest.mark.parametrize("name", ["host-terminal-60", "host-terminal-80", "host-terminal-160"])
def test_host_terminal(name):
    """Tables and paragraphs fit the terminal, and colours are for terminals only."""
    columns = int(name.rsplit("-", 1)[1])
    for args in [["list"], ["explain", "04:00.0"]]:
        args = [args[0], "--lspci", HOSTS / "switch.txt", *args[1:]]
        out = in_terminal(*args, columns=columns)
        assert ESCAPE.search(out)
        lines = ESCAPE.sub("", out).splitlines()
        wide = [line for line in lines if len(line.rstrip("\r")) > columns]
        assert not wide, wide
        assert not ESCAPE.search(in_terminal(*args, columns=columns, NO_COLOR="1"))
        assert "\x1b" not in run_tenon(*args, code=1 if args[0] == "explain" else 0).stdout


def test_host_tree_drawing():
    out = run_tenon("list", "--tree", "--lspci", HOSTS / "switch-ports.txt").stdout.splitlines()
    lost = [line for line in out if "isolation is lost" in line]
    assert len(lost) == 2 and "0000:02:01.0" in lost[0] and "(RR UF) off" in lost[0]
    tree = show("list", "--tree", "--lspci", HOSTS / "switch-ports.txt")
    port = tree["roots"][0]
    assert port["address"] == "0000:00:01.0"
    assert [c["address"] for c in port["children"][0]["children"]] == [
        "0000:02:00.0", "0000:02:01.0", "0000:02:02.0", "0000:02:03.0"]


@pytest.fixture
def made_host(tmp_path):
    """A sysroot with 60 functions, made by bench/make-host."""
    subprocess.run([sys.executable, "-B", ROOT / "bench/make-host", tmp_path / "host", "60"],
                   check=True, capture_output=True)
    return tmp_path / "host"


def test_host_sysroot(made_host):
    told = show("list", "--sysroot", made_host)
    assert len(told["devices"]) == 40
    gpu = told["devices"][0]
    assert gpu["address"] == "0000:01:00.0" and gpu["gpu"]
    assert gpu["group"] == {"id": 2, "predicted": False, "others": ["0000:01:00.1"],
                            "nr_others": 1}
    assert gpu["reset"] == ["flr", "bus"] and gpu["numa"] == 0 and gpu["verdict"] == "ready"
    assert gpu["power_state"] == "D0" and gpu["driver_override"] is None
    assert gpu["link"] == {"speed": "16 GT/s", "width": 16, "max_speed": "16 GT/s",
                           "max_width": 16}
    assert gpu["bars"][0]["size"] == 16 << 20
    told = show("groups", "--predict", "--sysroot", made_host)
    assert told["differences"] == [] and told["unknown"] == 0


def test_host_sysroot_verdicts(made_host):
    devices = made_host / "sys/bus/pci/devices"
    gpu, sound = (devices / f"0000:01:00.{n}" for n in (0, 1))

    def verdict():
        told = show("list", "--sysroot", made_host)["devices"]
        return next(d["verdict"] for d in told if d["address"] == "0000:01:00.0")

    assert verdict() == "ready"
    (sound / "driver").unlink()
    assert verdict() == "ready"
    (gpu / "driver").unlink()
    assert verdict() == "free"
    os.symlink("../../bus/pci/drivers/nvidia", gpu / "driver")
    assert verdict() == "in-use"
    (gpu / "boot_vga").write_text("1\n")
    assert verdict() == "boot-vga"
    (gpu / "iommu_group").unlink()
    assert verdict() == "no-iommu"
    config = bytearray(b"\xff" * 4096)
    (gpu / "config").write_bytes(config)
    assert verdict() == "gone"


def test_host_sysroot_does_not_leak(made_host, tmp_path):
    """Links in a captured sysroot cannot lead the reader to files outside of it."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "config").write_bytes(b"\x86\x80" + bytes(62))
    (outside / "vendor").write_text("0x8086\n")
    link = made_host / "sys/bus/pci/devices/0000:ff:1f.7"
    os.symlink(outside, link)
    (made_host / "sys/bus/pci/devices/0000:01:00.0/vendor").unlink()
    os.symlink(outside / "vendor", made_host / "sys/bus/pci/devices/0000:01:00.0/vendor")
    told = show("list", "--sysroot", made_host)["devices"]
    assert all(d["vendor"] != "8086" or d["device"] != "0000" for d in told)
    seen = [d for d in told if d["address"] == "0000:ff:1f.7"]
    assert all(d["vendor"] is None for d in seen)


def test_host_no_groups(made_host):
    """If the IOMMU is off, that is reported, with the groups that there would be."""
    for link in (made_host / "sys/bus/pci/devices").glob("*/iommu_group"):
        link.unlink()
    for group in (made_host / "sys/kernel/iommu_groups").iterdir():
        group.rmdir()
    done = run_tenon("groups", "--sysroot", made_host, code=1)
    assert "intel_iommu=on" in done.stderr
    assert show("groups", "--sysroot", made_host, code=1)["groups"] == []
    told = show("groups", "--predict", "--sysroot", made_host)
    assert ["0000:01:00.0", "0000:01:00.1"] in [g["devices"] for g in told["groups"]]
    told = show("explain", "--sysroot", made_host, "01:00.0", code=1)
    assert [c["kind"] for c in told["choices"]] == ["iommu-on", "nothing-to-do"]
    assert "without an IOMMU" in run_tenon("list", "--sysroot", made_host).stdout


def test_host_override_is_named(made_host):
    """If pcie_acs_override makes groups finer than the hardware's, that is reported."""
    sound = made_host / "sys/bus/pci/devices/0000:01:00.1/iommu_group"
    sound.unlink()
    os.symlink("../../../../kernel/iommu_groups/999", sound)
    told = show("groups", "--sysroot", made_host)
    assert [d["quirk"] for d in told["differences"]] == ["kernel-separates", "kernel-separates"]
    (made_host / "proc").mkdir()
    (made_host / "proc/cmdline").write_text("quiet pcie_acs_override=downstream\n")
    told = show("groups", "--sysroot", made_host)
    assert [d["quirk"] for d in told["differences"]] == ["acs-override", "acs-override"]
    show("groups", "--predict", "--sysroot", made_host, code=1)


def test_host_running():
    """On the running host, whatever it is, nothing fails and no fact is invented."""
    told = show("list")
    assert told["source"] == "this host"
    run_tenon("list")
    run_tenon("list", "--tree")
