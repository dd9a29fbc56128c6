# SPDX-License-Identifier: GPL-2.0-or-later
# hide.sh TENON KERNEL INITRD: in the lab, starts a guest for each way to show a hypervisor or none,
# from a machine file, and one that stays. Each leaves NAME.log (its console), NAME.err (what tenon says) and
# NAME.status in $OUT.
tenon=$1 kernel=$2 initrd=$3
leaves="leaf=0+leaf=1+leaf=0x40000000+leaf=0x40000001+leaf=0x40000003+leaf=0x40000100+leaf=0x80000008"
topology="cpuid+leaf=0xb,cpuid+leaf=0xb+subleaf=1,cpuid+leaf=4+subleaf=3"
# KVM's clock, Hyper-V's index, registers that no KVM has, of which no processor has the last two, and
# some that each has.
msrs="index=0x4b564d01+index=0x40000002+index=0x611+index=0x1fff+index=0x2000+index=0xc0020000"
msrs="$msrs+index=0x10+index=0x8b"

# A kernel that sees no hypervisor tests its timer, which the lab's KVM holds to 20 ticks a second.
quick="quiet cryptomgr.notests panic=-1 no_timer_check"

cat >"$OUT/vm.conf" <<END
kernel: $kernel
initrd: $initrd
memory: 256M
cpus: 4,threads=2
uuid: 01234567-89ab-cdef-0123-456789abcdef
smbios: serial=S-1
no-reboot: on
append: console=ttyS0 $quick tenon.modules=msr tenon.steps=machine,cpuid+$leaves,$topology,msr+$msrs,smp+cpus=4,log
END

# guest NAME OPTION...
guest() {
	name=$1
	shift
	"$tenon" run "$OUT/vm.conf" "$@" </dev/null >"$OUT/$name.log" 2>"$OUT/$name.err"
	echo $? >"$OUT/$name.status"
}

guest plain
guest hidden --hide-hypervisor on
guest hyperv --hyperv on
guest both --hide-hypervisor on --hyperv on --smbios manufacturer=Maker,product=Product

# One that stays: what it costs.
truncate -s 1M /run/stays.img
"$tenon" run "$OUT/vm.conf" --cpus 1 --append "console=ttyS0 $quick tenon.end=hang" --name stays \
	--disk /run/stays.img \
	</dev/null >"$OUT/stays.log" 2>"$OUT/stays.err" &
pid=$!
lab-wait -p $pid stays.log "GUEST end hang"
"$tenon" stats $pid --json --count 2 >"$OUT/stats.json" 2>"$OUT/stats.err"
"$tenon" stats >"$OUT/stats.txt" 2>>"$OUT/stats.err"
"$tenon" top --json --count 2 --interval 1 >"$OUT/top.json" 2>>"$OUT/stats.err"
"$tenon" top --count 1 --interval 1 >"$OUT/top.txt" 2>>"$OUT/stats.err"
kill -TERM $pid
wait $pid
echo $? >"$OUT/stays.status"
