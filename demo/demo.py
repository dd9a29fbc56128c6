# SPDX-License-Identifier: GPL-2.0-or-later
"""demo.py TENON: the main job, on a machine with no card to spare. The lab's host gives a card to
a guest; the picture that the guest draws is taken from the card, compared and saved."""
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "lab")]

from guest import pattern  # noqa: E402
from guest.build import build_initramfs  # noqa: E402
from tenonlab import Lab, LabError, kernel  # noqa: E402

OUT = ROOT / "out/demo"
LIMIT = 300


def show(data):
    sys.stdout.buffer.write(data)
    sys.stdout.flush()


def main(program):
    seed = int(time.time()) % 100000
    picture = OUT / "card.png"
    picture.unlink(missing_ok=True)
    stock = kernel.get()
    try:
        initrd = build_initramfs(stock.modules, ["virtio-pci", "virtio-gpu"])
        print("Starting the lab's host: an emulated machine with an IOMMU and several cards …",
              flush=True)
        result = Lab(topology="cards", out=OUT, timeout=LIMIT).run(
            ROOT / "demo/demo.sh", [program, stock.image, initrd, seed], on_output=show)
    finally:
        stock.close()
    if result.status:
        return f"the demonstration failed (exit {result.status}); see {OUT}"
    wrong = pattern.difference(picture, seed, 1024, 768)
    if wrong:
        return f"the card does not show what the guest drew: {wrong}; see {picture}"
    print("\nThe assigned card shows what the guest drew, pixel for pixel. Its picture:\n"
          f"{picture}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
    except LabError as e:
        sys.exit(f"demo: {e}")
