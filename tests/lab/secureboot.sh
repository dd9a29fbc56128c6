# SPDX-License-Identifier: GPL-2.0-or-later
# secureboot.sh TENON DISKS JOB...: in the lab, runs the jobs of test_secureboot.py: guests that start
# with Secure Boot and SMM on an assigned card. Each leaves NAME.log (the serial console), NAME.err
# (what tenon says), NAME.status and NAME.txt, the card's screen as text.
tenon=$1 disks=$2
shift 2
# OVMF writes CR8 in its handlers: lab/README.md.
echo 1000000 >/sys/module/kvm/parameters/min_timer_period_us
export XDG_STATE_HOME="$OUT/state"
mkdir -p "$XDG_STATE_HOME"

bind() { for c; do "$tenon" bind --force "$(lab-card "$c")" >>"$OUT/host.log" 2>&1; done; }

# start NAME OPTION...: starts the guest, and waits until the card shows its boot loader.
start() {
	name=$1
	shift
	"$tenon" run -v --secure-boot on --device "$(lab-card virtio)" "$@" \
		</dev/null >"$OUT/$name.log" 2>"$OUT/$name.err" &
	pid=$!
	lab-wait -p $pid -t 400 -c virtio 'GRUB is here' >"$OUT/$name.txt" 2>&1
	lab-text virtio >>"$OUT/$name.txt" 2>&1
}

finish() {
	lab-wait -p $pid -t 500 "$name.log" "GUEST end poweroff" || kill -TERM $pid
	wait $pid
	echo $? >"$OUT/$name.status"
}

# Two processors. The first disk's program has no signature; the second one's shim, GRUB and kernel are
# Debian's. The guest resets once, and sleeps in each of its two starts.
signed() {
	bind virtio
	start signed --name signed --memory 512M --cpus 2 --disk "$disks/unsigned.disk" \
		--disk "$disks/signed.disk" --sleep ram
	for n in 1 2; do
		lab-wait -p $pid -t 400 -n $n signed.err "the guest sleeps" && "$tenon" wake signed
	done
	finish
}

# A kernel that does not lock itself down, so that root can try what only SMM may do.
locked() {
	bind virtio edu
	cp /usr/share/OVMF/OVMF_VARS_4M.fd "$OUT/keyless.fd"
	"$tenon" run --secure-boot on --firmware-vars "$OUT/keyless.fd" >/dev/null 2>"$OUT/keyless.err"
	echo $? >"$OUT/keyless.status"
	cp "$disks/insecure.fd" "$OUT/insecure.fd"
	start locked --firmware-vars "$OUT/insecure.fd" --memory 512M \
		--device "$(lab-card edu)" --disk "$disks/attack.disk"
	finish
}

for wanted; do
	case $wanted in
	signed | locked) $wanted ;;
	*) echo "secureboot.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
