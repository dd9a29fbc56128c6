# SPDX-License-Identifier: GPL-2.0-or-later
"""plan, bind, release, recover, reset and vga from the command line, on fake hosts."""
import json
import os
import pathlib
import pwd
import re
import subprocess

import pytest

from builds import built, run, tenon

CARD, SOUND, DISK, NIC, BOOT = (
    "0000:01:00.0", "0000:01:00.1", "0000:00:17.0", "0000:00:1f.6", "0000:02:00.0")


class Host:
    """A fake host, with a fake kernel that reacts to writes to its sysfs."""

    def __init__(self, root):
        self.root = root
        root.mkdir()
        run(built("build-gcc") / "tests/dump/made-host", root)

    def tenon(self, *args, **variables):
        shim = built("build-gcc") / "tests/shim/made-kernel.so"
        return subprocess.run(
            [tenon(), args[0], "--sysroot", self.root, *args[1:]], text=True, check=False,
            capture_output=True, timeout=60,
            env={**os.environ, "LD_PRELOAD": shim, "MADE_ROOT": str(self.root), **variables})

    def json(self, *args, code=0):
        done = self.tenon(*args, "--json")
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)

    def state(self):
        return run(built("build-gcc") / "tests/dump/made-host", "--state", self.root)

    def write(self, path, text):
        where = self.root / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text)

    def journals(self):
        directory = self.root / "var/lib/tenon/journal"
        return sorted(p.name for p in directory.iterdir()) if directory.exists() else []


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path / "host")


def codes(plan):
    return [o["code"] for o in plan["objections"]]


def test_act_plan(host):
    """A plan is data: devices, operations with exactly what is written, objections."""
    plan = host.json("plan", "01:00.1")
    assert [(d["address"], d["part"], d["with"], d["driver_now"], d["driver"], d["ready"])
            for d in plan["devices"]] == [
        (CARD, "group", SOUND, "nouveau", "vfio-pci", False),
        (SOUND, "asked", None, "snd_hda_intel", "vfio-pci", False)]
    assert {"kind": "unbind", "device": CARD, "value": CARD, "driver": "nouveau",
            "file": f"/sys/bus/pci/devices/{CARD}/driver/unbind",
            "words": f"{CARD}: leave the driver nouveau",
            "why": "a device has one driver at a time"} in plan["operations"]
    assert plan["allowed"] and not plan["objections"] and plan["run_after"] is None
    # Each operation has the same fields, and the two boot facts are null where unknown.
    assert len({tuple(op) for op in plan["operations"]}) == 1
    plan = host.json("plan", "01:00.0")
    assert plan["boot"] == [{"device": CARD, "mode": "unknown", "efi": None, "bios": None,
                             "why": plan["boot"][0]["why"]}]


