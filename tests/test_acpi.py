# SPDX-License-Identifier: GPL-2.0-or-later
"""The ACPI tables as ACPICA reads them: iasl disassembles them, acpiexec runs their methods."""
import re
import shutil
import subprocess

import pytest

from builds import ROOT, built, run

PCI_UUID = "5B 4D DB 33 F7 1F 1C 40 96 57 74 41 C0 3D D7 66"


class Tables:
    """The tables of one machine, in a directory."""

    def __init__(self, directory, *arguments):
        self.directory = directory
        directory.mkdir()
        run(built("build-gcc") / "tests/dump/dump-acpi", directory, *arguments)
        self.files = sorted(directory.glob("*.dat"))

    def aml(self):
        return [f for f in self.files if f.name.startswith("DSDT")] + [
            f for f in self.files if f.name.startswith("SSDT")]

    def disassembled(self):
        """All tables as text, each disassembled by itself."""
        for path in self.files:
            out = run("iasl", "-vs", "-d", path)
            assert re.search("Disassembly completed|Acpi Data Table .* decoded", out), out
            assert not re.search("(?i)error|warning", out), out
        return "\n".join(p.read_text() for p in sorted(self.directory.glob("*.dsl")))

    def evaluate(self, *calls):
        """What each call returns, by acpiexec's output: a list of numbers, None for nothing."""
        out = run("acpiexec", "-b", ";".join(f"evaluate {c}" for c in calls), *self.aml(),
                  stdin=subprocess.DEVNULL, timeout=60)
        assert not re.search("(?i)error|exception", out), out
        blocks = out.split("Evaluating \\")[1:]
        assert len(blocks) == len(calls), out
        return [self.value(b) for b in blocks]

    @staticmethod
    def value(block):
        if number := re.search(r"\[Integer\] = ([0-9A-F]+)", block):
            return int(number[1], 16)
        if rows := re.findall(r"[0-9A-F]{4}: ((?:[0-9A-F]{2} )+)", block):
            return list(bytes.fromhex("".join(rows)))
        return None


@pytest.fixture
def tables(tmp_path):
    for tool in ("iasl", "acpiexec"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} of package acpica-tools is not installed")
    return lambda *arguments: Tables(tmp_path / "tables", *arguments)


