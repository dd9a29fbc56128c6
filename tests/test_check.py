# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon check: each check on a fake host that has the problem, and on one that does not."""
import json
import shutil
import struct
import subprocess

import pytest

from builds import ROOT, tenon
from hosttree import GPU, IGPU, INTERRUPTS, LIMITS, PORT, SOUND, Tree, config
from rom_images import bios, efi


def check(*args, code):
    done = subprocess.run([tenon(), "check", *map(str, args)], text=True, capture_output=True,
                          timeout=60, check=False)
    assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def report(root, *args, code=1):
    return json.loads(check("--json", "--sysroot", root, *args, code=code))


def finding(got, name, device=None):
    """The worst finding of a check, about a device or about any."""
    order = ["ok", "info", "unknown", "warn", "fail"]
    found = [f for f in got["findings"] if f["check"] == name and device in (None, f["device"])]
    assert found, f"no finding of {name}"
    return max(found, key=lambda f: order.index(f["severity"]))


def dmar(*, flags=1, scope=None):
    """A DMAR table: one unit for all devices, and one RMRR for the device @scope."""
    body = struct.pack("<HHBBHQ", 0, 16, 1, 0, 0, 0xFED90000)
    if scope:
        bus, path = scope
        steps = b"".join(bytes(step) for step in path)
        entry = struct.pack("<BBHBB", 1, 6 + len(steps), 0, 0, bus) + steps
        body += struct.pack("<HHHHQQ", 1, 24 + len(entry), 0, 0, 0x3A000000, 0x3A0FFFFF) + entry
    table = bytearray(struct.pack("<4sIBB6s8sI4sI", b"DMAR", 48 + len(body), 1, 0, b"TENON ",
                                  b"TENON   ", 1, b"TENO", 1))
    table += bytes([38, flags]) + bytes(10) + body
    table[9] = -sum(table) & 0xFF
    return bytes(table)


def no_iommu(t):
    shutil.rmtree(t.root / "sys/kernel/iommu_groups")
    (t.root / "sys/kernel/iommu_groups").mkdir()
    for address in (IGPU, GPU, SOUND, PORT, "0000:00:00.0"):
        t.set(address, "iommu_group", None)


def no_iommu_dmar(t):
    no_iommu(t)
    t.write("proc/cmdline", "root=/dev/sda1\n")
    t.write("sys/firmware/acpi/tables/DMAR", dmar())


def rmrr_foretold(t):
    no_iommu(t)
    t.write("sys/firmware/acpi/tables/DMAR", dmar(scope=(0, [(1, 0)])))
    for directory in (t.root / "sys/kernel/iommu_groups").iterdir():
        shutil.rmtree(directory)


def shared(t):
    t.device(PORT, config(0x8086, 0x1901, 0x060400, kind=4, buses=(0, 1, 1)), 3, driver="pcieport")
    t.device("0000:02:00.0", config(0x8086, 0x1533, 0x020000), 3, driver="igb")


def framebuffer(t):
    t.write("proc/iomem", "c0000000-cfffffff : 0000:01:00.0\n  c1000000-c17fffff : BOOTFB\n")


def simpledrm(t):
    framebuffer(t)
    t.link("sys/bus/platform/devices/simple-framebuffer.0",
           "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/simple-framebuffer.0")
    directory = t.directory(GPU) / "simple-framebuffer.0"
    t.link(directory / "driver", "../../../../../bus/platform/drivers/simple-framebuffer")


def holder(t):
    t.link("sys/class/drm/card1", f"../../{'/'.join(t.directory(GPU).parts[1:])}/drm/card1")
    t.process(4711, "Xorg", "/dev/dri/card1")


