# SPDX-License-Identifier: GPL-2.0-or-later
"""A disk that a BIOS boots, as a distribution's installer leaves it: a boot sector, GRUB behind it,
and an ext2 partition with a kernel. Needs no root.

    build(path, kernel.image, initrd, "console=ttyS0 quiet")
"""
import pathlib
import shutil
import subprocess
import tempfile

GRUB = pathlib.Path("/usr/lib/grub/i386-pc")
MODULES = ["biosdisk", "part_msdos", "ext2", "linux", "echo"]
SECTOR = 512
START = 2048  # sector of the partition


def run(*argv):
    done = subprocess.run([str(a) for a in argv], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise RuntimeError(f"{argv[0]}: {done.stdout}")


def core(directory, script, modules):
    """GRUB's image, which begins at sector 1, with what it is to do built in."""
    (directory / "early.cfg").write_text(script)
    run("grub-mkimage", "-O", "i386-pc", "-p", "(hd0,msdos1)/", "-c", directory / "early.cfg",
        "-o", directory / "core", *modules)
    return (directory / "core").read_bytes()


def boot_sector(sectors):
    """GRUB's, which reads sector 1. The partitions' table takes the place of code for floppies."""
    code = (GRUB / "boot.img").read_bytes()
    entry = b"\x80\xfe\xff\xff\x83\xfe\xff\xff" + \
        START.to_bytes(4, "little") + sectors.to_bytes(4, "little")
    return code[:0x1be] + entry.ljust(64, b"\0") + code[0x1fe:]


def write(path, tree, script, modules):
    """Writes the disk to path: the files of the directory tree, and GRUB, which does what script says
    with these modules. Its root is the disk's partition."""
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        mebibytes = 8 + sum(p.stat().st_size for p in tree.iterdir()) // 2 ** 20
        run("/usr/sbin/mke2fs", "-q", "-t", "ext2", "-d", tree, directory / "partition",
            f"{mebibytes}M")
        loader = core(directory, f"set root=(hd0,msdos1)\n{script}", modules)
        assert len(loader) <= (START - 1) * SECTOR
        with open(path, "wb") as disk:
            disk.write(boot_sector(mebibytes * 2 ** 20 // SECTOR))
            disk.write(loader)
            disk.seek(START * SECTOR)
            with open(directory / "partition", "rb") as partition:
                shutil.copyfileobj(partition, disk)


def build(path, image, initrd, cmdline):
    """Writes the disk to path."""
    with tempfile.TemporaryDirectory() as directory:
        tree = pathlib.Path(directory)
        shutil.copyfile(image, tree / "vmlinuz")
        shutil.copyfile(initrd, tree / "initrd")
        write(path, tree, f"echo GRUB is here\nlinux /vmlinuz {cmdline}\ninitrd /initrd\nboot\n",
              MODULES)
