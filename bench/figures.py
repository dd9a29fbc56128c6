# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured. To add a figure, write a function with the decorator below it:

    @in_lab(name="unit", …)     the function takes a Side of inside.py in the lab's host
    @here(name="unit", …)       the function takes "tenon" or "peer" and the Files, on this machine

It runs once for a sample and returns a dictionary with a number for each name, or one number if
there is one name. Less is better in each.
"""
import contextlib
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import images
from monitors import SECURE_VARS, TAP, Guest, resident, together

LAB, HERE = [], []
HOST, LARGE_HOST = 2560, 10240      # MiB of the lab's host
SIDES = ("tenon", "peer")


def measurement(where, units, host, function):
    def sample(*arguments):
        result = function(*arguments)
        return result if isinstance(result, dict) else {next(iter(units)): result}
    sample.units = units
    sample.host = host
    where.append(sample)
    return sample


def in_lab(host=HOST, **units):
    return functools.partial(measurement, LAB, dashed(units), host)


def here(**units):
    return functools.partial(measurement, HERE, dashed(units), 0)


def dashed(units):
    return {name.replace("_", "-"): unit for name, unit in units.items()}


@in_lab(first_instruction_256m="ms")
def first_instruction(side):
    """exec → the first instruction that the guest executes has reached the serial port."""
    with side.started(images.BYTE, side.program("byte", 256)) as run:
        return run.ms


@in_lab(first_instruction_2g="ms", dma_ready_2g="ms")
def two_gib(side):
    """The same with more memory; and exec → a device may reach all of it by DMA. Where all is
    mapped before the guest runs, that is its first instruction."""
    with side.started(images.BYTE, side.program("byte", 2048)) as run:
        first = run.ms
    if side.monitor.maps_first:
        return {"first-instruction-2g": first, "dma-ready-2g": first}
    with side.started(images.BYTE, side.program("masters", 2048)) as run:
        return {"first-instruction-2g": first, "dma-ready-2g": run.ms}


@in_lab(host=LARGE_HOST, first_instruction_8g="ms")
def eight_gib(side):
    with side.started(images.BYTE, side.program("byte", 8192)) as run:
        return run.ms


@in_lab(host=LARGE_HOST, dma_ready_2g_hugepages="ms")
def two_gib_of_huge_pages(side):
    """dma-ready-2g of a machine that takes its memory from the pool of huge pages, which it makes
    larger for that and gives back; the peer has what it takes by itself."""
    if side.monitor.maps_first:
        return two_gib(side)["dma-ready-2g"]
    argv = [*side.program("masters", 2048), "--hugepages", "2M"]
    with side.started(images.BYTE, argv) as run:
        return run.ms


@in_lab(linux_user_space="ms", resident="MiB")
def user_space(side):
    """exec → init's first line; then what the monitor holds in memory beside guest RAM."""
    guest = Guest(512, (side.card,))
    append = "console=ttyS0 quiet cryptomgr.notests edd=off panic=-1 tenon.end=hang"
    with side.started("GUEST up", side.monitor.linux(guest, append)) as run:
        return {"linux-user-space": run.ms, "resident": resident(run.pid, guest.memory)}


# Bus -> the guest's modules for its disk, and what the disk is called there.
DISKS = {"virtio": ("virtio_pci,virtio_blk", "vda"), "nvme": ("nvme", "nvme0n1"),
         "sata": ("ahci,sd_mod", "ata1")}


def disk_time(side, bus, step):
    """ms from the first ~ to the ~+ that a guest's step prints; its disk is a file in memory."""
    modules, name = DISKS[bus]
    append = ("console=ttyS0 quiet cryptomgr.notests edd=off panic=-1 tenon.end=hang "
              f"tenon.modules={modules} tenon.steps=disk+name={name}+{step}")
    image = pathlib.Path("/run/bench-disk.img")
    try:
        image.write_bytes(os.urandom(1 << 20) * 128)
        with side.started("~+", side.monitor.disk(Guest(256), image, append, bus)) as run:
            return run.ms - run.first_ms
    finally:
        image.unlink()


def random_4k(side, bus):
    """One of 4,000 reads and writes in turn of 4 KiB, four at a time, anywhere on a disk."""
    return disk_time(side, bus, "random=4000") / 4000 * 1000


