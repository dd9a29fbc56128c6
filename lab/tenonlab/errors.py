# SPDX-License-Identifier: GPL-2.0-or-later
"""The lab's exceptions: their messages say what failed and what to do."""


class LabError(Exception):
    """The lab itself failed; nothing is said about what runs inside."""


class EmulatorAbort(LabError):
    """QEMU crashed, or its host was reset or stands still: it has bugs that depend on timing
    (lab/README.md, Traps). Another try is worthwhile."""
