# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run --firmware uefi with an assigned card as the only display: the distribution's OVMF, the
card's own ROM, and programs for EFI that nobody here wrote. One lab serves all of it."""
import json
import os
import pathlib
import re
import subprocess

import pytest

from builds import run, tenon
from guest import installed_disk
from guest.distribution import IPXE_EFI, NIC_ROM, OVMF_CODE
from guest.jobs import printed
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent

# Another version than this distribution's, say Debian 13's.
OTHER = os.environ.get("TENON_OVMF")

# Disk -> its files: the content, or where it is.
SHELL_SCRIPT = "set kept\nmemmap\npci\ndrivers\n"
WRITER_SCRIPT = "set\nfor %a run (1 400)\n  set v%a value%a\n  echo written %a.\nendfor\n"
BOOT = "EFI/BOOT/BOOTX64.EFI"
DISKS = {
    "shell": {"startup.nsh": SHELL_SCRIPT},
    "writer": {"startup.nsh": WRITER_SCRIPT},
    "memtest": {BOOT: pathlib.Path("/boot/memtest86+x64.efi")},
    "ipxe": {BOOT: IPXE_EFI},
}

NIC = f"""
[[port]]
id = "rp-nic"
kind = "root-port"
addr = "b"

[[device]]
id = "nic"
model = "e1000e,romfile={NIC_ROM}"
under = "rp-nic"
"""
DISK = """
[[port]]
id = "rp-{name}"
kind = "root-port"
addr = "{addr:x}"

[[device]]
id = "{name}"
model = "nvme,serial={name}"
under = "rp-{name}"
drive = {{ content = "file", file = "{path}" }}
"""

# Test -> the job of uefi.sh that it judges.
JOBS = {
    "lab-uefi-described": "described",
    "lab-uefi-shell-vga": "first",
    "lab-uefi-shell-virtio-vga": "second",
    "lab-uefi-vars-kept": "second",
    "lab-uefi-platform": "second",
    "lab-uefi-rom": "second",
    "lab-uefi-rom-off": "described",
    "lab-uefi-memtest": "programs",
    "lab-uefi-ipxe": "programs",
    "lab-uefi-memtest-cd": "programs",
    "lab-uefi-vars-kill": "killed",
    "lab-uefi-installed": "installed",
    "lab-uefi-installed-qcow2": "installed",
    "lab-uefi-other": "other",
}
# What a job goes on with.
NEEDS = {"second": ["first"]}


def make_disk(path, files):
    """A disk that is one FAT file system."""
    with path.open("wb") as disk:
        disk.truncate(8 << 20)
    subprocess.run(["mkfs.vfat", "-n", "EFI", path], check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["mmd", "-i", path, "::EFI", "::EFI/BOOT"], check=True)
    for name, content in files.items():
        data = content if isinstance(content, str) else content.read_bytes()
        data = data.encode() if isinstance(data, str) else data
        subprocess.run(["mcopy", "-i", path, "-", f"::{name}"], check=True, input=data)


def make_topology(directory):
    text = 'base = "cards"\n' + NIC
    for addr, (name, files) in enumerate(DISKS.items(), 0xc):
        path = directory / f"{name}.disk"
        make_disk(path, files)
        text += DISK.format(name=name, addr=addr, path=path)
    path = directory / "uefi.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(each for name, job in JOBS.items()
                              if name in wanted and (OTHER or job != "other")
                              for each in [*NEEDS.get(job, []), job]))
    directory = tmp_path_factory.mktemp("uefi")
    if "installed" in jobs:
        stock = kernel.get()
        installed_disk.build(directory / "installed.disk", stock.image, stock.modules)
        stock.close()
    result = Lab(topology=str(make_topology(directory)), out=directory, timeout=1800).run(
        HERE / "uefi.sh", [tenon(), OVMF_CODE, OTHER or "", *jobs])
    # What is not done at the time limit has no status, and its tests fail.
    assert result.status in (0, 124), result.output
    return directory


def console(out, name, status=0):
    """What the guest's serial console showed, without the terminal's controls."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", printed(out, name, status)).replace("\r", "")


def screen(out, name):
    """The card's picture as text."""
    return (out / f"{name}.txt").read_text()


def clean(out, name):
    """The root file system was unmounted, and nothing in it is wrong."""
    root = installed_disk.root_of(out / f"{name}.disk", out / f"{name}.ext4")
    checked = subprocess.run(["/usr/sbin/e2fsck", "-fn", root], text=True, check=False,
                             capture_output=True)
    assert checked.returncode == 0, checked.stdout


