# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run with legacy VGA, and guests that others wrote: boot loaders, a memory test, a network boot
program and Linux, in text and in VESA modes, on cards behind several bridges of the host. What the cards
show is read off from outside. One lab serves all of it."""
import json
import pathlib
import re

import pytest

from builds import tenon
from guest import drawn, lines, loaders, real_mode
from guest.build import build_initramfs
from guest.distribution import IPXE_KERNEL
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent
QUIET = "console=tty0 console=ttyS0 quiet cryptomgr.notests edd=off"
WHITE, GREY = b"\xff" * 3, b"\xa8" * 3

# Test -> the job of vga_guests.sh that it judges.
JOBS = {
    "lab-vga-console": "console",
    "lab-vga-syslinux": "syslinux",
    "lab-vga-menu": "syslinux",
    "lab-vga-memtest": "syslinux",
    "lab-vga-memtest-cd": "memtest_cd",
    "lab-vga-bridges": "syslinux",
    "lab-vga-grub": "grub",
    "lab-vga-linux": "grub",
    "lab-vga-ipxe": "ipxe",
    "lab-vga-switches": "switches",
    "lab-vga-lock": "lock",
    "lab-vga-disabled": "disabled",
}

# cirrus is behind three bridges, ati behind two, the last of which is of conventional PCI.
TOPOLOGY = """
[[port]]
id = "rp-host"
kind = "root-port"
addr = "2"

[[device]]
id = "hostvga"
model = "VGA"
under = "rp-host"

[[port]]
id = "rp-plain"
kind = "root-port"
addr = "3"

[[device]]
id = "plain"
model = "VGA"
under = "rp-plain"

[[port]]
id = "rp-cirrus"
kind = "root-port"
addr = "4"

[[port]]
id = "up"
kind = "switch-upstream"
under = "rp-cirrus"

[[port]]
id = "down"
kind = "switch-downstream"
under = "up"
addr = "0"

[[device]]
id = "cirrus"
model = "cirrus-vga,vgamem_mb=16"
under = "down"

[[port]]
id = "rp-ati"
kind = "root-port"
addr = "5"

[[port]]
id = "pci"
kind = "pcie-pci-bridge"
under = "rp-ati"

[[device]]
id = "ati"
model = "ati-vga"
under = "pci"
addr = "2"
"""


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("vga-guests")
    given = tmp_path_factory.mktemp("given")
    stock = kernel.get()
    try:
        loaders.syslinux(given / "syslinux", 1)
        loaders.grub(given / "grub", 2, stock.image, build_initramfs(stock.modules, []),
                     f"{QUIET} tenon.steps=console tenon.end=hang")
        real_mode.build(given / "switches", "A", resets=1, steps="tvgvpvtpvb")
        real_mode.build(given / "letter", "L", steps="t")
        (given / "guests.toml").write_text(TOPOLOGY)
        result = Lab(topology=str(given / "guests.toml"), out=directory, timeout=1200).run(
            HERE / "vga_guests.sh", [tenon(), given, IPXE_KERNEL, *jobs])
    finally:
        stock.close()
    # What is not done at the time limit has no status, and its tests fail.
    assert result.status in (0, 124), result.output
    return directory


def shown(out, name):
    """The card's text, for a failure with what tenon said last."""
    job = name.partition("-")[0]
    assert (out / f"{name}.text").exists(), (out / f"{job}.err").read_text()[-3000:]
    return (out / f"{name}.text").read_text().rstrip("\n").splitlines()


def ended(out, name):
    """Until it was told to end, the guest ran."""
    said = (out / f"{name}.err").read_text(errors="replace")
    assert (out / f"{name}.status").read_text().strip() == str(128 + 15), said[-3000:]
    return (out / f"{name}.log").read_text(errors="replace").replace("\r", "")


def test_lab_vga_syslinux(out):
    """SYSLINUX's text by the BIOS, to its prompt."""
    ended(out, "syslinux")
    text = shown(out, "syslinux-text")
    at = next(i for i, line in enumerate(text) if line.startswith("SYSLINUX "))
    assert re.fullmatch(r"SYSLINUX 6\.\d+ EDD \d+ Copyright \(C\) \d+-\d+ H\. Peter Anvin et al",
                        text[at])
    assert text[at + 1:] == [*loaders.HELLO, "boot:"]


def box(width, title, entries, height):
    """A menu of SYSLINUX, as its frame's lines."""
    rows = [f" {entry}" for entry in entries] + [""] * (height - len(entries))
    return ["┌" + "─" * width + "┐", "│" + title.center(width) + "│", "├" + "─" * width + "┤",
            *("│" + row.ljust(width) + "│" for row in rows), "└" + "─" * width + "┘"]


def test_lab_vga_menu(out):
    """vesamenu.c32: a picture in a VESA mode, dot by dot, and text over it."""
    ended(out, "syslinux")
    text = drawn.text_over(out / "syslinux-menu.png", 1, WHITE, "vga", 8, loaders.SIZE)
    frame = box(56, "A menu", ["Test of memory", "Nothing"], 12)
    assert text.splitlines() == [*(" " * 10 + line for line in frame), "",
                                 " " * 25 + "Press [Tab] to edit options"]


def test_lab_vga_memtest_cd(out):
    """SeaBIOS starts memtest86+ from its CD, as an emulated floppy, and it draws on the card."""
    assert any(re.search(r"Memtest86\+ v\d", line) for line in shown(out, "memtest_cd-screen"))


