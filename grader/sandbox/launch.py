"""Start bubblewrap, never as root.

Limits on a user's processes do not bind root, and what escaped from a sandbox that root started
would be root. So where the grader runs as root, this small program goes in front: it gives up
root for a user id that nobody has, then becomes bubblewrap.

That user can't read what root keeps to itself, a Python below /root for example. Making copies
would take gigabytes with PyTorch. Instead, while it is still root, this program enters a mount
namespace of its own and binds each folder that the sandbox shall hold to a place that everyone
can reach; nothing of it is seen outside, and it is gone with the sandbox.

    python -I -S launch.py '{"user": 200000001, "sources": [...], "command": [...]}'

In `command`, the item {"source": 3} stands for the place of the third source.
"""

# pathlib would double the time that this program takes
# ruff: noqa: PTH102, PTH112, PTH123

from __future__ import annotations

import ctypes
import json
import os
import sys

NOBODY = 65534
CLONE_NEWNS = 0x20000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
GATHERING_PLACES = ("/mnt", "/media", "/srv", "/opt", "/tmp")


def main() -> None:
    """Gather the sources, give up root, become bubblewrap."""
    orders = json.loads(sys.argv[1])
    library = ctypes.CDLL(None, use_errno=True)
    try:
        places = _gather(library, orders["sources"])
        _become(orders["user"])
    except OSError as error:
        sys.exit(f"root can't be given up: {error.strerror or error}")
    command = [
        places[part["source"]] if isinstance(part, dict) else part for part in orders["command"]
    ]
    os.execv(command[0], command)


def _gather(library: ctypes.CDLL, sources: list[str]) -> list[str]:
    """Bind the sources to places that everyone can reach, seen by this process only."""
    if library.unshare(CLONE_NEWNS) != 0:
        raise OSError(
            ctypes.get_errno(),
            "no mount namespace of its own (in a container: grade as an ordinary user)",
        )
    _mount(library, None, "/", None, MS_REC | MS_PRIVATE)
    folders = [
        place
        for place in GATHERING_PLACES
        if os.path.isdir(place) and not any(source.startswith(place) for source in sources)
    ]
    if not folders:
        raise OSError(f"one of {', '.join(GATHERING_PLACES)} must be a folder that is not needed")
    folder = folders[0]
    _mount(library, "tmpfs", folder, "tmpfs", 0, "mode=0755,size=1m")
    places = []
    for number, source in enumerate(sources):
        place = f"{folder}/{number}"
        if os.path.isdir(source):
            os.mkdir(place)
        else:
            open(place, "w").close()
        _mount(library, source, place, None, MS_BIND | MS_REC)
        places.append(place)
    return places


def _become(user: int) -> None:
    """Be this user from now on, or nobody where a container has no such id."""
    os.setgroups([])
    try:
        os.setresgid(user, user, user)
    except OSError:
        user = NOBODY
        os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def _mount(
    library: ctypes.CDLL,
    source: str | None,
    target: str,
    kind: str | None,
    flags: int,
    options: str | None = None,
) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind, options)]
    if library.mount(*texts[:3], ctypes.c_ulong(flags), texts[3]) != 0:
        raise OSError(ctypes.get_errno(), f"{source or target} can't be mounted on {target}")


if __name__ == "__main__":
    main()
