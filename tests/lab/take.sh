# SPDX-License-Identifier: GPL-2.0-or-later
# take.sh TENON TESTS CASE...: in the lab, on a host whose only display is the card that the guests
# get, with systemd and a display manager that is a stand-in. TESTS: the build's directory of test
# programs. A case NAME leaves NAME.log and NAME.status in $OUT, and what its test looks at.
tenon=$1 tests=$2
shift 2
units=/run/units rom=/usr/share/seabios/vgabios-virtio.bin

fail() {
	echo "$@"
	exit 1
}

# The desktop: a program that draws on the console and has the card open, as a display server does;
# and a user's session, which ends with it, as a real display manager has it.
make_units() {
	mkdir -p $units /run/systemd/sessions /etc/systemd/system
	ln -sf $units/lab-desktop.service /etc/systemd/system/display-manager.service
	printf 'ACTIVE=1\nTYPE=x11\n' >/run/systemd/sessions/7
	cat >$units/lab.target <<-END
		[Unit]
		DefaultDependencies=no
		Wants=lab-desktop.service
	END
	cat >$units/lab-desktop.service <<-END
		[Unit]
		DefaultDependencies=no
		[Service]
		ExecStart=$units/desktop
		ExecStopPost=-/bin/systemctl kill --signal=SIGKILL session-7.scope
		StandardOutput=null
		StandardError=null
		TimeoutStopSec=5
	END
	cat >$units/lab-daemon.service <<-END
		[Unit]
		DefaultDependencies=no
		[Service]
		ExecStart=/bin/sh -c 'exec sleep 100000 3<>/dev/dri/card0'
	END
	cat >$units/desktop <<-'END'
		#!/bin/sh
		exec 3<>/dev/dri/card0
		echo started >>/run/desktop.log
		printf '\033[2J\033[H\n\n  THE DESKTOP OF THE HOST\n' >/dev/tty1
		exec sleep 100000
	END
	chmod +x $units/desktop
}

host() {
	card=$(lab-card screen) sound=$(lab-card screen-audio)
	devices=/sys/bus/pci/devices
	modprobe vfio-pci
	modprobe -a virtio-pci virtio-gpu
	# The lab keeps its cards from the driver of its own devices.
	echo "$card" >/sys/bus/pci/drivers/virtio-pci/bind
	modprobe snd-hda-intel
	[ "$(cat $devices/"$card"/boot_vga)" = 1 ] || fail "$card is not the boot display"
	make_units
}

# Two machines that systemd starts at boot and stops at shutdown: the unit as it is installed, but for
# its program's path, a shorter grace, and what a host without systemd's own targets needs.
make_machines() {
	mkdir -p /etc/tenon/machines "$units/tenon@.service.d"
	for unit in exit.target systemd-exit.service shutdown.target umount.target final.target; do
		ln -s /lib/systemd/system/$unit $units/$unit
	done
	sed "s|^\(Exec[A-Za-z]*=-*\)/[^ ]*/tenon|\1$tenon|; s/--grace 90/--grace 2/" \
		"$tests/../tenon@.service" >"$units/tenon@.service"
	cat >"$units/tenon@.service.d/lab.conf" <<-END
		[Unit]
		DefaultDependencies=no
		Conflicts=shutdown.target
		Before=shutdown.target
		[Service]
		ExecStopPost=/bin/sh -c 'echo \$SERVICE_RESULT \$EXIT_CODE \$EXIT_STATUS >>/run/%i.stopped'
	END
	for name in boot1 boot2; do
		printf 'firmware: bios\nmemory: 64M\n' >/etc/tenon/machines/$name.conf
		[ $name = boot2 ] || echo "device: $(lab-card spare),managed=on" >>/etc/tenon/machines/$name.conf
		sed -i "/^Wants=/s/\$/ tenon@$name.service/" $units/lab.target
	done
}

