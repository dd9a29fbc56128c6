# SPDX-License-Identifier: GPL-2.0-or-later
# storage.sh TENON KERNEL INITRD TOOLS ISO HYBRID STICK OVMF JOB...: in the lab, runs the jobs of
# test_storage.py, each a guest with SATA, NVMe or USB disks or CD-ROM drives. ISO is a CD to start from, HYBRID
# a disk, STICK one on USB. A job NAME leaves NAME.log (the guest's console), NAME.err (what tenon says),
# NAME.status, and what it says of its files in NAME.sums.
tenon=$1 kernel=$2 initrd=$3 tools=$4 iso=$5 hybrid=$6 stick=$7 ovmf=$8
shift 8
quick="quiet cryptomgr.notests panic=-1"
plain=$initrd
image=/run/disk.img other=/run/other.img
floor=/sys/module/kvm/parameters/min_timer_period_us

# guest JOB MODULES STEPS END WORDS [OPTION...]: a guest from its start to its end, WORDS are for its
# kernel.
guest() {
	job=$1 modules=$2 steps=$3 end=$4 words=$5
	shift 5
	timeout ${limit:-400} "$tenon" run --kernel "$kernel" --initrd "$initrd" --memory 256M "$@" \
		--append "console=ttyS0 $quick $words tenon.modules=$modules tenon.steps=$steps tenon.end=$end" \
		</dev/null >"$OUT/$job.log" 2>"$OUT/$job.err"
	echo $? >"$OUT/$job.status"
}

# sum FILE SKIP COUNT: in MiB.
sum() { dd if="$1" bs=1M skip="$2" count="$3" 2>/dev/null | sha256sum | cut -d' ' -f1; }

# Two disks and a CD on two processors, by MSI.
sata() {
	dd if=/dev/urandom of=$image bs=1M count=48 2>/dev/null
	truncate -s 16M $other
	{
		echo "before=$(sum $image 0 16)"
		echo "cd=$(sum "$iso" 0 8)"
	} >"$OUT/sata.sums"
	guest sata ahci,sd_mod,sr_mod "pci,disk+name=ata1+read=16,disk+name=ata1+write=8+at=16+seed=3,disk+name=ata1+discard=4+at=28,disk+name=ata2+write=4+seed=4,disk+name=ata3+refuse=1+read=8,log" \
		poweroff "" --cpus 2 --disk $image,bus=sata,serial=TENON-1 --disk $other,bus=sata --cdrom "$iso"
	{
		echo "written=$(sum $image 16 8)"
		echo "second=$(sum $other 0 4)"
	} >>"$OUT/sata.sums"
}

# The same disk in each start of the guest, by INTx; requests beside each other.
sata_intx() {
	dd if=/dev/urandom of=$image bs=1M count=48 2>/dev/null
	guest sata_intx ahci,sd_mod "disk+name=ata1+write=2+at=40+seed=5,disk+name=ata1+random=200+depth=8" reboot+times=2 "pci=nomsi" \
		--disk $image,bus=sata
}

# One disk, two queues on two processors, by MSI-X.
nvme() {
	dd if=/dev/urandom of=$image bs=1M count=48 2>/dev/null
	echo "before=$(sum $image 0 16)" >"$OUT/nvme.sums"
	guest nvme nvme "pci,disk+name=nvme0n1+read=16,disk+name=nvme0n1+write=8+at=16+seed=3,disk+name=nvme0n1+zero=4+discard=4+at=28,log" \
		poweroff "" --cpus 2 --disk $image,bus=nvme,queues=2
	echo "written=$(sum $image 16 8)" >>"$OUT/nvme.sums"
}

# The same disk in each start of the guest, by INTx, with requests beside each other; then one that
# is only read.
nvme_intx() {
	dd if=/dev/urandom of=$image bs=1M count=48 2>/dev/null
	guest nvme_intx nvme "disk+name=nvme0n1+write=2+at=40+seed=5,disk+name=nvme0n1+random=200+depth=8" reboot+times=2 "pci=nomsi" \
		--disk $image,bus=nvme
	guest nvme_read nvme "disk+name=nvme0n1+read=8+refuse=1" poweroff "" --disk $image,bus=nvme,readonly=on
	echo "before=$(sum $image 0 8)" >"$OUT/nvme_read.sums"
}

