# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured. To add a figure, write a function with the decorator below it:

    @in_lab(name="unit", …)     the function takes a side of Bench in the lab's host
    @here(name="unit", …)       the function takes "tenon" or "peer" and the Files, on this machine

It runs once for a sample and returns a dictionary with a number for each name, or one number if
there is one name. Less is better in each.
"""
import contextlib
import functools
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import images
from monitors import Guest, resident

LAB, HERE = [], []
SIDES = ("tenon", "peer")


def measurement(where, units, function):
    def sample(*arguments):
        result = function(*arguments)
        return result if isinstance(result, dict) else {next(iter(units)): result}
    sample.units = units
    where.append(sample)
    return sample


def in_lab(**units):
    return functools.partial(measurement, LAB, dashed(units))


def here(**units):
    return functools.partial(measurement, HERE, dashed(units))


def dashed(units):
    return {name.replace("_", "-"): unit for name, unit in units.items()}


@in_lab(first_instruction_256m="ms")
def first_instruction(side):
    """exec → the first instruction that the guest executes has reached the serial port."""
    with side.started(images.BYTE, side.monitor.first_instruction(256, side.card)) as run:
        return run.ms


@in_lab(linux_user_space="ms", resident="MiB")
def user_space(side):
    """exec → init's first line; then what the monitor holds in memory beside guest RAM."""
    guest = Guest(512, side.card, side.kernel, side.initrd,
                  "console=ttyS0 quiet cryptomgr.notests edd=off panic=-1 tenon.end=hang")
    with side.started("GUEST up", side.monitor.linux(guest)) as run:
        return {"linux-user-space": run.ms, "resident": resident(run.pid, guest.memory)}


@in_lab(seabios="ms")
def seabios(side):
    """exec → SeaBIOS has looked everywhere and found nothing to boot; without a card."""
    with side.started("No bootable device", side.monitor.bios(256)) as run:
        return run.ms


TICKS = pathlib.Path("/sys/module/kvm/parameters/min_timer_period_us")


@contextlib.contextmanager
def rare_ticks():
    """What the emulated host needs for guests with OVMF: lab/README.md."""
    before = TICKS.read_text()
    TICKS.write_text("1000000")
    try:
        yield
    finally:
        TICKS.write_text(before)


@in_lab(uefi_shell_first="ms", uefi_shell_second="ms")
def uefi_shell(side):
    """exec → the first line of OVMF's shell: with a fresh store of variables, and with what that
    start has left in it."""
    times = {}
    with rare_ticks(), tempfile.TemporaryDirectory() as folder:
        store = pathlib.Path(folder) / "vars.fd"
        shutil.copyfile(side.firmware[1], store)
        for name in ("uefi-shell-first", "uefi-shell-second"):
            argv = side.monitor.uefi(512, side.card, side.firmware[0], store)
            with side.started("UEFI Interactive Shell", argv) as run:
                times[name] = run.ms
    return times


@functools.cache
def big_host():
    """A captured tree of 10,000 functions, in memory if there is room: the reader is measured,
    not a disk. The TemporaryDirectory goes with the process."""
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    folder = tempfile.TemporaryDirectory(prefix="tenon-bench-", dir=where)
    root = pathlib.Path(folder.name) / "host"
    make = pathlib.Path(__file__).resolve().parent / "make-host"
    subprocess.run([make, root, "10000"], check=True, stdout=subprocess.DEVNULL)
    return folder, root


@here(list_10000="ms")
def list_10000(side, files):
    """tenon list and lspci -vvv of the same host, all of their output thrown away."""
    _, root = big_host()
    argv = {"tenon": [files.tenon, "list", "--sysroot", root],
            "peer": ["lspci", "-O", f"sysfs.path={root}/sys/bus/pci", "-vvv"]}[side]
    start = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return 1000 * (time.monotonic() - start)
