# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/user/json.md names every field that exists."""
import json
import subprocess

import jsonschema
import pytest

from builds import ROOT, built, run, tenon
import usbtree
from hosttree import GPU, Tree

DOCS = (ROOT / "docs/user/json.md").read_text()

COMMANDS = [
    ["list"], ["list", "--tree"], ["list", "--usb"], ["groups"], ["groups", "--predict"], ["explain", GPU], ["check"],
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


def check_schema(name, text):
    """Checks an object against the schema that is installed for it."""
    schema = json.loads((ROOT / f"docs/schema/{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(text))


def schema_of(args):
    return args[0] + "".join(o[1:] for o in ("--tree", "--usb") if o in args)


def undocumented(done, args):
    assert done.stdout, done.stderr
    check_schema(schema_of(args), done.stdout)
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
    usbtree.make(Tree(tmp_path / "host"))
    (tmp_path / "rom.bin").write_bytes(rom())
    done = subprocess.run([tenon(), *args, "--json", "--sysroot", "host"], cwd=tmp_path, text=True,
                          capture_output=True, check=False)
    assert undocumented(done, args) == []


def test_json_disk(tmp_path):
    """Each verb describes the disk in the same way."""
    disk = tmp_path / "a.qcow2"
    for args in (["create", disk, "8M"], ["resize", disk, "16M"], ["info", disk]):
        done = subprocess.run([tenon(), "disk", *args, "--json"], text=True, capture_output=True,
                              check=False)
        assert undocumented(done, ["disk"]) == [], args


def test_json_new(tmp_path):
    Tree(tmp_path / "host")
    done = subprocess.run([tenon(), "new", "a", "--for", "linux", "--disk", "8G", "--dry-run",
                           "--json", "--sysroot", "host"], cwd=tmp_path, text=True,
                          capture_output=True, check=False)
    assert undocumented(done, ["new"]) == []


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
        assert undocumented(done, args) == [], args


# Commands about the hosts of tests/hosts, each of which lacks different facts.
LOOKS = [["list"], ["list", "--tree"], ["groups", "--predict"], ["vga"], ["check"]]


@pytest.mark.parametrize("args", LOOKS, ids=lambda args: "json-schema-" + "-".join(args))
def test_json_schema_hosts(args):
    """For every host the output matches its schema, and each command has a schema."""
    hosts = sorted((ROOT / "tests/hosts").glob("*.txt"))
    assert len(hosts) > 3
    for host in hosts:
        done = subprocess.run([tenon(), *args, "--json", "--lspci", host], text=True,
                              capture_output=True, check=False)
        check_schema("error" if done.returncode > 1 else schema_of(args), done.stdout)
        if args == ["list"]:
            for device in json.loads(done.stdout)["devices"]:
                for command in ("explain", "plan"):
                    done = subprocess.run(
                        [tenon(), command, device["address"], "--json", "--lspci", host],
                        text=True, capture_output=True, check=False)
                    check_schema(command, done.stdout)


def test_json_schema_commands(tmp_path):
    """Each command that takes --json has a schema, and an error has one."""
    table = json.loads(run(tenon(), "complete", "table"))["commands"]
    with_json = {c["name"] for c in table if "json" in {o["name"] for o in c["options"]}}
    there = {p.stem for p in (ROOT / "docs/schema").glob("*.json")}
    assert there == with_json | {"error", "list-tree", "list-usb"}
    done = subprocess.run([tenon(), "explain", "--json"], text=True, capture_output=True,
                          check=False)
    check_schema("error", done.stdout)
    (tmp_path / "trace").write_text(
        "VERSION 20070824\nMAP 0.1 1 0xf0000000 0x0 0x1000 0x0 0\n"
        "R 4 0.2 1 0xf0000000 0x1 0x0 0\nMARK 0.3 hello\n")
    check_schema("trace", run(tenon(), "trace", "--json", tmp_path / "trace"))
    with pytest.raises(jsonschema.ValidationError):
        check_schema("trace", "{}")
