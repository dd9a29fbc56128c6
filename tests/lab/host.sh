# SPDX-License-Identifier: GPL-2.0-or-later
# host.sh TENON TESTS CASE...: in the lab, changes the host as tenon's commands do and puts it back.
# TESTS: the build's directory of test programs. A case NAME leaves NAME.log and NAME.status in $OUT,
# and what its test looks at.
tenon=$1 tests=$2
shift 2

mkdir -p /etc/udev/rules.d /etc/modprobe.d
modprobe vfio-pci
# Only the card with sound has drivers, so that its framebuffer is the console's only one.
echo 0 >/sys/bus/pci/drivers_autoprobe
modprobe bochs
modprobe snd-hda-intel
dual=$(lab-card pair) sound=$(lab-card pair-audio) virtio=$(lab-card fresh)
devices=/sys/bus/pci/devices
echo "$dual" >/sys/bus/pci/drivers/bochs-drm/bind
echo "$sound" >/sys/bus/pci/drivers/snd_hda_intel/bind
echo 1 >/sys/bus/pci/drivers_autoprobe
echo auto >$devices/$dual/power/control
echo 1 >$devices/$dual/d3cold_allowed
echo pci-stub >$devices/$sound/driver_override
setpci -s "$virtio" COMMAND=0

fail() {
	echo "$@"
	exit 1
}

# What bind, release and reset may change, for `same`. Each process costs time here.
remember() {
	before=$("$tests/dump/host-state")
}

# same WHEN: it is as it was when it was remembered.
same() {
	now=$("$tests/dump/host-state")
	[ "$now" != "$before" ] || return 0
	echo "$before" >/tmp/before
	echo "$now" | diff /tmp/before -
	fail "not as before, $*"
}

# killed N COMMAND...: kills it instead of its Nth write. True where it came to its end before.
killed() {
	at=$1
	shift
	LD_PRELOAD=$tests/shim/kill-at.so KILL_AT=$at "$@" >/tmp/said 2>&1
	status=$?
	[ $status = 0 ] && return
	[ $status = 137 ] || fail "at $at: exit $status: $(cat /tmp/said)"
	false
}

put_back() {
	said=$("$tenon" recover 2>&1) || fail "recover after $1 failed: $said"
	# Cut off after the last record of a bind, or before the first of a release: it is in force.
	case $said in
	*"with VFIO since"*) "$tenon" release "$dual" >/dev/null || exit 1 ;;
	esac
}

no_journals() {
	[ -z "$(ls /var/lib/tenon/journal)" ] || fail "journals are left"
}

kill_bind() {
	n=1
	until killed $n "$tenon" bind --persist "$dual"; do
		put_back $n
		same "after a kill at $n"
		n=$((n + 1))
	done
	[ "$(basename "$(readlink $devices/$dual/driver)")" = vfio-pci ] || fail "not bound"
	# Complete, so recover leaves it.
	"$tenon" recover | grep -q "with VFIO since" || fail "recover does not tell what is bound"
	"$tenon" release "$sound" || exit 1
	same "after bind and release"
	no_journals
	echo "killed $((n - 1))"
}

kill_release() {
	n=1
	while :; do
		"$tenon" bind --persist "$dual" "$virtio" >/dev/null || exit 1
		killed $n "$tenon" release "$virtio" "$dual" && break
		put_back $n
		same "after a release that was killed at $n"
		n=$((n + 1))
	done
	same "after the release"
	no_journals
	echo "killed $((n - 1))"
}

kill_recover() {
	n=1
	while :; do
		killed 45 "$tenon" bind "$dual" && fail "bind was not killed"
		killed $n "$tenon" recover && break
		"$tenon" recover >/dev/null || exit 1
		same "after a recover that was killed at $n"
		n=$((n + 1))
	done
	same "after the recover"
	no_journals
	echo "killed $((n - 1))"
}

