# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk as a distribution's installer leaves it for UEFI: a GPT, an EFI system partition with GRUB,
and an ext4 root with the stock kernel, a small user space and a login on the screen. Needs no root.

    build(path, kernel.image, kernel.modules)

GRUB is at the place where firmware looks without being told. `own-entry`, a command on the disk,
moves it to a place of its own and leaves a boot entry for it in the firmware's variables.
"""
import pathlib
import shutil
import subprocess
import tempfile
import uuid

from guest.build import build_program
from tenonlab import initramfs

GRUB_MODULES = ["part_gpt", "fat", "ext2", "linux", "search", "search_fs_uuid", "echo", "efi_gop"]
MODULES = ["virtio_pci", "virtio_blk", "virtio_net", "ext4", "vfat", "nls_cp437", "nls_ascii",
           "efivarfs"]
# ext4 asks modprobe for it, in kernels that have it as a module (until 6.14).
CHECKSUM = "crc32c_generic"
MIB = 1 << 20
ESP = (1, 32)      # start and size, MiB
ROOT = (33, 160)
ESP_ID = uuid.UUID("b2f3b1c6-50a3-4ac1-a1c0-6d0f6c7b2e01")
ROOT_ID = uuid.UUID("6f0c3d52-77e4-4a0e-9b62-0d5d4f1f7a02")
GLOBAL = "8be4df61-93ca-11d2-aa0d-00e098032b8c"  # the namespace of UEFI's own variables
ENTRY = 0x7e70

INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for m in $(cat /modules/order); do insmod /modules/$m.ko; done
until [ -b /dev/vda2 ]; do usleep 10000; done
mount -t ext4 /dev/vda2 /root
for d in proc sys dev; do mount -o move /$d /root/$d; done
exec switch_root /root /sbin/init
"""
INITTAB = """::sysinit:/etc/rc
ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100
tty1::respawn:/sbin/getty 38400 tty1
::shutdown:/bin/umount -a -r
"""
RC = """#!/bin/sh
hostname installed
mount -t efivarfs efivars /sys/firmware/efi/efivars
ip link set lo up
n=$(($(cat /starts 2>/dev/null || echo 0) + 1))
echo $n >/starts
"""
OWN_ENTRY = f"""#!/bin/sh -e
mount -t vfat /dev/vda1 /mnt
mkdir -p /mnt/EFI/own
mv /mnt/EFI/BOOT/BOOTX64.EFI /mnt/EFI/own/loader.efi
umount /mnt
cd /sys/firmware/efi/efivars
cat /lib/entry >Boot{ENTRY:04X}-{GLOBAL}
cat /lib/order >BootOrder-{GLOBAL}
"""
DHCP = """#!/bin/sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface"
ip route add default via "$router"
"""


