# SPDX-License-Identifier: GPL-2.0-or-later
# sandbox.sh TENON INITRD JOB...: in the lab, runs the jobs of test_sandbox.py. A job NAME leaves
# NAME.log (the guest's console), NAME.err (what tenon says) and NAME.status in $OUT.
tenon=$1 initrd=$2
shift 2
modules=virtio_pci,virtio_net,virtio_blk,virtio_rng,virtiofs,uio_pci_generic
modules=$modules,nvme,sd_mod,ahci
words="console=ttyS0 quiet cryptomgr.notests panic=-1 tenon.modules=$modules"

host() {
	for c in edu; do
		d=/sys/bus/pci/devices/$(lab-card $c)
		echo vfio-pci >"$d/driver_override"
		echo "${d##*/}" >/sys/bus/pci/drivers_probe
	done
	edu=$(lab-card edu)
	ip link set lo up
	truncate -s 64M /run/raw.img
}

# start JOB STEPS [OPTION...]
start() {
	job=$1 steps=$2
	shift 2
	"$tenon" run --kernel "$LAB_KERNEL" --initrd "$initrd" --memory 384M "$@" \
		--append "$words tenon.steps=$steps" </dev/null >"$OUT/$job.log" 2>"$OUT/$job.err"
}

guest() {
	start "$@"
	echo $? >"$OUT/$1.status"
}

tasks() {
	for t in /proc/"$1"/task/*; do
		cat "$t/status"
		echo
	done
}

# kept PID [NAME]: the machine's helper programs, each of which has a process between. It starts no
# program, because that takes long here.
kept() {
	for task in /proc/"$1"/task/*; do
		read -r keepers <"$task/children"
		for keeper in $keepers; do
			read -r helpers <"/proc/$keeper/task/$keeper/children"
			for helper in $helpers; do
				read -r name <"/proc/$helper/comm"
				case $name in "$2"*) echo "$helper" ;; esac
			done
		done
	done
}

# A machine with one of everything, looked at while it runs.
threads() {
	qemu-img create -q -f qcow2 /run/disk.qcow2 64M
	[ -d /dev/shm ] || mkdir /dev/shm
	printf 'from the host' >/dev/shm/shared
	start threads "shmem+mib=8+text=pong,edu-dma,edu-intx+count=5,net,disk+log=100000+timeout=0" -v \
		--device "$edu" --disk /run/raw.img --disk /run/disk.qcow2 --net user,by=slirp \
		--shmem size=8M,path=/dev/shm/shared \
		--rng --cpus 2 --display vnc=unix:/run/screen &
	sub=$!
	lab-wait -p $sub -t 300 -n 20 threads.log "^DURABLE"
	pid=$(pgrep -P $sub || echo $sub)
	tasks "$pid" >"$OUT/threads.tasks"
	for child in $(kept "$pid"); do
		cat "/proc/$child/status"
		echo
	done >"$OUT/threads.helpers"
	ls -l "/proc/$pid/fd" >"$OUT/threads.files"
	daemon=$(kept "$pid" qemu-storage)
	display=$(kept "$pid" tenon-display)
	for p in $pid $daemon $display; do readlink "/proc/$p/ns/net"; done >"$OUT/threads.networks"
	end threads
	[ -e /run/screen ] && echo left >>"$OUT/threads.err"
	tail -c 4096 /dev/shm/shared | tr -d '\0' >"$OUT/threads.shared"
	(
		echo 5 >/proc/self/loginuid
		guest again "edu-dma" -v --device "$edu"
	)
}

# left JOB PIDS: waits for those processes, and names those that are there after ten seconds.
left() {
	for n in $(seq 100); do
		# shellcheck disable=SC2046,SC2086
		head -qn 1 $(printf '/proc/%s/status ' $2) >"$OUT/$1.left" 2>/dev/null
		[ -s "$OUT/$1.left" ] || return 0
		sleep 0.1
	done
}

# A machine with each kind of helper that is killed, when somebody has stopped them all.
stopped() {
	[ -e /run/disk.qcow2 ] || qemu-img create -q -f qcow2 /run/disk.qcow2 64M
	mkdir -p /run/share /run/tpm
	# passt wants a network of the host's.
	modprobe veth
	ip link add outer type veth peer name inner
	ip address add 192.0.2.1/24 dev outer
	ip link set outer up
	ip link set inner up
	ip route add default via 192.0.2.2
	job=stopped
	lab-root "$tenon" run -v --kernel "$LAB_KERNEL" --initrd "$initrd" --memory 384M \
		--disk /run/disk.qcow2 --net user,by=slirp --net user,by=passt \
		--share /run/share,tag=share --tpm state=/run/tpm/state --display vnc=unix:/run/screen \
		--append "$words tenon.steps=disk+log=100000+timeout=0" \
		</dev/null >"$OUT/$job.log" 2>"$OUT/$job.err" &
	pid=$!
	lab-wait -p $pid -t 300 -n 5 $job.log "^DURABLE"
	all=$(cat /proc/$pid/task/*/children)
	for helper in $(kept $pid); do
		below=$(cat "/proc/$helper/task/$helper/children")
		# shellcheck disable=SC2086
		kill -STOP "$helper" $below
		cat "/proc/$helper/comm"
		all="$all $helper $below"
	done >"$OUT/$job.helpers"
	kill -KILL $pid
	left $job "$all"
}

