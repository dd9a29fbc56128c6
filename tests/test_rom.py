# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon rom: what it prints and writes, for ROMs made here, ROMs of packages, and on fake hosts."""
import glob
import hashlib
import json
import os
import stat
import struct
import subprocess

import pytest

from builds import tenon
from rom_images import bios, driver, efi, even_out, nvgi, vfct


def tenon_rom(*args, **kwargs):
    return subprocess.run([tenon(), "rom", *map(str, args)], text=True, capture_output=True,
                          timeout=60, check=False, **kwargs)


def show(*args, code=0):
    done = tenon_rom("--json", *args)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def image(code=0, vendor=0x10DE, device=0x1280, last=False, blocks=4, machine=0x8664,
          class_=0x030000):
    """One option ROM image, with a correct checksum if it has one."""
    if code == 3:
        return efi(driver(machine), vendor, device, machine, last, at=0x80, class_=class_,
                   length=blocks * 512)
    data = bytearray(bios(vendor, device, blocks * 512, last, fill=0, class_=class_, right=False))
    data[3:6] = b"\xe9\x00\x01"
    return bytes(even_out(data))


CARD = image() + image(code=3, last=True)


@pytest.fixture
def rom(tmp_path):
    """Writes a ROM and returns its path; checks at the end that nothing has written to it."""
    written = {}

    def write(data, name="card.rom"):
        path = tmp_path / name
        path.write_bytes(data)
        written[path] = hashlib.sha256(data).digest()
        return path

    yield write
    for path, digest in written.items():
        assert hashlib.sha256(path.read_bytes()).digest() == digest


def test_rom_json(rom):
    """The schema of docs/user/json.md, of a ROM as graphics cards have it."""
    got = show(rom(CARD))
    assert got["size"] == len(CARD)
    assert got["wrapper"] == {"kind": "none", "offset": 0, "nvgi_version": None}
    bios, efi = got["images"]
    assert (bios["offset"], bios["length"], bios["code_type"]) == (0, 2048, "bios")
    assert (bios["vendor"], bios["device"], bios["class"]) == ("10de", "1280", "030000")
    assert (bios["last"], bios["checksum_ok"], bios["efi"]) == (False, True, None)
    assert (efi["offset"], efi["code_type"], efi["last"]) == (2048, "efi", True)
    assert efi["checksum_ok"] is None
    assert efi["efi"] == {"machine": "x64", "subsystem": 11, "compressed": False,
                          "compression": 0, "pe_offset": 128, "driver": {
                              "loads": True, "machine": "x64", "subsystem": 11, "size": 1024,
                              "wrong": None}}
    assert got["boots"] == {"bios": True, "efi": True}
    assert got["problems"] == [] and got["notes"] == []


def test_rom_text(rom):
    """The same for people: plain text in a pipe."""
    done = tenon_rom(rom(CARD))
    assert done.returncode == 0 and done.stderr == ""
    for piece in "10de:1280", "x64", "SeaBIOS", "OVMF", "2 images":
        assert piece in done.stdout
    assert "\033" not in done.stdout


