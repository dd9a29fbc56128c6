# SPDX-License-Identifier: GPL-2.0-or-later
# soak.sh TENON KERNEL INITRD ROUNDS: in the lab, gives devices to guests again and again. In turn a guest
# powers off, is told to end, and is killed; every fourth round the host's drivers have the devices
# in between. Leaves a line a round in $OUT/rounds: number, way to end, tenon's status, KiB of
# memory that are free; and in $OUT/wrong what is not as before.
tenon=$1 kernel=$2 initrd=$3 rounds=$4
cards="edu nvme virtio"
quick="console=ttyS0 quiet cryptomgr.notests panic=-1"
steps="edu-dma,edu-msi+count=20,nvme+read=4+write=4+at=8+seed=9"

addresses() { for c in $cards; do lab-card "$c"; done; }

# bound COMMAND OPTION...: tenon bind or release, for all.
bound() {
	"$tenon" "$@" $(addresses) >"$OUT/host.log" 2>&1 || { echo "$* failed" && cat "$OUT/host.log"; } >>"$OUT/wrong"
}

# What a round may not change.
state() {
	for a in $(addresses); do
		echo "$a $(basename "$(readlink "/sys/bus/pci/devices/$a/driver")")"
		od -An -tx1 -N 64 "/sys/bus/pci/devices/$a/config"
	done
	for p in /proc/[0-9]*/comm; do
		case $(cat "$p" 2>/dev/null) in tenon*) echo "$p" ;; esac
	done
	grep -E '^(Mlocked|HugePages_Total)' /proc/meminfo
	ls /dev/vfio
}

same() {
	state >/tmp/now
	diff /tmp/before /tmp/now >/tmp/diff || { echo "after round $n ($how):" && cat /tmp/diff; } >>"$OUT/wrong"
}

free_memory() {
	echo 3 >/proc/sys/vm/drop_caches
	sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo
}

# round WAY: a guest with the devices, to its end.
round() {
	end=hang
	[ "$1" != poweroff ] || end=poweroff
	devices=$(for a in $(addresses); do echo "--device $a"; done)
	"$tenon" run --kernel "$kernel" --initrd "$initrd" --memory 384M $devices --append \
		"$quick tenon.modules=nvme,uio_pci_generic tenon.steps=$steps tenon.end=$end" \
		</dev/null >"$OUT/guest.log" 2>"$OUT/guest.err" &
	pid=$!
	if [ "$1" != poweroff ]; then
		lab-wait -p $pid -t 100 guest.log "GUEST end hang"
		kill -"$1" $pid
	fi
	wait $pid
	status=$?
	[ "$(grep -Ec '^STEP (edu-dma|edu-msi|nvme) ok' "$OUT/guest.log")" = 3 ] ||
		{ echo "in round $n ($1):" && cat "$OUT/guest.log" "$OUT/guest.err"; } >>"$OUT/wrong"
}

: >"$OUT/wrong"
modprobe nvme
bound bind --force
state >/tmp/before
n=0
while [ $((n += 1)) -le "$rounds" ]; do
	case $((n % 3)) in
	0) how=poweroff ;;
	1) how=TERM ;;
	2) how=KILL ;;
	esac
	round $how
	[ $((n % 4)) != 0 ] || { bound release && bound bind --force; }
	same
	echo "$n $how $status $(free_memory)" >>"$OUT/rounds"
done
dmesg | grep -E 'DMAR:.*fault|BUG:|WARNING:' >>"$OUT/wrong"
bound release
exit 0