def section(text, start):
    """The block in braces behind `start`."""
    assert start in text, start
    at = text.index("{", text.index(start))
    depth = 0
    for end in range(at, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if not depth:
            return text[at:end]
    raise AssertionError(f"{start}: no end")


def numbers(text, field):
    return [int(n, 16) for n in re.findall(rf"0x([0-9A-F]+), *// {field}", text)]


def test_acpi_compiles(tables, tmp_path):
    """iasl has no warnings about the ASL. The build ignores warnings, because they depend on iasl's
    version."""
    sources = [p for p in sorted((ROOT / "src").rglob("*.asl")) if p.name != "links.asl"]
    assert len(sources) >= 2
    for source in sources:
        out = run("iasl", "-vs", "-we", "-vr", "-p", tmp_path / source.stem, source)
        assert "0 Errors, 0 Warnings" in out, out


def test_acpi_disassembles(tables):
    """ACPICA disassembles every table without a complaint."""
    text = tables("3", "i8042").disassembled()
    assert text.count("DefinitionBlock") == 4
    for what in ("PNP0A08", "PNP0A03", "PNP0B00", "PNP0501", "PNP0303", "PNP0F13", "PNP0C02"):
        assert f'EisaId ("{what}")' in text, what
    assert text.count("ACPI0007") == 3
    assert "8042 Present on ports 60/64 (V2) : 1" in text
    assert "Compiler ID" in text and "QEMU" not in text and "BOCHS" not in text
    assert re.search(r"Base Address : 0*B0000000", text)


def test_acpi_battery(tables):
    """A battery is there only if asked for, and full: as much is left as it can hold."""
    text = tables("1", "battery").disassembled()
    assert 'EisaId ("PNP0C0A")' in text and '"LION"' in text
    assert text.count("0x1770") == 3  # 6000 mAh: by design, at the last full charge, and left


def test_acpi_without_i8042(tables):
    """The tables of a machine without a keyboard controller do not mention one."""
    text = tables("1").disassembled()
    assert "PNP0303" not in text and "PNP0F13" not in text and "TPM2" not in text
    assert "8042 Present on ports 60/64 (V2) : 0" in text


def test_acpi_tpm(tables):
    """The table TPM2 of revision 4: a client's, started by the CRB, with a log that lies behind the
    tables; and the device that Windows and Linux look for."""
    text = tables("1", "tpm").disassembled()
    table = text[text.index('Signature : "TPM2"'):].split("Raw Table Data")[0]
    for what in ("Revision : 04", "Platform Class : 0000", "Control Address : 00000000FED40040",
                 "Start Method : 07", "Minimum Log Length : 00010000"):
        assert what in table, (what, table)
    log = int(re.search(r"Log Address : ([0-9A-F]+)", table)[1], 16)
    assert 48 << 20 < log <= (64 << 20) - 0x10000
    device = section(text, "Device (TPM)")
    assert 'Name (_HID, "MSFT0101"' in device
    assert re.search(r"Memory32Fixed \(ReadWrite,\s*0xFED40000,[^\n]*\s*0x00001000", device)


PPI_UUID = "A6 FA DD 3D 1B 36 B4 4E A4 24 8D 10 08 9D 16 53"
CLEAR_UUID = "ED 54 60 37 13 CC 75 46 90 1C 47 56 D7 F2 D4 5D"


def test_acpi_tpm_presence(tables):
    """The functions of the physical presence interface, with memory in which firmware allows nothing;
    and the request to clear memory."""
    def dsm(uuid, revision, function, *arguments):
        return f"\\_SB.TPM._DSM ({uuid}) {revision} {function} [{' '.join(map(str, arguments or [0]))}]"

    got = tables("1", "tpm").evaluate(
        "\\_SB.TPM._STA",
        dsm(PPI_UUID, 1, 0), dsm(PPI_UUID, 1, 2, 5), dsm(PPI_UUID, 1, 4), dsm(PPI_UUID, 1, 6),
        dsm(PPI_UUID, 2, 7, 23, 1), dsm(PPI_UUID, 1, 8, 5), dsm(PPI_UUID, 1, 8, 256),
        dsm(PPI_UUID, 1, 9), dsm(CLEAR_UUID, 1, 0), dsm(CLEAR_UUID, 1, 1, 1), "\\_SB.TPM.MOVV",
        dsm(PCI_UUID, 1, 0))
    assert got == [15, [0xff, 1], 1, 2, 3, 1, 0, 0, [0], [3], 0, 1, [0]]


def test_acpi_windows(tables):
    """The host bridge's _CRS: buses, ports, VGA and the windows for BARs."""
    text = tables("1").disassembled()
    crs = section(text, "Name (_CRS, ResourceTemplate ()  // _CRS: Current Resource Settings\n"
                  "        {\n            WordBusNumber")
    assert numbers(crs, "Range Minimum") == [
        0, 0xcf8, 0, 0xd00, 0xa0000, 0x80000000, 0xc0000000, 0x38000000000]
    assert numbers(crs, "Range Maximum") == [
        0xff, 0xcf8, 0xcf7, 0xffff, 0xbffff, 0xafffffff, 0xfebfffff, 0x3ffffffffff]
    assert "Prefetchable" not in crs


def test_acpi_without_high_window(tables):
    """Without a 64-bit window there is no descriptor for one."""
    text = tables("1", "no-high").disassembled()
    assert "QWordMemory" not in section(text, "Scope (\\_SB.PCI0)")


def test_acpi_interrupt_wiring(tables):
    """In both modes, _PRT names the links by which the machine is wired."""
    text = tables("1").disassembled()
    for name, link in (("PRTP", "LNK"), ("PRTA", "GSI")):
        rows = re.findall(r"Package \(0x04\)\s*\{\s*(\w+),\s*(\w+),\s*(\w+),\s*(\w+)\s*\}",
                          section(text, f"Name ({name}, Package (0x80)"))
        assert len(rows) == 128
        for i, (where, pin, to, index) in enumerate(rows):
            pin = {"Zero": 0, "One": 1}.get(pin) if pin in ("Zero", "One") else int(pin, 16)
            device, want_pin = divmod(i, 4)
            assert (int(where, 16), pin, index) == (device << 16 | 0xffff, want_pin, "Zero")
            assert to == link + "EFGH"[(device + pin) % 4]


def test_acpi_osc(tables):
    """_OSC grants the guest PME, AER and the PCIe capability, but not hot-plug."""
    def osc(uuid, revision, *words):
        data = " ".join(f"{b:02X}" for w in words for b in w.to_bytes(4, "little"))
        return f"\\_SB.PCI0._OSC ({uuid}) {revision} {len(words)} ({data})"

    def words(data):
        return [int.from_bytes(bytes(data[i:i + 4]), "little") for i in range(0, len(data), 4)]

    got = tables("1").evaluate(
        osc(PCI_UUID, 1, 0, 0x1f, 0x1f),
        osc(PCI_UUID, 1, 1, 0, 0x1c),
        osc(PCI_UUID, 1, 0, 0, 0),
        osc(PCI_UUID, 2, 0, 0, 0x1c),
        osc(PCI_UUID, 1, 0, 0),
        osc(PCI_UUID.replace("5B", "5C"), 1, 0, 0, 0x1c))
    assert [words(g) for g in got] == [
        [0x10, 0x1f, 0x1c], [1, 0, 0x1c], [0, 0, 0], [8, 0, 0x1c], [8, 0], [4, 0, 0x1c]]


def test_acpi_links(tables):
    """A PIC link follows its routing register; a GSI link is fixed."""
    def irq(number):
        return [0x89, 6, 0, 9, 1, number, 0, 0, 0, 0x79, 0]

    def spaced(data):
        return " ".join(f"{b:02X}" for b in data)

    got = tables("1").evaluate(
        "\\_SB.LNKE._SRS (" + spaced(irq(10)) + ")", "\\_SB.LNKE._CRS", "\\_SB.LNKE._STA",
        "\\_SB.LNKF._CRS",
        "\\_SB.LNKE._DIS", "\\_SB.LNKE._STA", "\\_SB.LNKE._CRS",
        "\\_SB.GSIA._CRS", "\\_SB.GSIH._CRS")
    assert got == [None, irq(10), 11, irq(0), None, 9, irq(0), irq(16), irq(23)]


def test_acpi_soft_off(tables):
    """\\_S5 has sleep type 0, and there is no other sleep state."""
    text = tables("1").disassembled()
    assert re.search(r"Name \(_S5, Package \(0x04\)[^{]*\{\s*Zero,\s*Zero,\s*Zero,\s*Zero\s*\}",
                     text)
    assert not re.search(r"Name \(_S[1-4],", text)


def test_acpi_sleep(tables):
    """\\_S3 and \\_S4 have the types of sleep that the power management block knows."""
    text = tables("1", "s3", "s4").disassembled()
    assert re.findall(r"Name \(\\?_(S[1-4]), Package \(0x04\)[^{]*\{\s*(\w+),\s*(\w+),", text) == [
        ("S3", "One", "One"), ("S4", "0x02", "0x02")]


def test_acpi_many_processors(tables):
    """Processors above 255 have x2APIC entries, and objects with the same UIDs."""
    text = tables("300").disassembled()
    assert text.count("[Processor Local APIC]") == 128  # dump-acpi gives them even APIC ids
    assert text.count("[Processor Local x2APIC]") == 172
    uids = {int(n, 16) for n in re.findall(r"Processor U?I[Dd] : ([0-9A-F]+)", text)}
    assert set(range(300)) <= uids
    assert "Device (C12B)" in text and "Device (C12C)" not in text