def disk(t):
    t.link("sys/class/block/sda1", f"../../{'/'.join(t.directory(GPU).parts[1:])}/ata1/block/sda/sda1")
    t.write("proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    t.write("proc/mounts", "/dev/sda1 / ext4 rw 0 0\n")


def twin(t):
    t.device("0000:00:1c.0", config(0x8086, 0x1902, 0x060400, kind=4, buses=(0, 2, 2), acs=True), 7,
             driver="pcieport")
    t.device("0000:02:00.0", config(0x10DE, 0x2204, 0x030000), 8, under="0000:00:1c.0",
             driver="nvidia", boot_vga="0")


def twin_by_ids(t):
    twin(t)
    t.write("etc/modprobe.d/vfio.conf", "options vfio-pci ids=10de:2204,10de:1aef\n")


def ids_lost(t):
    t.write("proc/cmdline", "vfio-pci.ids=10de:2204\n")
    t.bind(GPU, "nouveau")
    t.bind(SOUND, "snd_hda_intel")


def polaris(t, methods="bus"):
    t.set(GPU, "config", config(0x1002, 0x67DF, 0x030000, multi=True))
    t.set(SOUND, "config", config(0x1002, 0xAAF0, 0x040300, multi=True))
    t.set(GPU, "reset_method", methods)


def vendor_reset(t, methods):
    polaris(t, methods)
    t.write("sys/module/vendor_reset/refcnt", "0\n")


def rebar(now, sizes=0x1C0):
    return lambda t: t.set(GPU, "config", config(0x10DE, 0x2204, 0x030000, multi=True,
                                                 rebar=(sizes, now)))


def rom(code, vendor=0x10DE):
    """An option ROM with one image, and the region because of which the kernel has a `rom` file."""
    data = efi(vendor=vendor, device=0x2204) if code == 3 else bios(vendor, 0x2204)
    return lambda t: t.set(GPU, "rom", data)


def write(path, text):
    return lambda t: t.write(path, text)


def on_gpu(name, text):
    return lambda t: t.set(GPU, name, text)


# check, change to the host, severity then, words of the evidence or the fix
PAINS = [
    ("iommu", no_iommu, "fail", "VT-d"),
    ("iommu", no_iommu_dmar, "fail", "intel_iommu=on"),
    ("interrupt-remapping", write("proc/interrupts", INTERRUPTS.replace("IR-", "")), "fail",
     "can remap interrupts"),
    ("unsafe-interrupts", write("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts",
                                "Y\n"), "warn", "echo 0"),
    ("noiommu", write("sys/module/vfio/parameters/enable_unsafe_noiommu_mode", "Y\n"), "warn",
     "echo N"),
    ("acs-override", write("proc/cmdline", "pcie_acs_override=downstream\n"), "warn", "downstream"),
    ("kvm", lambda t: t.remove("dev/kvm"), "fail", "modprobe kvm_intel"),
    ("kvm", write("proc/cpuinfo", "vendor_id\t: AuthenticAMD\nflags\t\t: fpu\n"), "fail", "SVM"),
    ("vfio", lambda t: shutil.rmtree(t.root / "sys/bus/pci/drivers/vfio-pci"), "info", "vfio-pci"),
    ("address-width", write("proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: vmx\n"
                                            "address sizes\t: 32 bits physical, 48 bits virtual\n"),
     "fail", "32 bits physical"),
    ("address-width", write("sys/class/iommu/dmar0/intel-iommu/cap", "d2008c401f0462\n"), "fail",
     "MGAW: 32 bits"),
    ("hugepages", lambda t: t.pages(4096, 12), "warn", "12"),
    ("hugepages", lambda t: t.pages(0, 0), "info", "echo 1024"),
    ("memlock", write("proc/self/limits", LIMITS.format(8 << 20)), "fail", "limits.conf"),
    ("memlock", write("proc/meminfo", "MemTotal: 1048576 kB\n"), "fail", "MemTotal"),
    ("dma-entries", write("sys/module/vfio_iommu_type1/parameters/dma_entry_limit", "100\n"),
     "warn", "echo 65535"),
    ("same-ids", twin_by_ids, "warn", "/etc/modprobe.d/vfio.conf"),
    ("daemons", lambda t: t.process(99, "nvidia-persiste"), "warn",
     "systemctl disable --now nvidia-persistenced"),
    ("config", on_gpu("config", b"\xff" * 4096), "fail", "rescan"),
    ("group", shared, "warn", "0000:02:00.0 (igb)"),
    ("viable", lambda t: t.bind(SOUND, "snd_hda_intel"), "fail", "snd_hda_intel"),
    ("functions", lambda t: t.bind(SOUND, "snd_hda_intel"), "warn", "snd_hda_intel"),
    ("early-binding", ids_lost, "warn", "softdep nouveau"),
    ("boot-vga", on_gpu("boot_vga", "1"), "warn", "--force"),
    ("framebuffer", framebuffer, "warn", "BOOTFB"),
    ("framebuffer", simpledrm, "warn", "simple-framebuffer"),
    ("holders", holder, "warn", "Xorg: /dev/dri/card1"),
    ("host-use", disk, "fail", "mount: /"),
    ("rmrr", write("sys/kernel/iommu_groups/3/reserved_regions",
                   "0x000000003a000000 0x000000003a0fffff direct\n"), "fail", "3a000000"),
    ("rmrr", rmrr_foretold, "warn", "RMRR 3a000000-3a0fffff"),
    ("reset", polaris, "warn", "vendor-reset"),
    ("reset", lambda t: vendor_reset(t, "bus"), "warn", "echo device_specific"),
    ("power", on_gpu("power_state", "D3cold"), "warn", "d3cold_allowed"),
    ("power", lambda t: (t.set(GPU, "d3cold_allowed", "1"), t.set(GPU, "power/control", "auto")),
     "warn", "disable_idle_d3"),
    ("bars", on_gpu("resource", "0x0 0x0 0x0\n0x0 0x0fffffff 0x14220c\n" + "0x0 0x0 0x0\n" * 11),
     "fail", "Above 4G"),
    ("bars", on_gpu("resource", "0x0 0x0 0x0\n0xe0000000 0xefffffff 0x14220c\n" +
                    "0x0 0x0 0x0\n" * 11), "fail", "line 2: e0000000"),
    ("rebar", rebar(6), "info", "resource1_resize"),
    ("rebar", rebar(3), "warn", "sizes 1c0"),
    ("rom", rom(0, vendor=0x1002), "warn", "--for secondary"),
]

# check, change, after which the check still finds no problem
FINE = [
    ("same-ids", twin),
    ("rmrr", write("sys/kernel/iommu_groups/3/reserved_regions",
                   "0x000000003a000000 0x000000003a0fffff direct-relaxable\n")),
    ("reset", lambda t: vendor_reset(t, "device_specific bus")),
    ("power", lambda t: (t.set(GPU, "d3cold_allowed", "1"), t.set(GPU, "power/control", "auto"),
                         t.write("sys/module/vfio_pci/parameters/disable_idle_d3", "Y\n"))),
    ("framebuffer", write("proc/iomem", "c0000000-cfffffff : 0000:01:00.0\n"
                                        "  c0000000-cfffffff : vfio-pci\n")),
    ("rom", rom(0)),
    ("rom", rom(3)),
    ("rebar", rebar(8)),
    ("memlock", write("proc/self/status", "CapEff:\t000001ffffffffff\n")),
    ("interrupt-remapping", write("proc/interrupts", " 10: 5  ITS-MSI 1234  nvme\n")),
]


def ready(tmp_path):
    tree = Tree(tmp_path)
    rom(3)(tree)
    return tree


def test_check_ready(tmp_path):
    """The host before the changes is ready: no check fails or warns."""
    ready(tmp_path)
    got = report(tmp_path, code=0)
    assert got["ready"] and got["counts"]["unknown"] == 0, \
        [f for f in got["findings"] if f["severity"] == "unknown"]
    assert got["devices"] == [GPU, SOUND]
    assert not [f for f in got["findings"] if f["severity"] in ("warn", "fail")]


@pytest.mark.parametrize("number", range(len(PAINS)))
def test_check_pain(number, tmp_path):
    """The problem is found, with the evidence and what to do."""
    name, change, severity, said = PAINS[number]
    tree = ready(tmp_path)
    change(tree)
    got = report(tmp_path, GPU, code=0 if severity == "info" else 1)
    worst = finding(got, name)
    assert worst["severity"] == severity, worst
    assert worst["evidence"] or worst["fix"], worst
    assert said in json.dumps([worst["evidence"], worst["fix"]]), worst
    if severity in ("warn", "fail"):
        assert worst["fix"], worst


@pytest.mark.parametrize("number", range(len(FINE)))
def test_check_fine(number, tmp_path):
    name, change = FINE[number]
    tree = ready(tmp_path)
    change(tree)
    got = report(tmp_path, GPU, code=0)
    assert finding(got, name)["severity"] == "ok", finding(got, name)


def test_check_all_named(tmp_path):
    """Each check has a case with the problem, and is described."""
    text = (ROOT / "docs/user/check.md").read_text()
    ready(tmp_path)
    names = {f["check"] for f in report(tmp_path, code=0)["findings"]}
    assert not [n for n in names if f"`{n}`" not in text]
    # test_check_vga has the cases of vga.
    assert names - {pain[0] for pain in PAINS} == {"vga"}


def test_check_vga(tmp_path):
    """With --for bios the guest needs legacy VGA, which Intel's drivers do not give up."""
    tree = ready(tmp_path)
    rom(0)(tree)
    vga = finding(report(tmp_path, "--for", "bios"), "vga")
    assert vga["severity"] == "warn" and "--for uefi" in vga["fix"]
    said = {e["file"]: e["said"] for e in vga["evidence"]}
    assert said[f"/sys/bus/pci/devices/{IGPU}/config"] == "VGA accesses reach it, i915"
    assert said[f"/sys/bus/pci/devices/{GPU}/config"] == "VGA accesses do not reach it, vfio-pci"
    tree.set(PORT, "config", config(0x8086, 0x1901, 0x060400, kind=4, buses=(0, 1, 1), acs=True,
                                    vga=True))
    tree.bind(IGPU, "xe")
    vga = finding(report(tmp_path, "--for", "bios"), "vga")
    assert vga["severity"] == "warn"
    assert "VGA accesses reach it, vfio-pci" in json.dumps(vga["evidence"])
    tree.bind(IGPU, "ast")
    vga = finding(report(tmp_path, "--for", "bios"), "vga")
    assert vga["severity"] == "warn" and f"{IGPU} is on the root bus" in vga["text"]
    tree.bind(IGPU, "amdgpu")
    assert finding(report(tmp_path, "--for", "bios", code=0), "vga")["severity"] == "info"
    tree.write("sys/class/vtconsole/vtcon0/name", "(S) VGA+\n")
    tree.write("sys/class/vtconsole/vtcon0/bind", "1\n")
    vga = finding(report(tmp_path, "--for", "bios"), "vga")
    assert "without asking the arbiter" in vga["text"] and "(S) VGA+, bound" in json.dumps(vga)
    assert finding(report(tmp_path, "--for", "uefi"), "vga")["severity"] == "ok"
    tree.write("dev/vga_arbiter",
               f"count:2,PCI:{IGPU},decodes=io+mem,owns=io+mem,locks=io+mem(1:1)\n")
    vga = finding(report(tmp_path, "--for", "bios"), "vga")
    assert "holds legacy VGA locked" in vga["text"] and "fuser" in vga["fix"]
    tree.write("sys/module/vfio_pci/parameters/disable_vga", "Y\n")
    vga = finding(report(tmp_path, "--for", "bios"), "vga")
    assert vga["severity"] == "fail" and "disable_vga=1" in vga["fix"]
    assert finding(report(tmp_path, "--for", "uefi"), "vga")["severity"] == "ok"
    tree.write("sys/module/vfio_pci/parameters/disable_vga", "N\n")
    tree.remove("dev/vga_arbiter")
    tree.write("sys/class/vtconsole/vtcon0/bind", "0\n")
    assert finding(report(tmp_path, "--for", "bios", code=0), "vga")["severity"] == "info"
    tree.set(IGPU, "config", config(0x8086, 0x3E92, 0x038000, kind=9))
    tree.set(IGPU, "class", "0x038000")
    assert finding(report(tmp_path, "--for", "bios", code=0), "vga")["severity"] == "ok"


def test_check_modes(tmp_path):
    """--for decides what the ROM has to support."""
    tree = ready(tmp_path)
    assert finding(report(tmp_path, "--for", "uefi", code=0), "rom")["severity"] == "ok"
    got = report(tmp_path, "--for", "bios")
    assert finding(got, "rom")["severity"] == "fail"
    rom(0)(tree)
    assert finding(report(tmp_path, "--for", "uefi"), "rom")["severity"] == "fail"


def test_check_memory(tmp_path):
    ready(tmp_path)
    assert finding(report(tmp_path, "--memory", "64G"), "memlock")["severity"] == "fail"
    assert finding(report(tmp_path, "--memory", "1T"), "address-width")["severity"] == "fail"


def test_check_gaps(tmp_path):
    """Facts that the source lacks are unknown, and the check never passes then."""
    tree = ready(tmp_path)
    for path in ("proc/interrupts", "proc/cpuinfo", "proc/self/limits", "proc/iomem"):
        tree.remove(path)
    shutil.rmtree(tree.root / "sys/module")
    got = report(tmp_path, code=0)
    for name in ("interrupt-remapping", "kvm", "memlock", "unsafe-interrupts",
                 "noiommu", "dma-entries"):
        assert finding(got, name)["severity"] == "unknown", name
    assert finding(got, "framebuffer")["severity"] == "unknown"


def test_check_text(tmp_path):
    tree = ready(tmp_path)
    tree.bind(SOUND, "snd_hda_intel")
    text = check("--sysroot", tmp_path, code=1)
    assert "FAIL     viable: " in text and "> tenon bind" in text and "\033" not in text
    assert "Not ready" in text
    text = check("--sysroot", tmp_path, "-v", code=1)
    assert "ok       iommu: " in text


@pytest.mark.parametrize("args", [["--memory", "x"], ["--memory", "0"], ["--for", "x"], ["xyz"],
                                  ["--nope"]])
def test_check_usage(args, tmp_path):
    ready(tmp_path)
    assert check("--sysroot", tmp_path, *args, code=2) == ""


@pytest.mark.parametrize("args", [["02:00.0"], ["00:01.0"]])
def test_check_cannot(args, tmp_path):
    ready(tmp_path)
    assert check("--sysroot", tmp_path, *args, code=3) == ""
