# SPDX-License-Identifier: GPL-2.0-or-later
"""What only hours show. `make soak` runs these, `make test` does not."""
import os
import pathlib
import re

from builds import tenon
from guest import installer_cd
from guest.build import build_initramfs
from guest.jobs import printed
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS = int(os.environ.get("TENON_SOAK_ROUNDS", "500"))
# Of so many rounds at the start and at the end the one with most free memory counts, because a round can
# leave 40 MiB of cached files; KiB that may be lost in between.
SOME, LOST = 6, 16 << 10
INSTALL_SECONDS = 5 * 3600
STATUS = {"poweroff": "0", "TERM": str(128 + 15), "KILL": str(128 + 9)}


def test_soak_assign(tmp_path):
    """Devices go to a guest and come back TENON_SOAK_ROUNDS (500) times, however it ends: each time they
    work, the host is as before, and in the end it has no less memory."""
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, ["nvme", "uio_pci_generic"])
        result = Lab(topology="cards", out=tmp_path / "out", timeout=120 + 60 * ROUNDS).run(
            HERE / "soak.sh", [tenon(), unpacked(stock.image), initrd, ROUNDS])
    finally:
        stock.close()
    assert result.status == 0, result.output
    wrong = (result.out / "wrong").read_text(errors="replace")
    assert not wrong, wrong
    rounds = [line.split() for line in (result.out / "rounds").read_text().splitlines()]
    assert len(rounds) == ROUNDS
    assert [status for _, _, status, _ in rounds] == [STATUS[how] for _, how, _, _ in rounds]
    free = [int(each[3]) for each in rounds]
    assert max(free[-SOME:]) > max(free[:SOME]) - LOST, free


def test_soak_install(tmp_path):
    """Debian's installer starts from a CD with Secure Boot, draws on an assigned card, and puts a system
    on an NVMe disk, which starts afterwards; all its files are as in their packages."""
    cd = installer_cd.build()
    result = Lab(topology="cards", out=tmp_path / "out", timeout=INSTALL_SECONDS).run(
        HERE / "install.sh", [tenon(), cd])
    assert result.status == 0, result.output
    out = result.out
    installer, system = printed(out, "install"), printed(out, "installed")
    assert "UEFI Secure Boot is enabled" in installer and "INSTALL end" in installer
    assert "INSTALL FAIL" not in installer
    said = dict(line.split(" ", 2)[1:] for line in re.findall(r"INSTALLED \S+ .*", system))
    assert said["root"].startswith("/dev/nvme0n1p2 ext4")
    assert "[integrity]" in said["lockdown"]
    assert said["SecureBoot"].startswith("enabled")
    version, pcr = said["tpm"].split()
    assert version == "2" and len(pcr) == 64 and set(pcr) != {"0"}
    assert said["card"].split()[0] == "0x1af4"
    assert "damaged" not in said, system
    assert "login:" in (out / "installed.txt").read_text()
    for name in ("install", "installed"):
        print(f"{name}: {(out / f'{name}.seconds').read_text().strip()} s")