# end JOB: sends SIGTERM to the machine $pid and says how many seconds its end takes.
end() {
	from=$(date +%s.%N)
	kill "$pid"
	wait $sub
	echo $? >"$OUT/$1.status"
	echo "$(date +%s.%N) - $from" | python3 -c 'print(eval(input()))' >"$OUT/$1.seconds"
}

# flood JOB KINDS: the same machine and more disks, and a guest that floods all of it, a helper that
# does not answer any more, and a viewer that types without end.
flood() {
	truncate -s 64M /run/sata.img /run/nvme.img
	start "$1" "$(echo "$2" | sed 's/ /+kind=/g; s/^/flood+timeout=0+kind=/')" \
		--device "$edu,p2p=on" --disk /run/raw.img --disk /run/disk.qcow2 --net user,by=slirp \
		--disk /run/sata.img,bus=sata --disk /run/nvme.img,bus=nvme \
		--rng --cpus 2 --display vnc=unix:/run/screen &
	sub=$!
	lab-wait -p $sub -t 300 -n "$(echo "$2" | wc -w)" "$1.log" "^FLOOD"
	pid=$(pgrep -P $sub || echo $sub)
	python3 "${0%/*}/rfb.py" /run/screen flood 20 >"$OUT/$1.viewer" 2>&1 &
	lab-wait -t 120 "$1.viewer" "^flooding"
	sleep 1
	daemon=$(kept "$pid" qemu-storage)
	kill -STOP "$daemon"
	sleep 1
	end "$1"
	# It has ended with the machine, although it was stopped; so the image is free.
	[ -e "/proc/$daemon" ] && cat "/proc/$daemon/status" >"$OUT/$1.left"
}

floods() {
	[ -e /run/disk.qcow2 ] || qemu-img create -q -f qcow2 /run/disk.qcow2 64M
	flood flood-devices "disk slow net port config serial"
	flood flood-resets "resets slow port"
	flood flood-moves "moves slow port"
}

strict() {
	once=$words
	words="$words tenon.end=reboot+times=1"
	guest strict "edu-dma" -v --sandbox strict --user root --device "$edu"
	words=$once
}

# The system user, with most of what a machine can have.
user() {
	cp /etc/passwd /run/passwd
	echo "tenon:x:990:990::/:/usr/sbin/nologin" >>/etc/passwd
	chmod 600 /run/raw.img
	grep HugePages_Total /proc/meminfo >"$OUT/user.pool"
	once=$words
	words="$words tenon.end=reboot+times=1"
	start user "edu-dma,edu-intx+count=5,disk+read=4,disk+log=50" -v --device "$edu" \
		--hugepages 2M --trace /run/user.trace --disk /run/raw.img &
	sub=$!
	lab-wait -p $sub -t 300 -n 20 user.log "^DURABLE"
	tasks "$(pgrep -P $sub || echo $sub)" >"$OUT/user.tasks"
	wait $sub
	echo $? >"$OUT/user.status"
	words=$once
	grep HugePages_Total /proc/meminfo >>"$OUT/user.pool"
	head -c 100 /run/user.trace >"$OUT/user.trace"
	cat /run/passwd >/etc/passwd
}

