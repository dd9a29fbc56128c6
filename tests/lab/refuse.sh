# SPDX-License-Identifier: GPL-2.0-or-later
# refuse.sh TENON KERNEL CASE...: in the lab, starts machines that cannot start. A case NAME leaves
# NAME.err (what tenon says), NAME.status, NAME.card (the address), and NAME.before and NAME.after,
# the host's state around it, in $OUT.
tenon=$1 kernel=$2
shift 2

# What a refusal may not change: drivers, overrides, power control, config headers, VFIO's files.
state() {
	printf '%s\n' /sys/bus/pci/drivers/*/*:*:*
	grep . /sys/bus/pci/devices/*/driver_override /sys/bus/pci/devices/*/power/control \
		/sys/bus/pci/devices/*/enable
	head -c 64 /sys/bus/pci/devices/*/config | od -An -c
	cat /sys/bus/pci/devices/*/config | md5sum
	ls -l /dev/vfio
}

# refused NAME CARD [COMMAND...]: COMMAND runs the machine, as another user for instance.
refused() {
	name=$1 card=$(lab-card "$2")
	shift 2
	echo "$card" >"$OUT/$name.card"
	state >"$OUT/$name.before"
	timeout 30 "$@" "$tenon" run --kernel "$kernel" --memory 256M --device "$card" \
		</dev/null >"$OUT/$name.log" 2>"$OUT/$name.err"
	echo $? >"$OUT/$name.status"
	state >"$OUT/$name.after"
}

# to DRIVER CARD: by hand, so that the rest of a group stays as it is.
to() {
	card=$(lab-card "$2")
	echo "$1" >"/sys/bus/pci/devices/$card/driver_override"
	echo "$card" >/sys/bus/pci/drivers_probe
}

host_driver() {
	modprobe nvme
	refused host-driver nvme
}

no_driver() { refused no-driver edu; }

not_viable() {
	modprobe bochs
	to vfio-pci shared1
	refused not-viable shared1
}

locked_memory() {
	to vfio-pci edu
	group=$(basename "$(readlink "/sys/bus/pci/devices/$(lab-card edu)/iommu_group")")
	chmod 666 /dev/kvm /dev/vfio/vfio "/dev/vfio/$group"
	# The tree may be in a home directory, which that user may not enter.
	cp "$tenon" /run/tenon
	cp "$kernel" /run/kernel
	(tenon=/run/tenon kernel=/run/kernel
		refused locked-memory edu chroot --userspec=65534:65534 / sh -c 'ulimit -l 64; exec "$@"' sh)
}

busy() {
	to vfio-pci edu
	"$tenon" run --kernel "$kernel" --memory 256M --serial none --device "$(lab-card edu)" \
		--append panic=0 </dev/null >"$OUT/busy.first" 2>&1 &
	holder=$!
	while kill -0 $holder && ! ls -l /proc/$holder/fd | grep -q '/dev/vfio/[0-9]'; do sleep 0.2; done
	refused busy edu
	kill $holder
	wait $holder
}

no_iommu() { refused no-iommu edu; }

no_device() {
	card=0000:7f:00.0
	timeout 30 "$tenon" run --kernel "$kernel" --device $card </dev/null 2>"$OUT/no-device.err"
	echo $? >"$OUT/no-device.status"
}

no_intremap() {
	to vfio-pci edu
	refused no-intremap edu
}

# A card of a host that cannot keep it from the rest, given to VFIO by hand.
unsafe() {
	to vfio-pci gpu0
	refused unsafe gpu0
}

for wanted; do
	case $wanted in
	host_driver | no_driver | not_viable | locked_memory | busy | no_iommu | no_device | no_intremap | \
		unsafe)
		$wanted ;;
	*) echo "refuse.sh: there is no case '$wanted'" && exit 1 ;;
	esac
done
