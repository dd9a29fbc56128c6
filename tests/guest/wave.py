# SPDX-License-Identifier: GPL-2.0-or-later
"""WAV files with the pattern that the step `sound` plays and hears (sound.c): frames of two samples
of 16 bits, each of which differs from the one before by the same odd number."""
import array
import wave as wav

RATE = 48000
STEP = 2654435761


def frames(first, number):
    """The frames first, first + 1, ... as bytes."""
    values = array.array("I", ((first + n) * STEP & 0xffffffff for n in range(number)))
    return values.tobytes()


def write(path, data):
    with wav.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(data)


def read(path):
    with wav.open(str(path), "rb") as file:
        assert file.getparams()[:3] == (2, 2, RATE), file.getparams()
        return file.readframes(file.getnframes())


def compare(path, wanted):
    """The file has exactly these frames, and silence before and after them."""
    heard = read(path)
    begin = heard.find(wanted[:64])
    assert begin >= 0 and begin % 4 == 0, f"{path}: the first frames are not there"
    part = heard[begin:begin + len(wanted)]
    wrong = next((i for i in range(0, len(wanted), 4) if part[i:i + 4] != wanted[i:i + 4]), None)
    assert wrong is None, f"{path}: frame {wrong // 4} of {len(wanted) // 4} is another"
    rest = heard[:begin] + heard[begin + len(wanted):]
    assert not any(rest), f"{path}: there is more than was played"
