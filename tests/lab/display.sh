# SPDX-License-Identifier: GPL-2.0-or-later
# display.sh TENON RFB KERNEL INITRD UEFI HEARD JOB...: in the lab, runs the jobs of test_display.py, each a
# guest with a screen of its own and an assigned card as the second. RFB is rfb.py, UEFI OVMF, HEARD what a guest hears.
# A job NAME leaves NAME.log (the guest's console), NAME.err (what tenon says), NAME.status, and NAME-*.ppm, the screen
# as a viewer has it, in $OUT, and played.wav, what it plays.
tenon=$1 rfb=$2 kernel=$3 initrd=$4 uefi=$5 heard=$6
shift 6
vnc=/run/vnc
mkfifo /run/keyboard

# start NAME OPTION...: starts the guest and returns; $pid is tenon.
start() {
	name=$1
	shift
	"$tenon" run --memory 512M -v "$@" </run/keyboard >"$OUT/$name.log" 2>"$OUT/$name.err" &
	pid=$!
	exec 3>/run/keyboard
}

# seen FILE TEXT SECONDS [COUNT]: waits until FILE has TEXT so many times.
seen() {
	lab-wait -p $pid -t "$3" -n "${4:-1}" "$1" "$2"
}

# viewer ADDRESS shot NAME | viewer ADDRESS type TEXT | viewer ADDRESS point X,Y,WHEEL
viewer() {
	case $2 in
	shot) python3 -B "$rfb" "$1" shot "$OUT/$3.ppm" ;;
	*) python3 -B "$rfb" "$1" "$2" "$3" ;;
	esac 2>>"$OUT/viewer.err"
}

finish() {
	wait $pid
	echo $? >"$OUT/$name.status"
	exec 3>&-
}

bind() { "$tenon" bind --force "$(lab-card "$1")" >>"$OUT/host.log" 2>&1 || cat "$OUT/host.log" >>"$OUT/host.err"; }

# SeaBIOS, beside a VGA card that it is to leave alone.
bios() {
	start bios --firmware bios --display vnc=unix:$vnc --device "$(lab-card vga)"
	seen bios.err "No bootable device" 60
	sleep 1
	viewer $vnc shot bios-screen
	kill -TERM $pid
	finish
	[ ! -e $vnc ] || echo "$vnc is left" >>"$OUT/host.err"
}

# OVMF to its shell, which is told a word by the viewer's keyboard, on USB.
uefi() {
	floor=/sys/module/kvm/parameters/min_timer_period_us
	usual=$(cat $floor)
	echo 1000000 >$floor
	start uefi --firmware uefi --firmware-code "$uefi" --display vnc=:1 --usb-input on
	seen uefi.log "Shell>" 150
	# OVMF takes a report whenever its timer fires, which is once in a second here.
	viewer 127.0.0.1:5901 type "echo Usb"
	seen uefi.log "Usb" 90
	sleep 2
	viewer 127.0.0.1:5901 type "ver"
	seen uefi.log "UEFI v2" 120 2
	sleep 2
	viewer 127.0.0.1:5901 shot uefi-shell
	kill -TERM $pid
	finish
	echo "$usual" >$floor
}

# Linux plays and records sound, draws on both, and hears the keyboard and the mouse: those of PS/2, until it has a
# driver for USB.
linux() {
	start linux --kernel "$kernel" --initrd "$initrd" --display vnc=unix:$vnc --usb-input on \
		--sound "file=$OUT/played.wav,input=$heard" --device "$(lab-card vga)" --append "console=ttyS0 quiet cryptomgr.notests panic=-1 edd=off \
drm_kms_helper.fbdev_emulation=0 tenon.modules=bochs,psmouse,evdev,snd_hda_codec_generic,snd_hda_intel \
tenon.steps=pci,sound+pci=0000:00:1f.5,irq+pci=0000:00:1f.5,\
drm+pci=0000:00:1e.0+seed=7+mode=800x600+hold=keep,drm+pci=0000:01:00.0+seed=8+hold=wait,keys,keys+load=xhci_pci/usbhid/hid_generic+bus=3+devices=3+wait=60+timeout=90,log"
	seen linux.log "STEP drm" 100 2
	viewer $vnc shot linux-first
	lab-screenshot vga linux-second
	echo continue >&3
	seen linux.log "KEYS ready" 30
	viewer $vnc point 100,-50,2
	viewer $vnc type "Hi"
	seen linux.log "KEYS ready" 60 2
	viewer $vnc point 100,-50,2
	viewer $vnc type "Hi"
	finish
}

bind vga
for wanted; do
	case $wanted in
	bios | uefi | linux) $wanted ;;
	*) echo "display.sh: there is no job '$wanted'" && exit 1 ;;
	esac
done
