# SPDX-License-Identifier: GPL-2.0-or-later
# usb_host.sh TENON KERNEL INITRD JOB...: in the lab, runs the jobs of test_usb_host.py, each with a guest that gets USB
# devices of the host. A job NAME leaves NAME.log (the guest's console), NAME.err (what tenon says),
# NAME.status, and what it found on the host in NAME.host.
tenon=$1 kernel=$2 initrd=$3
shift 3
quick="quiet cryptomgr.notests panic=-1"
modules=xhci_pci,usb_storage,sd_mod
modprobe -a xhci_pci usb_storage sd_mod usbhid hid_generic
image=$OUT/stick.img

# sum FILE SKIP COUNT: in MiB.
sum() { dd if="$1" bs=1M skip="$2" count="$3" 2>/dev/null | sha256sum | cut -d' ' -f1; }

# driver PRODUCT: the driver that the host has for the first interface of the device with this product id.
driver() {
	for d in /sys/bus/usb/devices/*; do
		[ -e "$d/idProduct" ] && [ "$(cat "$d/idProduct")" = "$1" ] || continue
		readlink "$d/${d##*/}:1.0/driver" | sed 's|.*/||'
	done
}

# await_driver PRODUCT DRIVER: for half a minute.
await_driver() {
	n=0
	until [ "$(driver "$1")" = "$2" ] || [ $n = 150 ]; do
		sleep 0.2
		n=$((n + 1))
	done
}

# The disk that the host's driver has.
host_disk() {
	for d in /sys/class/block/sd?; do
		case $(readlink "$d") in */usb*) echo "/dev/${d##*/}" ;; esac
	done
}

plug_stick() { lab-plug stick usb-storage,bus=usb.0,port=1,serial=TENON-S stick.img; }

note() { echo "$1=$2" >>"$OUT/$job.host"; }

# start JOB STEPS END [OPTION...]: $pid is tenon.
start() {
	job=$1 steps=$2 end=$3
	shift 3
	"$tenon" run --kernel "$kernel" --initrd "$initrd" --memory 256M -v "$@" \
		--append "console=ttyS0 $quick tenon.modules=$modules tenon.steps=$steps tenon.end=$end" \
		</dev/null >"$OUT/$job.log" 2>"$OUT/$job.err" &
	pid=$!
}

finish() {
	wait $pid
	echo $? >"$OUT/$job.status"
}

# A disk in use by the host's driver goes to the guest, comes back to it after it was unplugged, and to the
# host's driver when tenon is killed.
disk() {
	job=disk
	dd if=/dev/urandom of="$image" bs=1M count=24 2>/dev/null
	note before "$(sum "$image" 0 8)"
	plug_stick
	await_driver 0001 usb-storage
	note first "$(driver 0001)"
	"$tenon" list --usb >"$OUT/list.txt" 2>&1
	start disk "disk+name=2-1+read=8,disk+name=2-1+random=50+depth=4,disk+name=2-1+write=4+at=8+seed=3+gone=60,disk+name=2-1+read=8+timeout=90,log" hang \
		--cpus 2 --name desk --usb 46f4:0001:TENON-S
	lab-wait -p $pid -t 240 disk.log "DISK waits"
	note meanwhile "$(driver 0001)"
	"$tenon" list --usb >"$OUT/meanwhile.txt" 2>&1
	"$tenon" run --usb 46f4:0001 --kernel "$kernel" --initrd "$initrd" --append "console=ttyS0 $quick" \
		</dev/null >/dev/null 2>"$OUT/second.err" &
	second=$!
	lab-wait -p $second -t 60 second.err "has it"
	kill -TERM $second
	wait $second
	lab-plug -u stick
	lab-wait -p $pid -t 90 disk.log "gone=1"
	plug_stick
	lab-wait -p $pid -t 120 disk.log "GUEST end"
	kill -KILL $pid
	await_driver 0001 usb-storage
	note last "$(driver 0001)"
	finish
	n=0
	until [ -n "$(host_disk)" ] || [ $n = 150 ]; do sleep 0.2; n=$((n + 1)); done
	note host "$(sum "$(host_disk)" 0 8)"
	note written "$(sum "$(host_disk)" 8 4)"
	lab-plug -u stick
}

# The guest starts twice, and the process that drives the disk is killed in between: the guest gets the disk again
# each time. Then the machine ends by itself.
again() {
	job=again
	dd if=/dev/urandom of="$image" bs=1M count=8 2>/dev/null
	note before "$(sum "$image" 0 8)"
	plug_stick
	await_driver 0001 usb-storage
	start again "disk+name=2-1+read=8+gone=60,disk+name=2-1+read=8+timeout=90" reboot+times=1 --usb 46f4:0001
	for n in 1 2; do
		lab-wait -p $pid -t 200 -n $n again.log "DISK waits"
		kill -KILL "$(pgrep -x tenon-usb-dev)"
	done
	finish
	await_driver 0001 usb-storage
	note last "$(driver 0001)"
	lab-plug -u stick
}

# A keyboard behind a hub, by its port: not without force, as the host uses it; then its keys are the guest's.
keyboard() {
	job=keyboard
	lab-plug hub usb-hub,bus=usb.0,port=2
	lab-plug keys usb-kbd,bus=usb.0,port=2.1,display=hostvga
	await_driver 0001 usbhid
	"$tenon" list --usb >"$OUT/keyboard.txt" 2>&1
	port=$(sed -n 's/^\([0-9]*-[0-9]*\.[0-9]*\) .*Keyboard.*/\1/p' "$OUT/keyboard.txt")
	start refused keys poweroff --usb "port=$port"
	finish
	job=keyboard modules=xhci_pci,usbhid,hid_generic,evdev
	start keyboard keys+bus=3+devices=1+wait=120 poweroff --usb "port=$port,force=on"
	lab-wait -p $pid -t 200 keyboard.log "KEYS ready"
	lab-plug -k hostvga a b c ret
	finish
	await_driver 0001 usbhid
	note last "$(driver 0001)"
	lab-plug -u keys
	lab-plug -u hub
}

for wanted; do
	case $wanted in
	disk | again | keyboard) $wanted ;;
	*) echo "usb_host.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
