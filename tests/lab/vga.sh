# SPDX-License-Identifier: GPL-2.0-or-later
# vga.sh TENON IMAGES JOB...: in the lab, runs the jobs of test_vga.py. Each starts guests that draw on
# assigned cards, and leaves what they said (NAME.log), what tenon said (NAME.err) and what the cards
# show in the end (NAME.text) in $OUT.
tenon=$1 images=$2
shift 2
cards="vga0 vga1 ati cirrus qxl virtio deep"

# start NAME IMAGE CARD [OPTION]: a guest with the card, in the background.
start() {
	"$tenon" run --firmware bios --memory 64M -v --kernel "$images/$2" \
		--device "$(lab-card "$3")${4-,vga=on}" </dev/null >"$OUT/$1.log" 2>"$OUT/$1.err" &
	eval "pid_$1=$!"
}

# wait_for NAME WORDS SECONDS: until the guest has said them, or failed.
wait_for() {
	lab-wait -p $! -t "$3" "$1.log" "$2|VGA FAIL"
}

# stop NAME CARD: notes what the card shows, and ends the guest.
stop() {
	lab-text "$2" >"$OUT/$1.text" 2>&1
	eval "kill -TERM \$pid_$1; wait \$pid_$1"
	echo $? >"$OUT/$1.status"
}

# owners: each card and what the arbiter says that it owns.
owners() {
	for c in hostvga $cards; do
		echo "$c $("$tenon" vga | awk -v card="$(lab-card "$c")" '$1 == card { print $(NF - 1) }')"
	done
}

one_by_one() {
	for c in ati cirrus qxl virtio deep; do
		start "card_$c" letter-A "$c"
		wait_for "card_$c" "VGA DONE" 60
		stop "card_$c" "$c"
	done
}

resets() {
	start resets resets "vga0"
	wait_for resets "VGA DONE" 90
	stop resets vga0
}

# Two guests draw at the same time, and the host writes on the third card.
together() {
	start first rounds-A vga0
	start second rounds-B vga1
	n=0
	while :; do
		echo "host line $((n += 1))" >/dev/tty1
		sleep 0.3
	done &
	writer=$!
	lab-wait -p $pid_first -t 600 first.log "VGA [DF]"
	lab-wait -p $pid_second -t 300 second.log "VGA [DF]"
	kill $writer
	printf '\033[?25lhost is the last\n' >/dev/tty1 # without a cursor, which would be a character below
	lab-wait -t 30 -c hostvga "host is the last" >"$OUT/host.text" 2>&1
	stop first vga0
	stop second vga1
}

# Without legacy VGA nothing touches the ranges: the arbiter never gives them to the card.
untouched() {
	owners >"$OUT/owners.before"
	start untouched letter-A vga1 ,vga=off
	wait_for untouched "VGA" 60
	owners >"$OUT/owners.without"
	stop untouched vga1
	start touched letter-B vga1
	wait_for touched "VGA DONE" 60
	owners >"$OUT/owners.with"
	stop touched vga1
}

# ticks NAME: how long its guest scrolled.
ticks() { echo $((0x0$(tr -d '\r' <"$OUT/$1.log" | sed -n 's/^VGA SCROLL //p'))); }

# Where the machine does much else, one of three times has to do.
scroll() {
	for time in 1 2 3; do
		scroll_both
		[ "$(ticks qemu)" -lt $((3 * $(ticks scroll))) ] || break
	done
}

# The same guest on the same card, by tenon and by QEMU.
scroll_both() {
	start scroll scroll vga0
	wait_for scroll "VGA DONE" 90
	stop scroll vga0
	qemu-system-x86_64 -enable-kvm -M q35 -m 64 -cpu host,host-phys-bits-limit=40 -nodefaults \
		-global kvm-pit.lost_tick_policy=discard -vga none -display none -serial stdio \
		-kernel "$images/scroll" -device "vfio-pci,host=$(lab-card vga0),x-vga=on" \
		</dev/null >"$OUT/qemu.log" 2>"$OUT/qemu.err" &
	wait_for qemu "VGA DONE" 120
	kill $!
	wait $!
}

modprobe bochs
sleep 1
cat /sys/class/vtconsole/*/name /proc/fb >"$OUT/console" 2>&1
for c in $cards; do
	lab-card "$c" >/dev/null 2>&1 || continue # this lab has fewer
	"$tenon" bind --force "$(lab-card "$c")" >>"$OUT/bind.log" 2>&1
done
"$tenon" vga >"$OUT/vga.out" 2>&1
for wanted; do
	case $wanted in
	one_by_one | resets | together | untouched | scroll) $wanted ;;
	*) echo "vga.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
