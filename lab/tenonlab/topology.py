# SPDX-License-Identifier: GPL-2.0-or-later
"""Topology files: which cards the lab's host has, and behind which ports. See lab/README.md.

load() checks a file against the lab's own rules and names the entry that is wrong; QEMU checks
models and their properties.
"""
import dataclasses
import pathlib
import re
import tomllib

from .errors import LabError

DIRECTORY = pathlib.Path(__file__).resolve().parent.parent / "topologies"
ROOT = "the root bus"

# kind -> the QEMU model, and the kinds of port that it may be under (ROOT: none).
KINDS = {
    "root-port": ("pcie-root-port", {ROOT}),
    "switch-upstream": ("x3130-upstream", {"root-port", "switch-downstream"}),
    "switch-downstream": ("xio3130-downstream", {"switch-upstream"}),
    "pcie-pci-bridge": ("pcie-pci-bridge", {ROOT, "root-port", "switch-downstream"}),
}
# Ports with a link, below which there is only device number 0.
LINKS = {"root-port", "switch-downstream"}
# Slots of the root bus that are not free, and what they are used for.
TAKEN = {0x00: "the host bridge", 0x01: "the IOMMU", 0x1E: "the lab itself", 0x1F: "the chipset"}
DEEPEST = 8  # nesting of files, each based on the next
IOMMUS = ("intel", "amd", "off", "none")
MAX_CPUS = 8
SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclasses.dataclass
class Drive:
    """The content of a device's disk: size bytes of zeros or random data, or a copy of a file."""

    size: int | None
    content: str
    file: pathlib.Path | None = None


@dataclasses.dataclass
class Node:
    """A port or a device. kind is None for a device; model includes QEMU's properties."""

    id: str
    model: str
    under: str | None
    slot: int
    function: int
    kind: str | None = None
    drive: Drive | None = None

    @property
    def step(self):
        """Slot and function as sysfs writes them."""
        return f"{self.slot:02x}.{self.function}"


@dataclasses.dataclass
class Topology:
    name: str
    cpus: int = 1
    iommu: str = "intel"
    intremap: bool = True
    cmdline: str = ""
    nodes: list[Node] = dataclasses.field(default_factory=list)

    def node(self, name):
        return next((n for n in self.nodes if n.id == name), None)

    @property
    def cards(self):
        """The devices: all nodes that are not ports."""
        return [n for n in self.nodes if n.kind is None]

    def way(self, node):
        """The path from the root bus to node."""
        above = self.way(self.node(node.under)) if node.under else []
        return [*above, node.step]

    def qemu(self):
        """The -device options of every node, each after the port that it is under."""
        arguments = []
        for number, node in enumerate(sorted(self.nodes, key=lambda n: len(self.way(n))), 1):
            model, _, own = node.model.partition(",")
            properties = [model, f"id={node.id}", f"bus={node.under or 'pcie.0'}",
                          f"addr={node.slot:x}.{node.function}"]
            if node.function == 0 and self.beside(node):
                properties.append("multifunction=on")
            if node.kind in LINKS:
                # Without hot-plug the firmware reserves no address space for later cards.
                properties += ["hotplug=off", f"chassis={number}", f"slot={number}"]
            if node.drive:
                properties.append(f"drive={node.id}-drive")
            arguments += ["-device", ",".join([*properties, own] if own else properties)]
        return arguments

    def beside(self, node):
        """The other functions of node's slot."""
        return [n for n in self.nodes
                if n is not node and (n.under, n.slot) == (node.under, node.slot)]


