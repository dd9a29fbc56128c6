# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon rom dump on a real kernel: it reads what is there and leaves the card as it was."""
import pathlib

import pytest

from builds import tenon
from guest.distribution import NIC_ROM
from tenonlab import Lab

# A sleeping graphics card, a network card with an EFI image, and one without a ROM.
TOPOLOGY = """
base = "cards"

[[device]]
id = "nic"
model = "e1000e"
addr = "12"

[[device]]
id = "bare"
model = "e1000e,romfile="
addr = "13"
"""

JOB = r"""
set -eu
modprobe vfio-pci
state() {
	echo command $(setpci -s $1 COMMAND) rom $(setpci -s $1 ROM_ADDRESS) \
		power $(cat /sys/bus/pci/devices/$1/power/control)
}
for card in virtio nic; do
	a=$(lab-card $card)
	d=/sys/bus/pci/devices/$a
	setpci -s $a COMMAND=0:2
	echo vfio-pci >$d/driver_override
	echo $a >/sys/bus/pci/drivers_probe
	# While it is awake: at the next wake the kernel restores what it saved when the card went to sleep.
	echo on >$d/power/control
	setpci -s $a COMMAND=0:2
	echo auto >$d/power/control
	for i in $(seq 50); do
		case $(cat $d/power_state) in D3*) break;; esac
		sleep 0.1
	done
	echo $card: $(cat $d/power_state)
	before=$(state $a)
	TENON rom dump $a -o $OUT/$card.rom
	after=$(state $a)
	[ "$before" = "$after" ] || { echo "$card: $before became $after"; exit 1; }
	# The kernel refuses to read a ROM that is off.
	! dd if=$d/rom of=/dev/null bs=16 count=1 2>/dev/null || { echo "$card: still on"; exit 1; }
done
! TENON rom dump $(lab-card hostvga) -o $OUT/hostvga.rom || exit 1
! TENON rom dump $(lab-card bare) -o $OUT/bare.rom || exit 1
ls $OUT
"""


def test_lab_rom(tmp_path):
    job, topology, out = (tmp_path / n for n in ("job.sh", "rom.toml", "out"))
    job.write_text(JOB.replace("TENON", str(tenon())))
    topology.write_text(TOPOLOGY)
    want = {"virtio": pathlib.Path("/usr/share/seabios/vgabios-virtio.bin"),
            "nic": NIC_ROM}
    if not all(path.exists() for path in want.values()):
        pytest.skip("seabios or ipxe-qemu is not installed")
    result = Lab(topology=topology, out=out, timeout=300).run(job)
    assert result.status == 0, result.output
    assert "virtio: D3hot" in result.output
    assert "copy at C0000h" in result.output and "no ROM BAR" in result.output
    for card, path in want.items():
        assert (out / f"{card}.rom").read_bytes() == path.read_bytes(), card
    assert not (out / "hostvga.rom").exists() and not (out / "bare.rom").exists()
