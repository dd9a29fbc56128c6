# SPDX-License-Identifier: GPL-2.0-or-later
"""The SMBIOS tables as dmidecode reads them."""
import os
import shutil

import pytest

from builds import built, run

# Structure -> lines that dmidecode prints for it, for the machine of tests/dump/smbios.c.
WANT = {
    "BIOS Information": ["Vendor: Vendor", "Release Date: 01/02/2026", "UEFI is supported",
                         "System is a virtual machine"],
    "System Information": ["Manufacturer: Maker", "Product Name: Product", "Version: 2.5",
                           "Serial Number: S-1", "UUID: 00112233-4455-6677-8899-aabbccddeeff",
                           "SKU Number: SKU-9", "Family: Family"],
    "Chassis Information": ["Manufacturer: Maker", "Boot-up State: Safe"],
    "Processor Information": ["Socket Designation: CPU 000", "Version: CPU model",
                              "ID: F2 06 03 00 FF FB 8B 1F", "Status: Populated, Enabled",
                              "Core Count: 300", "Thread Count: 600"],
    "Physical Memory Array": ["Maximum Capacity: 64 GB", "Number Of Devices: 1"],
    "Memory Device": ["Size: 64 GB", "Form Factor: DIMM"],
    "Memory Array Mapped Address": ["Range Size: 2 GB"],
    "System Boot Information": ["Status: No errors detected"],
    "End Of Table": [],
}


def test_smbios_dmidecode(tmp_path):
    """dmidecode finds every structure, complete and with the machine's values."""
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    dmidecode = shutil.which("dmidecode", path=path)
    if not dmidecode:
        pytest.skip("dmidecode is not installed")
    dump = tmp_path / "smbios"
    run(built("build-gcc") / "tests/dump/dump-smbios", dump)
    out = run(dmidecode, "--from-dump", dump)
    assert "SMBIOS 3.0.0 present." in out
    for bad in ("TRUNCATED", "OUT OF SPEC", "<BAD", "broken", "Wrong"):
        assert bad not in out, out

    blocks = [b.splitlines() for b in out.split("\n\n")]
    seen = {}
    for block in blocks:
        if len(block) > 1 and block[0].startswith("Handle"):
            seen.setdefault(block[1], [line.strip() for line in block[2:]])
    assert set(seen) == set(WANT)
    for name, lines in WANT.items():
        assert not set(lines) - set(seen[name]), f"{name}: {seen[name]}"
    assert out.count("Processor Information") == 2
    assert out.count("Range Size: 62 GB") == 1
