# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests of 16 bits: code in the shape of a kernel's setup, which SeaBIOS starts with all of its
services and nothing else.

    build(path, letter="A", rounds=3)
"""
import pathlib
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parent / "screen.S"


def build(path, letter, rounds=1, resets=0, scrolls=0, steps="tgpb", light=False):
    """Writes the kernel of screen.S to path."""
    with tempfile.TemporaryDirectory() as directory:
        made = pathlib.Path(directory) / "screen.o"
        (pathlib.Path(directory) / "steps").write_text(f'.asciz "{steps}"\n')
        values = {"LETTER": ord(letter), "ROUNDS": rounds, "RESETS": resets, "SCROLLS": scrolls,
                  "LIGHT": int(light)}
        subprocess.run(["as", "--32", "-I", directory, *(f"--defsym={k}={v}" for k, v in values.items()),
                        "-o", made, SOURCE], check=True)
        subprocess.run(["ld", "-m", "elf_i386", "-Ttext=0", "--oformat", "binary", "-o", path,
                        made, "-e", "start"], check=True)
