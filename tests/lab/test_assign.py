# SPDX-License-Identifier: GPL-2.0-or-later
"""Devices given to a guest through the kernel's own VFIO, and taken back."""
import hashlib
import re
import subprocess

import pytest

from builds import tenon
from guest import blocks, lines
from guest.build import build_initramfs
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

# Shell functions for the jobs.
PRELUDE = r"""
bind() {
	for c; do
		d=/sys/bus/pci/devices/$(lab-card $c)
		echo vfio-pci >$d/driver_override
		echo ${d##*/} >/sys/bus/pci/drivers_probe
	done
}
give_back() {
	for c; do
		d=/sys/bus/pci/devices/$(lab-card $c)
		echo ${d##*/} >$d/driver/unbind
		echo >$d/driver_override
		echo ${d##*/} >/sys/bus/pci/drivers_probe
	done
}
run() {
	TENON run --kernel $LAB_KERNEL --memory 384M "$@"
}
"""
# A job's end: what it printed is NAME.log, how it ended NAME.status.
JOB = """
(
set -eu
{text}
) >$OUT/{name}.log 2>&1
echo $? >$OUT/{name}.status
"""


def guest_words(modules, *steps):
    return (f"console=ttyS0 quiet cryptomgr.notests tenon.modules={','.join(modules)} "
            f"tenon.steps={','.join(steps)}")


MODULES = ["bochs", "nvme", "snd-hda-intel", "uio_pci_generic", "virtio_pci", "virtio-gpu"]


@pytest.fixture(name="out", scope="module")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs of the selected tests in one lab; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    directory, script = tmp_path_factory.mktemp("assign"), tmp_path_factory.mktemp("job") / "job.sh"
    stock = kernel.get()
    try:
        words = {"TENON": tenon(), "INITRD": build_initramfs(stock.modules, MODULES),
                 "$LAB_KERNEL": unpacked(stock.image)}
        text = PRELUDE + "".join(JOB.format(name=name, text=text) for name, text in JOBS.items()
                                 if name in wanted)
        for name, value in words.items():
            text = text.replace(name, str(value))
        script.write_text(text)
        result = Lab(topology="cards", out=directory, timeout=1000).run(script)
    finally:
        stock.close()
    # What is not done at the time limit has no status, and its tests fail.
    assert result.status in (0, 124), result.output
    return directory


def printed(out, name):
    """What a job printed, which came to its end without a mistake."""
    said = (out / f"{name}.log").read_text(errors="replace").replace("\r", "")
    status = out / f"{name}.status"
    assert status.exists(), f"not at its end when the lab's time was up: {said}"
    assert status.read_text() == "0\n", said
    return said


def lspci(text, address):
    """What lspci makes of the config space that a guest printed."""
    found = re.findall(rf"^CONFIG {address} 0x(\w+) (\w+)", text, re.M)
    data = b"".join(bytes.fromhex(line) for _, line in found)
    assert len(data) == 4096, len(data)
    dump = f"{address} device\n" + "".join(
        f"{at:02x}: {data[at:at + 16].hex(' ')}\n" for at in range(0, len(data), 16))
    return subprocess.run(["lspci", "-F", "/dev/stdin", "-vvv"], input=dump, text=True, check=True,
                          capture_output=True).stdout


CARDS_STEPS = ["pci", "edu-dma", "edu-msi+count=20", "edu-intx+count=20", "nvme+read=8+write=4+at=8+seed=9",
               "drm+pci=0000:03:00.0+seed=3", "irq+pci=0000:03:00.0", "rom+pci=0000:03:00.0",
               "config+pci=0000:02:00.0+size=4096", "reset+pci=0000:03:00.0+by=flr",
               "reset+pci=0000:03:00.0+by=pm", "reset+pci=0000:01:00.0+by=bus"]
CARDS = r"""
bind edu nvme virtio dual dual-audio
run --initrd INITRD --append "WORDS" $(for c in edu nvme virtio dual dual-audio; do
	echo --device $(lab-card $c); done)
modprobe nvme
give_back nvme
for i in $(seq 100); do [ -b /dev/nvme0n1 ] && break; sleep 0.1; done
dd if=/dev/nvme0n1 bs=1M skip=8 count=4 2>/dev/null | sha256sum
! dmesg | grep -E 'DMAR:.*fault|BUG:|WARNING: .* at ' || exit 1
""".replace("WORDS", guest_words(["nvme", "uio_pci_generic", "virtio_pci", "virtio-gpu"], *CARDS_STEPS))


def test_assign_cards(out):
    """DMA, MSI-X, MSI, INTx, ROM, reset and a card of two functions in one guest; then the host's
    driver takes a card again and reads what the guest wrote."""
    text = printed(out, "assign-cards")
    names = [step.split("+")[0] for step in CARDS_STEPS]
    values = dict(zip(names, lines.passed(text, *names)))
    disk = (out / "nvme.img").read_bytes()
    assert values["nvme"]["read"] == hashlib.sha256(disk[:8 << 20]).hexdigest()
    assert values["nvme"]["irq"] == values["irq"]["irq"] == "msix"
    assert values["edu-msi"]["raised"] == values["edu-msi"]["received"]
    assert blocks.sha256(9, 4) in text
    shown = lspci(text, "0000:02:00.0")
    assert "Express (v2) Endpoint" in shown and "MSI-X: Enable+ Count=" in shown, shown
    assert "Vector table: BAR=0 offset=00002000" in shown and "!!!" not in shown, shown
    for name in ("04:00.0 id=1234:1111", "04:00.1 id=8086:293e"):
        assert f"PCI 0000:{name}" in text


