# SPDX-License-Identifier: GPL-2.0-or-later
"""tenon run --tpm with the distribution's swtpm, firmware, kernel and tpm2-tools. One lab serves all."""
import pathlib
import re

import pytest

from builds import tenon
from guest import tpm_tools
from guest.distribution import OVMF_CODE
from guest.jobs import printed
from guest.unpacked import unpacked
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent

# Test -> the job of tpm.sh that it judges.
JOBS = {
    "lab-tpm-measures": "ovmf",
    "lab-tpm-sealed": "ovmf",
    "lab-tpm-swtpm-killed": "ovmf",
    "lab-tpm-changed": "ovmf",
    "lab-tpm-seabios": "bios",
    "lab-tpm-presence": "ovmf",
    "lab-tpm-killed": "bios",
    "lab-tpm-memory-clear": "bios",
}


@pytest.fixture(scope="module", name="out")
def fixture_out(request, tmp_path_factory):
    """Runs the jobs that the selected tests need; the directory with what they left."""
    wanted = {item.tenon_name for item in request.session.items}
    jobs = list(dict.fromkeys(job for name, job in JOBS.items() if name in wanted))
    directory = tmp_path_factory.mktemp("tpm")
    stock = kernel.get()
    try:
        initrd = tpm_tools.build(stock.modules, (HERE / "tpm_guest.sh").read_text())
        result = Lab(out=directory, timeout=1200).run(
            HERE / "tpm.sh",
            [tenon(), OVMF_CODE, stock.image, unpacked(stock.image), initrd, HERE / "rfb.py", *jobs])
    finally:
        stock.close()
    assert result.status in (0, 124), result.output
    return directory


def told(out, name, status=0):
    """What each start of the guest said: a list of dictionaries from keys to values."""
    starts = []
    for key, text in re.findall(r"^TPM (\w+) ?(.*?)\r?$", printed(out, name, status), re.M):
        if key == "start":
            starts.append({})
        starts[-1][key] = text
    return starts


def pcrs(text):
    return {int(n): value.lower() for n, value in re.findall(r"(\d+) *: *0x([0-9A-Fa-f]{64})", text)}


def said(out, name):
    return (out / f"{name}.err").read_text()


def test_lab_tpm_measures(out):
    """OVMF measures itself and the kernel, the same at each start, and its event log leads to the PCRs
    that the TPM has; Linux' tpm_crb has the TPM."""
    starts = told(out, "ovmf")
    assert [s["start"] for s in starts] == ["0 ovmf", "1 ovmf", "2 ovmf"]
    for start in starts:
        measured = pcrs(start["pcrs"])
        assert measured.keys() == {0, 4, 7} and not any(set(v) == {"0"} for v in measured.values())
        assert measured == pcrs(starts[0]["pcrs"]) == pcrs(start["computed"])
        assert int(start["events"]) > 10
        assert start["device"] == "/dev/tpm0 /dev/tpmrm0 2"


def test_lab_tpm_sealed(out):
    """A secret that was sealed to PCRs opens over two reboots; the state is for one
    user alone, who is nobody."""
    starts = told(out, "ovmf")
    assert "0x81000001" in starts[0]["sealed"]
    assert [s["secret"] for s in starts] == ["42-is-kept"] * 3
    listing = (out / "state.txt").read_text()
    assert re.search(r"^-rw------- .* tpm2-00.permall$", listing, re.M)
    assert listing.endswith("700 65534\n")


def test_lab_tpm_swtpm_killed(out):
    """swtpm is killed in the middle: the guest sees a TPM that fails, and goes on to its end."""
    last = told(out, "ovmf")[-1]
    assert "failed: " in last["lost"] and last["end"] == "poweroff"
    assert "the guest's TPM fails until this machine is started again: swtpm has closed" in said(out, "ovmf")
    assert "swtpm was ended by signal 9" in said(out, "ovmf")


def test_lab_tpm_changed(out):
    """The secret does not open for a changed kernel; it outlived swtpm's death."""
    before, after = told(out, "ovmf")[0], told(out, "changed")[0]
    first, second = pcrs(before["pcrs"]), pcrs(after["pcrs"])
    assert first[0] == second[0] and first[4] != second[4] == pcrs(after["computed"])[4]
    assert "0x81000001" in after["persistent"]
    assert re.search("failed: .*policy", after["secret"])


def test_lab_tpm_presence(out):
    """Requests by Linux' ppi files to clear the TPM: OVMF asks a person at the next start. One rejects it,
    Linux is told so, and the TPM keeps its keys; another confirms it by F12, and they are gone."""
    first, second, third = told(out, "changed")
    assert first["version"] == "1.3"
    assert re.match("5 3:", first["operation"]) and first["request"] == second["request"] == "5"
    assert second["response"] == "5 0xFFFFFFF0: User Abort"
    assert second["persistent"] == first["persistent"]
    assert third["response"].startswith("5 0: ")
    assert "0x81000001" not in third["persistent"]


def test_lab_tpm_seabios(out):
    """SeaBIOS measures into the TPM, and writes its log where the table TPM2 says."""
    start, = told(out, "bios", 128 + 9)
    measured = pcrs(start["pcrs"])
    assert measured.keys() == {0, 4, 7} and set(measured[0]) != {"0"}
    assert measured == pcrs(start["computed"])
    assert int(start["events"]) > 3


def test_lab_tpm_killed(out):
    """tenon is killed with the TPM in use: the next start has its state. While it runs, no second
    machine of its name starts; unit-tpm-process shows that the state is locked, too."""
    first = told(out, "direct")[0]
    assert "0x1500002" in first["index"]
    printed(out, "second", 3)
    assert "a machine with the name bios runs already" in said(out, "second")


def test_lab_tpm_memory_clear(out):
    """Guest memory is kept over a reset; it is cleared once if the guest has asked for that."""
    starts = told(out, "direct")
    assert [s["word"] for s in starts[1:]] == ["0x600DCAFE", "0x00000000"]
    assert starts[2]["clear"] == "0x00"
    assert re.search(r"^0 *: *0x0{64}", starts[0]["pcrs"].replace("sha256: ", ""))
