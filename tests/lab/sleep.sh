# SPDX-License-Identifier: GPL-2.0-or-later
# sleep.sh TENON CODE KERNEL UNPACKED INITRD JOB...: in the lab, runs the jobs of test_sleep.py, each a
# guest that sleeps and wakes. A job NAME leaves NAME.log (the guest's console), NAME.err (what tenon
# says), NAME.status, and its pictures NAME-N.png in $OUT.
tenon=$1 code=$2 kernel=$3 unpacked=$4 initrd=$5
shift 5
modules=bochs,nvme,virtio-pci,virtio-blk,rtc_cmos
quick="quiet cryptomgr.notests panic=-1 drm_kms_helper.fbdev_emulation=0"
export XDG_STATE_HOME=/run/state
mkdir -p $XDG_STATE_HOME
mkfifo /run/keyboard
timers=/sys/module/kvm/parameters/min_timer_period_us

# start JOB CARDS STEPS [OPTION...]: starts the guest and returns; $pid is tenon.
start() {
	job=$1 cards=$2 steps=$3
	shift 3
	devices=
	for c in $cards; do devices="$devices --device $(lab-card "$c")"; done
	"$tenon" run --name "$job" --initrd "$initrd" --memory 512M $devices "$@" \
		--append "console=ttyS0 $quick tenon.modules=$modules tenon.steps=$steps" \
		</run/keyboard >"$OUT/$job.log" 2>"$OUT/$job.err" &
	pid=$!
	exec 3>/run/keyboard
}

# picture CARD N: when the guest has drawn for the Nth time; then the guest goes on.
picture() {
	lab-wait -p $pid -t 300 -n "$2" "$job.log" "^STEP drm ok" || return
	lab-screenshot "$1" "$job-$2"
	echo continue >&3
}

# asleep N: waits until the guest sleeps for the Nth time.
asleep() { lab-wait -p $pid -t 200 -n "$1" "$job.err" "the guest sleeps"; }

finish() {
	wait $pid
	echo $? >"$OUT/$job.status"
	exec 3>&-
}

bind() {
	for c; do "$tenon" bind --force "$(lab-card "$c")" >"$OUT/host.log" 2>&1 || cat "$OUT/host.log" >>"$OUT/host.err"; done
}

draw() { echo "drm+mode=1024x768+seed=$1+hold=wait"; }

# Two processors. The clock's alarm wakes it, then a command; a card draws, a disk writes and reads, each
# before and after. A guest takes seconds to fall asleep here, and its alarm must not come before that.
direct() {
	bind bochs nvme
	start direct "bochs nvme" \
		"$(draw 21),nvme+read=2+write=2+seed=5,sleep+seconds=20,$(draw 22),nvme+read=2+write=2+seed=6,sleep,smp+cpus=2,$(draw 23),log" \
		--kernel "$unpacked" --cpus 2 --sleep ram
	picture bochs 1
	picture bochs 2
	asleep 2
	"$tenon" status direct --json >"$OUT/direct.json"
	# Paused while it sleeps, it wakes when it goes on.
	"$tenon" pause direct
	"$tenon" wake direct
	"$tenon" status direct --json >"$OUT/direct-paused.json"
	"$tenon" resume direct
	picture bochs 3
	finish
}

# With SeaBIOS: the power button wakes it.
bios() {
	bind bochs
	start bios bochs "$(draw 24),sleep,$(draw 25),log" --firmware bios --kernel "$unpacked" --sleep on
	picture bochs 1
	asleep 1
	"$tenon" stop --wait 0 bios
	picture bochs 2
	finish
}

# OVMF writes CR8 in its handlers (lab/README.md).
uefi() {
	bind bochs
	echo 1000000 >$timers
	start uefi bochs "$(draw 26),sleep,$(draw 27),sleep,log" --firmware uefi --kernel "$kernel" \
		--sleep ram
	lab-wait -p $pid -t 200 "$job.log" "EFI stub: Loaded initrd"
	echo 50000 >$timers
	picture bochs 1
	asleep 1
	"$tenon" wake uefi
	picture bochs 2
	asleep 2
	"$tenon" wake uefi
	finish
}

# Its memory goes to a disk, the machine ends, and the next start goes on there.
disk() {
	truncate -s 1G "$OUT/disk.img"
	for job in disk-first disk-second; do
		start $job "" hibernate+name=vda --kernel "$unpacked" --sleep disk --disk "$OUT/disk.img"
		finish
	done
}

for wanted; do
	case $wanted in
	direct | bios | uefi | disk) $wanted ;;
	*) echo "sleep.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
