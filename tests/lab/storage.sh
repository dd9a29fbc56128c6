# SPDX-License-Identifier: GPL-2.0-or-later
# storage.sh TENON KERNEL INITRD ISO JOB...: in the lab, runs the jobs of test_storage.py, each a guest
# with SATA disks and CD-ROM drives. A job NAME leaves NAME.log (the guest's console), NAME.err (what
# tenon says), NAME.status, and what it says of its files in NAME.sums.
tenon=$1 kernel=$2 initrd=$3 iso=$4
shift 4
quick="quiet cryptomgr.notests panic=-1"
modules=ahci,sd_mod,sr_mod
image=/run/disk.img other=/run/other.img

# guest JOB STEPS END WORDS [OPTION...]: a guest from its start to its end, WORDS are for its kernel.
guest() {
	job=$1 steps=$2 end=$3 words=$4
	shift 4
	timeout 300 "$tenon" run --kernel "$kernel" --initrd "$initrd" --memory 256M "$@" \
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
	guest sata "pci,disk+name=ata1+read=16,disk+name=ata1+write=8+at=16+seed=3,disk+name=ata1+discard=4+at=28,disk+name=ata2+write=4+seed=4,disk+name=ata3+refuse=1+read=8,log" \
		poweroff "" --cpus 2 --disk $image,bus=sata,serial=TENON-1 --disk $other,bus=sata --cdrom "$iso"
	{
		echo "written=$(sum $image 16 8)"
		echo "second=$(sum $other 0 4)"
	} >>"$OUT/sata.sums"
}

# The same disk in each start of the guest, by INTx; requests beside each other.
sata_intx() {
	dd if=/dev/urandom of=$image bs=1M count=48 2>/dev/null
	guest sata_intx "disk+name=ata1+write=2+at=40+seed=5,disk+name=ata1+random=200+depth=8" reboot+times=2 "pci=nomsi" \
		--disk $image,bus=sata
}

# GRUB and the kernel come from the CD.
cd_bios() {
	timeout 150 "$tenon" run --firmware bios --memory 512M -v --cdrom "$iso" \
		</dev/null >"$OUT/cd_bios.log" 2>"$OUT/cd_bios.err"
	echo $? >"$OUT/cd_bios.status"
	sum "$iso" 0 4 >"$OUT/iso.sum"
}

cd_uefi() {
	# OVMF writes CR8 in its handlers: lab/README.md.
	echo 1000000 >/sys/module/kvm/parameters/min_timer_period_us
	timeout 300 "$tenon" run --firmware uefi --firmware-code /usr/share/OVMF/OVMF_CODE.fd \
		--memory 512M -v --cdrom "$iso" </dev/null >"$OUT/cd_uefi.log" 2>"$OUT/cd_uefi.err"
	echo $? >"$OUT/cd_uefi.status"
	sum "$iso" 0 4 >"$OUT/iso.sum"
}

for wanted; do
	case $wanted in
	sata | sata_intx | cd_bios | cd_uefi) $wanted ;;
	*) echo "storage.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
