# SPDX-License-Identifier: GPL-2.0-or-later
"""What the commands about a host print in everyday situations, on fake hosts."""
import json
import os
import pathlib
import re
import resource
import shutil
import subprocess
import tempfile

import pytest

from builds import ROOT, built, tenon
from hosttree import GPU, IGPU, SOUND, Tree, config
from test_act import CARD, Host

NVME = "0000:02:00.0"


def call(*args, code=0, **options):
    done = subprocess.run([tenon(), *args], text=True, capture_output=True, check=False,
                          timeout=60, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def told(*args, code=0):
    return json.loads(call(*args, "--json", code=code).stdout)


@pytest.fixture
def tree(tmp_path):
    return Tree(tmp_path / "host")


def start_guest(tree, *command_line, pid=812, shown=None):
    """Starts a process that has the group of the graphics card and its sound open, and possibly
    the file by which a machine shows its name."""
    tree.process(pid, command_line[0], "/dev/vfio/3")
    tree.write(f"proc/{pid}/cmdline", "\0".join(command_line) + "\0")
    if shown:
        tree.link(f"proc/{pid}/fd/4", f"/memfd:tenon-machine:{shown} (deleted)")


@pytest.mark.parametrize("command_line, shown, machine", [
    (["tenon", "run", "vm.conf"], "win11", "win11"),
    (["tenon", "run", "vm.conf", "-name", "other"], "win11", "win11"),
    (["tenon", "run", "--device", "01:00.0"], None, None),
    (["tenon", "run"], "\x1b[2Jred", "\\x1b[2Jred"),
    (["qemu-system-x86", "-name", "guest=win11,debug-threads=on"], None, "win11"),
    (["qemu-system-x86", "-name", "\x1b[2J,debug-threads=on"], None, "\\x1b[2J"),
    (["qemu-system-x86", "-m", "4G"], None, None),
], ids=["shown", "both", "nameless-tenon", "hostile", "qemu", "hostile-qemu", "nameless-qemu"])
def test_cli_busy_card(command_line, shown, machine, tree):
    """Every command shows that a guest has the card, and none calls it free."""
    root = ["--sysroot", tree.root]
    assert told("list", *root)["devices"][1]["guest"] is None
    start_guest(tree, *command_line, shown=shown)
    listed = {d["address"]: d for d in told("list", *root)["devices"]}
    who = {"pid": 812, "program": command_line[0], "machine": machine}
    assert listed[GPU]["guest"] == listed[SOUND]["guest"] == who
    assert listed[GPU]["verdict"] == listed[SOUND]["verdict"] == "guest"
    assert listed[IGPU]["guest"] is None and listed[IGPU]["verdict"] == "boot-vga"
    text = f"{command_line[0]} (process 812" + (f", machine {machine})" if machine else ")")
    assert f"guest: {text}" in call("list", *root, env={"COLUMNS": "300"}).stdout
    plan = told("plan", GPU, *root, code=1)
    assert {o["code"] for o in plan["objections"]} == {"guest"} and not plan["allowed"]
    assert f"belongs to a guest: {text}" in plan["objections"][0]["text"]
    done = call("bind", GPU, *root, code=1)
    assert "belongs to a guest" in done.stderr
    assert told("explain", GPU, *root, code=1)["guest"] == who
    assert f"A guest has it: {text}" in call("explain", GPU, *root, code=1).stdout


@pytest.fixture
def live(tmp_path):
    """A fake host whose sysfs reacts to writes."""
    made = Host(tmp_path / "live")
    for directory in ("udev/rules.d", "modprobe.d", "initramfs-tools/hooks"):
        (made.root / "etc" / directory).mkdir(parents=True)
    made.write("lib/modules/6.1.0-made/modules.alias",
               "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n")
    return made


def files_of_tenon(live):
    return sorted(p.name for p in (live.root / "etc").rglob("*tenon*"))


@pytest.mark.parametrize("way", ["all-at-once", "step-by-step", "stay"])
def test_cli_persist_later(way, live):
    """--persist can be a separate step after a bind, and can be undone on its own."""
    before = live.state()
    assert live.json("bind", CARD)["result"] == "bound"
    bound = live.state()
    done = live.json("bind", "--persist", CARD)
    assert done["result"] == "bound" and done["run_after"] == "update-initramfs -u -k all"
    assert len(files_of_tenon(live)) == 3
    assert live.json("bind", "--persist", CARD)["result"] == "already"
    if way == "step-by-step":
        done = live.json("release", "--persist", CARD)["transactions"]
        assert [t["result"] for t in done] == ["not-persistent"]
        assert done[0]["run_after"] == "update-initramfs -u -k all"
        assert not files_of_tenon(live) and live.state() == bound
        assert live.json("release", "--persist", CARD)["transactions"][0]["result"] == "nothing"
        assert live.json("recover")["transactions"][0]["result"] == "in-force"
        assert live.json("bind", "--persist", CARD)["result"] == "bound"
        assert len(files_of_tenon(live)) == 3
    if way == "stay":
        assert live.json("recover")["transactions"][0]["result"] == "in-force"
        assert "stays with VFIO" in live.tenon("release", "--persist", SOUND).stdout
    assert live.json("release", CARD)["transactions"][0]["result"] == "put-back"
    assert live.state() == before and not live.journals() and not files_of_tenon(live)


def test_cli_persist_cut_off(live):
    """If tenon is killed while it makes a bind persistent, that is undone, and the bind stays."""
    shim = pathlib.Path(built("build-gcc") / "tests/shim")
    both = f"{shim / 'kill-at.so'}:{shim / 'made-kernel.so'}"
    live.tenon("bind", CARD)
    bound, killed = live.state(), 0
    for n in range(1, 60):
        done = live.tenon("bind", "--persist", CARD, LD_PRELOAD=both, KILL_AT=str(n))
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        killed += 1
        assert live.json("recover")["transactions"][0]["result"] == "in-force"
        live.json("release", "--persist", CARD)  # if the kill came after the last step
        assert live.state() == bound and not files_of_tenon(live), n
    assert killed > 10


def test_cli_release_twice(live):
    """A second release succeeds, as a second bind does; releasing a device that tenon never bound
    is still an error."""
    assert live.json("bind", CARD)["result"] == "bound"
    assert live.json("bind", CARD)["result"] == "already"
    assert live.tenon("release", CARD).returncode == 0
    done = live.tenon("release", CARD)
    assert done.returncode == 0 and "0000:01:00.0 is not bound by tenon" in done.stdout
    assert live.json("release", CARD)["transactions"][0]["result"] == "nothing"
    done = live.tenon("release", "0000:7f:00.0")
    assert done.returncode == 3 and "no PCI function 0000:7f:00.0" in done.stderr
    assert "driver_override" not in done.stderr


def lspci_text(*devices):
    """The output of lspci -vvvnn for devices: address, class, name, IDs, group and more lines."""
    return "\n".join(
        f"{addr} {kind}: {name} [{ids}]" + "".join(f"\n\t{line}" for line in
                                                   [f"IOMMU group: {group}", *lines]) + "\n"
        for addr, kind, name, ids, group, *lines in devices)


@pytest.mark.parametrize("addr, words", [
    ("02:00.0", ["whether file systems or swap of the host are on 0000:02:00.0"]),
    ("00:02.0", ["whether 0000:00:02.0 is the host's display",
                 "0000:00:14.0, a USB controller, goes along: it shares the IOMMU group of "
                 "0000:00:02.0",
                 "whether the host's keyboard, mouse or disks are behind 0000:00:14.0"]),
    ("03:00.0", ["whether the host reaches the network through 0000:03:00.0"]),
], ids=["disk", "graphics", "network"])
def test_cli_plan_unknown(addr, words, tmp_path):
    """What lspci's output lacks is reported as unknown; devices that must go along are named."""
    dump = tmp_path / "lspci.txt"
    dump.write_text(lspci_text(
        ("00:00.0", "Host bridge [0600]", "Intel Host", "8086:9a14", 0),
        ("00:02.0", "VGA compatible controller [0300]", "Intel Iris", "8086:9a49", 1),
        ("00:14.0", "USB controller [0c03]", "Intel USB", "8086:a0ed", 1),
        ("02:00.0", "Non-Volatile memory controller [0108]", "Samsung SM981", "144d:a808", 14),
        ("03:00.0", "Ethernet controller [0200]", "Intel I225", "8086:15f3", 15)))
    notes = " ".join(n["text"] for n in told("plan", addr, "--lspci", dump)["notes"])
    for text in words:
        assert text in notes, notes
    assert "not known from this source: which programs and guests" in notes
    assert "not known from this source" in call("plan", addr, "--lspci", dump).stdout


def test_cli_plan_run_line(tree):
    """The command after a plan includes the functions that go along with the card."""
    done = call("plan", "--for", "secondary", GPU, "--sysroot", tree.root)
    assert f"  tenon run --display vnc=:0 --device {GPU} --device {SOUND}\n" in done.stdout


def test_cli_no_device(tree):
    """A device that does not exist gives a short error, whatever the command."""
    for command in ("plan", "explain", "bind", "reset"):
        done = subprocess.run([tenon(), command, "--sysroot", tree.root, "0000:7f:00.0"],
                              text=True, capture_output=True, check=False)
        assert done.returncode in (1, 3), command
        said = done.stdout + done.stderr
        assert "no PCI function 0000:7f:00.0" in said and "driver_override" not in said
        assert len(said.splitlines()) <= 5, said


def findings(tree, *args, code=1):
    report = told("check", "--sysroot", tree.root, *args, code=code)
    return {f["check"]: f for f in report["findings"] if f["device"] is None}


def without_virtualisation(tree, vendor=None):
    cpuinfo = (tree.root / "proc/cpuinfo").read_text()
    tree.write("proc/cpuinfo", cpuinfo.replace(" vmx ept", " hypervisor" if vendor else ""))
    if vendor:
        tree.write("sys/class/dmi/id/sys_vendor", vendor + "\n")
        tree.write("sys/class/dmi/id/product_name", "Standard PC\n")


def test_cli_check_kvm_works(tree):
    """KVM that works is not reported missing because of the processor's flags, and a device node
    alone is not reported working."""
    without_virtualisation(tree)
    assert findings(tree)["kvm"]["severity"] == "fail"
    tree.write("sys/devices/virtual/misc/kvm/dev", "10:232\n")
    kvm = findings(tree, code=0)["kvm"]
    assert kvm["severity"] == "ok" and "KVM is there" in kvm["text"]
    tree.remove("dev/kvm")
    assert findings(tree)["kvm"]["severity"] == "fail"


@pytest.mark.parametrize("vendor, words", [
    ("QEMU", {"kvm": "nested=1", "iommu": "-device intel-iommu", "interrupt-remapping": "intremap"}),
    ("VMware, Inc.", {"kvm": "Expose hardware assisted", "iommu": "Expose IOMMU"}),
    ("Amazon EC2", {"kvm": "bare-metal", "iommu": "bare-metal"}),
    ("Unheard Of", {"kvm": "has to offer nested", "iommu": "has to give it an IOMMU"}),
], ids=["qemu", "vmware", "cloud", "unknown"])
def test_cli_check_virtual_host(vendor, words, tree, tmp_path):
    """For a host that is itself a virtual machine, or a capture of one, check says what its own
    host must provide."""
    make_virtual(tree, vendor)
    capture = tmp_path / "host.tenon"
    call("capture", "--sysroot", tree.root, "-o", capture)
    for source in (tree.root, capture):
        report = told("check", "--sysroot", source, code=1)
        fixes = {f["check"]: f["fix"] for f in report["findings"] if f["fix"]}
        for check, text in words.items():
            assert "itself a virtual machine" in fixes[check] and text in fixes[check], fixes
        assert not any("firmware's setup" in fix for fix in fixes.values()), fixes


def make_virtual(tree, vendor):
    """Turns the host into a virtual machine without an IOMMU."""
    without_virtualisation(tree, vendor)
    for group in (tree.root / "sys/bus/pci/devices").glob("*/iommu_group"):
        group.unlink()
    for group in (tree.root / "sys/kernel/iommu_groups").iterdir():
        shutil.rmtree(group)
    tree.write("proc/interrupts", "  8:  0  IO-APIC  8-edge  rtc0\n")


def test_cli_virtual_host_advice(tree):
    """No command's advice on a virtual machine speaks of a firmware setup, which its owner has
    not; on hardware the same commands do."""
    questions = [["explain", GPU], ["explain", IGPU], ["plan", IGPU], ["groups"], ["check"],
                 ["rom", IGPU], ["bind", IGPU]]

    def answers():
        """What the commands say on one line each, whatever their exit code."""
        done = [subprocess.run([tenon(), *q, "--sysroot", tree.root], text=True, check=False,
                               capture_output=True, timeout=60) for q in questions]
        return [" ".join((d.stdout + d.stderr).split()) for d in done]

    for group in (tree.root / "sys/bus/pci/devices").glob("*/iommu_group"):
        group.unlink()
    for group in (tree.root / "sys/kernel/iommu_groups").iterdir():
        shutil.rmtree(group)
    hardware = answers()
    assert sum("firmware's setup" in answer for answer in hardware) >= 5, hardware
    make_virtual(tree, "QEMU")
    virtual = answers()
    assert not [a for a in virtual if "firmware setup" in a or "firmware's setup" in a], virtual
    for answer, question in zip(virtual, questions):
        if question[0] == "groups" or question in (["explain", GPU], ["plan", IGPU]):
            assert "-device intel-iommu" in answer, (question, answer)


@pytest.mark.parametrize("under, setup", [
    ("", "in the firmware's setup"),
    ("[    0.000000] Hypervisor detected: KVM\n", "in this virtual machine's settings"),
], ids=["hardware", "kvm"])
def test_cli_virtual_text(under, setup, tmp_path):
    """The same for a text that was written inside a virtual machine."""
    report = tmp_path / "report.txt"
    report.write_text(under + lspci_text(
        ("00:00.0", "Host bridge [0600]", "Intel Host", "8086:9a14", 0),
        ("03:00.0", "Ethernet controller [0200]", "Intel I225", "8086:15f3", 15)) + (
        "[    9.0] vfio-pci 0000:03:00.0: Device is ineligible for IOMMU domain attach due to "
        "platform RMRR requirement.  Contact your platform vendor.\n"))
    done = subprocess.run([tenon(), "explain", "03:00.0", "--lspci", report], text=True,
                          check=False, capture_output=True, timeout=60)
    told_lines = " ".join(done.stdout.split())
    assert f"or turn off {setup}" in told_lines, told_lines


def test_cli_check_hardware(tree):
    """A cloud's bare-metal instance is hardware, and so is a machine without any DMI name."""
    tree.write("sys/class/dmi/id/sys_vendor", "Amazon EC2\n")
    tree.write("proc/cpuinfo", (tree.root / "proc/cpuinfo").read_text().replace(" vmx ept", ""))
    assert "firmware's setup" in findings(tree)["kvm"]["fix"]


@pytest.mark.parametrize("pages", [(0, 0), (16, 0), (16000, 12000)])
def test_cli_check_memory_that_is_not(pages, tree):
    """check never advises more memory, pages or locked memory than the host has."""
    tree.pages(*pages)
    tree.write("proc/meminfo", "MemTotal:       25165824 kB\n")
    tree.write("proc/self/limits", "Max locked memory  8388608  8388608  bytes\n")
    report = told("check", "--memory", "64G", "--sysroot", tree.root, code=1)
    fixes = [f["fix"] for f in report["findings"]
             if f["fix"] and f["check"] in ("hugepages", "memlock")]
    assert fixes and all("less memory" in fix for fix in fixes), fixes
    report = told("check", "--memory", "8G", "--sysroot", tree.root, code=1)
    fixes = [f["fix"] for f in report["findings"] if f["check"] == "hugepages"]
    assert pages[1] or "nr_hugepages" in fixes[0], fixes


def test_cli_without_root():
    """A user without root is told so if that is the reason."""
    if os.geteuid() or not os.listdir("/sys/bus/pci/devices"):
        pytest.skip("this takes root, and PCI devices")
    done = subprocess.run([tenon(), "list"], text=True, capture_output=True, check=False,
                          user=65534, group=65534, extra_groups=[])
    assert done.returncode == 0, done.stderr
    some = sorted(os.listdir("/sys/bus/pci/devices"))[0]
    why = subprocess.run([tenon(), "explain", some], text=True, capture_output=True, check=False,
                         user=65534, group=65534, extra_groups=[])
    hidden = " ? " in done.stdout
    assert ("try sudo" in done.stdout) == hidden, done.stdout
    assert "not in the source" not in why.stdout, why.stdout


def test_cli_rom_without_root():
    """A user who may not read a card's ROM is told to try sudo."""
    if os.geteuid():
        pytest.skip("this takes root")
    with tempfile.TemporaryDirectory() as place:
        os.chmod(place, 0o755)
        tree = Tree(pathlib.Path(place) / "host")
        rom = tree.root / "sys/bus/pci/devices" / GPU / "rom"
        rom.write_bytes(bytes(64))
        rom.chmod(0)
        shutil.copy(tenon(), f"{place}/tenon")
        done = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", f"{place}/tenon",
                               "rom", GPU, "--sysroot", tree.root], text=True, cwd="/",
                              capture_output=True, check=False)
    assert done.returncode == 3 and "takes root: try sudo." in done.stderr, done.stderr


@pytest.mark.parametrize("driver", [None, "vfio-pci", "nvme"])
def test_cli_one_large_group(driver, tmp_path):
    """What list does grows with the number of devices, not with its square, even if all of them
    are in one group."""
    spent = {}
    for functions in (500, 4000):
        root = tmp_path / str(functions)
        subprocess.run([ROOT / "bench/make-host", root, str(functions)], check=True,
                       stdout=subprocess.DEVNULL)
        for device in (root / "sys/bus/pci/devices").iterdir():
            for name, target in [("iommu_group", "/sys/kernel/iommu_groups/1"),
                                 ("driver", driver and f"/sys/bus/pci/drivers/{driver}")]:
                (device.resolve() / name).unlink(missing_ok=True)
                if target:
                    (device.resolve() / name).symlink_to(target)
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        listed = told("list", "--sysroot", root)["devices"]
        spent[functions] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
        group = listed[-1]["group"]
        assert len(group["others"]) == 64 and group["nr_others"] >= len(listed) - 1
    # With the square it was 64 times as much, and seconds.
    assert spent[4000] < 1 and spent[4000] < 24 * max(spent[500], 0.01), spent