def sequential_1m(side, bus):
    """Writing, flushing and reading 96 MiB of a disk in pieces of 1 MiB, one at a time."""
    return disk_time(side, bus, "sequential=96") / 192 * 1000


@in_lab(disk_random_4k="us")
def disk_random(side):
    return random_4k(side, "virtio")


@in_lab(disk_random_4k_nvme="us")
def disk_random_nvme(side):
    return random_4k(side, "nvme")


@in_lab(disk_random_4k_sata="us")
def disk_random_sata(side):
    return random_4k(side, "sata")


@in_lab(disk_sequential_1m="us/MiB")
def disk_sequential(side):
    return sequential_1m(side, "virtio")


@in_lab(disk_sequential_1m_nvme="us/MiB")
def disk_sequential_nvme(side):
    return sequential_1m(side, "nvme")


@in_lab(disk_sequential_1m_sata="us/MiB")
def disk_sequential_sata(side):
    return sequential_1m(side, "sata")


@in_lab(iso_boot="ms")
def iso_boot(side):
    """exec → GRUB, which SeaBIOS has started from a CD image, obeys its configuration."""
    with side.started("GRUB is here", side.monitor.cdrom(Guest(256), side.files["iso"])) as run:
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


@in_lab(bios_prompt="ms")
def bios_prompt(side):
    """exec → SeaBIOS says on the card's screen that there is nothing to boot from."""
    guest = Guest(256, (side.cards["vga"],), vga=True)
    return side.screen("vga", "No bootable device", side.monitor.bios(guest))


@in_lab(uefi_shell="ms", uefi_shell_first="ms")
def uefi_shell(side):
    """exec → the first line of OVMF's shell, with the variables that an earlier start has left; and
    of that start, with a fresh store."""
    guest = Guest(512, (side.card,))
    times = {}
    with rare_ticks(), tempfile.TemporaryDirectory() as directory:
        store = pathlib.Path(directory) / "vars.fd"
        shutil.copyfile(side.files["firmware-vars"], store)
        for name in "uefi-shell-first", "uefi-shell":
            with side.started("UEFI Interactive Shell", side.monitor.uefi(guest, store)) as run:
                times[name] = run.ms
    return times


@in_lab(secure_boot="ms")
def secure_boot(side):
    """exec → OVMF with Secure Boot and SMM refuses its own shell, which is not signed, with the
    variables that an earlier start has left."""
    guest = Guest(512, (side.card,))
    with rare_ticks(), tempfile.TemporaryDirectory() as directory:
        store = pathlib.Path(directory) / "vars.fd"
        shutil.copyfile(SECURE_VARS, store)
        for _ in range(2):
            with side.started("Security Violation", side.monitor.secure_boot(guest, store)) as run:
                ms = run.ms
    return ms


@in_lab(login="ms")
def login(side):
    """exec → the login of an installed disk on the serial port, through OVMF and GRUB, with the
    variables that the sample before has left."""
    store = pathlib.Path(f"/run/bench-vars-{type(side.monitor).__name__}.fd")
    image = pathlib.Path("/run/bench-login.disk")
    if not store.exists():
        shutil.copyfile(side.files["firmware-vars"], store)
    try:
        subprocess.run(["cp", "--sparse=always", side.files["installed-disk"], image], check=True)
        argv = side.monitor.installed(Guest(512, (side.card,)), store, image)
        with rare_ticks(), side.started("installed login:", argv) as run:
            return run.ms
    finally:
        image.unlink(missing_ok=True)


@in_lab(reboot="ms")
def reboot(side):
    """The guest resets the machine → its first instruction; the mean of five."""
    with side.started(5 * images.BYTE + images.BYTE, side.program("reboots", 512)) as run:
        return (run.ms - run.first_ms) / 5


@in_lab(devices_slope="ms/device")
def devices(side):
    """What each device beyond the first adds to first-instruction-256m, up to eight."""
    times = []
    for cards in side.some_cards(1), side.some_cards(8):
        argv = side.monitor.program("byte", Guest(256, cards))
        with side.started(images.BYTE, argv) as run:
            times.append(run.ms)
    return (times[1] - times[0]) / 7


