# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run --secure-boot on with an assigned card as the only display: the distribution's firmware with
its keys, its signed shim, GRUB and kernel, and what a guest's root tries against SMM."""
import pathlib
import re

import pytest

from builds import tenon
from guest import lines, secure_boot
from guest.build import FAST, build_initramfs
from guest.jobs import printed
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent
VARS = pathlib.Path("/usr/share/OVMF/OVMF_VARS_4M.ms.fd")
UNSIGNED = pathlib.Path("/boot/memtest86+x64.efi")
TSEG = 0x1f000000  # the top 16 MiB of 512

# Test -> the job of secureboot.sh that it judges.
JOBS = {
    "lab-secureboot-unsigned": "signed",
    "lab-secureboot-signed": "signed",
    "lab-secureboot-mokutil": "signed",
    "lab-secureboot-reboot": "signed",
    "lab-secureboot-sleep": "signed",
    "lab-secureboot-variables": "signed",
    "lab-secureboot-locked": "locked",
    "lab-secureboot-dma": "locked",
    "lab-secureboot-refused": "locked",
}


def make_disks(directory):
    stock = kernel.get()
    initrd = build_initramfs(stock.modules, ["efivarfs"])
    with_mokutil = build_initramfs(stock.modules, ["efivarfs"], scripts=["mokutil"])
    common = f"console=ttyS0 {FAST} tenon.modules=efivarfs"
    secure_boot.fat(directory / "unsigned.disk", {"EFI/BOOT/BOOTX64.EFI": UNSIGNED})
    secure_boot.signed_disk(
        directory / "signed.disk", stock.image, with_mokutil,
        f"{common} tenon.steps=secure-boot,smp,script+name=mokutil,sleep,variables+starts=2")
    secure_boot.signed_disk(
        directory / "attack.disk", stock.image, initrd,
        f"{common} tenon.steps=secure-boot,smm-locked+tseg={TSEG:#x},edu-smm+tseg={TSEG:#x} iomem=relaxed")
    secure_boot.insecure_variables(VARS, directory / "insecure.fd")
    stock.close()


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("secureboot")
    disks = tmp_path_factory.mktemp("disks")
    make_disks(disks)
    result = Lab(topology="cards", out=directory, timeout=1500).run(
        HERE / "secureboot.sh", [tenon(), disks, *jobs])
    assert result.status in (0, 124), result.output
    return directory


STEPS = {"signed": ["secure-boot", "smp", "script", "sleep", "variables"],
         "locked": ["secure-boot", "smm-locked", "edu-smm"]}


def starts(out, name):
    """What the steps said in each start of the guest: step -> values."""
    parts = re.split(r"^GUEST up ", printed(out, name), flags=re.M)[1:]
    return [dict(zip(STEPS[name], lines.passed(text, *STEPS[name]))) for text in parts]


def test_lab_secureboot_unsigned(out):
    """The firmware does not start the first disk's program, which has no signature, and goes on."""
    text = printed(out, "signed")
    assert re.search(r"failed to load Boot\d+ .*/Pci\(0x10,0x0\): Access Denied", text), text
    assert "Memtest" not in (out / "signed.txt").read_text()


def test_lab_secureboot_signed(out):
    """Debian's shim, GRUB and kernel start on the assigned card, and the kernel knows that it is
    protected."""
    assert "GRUB is here" in (out / "signed.txt").read_text()
    for said in starts(out, "signed"):
        assert said["secure-boot"] == {"secure": "1", "setup": "0", "kernel": "enabled",
                                       "lockdown": "integrity"}
    said = (out / "signed.err").read_text()
    assert "db has Microsoft Corporation UEFI CA 2011" in said
    assert "the keys are Microsoft's of 2011" in said


def test_lab_secureboot_mokutil(out):
    """The distribution's mokutil says that Secure Boot is on, in each start."""
    assert printed(out, "signed").count("SCRIPT SecureBoot enabled") == 2
    assert len(starts(out, "signed")) == 2


def test_lab_secureboot_reboot(out):
    """A reset of the guest starts SMM anew, on all processors."""
    both = starts(out, "signed")
    assert len(both) == 2
    assert [said["smp"]["cpus"] for said in both] == ["2", "2"]


def test_lab_secureboot_sleep(out):
    """The guest wakes from its sleep in memory: OVMF opens and locks SMRAM anew, and what SMM does for
    the guest, the variables, works as before."""
    assert [said["sleep"]["cpus"] for said in starts(out, "signed")] == ["2", "2"]
    words = re.findall("the guest (sleeps|wakes)", (out / "signed.err").read_text())
    assert words == ["sleeps", "wakes"] * 2


def test_lab_secureboot_variables(out):
    """The running kernel writes a variable through SMM, which the next start finds; a db without a
    signature is refused."""
    first, second = (said["variables"] for said in starts(out, "signed"))
    assert (first["starts"], second["starts"]) == ("1", "2")
    assert first["db"] in ("EACCES", "EROFS", "EINVAL", "EPERM")


def test_lab_secureboot_locked(out):
    """Root of a kernel without lockdown does not get past SMM: flash, memory, registers."""
    (said,) = starts(out, "locked")
    state, locked = said["secure-boot"], said["smm-locked"]
    assert (state["secure"], state["lockdown"]) == ("1", "none")
    assert locked["smi"] == "0x21" and locked["smbase"] == "0x02"
    assert int(locked["smram"], 16) & 0x58 == 0x18
    assert int(locked["esmramc"], 16) & 7 == 7
    assert "flash: a write at" in (out / "locked.err").read_text()


def test_lab_secureboot_dma(out):
    """A device's DMA to the memory of SMM ends in the IOMMU, in both directions; below it, it does
    not."""
    assert len(starts(out, "locked")) == 1
    faults = re.findall(r"DMAR: \[DMA (Read|Write)[^]]*\].*fault addr 0x([0-9a-f]+)",
                        (out / "lab-console.log").read_text(errors="replace"))
    assert {(kind, int(at, 16)) for kind, at in faults} == {("Read", TSEG), ("Write", TSEG)}


def test_lab_secureboot_refused(out):
    """A machine whose variables have no keys is not started as if it had."""
    assert (out / "keyless.status").read_text() == "3\n"
    said = (out / "keyless.err").read_text()
    assert "keyless.fd has no platform key (PK)" in said and "made without Secure Boot" in said