def test_act_plan_refuses(host):
    """Objections to a plan are printed, with exit code 1, and --force overrides some."""
    host.write("proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
    (host.root / "sys/dev/block").mkdir(parents=True)
    (host.root / "sys/class/block").mkdir(parents=True)
    for link in ("dev/block/8:1", "class/block/sda1"):
        (host.root / "sys" / link).symlink_to(
            "../../devices/pci0000:00/0000:00:17.0/ata1/block/sda/sda1")
    plan = host.json("plan", DISK, code=1)
    assert codes(plan) == ["mounted"] and not plan["allowed"]
    assert plan["objections"][0]["forceable"] and "/ (sda1)" in plan["objections"][0]["text"]
    assert host.json("plan", "--force", DISK)["allowed"]
    assert codes(host.json("plan", BOOT, code=1)) == ["boot-vga"]
    assert codes(host.json("plan", "0000:00:01.0", code=1)) == ["not-assignable"]
    plan = host.json("plan", "--force", "09:00.0", code=1)
    assert codes(plan) == ["no-device"] and not plan["objections"][0]["forceable"]
    assert codes(host.json("plan", "--persist", CARD, code=1)) == ["no-persist"]


def test_act_plan_text(host):
    """The text for people has no colours in a pipe, and a plan changes nothing."""
    before = host.state()
    done = host.tenon("plan", CARD)
    assert done.returncode == 0 and "\x1b" not in done.stdout
    assert f"{CARD} > /sys/bus/pci/devices/{CARD}/driver/unbind" in done.stdout
    assert "shares the IOMMU group of 0000:01:00.0" in done.stdout
    assert re.search(r"Boot mode in a guest\n  unknown: ", done.stdout)
    # The command to run next, if the boot mode is known.
    assert "tenon run" not in done.stdout
    done = host.tenon("plan", "--for", "secondary", CARD)
    assert re.search(rf"^  secondary: .*its own driver starts.*\n.*\n?"
                     rf"  tenon run --display vnc=:0 --device {CARD}( --device 0000:01:00.1)?$",
                     done.stdout, re.M), done.stdout
    assert host.state() == before and not host.journals()


def test_act_for_user(host):
    """The group's file is the user's with the bind or later, and root's again with the release."""
    wrong = host.tenon("plan", "--for-user", "no-such-user", CARD)
    assert wrong.returncode == 2 and "there is no user no-such-user" in wrong.stderr
    group = host.root / "dev/vfio/1"
    host.write("dev/vfio/1", "")
    before, first = host.state(), group.stat().st_uid
    name = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    uid = pwd.getpwnam(name).pw_uid
    owners = [(op["file"], op["value"]) for op in host.json("plan", "--for-user", name, CARD)[
        "operations"] if op["kind"] == "owner"]
    assert owners == [("/dev/vfio/1", str(uid)), *(
        (f"/sys/bus/pci/devices/{d}/vfio-dev", str(uid)) for d in (CARD, SOUND)), ("/dev/iommu", str(uid))]
    assert f"chown {uid} /dev/vfio/1" in host.tenon("plan", "--for-user", name, CARD).stdout
    for first_bind in ([], ["bind", CARD]):
        if first_bind:
            assert host.json(*first_bind)["result"] == "bound"
            assert group.stat().st_uid == first
        assert host.json("bind", "--for-user", name, CARD)["result"] == "bound"
        assert group.stat().st_uid == uid
        assert host.json("bind", "--for-user", name, CARD)["result"] == "already"
        assert host.json("release", CARD)["transactions"][0]["result"] == "put-back"
        assert group.stat().st_uid == first and host.state() == before and not host.journals()


def test_act_bind(host):
    """Bind, bind again, release: results as JSON and as text, and the host is as before."""
    before = host.state()
    done = host.json("bind", CARD)
    assert done["result"] == "bound" and done["error"] is None
    assert host.journals() == [f"{CARD}.bind.journal"]
    assert host.json("bind", CARD)["result"] == "already"
    listed = host.json("recover")["transactions"]
    assert [(t["devices"], t["result"]) for t in listed] == [([CARD, SOUND], "in-force")]
    done = host.tenon("plan", CARD)
    assert "There is nothing to do." in done.stdout
    back = host.json("release", SOUND, CARD)["transactions"]
    assert [(t["devices"], t["result"], t["error"]) for t in back] == [
        ([CARD, SOUND], "put-back", None)]
    assert host.state() == before and not host.journals()
    assert host.tenon("recover").stdout == "There is nothing to put back.\n"


def take_away(host, drivers):
    """The host's kernel removes devices and finds them again, for these drivers."""
    for device, driver in drivers.items():
        directory = host.root / "sys/bus/pci/devices" / device
        (directory / "driver").unlink()
        (directory / "driver_override").write_text("(null)\n")
        if driver:
            (directory / "driver").symlink_to(f"../../../../bus/pci/drivers/{driver}")


@pytest.mark.parametrize("drivers", [
    {CARD: "nouveau", SOUND: "snd_hda_intel"}, {CARD: None, SOUND: None}])
def test_act_bind_over(host, drivers):
    """After the host has removed devices, they can be bound again, and go back to their drivers."""
    before = host.state()
    assert host.json("bind", CARD)["result"] == "bound"
    take_away(host, drivers)
    done = host.json("bind", CARD)
    assert done["result"] == "bound" and done["error"] is None
    assert host.journals() == [f"{CARD}.bind.journal"]
    assert host.json("release", CARD)["transactions"][0]["result"] == "put-back"
    assert host.state() == before and not host.journals()


def test_act_bind_half_over(host):
    """If VFIO has only a part of the devices still, the message says what happened and what helps."""
    host.json("bind", CARD)
    take_away(host, {CARD: "nouveau"})
    done = host.tenon("bind", CARD)
    assert done.returncode == 3 and "the host took it away" in done.stderr
    assert f"tenon release {CARD}" in done.stderr
    assert host.tenon("release", CARD).returncode == 0 and not host.journals()
    assert host.json("bind", CARD)["result"] == "bound"


def test_act_bind_refused(host):
    """A refused bind changes nothing; --force says what it overrides."""
    before = host.state()
    done = host.json("bind", BOOT, code=1)
    assert done["result"] == "refused" and host.state() == before
    done = host.tenon("bind", "--force", BOOT)
    assert done.returncode == 0 and done.stderr.startswith("overruled: 0000:02:00.0 is the disp")
    assert host.tenon("release", BOOT).stdout == f"{BOOT} is as it was\n"
    assert host.state() == before


def test_act_bind_fails(host):
    """If the driver does not bind the device: exit code 3, the reason, and everything is undone."""
    before = host.state()
    for path in (host.root / "sys/bus/pci/drivers/vfio-pci").iterdir():
        path.unlink()
    (host.root / "sys/bus/pci/drivers/vfio-pci").rmdir()
    done = host.json("bind", "--driver", "pci-stub", CARD)
    assert done["result"] == "bound"
    assert host.tenon("release", CARD).returncode == 0
    done = host.tenon("bind", "--driver", "no-such-driver", CARD)
    assert done.returncode == 3 and "no-such-driver" in done.stderr
    assert "All is as it was before." in done.stderr
    assert host.state() == before and not host.journals()


def test_act_persist(host):
    """--persist writes files that release deletes, and says what to run."""
    for directory in ("udev/rules.d", "modprobe.d", "initramfs-tools/hooks"):
        (host.root / "etc" / directory).mkdir(parents=True)
    host.write("lib/modules/6.1.0-made/modules.alias",
               "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n")
    before = host.state()
    done = host.json("bind", "--persist", CARD)
    assert done["run_after"] == "update-initramfs -u -k all"
    made = {op["file"]: op["value"] for op in done["operations"] if op["kind"] == "file"}
    assert len(made) == 3
    for path, text in made.items():
        assert (host.root / path[1:]).read_text() == text
    hook = host.root / "etc/initramfs-tools/hooks/tenon-0000-01-00.0"
    assert os.access(hook, os.X_OK)
    subprocess.run(["sh", "-n", hook], check=True)
    done = subprocess.run(["sh", hook, "prereqs"], capture_output=True, text=True, check=True)
    assert done.stdout == "udev\n"
    for path, text in made.items():
        if "rules.d" in path:
            assert f"[ ! -e /sys/bus/pci/drivers/vfio-pci/{CARD} ]" in text and "$" not in text
        elif "modprobe.d" in path:
            assert "softdep nouveau pre: vfio-pci\n" in text
    # The initramfs still contains them, so it has to be made again after a release, too.
    done = host.json("release", CARD)
    assert done["transactions"][0]["run_after"] == "update-initramfs -u -k all"
    assert host.state() == before


@pytest.mark.parametrize("directory, command, words", [
    ("dracut.conf.d", "dracut --force --regenerate-all",
     ['add_drivers+=" vfio-pci "', "/etc/modprobe.d/tenon-0000-01-00.0.conf /bin/sh"]),
    ("mkinitcpio.conf.d", "mkinitcpio -P", ["MODULES+=( vfio-pci )", "FILES+=(/etc/udev/rules.d/"]),
])
def test_act_persist_makers(host, directory, command, words):
    """What dracut and mkinitcpio read is shell that sets what it should."""
    for name in ("udev/rules.d", "modprobe.d", directory):
        (host.root / "etc" / name).mkdir(parents=True)
    host.write("lib/modules/6.1.0-made/modules.alias",
               "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n")
    done = host.json("bind", "--persist", CARD)
    assert done["run_after"] == command
    path = host.root / "etc" / directory / "tenon-0000-01-00.0.conf"
    subprocess.run(["bash", "-n", path], check=True)
    assert all(word in path.read_text() for word in words), path.read_text()
    assert f"Run `{command}`" in host.tenon("release", CARD).stdout
    assert not path.exists()


def test_act_recover(host):
    """Recover undoes a bind that is killed at any point, with the same command line."""
    before = host.state()
    shim = pathlib.Path(built("build-gcc") / "tests/shim")
    both = f"{shim / 'kill-at.so'}:{shim / 'made-kernel.so'}"
    killed = 0
    for n in range(1, 200):
        done = host.tenon("bind", CARD, LD_PRELOAD=both, KILL_AT=str(n))
        if done.returncode == 0:
            break
        assert done.returncode == -9, done.stderr
        killed += 1
        result = host.json("recover")["transactions"]
        assert all(t["result"] in ("put-back", "in-force") for t in result)
        if any(t["result"] == "in-force" for t in result):
            assert host.tenon("release", CARD).returncode == 0
        assert host.state() == before, n
    assert killed > 40


def test_act_damaged(host):
    """A damaged journal is named, and does not prevent the release of others."""
    before = host.state()
    assert host.tenon("bind", CARD).returncode == 0
    host.write("var/lib/tenon/journal/0000:09:00.0.bind.journal", "nonsense\n")
    done = host.tenon("recover")
    assert done.returncode == 3 and "0000:09:00.0.bind.journal is damaged" in done.stderr
    assert host.tenon("release", CARD).returncode == 0
    assert host.state() == before
    done = host.tenon("release", CARD)
    assert done.returncode == 3


def test_act_release_guest(host):
    """A device that a guest has is not released: the kernel would wait for ever."""
    assert host.tenon("bind", CARD).returncode == 0
    host.write("proc/77/comm", "qemu\n")
    (host.root / "proc/77/fd").mkdir()
    (host.root / "proc/77/fd/9").symlink_to("/dev/vfio/1")
    done = host.tenon("release", SOUND)
    assert done.returncode == 3 and "belongs to a guest: qemu (process 77)" in done.stderr
    assert "vfio-pci" in host.state()
    done = host.json("reset", CARD, code=1)
    assert codes(done) == ["guest"]


def desktop(host):
    """The card is the only display, and a desktop is on it."""
    for address in (BOOT, "0000:00:02.0"):
        where = host.root / "sys/bus/pci/devices" / address
        if where.exists() and (where / "class").read_text().startswith("0x03"):
            (where / "class").write_text("0x020000\n")
            config = bytearray((where / "config").read_bytes())
            config[9:12] = b"\0\0\2"
            (where / "config").write_bytes(config)
    host.write(f"sys/bus/pci/devices/{CARD}/boot_vga", "1\n")
    alias = host.root / "etc/systemd/system/display-manager.service"
    alias.parent.mkdir(parents=True)
    alias.symlink_to("/usr/lib/systemd/system/sddm.service")
    host.write("sys/fs/cgroup/system.slice/sddm.service/cgroup.procs", "812\n")
    drm = host.root / "sys/class/drm/card0"
    drm.parent.mkdir(parents=True)
    drm.symlink_to(f"../../devices/pci0000:00/0000:00:01.0/{CARD}/drm/card0")


def program(host, pid, name, cgroup):
    host.write(f"proc/{pid}/comm", name + "\n")
    host.write(f"proc/{pid}/cgroup", f"0::{cgroup}\n")
    fd = host.root / f"proc/{pid}/fd/5"
    fd.parent.mkdir()
    fd.symlink_to("/dev/dri/card0")


def test_act_take_display(host):
    """A host with one display: plan says so, and what --take-display would do and to whom."""
    desktop(host)
    program(host, 812, "sddm", "/system.slice/sddm.service")
    program(host, 900, "kwin_wayland", "/user.slice/user-1000.slice/user@1000.service/session.slice/"
            "plasma-kwin_wayland.service")
    before = host.state()
    plan = host.json("plan", CARD, code=1)
    assert codes(plan) == ["boot-vga", "in-use"]
    assert "It is the host's only display." in plan["objections"][0]["help"]
    plan = host.json("plan", "--take-display", CARD)
    assert plan["allowed"] and not plan["objections"]
    assert [(op["value"], op["file"], op["words"]) for op in plan["operations"]
            if op["kind"] == "service"] == [
        ("sddm.service", "/sys/fs/cgroup/system.slice/sddm.service", "stop sddm.service")]
    assert any("kwin_wayland (process 900" in note["text"] for note in plan["notes"])
    program(host, 901, "python3", "/user.slice/user-1000.slice/session-4.scope")
    host.write("run/systemd/sessions/4", "ACTIVE=1\nTYPE=tty\nREMOTE=1\n")
    plan = host.json("plan", "--take-display", CARD, code=1)
    assert codes(plan) == ["in-use"] and "python3 (process 901" in plan["objections"][0]["text"]
    assert host.state() == before and not host.journals()


def test_act_reset(host):
    """The reset methods are in order; a dry run changes nothing and makes no journal."""
    assert codes(host.json("reset", "--dry-run", DISK, code=1)) == ["in-use"]
    done = host.json("reset", "--dry-run", "--force", DISK)
    assert [m["method"] for m in done["methods"]] == ["flr", "bus", "slot"]
    assert done["method"] == "flr" and done["result"] == "planned"
    done = host.json("reset", CARD, code=1)
    assert codes(done) == ["in-use"] and done["on_the_link"] == [SOUND]
    assert [m["usable"] for m in done["methods"]] == [False, False, True]
    assert not host.journals()
    # The fake host's devices have no file `reset`, so the kernel's refusal is shown, too.
    assert host.tenon("reset", "--force", DISK).returncode == 3
    assert "reset_method = flr bus" in host.state()


def test_act_vga(host):
    """Without an arbiter, the registers of bridges and cards are shown."""
    view = host.json("vga")
    assert not view["arbiter"] and view["default"] is None
    cards = {c["address"]: c for c in view["cards"]}
    assert set(cards) == {CARD, BOOT}
    assert cards[CARD]["bridges"] == [
        {"address": "0000:00:01.0", "forwards_vga": False, "decodes_16_bits": False}]
    assert cards[CARD]["reached"] is False and cards[CARD]["arbiter"] is None
    assert cards[BOOT]["boot_vga"] and cards[BOOT]["answers"] == "io+mem"
    assert "a captured host has no arbiter to ask" in host.tenon("vga").stdout


USAGE = [
    ("plan",), ("bind",), ("release",), ("reset",), ("recover", "x"), ("vga", "x"),
    ("plan", "zz"), ("bind", "zz"), ("release", "zz"), ("plan", "--for", "tea", CARD),
    ("plan", "--driver", "../x", CARD), ("bind", "--lspci", "x", CARD), ("bind", "--odd", CARD),
    ("reset", "--method", "kick", CARD), ("reset", CARD, SOUND), ("release", "--force", CARD),
]


def test_act_usage():
    """A wrong command line gives exit code 2 and says where help is, before the host is read."""
    for args in USAGE:
        done = subprocess.run([tenon(), *args], text=True, capture_output=True, check=False)
        assert done.returncode == 2, args
        assert f"`tenon {args[0]} --help`" in done.stderr, args
    for name in ("plan", "bind", "release", "recover", "reset", "vga"):
        done = subprocess.run([tenon(), name, "--help"], text=True, capture_output=True,
                              check=False)
        assert done.returncode == 0 and done.stdout.startswith(f"Usage: tenon {name}")
        assert max(map(len, done.stdout.splitlines())) <= 95, name