# systemd as the first process of a namespace, which the cases run in, too.
boot() {
	lab-root unshare --pid --fork --mount --cgroup --kill-child sh -c '
		mount -t proc proc /proc
		mount -t cgroup2 cgroup /sys/fs/cgroup
		export container=lab SYSTEMD_UNIT_PATH='$units' SYSTEMD_GENERATOR_PATH=/run/none \
			SYSTEMD_LOG_TARGET=console SYSTEMD_LOG_LEVEL=warning
		exec /lib/systemd/systemd --system --unit=lab.target' >"$OUT/systemd.log" 2>&1 &
	n=0
	until init=$(pgrep -f '^/lib/systemd/systemd --system') && [ -S /run/systemd/private ]; do
		[ $n -lt 100 ] || fail "systemd does not start: $(cat "$OUT/systemd.log")"
		n=$((n + 1))
		sleep 0.3
	done
}

inside() { nsenter -t "$init" -p -m -C "$@"; }

# What a transaction may change: the host's devices, and which services run.
remember() { before=$("$tests/dump/host-state"; services); }
services() { inside systemctl is-active lab-desktop.service lab-daemon.service; }

# same WHEN: the host is as it was when it was remembered, and its desktop is on its screen.
same() {
	now=$("$tests/dump/host-state"; services)
	if [ "$now" != "$before" ]; then
		echo "$before" >/tmp/before
		echo "$now" | diff /tmp/before -
		fail "not as before, $*"
	fi
	[ -z "$(ls /var/lib/tenon/journal 2>/dev/null)" ] || fail "a journal is left, $*"
}

# The desktop is drawn again: on the screen itself, and after a new start.
drawn() {
	lab-wait -t 200 -c screen "THE DESKTOP OF THE HOST" >"$OUT/$1.screen" || fail "no desktop, $1"
	[ "$(wc -l </run/desktop.log)" -gt "$starts" ] || fail "the desktop did not start again, $1"
	starts=$(wc -l </run/desktop.log)
}

# gone WHEN: waits until no process of tenon is there.
gone() {
	n=0
	while pgrep -f "^$tenon run" >/dev/null; do
		[ $n -lt 200 ] || fail "processes are left $*: $(pgrep -af "^$tenon run")"
		n=$((n + 1))
		sleep 0.3
	done
}

# A graphical session as logind makes one, in which a terminal runs COMMAND.
in_session() {
	inside systemd-run --quiet --scope --collect --slice=user-1000.slice \
		--unit=session-7.scope -- "$@"
}


# The process that has the card, and the one that started it.
machine() {
	ls -l /proc/[0-9]*/fd 2>/dev/null | awk '
		/^\/proc\// { split($1, path, "/") }
		/ -> \/dev\/vfio\/[0-9]/ { print path[3]; exit }'
}
parent() { sed -n 's/^PPid:\t//p' "/proc/$1/status"; }

guest_drawn() {
	lab-wait -t 300 -c screen "No bootable" >"$OUT/$1.guest" || {
		cat /var/log/tenon-take-display.log
		fail "the guest does not draw, $1: $(cat "$OUT/$1.said")"
	}
	lab-screenshot screen "$1-guest"
	inside systemctl is-active lab-desktop.service lab-daemon.service >"$OUT/$1.services"
}

