# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks with boot loaders that draw on a VGA card as they do for a distribution: first text, then,
when they are told to on the serial port, a picture (pattern.py) in a VESA mode with text over it, and
then they start a guest. Needs no root.

    syslinux(path, seed=1)
    grub(path, 2, kernel.image, initrd, "quiet")
"""
import pathlib
import shutil
import tempfile

from guest import bios_disk, pattern

SIZE = (640, 480)
MEMTEST = pathlib.Path("/boot/memtest86+x64.bin")
MENU_MODULES = pathlib.Path("/usr/lib/syslinux/modules/bios")
MENU_NEEDS = ["ldlinux.c32", "libcom32.c32", "libutil.c32", "vesamenu.c32"]
# Everything in one colour, on the picture, without shadows.
MENU_PARTS = "screen border title unsel sel hotkey hotsel tabmsg"
SYSLINUX = """SERIAL 0 115200
DEFAULT none
PROMPT 1
DISPLAY hello
LABEL menu
  COM32 vesamenu.c32
  APPEND menu.cfg
"""
MENU = """MENU RESOLUTION {} {}
MENU BACKGROUND picture.png
MENU TITLE A menu
LABEL first
  MENU LABEL Test of memory
  LINUX memtest
LABEL second
  MENU LABEL Nothing
  LINUX none
"""
HELLO = [f"SYSLINUX, line {n}" for n in range(1, 6)]

GRUB_MODULES = [*bios_disk.MODULES, "font", "gfxterm", "gfxterm_background", "minicmd", "png", "read",
                "serial", "terminal", "vbe"]
GRUB = """serial --unit=0 --speed=115200
terminal_input serial
echo GRUB, text
read go
loadfont /font
set gfxmode={}x{}x32
terminal_output gfxterm serial
echo GRUB, graphics
read go
background_image /picture.png
clear
echo GRUB, picture
read go
set gfxpayload=text
terminal_output console
linux /vmlinuz {}
initrd /initrd
boot
"""


def write_menu(directory):
    colours = "".join(f"MENU COLOR {part} 0 #ffffffff #00000000 none\n"
                      for part in MENU_PARTS.split())
    (directory / "menu.cfg").write_text(MENU.format(*SIZE) + colours)
    (directory / "syslinux.cfg").write_text(SYSLINUX)
    (directory / "hello").write_text("".join(line + "\n" for line in HELLO))


def syslinux(path, seed):
    """SYSLINUX: `menu` and Enter starts its graphical menu, Enter then memtest86+."""
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        write_menu(directory)
        pattern.write_png(directory / "picture.png", seed, *SIZE)
        shutil.copyfile(MEMTEST, directory / "memtest")
        # FAT16 needs more than 4084 clusters; SYSLINUX looks at the number, mkfs.vfat need not.
        bios_disk.run("mkfs.vfat", "-F", "16", "-C", path, 16384)
        bios_disk.run("mcopy", "-i", path, *directory.iterdir(),
                      *(MENU_MODULES / name for name in MENU_NEEDS), "::")
        bios_disk.run("syslinux", "--install", path)


def grub(path, seed, image, initrd, cmdline):
    """GRUB: each Enter goes on, to text in graphics, to the picture, and to the kernel."""
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        pattern.write_png(directory / "picture.png", seed, *SIZE)
        shutil.copyfile("/usr/share/grub/unicode.pf2", directory / "font")
        shutil.copyfile(image, directory / "vmlinuz")
        shutil.copyfile(initrd, directory / "initrd")
        bios_disk.write(path, directory, GRUB.format(*SIZE, cmdline), GRUB_MODULES)