def test_rom_full_disk(rom):
    """A failure to print is an error."""
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([tenon(), "rom", "--json", rom(CARD)], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 3 and "standard output" in done.stderr


@pytest.mark.parametrize("name", ["rom-broken-" + n for n in (
    "empty", "ff", "zero", "nv-ff", "text", "cut", "sum", "pcir", "chain", "length")])
def test_rom_broken(name, rom):
    """Exit code 1, valid JSON and a reason, whatever the file contains."""
    loose = bytearray(CARD)
    data = {
        "empty": b"", "ff": b"\xff" * 65536, "zero": bytes(65536),
        "nv-ff": b"NV" + b"\xff" * 65534, "text": b"<html>not found</html>" * 100,
        "cut": CARD[:3000],
        "sum": CARD[:500] + b"\x01" + CARD[501:],
        "pcir": CARD[:0x18] + b"\xf0\xff" + CARD[0x1A:],
        "chain": image() + bytes(2048),
    }
    struct.pack_into("<H", loose, 0x1C + 0x10, 0)
    data["length"] = bytes(loose)
    got = show(rom(data[name.removeprefix("rom-broken-")]), code=1)
    assert got["problems"]
    assert all(p["code"] and p["text"] for p in got["problems"])
    assert not (got["boots"]["bios"] and got["boots"]["efi"])


def test_rom_container(rom, tmp_path):
    """NVGI: it is found by its header, firmware cannot use the ROM with it, and fix removes it."""
    path = rom(nvgi(0x9400) + CARD + b"\xff" * 4096)
    got = show(path, code=1)
    assert got["wrapper"] == {"kind": "nvgi", "offset": 0x9400, "nvgi_version": 3}
    assert [i["offset"] for i in got["images"]] == [0x9400, 0x9400 + 2048]
    assert not got["scanned"]
    assert got["boots"] == {"bios": False, "efi": False}

    out = tmp_path / "out.rom"
    got = show("fix", path, "--unwrap", "-o", out)
    assert out.read_bytes() == CARD
    assert got["boots"] == {"bios": True, "efi": True}
    assert got["written"] == str(out) and len(got["changes"]) == 1


def test_rom_headerless(rom):
    """A ROM after undocumented data is found by scanning, and that is reported."""
    got = show(rom(b"\x4c\xc0\xe0\x0c" + b"\x5a" * (0x34200 - 4) + CARD), code=1)
    assert got["wrapper"]["kind"] == "unknown" and got["wrapper"]["offset"] == 0x34200
    assert got["scanned"] and got["images"][0]["found_by_scan"]
    assert len(got["images"]) == 2


def test_rom_for(rom):
    """The verdict for another device: SeaBIOS compares ids, OVMF does not."""
    got = show(rom(CARD), "--for", "10de:1287")
    assert got["boots"] == {"bios": False, "efi": True}
    assert "10de:1287" in got["why"]["bios"]
    got = show(rom(image(last=True), "legacy.rom"), "--for", "10de:1287", code=1)
    assert got["boots"] == {"bios": False, "efi": False}


def test_rom_fix_ids(rom, tmp_path):
    """New ids and a new checksum are written, only to a new file."""
    path, out = rom(CARD), tmp_path / "out.rom"
    got = show("fix", path, "-o", out, "--vendor", "1002", "--device", "73ff")
    assert [(i["vendor"], i["device"]) for i in got["images"]] == [("1002", "73ff")] * 2
    assert got["images"][0]["checksum_ok"] is True
    again = tenon_rom("fix", path, "-o", out)
    assert again.returncode == 3 and "exist" in again.stderr
    in_place = tenon_rom("fix", path, "-o", path, "--device", "73ff")
    assert in_place.returncode == 3


def test_rom_fix_sum(rom, tmp_path):
    """A wrong checksum is corrected by a single byte that is not code."""
    data = bytearray(CARD)
    data[700] ^= 0xFF
    out = tmp_path / "out.rom"
    assert tenon_rom("fix", rom(data), "-o", out).returncode == 0
    fixed = out.read_bytes()
    assert sum(fixed[:2048]) % 256 == 0
    assert [n for n in range(len(data)) if data[n] != fixed[n]] == [6]


def test_rom_usage(rom, tmp_path):
    """Exit code 2 and a hint for a wrong command line, 3 for what is impossible."""
    path = rom(CARD)
    for args in ([], [path, path], ["--nonsense", path], ["fix", path], ["dump", "01:00.0"],
                 [path, "-o", "x"], [path, "--checksum"], [path, "--for", "10de"], ["fix", path, "-o", "x", "--image", "0"],
                 ["fix", path, "-o", "x", "--vendor", "xyz"],
                 ["fix", path, "-o", "x", "--device", "12345"]):
        done = tenon_rom(*args, cwd=tmp_path)
        assert done.returncode == 2 and "tenon rom --help" in done.stderr, args
    for args in ([tmp_path / "none.rom"], [tmp_path], ["dump", path, "-o", "x"],
                 ["01:00.0", "--sysroot", tmp_path],
                 [path, "--for", "01:00.0", "--sysroot", tmp_path],
                 ["fix", path, "-o", "x", "--device", "1", "--image", "9"],
                 ["fix", path, "-o", tmp_path / "no/such/directory", "--device", "1"]):
        done = tenon_rom(*args, cwd=tmp_path)
        assert done.returncode == 3 and done.stderr.startswith("tenon: error: "), args
    assert not (tmp_path / "x").exists()
    assert tenon_rom("--help").returncode == 0


BDF = "0000:03:00.0"


class Host:
    """A fake sysfs with one graphics card."""

    def __init__(self, root):
        self.root = root
        self.card = root / "sys/bus/pci/devices" / BDF
        self.card.mkdir(parents=True)
        for name, text in ("vendor", "0x1002"), ("device", "0x73ff"), ("class", "0x030000"):
            (self.card / name).write_text(text + "\n")
        self.resource()

    def resource(self, rom=(0, 0, 0)):
        lines = [(0, 0, 0)] * 6 + [rom]
        (self.card / "resource").write_text(
            "".join("0x%016x 0x%016x 0x%016x\n" % line for line in lines))

    def rom(self, data):
        (self.card / "rom").write_bytes(data)
        (self.card / "rom").chmod(stat.S_IRUSR | stat.S_IWUSR)

    def vfct(self, *records):
        directory = self.root / "sys/firmware/acpi/tables"
        directory.mkdir(parents=True)
        (directory / "VFCT").write_bytes(vfct(*[(bus, 0, 0, device, data)
                                                for bus, device, data in records]))


AMD = image(vendor=0x1002, device=0x73FF) + image(code=3, vendor=0x1002, device=0x73FF, last=True)


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path / "host")