# nvme-cli and fio, as the distribution has them, use a disk. nvme-cli shows registers by mapping them from
# sysfs, which the kernel otherwise refuses while a driver has them.
nvme_tools() {
	dd if=/dev/urandom of=$image bs=1M count=48 2>/dev/null
	initrd=$tools limit=900
	guest nvme_tools nvme "script+name=nvme+timeout=400,script+name=fio+timeout=400,log" poweroff iomem=relaxed --cpus 2 \
		--memory 768M --disk $image,bus=nvme,serial=TENON-8
	initrd=$plain limit=
}

# A USB disk: as nvme, and with requests that have to wait for each other; then an image that is not raw, which is
# only read.
usb() {
	dd if=/dev/urandom of=$image bs=1M count=48 2>/dev/null
	qemu-img convert -O qcow2 $image /run/usb.qcow2
	echo "before=$(sum $image 0 16)" >"$OUT/usb.sums"
	guest usb xhci_pci,usb_storage,sd_mod "pci,disk+name=2-1+read=16,disk+name=2-1+random=100+depth=4,disk+name=2-1+write=8+at=16+seed=3,disk+name=2-2+read=16+refuse=1,log" \
		poweroff "" --cpus 2 --disk $image,bus=usb,serial=TENON-U --disk /run/usb.qcow2,bus=usb,readonly=on
	echo "written=$(sum $image 16 8)" >>"$OUT/usb.sums"
	rm -f /run/usb.qcow2
}

# Images that are not raw, one on each bus. What the guest has written is read from them by qemu-img.
images() {
	dd if=/dev/urandom of=$image bs=1M count=48 2>/dev/null
	qemu-img convert -O qcow2 $image /run/sata.qcow2
	qemu-img convert -O vmdk $image /run/nvme.vmdk
	echo "before=$(sum $image 0 16)" >"$OUT/images.sums"
	guest images ahci,sd_mod,nvme "disk+name=ata1+read=16,disk+name=ata1+write=8+at=16+seed=3,disk+name=ata1+discard=4+at=28,disk+name=nvme0n1+read=16,disk+name=nvme0n1+random=200+depth=8,disk+name=nvme0n1+write=8+at=16+seed=4,disk+name=nvme0n1+zero=4+at=28,log" \
		poweroff "" --cpus 2 --disk /run/sata.qcow2,bus=sata --disk /run/nvme.vmdk,bus=nvme,serial=TENON-7
	qemu-img convert -O raw /run/sata.qcow2 $image
	qemu-img convert -O raw /run/nvme.vmdk $other
	{
		echo "sata=$(sum $image 16 8)"
		echo "nvme=$(sum $other 16 8)"
	} >>"$OUT/images.sums"
	rm -f /run/sata.qcow2 /run/nvme.vmdk $other
}

# Without ACPI the board's interrupts are known by the multiprocessor tables. The machine cannot be
# turned off then: the guest resets it.
acpi_off() {
	dd if=/dev/urandom of=$image bs=1M count=16 2>/dev/null
	echo "before=$(sum $image 0 8)" >"$OUT/acpi_off.sums"
	cp $image /run/second.img
	guest acpi_off ahci,sd_mod,nvme "disk+name=ata1+read=8,disk+name=nvme0n1+read=8,smp+cpus=2" reboot \
		"acpi=off pci=nomsi" --cpus 2 --no-reboot --disk $image,bus=sata \
		--disk /run/second.img,bus=nvme
}

# The host has not room for all that the guest writes.
errors() {
	for bus in sata nvme; do
		mkdir /run/$bus
		mount -t tmpfs -o size=12M none /run/$bus
		truncate -s 48M /run/$bus/disk.img
	done
	guest errors ahci,sd_mod,nvme "disk+name=ata1+full=32+timeout=240,disk+name=nvme0n1+full=32+timeout=240,disk+name=ata1+read=2,disk+name=nvme0n1+read=2" \
		poweroff "" --disk /run/sata/disk.img,bus=sata --disk /run/nvme/disk.img,bus=nvme
	{
		echo "sata=$(sum /run/sata/disk.img 0 2)"
		echo "nvme=$(sum /run/nvme/disk.img 0 2)"
	} >"$OUT/errors.sums"
}

