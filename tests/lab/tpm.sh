# SPDX-License-Identifier: GPL-2.0-or-later
# tpm.sh TENON CODE KERNEL UNPACKED INITRD RFB JOB...: in the lab, runs the jobs of test_tpm.py, each a guest with
# a TPM. A job leaves NAME.log (the guest's console), NAME.err (what tenon says) and NAME.status.
tenon=$1 code=$2 kernel=$3 unpacked=$4 initrd=$5 rfb=$6
shift 6
# Without quiet, so that the kernel says when EFI has started it.
quick="loglevel=1 cryptomgr.notests panic=-1"
export XDG_STATE_HOME=/run/state
mkdir -p $XDG_STATE_HOME
mkfifo /run/keyboard
timers=/sys/module/kvm/parameters/min_timer_period_us

# start NAME MODE WORDS [OPTION...]: starts the guest, WORDS are for its kernel; $pid is tenon.
start() {
	name=$1 mode=$2 words=$3
	shift 3
	"$tenon" run -v --initrd "$initrd" --append "console=ttyS0 $quick $words tenon.mode=$mode" "$@" \
		</run/keyboard >"$OUT/$name.log" 2>"$OUT/$name.err" &
	pid=$!
	exec 3>/run/keyboard
}

finish() {
	wait $pid
	echo $? >"$OUT/$name.status"
	exec 3>&-
}

# starts FIRST LAST: these are the kernel's starts by OVMF, which writes CR8 in its handlers (lab/README.md).
starts() {
	for n in $(seq "$1" "$2"); do
		echo 1000000 >$timers
		# The guest has asked for something. ESC rejects it; F12, which a serial terminal has not, confirms it.
		case $name$n in
		changed2 | changed3)
			lab-wait -p $pid -t 120 -n $((n - 1)) "$name.log" "Press ESC to reject"
			[ "$n" = 2 ] && printf '\033' >&3
			[ "$n" = 3 ] && python3 -B "$rfb" /run/changed.vnc key 0xFFC9
			;;
		esac
		lab-wait -p $pid -t 120 -n "$n" "$name.log" "EFI stub: Loaded initrd"
		echo 50000 >$timers
		lab-wait -p $pid -t 200 -n "$n" "$name.log" "TPM (end|ready)"
	done
}

ovmf() {
	start ovmf ovmf "" --firmware uefi --firmware-code "$code" --kernel "$kernel" --memory 512M \
		--name uefi --tpm on
	starts 1 3
	ls -l $XDG_STATE_HOME/tenon/uefi/tpm >"$OUT/state.txt"
	stat -c '%a %u' $XDG_STATE_HOME/tenon/uefi/tpm >>"$OUT/state.txt"
	kill -9 "$(pidof swtpm)"
	finish
	cp "$kernel" /run/changed
	echo "another kernel, but for its code" >>/run/changed
	start changed changed "" --firmware uefi --firmware-code "$code" --kernel /run/changed --memory 512M \
		--name uefi --tpm on --display vnc=unix:/run/changed.vnc
	starts 1 3
	finish
}

# tenon is killed, and the machine's next start has the TPM at once.
bios() {
	start bios bios "" --firmware bios --kernel "$unpacked" --memory 256M --name bios --tpm on
	lab-wait -p $pid -t 200 bios.log "TPM ready"
	kill -9 $pid
	finish
	start direct direct "memmap=64K\$0x8000000" --kernel "$unpacked" --memory 256M --name bios --tpm on
	lab-wait -p $pid -t 100 direct.log "TPM start"
	"$tenon" run --kernel "$unpacked" --name bios --tpm on </dev/null >"$OUT/second.log" 2>"$OUT/second.err"
	echo $? >"$OUT/second.status"
	finish
}

for wanted; do
	case $wanted in
	ovmf | bios) $wanted ;;
	*) echo "tpm.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
