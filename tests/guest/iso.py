# SPDX-License-Identifier: GPL-2.0-or-later
"""The image of a CD that a BIOS and UEFI start from (El Torito), as an installer's: GRUB, a kernel
and an initramfs. Needs no root.

    build(path, kernel.image, initrd, "console=ttyS0 quiet")
"""
import pathlib
import shutil
import subprocess
import tempfile

CONFIG = """serial --unit=0
terminal_output serial
echo GRUB is here
linux /vmlinuz {cmdline}
initrd /initrd
boot
"""


def build(path, image, initrd, cmdline):
    """Writes the image to path."""
    with tempfile.TemporaryDirectory() as directory:
        tree = pathlib.Path(directory)
        (tree / "boot/grub").mkdir(parents=True)
        shutil.copyfile(image, tree / "vmlinuz")
        shutil.copyfile(initrd, tree / "initrd")
        (tree / "boot/grub/grub.cfg").write_text(CONFIG.format(cmdline=cmdline))
        done = subprocess.run(["grub-mkrescue", "--compress=xz", "-o", path, tree], text=True,
                              check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            raise RuntimeError(f"grub-mkrescue: {done.stdout}")
