# SPDX-License-Identifier: GPL-2.0-or-later
# direct.sh TENON KERNEL INITRD JOB...: in the lab, runs the jobs of test_direct.py, each a guest or
# several with assigned cards. A job NAME leaves NAME.log (the guest's console), NAME.err (what
# tenon says), NAME.status, and its pictures NAME-N.png in $OUT.
tenon=$1 kernel=$2 initrd=$3
shift 3
modules=bochs,virtio-gpu,virtio-pci,nvme,vfio-pci,uio_pci_generic,snd-hda-intel
quick="quiet cryptomgr.notests panic=-1 drm_kms_helper.fbdev_emulation=0"
mkfifo /run/keyboard
POOL=/sys/kernel/mm/hugepages/hugepages-2048kB

# start JOB CARDS STEPS END [OPTION...]: starts the guest and returns; $pid is tenon.
start() {
	job=$1 cards=$2 steps=$3 end=$4
	shift 4
	devices=
	for c in $cards; do
		devices="$devices --device $(lab-card "${c%%,*}")"
		case $c in *,*) devices="$devices,${c#*,}" ;; esac
	done
	"$tenon" run --kernel "$kernel" --initrd "$initrd" --memory 512M $devices "$@" \
		--append "console=ttyS0 $quick tenon.modules=$modules tenon.steps=$steps tenon.end=$end" \
		</run/keyboard >"$OUT/$job.log" 2>"$OUT/$job.err" &
	pid=$!
	exec 3>/run/keyboard
}

# seen TEXT N: waits until the guest has printed N lines that begin with TEXT, or tenon has ended.
seen() {
	lab-wait -p $pid -t 200 -n "$2" "$job.log" "^$1"
}

# picture CARD N: when the guest has drawn for the Nth time; then the guest goes on.
picture() {
	seen "STEP drm ok" "$2" || return
	lab-screenshot "$1" "$job-$2"
	echo continue >&3
}

finish() {
	wait $pid
	echo $? >"$OUT/$job.status"
	exec 3>&-
}

# bind CARD...: to vfio-pci; give_back returns them. Forced, because the lab's root is no disk that
# a disk could be told from. What fails is in host.err.
bind() {
	for c; do
		"$tenon" bind --force "$(lab-card "$c")" >"$OUT/host.log" 2>&1 || cat "$OUT/host.log" >>"$OUT/host.err"
	done
}

give_back() {
	for c; do
		"$tenon" release "$(lab-card "$c")" >"$OUT/host.log" 2>&1 || cat "$OUT/host.log" >>"$OUT/host.err"
	done
}

draw() { echo "drm+mode=1024x768+seed=$1+hold=wait"; }

bochs() {
	bind bochs
	start bochs bochs "pci,$(draw 11),irq+pci=0000:01:00.0,config+pci=0000:01:00.0,log" poweroff --dma sync
	picture bochs 1
	finish
	give_back bochs
}

vga() {
	bind vga
	start vga vga "pci,$(draw 12),rom+pci=0000:01:00.0,log" poweroff
	picture vga 1
	finish
	give_back vga
}

virtio_vga() {
	bind virtio
	start virtio-vga virtio "pci,$(draw 13),irq+pci=0000:01:00.0,rom+pci=0000:01:00.0,log" poweroff --cpus 2
	picture virtio 1
	finish
	give_back virtio
}

# Two devices, two processors; the disk's host driver has it before and gets it back.
edu_nvme() {
	modprobe nvme
	seen_disk
	sha256sum /dev/nvme0n1 >"$OUT/nvme.before"
	bind edu nvme
	start edu-nvme "edu,mmap=off nvme" \
		"pci,smp+cpus=2,edu,edu-dma,edu-msi+count=200,edu-intx+count=200,nvme+read=64+write=0,nvme+read=0+write=64+at=0+seed=9,irq+pci=0000:02:00.0,log" \
		poweroff --cpus 2 --hugepages 2M -v
	seen "GUEST up" 1
	grep . $POOL/nr_hugepages $POOL/surplus_hugepages >"$OUT/edu-nvme.pool-during"
	readlink /proc/$pid/fd/* >"$OUT/edu-nvme.files"
	finish
	grep . $POOL/nr_hugepages $POOL/surplus_hugepages >"$OUT/edu-nvme.pool-after"
	give_back edu nvme
	seen_disk
	basename "$(readlink "/sys/bus/pci/devices/$(lab-card nvme)/driver")" >"$OUT/edu-nvme.driver"
	# Past the page cache of before.
	echo 3 >/proc/sys/vm/drop_caches
	sha256sum /dev/nvme0n1 >"$OUT/edu-nvme.sum"
	rmmod nvme
}

seen_disk() {
	n=0
	until [ -b /dev/nvme0n1 ] || [ $((n += 1)) -gt 100 ]; do sleep 0.1; done
}

# All where the host has it, and DMA from one device to the other's BAR.
identity() {
	bind vga edu
	cat "/sys/bus/pci/devices/$(lab-card vga)/resource" >"$OUT/identity.vga"
	cat "/sys/bus/pci/devices/$(lab-card edu)/resource" >"$OUT/identity.edu"
	vga=0000:01:00.0
	start identity "vga,identity=on,p2p=on edu,identity=on" \
		"pci,$(draw 16),rom+pci=$vga,bar-at+pci=$vga+bar=2+at=$(address vga 3),edu-peer+of=$vga,log" \
		poweroff
	picture vga 1
	finish
	give_back vga edu
}

# address CARD LINE: the start of a region, by the line of its file.
address() { sed -n "$2s/ .*//p" "/sys/bus/pci/devices/$(lab-card "$1")/resource"; }

two_functions() {
	bind dual
	start two-functions "dual dual-audio" "pci,$(draw 14),log" poweroff
	picture dual 1
	finish
	give_back dual
}

reboot() {
	bind virtio
	start reboot virtio "$(draw 15),irq+pci=0000:01:00.0" reboot+times=3
	for n in 1 2 3 4; do picture virtio $n; done
	finish
	give_back virtio
}

# How a machine ends, beside power-off: each guest is a kernel that gets no further than its init.
ends() {
	for how in reboot triple-fault; do
		start "end-$how" "" "" $how --no-reboot
		finish
	done
	start end-signal "" "" hang
	seen "GUEST end hang" 1
	kill -TERM $pid
	finish
	# Killed, it leaves the pool of huge pages as it was.
	start end-killed "" "" hang --hugepages 2M
	seen "GUEST end hang" 1
	kill -KILL $pid
	finish
	grep . $POOL/nr_hugepages $POOL/surplus_hugepages >"$OUT/end-killed.pool"
	# The terminal goes away under it.
	job=end-gone
	python3 "$(dirname "$0")/hangup.py" "GUEST end hang" "$tenon" run --kernel "$kernel" \
		--initrd "$initrd" --memory 512M --append "console=ttyS0 $quick tenon.end=hang" \
		>"$OUT/$job.log" 2>"$OUT/$job.err"
	echo $? >"$OUT/$job.status"
}

for wanted; do
	case $wanted in
	bochs | vga | virtio_vga | edu_nvme | identity | two_functions | reboot | ends) $wanted ;;
	*) echo "direct.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
