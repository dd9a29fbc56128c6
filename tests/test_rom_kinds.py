# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon rom: each kind of defect, container and wrong file is recognised, and gives the right exit
code."""
import base64
import bz2
import gzip
import io
import json
import lzma
import random
import struct
import subprocess
import zipfile

import pytest

from builds import tenon
from rom_images import (AA64, EBC, LZMA, STANDARD, bios, capsule, compress, driver, efi, even_out,
                        flash, hidden, isa, nvgi, section, vfct, volume)

AMD = 0x1002
CARD = bios(last=False) + efi()
NOISE = random.Random(5).randbytes


def run(*args, **kwargs):
    return subprocess.run([tenon(), "rom", *map(str, args)], text=True, capture_output=True,
                          timeout=60, check=False, **kwargs)


def show(*args):
    done = run("--json", *args)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return done.returncode, json.loads(done.stdout)


def codes(got):
    return {p["code"] for p in got["problems"]}


def changed(data, at, new):
    return data[:at] + new + data[at + len(new):]


def half_read(data, at, byte):
    return data[:at] + byte * (len(data) - at)


def mobile():
    """Like NVIDIA's mobile cards: PCIR covers everything, the header less, NPDE only the first
    image."""
    data = bytearray(bios(0x10DE, 0x1C8C, 4096, init=3072, npde_=(2048, False), class_=0x030200))
    data[2048:2050] = b"VN"
    struct.pack_into("<H", data, 2048 + 0x18, 0x20)
    data[2048 + 0x20:2048 + 0x38] = b"NPDS" + struct.pack(
        "<HHHHB3sHHBBH", 0x10DE, 0, 0, 0x18, 0, bytes(3), 4, 1, 0x70, 0x80, 0)
    return bytes(even_out(data, 3072))


def broken_code():
    """A stream with valid sizes whose codes are noise."""
    return struct.pack("<II", 1992, 5000) + NOISE(1992)


# name, file, exit code, problems reported, (SeaBIOS, OVMF), words of the text
ROMS = [
    ("mobile", mobile(), 0, set(), (True, False), ()),
    ("whole", CARD, 0, set(), (True, True), ()),
    ("compressed", efi(compress(driver()), compression=1), 0, set(), (False, True), ()),
    ("ebc", efi(driver(EBC), machine=EBC), 0, set(), (False, True), ("byte code",)),
    ("ebc-behind-native", efi(driver(EBC), machine=EBC, last=False) + efi(), 0, set(),
     (False, True), ("0x600",)),
    ("compressed-too-long", efi(struct.pack("<II", 100000, 200000) + bytes(2000), compression=1),
     1, {"driver"}, (False, False), ("100000",)),
    ("compressed-huge", efi(struct.pack("<II", 1992, 1 << 31) + bytes(1992), compression=1),
     1, {"driver"}, (False, False), ()),
    ("compressed-damaged", efi(broken_code(), compression=1), 1, {"driver"}, (False, False),
     ("Huffman",)),
    ("compressed-cut", efi(changed(compress(driver()), 0, struct.pack("<I", 500)), compression=1),
     1, {"driver"}, (False, False), ("ends",)),
    ("compressed-other-machine", efi(compress(driver(AA64)), compression=1), 1,
     {"driver-machine"}, (False, False), ("aa64",)),
    ("compressed-no-driver", efi(compress(b"no driver" * 99), compression=1), 1, {"driver"},
     (False, False), ("MZ",)),
    ("driver-missing", efi(bytes(1000)), 1, {"driver"}, (False, False), ("MZ",)),
    ("driver-no-pe", efi(b"MZ" + bytes(1000)), 1, {"driver"}, (False, False), ("PE",)),
    ("driver-other-machine", efi(driver(AA64)), 1, {"driver-machine"}, (False, False), ("aa64",)),
    ("driver-application", efi(driver(subsystem=10)), 1, {"driver-subsystem"}, (False, False), ()),
    ("driver-cut", efi(driver(size=4096)[:1500]), 1, {"driver"}, (False, False), ("sections",)),
    ("driver-half-ff", efi(half_read(driver(size=8192), 4096, b"\xff")), 1, {"hole"},
     (False, False), ("read it again",)),
    ("compressed-half-ff", half_read(efi(compress(driver(size=9000)), compression=1), 4096,
                                     b"\xff"), 1, {"hole"}, (False, False), ("read it again",)),
    ("cut-early", CARD[:0x25], 1, {"pcir-beyond"}, (False, False), ()),
    ("cut-second", CARD[:5000], 1, {"truncated"}, (True, False), ("cut off",)),
    ("never-last", bios(last=False) + efi(last=False), 1, {"chain-end"}, (True, True),
     ("tenon rom join",)),
    ("aa64", efi(driver(AA64), machine=AA64), 0, set(), (False, False), ("aa64",)),
    ("first-image-only", bios(AMD, 0x744C, last=False), 1, {"first-image-only"}, (True, False),
     ("VFCT", "tenon rom dump")),
    ("shadow", bios(0x10DE, 0x1E89, 3072, last=False, npde_=(4096, False)), 1, {"shadow"},
     (False, False), ("C0000h",)),
    ("shadow-padded", bios(0x10DE, 0x1E89, 3072, npde_=(4096, True)) + b"\xff" * 1024, 1,
     {"shadow"}, (False, False), ("C0000h",)),
    ("half-ff", half_read(bios(length=16384)[:64] + NOISE(16320), 8192, b"\xff"), 1,
     {"hole", "checksum"}, (False, False), ("read it again",)),
    ("half-zero", half_read(bios(length=16384)[:64] + NOISE(16320), 8192, b"\0"), 1,
     {"hole", "checksum"}, (False, False), ("read it again",)),
    ("rest-ff", bios(last=False) + b"\xff" * 4096, 1, {"rest-blank"}, (True, False),
     ("read it again",)),
    ("cut", CARD[:3000], 1, {"truncated"}, (False, False), ("broke off",)),
    ("sum", changed(bios(), 900, b"\x55"), 1, {"checksum"}, (False, False), ("edited",)),
    ("isa", isa(), 1, {"no-pcir"}, (False, False), ("ISA",)),
    ("pointer", bytes(even_out(bytearray(changed(bios(), 0x18, b"\x40\1")))), 1,
     {"pcir-pointer"}, (False, False), ("0x1c",)),
    ("behind-last", bios(AMD, 0x67DF) + efi(vendor=AMD, device=0x67DF), 1, {"behind-last"},
     (True, False), ("tenon rom join",)),
    ("behind-last-padded", bios() + b"\xff" * 1024 + efi(), 1, {"behind-last"}, (True, False),
     ("tenon rom join",)),
    ("bios-behind-efi", efi() + bios(), 1, {"behind-last"}, (False, True), ("tenon rom join",)),
    ("repeated", CARD + CARD, 0, set(), (True, True), ("2 times",)),
    ("another-behind", CARD + bios(AMD, 0x67DF), 0, set(), (True, True), ("1002:67df",)),
]


@pytest.mark.parametrize("name", ["rom-kinds-" + rom[0] for rom in ROMS])
def test_rom_kinds(name, tmp_path):
    _, data, code, problems, boots, words = next(r for r in ROMS if name == "rom-kinds-" + r[0])
    path = tmp_path / "card.rom"
    path.write_bytes(data)
    returned, got = show(path)
    assert (returned, got["boots"]) == (code, {"bios": boots[0], "efi": boots[1]}), got
    assert problems <= codes(got) and bool(got["problems"]) == bool(code), got["problems"]
    text = run(path).stdout
    for word in words:
        assert word in text


def test_rom_kinds_other_ids(tmp_path):
    """The reason is still the ids, even if the chain of images has no end."""
    path = tmp_path / "card.rom"
    path.write_bytes(bios(AMD, 0x67DF, last=False))
    returned, got = show(path, "--for", "1002:67ef")
    assert returned == 1 and "another device" in got["why"]["bios"]
    assert "1002:67df" in got["why"]["bios"] and "1002:67ef" in got["why"]["bios"]


def test_rom_kinds_read_again(tmp_path):
    """The checksum of an image that was read in part is not corrected unless asked for."""
    path, out = tmp_path / "card.rom", tmp_path / "out.rom"
    path.write_bytes(half_read(bios(length=16384)[:64] + NOISE(16320), 8192, b"\xff"))
    done = run("fix", path, "-o", out)
    assert done.returncode == 3 and "Read the ROM again" in done.stderr and not out.exists()
    assert run("fix", path, "--checksum", "-o", out).returncode == 0
    assert "FF" in run(out).stdout


def zipped(method):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("card.rom", CARD)
    return file.getvalue()


ACPI = bytearray(b"DSDT" + struct.pack("<IBB", 64, 2, 0) + b"OEM" + bytes(51))
WRONG = {
    "zip": zipped(zipfile.ZIP_DEFLATED), "gzip": gzip.compress(CARD), "xz": lzma.compress(CARD),
    "bzip2": bz2.compress(CARD), "7z": b"7z\xbc\xaf\x27\x1c\0\4" + NOISE(3000),
    "rar": b"Rar!\x1a\x07\x01\0" + NOISE(500), "cab": b"MSCF" + bytes(200),
    "tar": b"card.rom".ljust(257, b"\0") + b"ustar\x0000" + bytes(300),
    "elf": b"\x7fELF\2\1\1" + bytes(200), "png": b"\x89PNG\r\n\x1a\n" + NOISE(99),
    "bmp": b"BM" + struct.pack("<IIIIII", 200, 0, 54, 40, 5, 5) + bytes(174), "pdf": b"%PDF-1.4 x",
    "html": b"<!DOCTYPE html>\n<html><head><title>VGA BIOS</title></head></html>\n",
    "git-lfs": b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\n",
    "xml": b'<?xml version="1.0"?><a/>', "json": b'{"message": "Not Found", "a": "b"}',
    "text": b"This is no ROM. It is what somebody wrote about one.\n",
    "appledouble": bytes.fromhex("00051607000200004d6163204f532058") + bytes(300),
    "efi-driver": driver(), "efi-application": driver(subsystem=10), "pe": driver(subsystem=2),
    "pldm": bytes.fromhex("f018878ccb7d49439800a02f059aca02") + bytes(99),
    "acpi": bytes(even_out(ACPI, at=9)), "vbt": b"$VBT TIGERLAKE" + bytes(99),
    "config-space": b"\xde\x10\x80\x12\7\4\x10\0\xa1\0\0\3" + bytes(40) + b"\x60" + bytes(203),
    "disk": b"\xeb\x3c" + bytes(508) + b"\x55\xaa",
    "swapped-16": b"".join(CARD[i:i + 2][::-1] for i in range(0, len(CARD), 2)),
    "swapped-32": b"".join(CARD[i:i + 4][::-1] for i in range(0, len(CARD), 4)),
    "inverted": bytes(b ^ 0xFF for b in CARD), "every-second": CARD[::2],
    "seven-bits": bytes(b & 0x7F for b in CARD), "utf-8": CARD.decode("latin1").encode(),
    "utf-8-lost": CARD.decode("utf-8", "replace").encode(),
    "crlf": (CARD[:0x80] + b"\n" * 9 + CARD[0x80:]).replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("name", ["rom-kinds-wrong-" + kind for kind in WRONG])
def test_rom_kinds_wrong(name, tmp_path):
    """For a file that is not a ROM, the message says what it is and what to do instead."""
    kind = name.removeprefix("rom-kinds-wrong-")
    path = tmp_path / "card.rom"
    path.write_bytes(WRONG[kind])
    returned, got = show(path)
    assert returned == 1 and got["kind"]["code"] == kind, got["problems"]
    told = [p["text"] for p in got["problems"] if p["code"] == "wrong-kind"]
    assert len(told) == 1 and got["kind"]["what"] in told[0] and got["kind"]["advice"] in told[0]
    assert got["images"] or got["boots"] == {"bios": False, "efi": False}
    fixed = run("fix", path, "-o", tmp_path / "out.rom")
    assert fixed.returncode == 3 or got["images"]


def test_rom_kinds_text_without(tmp_path):
    """For text that encodes something else, the message says what that is."""
    path = tmp_path / "lspci.txt"
    path.write_text("".join("%02x: %s\n" % (at, WRONG["config-space"][at:at + 16].hex(" "))
                            for at in range(0, 64, 16)))
    returned, got = show(path)
    assert returned == 1 and got["kind"]["code"] == "config-space", got["problems"]
    assert "hex dump of a copy of a device's config space" in got["problems"][0]["text"]


def test_rom_kinds_short(tmp_path):
    path = tmp_path / "card.rom"
    path.write_bytes(b"\x55\xaa")
    returned, got = show(path)
    assert returned == 1 and codes(got) == {"too-short"}


def rows(data, row, head, tail=None, group=1, swap=False, digits=2):
    lines = []
    for at in range(0, len(data), row):
        part = data[at:at + row]
        groups = [part[i:i + group] for i in range(0, len(part), group)]
        text = " ".join((g[::-1] if swap else g).hex() for g in groups)
        shown = "".join(chr(c) if 32 <= c < 127 else "." for c in part)
        lines.append(head % at + text.ljust(row * digits + row // group)
                     + (tail % shown if tail else ""))
    return "\n".join(lines) + "\n"


def octal_words(data):
    words = struct.unpack(f"<{len(data) // 2}H", data)
    return "".join("%07o %s\n" % (i * 2, " ".join(f"{w:06o}" for w in words[i:i + 8]))
                   for i in range(0, len(words), 8))


def starred(text):
    """As hexdump and od print it: repeated lines become one and a star."""
    out, last = [], None
    for line in text.splitlines():
        body = line.split(" ", 1)[1]
        if body == last:
            if out[-1] != "*":
                out.append("*")
        else:
            out.append(line)
        last = body
    return "\n".join(out + ["%08x" % len(CARD)]) + "\n"


def registry(data):
    lines = [",".join("%02x" % b for b in data[i:i + 25]) for i in range(0, len(data), 25)]
    return ("Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\HARDWARE\\VIDEO]\r\n"
            '"Name"=hex:41,00\r\n"BiosImage"=hex:' + ",\\\r\n  ".join(lines) + "\r\n")


def intel_hex(data):
    out = []
    for at in range(0, len(data), 16):
        part = data[at:at + 16]
        record = bytes([len(part), at >> 8 & 0xFF, at & 0xFF, 0]) + part
        out.append(":" + (record + bytes([-sum(record) & 0xFF])).hex().upper())
    return "\n".join(out + [":00000001FF"]) + "\n"


def srecords(data):
    out = ["S0030000FC"]
    for at in range(0, len(data), 16):
        part = data[at:at + 16]
        record = bytes([len(part) + 3, at >> 8 & 0xFF, at & 0xFF]) + part
        out.append("S1" + (record + bytes([~sum(record) & 0xFF])).hex().upper())
    return "\n".join(out + ["S9030000FC"]) + "\n"


WORDS = struct.unpack(f"<{len(CARD) // 2}H", CARD)
TEXTS = {
    "xxd": rows(CARD, 16, "%08x: ", " %s", group=2),
    "xxd-1": rows(CARD, 16, "%08x: ", " %s"),
    "xxd-plain": "\n".join(CARD[i:i + 30].hex() for i in range(0, len(CARD), 30)) + "\n",
    "hexdump-c": starred(rows(CARD, 16, "%08x  ", " |%s|")),
    "hexdump": starred(rows(CARD, 16, "%07x ", group=2, swap=True)),
    "od": octal_words(CARD),
    "od-x1": rows(CARD, 16, "%07o "),
    "od-decimal": rows(CARD, 16, "%07d "),
    "od-x4": rows(CARD, 16, "%06x ", group=4, swap=True),
    "powershell": "\n           00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n\n"
                  + rows(CARD, 16, "%08X   ", " %s"),
    "debug": rows(CARD, 16, "C000:%04X  ", "  %s"),
    "crlf": rows(CARD, 16, "%08x  ", " |%s|").replace("\n", "\r\n"),
    "utf-16": rows(CARD, 16, "%08x  ", " |%s|").encode("utf-16"),
    "array": "static const unsigned char rom[] = { /* the card's */\n"
             + ",".join("0x%02x" % b for b in CARD) + "\n};\n",
    "array-16": "uint16_t rom[%d] = {" % len(WORDS) + ", ".join("0x%04X" % w for w in WORDS) + "};",
    "array-decimal": "const rom = [" + ", ".join(str(b) for b in CARD) + "];",
    "python": 'rom = b"' + "".join("\\x%02x" % b for b in CARD) + '"\n',
    "registry": registry(CARD), "registry-utf-16": registry(CARD).encode("utf-16"),
    "hex": CARD.hex().upper(), "base64": base64.encodebytes(CARD).decode(),
    "intel-hex": intel_hex(CARD), "srecord": srecords(CARD),
}


@pytest.mark.parametrize("name", ["rom-kinds-text-" + form for form in TEXTS])
def test_rom_kinds_text(name, tmp_path):
    """Text that encodes a ROM is read, reported as such, and written as bytes."""
    text = TEXTS[name.removeprefix("rom-kinds-text-")]
    path, out = tmp_path / "card.txt", tmp_path / "out.rom"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    returned, got = show(path)
    assert returned == 1 and codes(got) == {"text-form"}, got["problems"]
    assert got["form"] and [i["code_type"] for i in got["images"]] == ["bios", "efi"]
    assert got["boots"] == {"bios": False, "efi": False}
    assert run("fix", path, "-o", out).returncode == 0
    assert out.read_bytes() == CARD


FIRST, SECOND = bios(AMD, 0x744C, last=False), bios(AMD, 0x164E) + b""
BURIED = section(0x19, b"\xee" * 7 + SECOND)
SEVERAL = {
    "vfct": ("vfct", vfct((3, 0, 0, 0x744C, FIRST), (0x14, 0, 0, 0x164E, SECOND))),
    "vfct-cut": ("vfct", vfct((3, 0, 0, 0x744C, FIRST), (0x14, 0, 0, 0x164E, SECOND),
                              (0x15, 0, 0, 0x1111, SECOND))[:-3000]),
    "volume": ("firmware", volume(section(0x19, FIRST), BURIED)),
    "volume-standard": ("firmware", volume(section(0x19, FIRST), hidden(BURIED, STANDARD))),
    "volume-lzma": ("firmware", volume(hidden(volume(section(0x19, FIRST), BURIED), LZMA))),
    "volume-nested": ("firmware", volume(section(0x19, FIRST),
                                         hidden(volume(hidden(BURIED, STANDARD)), LZMA))),
    "capsule": ("firmware", capsule(volume(section(0x19, FIRST), hidden(BURIED, LZMA)))),
    "flash": ("firmware", flash(b"\xff" * 0x777 + volume(section(0x19, FIRST), BURIED))),
    "together": ("none", FIRST[:0x31] + b"\x80" + FIRST[0x32:] + SECOND),
    "apart": ("none", FIRST[:0x31] + b"\x80" + FIRST[0x32:] + b"\0" * 333 + SECOND),
    "behind-tables": ("unknown", bytes(ACPI) + b"\0" * 5 + FIRST + b"\0" * 27 + SECOND
                      + b"\0" * 600),
    "coreboot": ("firmware", b"LARCHIVE" + b"\xff" * 57 + FIRST + b"LARCHIVE" + SECOND),
    "nvgi": ("nvgi", nvgi(0x2000) + bios() + SECOND),
}


@pytest.mark.parametrize("name", ["rom-kinds-several-" + kind for kind in SEVERAL])
def test_rom_kinds_several(name, tmp_path):
    """All ROMs in a file are listed, and the one with the ids is judged and extracted."""
    wrapper, data = SEVERAL[name.removeprefix("rom-kinds-several-")]
    path, out = tmp_path / "file.bin", tmp_path / "out.rom"
    path.write_bytes(data)
    returned, got = show(path)
    assert got["wrapper"]["kind"] == wrapper
    assert returned == (1 if wrapper != "none" or codes(got) else 0)
    listed = [f"{r['vendor']}:{r['device']}" for r in got["roms"]]
    assert len(listed) == 2 and listed[1] == "1002:164e", listed
    assert [r["chosen"] for r in got["roms"]] == [True, False]
    returned, got = show(path, "--for", "1002:164e")
    assert [r["chosen"] for r in got["roms"]] == [False, True]
    assert got["images"][0]["device"] == "164e" and returned == 1
    assert "container" in codes(got) and "--unwrap" in got["why"]["bios"]
    assert run("fix", path, "--for", "1002:164e", "-o", out).returncode == 0
    assert out.read_bytes() == SECOND
    other = run("fix", path, "--for", "1002:9999", "-o", tmp_path / "none.rom")
    assert other.returncode == 3 and "1002:164e" in other.stderr
    if wrapper == "vfct":
        assert got["roms"][1]["address"] == "14:00.0" and "VFCT" in run(path).stdout


def test_rom_kinds_firmware_without(tmp_path):
    path = tmp_path / "board.bin"
    path.write_bytes(flash(volume(section(0x19, b"nothing" * 99))))
    returned, got = show(path)
    assert returned == 1 and codes(got) == {"firmware-without-rom"}


def images(path):
    return [(i["code_type"], i["offset"], i["last"], i["checksum_ok"], i["vendor"] + ":"
             + i["device"]) for i in show(path)[1]["images"]]


JOINED = [("bios", 0, False, True, "10de:1280"), ("efi", 4096, True, None, "10de:1280")]


@pytest.mark.parametrize("name", ["rom-kinds-join-" + kind for kind in (
    "two", "one", "first-only", "bare", "compressed", "text", "replace", "nvidia", "sizes")])
def test_rom_kinds_join(name, tmp_path):
    """A BIOS and an EFI image become one valid ROM, whatever contained them."""
    nvidia = bios(npde_=(4096, True))
    files = {
        "two": [bios(), efi()], "one": [bios() + efi()], "first-only": [bios(last=False), efi()],
        "bare": [bios(), driver()],
        "compressed": [bios(), efi(compress(driver()), compression=1)],
        "text": [bios().hex().encode(), rows(efi(), 16, "%08x  ", " |%s|").encode()],
        "replace": [bios(last=False) + efi(bytes(1000)), efi()],
        "nvidia": [nvgi(0x2000) + nvidia, efi()],
        "sizes": [bios(pcir_length=2048), efi()],
    }[name.removeprefix("rom-kinds-join-")]
    paths = [tmp_path / f"part{n}" for n in range(len(files))]
    for path, data in zip(paths, files):
        path.write_bytes(data)
    out = tmp_path / "out.rom"
    done = run("join", *paths, "-o", out)
    assert done.returncode == 0, done.stdout + done.stderr
    assert images(out) == JOINED
    assert show(out, "--for", "10de:1280")[1]["boots"] == {"bios": True, "efi": True}
    again = run("join", *paths, "-o", out)
    assert again.returncode == 3 and "exist" in again.stderr


def test_rom_kinds_join_nvidia(tmp_path):
    """Afterwards NPDE agrees with PCIR."""
    (tmp_path / "a").write_bytes(bios(npde_=(4096, True)))
    (tmp_path / "b").write_bytes(efi())
    assert run("join", tmp_path / "a", tmp_path / "b", "-o", tmp_path / "c").returncode == 0
    first = show(tmp_path / "c")[1]["images"][0]
    assert first["npde"] == {"revision": 257, "length": 4096, "last": False}
    assert first["pcir"]["last"] is False


def test_rom_kinds_join_ids(tmp_path):
    (tmp_path / "a").write_bytes(bios())
    (tmp_path / "b").write_bytes(efi(vendor=AMD))
    assert run("join", tmp_path / "a", tmp_path / "b", "--for", "1002:67df", "-o",
               tmp_path / "c").returncode == 0
    assert {i[4] for i in images(tmp_path / "c")} == {"1002:67df"}


@pytest.mark.parametrize("name", ["rom-kinds-join-refuses-" + kind for kind in (
    "cut", "sum", "shadow", "driver", "page", "isa")])
def test_rom_kinds_join_refuses(name, tmp_path):
    data = {
        "cut": bios()[:3000], "sum": changed(bios(), 900, b"\x55"),
        "shadow": bios(length=3072, npde_=(4096, True)), "driver": efi(bytes(1000)),
        "page": b"<html><body>not found</body></html>", "isa": isa(),
    }[name.removeprefix("rom-kinds-join-refuses-")]
    (tmp_path / "a").write_bytes(data)
    done = run("join", tmp_path / "a", "-o", tmp_path / "c")
    assert done.returncode == 3 and done.stderr.startswith("tenon: error: ")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize("name", ["rom-kinds-wrap-" + kind for kind in (
    "plain", "compressed", "aa64", "ebc", "runtime")])
def test_rom_kinds_wrap(name, tmp_path):
    """An EFI driver becomes a ROM whose header describes the driver."""
    kind = name.removeprefix("rom-kinds-wrap-")
    machine = {"aa64": AA64, "ebc": EBC}.get(kind, 0x8664)
    subsystem = 12 if kind == "runtime" else 11
    (tmp_path / "d.efi").write_bytes(driver(machine, subsystem, size=5000))
    out = tmp_path / "out.rom"
    more = ["--compress"] if kind == "compressed" else []
    done = run("wrap", tmp_path / "d.efi", "--for", "10de:1280", "-o", out, *more)
    assert done.returncode == (1 if kind == "aa64" else 0), done.stdout + done.stderr
    data = out.read_bytes()
    assert len(data) % 512 == 0 and struct.unpack_from("<HH", data) == (0xAA55, len(data) // 512)
    one, = show(out)[1]["images"]
    assert (one["code_type"], one["vendor"], one["device"], one["class"], one["last"]) == (
        "efi", "10de", "1280", "030000", True)
    assert one["efi"]["driver"]["loads"] and one["efi"]["driver"]["subsystem"] == subsystem
    assert one["efi"]["machine"] == one["efi"]["driver"]["machine"]
    assert one["efi"]["compressed"] == (kind == "compressed")
    if kind == "compressed":
        assert len(data) < 2000
    else:
        assert data[0x38:0x38 + 5000] == driver(machine, subsystem, size=5000)


@pytest.mark.parametrize("name", ["rom-kinds-wrap-refuses-" + kind for kind in (
    "rom", "application", "program", "cut", "zip")])
def test_rom_kinds_wrap_refuses(name, tmp_path):
    data = {
        "rom": efi(), "application": driver(subsystem=10), "program": driver(subsystem=2),
        "cut": driver()[:600], "zip": WRONG["zip"],
    }[name.removeprefix("rom-kinds-wrap-refuses-")]
    (tmp_path / "d.efi").write_bytes(data)
    done = run("wrap", tmp_path / "d.efi", "--for", "10de:1280", "-o", tmp_path / "out.rom")
    assert done.returncode == 3 and done.stderr.startswith("tenon: error: ")
    assert not (tmp_path / "out.rom").exists()


def test_rom_kinds_usage(tmp_path):
    (tmp_path / "d.efi").write_bytes(driver())
    for args in (["wrap", "d.efi", "-o", "x"], ["wrap", "d.efi", "--for", "10de:1280"],
                 ["join", "-o", "x"], ["join", "d.efi"], ["fix", "d.efi", "--compress", "-o", "x"]):
        done = run(*args, cwd=tmp_path)
        assert done.returncode == 2 and "tenon rom --help" in done.stderr, args