class Reader:
    """Checks one file. `where` names the entry that a message is about."""

    def __init__(self, path):
        self.path = path
        self.where = ""

    def fail(self, why):
        raise LabError(f"{self.path}: {self.where}{': ' if self.where else ''}{why}")

    def take(self, table, key, kind, default=None, required=False):
        value = table.pop(key, default)
        if value is None and required:
            self.fail(f"'{key}' is missing")
        if value is not None and (not isinstance(value, kind) or
                                  (isinstance(value, bool) and kind is not bool)):
            names = {str: "a string", bool: "true or false", int: "a number", dict: "a table"}
            self.fail(f"'{key}' has to be {names[kind]}, not {value!r}")
        return value

    def finish(self, table):
        if table:
            self.fail(f"unknown key '{next(iter(table))}'")

    def choice(self, table, key, choices, default=None, required=False):
        value = self.take(table, key, str, default, required)
        if value is not None and value not in choices:
            self.fail(f"'{key}' has to be one of {', '.join(choices)}, not '{value}'")
        return value

    def address(self, text):
        match = re.fullmatch(r"([0-9a-f]{1,2})(?:\.([0-7]))?", text)
        if not match or int(match[1], 16) > 0x1F:
            self.fail(f"addr '{text}' is not SLOT or SLOT.FUNCTION (hexadecimal, to 1f and to 7)")
        return int(match[1], 16), int(match[2] or 0)

    def drive(self, table):
        content = self.choice(table, "content", ("random", "zero", "file"), required=True)
        if content == "file":
            path = self.path.parent / self.take(table, "file", str, required=True)
            if not path.is_file():
                self.fail(f"drive: {path} is not a file")
            self.finish(table)
            return Drive(None, content, path)
        text = self.take(table, "size", str, required=True)
        match = re.fullmatch(r"([0-9]+)([KMG]?)", text)
        size = int(match[1]) * SIZES.get(match[2], 1) if match else 0
        if size == 0 or size % 512:
            self.fail(f"drive: size '{text}' is not a multiple of 512 bytes such as 64M")
        self.finish(table)
        return Drive(size, content)

    def node(self, table, is_port):
        self.where = "[[port]]" if is_port else "[[device]]"
        name = self.take(table, "id", str, required=True)
        self.where += f" '{name}'"
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name):
            self.fail("an id is a letter and then letters, digits, '-' and '_'")
        under = self.take(table, "under", str)
        slot, function = self.address(self.take(table, "addr", str, "0"))
        node = Node(name, "", under, slot, function)
        if is_port:
            node.kind = self.choice(table, "kind", tuple(KINDS), required=True)
            properties = self.take(table, "properties", str, "")
            node.model = KINDS[node.kind][0] + ("," + properties if properties else "")
            if node.kind == "root-port":
                if not self.take(table, "acs", bool, True):
                    node.model += ",disable-acs=on"
            elif table.pop("acs", False):
                self.fail(f"'acs': QEMU's {node.kind} has none")
        else:
            node.model = self.take(table, "model", str, required=True)
            drive = self.take(table, "drive", dict)
            node.drive = self.drive(drive) if drive is not None else None
        self.finish(table)
        return node

    def place(self, topology, node):
        """Checks that the port which node is under exists, takes such a node and has the slot free."""
        self.where = f"{'[[port]]' if node.kind else '[[device]]'} '{node.id}'"
        above = topology.node(node.under) if node.under else None
        kind = ROOT
        if node.under:
            if not above or not above.kind:
                self.fail(f"there is no port '{node.under}' to be under")
            kind = above.kind
        if node.kind and kind not in KINDS[node.kind][1]:
            self.fail(f"a {node.kind} cannot be under {kind}, only under "
                      f"{' or '.join(sorted(KINDS[node.kind][1]))}")
        if not node.kind and kind == "switch-upstream":
            self.fail("a device cannot be under a switch-upstream; put a switch-downstream between")
        if kind in LINKS and node.slot:
            self.fail(f"below a {kind} there is only slot 0, not {node.slot:x}")
        if kind == "pcie-pci-bridge" and node.slot == 0:
            self.fail("the slots below a pcie-pci-bridge are 1 to 1f; give 'addr'")
        if kind == ROOT and node.slot in TAKEN:
            self.fail(f"slot {node.slot:x} of the root bus belongs to {TAKEN[node.slot]}; "
                      "give another 'addr'")
        others = topology.beside(node)
        for other in others:
            if other.function == node.function:
                self.fail(f"has the same place as '{other.id}' ({node.step})")
        if node.function and not any(o.function == 0 for o in others):
            self.fail(f"its slot has no function 0 beside function {node.function}")

    def acyclic(self, topology):
        for node in topology.nodes:
            seen = set()
            while node and node.under and node.id not in seen:
                seen.add(node.id)
                node = topology.node(node.under)
            if node and node.id in seen:
                self.where = f"[[port]] '{node.id}'"
                self.fail("is under itself")

    def read(self, depth=0):
        try:
            document = tomllib.loads(self.path.read_text(encoding="utf-8"))
        except OSError as e:
            raise LabError(f"{self.path}: {e.strerror}") from e
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
            raise LabError(f"{self.path}: not TOML: {e}") from e
        topology = Topology("")
        base = self.take(document, "base", str)
        if base:
            if depth == DEEPEST:
                self.fail("'base': its files are based on each other")
            topology = Reader(find(base, self.path.parent)).read(depth + 1)
        topology.name = self.path.stem
        ports, devices = document.pop("port", []), document.pop("device", [])
        topology.cpus = self.take(document, "cpus", int, topology.cpus)
        if not 1 <= topology.cpus <= MAX_CPUS:
            self.fail(f"'cpus' has to be 1 to {MAX_CPUS}, not {topology.cpus}")
        topology.iommu = self.choice(document, "iommu", IOMMUS, topology.iommu)
        topology.intremap = self.take(document, "intremap", bool, topology.intremap)
        topology.cmdline = self.take(document, "cmdline", str, topology.cmdline)
        self.finish(document)
        for tables, is_port in ((ports, True), (devices, False)):
            if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
                self.fail("ports and devices are written as [[port]] and [[device]]")
            for table in tables:
                node = self.node(table, is_port)
                if topology.node(node.id):
                    self.fail("there are two with this id")
                topology.nodes.append(node)
        for node in topology.nodes:
            self.place(topology, node)
        self.acyclic(topology)
        return topology


def find(name, directory):
    """The path of the topology called name: a file, relative to the directory directory, or one of the
    lab's own."""
    path = directory / name
    if path.suffix != ".toml" and not path.is_file():
        path = DIRECTORY / f"{name}.toml"
        if not path.exists():
            known = ", ".join(sorted(p.stem for p in DIRECTORY.glob("*.toml")))
            raise LabError(f"'{name}' is neither a topology file nor one of {known}")
    return path


def load(name):
    """The topology called name: a file, or one of the lab's own (default, cards, ...)."""
    return Reader(find(name, pathlib.Path())).read()
