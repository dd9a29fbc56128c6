# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run with legacy VGA: SeaBIOS runs the assigned cards' own BIOSes, guests draw by them and past
them, and what the cards show is read off from outside. One lab serves all of it but two guests at once."""
import pathlib
import re

import pytest

from builds import tenon
from guest import real_mode
from tenonlab import Lab

HERE = pathlib.Path(__file__).resolve().parent
ROUNDS = 20
CARDS = ["ati", "cirrus", "qxl", "virtio", "deep"]

# Test -> the job of vga.sh that it judges.
JOBS = {
    "lab-vga-cards": "one_by_one",
    "lab-vga-resets": "resets",
    "lab-vga-untouched": "untouched",
    "lab-vga-scroll": "scroll",
}

PORT = """
[[port]]
id = "rp-{id}"
kind = "root-port"
addr = "{addr}"
"""

DEVICE = """
[[device]]
id = "{id}"
model = "{model}"
under = "{under}"
"""

SWITCH = """
[[port]]
id = "up"
kind = "switch-upstream"
under = "rp-deep"

[[port]]
id = "down"
kind = "switch-downstream"
under = "up"
addr = "0"
"""


MODELS = {"hostvga": "VGA", "vga0": "VGA", "vga1": "VGA", "ati": "ati-vga", "cirrus": "cirrus-vga",
          "qxl": "qxl-vga", "virtio": "virtio-vga", "deep": "VGA"}


def topology(models):
    """The host's own card behind a port, too: where one sits on the root bus, the arbiter turns off
    all of its memory while another card has legacy VGA."""
    text = "".join(PORT.format(id=name, addr=f"{slot:x}") for slot, name in enumerate(models, 2))
    text += SWITCH if "deep" in models else ""
    # QEMU wants a qxl-vga to be the first of its displays; in which slot it is does not matter.
    return text + "".join(
        DEVICE.format(id=name, model=models[name], under="down" if name == "deep" else f"rp-{name}")
        for name in sorted(models, key=lambda name: name != "qxl"))


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("vga")
    given = tmp_path_factory.mktemp("given")
    real_mode.build(given / "letter-A", "A")
    real_mode.build(given / "letter-B", "B")
    real_mode.build(given / "resets", "A", resets=3)
    real_mode.build(given / "scroll", "S", rounds=0, scrolls=2)
    (given / "vga.toml").write_text(topology(MODELS))
    result = Lab(topology=str(given / "vga.toml"), out=directory, timeout=1200).run(
        HERE / "vga.sh", [tenon(), given, *jobs])
    # What is not done at the time limit has no status, and its tests fail.
    assert result.status in (0, 124), result.output
    return directory


@pytest.fixture(scope="module", name="pair")
def fixture_pair(tmp_path_factory):
    """Runs the two guests; the directory with what they left."""
    directory = tmp_path_factory.mktemp("pair")
    given = tmp_path_factory.mktemp("given")
    for letter in "AB":
        real_mode.build(given / f"rounds-{letter}", letter, rounds=ROUNDS, light=True)
    (given / "pair.toml").write_text(topology(
        {name: MODELS[name] for name in ("hostvga", "vga0", "vga1")}))
    result = Lab(topology=str(given / "pair.toml"), out=directory, timeout=1200).run(
        HERE / "vga.sh", [tenon(), given, "together"])
    assert result.status in (0, 124), result.output
    return directory


def drew(out, name, letter):
    """The guest read what it wrote in every mode, and its card shows its text and nothing else."""
    log = (out / f"{name}.log").read_text(errors="replace")
    said = (out / f"{name}.err").read_text(errors="replace")
    assert "VGA PASS" in log and "VGA DONE" in log, f"{log}\n{said[-3000:]}"
    text = (out / f"{name}.text").read_text()
    expected = [f"{letter} was here, line {chr(ord('x') - n)}" for n in range(24)]
    assert [line for line in text.splitlines() if line] == expected, text
    assert (out / f"{name}.status").read_text().strip() == str(128 + 15)
    return log


@pytest.mark.parametrize("card", CARDS)
def test_lab_vga_cards(out, card):
    """Each makes of card posts by its own BIOS: text, 256 colours, planes with latches, scrolling; one
    of them behind a switch of the host."""
    drew(out, f"card_{card}", "A")


def test_lab_vga_resets(out):
    """The card works after each reset of the machine as after the first start."""
    assert drew(out, "resets", "A").count("VGA PASS") == 4


def test_lab_vga_together(pair):
    """Two guests through their rounds of modes, each with its card, while the host writes on a third: no
    byte on another's."""
    drew(pair, "first", "A")
    drew(pair, "second", "B")
    lines = [line for line in (pair / "host.text").read_text().splitlines() if line]
    assert lines[-1] == "host is the last"
    assert len(lines) > 5
    assert all(re.fullmatch(r"host line \d+", line) for line in lines[-6:-1]), lines


def owners(out, when):
    return dict(line.split(" ", 1) for line in (out / f"owners.{when}").read_text().splitlines())


def test_lab_vga_untouched(out):
    """Without vga=on not one access to the ranges: the arbiter gives the card nothing."""
    assert owners(out, "without") == owners(out, "before")
    assert owners(out, "before")["vga1"] == "none", owners(out, "before")
    assert owners(out, "with")["vga1"] == "io+mem", owners(out, "with")


def test_lab_vga_scroll(out):
    """Scrolling a text screen is three times as fast as by QEMU."""
    ticks = {}
    for name in ("scroll", "qemu"):
        log = (out / f"{name}.log").read_text(errors="replace")
        found = re.search(r"VGA SCROLL ([0-9a-f]+)", log)
        assert found, log
        ticks[name] = int(found[1], 16)
    assert ticks["qemu"] >= 3 * ticks["scroll"], ticks
