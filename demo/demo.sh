# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh TENON KERNEL INITRD SEED: in the lab's host, what somebody with a card to spare does.
tenon=$1 kernel=$2 initrd=$3 seed=$4
card=$(lab-card virtio)
quick="quiet cryptomgr.notests drm_kms_helper.fbdev_emulation=0"
steps=machine,pci,drm+mode=1024x768+seed=$seed+hold=wait,irq+pci=0000:01:00.0

say() { printf '\n# %s\n' "$*"; }
run() {
	echo "$ $*" | sed "s|$tenon|tenon|"
	"$@"
}

say "The graphics cards of this host"
run "$tenon" list | grep -v '^ *$'

say "May $card be given away alone?"
run "$tenon" explain "$card"

say "Take it from the host"
run "$tenon" bind "$card"

say "Start a guest with the card; its stock driver draws a picture"
mkfifo /run/keyboard
echo "$ tenon run --kernel vmlinuz --initrd initrd --memory 512M --cpus 2 --device $card"
"$tenon" run --kernel "$kernel" --initrd "$initrd" --memory 512M --cpus 2 --device "$card" \
	--append "console=ttyS0 $quick tenon.modules=virtio-pci,virtio-gpu tenon.steps=$steps" \
	</run/keyboard >"$OUT/guest.log" 2>&1 &
exec 3>/run/keyboard
lab-wait -p $! -t 300 guest.log '^STEP drm '
lab-screenshot virtio card
echo continue >&3
wait $!
status=$?
cat "$OUT/guest.log"
echo "tenon: exit $status"

say "Give the card back"
run "$tenon" release "$card"
exit $status
