# SPDX-License-Identifier: GPL-2.0-or-later
# placement.sh TENON KERNEL INITRD: in a lab with two CPUs, starts a guest whose processor has a
# place and real time on the host, and leaves the threads as NAME:CPUS:POLICY in $OUT/tasks, and
# tenon's status.
tenon=$1 kernel=$2 initrd=$3
truncate -s 1M "$OUT/disk.img"
"$tenon" run --kernel "$kernel" --initrd "$initrd" --cpus 1,pin=1,rt=on \
	--disk "$OUT/disk.img" --net user,by=slirp \
	--append "console=ttyS0 quiet cryptomgr.notests panic=-1 no_timer_check tenon.end=hang" \
	</dev/null >"$OUT/guest.log" 2>"$OUT/guest.err" &
pid=$!
lab-wait -p $pid guest.log "GUEST end hang"
keepers=$(cat /proc/$pid/task/*/children)
# shellcheck disable=SC2046,SC2086
children="$keepers $(cat $(printf '/proc/%s/task/*/children ' $keepers))"
for task in /proc/$pid/task/* $(printf '/proc/%s/task/* ' $children); do
	allowed=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' "$task/status")
	policy=$(sed 's/.*) //' "$task/stat" | cut -d' ' -f39)
	echo "$(cat "$task/comm"):$allowed:$policy"
done >"$OUT/tasks"
kill -TERM $pid
wait $pid
echo $? >"$OUT/status"
