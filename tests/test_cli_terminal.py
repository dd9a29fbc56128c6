# SPDX-License-Identifier: GPL-2.0-or-later
"""What commands print on a terminal: lines that fit, cuts that are marked."""
import os
import re
import unicodedata

import pytest

import terminal
from builds import ROOT, tenon
from hosttree import GPU, IGPU, Tree
from rom_images import bios, driver, efi, vfct
from test_cli import run_tenon


@pytest.fixture
def host(tmp_path):
    return Tree(tmp_path / "host").root


def on_terminal(width, *args, cwd=None):
    """What tenon prints on a terminal of the given width, without colours."""
    env = {k: v for k, v in os.environ.items() if k != "COLUMNS"}
    return terminal.on_terminal(width, [tenon(), *map(str, args)], cwd=cwd,
                                env={**env, "TERM": "dumb", "LC_ALL": "C.UTF-8"})


def columns(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF"
               else 1 for c in line)


WIDE_NAME = "\u5927\u304d\u306a\u30b0\u30e9\u30d5\u30a3\u30c3\u30af\u30b9\u30ab\u30fc\u30c9" * 4


@pytest.mark.parametrize("name", ["cli-width-60", "cli-width-80", "cli-width-120"])
def test_cli_width(name, tmp_path):
    """No line is wider than the terminal; truncated text is marked; --wide truncates nothing."""
    width = int(name.rpartition("-")[2])
    listing = (ROOT / "tests/hosts/switch-ports.txt").read_text()
    listing = re.sub(r"(?m)^(04:00.0 [^:]*: ).*?( \[[0-9a-f:]{9}\])", rf"\1{WIDE_NAME}\2", listing)
    (tmp_path / "host.txt").write_text(listing)
    assert WIDE_NAME in listing
    for args in (["list"], ["list", "--tree"], ["groups", "--predict"], ["vga"],
                 ["explain", "04:00.0"], ["check", "04:00.0"], ["plan", "04:00.0"]):
        args += ["--lspci", tmp_path / "host.txt"]
        shown = on_terminal(width, *args)
        assert shown.strip(), args
        # Commands are meant to be copied, and are not truncated.
        over = [line for line in shown.splitlines()
                if columns(line) > width and not line.startswith("  tenon ")]
        assert not over, (args, over)
        wide = on_terminal(width, *args, "--wide")
        assert WIDE_NAME not in shown or width > 100
        if args[0] in ("list", "groups", "explain", "plan"):
            assert WIDE_NAME in wide, args
            if WIDE_NAME not in shown:
                assert "..." in shown, args


def test_cli_width_narrow(host):
    """Tables give up columns before they break a narrow terminal's lines, and never the address by
    which a row is called."""
    for args in (["list"], ["groups"], ["explain", GPU], ["vga"], ["plan", GPU], ["plan", IGPU]):
        for width in (44, 60):
            shown = on_terminal(width, *args, "--sysroot", host)
            over = [line for line in shown.splitlines()
                    if columns(line) > width and not line.startswith("  tenon ")]
            assert not over, (args, over)
            assert GPU in shown or IGPU in shown, shown
            assert not shown.startswith("\n"), shown
    assert not run_tenon("plan", "00:00.0", "--sysroot", host, code=1).stdout.startswith("\n")


@pytest.mark.parametrize("name", ["cli-width-rom-40", "cli-width-rom-60", "cli-width-rom-80"])
def test_cli_width_rom(name, tmp_path):
    """The same of a ROM, and of a file with several; --wide leaves each row on one line."""
    width = int(name.rpartition("-")[2])
    card = bios(last=False, npde_=(4096, True)) + efi(driver(), last=True) + bios(right=False)
    (tmp_path / "a.rom").write_bytes(card)
    (tmp_path / "vfct").write_bytes(vfct((3, 0, 0, 0x73FF, bios(0x1002, 0x73FF)), (4, 0, 0, 0x1638, bios(0x1002, 0x1638))))
    for file in ("a.rom", "vfct"):
        shown = on_terminal(width, "rom", file, cwd=tmp_path)
        over = [line for line in shown.splitlines() if columns(line) > width]
        assert not over, (file, over)
        wide = on_terminal(width, "rom", file, "--wide", cwd=tmp_path)
        assert " ".join(shown.split()) == " ".join(wide.split()).replace(
            f"{file}: ", f"{file} " if f"{file}: " not in shown else f"{file}: ")
        piped = run_tenon("rom", file, cwd=tmp_path, code=1).stdout
        assert piped == wide
    assert max(map(columns, wide.splitlines())) > 60
