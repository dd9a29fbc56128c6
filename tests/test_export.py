# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon export: what it prints, and that QEMU and libvirt's schemas take it."""
import json
import re
import shlex
import shutil
import subprocess
import xml.etree.ElementTree as xml

import pytest

from builds import tenon
from hosttree import GPU, SOUND, Tree, config


@pytest.fixture
def host(tmp_path):
    return Tree(tmp_path / "host")


def export(host, form, *args, code=0):
    done = subprocess.run([tenon(), "export", form, "--sysroot", host.root, *map(str, args)],
                          text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == code, f"{form} {args}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


MODES = ["uefi", "bios", "secondary"]


def values(words, option):
    return [words[i + 1] for i, word in enumerate(words) if word == option]


@pytest.mark.parametrize("mode", MODES)
def test_export_qemu(mode, host, tmp_path):
    """QEMU takes every option: it stops at the first device only because this machine lacks it."""
    text = export(host, "qemu", "--for", mode, "--rom", "/my cards/a,b.rom", GPU)
    made, command = re.fullmatch(r"(?s)(\[.*exit\n)?(qemu-system.*)", text).groups()
    words = shlex.split(command.replace("\\\n", ""))
    assert (made is None) == (mode == "bios")
    if made:
        own = made.replace("/usr/share/OVMF/OVMF_VARS_4M.fd", str(tmp_path / "template"))
        (tmp_path / "template").write_text("variables")
        for contents in ("variables", "changed by the guest"):
            subprocess.run(["sh", "-c", own], cwd=tmp_path, check=True)
            assert (tmp_path / "guest_VARS.fd").read_text() == contents
            (tmp_path / "guest_VARS.fd").write_text("changed by the guest")
    devices = values(words, "-device")
    assert any(d.startswith(f"vfio-pci,host={GPU},bus=port0,addr=00.0,multifunction=on")
               for d in devices)
    assert any(d.startswith(f"vfio-pci,host={SOUND},bus=port0,addr=00.1") for d in devices)
    assert ("x-vga=on" in " ".join(devices)) == (mode == "bios")
    assert ("romfile=/my cards/a,,b.rom" in " ".join(devices)) == (mode != "secondary")
    assert "kvm=off" in values(words, "-cpu")[0]
    assert bool(values(words, "-drive")) == (mode != "bios")
    qemu = shutil.which(words[0])
    if not qemu:
        pytest.skip("qemu-system-x86_64 is not installed")
    vars_file = tmp_path / "guest_VARS.fd"
    firmware = tmp_path / "code.fd"
    vars_file.write_bytes(bytes(128 << 10))
    firmware.write_bytes(bytes(256 << 10))
    for wanted in (GPU, SOUND):
        argv, skip = [qemu, "-S"], False
        for option, value in zip(words[1:], words[2:] + [""]):
            if skip:
                skip = False
                continue
            # Adapts the command to a machine without KVM, without firmware files and with little
            # memory.
            value = value.replace("accel=kvm", "accel=tcg").replace("host,", "max,") \
                if option in ("-machine", "-cpu") else value
            value = "64M" if option == "-m" else value
            value = value.replace("file=/usr/share/OVMF/OVMF_CODE_4M.fd", f"file={firmware}") \
                .replace("file=guest_VARS.fd", f"file={vars_file}")
            if option == "-nodefaults":
                argv.append(option)
                continue
            skip = True
            if not (option == "-device" and value.startswith("vfio-pci") and wanted not in value):
                argv += [option, value]
        done = subprocess.run(argv, text=True, capture_output=True, timeout=60, check=False)
        assert done.returncode == 1, done.stderr
        # The only complaint is about the device itself.
        errors = [line for line in done.stderr.splitlines()
                  if "warning" not in line and not line.startswith("Use -device vfio-pci")]
        only = len(errors) == 1 and "no such host device" in errors[0] and wanted in errors[0]
        assert only, done.stderr


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", ["8.2", "9.0", "10.1"])
def test_export_libvirt(mode, version, host, tmp_path):
    text = export(host, "libvirt", "--for", mode, "--libvirt-version", version, "--rom",
                  "/roms/<a>&'b'.rom", GPU)
    top = xml.fromstring(text)
    hosts = top.findall("devices/hostdev")
    assert [h.find("source/address").get("function") for h in hosts] == ["0x0", "0x1"]
    assert [h.get("managed") for h in hosts] == ["no", "no"]
    assert top.find("features/kvm/hidden").get("state") == "on"
    assert top.find("features/hyperv/vendor_id").get("value")
    assert (top.find("cpu/maxphysaddr") is not None) == (version != "8.2")
    assert (top.find("os/loader") is not None) == (mode != "bios")
    assert (top.find("os/nvram") is not None) == (mode != "bios")
    rom = hosts[0].find("rom")
    if mode == "secondary":
        assert rom.get("bar") == "off"
    else:
        assert rom.get("file") == "/roms/<a>&'b'.rom"
    assert ("x-vga" in text) == (mode == "bios")
    tool = shutil.which("virt-xml-validate")
    if not tool:
        pytest.skip("virt-xml-validate (libvirt-clients) is not installed")
    path = tmp_path / "domain.xml"
    path.write_text(text)
    done = subprocess.run([tool, path, "domain"], text=True, capture_output=True, check=False,
                          timeout=60)
    if "not found" in done.stderr + done.stdout and "xmllint" in done.stderr + done.stdout:
        pytest.skip("xmllint (libxml2-utils) is not installed")
    assert done.returncode == 0, done.stdout + done.stderr + text


def test_export_libvirt_old(host):
    """What a version cannot express is refused, not left out."""
    export(host, "libvirt", "--for", "bios", "--libvirt-version", "8.1", GPU, code=3)


def test_export_cdi(host):
    got = json.loads(export(host, "cdi", GPU))
    assert set(got) == {"cdiVersion", "kind", "devices"}
    assert [d["name"] for d in got["devices"]] == [GPU, SOUND]
    assert [n["path"] for n in got["devices"][0]["containerEdits"]["deviceNodes"]] == \
        ["/dev/vfio/vfio", "/dev/vfio/3"]


def test_export_nova(host):
    text = export(host, "nova", GPU)
    specs = [json.loads(line.split(" = ", 1)[1]) for line in text.splitlines()
             if line.startswith("device_spec")]
    assert specs[0] == {"vendor_id": "10de", "product_id": "2204", "address": GPU,
                        "resource_class": "PGPU"}
    aliases = [json.loads(line.split(" = ", 1)[1]) for line in text.splitlines()
               if line.startswith("alias")]
    assert [a["name"] for a in aliases] == ["guest-10de-2204", "guest-10de-1aef"]
    assert "pci_passthrough:alias=guest-10de-2204:1,guest-10de-1aef:1" in text


def test_export_kubevirt(host):
    text = export(host, "kubevirt", "--name", "win", GPU)
    assert 'pciVendorSelector: "10DE:2204"\n          resourceName: "nvidia.com/2204"' in text
    assert "name: win" in text and "deviceName: nvidia.com/1aef" in text
    yaml = pytest.importorskip("yaml", reason="python3-yaml is not installed")
    kinds = [part["kind"] for part in yaml.safe_load_all(text)]
    assert kinds == ["KubeVirt", "VirtualMachineInstance"]


def test_export_proxmox(host):
    lines = export(host, "proxmox", "--for", "bios", "--rom", "/x/card.rom", GPU).splitlines()
    assert lines[0].startswith("pvesh create /cluster/mapping/pci --id guest-01-00-0 ")
    assert f"path={GPU},id=10de:2204,iommugroup=3,subsystem-id=10de:1234" in lines[0]
    assert any("mapping=guest-01-00-0,pcie=1,x-vga=1,romfile=card.rom" in line for line in lines)
    subprocess.run(["sh", "-n"], input="\n".join(lines), text=True, check=True)


def test_export_ports(host):
    """Each card has a root port, and a function that is assigned alone is function 0."""
    host.device("0000:00:1c.0", config(0x8086, 0x1902, 0x060400, kind=4, buses=(0, 2, 2), acs=True),
                7, driver="pcieport")
    host.device("0000:02:00.0", config(0x10DE, 0x2204, 0x030000), 8, under="0000:00:1c.0",
                driver="vfio-pci", boot_vga="0")
    text = export(host, "qemu", "02:00.0", "01:00.0")
    assert "host=0000:02:00.0,bus=port1,addr=00.0" in text and "id=port2" not in text


def test_export_json(host):
    got = json.loads(export(host, "qemu", "--json", "--for", "secondary", GPU))
    assert got["devices"] == [GPU, SOUND] and got["mode"] == "secondary" and got["allowed"]
    assert "\nqemu-system-x86_64 " in got["text"]


def test_export_objections(host):
    """The export is printed in spite of objections, which are printed, too; exit code 1."""
    host.set(GPU, "boot_vga", "1")
    host.bind(GPU, "nouveau")
    assert "vfio-pci" in export(host, "qemu", GPU, code=1)


@pytest.mark.parametrize("args", [[], ["nosuch", GPU], ["qemu"], ["qemu", "x"],
                                  ["qemu", "--name", "a b", GPU], ["qemu", "--cpus", "0", GPU],
                                  ["libvirt", "--libvirt-version", "nine", GPU]])
def test_export_usage(args):
    done = subprocess.run([tenon(), "export", *args], capture_output=True, check=False, timeout=60)
    assert done.returncode == 2 and done.stdout == b""


def test_export_no_device(host):
    assert export(host, "qemu", "09:00.0", code=3) == ""