# Started in a terminal of the very desktop that ends: it lives on, and the desktop comes back.
session() {
	remember
	: >"$OUT/session.said"
	in_session "$tenon" run --take-display --yes --firmware bios --memory 256M \
		--device "$card,rom=$rom" --device "$sound" </dev/null >"$OUT/session.said" 2>&1
	echo "$?" >"$OUT/session.caller"
	guest_drawn session
	m=$(machine) s=$(parent "$m")
	cat "/proc/$s/cgroup" >"$OUT/session.cgroup"
	cp /var/lib/tenon/journal/* "$OUT/session.journal"
	# It is lent, so recover leaves it, and release refuses.
	inside "$tenon" recover >"$OUT/session.recover" 2>&1 || fail "recover: $(cat "$OUT/session.recover")"
	inside "$tenon" release "$card" >"$OUT/session.release" 2>&1 && fail "it was released"
	kill "$s"
	gone "after the session"
	same "after the session"
	drawn session
	cp /var/log/tenon-take-display.log "$OUT/session.written"
}

# The supervisor is killed while the guest runs: its watcher ends the machine and puts all back.
killed() {
	remember
	inside "$tenon" run --take-display --firmware bios --memory 256M --serial none \
		--device "$card,rom=$rom" --device "$sound" </dev/null >"$OUT/killed.said" 2>&1 &
	guest_drawn killed
	m=$(machine) s=$(parent "$m")
	kill -9 "$s"
	gone "after the kill"
	same "after the kill"
	drawn killed
}

# The machine itself is killed.
machine_killed() {
	remember
	inside "$tenon" run --take-display --firmware bios --memory 256M --serial none \
		--device "$card,rom=$rom" --device "$sound" </dev/null >"$OUT/machine_killed.said" 2>&1 &
	sub=$!
	guest_drawn machine_killed
	kill -9 "$(machine)"
	wait $sub
	echo $? >"$OUT/machine_killed.code"
	gone "after the machine was killed"
	same "after the machine was killed"
	drawn machine_killed
}

# From the desktop, without --yes and without a terminal to ask on.
asked() {
	remember
	in_session "$tenon" run --take-display --firmware bios --device "$card,rom=$rom" --device "$sound" \
		</dev/null >"$OUT/asked.said" 2>&1
	echo $? >"$OUT/asked.code"
	same "after the refusal"
	inside "$tenon" plan --take-display --json "$card" >"$OUT/asked.plan"
	# It refuses, with 1.
	inside "$tenon" plan "$card" >"$OUT/asked.alone" || :
}

# Machines by name, and the control socket; without a card. $OUT/life has what the commands said.
life() {
	"$tenon" run --name life --firmware bios --memory 64M --cpus 2 --serial none </dev/null \
		>"$OUT/life.machine" 2>&1 &
	sub=$!
	n=0
	until "$tenon" status life >/dev/null 2>&1; do
		[ $n -lt 100 ] || fail "it does not answer: $(cat "$OUT/life.machine")"
		n=$((n + 1))
		sleep 0.3
	done
	"$tenon" ps --json >"$OUT/life.ps" || fail "ps: $?"
	"$tenon" run --name life --firmware bios --memory 64M --serial none </dev/null \
		>"$OUT/life.second" 2>&1
	echo $? >"$OUT/life.second.code"
	"$tenon" pause life || fail "pause: $?"
	"$tenon" status --json life >"$OUT/life.paused"
	"$tenon" resume life || fail "resume: $?"
	"$tenon" status --json life >"$OUT/life.resumed"
	"$tenon" restart life || fail "restart: $?"
	python3 - /run/tenon/life/qmp >"$OUT/life.qmp" <<-'END'
		import json, socket, sys
		s = socket.socket(socket.AF_UNIX)
		s.connect(sys.argv[1])
		f = s.makefile("rw")
		print(f.readline().strip())
		for name in ["qmp_capabilities", "query-commands", "query-cpus-fast", "stop", "cont",
		             "system_reset", "system_powerdown", "migrate"]:
		    print(json.dumps({"execute": name, "id": name}), file=f, flush=True)
		    while True:
		        line = f.readline().strip()
		        print(line)
		        if not line or "id" in json.loads(line):
		            break
	END
	"$tenon" stop --wait 1 life >"$OUT/life.ignored" 2>&1
	echo $? >"$OUT/life.ignored.code"
	kill -9 "$(sed -n 's/.*"pid": *\([0-9]*\).*/\1/p' "$OUT/life.paused")"
	wait $sub
	"$tenon" ps >"$OUT/life.gone"
	"$tenon" run --name life --firmware bios --memory 64M --serial none </dev/null \
		>"$OUT/life.again" 2>&1 &
	sub=$!
	n=0
	until "$tenon" stop --now life >/dev/null 2>&1; do
		[ $n -lt 100 ] || fail "the second does not answer: $(cat "$OUT/life.again")"
		n=$((n + 1))
		sleep 0.3
	done
	wait $sub || fail "the second ended with $?"
	[ ! -e /run/tenon/life/qmp ] || fail "the socket is left"
	background
}