def dump(host, out, *args):
    return tenon_rom("dump", BDF, "--sysroot", host.root, "-o", out, *args)


def test_rom_device(host, tmp_path):
    """A card's ROM is judged for the card and written unchanged; the sysroot stays as it was."""
    host.resource((0xF0000000, 0xF001FFFF, 0x46200))
    host.rom(AMD)
    got = show(BDF, "--sysroot", host.root)
    assert got["source"]["kind"] == "device" and got["source"]["name"] == BDF
    assert got["target"] == {"vendor": "1002", "device": "73ff", "class": "030000"}
    assert got["boots"] == {"bios": True, "efi": True}
    assert show("03:00.0", "--sysroot", host.root) == got
    done = dump(host, tmp_path / "out.rom")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out.rom").read_bytes() == AMD
    assert (host.card / "rom").read_bytes() == AMD


def test_rom_dump_of_nothing(host, tmp_path):
    """FFs are not a ROM: no file is written, and the message says why."""
    host.rom(b"\xff" * 131072)
    done = dump(host, tmp_path / "out.rom")
    assert done.returncode == 3 and "FF" in done.stderr
    assert not (tmp_path / "out.rom").exists()


def test_rom_shadow(host, tmp_path):
    """The shadow copy is shown as such, and never written as the card's ROM."""
    host.resource((0xC0000, 0xDFFFF, 0x212))
    host.rom(AMD)
    assert show(BDF, "--sysroot", host.root)["source"]["kind"] == "shadow"
    done = dump(host, tmp_path / "out.rom")
    assert done.returncode == 3 and "C0000" in done.stderr
    assert "boot display" in done.stderr  # what to do
    assert not (tmp_path / "out.rom").exists()
    host.vfct((3, 0x73FF, AMD))
    done = dump(host, tmp_path / "out.rom", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["source"]["kind"] == "vfct"


def test_rom_vfct(host, tmp_path):
    """Without a ROM BAR the ROM comes from the ACPI table: by address, else by ids, never by
    guessing."""
    done = dump(host, tmp_path / "a.rom")
    assert done.returncode == 3 and "no ROM BAR" in done.stderr
    host.vfct((9, 0x1638, b"\x55\xaa" * 512), (0x6A, 0x73FF, AMD))
    done = dump(host, tmp_path / "a.rom", "--json")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.rom").read_bytes() == AMD
    assert "6a:00.0" in json.loads(done.stdout)["source"]["remark"]


def test_rom_vfct_first_image(host, tmp_path):
    """VFCT has only the BIOS image of the boot display: it is written, and that is reported."""
    host.vfct((3, 0x73FF, image(vendor=0x1002, device=0x73FF)))
    done = dump(host, tmp_path / "a.rom", "--json")
    assert done.returncode == 1 and "only the first image" in done.stderr
    assert [p["code"] for p in json.loads(done.stdout)["problems"]] == ["first-image-only"]


def test_rom_vfct_ambiguous(host, tmp_path):
    host.vfct((8, 0x73FF, AMD), (9, 0x73FF, AMD))
    done = dump(host, tmp_path / "a.rom")
    assert done.returncode == 3 and not (tmp_path / "a.rom").exists()


def test_rom_packages():
    """The redistributable ROMs of ipxe-qemu and seabios."""
    places = ["/usr/lib/ipxe/qemu/*.rom", "/usr/share/qemu/efi-*.rom", "/usr/share/qemu/pxe-*.rom",
              "/usr/share/seabios/vgabios-*.bin"]
    roms = [path for place in places for path in glob.glob(place)]
    if not roms:
        pytest.skip("neither ipxe-qemu nor seabios is installed")
    for path in roms:
        name = os.path.basename(path)
        if name in ("vgabios-isavga.bin", "vgabios-ramfb.bin"):
            got = show(path, code=1)
            assert [p["code"] for p in got["problems"]] == ["no-pcir"], path
            continue
        got = show(path)
        assert got["boots"] == {"bios": True, "efi": name.startswith("efi-")}, path
        # Since Debian 13 those with EFI images are padded to the size of a flash chip.
        with open(path, "rb") as file:
            rest = file.read()[sum(i["length"] for i in got["images"]):]
        assert not rest.strip(b"\xff"), path
        assert len(rest) <= got["size"] // 2, path
        assert got["images"][-1]["last"] and got["notes"] == [], path
        for i in got["images"]:
            assert i["checksum_ok"] is (True if i["code_type"] == "bios" else None)
            assert i["efi"] is None or i["efi"]["machine"] == "x64"
