"""Bring the loopback of a network namespace up, then become the command that follows.

    unshare --map-root-user --net python tools/colab/loopback.py COMMAND …

A new namespace has no network at all, not even to itself; lessons that start a server need that.
"""

import fcntl
import os
import socket
import struct
import sys

GET_FLAGS, SET_FLAGS, UP = 0x8913, 0x8914, 1  # linux/sockios.h, linux/if.h


def bring_up(name: bytes = b"lo") -> None:
    """Switch a network interface on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, GET_FLAGS, struct.pack("16sH22x", name, 0))
        flags = struct.unpack("16xH22x", answer)[0]
        fcntl.ioctl(any_socket, SET_FLAGS, struct.pack("16sH22x", name, flags | UP))


if __name__ == "__main__":
    if "--help" in sys.argv[1:2]:
        print(__doc__.strip())
    elif len(sys.argv) > 1:
        bring_up()
        os.execvp(sys.argv[1], sys.argv[1:])
    else:
        raise SystemExit("expected a command to become: see --help")
