# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line of the lab."""
import argparse
import os
import pathlib
import signal
import sys

from . import control, kernel, terminal
from .errors import LabError
from .host import FAILED, MEMORY, TIMED_OUT, TRIES, Lab


def lab_of(options):
    return Lab(options.topology, options.out, options.timeout, options.mem, options.kernel)


def run(options):
    result = lab_of(options).run(options.script, options.arguments, terminal.write, options.tries)
    if result.timed_out:
        print(f"lab: the time limit of {options.timeout:g} s ended the script; the host's console: "
              f"{result.console}", file=sys.stderr)
    return result.status


def shell(options):
    if not os.isatty(sys.stdin.fileno()):
        raise LabError("a shell needs a terminal; for a script there is 'lab run'")
    print("lab: starting; Ctrl-] ends it", file=sys.stderr)
    with terminal.raw(sys.stdin.fileno()):
        with lab_of(options).shell(terminal.write) as under_way:
            if not terminal.relay(under_way):
                return under_way.wait().status
    print("\nlab: ended", file=sys.stderr)
    return 0


def screenshot(options):
    path = pathlib.Path(options.file or f"{options.card}.png").resolve()
    control.ask(control.find(options.lab), "screenshot", options.card, str(path))
    return 0


def text(options):
    for line in control.ask(control.find(options.lab), "text", options.card):
        print(line)
    return 0


def parser():
    p = argparse.ArgumentParser(prog="lab", description="A host with an IOMMU, several cards and "
                                "nested KVM, under emulation. See lab/README.md.")
    commands = p.add_subparsers(required=True, metavar="COMMAND")

    def add(name, function, about):
        c = commands.add_parser(name, help=about, description=about)
        c.set_defaults(function=function)
        return c

    starts = [add("run", run, "Runs a script in the lab and exits with its status "
                  f"({TIMED_OUT}: the time limit, {FAILED}: the lab failed)."),
              add("shell", shell, "Opens a shell in the lab.")]
    for c, limit in zip(starts, (300, None)):
        c.add_argument("--topology", default="default", metavar="FILE",
                       help="a topology file, or the name of one of the lab's (default: default)")
        c.add_argument("--timeout", type=float, default=limit, metavar="SECONDS",
                       help=f"ends the lab after this time (default: {limit or 'none'})")
        c.add_argument("--out", metavar="DIRECTORY",
                       help="what the lab leaves: $OUT inside, and the console's log")
        c.add_argument("--mem", type=int, default=MEMORY, metavar="MIB",
                       help=f"the host's memory (default: {MEMORY})")
        c.add_argument("--kernel", default=kernel.PACKAGE, metavar="PACKAGE",
                       help=f"the package of the host's kernel (default: {kernel.PACKAGE})")
    starts[0].add_argument("--tries", type=int, default=TRIES, metavar="COUNT",
                           help="how often the script may start when QEMU crashes "
                                f"(default: {TRIES})")
    starts[0].add_argument("script", help="a program, or a file for /bin/sh")
    starts[0].add_argument("arguments", nargs=argparse.REMAINDER)

    looks = [add("screenshot", screenshot, "Saves what a card of a running lab shows, as PNG."),
             add("text", text, "Prints the text that a card of a running lab shows.")]
    for c in looks:
        c.add_argument("--lab", metavar="NAME", help="which, when several labs are running")
        c.add_argument("card", help="the card's id in the topology")
    looks[0].add_argument("file", nargs="?", help="default: CARD.png")
    return p


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda n, _: sys.exit(128 + n))
    options = parser().parse_args()
    try:
        return options.function(options)
    except LabError as e:
        print(f"lab: {e}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # The reader of the output has closed it; do not write to it at exit either.
        sys.stdout = None
        return 128 + signal.SIGPIPE