@in_lab(guests_slope="ms/guest")
def guests(side):
    """What each guest beyond the first adds until all have executed their first instruction, up to
    eight that start at once with 128 MiB; each but the last has a card."""
    times = []
    for count in 1, 8:
        cards = [(card,) for card in side.lone_cards()] + [()] * count
        commands = [side.monitor.program("byte", Guest(128, cards[n])) for n in range(count)]
        with side.started(count * images.BYTE, together(commands)) as run:
            times.append(run.ms)
    return (times[1] - times[0]) / 7


TRANSFER = 32   # MiB each way


@contextlib.contextmanager
def peer(side):
    """What a guest sends to and receives from."""
    with tempfile.TemporaryDirectory() as directory:
        server = subprocess.Popen(["python3", side.files["net-peer"], directory],
                                  env={**os.environ, "MIB": str(TRANSFER)})
        while not (pathlib.Path(directory) / "peer.ready").exists():
            time.sleep(0.1)
        try:
            yield
        finally:
            server.kill()
            server.wait()


@contextlib.contextmanager
def tap():
    subprocess.run(["modprobe", "-a", "tun", "vhost_net"], check=True)
    for words in (f"tuntap add {TAP} mode tap", f"address add 10.7.0.1/24 dev {TAP}",
                  f"link set {TAP} up"):
        subprocess.run(["ip", *words.split()], check=True)
    try:
        yield
    finally:
        subprocess.run(["ip", "tuntap", "del", TAP, "mode", "tap"], check=True)


def network(side, kind, address):
    """A stream of TRANSFER MiB to the guest and one from it, in ms of the guest's clock."""
    append = ("console=ttyS0 quiet cryptomgr.notests edd=off panic=-1 "
              "tenon.modules=virtio_pci,virtio_net "
              f"tenon.steps=net+{address}+get=7001+put=7002+mib={TRANSFER}+timeout=130")
    with peer(side):
        text = side.said(side.monitor.network(Guest(512), kind, append))
    times = {}
    for name, key in ("receive", "get_ms"), ("send", "put_ms"):
        found = re.search(rf"{key}=(\d+)", text)
        if not found:
            raise RuntimeError(f"the guest has no {key}: {text}")
        times[f"net-{kind}-{name}"] = float(found[1])
    return times


@in_lab(net_user_receive="ms", net_user_send="ms")
def network_user(side):
    """Over libslirp, which both monitors take."""
    return network(side, "user", "ping=1")


@in_lab(net_tap_receive="ms", net_tap_send="ms")
def network_tap(side):
    """Over a tap, with vhost-net."""
    with tap():
        return network(side, "tap", "ip=10.7.0.2+to=10.7.0.1")


# In the order of the table; the lab is started once for each size of host that they need.
ORDER = ["first-instruction-256m", "first-instruction-2g", "first-instruction-8g", "dma-ready-2g",
         "linux-user-space", "bios-prompt", "uefi-shell", "resident", "reboot", "devices-slope",
         "guests-slope", "uefi-shell-first", "secure-boot", "login", "dma-ready-2g-hugepages",
         "iso-boot", "disk-random-4k", "disk-random-4k-nvme", "disk-random-4k-sata",
         "disk-sequential-1m", "disk-sequential-1m-nvme", "disk-sequential-1m-sata",
         "net-user-receive", "net-user-send", "net-tap-receive", "net-tap-send", "list-10000"]


@functools.cache
def big_host():
    """A captured tree of 10,000 functions, in memory if there is room: the reader is measured,
    not a disk. The TemporaryDirectory goes with the process."""
    where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    directory = tempfile.TemporaryDirectory(prefix="tenon-bench-", dir=where)
    root = pathlib.Path(directory.name) / "host"
    make = pathlib.Path(__file__).resolve().parent / "make-host"
    subprocess.run([make, root, "10000"], check=True, stdout=subprocess.DEVNULL)
    return directory, root


@here(list_10000="ms")
def list_10000(side, files):
    """tenon list and lspci -vvv of the same host, all of their output thrown away."""
    _, root = big_host()
    argv = {"tenon": [files.tenon, "list", "--sysroot", root],
            "peer": ["lspci", "-O", f"sysfs.path={root}/sys/bus/pci", "-vvv"]}[side]
    start = time.monotonic()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return 1000 * (time.monotonic() - start)
