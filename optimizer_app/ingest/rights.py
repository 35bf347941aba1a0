"""What a process that reads a stranger's file gives up first: rights, any file to write, and the network.

What is left to a reader that a file has taken over: what an ordinary user can read, the memory that it has of
its worker, and a pipe to it.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import resource
import sys

_ORDINARY_USERS = ("token-optimizer", "nobody")
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CLONE_NEWUSER = 0x1000_0000
_CLONE_NEWNET = 0x4000_0000
_CAPABILITY_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def give_up_rights() -> None:
    """For good, and for whatever this process starts. OSError where the system refuses."""
    for limit in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(limit, (0, 0))
    if os.geteuid() == 0:
        _become_ordinary()
    if _libc is not None:
        # A network of its own, without any link. Containers seldom let that happen; it goes on without.
        _libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
        # Version, and 0 for this process; then none of 64 that are effective, permitted or inheritable.
        _check(_libc.capset((ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()))
        _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))


def _become_ordinary() -> None:
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = next(known[name] for name in _ORDINARY_USERS if name in known)
    os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)


def _check(result: int) -> None:
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
