# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon capture: a host in one file, and back; what is masked; files that are hostile."""
import json
import os
import subprocess

import pytest

from builds import tenon
from test_cli import wait_for
from hosttree import GPU, Tree, config

MAC, UUID = "52:54:00:ab:cd:ef", "123e4567-e89b-12d3-a456-426614174000"
SERIAL = 0x1122334455667788


def run(*args, code=0, **kwargs):
    done = subprocess.run([tenon(), *map(str, args)], text=True, capture_output=True, timeout=60,
                          check=False, **kwargs)
    assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout}{done.stderr}"
    return done


@pytest.fixture
def host(tmp_path):
    tree = Tree(tmp_path / "host")
    tree.set(GPU, "config", config(0x10DE, 0x2204, 0x030000, multi=True, rebar=(0x1C0, 8),
                                   serial=SERIAL))
    tree.write("proc/cmdline", f"root=UUID={UUID} intel_iommu=on\n")
    tree.write("dmesg", f"nvidia 0000:01:00.0: eth {MAC}, SerialNumber: S3CR3T-77\n"
                        "DMAR-IR: Enabled IRQ remapping in x2apic mode\nusb 1-1: keyboard\n")
    tree.write("proc/net/route", "Iface\tDestination\tGateway\tFlags\n"
                                 "eth0\t00000000\t0102A8C0\t0003\n")
    tree.link("sys/class/net/eth0", "../../devices/pci0000:00/0000:00:00.0/net/eth0")
    tree.write("sys/devices/pci0000:00/0000:00:00.0/net/eth0/address", MAC + "\n")
    tree.write("etc/modprobe.d/x.conf", "options wifi psk=hush\noptions vfio-pci ids=10de:2204\n")
    tree.process(77, "Xorg", "/dev/dri/card1")
    tree.process(78, "vault")
    return tree


def captured(tmp_path, host):
    path = tmp_path / "host.capture"
    run("capture", "-o", path, "--sysroot", host.root)
    return path


@pytest.mark.parametrize("args", [["list"], ["groups"], ["explain", GPU], ["check"],
                                  ["plan", GPU]])
