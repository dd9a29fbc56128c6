# SPDX-License-Identifier: GPL-2.0-or-later
"""The config spaces that tenon makes, as lspci reads them."""
import re

import pytest

from builds import built, run


def lspci(tmp_path, speed, width):
    """Function -> lspci's lines about it, stripped."""
    dump = tmp_path / "dump"
    dump.write_text(run(built("build-gcc") / "tests/dump/dump-pci", str(speed), str(width)))
    out = run("lspci", "-n", "-vvv", "-F", dump)
    blocks = [b for b in re.split("^(?=00:)", out, flags=re.M) if b.startswith("00:")]
    return {b.split()[0]: [line.strip() for line in b.splitlines()] for b in blocks}


def starting(lines, start):
    found = [line for line in lines if line.startswith(start)]
    assert len(found) == 1, "\n".join(lines)
    return found[0]


def test_pci_chipset(tmp_path):
    functions = lspci(tmp_path, 4, 16)
    assert list(functions) == ["00:00.0", "00:01.0", "00:1f.0"]
    assert functions["00:00.0"][:2] == ["00:00.0 0600: 8086:29c0", "Subsystem: 1af4:1100"]
    assert functions["00:1f.0"][0] == "00:1f.0 0601: 8086:2918"


@pytest.mark.parametrize("name, speed, width, text", [
    ("pci-link-1-x1", 1, 1, "Speed 2.5GT/s, Width x1"),
    ("pci-link-4-x16", 4, 16, "Speed 16GT/s, Width x16"),
    ("pci-link-5-x8", 5, 8, "Speed 32GT/s, Width x8"),
])
def test_pci_link(tmp_path, name, speed, width, text):
    port = lspci(tmp_path, speed, width)["00:01.0"]
    assert f" {text}, ASPM not supported" in starting(port, "LnkCap:")
    assert text in starting(port, "LnkSta:").replace(" (ok)", "")
    assert "DLActive+" in starting(port, "TrErr-")


def test_pci_root_port(tmp_path):
    port = lspci(tmp_path, 4, 16)["00:01.0"]
    assert "Bus: primary=00, secondary=01, subordinate=01, sec-latency=0" in port
    # The name of the interrupt message number in pciutils before 3.11.
    express = starting(port, "Capabilities: [50]").replace("MSI 00", "IntMsgNum 0")
    assert "Express (v2) Root Port (Slot+), IntMsgNum 0" in express
    slot = starting(port, "SltCap:")
    assert "HotPlug- Surprise-" in slot
    assert "Slot #1, " in starting(port, "Slot #")
    assert "PresDet+" in starting(port, "SltSta:")
    acs = "SrcValid+ TransBlk+ ReqRedir+ CmpltRedir+ UpstreamFwd+ EgressCtrl- DirectTrans-"
    assert starting(port, "ACSCap:").split(None, 1)[1] == acs
    assert starting(port, "ACSCtl:").split(None, 1)[1] == acs
    assert "64-bit" in starting(port, "Prefetchable memory behind bridge:")
