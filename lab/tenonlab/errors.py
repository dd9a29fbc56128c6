# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's exceptions: their messages say what failed and what to do."""


class LabError(Exception):
    """The lab itself failed; this says nothing about what runs inside."""


class EmulatorAbort(LabError):
    """QEMU crashed, or its host was reset or hangs: QEMU has bugs that depend on timing
    (lab/README.md, Traps). Trying again is worthwhile."""
