"""Runs a command in an unpacked image as a container engine does, as far as a test needs it.

    engine.py ROOT DATA UID [--writable] COMMAND ARGUMENT...

Process 1 of a process namespace of its own, in a root that was entered by pivot_root and is read-only,
with DATA mounted on /data and an empty /tmp, as an ordinary user, with the environment of the image
(IMAGE_ENV, a JSON list). The network is the host's. Ends as the command ends; 128 + N after signal N.
The first line on stdout is the command's process id on the host. Root alone can do that.
"""
import ctypes
import json
import os
import platform
import sys

NEWNS, NEWPID, NEWIPC, NEWUTS = 0x20000, 0x20000000, 0x8000000, 0x4000000
RDONLY, NOSUID, NODEV, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 32, 4096, 16384, 1 << 18
DETACH = 2
PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}[platform.machine()]
PR_SET_NO_NEW_PRIVS, PR_SET_PDEATHSIG, SIGKILL = 38, 1, 9
libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    if result:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source, target, kind=None, flags=0, data=None):
    encode = [a.encode() if a is not None else None for a in (source, target, kind)]
    check(libc.mount(*encode, ctypes.c_ulong(flags), data.encode() if data else None), f"mount {target}")


def enter(root, data, writable):
    mount("none", "/", flags=REC | PRIVATE)
    mount(root, root, flags=BIND)
    mount("proc", f"{root}/proc", "proc", NOSUID | NODEV)
    mount("/dev", f"{root}/dev", flags=BIND | REC)
    mount("tmpfs", f"{root}/tmp", "tmpfs", NOSUID | NODEV, "mode=1777")
    mount(data, f"{root}/data", flags=BIND)
    if not writable:
        mount(root, root, flags=BIND | REMOUNT | RDONLY)
    os.chdir(root)
    check(libc.syscall(PIVOT_ROOT, b".", b"."), "pivot_root")
    check(libc.umount2(b".", DETACH), "umount")
    os.chdir("/")


def run(root, data, uid, writable, command):
    enter(root, data, writable)
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    libc.prctl(PR_SET_PDEATHSIG, SIGKILL)  # the test may be killed; a change of user takes this away
    environment = dict(line.split("=", 1) for line in json.loads(os.environ["IMAGE_ENV"]))
    os.execve(command[0], command, environment)


def main():
    root, data, uid, *command = sys.argv[1:]
    writable = command[0] == "--writable"
    command = command[writable:]
    check(libc.unshare(NEWNS | NEWPID | NEWIPC | NEWUTS), "unshare")
    child = os.fork()
    if child == 0:
        try:
            os.close(1)
            os.dup2(2, 1)
            run(root, data, int(uid), writable, command)
        finally:
            os._exit(125)
    print(child, flush=True)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
