# SPDX-License-Identifier: GPL-2.0-or-later
"""USB devices of the host, as the commands name them."""
import json
import pathlib
import subprocess

import pytest

import usbtree
from builds import tenon
from hosttree import Tree


@pytest.fixture(name="host")
def fixture_host(tmp_path):
    return usbtree.make(Tree(tmp_path / "host")).root


def listed(host, *args, code=0):
    done = subprocess.run([tenon(), "list", "--usb", "--sysroot", host, *args], text=True,
                          capture_output=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout if not code else done.stderr


def test_cli_list_usb(host):
    """Each device by its port, with who uses it and what the host needs; nothing acts on the terminal."""
    text = listed(host)
    rows = {line.split()[0]: line for line in text.splitlines()}
    assert list(rows) == ["PORT", "3-1", "3-2", "3-2.4", "3-3", "3-4", "3-5", "3-6"]
    assert "046d:c31c" in rows["3-1"] and "Logitech USB Keyboard" in rows["3-1"]
    assert rows["3-1"].endswith("needed: it is a keyboard of this host")
    assert rows["3-2"].endswith("hub")
    assert " Logitech Mouse " in rows["3-2.4"] and rows["3-2.4"].endswith("in use")
    assert rows["3-3"].endswith("needed: sdb1 is mounted at /media/stick")
    assert "4C54" in rows["3-4"] and rows["3-4"].endswith("taken: a program")
    assert rows["3-5"].endswith("free")
    assert text.isprintable() or set(c for c in text if not c.isprintable()) == {"\n"}


def test_cli_list_usb_names(host):
    """What does not say its name has that of udev's database."""
    if not pathlib.Path("/usr/lib/udev/hwdb.bin").exists():
        pytest.skip("this machine has no udev")
    device = json.loads(listed(host, "--json"))["devices"][-1]
    assert device["maker"].startswith("Logitech") and "Mouse" in device["name"], device


def test_cli_list_usb_json(host):
    devices = {d["port"]: d for d in json.loads(listed(host, "--json"))["devices"]}
    assert devices["3-3"]["disk"] == "sdb1" and devices["3-3"]["disk_use"] == "mounted at /media/stick"
    assert devices["3-3"]["serial"] == "4C53" and devices["3-3"]["speed"] == "480"
    assert [i["driver"] for i in devices["3-1"]["interfaces"]] == ["usbhid", "usbhid"]
    assert devices["3-4"]["taken"] and devices["3-4"]["needed"] is None
    assert devices["3-2"]["hub"] and not devices["3-1"]["hub"]
    assert len(devices["3-5"]["interfaces"]) <= 32


def test_cli_list_usb_without(tmp_path):
    """A host without USB, and options that do not go together."""
    host = Tree(tmp_path / "host").root
    assert "no USB" in listed(host, code=3)
    assert "--usb shows other devices" in listed(host, "--tree", code=2)


@pytest.mark.parametrize("value,said", [
    ("046d", "names no USB device"), ("port=3", "is no port of a USB device"),
    ("046d:c31c,force=maybe", "force"), ("", "names no USB device")])
def test_cli_run_usb_wrong(value, said):
    done = subprocess.run([tenon(), "run", "--usb", value, "--print-config"], text=True,
                          capture_output=True, check=False)
    assert done.returncode == 2 and said in done.stderr
