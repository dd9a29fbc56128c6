# SPDX-License-Identifier: GPL-2.0-or-later
"""What tenon run says when a device cannot be had, and that the host is as it was."""
import functools
import pathlib

import pytest

from builds import tenon
from tenonlab import Lab, kernel

HERE = pathlib.Path(__file__).resolve().parent

# Test -> topology, case of refuse.sh, and what the message has to hold besides the address.
CASES = {
    "lab-refuse-host-driver": ("cards", "host_driver", ["nvme", "tenon bind"]),
    "lab-refuse-no-driver": ("cards", "no_driver", ["tenon bind"]),
    "lab-refuse-not-viable": ("cards", "not_viable", ["group", "bochs", "tenon bind"]),
    "lab-refuse-locked-memory": ("cards", "locked_memory", ["lock only 64 KiB", "ulimit -l 262144"]),
    "lab-refuse-busy": ("cards", "busy", ["group"]),
    "lab-refuse-no-device": ("cards", "no_device", ["7f:00.0"]),
    "lab-refuse-no-iommu": ("no-iommu", "no_iommu", ["IOMMU"]),
    "assign-no-iommu": ("no-iommu", "unsafe", ["add intel_iommu=on"]),
    "lab-refuse-no-intremap": ("no-intremap", "no_intremap", ["interrupt", "remap"]),
    "assign-no-intremap": ("no-intremap", "unsafe", ["the host does not remap interrupts"]),
}


@pytest.fixture(scope="module", name="refused")
def fixture_refused(request, tmp_path_factory):
    """A function that gives the directory with what the cases of a topology left: one lab each."""
    wanted = {item.tenon_name for item in request.session.items}

    @functools.cache
    def run(topology):
        cases = [case for name, (where, case, _) in CASES.items()
                 if name in wanted and where == topology]
        directory = tmp_path_factory.mktemp(topology)
        stock = kernel.get()
        try:
            result = Lab(topology=topology, out=directory, timeout=600).run(
                HERE / "refuse.sh", [tenon(), stock.image, *cases])
        finally:
            stock.close()
        assert result.status == 0, result.output
        return directory

    return run


@pytest.mark.parametrize("name", CASES)
def test_lab_refuse(name, refused):
    topology, case, words = CASES[name]
    out, case = refused(topology), case.replace("_", "-")
    said = (out / f"{case}.err").read_text()
    assert int((out / f"{case}.status").read_text()) == 3, said
    assert said.startswith("tenon: error: "), said
    if (out / f"{case}.card").exists():
        words = words + [(out / f"{case}.card").read_text().strip()]
        assert (out / f"{case}.before").read_text() == (out / f"{case}.after").read_text()
    missing = [word for word in words if word.lower() not in said.lower()]
    assert not missing, f"{missing} not in:\n{said}"