# The status register of a virtio card, which its driver writes and a reset clears: read, or set.
virtio_status() {
	python3 - "$virtio" "$@" <<-'EOF'
	import mmap, os, sys
	directory = "/sys/bus/pci/devices/" + sys.argv[1]
	config = open(directory + "/config", "rb").read()
	at = config[0x34]
	while not (config[at] == 9 and config[at + 3] == 1):
	    at = config[at + 1]
	fd = os.open(f"{directory}/resource{config[at + 4]}", os.O_RDWR)
	bar = mmap.mmap(fd, os.fstat(fd).st_size)
	status = int.from_bytes(config[at + 8:at + 12], "little") + 0x14
	if len(sys.argv) > 2:
	    bar[status] = int(sys.argv[2])
	print(bar[status])
	EOF
}

# reset_done NAME METHOD [OPTION...]: the virtio card, for which it is shown that it was reset.
reset_done() {
	name=$1 method=$2
	shift 2
	setpci -s "$virtio" COMMAND=2:2
	[ "$(virtio_status 1)" = 1 ] || fail "the card does not keep its status"
	remember
	"$tenon" reset --json "$@" "$virtio" >"$OUT/reset-$name.json" || fail "$name: exit $?"
	same "after the reset '$name'"
	[ "$(virtio_status)" = 0 ] || fail "$name: it was not reset"
	grep -q "\"method\": *\"$method\"" "$OUT/reset-$name.json" || fail "$name: not by $method"
}

# reset_refused NAME WORDS [OPTION...]: refused for a reason with these words, nothing changed.
reset_refused() {
	name=$1 words=$2
	shift 2
	remember
	"$tenon" reset "$@" >/tmp/said 2>&1
	status=$?
	[ $status = 1 ] || fail "$name: exit $status: $(cat /tmp/said)"
	grep -q "$words" /tmp/said || fail "$name: not '$words': $(cat /tmp/said)"
	same "after the refusal '$name'"
}

reset() {
	echo "flr pm bus" >$devices/$virtio/reset_method
	echo on >$devices/$virtio/power/control
	# Without a driver, with VFIO's, each way that it has.
	reset_done no-driver flr
	reset_done bus bus --method bus
	reset_refused slot-no-driver "VFIO has to have the device" --method slot "$virtio"
	"$tenon" bind "$virtio" || exit 1
	echo on >$devices/$virtio/power/control
	reset_done vfio flr
	reset_done slot slot --method slot
	group=$(basename "$(readlink $devices/$virtio/iommu_group)")
	sleep 60 9<>"/dev/vfio/$group" &
	sleeper=$!
	until ls -l /proc/$sleeper/fd 2>/dev/null | grep -q /dev/vfio/; do sleep 0.1; done
	reset_refused guest "belongs to a guest: sleep" "$virtio"
	kill $sleeper
	wait $sleeper
	"$tenon" release "$virtio" || exit 1
	echo auto >$devices/$virtio/power/control
	# A card with two functions: a driver works with it; only one is VFIO's; both are.
	reset_refused driver "bochs-drm works with $dual" "$dual"
	reset_refused unowned "VFIO has to have the device" --method slot "$dual"
	echo "$dual" >/sys/bus/pci/drivers/bochs-drm/unbind
	echo vfio-pci >$devices/$dual/driver_override
	echo "$dual" >/sys/bus/pci/drivers_probe
	reset_refused half "take $sound along, which snd_hda_intel has" --method slot "$dual"
	"$tenon" reset --json --dry-run "$dual" >"$OUT/reset-half.json"
	echo "$dual" >/sys/bus/pci/drivers/vfio-pci/unbind
	echo >$devices/$dual/driver_override
	echo "$dual" >/sys/bus/pci/drivers/bochs-drm/bind
	"$tenon" bind "$dual" || exit 1
	remember
	"$tenon" reset --json "$dual" >"$OUT/reset-both.json" || exit 1
	same "after the reset of both functions"
	"$tenon" release "$dual" || exit 1
	# Killed at each write of its plan.
	remember
	n=1
	until killed $n "$tenon" reset "$virtio"; do
		"$tenon" recover >/tmp/said 2>&1 || fail "recover after $n: $(cat /tmp/said)"
		same "after a reset that was killed at $n"
		n=$((n + 1))
	done
	no_journals
	echo "killed $((n - 1))"
}

