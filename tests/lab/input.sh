# SPDX-License-Identifier: GPL-2.0-or-later
# input.sh TENON KERNEL INITRD DESK JOB...: in the lab, runs the jobs of test_input.py, each with guests that
# share the keyboard and mouse that DESK (desk.py) makes. A guest NAME leaves NAME.log, NAME.err and
# NAME.status; what the host heard is in NAME.desk of the job.
tenon=$1 kernel=$2 initrd=$3 desk=$4
shift 4
quick="quiet cryptomgr.notests panic=-1 edd=off"
modprobe -a uinput evdev

# sit JOB: at a new desk.
sit() {
	log=$1.desk waits=0
	rm -f /run/desk
	mkfifo /run/desk
	python3 "$desk" /run/desk "$OUT/$log" &
	sitting=$!
	exec 4>/run/desk
	lab-wait -p $sitting -t 30 "$log" "^mouse"
}

leave() {
	exec 4>&-
	kill $sitting
	wait $sitting || :
}

# desk COMMAND...: and until what follows from it is done.
desk() {
	for line; do echo "$line" >&4; done
	echo "wait 0.5" >&4
	waits=$((waits + 1))
	lab-wait -p $sitting -t 60 -n $waits "$log" "^waited"
}

change() { desk "change 1"; }

# guest NAME [OPTION...]: starts it and waits until it listens; $pid is tenon.
guest() {
	name=$1
	shift
	"$tenon" run --kernel "$kernel" --initrd "$initrd" --memory 256M "$@" \
		--append "console=ttyS0 $quick tenon.modules=psmouse,evdev tenon.steps=keys+wait=300 tenon.end=poweroff" \
		</dev/null >"$OUT/$name.log" 2>"$OUT/$name.err" &
	pid=$!
	lab-wait -p $pid -t 200 "$name.log" "KEYS ready"
}

finish() {
	wait "$2"
	echo $? >"$OUT/$1.status"
}

# The guest has the devices first; then the host; and a keyboard that was unplugged is the guest's again.
share() {
	sit share
	guest share --input auto --verbose
	desk "type 30" "move 30 -20 -1" "type 58"
	change
	desk "type 48" "move 5 5 0"
	change
	desk unplug "rest 1" plug "rest 3" "type 46" "type 28"
	finish share $pid
	desk "type 32"
	leave
}

# Two guests take turns with the host, at one keyboard, many times.
together() {
	sit together
	guest first --input auto
	first=$pid
	guest second --input auto
	second=$pid
	desk "type 30"
	change
	desk "type 48"
	change
	desk "type 46"
	desk "change 199"
	desk "type 28"
	finish first $first
	desk "type 32"
	change
	desk "type 28"
	finish second $second
	leave
}

# Killed while the guest has the devices; and the reader killed alone, after a look at what it may do.
killed() {
	sit killed
	guest killed --input auto
	desk "type 30"
	kill -KILL $pid
	finish killed $pid
	desk "rest 1" "type 48"
	guest orphan --input "$(sed -n 's/^keyboard //p' "$OUT/$log")"
	desk "type 34"
	reader=$(pgrep -P "$(pgrep -P $pid tenon-keeper)" -f read-input)
	# There are none of users in a chroot, which the lab's host may be.
	for kind in mnt pid ipc $(unshare --user true && echo user); do
		echo "$kind $(readlink /proc/self/ns/$kind) $(readlink "/proc/$reader/ns/$kind")"
	done >"$OUT/orphan.namespaces"
	grep -E "^(Uid|CapEff|NoNewPrivs|Seccomp):" "/proc/$reader/status" >>"$OUT/orphan.namespaces"
	kill -KILL "$reader"
	lab-wait -t 30 orphan.err "goes on without"
	desk "type 46"
	kill -TERM $pid
	finish orphan $pid
	leave
}

for wanted; do
	case $wanted in
	share | together | killed) $wanted ;;
	*) echo "input.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