def run(*argv, **more):
    done = subprocess.run([str(a) for a in argv], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if done.returncode:
        raise RuntimeError(f"{argv[0]}: {done.stdout}")


def node(kind, subtype, data):
    """One node of a device path (UEFI 2.10, 10.2)."""
    return bytes([kind, subtype]) + (4 + len(data)).to_bytes(2, "little") + data


def boot_entry():
    """The variable: its attributes, then an EFI_LOAD_OPTION (UEFI 2.10, 3.1.3)."""
    sectors = [n * MIB // 512 for n in ESP]
    disk = (1).to_bytes(4, "little") + b"".join(n.to_bytes(8, "little") for n in sectors)
    path = node(4, 1, disk + ESP_ID.bytes_le + bytes([2, 2]))
    path += node(4, 4, "\\EFI\\own\\loader.efi\0".encode("utf-16-le"))
    path += node(0x7f, 0xff, b"")
    option = (1).to_bytes(4, "little") + len(path).to_bytes(2, "little")
    option += "Installed\0".encode("utf-16-le") + path
    return (7).to_bytes(4, "little") + option


def make_initrd(path, modules):
    archive = initramfs.Archive()
    for name in ("bin", "dev", "modules", "proc", "root", "sys"):
        archive.directory(name)
    program = initramfs.busybox()
    archive.file("bin/busybox", program.read_bytes(), 0o755)
    for name in ("sh", "mount", "cat", "insmod", "usleep", "switch_root"):
        archive.link(f"bin/{name}", "busybox")
    archive.file("init", INIT.encode(), 0o755)
    checksum = [CHECKSUM] if any(modules.rglob(f"{CHECKSUM}.ko*")) else []
    order = initramfs.module_files(modules, checksum + MODULES)
    for name in order:
        archive.file(f"modules/{initramfs.canonical(name)}.ko",
                     initramfs.uncompressed(modules / name))
    archive.file("modules/order", "".join(initramfs.canonical(n) + "\n" for n in order).encode())
    path.write_bytes(archive.finish())


def make_root(root, image, modules):
    """The tree of the root file system."""
    for name in ("bin", "boot", "dev", "etc", "lib", "mnt", "proc", "root", "run", "sbin", "sys",
                 "tmp"):
        (root / name).mkdir(parents=True)
    program = initramfs.busybox()
    shutil.copyfile(program, root / "bin/busybox")
    applets = subprocess.run([program, "--list-full"], check=True, text=True, capture_output=True)
    for name in applets.stdout.split():
        path = root / name.replace("usr/", "", 1)
        if path.parent.is_dir() and not path.exists():
            path.symlink_to("/bin/busybox")
    shutil.copyfile(build_program(), root / "bin/guest")
    for name, text in {"etc/inittab": INITTAB, "etc/rc": RC, "bin/own-entry": OWN_ENTRY,
                       "lib/dhcp": DHCP,
                       "etc/passwd": "root::0:0:root:/root:/bin/sh\n",
                       "etc/group": "root:x:0:\n", "etc/issue": "A disk of its own, \\l\n"}.items():
        (root / name).write_text(text)
    for name in ("bin/busybox", "bin/guest", "bin/own-entry", "etc/rc", "lib/dhcp"):
        (root / name).chmod(0o755)
    (root / "lib/entry").write_bytes(boot_entry())
    (root / "lib/order").write_bytes((7).to_bytes(4, "little") + ENTRY.to_bytes(2, "little"))
    shutil.copyfile(image, root / "boot/vmlinuz")
    make_initrd(root / "boot/initrd", modules)


def make_loader(directory):
    (directory / "grub.cfg").write_text(
        f"search --no-floppy --fs-uuid --set=root {ROOT_ID}\n"
        "echo GRUB is here\n"
        "linux /boot/vmlinuz console=ttyS0 console=tty0 quiet cryptomgr.notests\n"
        "initrd /boot/initrd\n"
        "boot\n")
    run("grub-mkimage", "-O", "x86_64-efi", "-p", "/EFI/BOOT", "-c", directory / "grub.cfg",
        "-o", directory / "BOOTX64.EFI", *GRUB_MODULES)


def build(path, image, modules):
    """Writes the disk to path."""
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        make_loader(directory)
        esp = directory / "esp"
        run("mkfs.vfat", "-C", esp, ESP[1] * 1024)
        run("mmd", "-i", esp, "::EFI", "::EFI/BOOT")
        run("mcopy", "-i", esp, directory / "BOOTX64.EFI", "::EFI/BOOT/BOOTX64.EFI")
        make_root(directory / "root", image, modules)
        run("/usr/sbin/mke2fs", "-q", "-t", "ext4", "-U", ROOT_ID, "-E", "root_owner=0:0",
            "-d", directory / "root", directory / "ext4", f"{ROOT[1]}M")
        with open(path, "wb") as disk:
            disk.truncate((ROOT[0] + ROOT[1] + 1) * MIB)
        table = (f"label: gpt\nstart={ESP[0]}MiB, size={ESP[1]}MiB, type=U, uuid={ESP_ID}\n"
                 f"start={ROOT[0]}MiB, size={ROOT[1]}MiB, type=L\n")
        run("/usr/sbin/sfdisk", "-q", path, input=table)
        for part, (start, _) in ((esp, ESP), (directory / "ext4", ROOT)):
            run("dd", f"if={part}", f"of={path}", "bs=1M", f"seek={start}", "conv=notrunc,sparse")


def root_of(path, out):
    """The root file system of a disk, for e2fsck."""
    run("dd", f"if={path}", f"of={out}", "bs=1M", f"skip={ROOT[0]}", f"count={ROOT[1]}")
    return out
