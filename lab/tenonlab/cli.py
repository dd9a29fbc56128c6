# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of the lab."""
import argparse
import signal
import sys

from .errors import LabError
from .host import FAILED, MEMORY, Lab


def write(data):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def run(options):
    lab = Lab(options.topology, options.out, options.timeout, options.mem)
    result = lab.run(options.script, options.arguments, write)
    return result.status


def parser():
    p = argparse.ArgumentParser(prog="lab", description="A host with an IOMMU, several cards and "
                                "nested KVM, under emulation. See lab/README.md.")
    commands = p.add_subparsers(required=True, metavar="COMMAND")
    c = commands.add_parser("run", help="run a script in the lab; exits with its status")
    c.set_defaults(function=run)
    c.add_argument("--topology", default="default", metavar="FILE")
    c.add_argument("--timeout", type=float, default=300, metavar="SECONDS")
    c.add_argument("--out", metavar="FOLDER")
    c.add_argument("--mem", type=int, default=MEMORY, metavar="MIB")
    c.add_argument("script")
    c.add_argument("arguments", nargs=argparse.REMAINDER)
    return p


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    options = parser().parse_args()
    try:
        return options.function(options)
    except LabError as e:
        print(f"lab: {e}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
