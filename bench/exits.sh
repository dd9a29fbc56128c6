# SPDX-License-Identifier: GPL-2.0-or-later
# exits.sh [--until TEXT] COMMAND...: in the lab, runs a monitor and prints how often and why its
# guest stopped, until the guest says TEXT (GUEST up): by reason, by port, by address outside RAM, and
# how many of these reached the monitor. KVM's own trace points count; nothing else may run a guest
# meanwhile.
set -e
text="GUEST up"
[ "$1" != --until ] || { text=$2; shift 2; }
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null || :
cd /sys/kernel/tracing/events/kvm
echo 'hist:keys=exit_reason:sort=hitcount.descending' >kvm_exit/trigger
echo 'hist:keys=port.hex,rw:sort=hitcount.descending' >kvm_pio/trigger
echo 'hist:keys=gpa.hex,type:sort=hitcount.descending' >kvm_mmio/trigger
echo 'hist:keys=reason:sort=hitcount.descending' >kvm_userspace_exit/trigger
echo 'hist:keys=ecx.hex,write:sort=hitcount.descending' >kvm_msr/trigger
mkfifo /run/exits.in
"$@" </run/exits.in >"$OUT/exits.log" 2>&1 &
pid=$!
exec 3>/run/exits.in
lab-wait -p $pid -t 300 exits.log "$text" || { cat "$OUT/exits.log"; exit 1; }
for event in kvm_exit kvm_pio kvm_mmio kvm_userspace_exit kvm_msr; do
	echo "== $event"
	grep -v '^#' $event/hist | sed '/^$/d' | head -40
done
kill -9 $pid
