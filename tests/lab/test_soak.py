# SPDX-License-Identifier: GPL-2.0-or-later
"""What only hours show. `make soak` runs these, `make test` does not."""
import os
import pathlib

from builds import tenon
from guest.build import build_initramfs
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS = int(os.environ.get("TENON_SOAK_ROUNDS", "500"))
# Of so many rounds at the start and at the end the one with most free memory counts, because a round can
# leave 40 MiB of cached files; KiB that may be lost in between.
SOME, LOST = 6, 16 << 10
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
