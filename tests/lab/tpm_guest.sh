# SPDX-License-Identifier: GPL-2.0-or-later
# What the guests of tpm.sh do, behind tests/guest/tpm_tools.py's part of their init. Each start prints lines
# "TPM KEY VALUE..." and ends with "TPM end HOW". How often the guest has started since its machine did
# is kept in the memory for physical presence, which the machine does not clear at a reset.
count=0xFED45300 clear=0xFED4515A
presence=/sys/class/tpm/tpm0/ppi log=/sys/kernel/security/tpm0/binary_bios_measurements
# Of RAM that the kernel leaves alone (memmap=).
word=0x8000000

say() { echo "TPM $*"; }

# value COMMAND...: its output in one line, or that it failed.
value() {
	if out=$("$@" 2>/tmp/why); then
		echo $out
	else
		echo "failed: $(grep -v WARN /tmp/why | tr '\n' ' ')"
	fi
}

end() {
	say end "$1"
	devmem $count 8 $((start + 1))
	$1 -f
	sleep 100
}

pcrs() {
	say pcrs $(value tpm2 pcrread sha256:0,4,7)
	say events $(tpm2 eventlog $log 2>/dev/null >/tmp/log; grep -c EventNum /tmp/log)
	say computed $(sed -n '/^pcrs:/,$p' /tmp/log | sed -n '/sha256:/,/sha384:/p' | grep -E ' (0|4|7) *:')
}

# A secret that opens only while firmware and kernel are what they are now.
seal() {
	tpm2 createprimary -Q -C o -G ecc -c /tmp/primary
	tpm2 createpolicy -Q --policy-pcr -l sha256:0,4 -L /tmp/policy
	echo -n 42-is-kept | tpm2 create -Q -C /tmp/primary -L /tmp/policy -i - -u /tmp/public -r /tmp/private
	tpm2 load -Q -C /tmp/primary -u /tmp/public -r /tmp/private -c /tmp/sealed
	say sealed $(value tpm2 evictcontrol -C o -c /tmp/sealed 0x81000001)
}

unseal() { say secret $(value tpm2 unseal -c 0x81000001 -p pcr:sha256:0,4); }

# With OVMF: three starts of one machine, the last of which loses its TPM.
ovmf() {
	pcrs
	[ "$start" = 0 ] && seal
	unseal
	[ "$start" -lt 2 ] && end reboot
	say ready to lose the TPM
	for n in $(seq 60); do
		tpm2 getrandom -Q 8 2>/tmp/why || break
		sleep 0.5
	done
	say lost $n $(value tpm2 getrandom 8)
	end poweroff
}

# With OVMF and another kernel; then two requests to clear the TPM: a person rejects the first at the next
# start, and confirms the second at the one after.
changed() {
	pcrs
	say persistent $(value tpm2 getcap handles-persistent)
	if [ "$start" = 0 ]; then
		unseal
		say version $(value cat $presence/version)
		say operation $(grep '^5 ' $presence/tcg_operations)
	else
		say response $(value cat $presence/response)
	fi
	[ "$start" = 2 ] && end poweroff
	echo 5 >$presence/request
	say request $(value cat $presence/request)
	end reboot
}

# With SeaBIOS, and killed at the end.
bios() {
	pcrs
	tpm2 nvdefine -Q -C o -s 8 0x1500002
	say ready to be killed
	sleep 1000
}

# Without firmware: memory is kept over a reset, and cleared if the guest has asked for that.
direct() {
	say pcrs $(value tpm2 pcrread sha256:0)
	say word $(devmem $word 32)
	case $start in
	0)
		say index $(value tpm2 getcap handles-nv-index)
		devmem $word 32 0x600DCAFE
		end reboot
		;;
	1)
		devmem $clear 8 1
		end reboot
		;;
	esac
	say clear $(devmem $clear 8)
	end poweroff
}

start=$(($(devmem $count 8)))
# SeaBIOS clears its terminal when the kernel asks it for the screen's mode, which begins no new line.
echo
say start $start $mode
say device $(echo /dev/tpm[0-9] /dev/tpmrm[0-9]) $(cat /sys/class/tpm/tpm0/tpm_version_major)
case $mode in
ovmf) ovmf ;;
changed) changed ;;
bios) bios ;;
direct) direct ;;
esac
end poweroff
