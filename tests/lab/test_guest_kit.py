# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest kit itself, under plain emulation, and the Python that judges what it shows."""
import hashlib
import os
import struct
import zlib

import pytest

from guest import blocks, lines, pattern
from builds import tenon
from guest.build import FAST, build_initramfs
from guest.plain import Plain
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

MIB = 1 << 20
# Small enough to be quick here; the lab's tests move as much as they like.
DISK = 4


@pytest.fixture(name="stock")
def fixture_stock():
    k = kernel.get()
    yield k
    k.close()


def png(path, width, height, picture, filters):
    """Writes a PNG file; filters gives the filter of each row."""
    def chunk(kind, content):
        crc = zlib.crc32(kind + content)
        return struct.pack(">I4s", len(content), kind) + content + struct.pack(">I", crc)

    rows, above = bytearray(), bytes(3 * width)
    for y in range(height):
        row = picture[3 * width * y:3 * width * (y + 1)]
        kind = filters[y % len(filters)]
        rows.append(kind)
        for i, value in enumerate(row):
            left, corner = (row[i - 3], above[i - 3]) if i >= 3 else (0, 0)
            guess = (0, left, above[i], (left + above[i]) // 2,
                     pattern.paeth(left, above[i], corner))[kind]
            rows.append((value - guess) & 0xff)
        above = row
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) +
                     chunk(b"IDAT", zlib.compress(bytes(rows), 1)) + chunk(b"IEND", b""))


def test_guest_pattern(tmp_path):
    """One wrong bit, a shift and another seed are seen; the picture has all values everywhere."""
    shot, width, height = tmp_path / "shot.png", 300, 260
    picture = pattern.pattern(7, width, height)
    assert [len(set(picture[c::3])) for c in range(3)] == [256, 256, 256]

    png(shot, width, height, picture, [0, 1, 2, 3, 4])
    pattern.compare(shot, 7, width, height)
    assert "differ, the first at 0,0" in pattern.difference(shot, 8)
    assert "not 301x260" in pattern.difference(shot, 7, width + 1)

    wrong = bytearray(picture)
    wrong[3 * (width * 259 + 299) + 1] ^= 1
    png(shot, width, height, wrong, [4])
    assert pattern.difference(shot, 7).startswith("1 of 78000 pixels differ, the first at 299,259")

    png(shot, width, height, picture[3:] + picture[:3], [1])
    assert pattern.difference(shot, 7)


def make_disk(directory):
    data = os.urandom(DISK * MIB)
    disk = directory / "disk"
    disk.write_bytes(data + bytes(DISK * MIB))
    return disk, hashlib.sha256(data).hexdigest()


