# SPDX-License-Identifier: GPL-2.0-or-later
# net.sh TENON KERNEL INITRD JOB...: in the lab, runs the jobs of test_net.py, each a guest. A job
# NAME leaves NAME.log (the guest's console), NAME.err (what tenon says) and NAME.status in $OUT.
tenon=$1 kernel=$2 initrd=$3
shift 3
here=$(dirname "$0")
modules=virtio_pci,virtio_net,virtio_blk,virtio_rng,virtiofs
as_root=
quick="quiet cryptomgr.notests panic=-1"

host() {
	modprobe -a veth tun vhost_net bridge
	# A way out, to a gateway that answers echoes and nothing else.
	ip netns add gateway
	ip link add uplink type veth peer name uplink netns gateway
	ip -n gateway address add 192.0.2.1/24 dev uplink
	ip -n gateway link set uplink up
	ip address add 192.0.2.2/24 dev uplink
	ip link set uplink up
	ip route add default via 192.0.2.1
	echo nameserver 127.0.0.1 >/etc/resolv.conf
	echo 0 2147483647 >/proc/sys/net/ipv4/ping_group_range
	python3 "$here/net_peer.py" "$OUT" >"$OUT/peer.log" 2>&1 &
	until [ -e "$OUT/peer.ready" ]; do sleep 0.1; done
}

# guest JOB STEPS [OPTION...]: until it ends.
guest() {
	job=$1 steps=$2
	shift 2
	$as_root "$tenon" run --kernel "$kernel" --initrd "$initrd" --memory 256M "$@" \
		--append "console=ttyS0 $quick tenon.modules=$modules tenon.steps=$steps" \
		</dev/null >"$OUT/$job.log" 2>"$OUT/$job.err"
	echo $? >"$OUT/$job.status"
}

transfers=get=7001+put=7002

# passt makes a user namespace. The host's name server is on its loopback.
passt() {
	knock passt 7022
	as_root=lab-root guest passt "net+ping=3+dns=host.test+$transfers+listen=22,log" \
		--net user,by=passt,host=on,forward=127.0.0.1:7022:22
}
# knock JOB PORT: what the guest answers at a port of the host that goes to it.
knock() {
	python3 - "$2" >"$OUT/$1.knock" 2>&1 <<'END' &
import socket
import sys
import time

for _ in range(1200):
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as s:
            s.sendall(b"knock\n")
            if s.recv(64) == b"knock\n":
                print("answered")
                break
    except OSError:
        pass
    time.sleep(0.1)
END
}

slirp() {
	knock slirp 7122
	guest slirp "net+ping=3+dns=host.test+$transfers+listen=22,log" \
		--net user,by=slirp,host=on,forward=127.0.0.1:7122:22
}

# A tap that is there before, with the kernel's help and without it.
tap() {
	ip tuntap add tap7 mode tap
	ip address add 10.7.0.1/24 dev tap7
	for how in on off; do
		guest "tap-$how" "net+ip=10.7.0.2+to=10.7.0.1+ping=3+$transfers,log" \
			--net "tap=tap7,vhost=$how,mac=02:00:00:00:07:02"
	done
	ip -br link show tap7 >"$OUT/tap.after"
	ip tuntap del tap7 mode tap
}

# A tap of tenon's in a bridge; both as before in the end.
bridge() {
	ip link add br7 type bridge
	ip address add 10.8.0.1/24 dev br7
	ip link set br7 address 02:00:00:00:08:01 mtu 1400 up
	guest bridge "net+ip=10.8.0.2+to=10.8.0.1+ping=3+$transfers,log" --net bridge=br7
	{ ip -br link show master br7; ip -br link show type tun; } >"$OUT/bridge.after"
	ip link del br7
}

# sum FILE MIB: of the beginning of what a guest sees in a qcow2 image.
sum() {
	qemu-img convert -f qcow2 -O raw "$1" /run/plain.img
	dd if=/run/plain.img bs=1M count="$2" 2>/dev/null | sha256sum | cut -d' ' -f1
}

# A qcow2 image with another behind it, found by its name; random numbers beside it.
qcow2() {
	dd if=/dev/urandom of=/run/base.img bs=1M count=8 2>/dev/null
	qemu-img create -q -f qcow2 -b /run/base.img -F raw /run/disk.qcow2 64M
	sha256sum </run/base.img | cut -d' ' -f1 >"$OUT/qcow2.before"
	guest qcow2 "disk+read=8,disk+write=16+seed=6,random,log" --disk /run/disk.qcow2,queues=2,backing=on \
		--rng --cpus 2
	qemu-img check /run/disk.qcow2 >"$OUT/qcow2.check" 2>&1
	echo $? >>"$OUT/qcow2.check"
	sum /run/disk.qcow2 16 >"$OUT/qcow2.after"
	guest qcow2-read-only "disk+read=16+refuse=1,log" --disk /run/disk.qcow2,readonly=on,backing=on
}

share() {
	mkdir -p "/run/share/a directory"
	dd if=/dev/urandom of=/run/share/given bs=1M count=3 2>/dev/null
	sha256sum </run/share/given | cut -d' ' -f1 >"$OUT/share.given"
	guest share "share+read=given+write=made+mib=3,log" --share /run/share,tag=share
	sha256sum </run/share/made | cut -d' ' -f1 >"$OUT/share.made"
	guest share-read-only "share+read=given+refuse=more,log" \
		--share /run/share,tag=share,readonly=on
	ls /run/share >"$OUT/share.files"
}

helpers() {
	for p in /proc/[0-9]*/comm; do
		case $(cat "$p" 2>/dev/null) in
		qemu-storage-da* | virtiofsd | passt* | tenon*) echo "$p $(cat "$p")" ;;
		esac
	done
}

# tenon is killed while the guest writes: its programs end by themselves, and the image is whole.
killed() {
	qemu-img create -q -f qcow2 /run/killed.qcow2 64M
	mkdir -p /run/share
	job=killed
	lab-root "$tenon" run --kernel "$kernel" --initrd "$initrd" --memory 256M \
		--disk /run/killed.qcow2 --share /run/share,tag=share --net user,by=passt \
		--net user,by=slirp --append \
		"console=ttyS0 $quick tenon.modules=$modules tenon.steps=disk+log=20000" \
		</dev/null >"$OUT/killed.log" 2>"$OUT/killed.err" &
	pid=$!
	lab-wait -p $pid -t 300 -n 100 killed.log "^DURABLE"
	helpers >"$OUT/killed.before"
	kill -9 $pid
	wait $pid
	echo $? >"$OUT/killed.status"
	n=0
	while [ -n "$(helpers)" ] && [ $((n += 1)) -lt 50 ]; do sleep 0.1; done
	helpers >"$OUT/killed.after"
	qemu-img check /run/killed.qcow2 >"$OUT/killed.check" 2>&1
	echo $? >>"$OUT/killed.check"
	qemu-img convert -f qcow2 -O raw /run/killed.qcow2 /run/plain.img
	dd if=/run/plain.img of="$OUT/killed.img" bs=1M count=12 2>/dev/null
}

host
for wanted; do
	case $wanted in
	passt | slirp | tap | bridge | qcow2 | share | killed) $wanted ;;
	*) echo "net.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