# start JOB FIRMWARE OPTION...: what firmware starts, from its start to its end.
start() {
	job=$1 firmware=$2
	shift 2
	usual=$(cat $floor)
	# OVMF writes CR8 in its handlers: lab/README.md.
	[ "$firmware" = bios ] || echo 1000000 >$floor
	timeout 400 "$tenon" run --firmware "$firmware" --memory 512M -v "$@" \
		</dev/null >"$OUT/$job.log" 2>"$OUT/$job.err"
	echo $? >"$OUT/$job.status"
	echo "$usual" >$floor
	sum "$iso" 0 4 >"$OUT/iso.sum"
	sum "$hybrid" 0 4 >"$OUT/hybrid.sum"
	sum "$stick" 0 4 >"$OUT/stick.sum"
}


# The CD comes before a disk that would start.
cd_bios() { start cd_bios bios --disk "$hybrid",readonly=on --cdrom "$iso" --boot cdrom,menu=1; }
cd_uefi() {
	start cd_uefi uefi --firmware-code $ovmf --disk "$hybrid",bus=nvme,readonly=on --cdrom "$iso" \
		--boot cdrom,menu=1
}
# The network, where nothing starts, comes before the disk, and this before the CD.
nvme_bios() {
	start nvme_bios bios --disk "$hybrid",bus=nvme,readonly=on --cdrom "$iso" \
		--net user,by=slirp --boot net
}
nvme_uefi() { start nvme_uefi uefi --firmware-code $ovmf --disk "$hybrid",bus=nvme,readonly=on; }

usb_bios() { start usb_bios bios --disk "$stick",bus=usb,readonly=on; }
usb_uefi() { start usb_uefi uefi --firmware-code $ovmf --disk "$stick",bus=usb,readonly=on; }

# The first disk is empty: the CD is next.
empty_disk() {
	truncate -s 16M $other
	start empty_disk bios --disk $other,bus=sata --cdrom "$iso"
}

# until_seen JOB FIRMWARE TEXT OPTION...: what firmware starts, until the console has shown TEXT.
until_seen() {
	job=$1 firmware=$2 text=$3
	shift 3
	usual=$(cat $floor)
	[ "$firmware" = bios ] || echo 1000000 >$floor
	"$tenon" run --firmware "$firmware" --memory 512M "$@" \
		</dev/null >"$OUT/$job.log" 2>"$OUT/$job.err" &
	pid=$!
	lab-wait -p $pid -t 200 "$job.log" "$text" >"$OUT/$job.wait" 2>&1
	kill -TERM $pid
	wait $pid
	echo $? >"$OUT/$job.status"
	echo "$usual" >$floor
}

# iPXE from its CD, by both firmwares; it finds no network.
ipxe() {
	until_seen ipxe_bios bios "iPXE.*--" --cdrom /usr/lib/ipxe/ipxe.iso
	until_seen ipxe_uefi uefi "iPXE initialising" --firmware-code $ovmf --cdrom /usr/lib/ipxe/ipxe.iso
}

# Four CDs from which nothing starts: cut off, empty, of an odd size, with a catalogue that leads nowhere.
bad_isos() {
	# Each ends before the catalogue.
	head -c 36864 "$iso" >/run/cut.iso
	truncate -s 1M /run/zero.iso
	head -c 40001 "$iso" >/run/odd.iso
	cp "$iso" /run/lost.iso
	printf '\377\377\377\177' | dd of=/run/lost.iso bs=1 seek=$((17 * 2048 + 71)) conv=notrunc 2>/dev/null
	until_seen bad_isos bios "No bootable device" --cdrom /run/cut.iso --cdrom /run/zero.iso \
		--cdrom /run/odd.iso --cdrom /run/lost.iso
	rm -f /run/cut.iso /run/zero.iso /run/odd.iso /run/lost.iso
}

for wanted; do
	case $wanted in
	sata | sata_intx | acpi_off | nvme | nvme_intx | nvme_tools | images | ipxe | bad_isos | errors | cd_bios | cd_uefi | nvme_bios | nvme_uefi | usb | usb_bios | usb_uefi | empty_disk) $wanted ;;
	*) echo "storage.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