def test_lab_uefi_described(out):
    """The image that the distribution's descriptor names first reaches its shell, on the card."""
    console(out, "described")
    assert "Shell>" in screen(out, "described")
    assert "--name NAME" in (out / "described.err").read_text()


def test_lab_uefi_shell_vga(out):
    """A first start with an empty store, a reset by the guest, and power off."""
    text = console(out, "first")
    assert "Shell>" in screen(out, "first")
    assert text.count("UEFI Interactive Shell") == 2
    assert "vars.fd" in (out / "first.err").read_text()


def test_lab_uefi_shell_virtio_vga(out):
    """A second start, with what the first left, on another card."""
    console(out, "second")
    assert "Shell>" in screen(out, "second")
    assert (out / "second.err").read_text() == ""


def test_lab_uefi_vars_kept(out):
    """A variable of the first start is there in the second."""
    assert re.search(r"kept = c0ffee", console(out, "second"))
    assert (out / "state/tenon/lab/vars.fd").stat().st_size == (
        OVMF_CODE.with_name(OVMF_CODE.name.replace("CODE", "VARS")).stat().st_size)


def test_lab_uefi_platform(out):
    """What the firmware made of the machine: its memory, and the cards behind root ports."""
    text = console(out, "second")
    total = re.search(r"Total Memory:\s+(\d+) MB", text)
    assert total and int(total[1]) >= 500
    cards = re.findall(r"^\s*00\s+(\d\d)\s+00\s+00 ==> (.*)$", text, re.M)
    assert [what.split(" - ")[0] for bus, what in cards if bus != "00"] == [
        "Display Controller", "Network Controller", "Mass Storage Controller"]


def test_lab_uefi_rom(out):
    """The card's EFI driver runs, from the second image of its own ROM."""
    at, = (image["offset"] for image in json.loads(run(tenon(), "rom", "--json", NIC_ROM))["images"]
           if image["code_type"] == "efi")
    driver = rf"808610d3\.efidrv +Offset\({at:#X},".replace("0X", "0x")
    assert re.search(driver, console(out, "second"))
    assert re.search(driver, screen(out, "second"))


def test_lab_uefi_rom_off(out):
    """Without its ROM the card is without a driver."""
    text = console(out, "described")
    assert "PciBusDxe" in text and "efidrv" not in text


def test_lab_uefi_memtest(out):
    """memtest86+, from an assigned disk, draws on the card's framebuffer."""
    console(out, "memtest", 128 + 15)
    assert "Memtest86+" in screen(out, "memtest")


def test_lab_uefi_memtest_cd(out):
    """The same from the distribution's CD."""
    console(out, "memtest-cd", 128 + 15)
    assert "Memtest86+" in screen(out, "memtest-cd")


def test_lab_uefi_ipxe(out):
    console(out, "ipxe", 128 + 15)
    assert "iPXE" in screen(out, "ipxe")


def test_lab_uefi_vars_kill(out):
    """After kill -9 amid writes the firmware starts, and every write that had ended is there."""
    first, again = console(out, "killed-20", 128 + 9), console(out, "killed-60", 128 + 9)
    last = console(out, "killed-last", 128 + 15)
    for before, after in ((first, again), (again, last)):
        written = set(re.findall(r"^written (\d+)\.$", before, re.M))
        found = dict(re.findall(r"^\s*v(\d+) = value(\d+)\s*$", after, re.M))
        assert len(written) >= 20
        assert {n: found.get(n) for n in written} == {n: n for n in written}
    assert "written" in screen(out, "killed-last")


def test_lab_uefi_installed(out):
    """GRUB, kernel and root from a GPT disk; the login on the card's screen works, as does the network
    of a user."""
    text = console(out, "installed")
    assert re.search(r"3 packets transmitted, 3 packets received", text)
    assert "installed login:" in (out / "installed-prompt.txt").read_text()
    assert "42 starts 1" in screen(out, "installed")
    clean(out, "installed")


def test_lab_uefi_installed_qcow2(out):
    """The second start is by the entry that the guest left, with a qcow2 image above the disk."""
    text = console(out, "installed-qcow2")
    assert 'starting Boot7E70 "Installed"' in text
    assert "/dev/vda2 / ext4" in text
    assert "42 starts 2" in screen(out, "installed-qcow2")
    assert (out / "installed.check").read_text().split()[-1] == "0"
    clean(out, "installed-qcow2")


@pytest.mark.skipif(not OTHER, reason="TENON_OVMF names no other OVMF_CODE.fd")
def test_lab_uefi_other(out):
    """Another version of OVMF, whose variables lie beside it."""
    console(out, "other")
    assert "Shell>" in screen(out, "other")