def test_guest_kit(tmp_path, stock):
    """Every step that the emulated devices of one small machine can serve."""
    # The last one is in every kernel of Debian itself.
    modules = ["bochs", "nvme", "uio_pci_generic", "snd_hda_codec_generic", "snd_hda_intel", "i8042"]
    initrd = build_initramfs(stock.modules, modules)
    disk, digest = make_disk(tmp_path)
    names = ("machine smp pci drm edu edu-dma edu-msi edu-intx nvme reset nvme irq config "
             "rom cpuid hda log drm").split()
    chosen = {"drm": "drm+mode=1024x768+seed=0x1234567+hold=wait",
              "edu-msi": "edu-msi+count=20", "edu-intx": "edu-intx+count=20",
              "nvme": f"nvme+read={DISK}+write={DISK}+at={DISK}+seed=5",
              "irq": "irq+pci=0000:00:04.0", "config": "config+pci=0000:00:03.0",
              "rom": "rom+pci=0000:00:02.0",
              "reset": "reset+pci=0000:00:04.0+by=flr", "cpuid": "cpuid+leaf=1",
              "hda": "hda+pci=0000:00:05.0",
              "smp": "smp+cpus=2"}
    steps = [chosen.get(n, n) for n in names[:-1]] + ["drm+pci=0000:00:02.0+seed=2+hold=keep"]
    cmdline = f"{FAST} tenon.modules={','.join(modules)} tenon.steps={','.join(steps)}"
    devices = ["bochs-display,id=gpu,addr=2", "edu,addr=3", "nvme,drive=disk,serial=1,addr=4",
               "ich9-intel-hda,addr=5", "hda-output,audiodev=none"]
    options = ["-smp", "2", "-audiodev", "none,id=none",
               "-drive", f"if=none,id=disk,format=raw,file={disk}"]
    with Plain(unpacked(stock.image), initrd, cmdline, devices, options) as guest:
        guest.wait_for("STEP drm")
        guest.screenshot("gpu", tmp_path / "gpu.png")
        guest.say("continue")
        text = guest.end()
    values = dict(zip(names, lines.passed(text, *names)))
    assert values["machine"]["cpus"] == "2" and values["machine"]["product"].startswith("Standard")
    pattern.compare(tmp_path / "gpu.png", 0x1234567, 1024, 768)
    assert values["edu-msi"]["received"] == "41" and values["edu-intx"]["received"] == "40"
    assert values["nvme"]["read"] == digest and values["nvme"]["irq"] == "msix"
    written = disk.read_bytes()[DISK * MIB:]
    assert hashlib.sha256(written).hexdigest() == blocks.sha256(5, DISK)
    assert values["hda"]["codec"] == "QEMU_Generic" and int(values["hda"]["interrupts"]) > 0
    assert int(values["rom"]["size"]) > 0 and values["log"]["messages"] == "0"
    assert "PCI 0000:00:03.0 id=1234:11e8 class=00ff00 driver=- " in text
    assert "CONFIG 0000:00:03.0 0x000 3412e811" in text


def test_guest_reboot(tmp_path, stock):
    """The kit counts its starts; a step that fails, hangs or does not exist does not stop it."""
    initrd = build_initramfs(stock.modules, [])
    with Plain(unpacked(stock.image), initrd, f"{FAST} "
               "tenon.steps=edu,no-such,drm+timeout=1,smp+ms=5000+timeout=1,smp "
               "tenon.end=reboot+times=1", []) as guest:
        text = guest.end()
    assert [s["boot"] for s in lines.starts(text)] == ["1", "2"]
    assert [(s.name, s.ok, s.why) for s in lines.steps(text)] == 2 * [
        ("edu", False, "there is no device 1234:11e8"),
        ("no-such", False, "there is no such step"),
        ("drm", False, "timed out"),
        ("smp", False, "timed out"),
        ("smp", True, "")]
    assert "GUEST end reboot" in text and "GUEST end poweroff" in text


RUN = """
for image in $2; do
	"$1" run --memory 256M --cpus 2 --kernel "$image" --initrd "$3" --append "$4" </dev/null \
		>"$OUT/$(basename "$image").log" 2>&1 || exit
done
"""


@pytest.fixture(name="out", scope="module")
def fixture_out(tmp_path_factory):
    """Runs tenon with both kernels in one lab; the logs' names are theirs."""
    directory, script = tmp_path_factory.mktemp("tenon"), tmp_path_factory.mktemp("job") / "run.sh"
    script.write_text(RUN)
    stock = kernel.get()
    try:
        assert unpacked(stock.image) != stock.image
        arguments = [tenon(), f"{stock.image} {unpacked(stock.image)}",
                     build_initramfs(stock.modules, []),
                     f"console=ttyS0 {FAST} tenon.steps=machine,smp+cpus=2,pci,log "
                     "tenon.end=reboot+times=1"]
        result = Lab(out=directory).run(script, arguments)
    finally:
        stock.close()
    assert result.status == 0, result.output + "".join(p.read_text() for p in directory.glob("*.log"))
    return directory


@pytest.mark.parametrize("name", ["guest-tenon", "guest-tenon-packed"])
def test_guest_tenon(out, stock, name):
    """The kit in tenon without a device: two CPUs, a reboot, and the kernel with and without its
    decompressor."""
    image = stock.image if name.endswith("-packed") else unpacked(stock.image)
    text = (out / f"{image.name}.log").read_text(errors="replace")
    lines.passed(text, *2 * ["machine", "smp", "pci", "log"])
    assert [s["boot"] for s in lines.starts(text)] == ["1", "2"]