# A user who has the card's group, and never was root. All that user has else is what all have.
rootless() {
	cp "$tenon" /run/tenon-of-all
	chmod 755 /run/tenon-of-all
	chmod 666 /dev/kvm
	qemu-img create -q -f qcow2 /run/games.qcow2 64M
	chown games /run/games.qcow2
	chmod 600 /run/games.qcow2
	group=/dev/vfio/$(basename "$(readlink "/sys/bus/pci/devices/$edu/iommu_group")")
	"$tenon" bind --for-user games "$edu" || exit 1
	stat -c %U "$group" >"$OUT/rootless.owners"
	cp "$initrd" /run/initrd
	chmod 644 /run/initrd
	(
		ulimit -l unlimited
		tenon="/usr/bin/setpriv --reuid=games --regid=games --clear-groups --inh-caps=-all
			--bounding-set=-all /run/tenon-of-all"
		initrd=/run/initrd
		cd /
		job=rootless
		cat "$LAB_KERNEL" >/run/vmlinuz
		chmod 644 /run/vmlinuz
		# shellcheck disable=SC2086
		HOME=/run/games $tenon run --kernel /run/vmlinuz --initrd $initrd --memory 384M -v \
			--device "$edu" --disk /run/games.qcow2 --net user,by=slirp --append \
			"$words tenon.steps=edu-dma,edu-intx+count=5,net,disk+write=4+seed=3" \
			</dev/null >"$OUT/$job.log" 2>"$OUT/$job.err"
		echo $? >"$OUT/$job.status"
	)
	"$tenon" release "$edu" || exit 1
	stat -c %U "$group" >>"$OUT/rootless.owners"
}

# Nothing is given up, by the helpers neither.
off() {
	[ -e /run/disk.qcow2 ] || qemu-img create -q -f qcow2 /run/disk.qcow2 64M
	start off "disk+log=100000+timeout=0" -v --sandbox off --disk /run/raw.img --disk /run/disk.qcow2 \
		--net user,by=slirp --display vnc=unix:/run/screen &
	sub=$!
	lab-wait -p $sub -t 300 -n 5 off.log "^DURABLE"
	pid=$(pgrep -P $sub || echo $sub)
	for p in $pid $(kept "$pid"); do
		cat "/proc/$p/status"
		echo
	done >"$OUT/off.tasks"
	end off
}

image() {
	qemu-img create -q -f qcow2 -o data_file=/run/victim.raw,data_file_raw=on /run/evil.qcow2 1M
	dd if=/dev/urandom of=/run/victim.raw bs=1M count=1 conv=notrunc 2>/dev/null
	sha256sum /run/victim.raw >"$OUT/image.sums"
	guest image "disk" --disk /run/evil.qcow2
	sha256sum /run/victim.raw >>"$OUT/image.sums"
}

# What the listener on the loopback saw.
loopback() {
	for how in closed open; do
		host=$([ $how = open ] && echo ,host=on)
		python3 - "$OUT/loopback.$how" <<'END' &
import socket
import sys

listener = socket.create_server(("127.0.0.1", 7009))
open(sys.argv[1] + ".ready", "w").close()
with open(sys.argv[1], "w") as seen:
    while True:
        listener.accept()[0].sendall(b"tenon")
        print("tenon", file=seen, flush=True)
END
		listener=$!
		until [ -e "$OUT/loopback.$how.ready" ]; do sleep 0.1; done
		guest loopback-$how "net+get=7009" --net "user,by=slirp$host"
		kill $listener
	done
}

host
for wanted; do
	case $wanted in
	threads | floods | stopped | strict | user | rootless | off | image | loopback) $wanted ;;
	*) echo "sandbox.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
