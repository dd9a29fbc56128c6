# SPDX-License-Identifier: GPL-2.0-or-later
# install.sh TENON CD: in the lab, Debian's installer puts a system on an NVMe disk, with an assigned card
# as the only display, Secure Boot and a TPM; then the system starts from that disk. Each start leaves
# NAME.log (the serial console), NAME.err (what tenon says), NAME.status and NAME.seconds, and what the
# card showed: NAME.txt and NAME.png.
tenon=$1 cd=$2
# OVMF writes CR8 in its handlers: lab/README.md.
floor=/sys/module/kvm/parameters/min_timer_period_us
export XDG_STATE_HOME=/run/state
mkdir -p $XDG_STATE_HOME
mkfifo /run/keyboard
disk=$OUT/system.img
truncate -s 3G "$disk"
"$tenon" bind --force "$(lab-card virtio)" >"$OUT/host.log" 2>&1

# start NAME OPTION...: $pid is tenon.
start() {
	name=$1
	shift
	begun=$(cut -d. -f1 /proc/uptime)
	echo 1000000 >$floor
	"$tenon" run -v --name installed --memory 1G --secure-boot on --tpm on --device "$(lab-card virtio)" \
		--disk "$disk",bus=nvme "$@" </run/keyboard >"$OUT/$name.log" 2>"$OUT/$name.err" &
	pid=$!
	exec 3>/run/keyboard
}

seen() {
	lab-text virtio >"$OUT/$name.txt" 2>&1
	lab-screenshot virtio "$name" >/dev/null 2>&1
}

finish() {
	wait $pid
	echo $? >"$OUT/$name.status"
	exec 3>&-
	echo $(($(cut -d. -f1 /proc/uptime) - begun)) >"$OUT/$name.seconds"
}

# The disk is empty, so that firmware starts from the CD.
start install --cdrom "$cd" --no-reboot
lab-wait -p $pid -t 900 install.log "INSTALL begin"
# Linux does better with shorter ticks.
echo 50000 >$floor
lab-wait -p $pid -t 1200 install.log "INSTALL (partitions|FAIL)"
seen
lab-wait -p $pid -t 10800 install.log "INSTALL (end|FAIL)"
! grep -q "INSTALL FAIL" "$OUT/install.log" || kill -TERM $pid
finish

start installed
lab-wait -p $pid -t 600 -c virtio "Debian GNU"
echo 50000 >$floor
lab-wait -p $pid -t 1800 installed.log "INSTALLED end"
seen
echo poweroff >&3
lab-wait -p $pid -t 600 installed.log "Power down" || kill -TERM $pid
finish
rm -f "$disk"
