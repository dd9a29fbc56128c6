# SPDX-License-Identifier: GPL-2.0-or-later
# virtio.sh TENON KERNEL INITRD JOB...: in the lab, runs the jobs of test_virtio.py, each a guest with
# disks. A job NAME leaves NAME.log (the guest's console), NAME.err (what tenon says), NAME.status,
# and what it says of its files in NAME.sums.
tenon=$1 kernel=$2 initrd=$3
shift 3
quick="quiet cryptomgr.notests panic=-1"
image=/run/disk.img shared=/run/shared.img

# start JOB STEPS END WORDS [OPTION...]: starts the guest, WORDS are for its kernel; $pid is tenon.
start() {
	job=$1 steps=$2 end=$3 words=$4
	shift 4
	"$tenon" run --kernel "$kernel" --initrd "$initrd" --memory 256M "$@" \
		--append "console=ttyS0 $quick $words tenon.modules=virtio_pci,virtio_blk tenon.steps=$steps tenon.end=$end" \
		</dev/null >"$OUT/$job.log" 2>"$OUT/$job.err" &
	pid=$!
}

finish() {
	wait $pid
	echo $? >"$OUT/$job.status"
}

# sum FILE SKIP COUNT: in MiB.
sum() { dd if="$1" bs=1M skip="$2" count="$3" 2>/dev/null | sha256sum | cut -d' ' -f1; }

make_disks() {
	dd if=/dev/urandom of=$image bs=1M count=48 2>/dev/null
	dd if=/dev/urandom of=$shared bs=1M count=8 2>/dev/null
	modprobe nvme
	n=0
	until [ -b /dev/nvme0n1 ] || [ $((n += 1)) -gt 100 ]; do sleep 0.1; done
}

# A file, a file that is only read, and a block device past the page cache, on two processors.
disks() {
	{
		echo "before=$(sum $image 0 16)"
		echo "shared=$(sum $shared 0 8)"
	} >"$OUT/disks.sums"
	start disks "pci,disk+read=16,disk+write=8+at=16+seed=3,disk+zero=4+discard=4+at=28,disk+name=vdb+read=8+refuse=1,disk+name=vdc+write=8+seed=4,log" \
		poweroff "" --cpus 2 \
		--disk $image,serial=TENON-1,queues=2 --disk $shared,readonly=on \
		--disk /dev/nvme0n1,cache=none,queues=2,packed=off
	finish
	{
		echo "written=$(sum $image 16 8)"
		echo "shared_after=$(sum $shared 0 8)"
		echo "direct=$(sum /dev/nvme0n1 0 8)"
	} >>"$OUT/disks.sums"
}

# The same disk in each start of the guest, by INTx.
reboots() {
	start reboots "disk+write=2+at=40+seed=5" reboot+times=2 "pci=nomsi" --disk $image
	finish
}

# tenon is killed while the guest writes; then another has the disk at once.
killed() {
	start killed "disk+log=20000+at=24" poweroff "" --disk $image
	lab-wait -p $pid -t 300 -n 100 killed.log "^DURABLE"
	"$tenon" run --kernel "$kernel" --disk $image >"$OUT/second.log" 2>"$OUT/second.err" </dev/null
	echo $? >"$OUT/second.status"
	kill -9 $pid
	finish
	dd if=$image of="$OUT/killed.img" bs=1M skip=24 count=12 2>/dev/null
}

make_disks
for wanted; do
	case $wanted in
	disks | reboots | killed) $wanted ;;
	*) echo "virtio.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