def test_capture_same(args, tmp_path, host):
    """The commands print the same for a host and for its capture."""
    path = captured(tmp_path, host)
    got = [subprocess.run([tenon(), *args, "--json", "--sysroot", root], text=True,
                          capture_output=True, check=False, timeout=60)
           for root in (host.root, path)]
    assert got[0].returncode == got[1].returncode < 2, got[1].stderr
    texts = [g.stdout.replace(f'"{path}"', "X").replace(f'"{host.root}"', "X") for g in got]
    # Masked values differ intentionally.
    same = texts[0].replace(UUID, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") == texts[1]
    assert same, texts


def test_capture_masked(tmp_path, host):
    text = captured(tmp_path, host).read_text()
    assert "/proc/78/" not in text and "keyboard" not in text and "hush" not in text
    for secret in (MAC, UUID, "S3CR3T", "0102A8C0", "88 77 66 55"):
        assert secret not in text, secret
    assert "xx:xx:xx:xx:xx:xx, SerialNumber: xxxxxx-xx" in text
    assert "DMAR-IR: Enabled IRQ remapping" in text and "ids=10de:2204" in text
    assert "de 10 04 22" in text
    # The other extended capabilities are unchanged: their headers lead to the serial number.
    assert "03 00 01 00 00 00 00 00 00 00 00 00" in text


PERSONAL = ("root=/dev/mapper/vg-root ro intel_iommu=on iommu=pt vfio-pci.ids=10de:2204 "
            "ip=10.11.12.13::10.11.12.1:255.255.255.0:zaphod:eth0:off hostname=zaphod "
            "systemd.hostname=zaphod rd.luks.password=mellon nfsroot=heartofgold:/srv/zaphod "
            "inst.ks=http://ford:mellon@heartofgold.example/ks.cfg "
            "systemd.set_credential=passwd.plaintext:x,token=mellon pcie_acs_override=downstream\n")


def test_capture_personal(tmp_path, host):
    """Networks, host names, servers, users and passwords in the kernel's command line and in mounts
    are masked."""
    (host.root / "proc/cmdline").write_text(PERSONAL)
    mounts = host.root / "proc/self/mountinfo"
    mounts.parent.mkdir(parents=True, exist_ok=True)
    mounts.write_text("91 28 0:44 / /home/zaphod/share rw - cifs "
                      "//heartofgold/share rw,username=zaphod,password=mellon,addr=10.11.12.14\n"
                      "92 28 0:45 / /mnt rw - nfs4 heartofgold:/srv rw,addr=10.11.12.14\n")
    text = captured(tmp_path, host).read_text()
    for secret in ("zaphod", "mellon", "heartofgold", "10.11.12", "ford"):
        assert secret not in text, secret
    for kept in ("root=/dev/mapper/vg-root ro intel_iommu=on iommu=pt vfio-pci.ids=10de:2204",
                 "pcie_acs_override=downstream", "nfs4 xxxxxxxxxxx:/srv rw"):
        assert kept in text, kept


def test_capture_json(tmp_path, host):
    path = tmp_path / "out"
    got = json.loads(run("capture", "-o", path, "--json", "--sysroot", host.root).stdout)
    assert got["written"] == str(path) and got["size"] == path.stat().st_size
    assert got["files"] > 30 and got["links"] > 10 and got["unreadable"] == 0


def test_capture_this_host(tmp_path):
    """Captures the machine that the tests run on, as whichever user they run."""
    path = tmp_path / "out"
    done = subprocess.run([tenon(), "capture", "-o", path], check=False, capture_output=True,
                          timeout=60)
    assert done.returncode in (0, 1), done.stderr
    assert path.read_text().startswith("tenon-capture 1\n")


def test_capture_usage(tmp_path, host):
    run("capture", code=2)
    run("capture", "-o", tmp_path / "x", "more", code=2)
    path = captured(tmp_path, host)
    assert "never overwritten" in run("capture", "-o", path, "--sysroot", host.root, code=3).stderr


def test_capture_unchangeable(tmp_path, host):
    path = captured(tmp_path, host)
    assert "is a capture" in run("bind", GPU, "--sysroot", path, code=3).stderr


BROKEN = [
    "tenon-capture 2\n",
    "text 3 /a\nabcd\n",
    "text 9999999999999 /a\nabc\n",
    "text 100000000 /a\nabc\n",
    "text 3 /a\nabc",
    "text -1 /a\nabc\n",
    "text 3 a\nabc\n",
    "text 3 /a/../b\nabc\n",
    "text 3 /..\nabc\n",
    "text 3 /a//b\nabc\n",
    "text 3 /a/\nabc\n",
    "text 3 /" + "a" * 2000 + "\nabc\n",
    "text 3 /a\nabc\ntext 3 /a\nabc\n",
    "link 0 /a\n\n",
    "socket 3 /a\nabc\n",
    "hex 2 /a\n0000: 00 01 02\n",
    "hex 2 /a\n0000: 0g\n",
    "hex 2 /a\nfffffffffff: 00\n",
    # An entry below a link in the same capture, wherever it leads.
    "link 9 /out\n{outside}\ntext 3 /out/file\nabc\n",
    "link 1 /sys\n.\nfolder 0 /sys/module\n",
]


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_capture_broken(number, tmp_path):
    """A hostile capture is refused with one message, and no file of it remains or is created
    elsewhere."""
    outside, scratch = tmp_path / "outside", tmp_path / "scratch"
    outside.mkdir()
    scratch.mkdir()
    text = BROKEN[number]
    if "{outside}" in text:
        text = text.replace("link 9", f"link {len(str(outside))}").format(outside=outside)
    if not text.startswith("tenon"):
        text = "tenon-capture 1\n" + text
    path = tmp_path / "bad"
    path.write_text(text)
    done = run("list", "--sysroot", path, code=3, env={**os.environ, "TMPDIR": str(scratch)})
    assert done.stdout == "" and str(path) in done.stderr
    assert not list(outside.iterdir())
    wait_for(lambda: not list(scratch.iterdir()))


def test_capture_links_stay_inside(tmp_path, host):
    """A link that leads out of the capture is broken."""
    secret = tmp_path / "secret"
    secret.write_text("root=/dev/secret pcie_acs_override=downstream\n")
    text = captured(tmp_path, host).read_text()
    head = text.index(" /proc/cmdline\n")
    start = text.rindex("\n", 0, head) + 1
    size = int(text[start + 5:head])
    end = head + len(" /proc/cmdline\n") + size + 1
    path = tmp_path / "linked"
    path.write_text(text[:start] + f"link {len(str(secret))} /proc/cmdline\n{secret}\n" + text[end:])
    got = json.loads(run("check", "--json", "--sysroot", path).stdout)
    override = next(f for f in got["findings"] if f["check"] == "acs-override")
    assert override["text"] == "the kernel's command line is not known"


def test_capture_leaves_nothing(tmp_path, host):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    run("list", "--sysroot", captured(tmp_path, host),
        env={**os.environ, "TMPDIR": str(scratch)})
    wait_for(lambda: not list(scratch.iterdir()))
