# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab: an emulated host with an IOMMU, several cards and nested KVM. See lab/README.md.

    lab = Lab(topology="cards", out=directory, timeout=120)
    result = lab.run("probe.sh", ["an argument"])      # Result(status, output, out, console)

    with lab.start("probe.sh") as run:                  # the same, with control while it runs
        run.screenshot("gpu0", directory / "gpu0.png")
        result = run.wait()
"""
from .errors import EmulatorAbort, LabError
from .host import Lab, Result
from .topology import Topology, load

__all__ = ["EmulatorAbort", "Lab", "LabError", "Result", "Topology", "load"]
