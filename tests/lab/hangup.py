# SPDX-License-Identifier: GPL-2.0-or-later
"""hangup.py TEXT COMMAND...: runs COMMAND on a terminal of its own, copies what it prints, hangs up
when a line begins with TEXT, and exits as COMMAND does."""
import os
import pty
import sys

text, command = sys.argv[1].encode(), sys.argv[2:]
pid, master = pty.fork()
if pid == 0:
    os.execv(command[0], command)
seen = b""
while b"\n" + text not in seen:
    try:
        data = os.read(master, 65536)
    except OSError:
        break
    seen += data
    os.write(1, data)
os.close(master)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