def test_lab_vga_memtest(out):
    """memtest86+, which is started out of the VESA mode, tests the memory and finds no error."""
    ended(out, "syslinux")
    text = shown(out, "syslinux-memtest")
    for row, words in enumerate([
            r"      Memtest86\+ v\d\.\d+      │ QEMU Virtual CPU version .*",
            r"CLK/Temp: [ \d]+MHz +│ Pass +\d+%( #+)?",
            r"L1 Cache: +64KB +│ Test +\d+%( #+)?",
            r"L2 Cache: +\d+KB +│ Test #\d+ +\[[A-Za-z0-9 ,&]+\]",
            r"L3 Cache: +\d+MB +│ Testing: .*",
            r"Memory  : +6\dMB +│ Pattern: 0x[0-9a-f]{8,16}",
            "─{28}┴─{13}┬─{37}",
            r"CPU: 1 Cores 1 Threads    SMP: Disabled   │ Time:  0:0\d:\d\d  Status: Testing  .",
            r"Using: All Cores                          │ Pass:  0        Errors: 0",
            "─{42}┴─{37}"]):
        assert re.fullmatch(words, text[row]), "\n".join(text)
    assert re.fullmatch(r" <ESC> Exit  <F1> Configuration  <Space> Scroll Lock +\d\.\d+\.\w+\.x64",
                        text[24]), "\n".join(text)


def test_lab_vga_grub(out):
    """GRUB: text by the BIOS, text in a VESA mode, and a picture, dot by dot."""
    ended(out, "grub")
    text = shown(out, "grub-text")
    assert text[text.index("GRUB loading..."):] == ["GRUB loading...", "Welcome to GRUB!", "",
                                                    "GRUB, text"]
    # Its cursor there is a low line and does not blink.
    assert shown(out, "grub-graphics") == ["GRUB, graphics", "▁"]
    text = drawn.text_over(out / "grub-picture.png", 2, GREY, "grub", 10, loaders.SIZE)
    assert text.splitlines() == ["GRUB, picture", "▁"]


def test_lab_vga_linux(out):
    """Linux's vgacon: the card shows what the kernel says that it shows, scrolled by the guest."""
    log = ended(out, "grub")
    console, = lines.passed(log, "console")
    assert console == {"rows": "25", "columns": "80"}
    kept = [line[8:-1].rstrip() for line in log.splitlines() if line.startswith("SCREEN |")]
    assert kept == [f"Linux, line {n}" for n in range(37, 61)] + [""]
    assert shown(out, "grub-linux") == kept[:24]


def test_lab_vga_ipxe(out):
    """iPXE, which does each output by the BIOS, to its prompt."""
    ended(out, "ipxe")
    text = shown(out, "ipxe-text")
    at = next(i for i, line in enumerate(text) if line.startswith("iPXE 1."))
    # The line is longer than the screen is wide; where it breaks depends on the version.
    version = re.fullmatch(r"iPXE (\S+) -- Open Source Network Boot Firmware -- ?https?://ipxe.org",
                           text[at] + text[at + 1])[1]
    assert text[at - 4] in ("iPXE initialising devices...ok", "iPXE initialising devices...")
    assert text[at - 3:at] == ["", "", ""]
    assert text[at + 2].startswith("Features: ")
    assert text[-3:] == ["Text of iPXE", f"builtin/version:string = {version}", "iPXE>"]


def test_lab_vga_switches(out):
    """Ten changes between text, 256 colours, planes and VESA's linear frame buffer, with what was
    drawn read back; the same after a reset."""
    log = ended(out, "switches")
    assert re.findall("VGA .*", log) == ["VGA PASS", "VGA PASS", "VGA DONE"], log
    assert shown(out, "switches-end") == [f"A was here, line {chr(ord('x') - n)}" for n in range(24)]


def test_lab_vga_bridges(out):
    """While the guest draws, each of the three bridges above its card forwards legacy VGA, and none
    above another card."""
    cards = json.loads((out / "bridges.json").read_text())["cards"]
    forwarding = sorted([b["forwards_vga"] for b in card["bridges"]] for card in cards)
    assert forwarding == [[False], [False], [False, False], [True, True, True]], cards


def checked(out, name):
    """What tenon check says of legacy VGA."""
    found = json.loads((out / f"{name}.json").read_text())["findings"]
    finding, = (f for f in found if f["check"] == "vga")
    return finding["severity"], finding["text"]


def test_lab_vga_console(out):
    """Before its card has a driver, the host's console writes past the arbiter: both say so."""
    ended(out, "console")
    assert "the host's text console (vtcon0) writes to legacy VGA without asking" in \
        (out / "console.err").read_text()
    severity, text = checked(out, "console")
    assert severity == "warn" and "without asking the arbiter" in text


def test_lab_vga_lock(out):
    """While a program holds another card's legacy VGA locked, the guest waits at its card's BIOS; then
    it goes on as if nothing had been."""
    log = ended(out, "lock")
    waits = (out / "lock-waits.err").read_text()
    assert "a program holds its legacy VGA locked" in waits
    assert "firmware: Turning on vga text mode console" not in waits
    severity, text = checked(out, "lock")
    assert severity == "warn" and text.startswith("a program holds legacy VGA locked")
    assert re.findall("VGA .*", log) == ["VGA PASS", "VGA DONE"], log
    assert shown(out, "lock-end") == [f"L was here, line {chr(ord('x') - n)}" for n in range(24)]


def test_lab_vga_disabled(out):
    """Where vfio-pci does without legacy VGA, such a guest is refused, with the reason."""
    said = (out / "disabled.err").read_text()
    assert (out / "disabled.status").read_text().strip() == "3", said
    assert "the kernel does not give its legacy VGA (vga=on)" in said
    severity, text = checked(out, "disabled")
    assert severity == "fail" and "vfio-pci was told to leave legacy VGA alone" in text
