# SPDX-License-Identifier: GPL-2.0-or-later
"""What a job of a lab's script left in the lab's directory: JOB.log, the guest's console; JOB.err, what
tenon said; JOB.status, how it ended; and host.err, if the host's side failed."""


def printed(out, job, status=0):
    """What the guest printed; tenon ended with this status."""
    log = (out / f"{job}.log").read_text(errors="replace")
    said = (out / f"{job}.err").read_text(errors="replace")
    ended = out / f"{job}.status"
    assert ended.exists(), f"not at its end when the lab's time was up: {said}\n{log}"
    # On a terminal its messages are among the guest's.
    assert "sandbox refuses" not in said + log, f"{said}\n{log}"
    assert int(ended.read_text()) == status, f"{said}\n{log}"
    host = out / "host.err"
    assert not host.exists(), host.read_text()
    return log