RESTART = r"""
bind edu
run --initrd INITRD --append "WORDS" --device $(lab-card edu)
run --initrd INITRD --append "WORDS" --device $(lab-card edu),mmap=off,msi=off
""".replace("WORDS", guest_words(["uio_pci_generic"], "edu-dma", "edu-intx+count=10") +
            " tenon.end=reboot+times=1")


def test_assign_restart(out):
    """The guest resets the machine: the card is as new, and works again. Without MSI and without
    mapped BARs, too."""
    text = printed(out, "assign-restart")
    lines.passed(text, *4 * ["edu-dma", "edu-intx"])
    assert [s["boot"] for s in lines.starts(text)] == ["1", "2", "1", "2"]


RESET = r"""
bind dual dual-audio edu
try() {
	echo "try $*"
	run -v --initrd INITRD --append "WORDS" $(for c; do echo --device $(lab-card $c); done)
}
try dual dual-audio
try dual
try edu
""".replace("WORDS", guest_words(["bochs", "uio_pci_generic"], "pci"))


def test_assign_reset(out):
    """Functions without a reset of their own are reset with their bus, at the start and, as the
    guest's drivers used them, at the end."""
    _, both, first, edu = ("\n" + printed(out, "assign-reset")).split("\ntry ")
    assert both.count("reset of its bus with 2 of the machine's functions: done") == 2, both
    assert first.count("reset of its bus with 1 of the machine's functions: done") == 2, first
    # Opening has reset this one. No driver used it: there is nothing to forget at the end.
    assert edu.count("the kernel has reset it on opening") == 1, edu
    assert "reset of the function" not in edu, edu


REFUSALS = r"""
state() {
	cd /sys/bus/pci/devices
	readlink */driver
	cat */driver_override
	for d in *; do echo "$d"; od -A x -t x1 $d/config; done
	ls /dev/vfio
}
# refused WORDS OPTION...: it says that it cannot, and why; nothing is another than before.
refused() {
	words=$1
	shift
	state >/tmp/before 2>&1
	status=0
	run --serial none --append x "$@" >/tmp/text 2>&1 || status=$?
	[ $status = 3 ] || { echo "exit $status, not 3, for: $*"; cat /tmp/text; exit 1; }
	cat /tmp/text
	grep -q -F "$words" /tmp/text || { echo "it does not say: $words"; exit 1; }
	grep -q -F "$(lab-card $card)" /tmp/text || { echo "it does not name $card"; exit 1; }
	state >/tmp/after 2>&1
	diff /tmp/before /tmp/after || { echo "something changed for: $*"; exit 1; }
}
card=vga
refused "tenon bind $(lab-card vga)" --device $(lab-card vga)
card=shared0
bind shared0
d=/sys/bus/pci/devices/$(lab-card shared1)
modprobe uio_pci_generic
echo uio_pci_generic >$d/driver_override
echo ${d##*/} >/sys/bus/pci/drivers_probe
refused "${d##*/} (uio_pci_generic), which a host driver still uses" --device $(lab-card shared0)
card=edu
bind edu vga
refused "the device is named twice" --device $(lab-card edu) --device $(lab-card edu)
# One that cannot be had: then the other is not touched either.
card=shared0
refused "still uses" --device $(lab-card edu) --device $(lab-card shared0)
card=edu
run() {
	prlimit --memlock=65536:65536 setpriv --bounding-set=-ipc_lock --inh-caps=-ipc_lock \
		TENON run --kernel $LAB_KERNEL --memory 384M "$@"
}
refused "ulimit -l 393216" --device $(lab-card edu)
run() {
	TENON run --kernel $LAB_KERNEL --memory 384M "$@"
}
# Another machine has it.
run --serial none --append panic=0 --device $(lab-card edu) &
group=$(readlink /sys/bus/pci/devices/$(lab-card edu)/iommu_group)
for i in $(seq 100); do
	ls -l /proc/$!/fd /proc/[0-9]*/fd 2>/dev/null | grep -q "vfio/${group##*/}$" && break
	sleep 0.1
done
refused "fuser -v /dev/vfio/${group##*/}" --device $(lab-card edu)
# It is asked to give the card back, and does.
status=0
echo $(lab-card edu) >/sys/bus/pci/drivers/vfio-pci/unbind
wait $! || status=$?
[ $status = 13 ] || { echo "exit $status, not 13, when the host takes the card"; exit 1; }
"""


def test_assign_refusals(out):
    """Each names the device and what helps, and changes nothing."""
    printed(out, "assign-refusals")


# Test -> its job. The first one looks into the host's log.
JOBS = {"assign-cards": CARDS, "assign-restart": RESTART, "assign-reset": RESET,
        "assign-refusals": REFUSALS}
