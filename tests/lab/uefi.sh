# SPDX-License-Identifier: GPL-2.0-or-later
# uefi.sh TENON CODE OTHER JOB...: in the lab, runs the jobs of test_uefi.py, each a guest or several
# that start with OVMF on an assigned card. A job's start NAME leaves NAME.log (the serial console, from
# where the shell is worked), NAME.err (what tenon says), NAME.status and NAME.txt, the card's
# screen as text.
tenon=$1 code=$2 other=$3
shift 3
# OVMF writes CR8 in its handlers: lab/README.md.
echo 1000000 >/sys/module/kvm/parameters/min_timer_period_us
# Root trusts no directory of another user, who may own $OUT.
export XDG_STATE_HOME=/run/state
mkdir $XDG_STATE_HOME
mkfifo /run/keyboard

# start NAME CARDS [OPTION...]: starts the guest and returns; $pid is tenon. An option of a card
# follows it, as nic,rom=off.
start() {
	name=$1 cards=$2
	shift 2
	devices=
	for c in $cards; do
		devices="$devices --device $(lab-card "${c%%,*}")"
		case $c in *,*) devices="$devices,${c#*,}" ;; esac
	done
	"$tenon" run --firmware uefi --memory 512M $devices "$@" \
		</run/keyboard >"$OUT/$name.log" 2>"$OUT/$name.err" &
	pid=$!
	exec 3>/run/keyboard
	prompts=0
}

# seen TEXT SECONDS: waits until the console has shown TEXT.
seen() {
	lab-wait -p $pid -t "$2" "$name.log" "$1"
}

# prompt SECONDS: waits for one more prompt of the shell than there were.
prompt() {
	prompts=$((prompts + 1))
	lab-wait -p $pid -t "$1" -n $prompts "$name.log" "Shell> "
}

say() { printf '%s\r' "$1" >&3; }

# command TEXT: in the shell, to its end.
command() {
	say "$1"
	prompt 60
}

# picture CARD TEXT: of the card when it shows TEXT, or after some time without it.
picture() {
	lab-wait -p $pid -t 100 -c "$1" "$2" >"$OUT/$name.txt" 2>&1
	lab-screenshot "$1" "$name"
}

finish() {
	wait $pid
	echo $? >"$OUT/$name.status"
	exec 3>&-
}

power_off() {
	say "reset -s"
	finish
}

bind() { for c; do "$tenon" bind --force "$(lab-card "$c")" >>"$OUT/host.log" 2>&1; done; }

# The firmware that the distribution's descriptor names, and no file for its variables. The network
# card has no ROM.
described() {
	bind vga nic
	start described "vga nic,rom=off"
	prompt 200
	picture vga 'Shell>'
	command "drivers"
	power_off
}

other() {
	bind vga
	start other vga --firmware-code "$other"
	prompt 200
	picture vga 'Shell>'
	power_off
}

# A first start that keeps a variable, and a reset.
first() {
	bind vga
	start first vga --firmware-code "$code" --name lab
	prompt 150
	picture vga 'Shell>'
	command "set kept c0ffee"
	command "reset"
	power_off
}

# On another card, with what the first start left. The disk has the script that the shell runs.
second() {
	bind virtio nic shell
	start second "virtio nic,boot=off shell" --firmware-code "$code" --name lab
	prompt 150
	picture virtio '808610d3\.efidrv .*\n(.*\n)*Shell>'
	power_off
	cp -r $XDG_STATE_HOME "$OUT/state"
}

# Disks with a program at the place where firmware looks for one. With a fresh store, because one in
# which the shell was first starts the shell.
programs() {
	bind virtio memtest ipxe
	start memtest "virtio memtest" --firmware-code "$code"
	picture virtio 'Memtest86+'
	kill -TERM $pid
	finish
	start ipxe "virtio ipxe" --firmware-code "$code"
	picture virtio 'iPXE'
	kill -TERM $pid
	finish
	start memtest-cd virtio --firmware-code "$code" --cdrom /usr/lib/memtest86+/memtest86+x64.iso
	picture virtio 'Memtest86+'
	kill -TERM $pid
	finish
}

# The disk's script writes variables without end and says of each that it is written.
killed() {
	bind vga writer
	for last in 20 60; do
		start "killed-$last" "vga writer" --firmware-code "$code" --name killed
		seen "written $last." 200
		sleep 0.$last
		kill -KILL $pid
		finish
	done
	start killed-last "vga writer" --firmware-code "$code" --name killed
	seen "written 1." 150
	picture vga 'written'
	kill -TERM $pid
	finish
}

# login: on the serial console.
login() {
	seen "login:" 300
	say root
	# What is typed before the shell reads is thrown away.
	seen "/root # " 60
	typed=0
}

# type TEXT...: each a command of the shell there, to its end.
type() {
	for text; do
		say "$text; echo done-\$(($typed + 1))"
		typed=$((typed + 1))
		seen "done-$typed" 60
	done
}

# An installed disk, whose loader gets a place of its own; then the same below a qcow2 image.
installed() {
	bind virtio
	cp --sparse=always "$OUT/installed.disk" /run/installed.disk
	start installed virtio --firmware-code "$code" --name installed --net user,by=slirp \
		--disk /run/installed.disk
	seen "GRUB is here" 200
	echo 50000 >/sys/module/kvm/parameters/min_timer_period_us
	login
	type "ip link set eth0 up" "udhcpc -q -n -i eth0 -s /lib/dhcp" "ping -c 3 10.0.2.2"
	picture virtio 'login:'
	cp "$OUT/$name.txt" "$OUT/$name-prompt.txt"
	type "guest type+text=root" "sleep 2" \
		"guest 'type+text=echo_\$((6*7))_starts_\$(cat_/starts)'" "own-entry"
	picture virtio '42 starts 1'
	say poweroff
	finish
	echo 1000000 >/sys/module/kvm/parameters/min_timer_period_us
	qemu-img create -q -f qcow2 -b /run/installed.disk -F raw /run/installed.qcow2
	start installed-qcow2 virtio --firmware-code "$code" --name installed \
		--disk /run/installed.qcow2,backing=on
	seen "GRUB is here" 200
	echo 50000 >/sys/module/kvm/parameters/min_timer_period_us
	login
	type "guest type+text=root" "sleep 2" \
		"guest 'type+text=echo_\$((6*7))_starts_\$(cat_/starts)'" "cat /proc/mounts"
	picture virtio '42 starts 2'
	say poweroff
	finish
	echo 1000000 >/sys/module/kvm/parameters/min_timer_period_us
	qemu-img check /run/installed.qcow2 >"$OUT/installed.check" 2>&1
	echo $? >>"$OUT/installed.check"
	cp --sparse=always /run/installed.disk "$OUT/installed.disk"
	qemu-img convert -f qcow2 -O raw /run/installed.qcow2 "$OUT/installed-qcow2.disk"
}

for wanted; do
	case $wanted in
	described | other | first | second | programs | killed | installed) $wanted ;;
	*) echo "uefi.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
