# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest sees of its processors and of the hypervisor, asked from inside a stock kernel. One
lab serves all of it."""
import json
import pathlib
import re

import pytest

from builds import tenon
from guest import lines
from guest.build import build_initramfs
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent
HYPERVISOR = 1 << 31  # of leaf 1, ECX
STEPS = ("machine", "cpuid", "cpuid", "cpuid", "cpuid", "msr", "smp", "log")


@pytest.fixture(scope="module", name="out")
def fixture_out(tmp_path_factory):
    directory = tmp_path_factory.mktemp("hide")
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, ["msr"])
        result = Lab(out=directory, timeout=900).run(
            HERE / "hide.sh", [tenon(), unpacked(stock.image), initrd])
    finally:
        stock.close()
    assert result.status in (0, 124), result.output
    return directory


class Guest:
    """What one guest said."""

    def __init__(self, out, name):
        said = (out / f"{name}.err").read_text(errors="replace")
        self.text = (out / f"{name}.log").read_text(errors="replace").replace("\r", "")
        ended = out / f"{name}.status"
        assert ended.exists() and ended.read_text().strip() == "0", f"{said}\n{self.text}"
        self.machine, *_, self.smp, self.log = lines.passed(self.text, *STEPS)

    def leaf(self, leaf, subleaf=0, cpu=0):
        """EAX, EBX, ECX, EDX."""
        found = re.search(rf"^CPUID {cpu} {leaf:08x} {subleaf:08x} (.*)$", self.text, re.M)
        return [int(r, 16) for r in found[1].split()]

    def name(self, leaf):
        """The text of a hypervisor's first leaf."""
        return b"".join(r.to_bytes(4, "little") for r in self.leaf(leaf)[1:]).rstrip(b"\0").decode(
            errors="replace")

    def maker(self):
        _, b, c, d = self.leaf(0)
        return b"".join(r.to_bytes(4, "little") for r in (b, d, c)).decode()

    def msr(self, index):
        found = re.search(rf"^MSR {index:08x} (\S+)$", self.text, re.M)[1]
        return None if found == "fault" else int(found, 16)


def test_lab_hide_unknown_registers(out):
    """What a processor may have reads as zero without KVM, and what none has faults."""
    guest = Guest(out, "plain")
    assert guest.msr(0x1fff) == 0
    assert guest.msr(0x2000) is None and guest.msr(0xc0020000) is None


def test_lab_hide_plain(out):
    """A guest that nothing is hidden from finds KVM and its clock, and tenon's name."""
    guest = Guest(out, "plain")
    assert guest.leaf(1)[2] & HYPERVISOR
    assert guest.name(0x40000000) == "KVMKVMKVM"
    assert guest.machine["clock"] in ("kvm-clock", "tsc")
    assert guest.msr(0x4b564d01) is not None
    assert guest.machine["vendor"] == "Tenon" and guest.machine["product"] == "Q35_PC"


def test_lab_hide_identity(out):
    """SMBIOS has the UUID and the serial number of the machine file, and the command line's maker."""
    guest = Guest(out, "plain")
    assert guest.machine["uuid"] == "01234567-89ab-cdef-0123-456789abcdef"
    assert guest.machine["serial"] == "S-1"
    guest = Guest(out, "both")
    assert guest.machine["vendor"] == "Maker" and guest.machine["product"] == "Product"


def test_lab_hide_topology(out):
    """Two cores with two threads each, as each processor tells it and the kernel counts it."""
    guest = Guest(out, "plain")
    assert guest.smp["cpus"] == "4"
    for cpu in range(4):
        assert guest.leaf(1, cpu=cpu)[1] >> 24 == cpu
        assert guest.leaf(0xb, 0, cpu) == [1, 2, 0x100, cpu]
        assert guest.leaf(0xb, 1, cpu) == [2, 4, 0x201, cpu]


def test_lab_hide_hidden(out):
    """Nothing tells of KVM: no bit, no leaf, no register, no text; and the kernel has no trouble."""
    guest = Guest(out, "hidden")
    assert not guest.leaf(1)[2] & HYPERVISOR
    for leaf in (0x40000000, 0x40000001, 0x40000100):
        assert "KVM" not in guest.name(leaf) and "Hv" not in guest.name(leaf)
    assert guest.machine["clock"] != "kvm-clock"
    assert guest.msr(0x4b564d01) is None and guest.msr(0x40000002) is None
    assert guest.msr(0x611) == 0 and guest.msr(0x10)
    told = " ".join(guest.machine.values()).lower()
    assert not re.search("tenon|qemu|kvm|virtual|bochs", told), told
    assert guest.smp["cpus"] == "4"


def test_lab_hide_hyperv(out):
    """A stock kernel takes Hyper-V's interface and runs by it; KVM stands behind."""
    guest = Guest(out, "hyperv")
    assert guest.leaf(1)[2] & HYPERVISOR
    assert guest.name(0x40000000) == "Microsoft Hv"
    assert guest.leaf(0x40000001)[0] == 0x31237648
    assert guest.name(0x40000100) == "KVMKVMKVM"
    assert guest.msr(0x40000002) == 0  # the first processor's index
    assert guest.smp["cpus"] == "4"


def test_lab_hide_both(out):
    """Hyper-V's interface by the processor's own name, and no KVM."""
    guest = Guest(out, "both")
    assert guest.leaf(1)[2] & HYPERVISOR
    assert guest.name(0x40000000) == guest.maker()
    assert guest.leaf(0x40000001)[0] == 0x31237648
    assert "KVM" not in guest.text
    assert guest.msr(0x4b564d01) is None and guest.msr(0x40000002) == 0


def test_lab_hide_stats(out):
    """tenon stats finds the only machine, and counts what it does."""
    said = (out / "stats.err").read_text()
    assert not said, said
    assert (out / "stays.status").read_text().strip() == str(128 + 15)
    first, second = [json.loads(line) for line in (out / "stats.json").read_text().splitlines()]
    assert first["cpus"] == 1
    assert 0 < first["exits"]["total"] <= second["exits"]["total"]
    assert all("rate" in value for name, value in second.items() if name.endswith("exits"))
    table = (out / "stats.txt").read_text()
    assert re.search(r"^exits +\d+ +\d+$", table, re.M), table


def test_lab_hide_top(out):
    """tenon top shows it, and not the processes that look at it; what cannot be told is null."""
    rounds = [json.loads(line)["machines"] for line in (out / "top.json").read_text().splitlines()]
    assert [[m["name"] for m in machines] for machines in rounds] == [["stays"], ["stays"]]
    for machine, in rounds:
        assert machine["cpus"] == 1 and machine["exits"] > 0 and machine["cpu_percent"] <= 400
        assert machine["read"] == machine["written"] == 0
        assert machine["received"] is None and machine["to_map"] == 0
    title, row = (out / "top.txt").read_text().splitlines()
    assert title.split()[:3] == ["NAME", "PID", "CPU"] and row.startswith("stays ")