# What scripts ask for, each line on a connection of its own, as `echo ... | socat` does it: without
# waiting for answers, and several objects on a line.
scripts() {
	python3 - "$1" <<-'END'
		import json, socket, sys
		def human(line):
		    return {"execute": "human-monitor-command", "arguments": {"command-line": line}}
		for asked in [[{"execute": "query-cpus-fast"}], [{"execute": "query-pci"}], [human("info pci")],
		              [human("info status"), human("info block")],
		              [{"execute": "eject", "arguments": {"device": "cd0"}}, {"execute": "query-block"}],
		              [{"execute": "screendump", "arguments": {"filename": "/tmp/bg.ppm"}}],
		              [{"execute": "query-qmp-schema"}], [{"execute": "system_wakeup"}],
		              [human("system_powerdown")]]:
		    s = socket.socket(socket.AF_UNIX)
		    s.settimeout(60)
		    s.connect(sys.argv[1])
		    line = "".join(json.dumps(o) for o in [{"execute": "qmp_capabilities"}, *asked])
		    s.sendall(line.encode() + b"\n")
		    f = s.makefile()
		    answers = []
		    while len(answers) < len(asked) + 2:
		        got = json.loads(f.readline())
		        answers += [got] if "event" not in got else []
		    print(json.dumps({"asked": asked[-1], "answer": answers[-1]}))
	END
}

