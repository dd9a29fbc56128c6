# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/user/json.md names every field that there is."""
import json
import subprocess

import pytest

from builds import ROOT, built, run, tenon
from hosttree import GPU, Tree

DOCS = (ROOT / "docs/user/json.md").read_text()

COMMANDS = [
    ["list"], ["list", "--tree"], ["groups"], ["groups", "--predict"], ["explain", GPU], ["check"],
    ["plan", GPU], ["export", "qemu", GPU], ["vga"], ["reset", "--dry-run", GPU],
    ["rom", "rom.bin"], ["capture", "-o", "captured"],
]
CHANGES = [["bind", "0000:01:00.0"], ["recover"], ["release", "0000:01:00.0"]]


def keys(value, found):
    if isinstance(value, dict):
        found |= value.keys()
        value = list(value.values())
    for inner in value if isinstance(value, list) else []:
        keys(inner, found)
    return found


def undocumented(done):
    assert done.stdout, done.stderr
    return [key for key in sorted(keys(json.loads(done.stdout), set())) if f"`{key}`" not in DOCS]


def rom():
    """An option ROM with one image of each kind."""
    image = bytearray(1024)
    image[0:3] = b"\x55\xaa\x02"
    image[0x18] = 0x1C
    image[0x1C:0x34] = b"PCIR\xde\x10\x04\x22\0\0\x18\0\0\0\0\3\2\0\0\0\0\0\0\0"
    efi = bytearray(image)
    efi[2:10] = b"\x02\0\xf1\x0e\0\0\x0b\0"
    efi[10:12] = b"\x64\x86"
    efi[0x1C + 0x14:0x1C + 0x16] = b"\3\x80"
    return bytes(image + efi)


@pytest.mark.parametrize("args", COMMANDS, ids="-".join)
def test_json_fields(args, tmp_path):
    Tree(tmp_path / "host")
    (tmp_path / "rom.bin").write_bytes(rom())
    done = subprocess.run([tenon(), *args, "--json", "--sysroot", "host"], cwd=tmp_path, text=True,
                          capture_output=True, check=False)
    assert undocumented(done) == []


def test_json_changes(tmp_path):
    made = built("build-gcc") / "tests"
    root = tmp_path / "host"
    root.mkdir()
    run(made / "dump/made-host", root)
    for args in CHANGES:
        done = subprocess.run(
            [tenon(), *args, "--json", "--sysroot", root], text=True, capture_output=True,
            check=False, env={"LD_PRELOAD": str(made / "shim/made-kernel.so"),
                              "MADE_ROOT": str(root)})
        assert undocumented(done) == [], args
