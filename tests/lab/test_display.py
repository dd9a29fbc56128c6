# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run --display vnc: the emulated display with keyboard is the guest's first screen, for SeaBIOS,
OVMF and Linux as they are, and an assigned card the second. One lab serves all of it."""
import pathlib

import pytest

from builds import tenon
from guest import lines, pattern, wave
from guest.build import build_initramfs
from guest.distribution import OVMF_CODE
from guest.jobs import printed
from guest.unpacked import unpacked
from tenonlab import Lab, fonts, kernel, screen

HERE = pathlib.Path(__file__).resolve().parent

# Test -> the job of display.sh that it judges.
JOBS = {
    "lab-display-bios": "bios",
    "lab-display-uefi": "uefi",
    "lab-display-linux": "linux",
    "lab-sound-linux": "linux",
    "lab-usb-keys-uefi": "uefi",
    "lab-usb-keys-linux": "linux",
}


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("display")
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, ["bochs", "psmouse", "evdev", "xhci_pci", "usbhid",
                                                 "hid_generic",
                                                 "snd_hda_intel", "snd_hda_codec_generic"])
        heard = directory / "heard.wav"
        wave.write(heard, wave.frames(1, 6 * wave.RATE))
        result = Lab(topology="cards", out=directory, timeout=1000).run(
            HERE / "display.sh",
            [tenon(), HERE / "rfb.py", unpacked(stock.image), initrd, OVMF_CODE, heard, *jobs], tries=2)
    finally:
        stock.close()
    # What is not done at the time limit has no status, and its tests fail.
    assert result.status in (0, 124), result.output
    return directory


def viewed(out, name):
    """The picture that the viewer had."""
    path = out / f"{name}.ppm"
    assert path.exists(), (out / "viewer.err").read_text(errors="replace")
    return screen.parse_ppm(path.read_bytes())


def text_of(out, name, *wanted):
    """It as text, in one of the fonts named."""
    stock = kernel.get()
    try:
        known = [font for font in fonts.known(stock.image) if font.name in wanted]
    finally:
        stock.close()
    return screen.finish(screen.read(viewed(out, name), known))


def test_lab_display_bios(out):
    """SeaBIOS draws its text on the display, and leaves the VGA card beside it alone."""
    printed(out, "bios", 128 + 15)
    said = (out / "bios.err").read_text(errors="replace")
    assert "Other display found at 00:1e.0" in said, said
    assert "No VGA found" in said, said
    text = text_of(out, "bios-screen", "vga")
    assert "SeaBIOS (version" in text and "No bootable device" in text, text


def test_lab_display_uefi(out):
    """OVMF's shell is on the viewer's screen and on the console, and does what is typed there."""
    log = printed(out, "uefi", 128 + 15)
    assert "Usb" in log
    assert "UEFI v2" in log
    text = text_of(out, "uefi-shell", "edk2")
    assert "Shell> ver" in text and "UEFI v2" in text and "Usb" in text, text


LINUX = ("pci", "sound", "irq", "drm", "drm", "keys", "keys", "log")


def test_lab_display_linux(out):
    """Linux's driver shows a picture on the display, pixel for pixel, while the assigned card shows
    another; and it finds keyboard and mouse."""
    log = printed(out, "linux")
    _, _, _, first, second, heard, _, _ = lines.passed(log, *LINUX)
    assert first["driver"] == second["driver"] == "bochs-drm"
    image = viewed(out, "linux-first")
    assert (image.width, image.height) == (800, 600)
    assert image.data == pattern.pattern(7, 800, 600)
    pattern.compare(out / "linux-second.png", 8, 640, 480)
    # Shift, h, i, Enter, as Linux numbers them.
    assert heard["keys"] == "42,35,23,28", heard
    assert (heard["x"], heard["y"], heard["wheel"]) == ("100", "-50", "-2"), heard


def test_lab_sound_linux(out):
    """Linux's own driver plays on the sound card and records from it, sample for sample, in the time
    that the sound lasts."""
    log = printed(out, "linux")
    step = next(s for s in lines.steps(log) if s.name == "sound")
    assert step.ok, step.why
    played, recorded = int(step.values["played"]), int(step.values["recorded"])
    wave.compare(out / "played.wav", wave.frames(1, played))
    assert step.values["gaps"] == "0" and int(step.values["silent"]) < recorded // 2, step.values
    # A host that is late loses time, and never gains any.
    assert int(step.values["ms"]) >= 1000 * played // wave.RATE, step.values
    interrupts = next(s for s in lines.steps(log) if s.name == "irq")
    assert interrupts.ok and int(interrupts.values["interrupts"]) > 0, interrupts
    assert interrupts.values["irq"] == "msi", interrupts


def test_lab_usb_keys_uefi(out):
    """What is typed at OVMF's shell has come by its driver for USB keyboards."""
    printed(out, "uefi", 128 + 15)
    said = (out / "uefi.err").read_text(errors="replace")
    assert "keys go to the USB keyboard now" in said, said
    assert "keys go to the PS/2 keyboard now" not in said, said


def test_lab_usb_keys_linux(out):
    """Once Linux has drivers for them, the USB keyboard types and the tablet is where the viewer's pointer
    is; PS/2 hears nothing any more, and no key is held."""
    log = printed(out, "linux")
    before, heard, messages = lines.passed(log, *LINUX)[5:]
    assert before["place"] == "0:0"
    assert heard["keys"] == "42,35,23,28", heard
    # The middle of 800x600, and 100 to the right and 50 up.
    assert heard["place"] == f"{500 * 32767 // 799}:{250 * 32767 // 599}", heard
    assert (heard["x"], heard["y"], heard["wheel"]) == ("0", "0", "-2"), heard
    assert heard["held"] == "0" and messages["messages"] == "0", heard