# As after a reboot: no driver is loaded, then udev sees each device for the first time.
reboot() {
	for d in $devices/*/driver_override; do echo >"$d"; done
	for d in /sys/bus/pci/drivers/bochs-drm /sys/bus/pci/drivers/snd_hda_intel \
		/sys/bus/pci/drivers/vfio-pci; do
		for a in "$d"/????:*; do [ ! -e "$a" ] || echo "${a##*/}" >"$d/unbind"; done
	done
	modprobe -r vfio-pci snd-hda-intel bochs
	"$@"
	# udevadm does nothing in what it takes for a package's build otherwise.
	export SYSTEMD_IGNORE_CHROOT=1
	/lib/systemd/systemd-udevd --daemon
	udevadm trigger --action=add --subsystem-match=pci
	udevadm settle --timeout=60
	udevadm control --exit
}

drivers() {
	for a; do
		d=$(readlink "$devices/$a/driver") || d=none
		echo "$a ${d##*/}"
	done
}

# What --persist writes is read by those that it is for: udev, modprobe and the initramfs's maker.
persist() {
	mkdir -p /etc/initramfs-tools/hooks /etc/initramfs-tools/conf.d
	"$tenon" bind --persist --for-user games "$dual" || fail "bind: exit $?"
	group=/dev/vfio/$(basename "$(readlink "$devices/$dual/iommu_group")")
	stat -c %U "$group" >"$OUT/owners"
	find /etc/udev/rules.d /etc/modprobe.d /etc/initramfs-tools/hooks -type f | sort >"$OUT/made"
	twin=$(lab-card vga)
	modprobe --show-depends bochs | sed 's/.*\///' >"$OUT/modprobe"
	for first in true "modprobe bochs"; do
		reboot $first
		drivers "$dual" "$sound" "$twin" >>"$OUT/after-reboot"
		stat -c %U "$group" >>"$OUT/owners"
	done
	printf 'MODULES=list\nCOMPRESS=gzip\n' >/etc/initramfs-tools/conf.d/small
	touch /etc/initramfs-tools/modules /etc/initramfs-tools/initramfs.conf
	echo CONFIG_RD_GZIP=y >"/boot/config-$(uname -r)"
	mkinitramfs -o /tmp/initrd "$(uname -r)" || fail "mkinitramfs: exit $?"
	unmkinitramfs /tmp/initrd /tmp/initrd.d
	(cd /tmp/initrd.d && find . -name 'vfio-pci.ko*' -o -name '*tenon*') >"$OUT/initramfs"
	"$tenon" release "$dual" || fail "release: exit $?"
	find /etc/udev/rules.d /etc/modprobe.d /etc/initramfs-tools/hooks -type f >"$OUT/left"
	no_journals
	reboot true
	drivers "$dual" "$sound" "$twin" >"$OUT/after-release"
}

check() {
	remember
	for card in pair shared0 hostvga nvme; do
		"$tenon" check --json "$(lab-card $card)" >"$OUT/check-$card.json"
		[ $? -le 1 ] || fail "check of $card failed"
	done
	"$tenon" check -v
	lab-card >"$OUT/cards"
	same "after the checks"
}

remember
for wanted; do
	case $wanted in
	kill_bind | kill_release | kill_recover | reset | check | persist)
		read -r start rest </proc/uptime
		(set -u; $wanted) >"$OUT/$wanted.log" 2>&1
		echo $? >"$OUT/$wanted.status"
		read -r end rest </proc/uptime
		echo "$wanted: ${start%.*} to ${end%.*}" ;;
	*) echo "host.sh: there is no case '$wanted'" && exit 1 ;;
	esac
done