# A machine that is defined, in the background: bg.* in $OUT has what the commands said.
background() {
	mkdir -p /etc/tenon/machines
	printf 'firmware: bios\nmemory: 64M\n' >/etc/tenon/machines/bg.conf
	"$tenon" ps --json >"$OUT/bg.defined"
	for round in 1 2 3; do
		"$tenon" start bg >"$OUT/bg.start" 2>&1 || fail "start $round: $? $(cat "$OUT/bg.start")"
		[ $round = 3 ] || "$tenon" stop --now bg || fail "stop $round: $?"
	done
	"$tenon" start bg >"$OUT/bg.twice" 2>&1 && fail "it started twice"
	"$tenon" rm --yes bg >"$OUT/bg.runs" 2>&1 && fail "it was removed while it runs"
	python3 - "$tenon" >"$OUT/bg.console" 2>&1 <<-'END' || fail "console: $(cat "$OUT/bg.console")"
		import os, pty, select, subprocess, sys, termios, time
		for round in range(3):
		    ours, terminal = pty.openpty()
		    before = termios.tcgetattr(terminal)
		    child = subprocess.Popen([sys.argv[1], "console", "bg"], stdin=terminal, stdout=terminal,
		                             stderr=terminal, start_new_session=True)
		    shown, until = b"", time.monotonic() + 60
		    while b"SeaBIOS" not in shown:
		        assert time.monotonic() < until, shown
		        if select.select([ours], [], [], 1)[0]:
		            shown += os.read(ours, 4096)
		    raw = termios.tcgetattr(terminal)
		    if round < 2:
		        os.write(ours, b"keys\x1d")
		    else:
		        child.terminate()
		    code = child.wait(60)
		    assert raw != before and termios.tcgetattr(terminal) == before, "the terminal's modes"
		    print("round", round, "code", code)
	END
	echo typed | timeout 20 "$tenon" console bg >"$OUT/bg.piped" 2>&1
	echo $? >"$OUT/bg.piped.code"
	"$tenon" log bg >"$OUT/bg.log" || fail "log: $?"
	"$tenon" metrics >"$OUT/bg.metrics" || fail "metrics: $?"
	pid=$("$tenon" status --json bg | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
	kill -9 "$pid"
	n=0
	while [ -d "/proc/$pid" ]; do
		[ $n -lt 100 ] || fail "it does not end"
		n=$((n + 1))
		sleep 0.1
	done
	"$tenon" ps >"$OUT/bg.killed"
	[ ! -e /run/tenon/bg ] || fail "$(ls -l /run/tenon/bg)"
	dd if=/dev/zero of=/tmp/bg.iso bs=64k count=1 2>/dev/null
	printf 'cdrom: /tmp/bg.iso\ndisplay: vnc=unix:/tmp/bg.vnc\n' >>/etc/tenon/machines/bg.conf
	"$tenon" start bg || fail "start after the kill: $?"
	"$tenon" screenshot bg "$OUT/bg.png" || fail "screenshot: $?"
	scripts /run/tenon/bg/qmp >"$OUT/bg.qmp" || fail "scripts: $?"
	"$tenon" stop --now bg || fail "stop: $?"
	"$tenon" rm --yes bg 2>"$OUT/bg.removed" || fail "rm: $?"
	[ ! -e /etc/tenon/machines/bg.conf ] && [ ! -e /var/lib/tenon/machines/bg ] || fail "it is left"
}

# spare WHEN: notes which driver the managed device has.
spare() {
	echo "$1: $(basename "$(readlink "$devices/$(lab-card spare)/driver")")" >>"$OUT/systemd.spare"
}

# Waits until the systemd that boot() started has ended.
ended() {
	n=0
	while [ -d "/proc/$init" ]; do
		[ $n -lt 200 ] || fail "systemd does not end"
		n=$((n + 1))
		sleep 0.3
	done
}

# systemd boots again, with machines: they are up since then; one is stopped, and it shuts down.
systemd() {
	kill -KILL "$init"
	ended
	rm -f /run/systemd/private
	make_machines
	boot
	n=0
	# One that is active is enough for systemctl's status.
	until inside systemctl is-active tenon@boot1 tenon@boot2 >"$OUT/systemd.active"
		[ "$(sort -u "$OUT/systemd.active")" = active ]; do
		[ $n -lt 200 ] || fail "$(inside systemctl status tenon@boot1 2>&1)"
		n=$((n + 1))
		sleep 0.3
	done
	"$tenon" ps --json >"$OUT/systemd.ps"
	inside systemctl show -p StatusText,Slice,ExecMainPID,Type tenon@boot1 >"$OUT/systemd.show"
	"$tenon" pause boot1
	inside systemctl show -p StatusText tenon@boot1 >"$OUT/systemd.paused"
	"$tenon" resume boot1
	printf 'firmware: bios\ndisk: /nonexistent.img\n' >/etc/tenon/machines/broken.conf
	inside systemctl start tenon@broken >"$OUT/systemd.broken" 2>&1
	echo $? >>"$OUT/systemd.broken"
	rm /etc/tenon/machines/broken.conf
	spare "while it runs"
	# The process that would give the device back is killed.
	inside systemctl kill --signal=KILL --kill-who=main tenon@boot1
	n=0
	while inside systemctl show -p ActiveState tenon@boot1 | grep -q '=\(active\|deactivating\)'; do
		[ $n -lt 200 ] || fail "the machine does not end"
		n=$((n + 1))
		sleep 0.3
	done
	spare "after the kill"
	inside systemctl reset-failed tenon@boot1
	inside systemctl start tenon@boot1 || fail "start after the kill: $?"
	spare "again"
	inside systemctl stop tenon@boot1 || fail "stop: $?"
	spare "at the end"
	cp /run/boot1.stopped "$OUT/systemd.boot1"
	[ -z "$(ls /var/lib/tenon/journal)" ] || fail "a journal is left"
	inside systemctl exit
	ended
	# Not to $OUT at once: systemd unmounts that before its machines have ended.
	cp /run/boot2.stopped "$OUT"
	pgrep -af "^$tenon run" && fail "a machine is left"
	"$tenon" ps >"$OUT/systemd.after"
	[ ! -e /run/tenon/boot1 ] && [ ! -e /run/tenon/boot2 ] || fail "$(ls -lR /run/tenon)"
}

host
boot
inside systemctl start lab-daemon.service
lab-wait -t 200 -c screen "THE DESKTOP OF THE HOST" >/dev/null || fail "no desktop at first"
starts=$(wc -l </run/desktop.log)
for case; do
	($case) >"$OUT/$case.log" 2>&1
	echo $? >"$OUT/$case.status"
	# What a case that failed has left.
	if pkill -9 -f "^$tenon run"; then
		sleep 1
		inside "$tenon" recover
		inside systemctl start lab-desktop.service lab-daemon.service
	fi
	starts=$(wc -l </run/desktop.log)
done
