# SPDX-License-Identifier: GPL-2.0-or-later
"""Files that are made once and named after everything that went into them."""
import hashlib
import os
import tempfile
import time

from tenonlab import kernel


KEPT_SECONDS = 7 * 86400


def prune(directory, name):
    """Removes what nobody used for a while."""
    for path in directory.glob(f"{name}-*"):
        try:
            if path.stat().st_mtime < time.time() - KEPT_SECONDS:
                path.unlink()
        except OSError:
            continue


def cached(name, key, make):
    """The path of the cache's file name-KEY, which make(path) writes if it is not there."""
    directory = kernel.cache().parent / "guest"
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}-{hashlib.sha256(key).hexdigest()[:16]}"
    try:
        os.utime(path)
    except FileNotFoundError:
        prune(directory, name)
        handle, new = tempfile.mkstemp(prefix=".new-", dir=directory)
        os.close(handle)
        try:
            make(new)
            os.chmod(new, 0o755)
            os.rename(new, path)
        except BaseException:
            os.unlink(new)
            raise
    return path
