modprobe kvm_amd; ls -l /dev/kvm
{ sleep 60; echo hello; } | timeout 250 /work/wt/dev/build/src/cmd/tenon run -v --kernel $LAB_KERNEL --initrd /tmp/dev-guest/initrd.gz --memory 512M --cpus 2 --no-reboot --append "console=ttyS0 earlycon=uart8250,io,0x3f8 panic=-1" > $OUT/guest.log 2>&1
echo "tenon: $?"
