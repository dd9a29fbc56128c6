# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the threads of a running guest are on the host."""
import pathlib

from builds import tenon
from guest.build import build_initramfs
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent


def test_lab_placement(tmp_path):
    """The processor's thread runs on its processor of the host, in real time; no other does, be it
    of a disk, of a network card or of a program beside it."""
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, [])
        result = Lab(topology="smp", out=tmp_path / "out", timeout=300).run(
            HERE / "placement.sh", [tenon(), unpacked(stock.image), initrd])
    finally:
        stock.close()
    assert result.status == 0, result.output
    said = (result.out / "guest.err").read_text()
    tasks = [line.split(":") for line in (result.out / "tasks").read_text().splitlines()]
    assert ["vcpu 0", "1", "1"] in tasks, f"{tasks} {said}"  # SCHED_FIFO
    # KVM has a thread of its own in the process, which begins as the vCPU that made it.
    others = [task for task in tasks if task[0] != "vcpu 0" and not task[0].startswith("kvm-")]
    assert {"tenon-disk", "net", "tenon-slirp"} <= {task[0] for task in others}, tasks
    assert all(task[1:] == ["0", "0"] for task in others), tasks
    assert (result.out / "status").read_text().strip() == str(128 + 15), said
