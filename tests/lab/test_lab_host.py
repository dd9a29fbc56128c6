# SPDX-License-Identifier: GPL-2.0-or-later
"""Changing a real kernel's host: bind, release and recover, killed at each step; the arbiter."""
import json

from builds import built, tenon
from tenonlab import Lab

# What bind and release may change of each device, and the consoles. Drivers' own settings too.
STATE = r"""
state() {
	cd /sys/bus/pci/devices
	ls -l */driver | sed 's/.* 00/00/'
	grep -s . */driver_override */power/control */d3cold_allowed */reset_method
	setpci -v -d : COMMAND
	setpci -v -s $D ROM_ADDRESS -s $A ROM_ADDRESS -s $V ROM_ADDRESS
	cd /sys/class
	grep -s . vtconsole/*/name vtconsole/*/bind
	ls graphics /etc/udev/rules.d /etc/modprobe.d
	cd /
}
same() {
	state >/tmp/now
	cmp -s /tmp/before /tmp/now && return
	echo "not as before, $*"
	diff /tmp/before /tmp/now
	exit 1
}
"""

# Only the card with sound has drivers, so that its framebuffer is the console's only one.
PREPARE = r"""
set -u
mkdir -p /etc/udev/rules.d /etc/modprobe.d
modprobe vfio-pci
echo 0 >/sys/bus/pci/drivers_autoprobe
modprobe bochs
modprobe snd-hda-intel
D=$(lab-card dual) A=$(lab-card dual-audio) V=$(lab-card virtio)
echo $D >/sys/bus/pci/drivers/bochs-drm/bind
echo $A >/sys/bus/pci/drivers/snd_hda_intel/bind
echo 1 >/sys/bus/pci/drivers_autoprobe
echo auto >/sys/bus/pci/devices/$D/power/control
echo 1 >/sys/bus/pci/devices/$D/d3cold_allowed
echo pci-stub >/sys/bus/pci/devices/$A/driver_override
setpci -s $V COMMAND=0
state >/tmp/before
"""

KILLS = r"""
killed() { # N COMMAND...: true where the command came to its end
	n=$1
	shift
	LD_PRELOAD=SHIM KILL_AT=$n KILL_COUNT=/tmp/count "$@" >/tmp/said 2>&1
	status=$?
	[ $status = 0 ] && return
	[ $status = 137 ] || { echo "at $n: exit $status"; cat /tmp/said; exit 1; }
	false
}

put_back() {
	TENON recover >/tmp/said 2>&1 || { echo "recover after $1 failed"; cat /tmp/said; exit 1; }
	# Cut off after the last record of a bind, or before the first of a release: it is in force.
	! grep -q "with VFIO since" /tmp/said || TENON release $D >/dev/null || exit 1
}

n=1
until killed $n TENON bind --persist $D; do
	put_back $n
	same "after a kill at $n"
	n=$((n + 1))
done
echo "bind killed $((n - 1)) times"
[ "$(readlink /sys/bus/pci/devices/$D/driver)" != "${D%$D}" ] || exit 1
# Complete, so recover leaves it.
TENON recover | grep -q "with VFIO since" || exit 1
TENON release $A || exit 1
same "after bind and release"

n=1
while :; do
	TENON bind $D $V >/dev/null || exit 1
	killed $n TENON release $V $D && break
	put_back $n
	same "after a release that was killed at $n"
	n=$((n + 3))
done
same "after the release"
echo "release killed $((n / 3)) times"

n=1
while :; do
	killed 45 TENON bind $D && exit 1
	killed $n TENON recover && break
	TENON recover >/dev/null 2>&1 || exit 1
	same "after a recover that was killed at $n"
	n=$((n + 3))
done
same "after the recover"
echo "recover killed $((n / 3)) times"
[ -z "$(ls /var/lib/tenon/journal)" ] || exit 1
"""


def run(tmp_path, text, topology="cards", timeout=600):
    job, out = tmp_path / "job.sh", tmp_path / "out"
    shim = built("build-gcc") / "tests/shim/kill-at.so"
    job.write_text(text.replace("TENON", str(tenon())).replace("SHIM", str(shim)))
    with Lab(topology=topology, out=out, timeout=timeout).start(job) as lab:
        result = lab.wait()
    assert result.status == 0, result.output
    return result.output


def test_lab_host_kills(tmp_path):
    """Killed at each write and sync of bind, release and recover, the host is as it was."""
    output = run(tmp_path, STATE + PREPARE + KILLS)
    times = {line.split()[0]: int(line.split()[2]) for line in output.splitlines()
             if " killed " in line}
    assert times["bind"] > 40 and times["release"] > 5 and times["recover"] > 5, output


# Asks with the product, then again while a program has gpu0's legacy VGA locked.
ARBITER = r"""
TENON vga --json >$OUT/free.json || exit 1
TENON vga || exit 1
python3 -c '
import os, subprocess, sys
fd = os.open("/dev/vga_arbiter", os.O_RDWR)
os.write(fd, b"target PCI:" + sys.argv[1].encode())
os.write(fd, b"lock io+mem")
with open(sys.argv[2], "w") as out:
    sys.exit(subprocess.run(["TENON", "vga", "--json"], stdout=out).returncode)
' $(lab-card CARD) $OUT/locked.json
[ $? = 1 ] || exit 1
TENON vga --json >$OUT/after.json || exit 1
lab-card >$OUT/cards
"""

TWO_CARDS = """
[[device]]
id = "hostvga"
model = "VGA"
addr = "2"

[[port]]
id = "rp"
kind = "root-port"
addr = "4"

[[device]]
id = "card"
model = "VGA"
under = "rp"
"""


def arbiter(tmp_path, topology, card):
    tmp_path.mkdir()
    run(tmp_path, ARBITER.replace("CARD", card), topology=topology, timeout=120)
    out = tmp_path / "out"
    names = {a: n for n, a in (line.split() for line in (out / "cards").read_text().splitlines())}
    views = {}
    for name in ("free", "locked", "after"):
        view = json.loads((out / f"{name}.json").read_text())
        assert view["arbiter"]
        views[name] = view, {names[c["address"]]: c for c in view["cards"]}
    return views


def test_lab_host_vga(tmp_path):
    """The arbiter's view with two and with three VGA cards, free and locked by a program."""
    path = tmp_path / "two.toml"
    path.write_text(TWO_CARDS)
    for topology, card, want in (
            (path, "card", {"hostvga", "card"}),
            ("default", "gpu0", {"hostvga", "gpu0", "gpu2"})):
        views = arbiter(tmp_path / card, topology, card)
        for name in ("free", "after"):
            view, cards = views[name]
            assert set(cards) == want and view["count"] == len(want)
            assert view["default"] == cards["hostvga"]["address"]
            assert cards["hostvga"]["boot_vga"]
            assert all(c["arbiter"]["locks"] == "none" and not c["hindered"]
                       for c in cards.values())
        view, cards = views["free"]
        assert cards["hostvga"]["arbiter"]["owns"] == "io+mem" and cards["hostvga"]["reached"]
        assert cards[card]["arbiter"]["owns"] == "none" and not cards[card]["reached"]
        view, cards = views["locked"]
        assert cards[card]["arbiter"] == {
            "decodes": "io+mem", "owns": "io+mem", "locks": "io+mem"}
        assert cards[card]["hindered"] and cards[card]["reached"]
        assert cards[card]["bridges"][0]["forwards_vga"]
        assert cards["hostvga"]["arbiter"]["owns"] == "none"
