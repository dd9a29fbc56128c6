# SPDX-License-Identifier: GPL-2.0-or-later
# bios.sh TENON KERNEL UNPACKED INITRD DISK OTHER UEFI JOB...: in the lab, runs the jobs of test_bios.py,
# each a guest that SeaBIOS starts, or several. UNPACKED is KERNEL without its decompressor, DISK what the
# assigned disk holds, OTHER another SeaBIOS than the one that the host has, UEFI its OVMF. A job NAME
# leaves NAME.log (the guest's console), NAME.err (what tenon and the firmware say) and NAME.status in
# $OUT.
tenon=$1 kernel=$2 unpacked=$3 initrd=$4 disk=$5 other=$6 uefi=$7
shift 7
quick="console=ttyS0 quiet cryptomgr.notests panic=-1 edd=off"

# guest JOB OPTION...: runs a guest to its end.
guest() {
	job=$1
	shift
	timeout 150 "$tenon" run --firmware bios --memory 512M -v "$@" </dev/null >"$OUT/$job.log" 2>"$OUT/$job.err"
	echo $? >"$OUT/$job.status"
}

# booted JOB WORDS OPTION...: one whose kernel comes from the command line.
booted() {
	job=$1 words=$2
	shift 2
	guest "$job" --kernel "$unpacked" --initrd "$initrd" --append "$quick $words" "$@"
}

# To vfio-pci; what fails is in host.err.
bind() {
	for c; do
		"$tenon" bind --force "$(lab-card "$c")" >"$OUT/host.log" 2>&1 || cat "$OUT/host.log" >>"$OUT/host.err"
	done
}

# The kernel as it is.
kernel() {
	guest kernel --kernel "$kernel" --initrd "$initrd" --cpus 2 \
		--append "$quick tenon.steps=pci,smp+cpus=2,machine,log"
}

# By each way that a PC has, one of them several times.
resets() {
	booted reset-kbd "tenon.end=reboot+times=3+type=kbd"
	for how in acpi pci triple; do
		booted "reset-$how" "tenon.end=reboot+times=1+type=$how"
	done
}

# GRUB and the kernel come from an assigned NVMe disk behind a root port.
disk() {
	guest disk --device "$(lab-card disk)" --cpus 2
}

# The same disk as a virtio device.
virtio() {
	guest virtio --disk "$disk"
}

# A card with a BAR of 128 GiB beside the disk.
big() {
	booted big "tenon.modules=nvme tenon.steps=pci,nvme+pci=0000:02:00.0+read=1+write=0,log" \
		--device "$(lab-card big)" --device "$(lab-card disk)"
}

# The same from the disk, by another version.
other() {
	guest other --firmware-code "$other" --device "$(lab-card big)" --device "$(lab-card disk)"
}

# Where the host has a card's BAR of registers, whatever SeaBIOS does.
identity() {
	booted identity "tenon.steps=pci,$(bar_at_host)" --device "$(lab-card big),identity=on"
}

# The step that reads and writes BAR 0 of the card at 01:00.0 there.
bar_at_host() {
	read -r start rest <"/sys/bus/pci/devices/$(lab-card big)/resource"
	echo "$start" >"$OUT/big.host"
	sed -n 3p "/sys/bus/pci/devices/$(lab-card big)/resource" | cut -d' ' -f1 >"$OUT/big.window"
	echo "bar-at+pci=0000:01:00.0+bar=0+set=0+at=$start"
}

# OVMF has the kernel from fw_cfg, and room for that BAR only where it is told. It is behind the host's.
uefi_big() {
	floor=/sys/module/kvm/parameters/min_timer_period_us
	usual=$(cat $floor)
	echo 1000000 >$floor
	timeout 150 "$tenon" run --firmware uefi --firmware-code "$uefi" \
		--memory 512M --device "$(lab-card big),identity=on" --kernel "$kernel" --initrd "$initrd" \
		--append "$quick tenon.steps=pci,$(bar_at_host),log" </dev/null >"$OUT/uefi_big.log" 2>"$OUT/uefi_big.err"
	echo $? >"$OUT/uefi_big.status"
	echo "$usual" >$floor
}

# Nothing can be booted; SeaBIOS says so and waits, until somebody ends it.
nothing() {
	"$tenon" run --firmware bios --memory 512M -v </dev/null >"$OUT/nothing.log" 2>"$OUT/nothing.err" &
	lab-wait -p $! nothing.log "No bootable device"
	kill -TERM $!
	wait $!
	echo $? >"$OUT/nothing.status"
}

bind disk big
for wanted; do
	case $wanted in
	kernel | resets | disk | virtio | big | identity | other | uefi_big | nothing) $wanted ;;
	*) echo "bios.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
