# SPDX-License-Identifier: GPL-2.0-or-later
"""The one exception of the lab: its message says what failed and what to do."""


class LabError(Exception):
    """The lab itself failed; nothing is said about what runs inside."""
