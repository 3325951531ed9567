"""What a Python function that wants out tries, inside its sandbox: tests/wire/interpreters.py asks for it and reads
what it answers. Every wall is tried once; the names of those that give way are the answer."""
import ctypes
import errno
import os
import resource
import signal
import socket
import sys
import threading
import time

LIBC = ctypes.CDLL(None, use_errno=True)
MIB = 1 << 20
LIFE = [0]
breaches, walls = [], 0


def wall(name, holds):
    global walls
    walls += 1
    if not holds:
        breaches.append(name)


def fails(call, *errnos):
    """The call raises an OSError, one of these where any are named."""
    try:
        call()
    except OSError as e:
        return not errnos or e.errno in errnos
    except (ValueError, MemoryError):
        return True
    return False


def refused(number, *arguments):
    """A system call by its number is refused, whatever is asked of it."""
    return LIBC.syscall(number, *arguments) < 0 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS)


# ---- Files ----
def files_of_the_host(event):
    known = {"bin", "dev", "etc", "lib", "lib64", "opt", "proc", "tmp", "usr", "var"}
    wall("nothing else in the root", set(os.listdir("/")) <= known)
    for path in ("/etc/shadow", "/root", "/home", "/sys", "/boot", "/run", "/mnt", "/srv", "/dev/mem", "/dev/kmsg", "/dev/tty",
                 "/dev/ptmx", "/dev/shm", "/proc/sys", "/proc/kcore", "/proc/kallsyms", "/proc/sysrq-trigger", "/proc/meminfo",
                 "/usr/local/lib", "/usr/share/doc", "/usr/include", "/usr/sbin/init", "/var/lib", "/var/log", "/var/run",
                 event["data"], event["data"] + "/credentials", "/var/task/../../.." + event["data"]):
        wall(path, not os.path.exists(path))
    for path in event["packages"]:  # of the host's Python, which the runtime does not bring
        wall(path, not os.path.exists(path))
    for path in sys.path:
        hidden = not path.endswith("dist-packages") or not os.listdir(path)  # Debian's numpy lies within the library's folder
        wall("sys.path: " + path, path.startswith(("/var/", "/opt/", "/usr/lib/python3")) and hidden)
    for path in ("/etc/passwd", "/etc/group", "/etc/hostname", "/etc/machine-id"):
        wall(path, not os.path.exists(path) or event["host"] not in open(path).read())


def writes(event):
    library = os.path.dirname(os.__file__)
    for path in ("/x", "/var/x", "/var/task/x", "/var/runtime/x", "/opt/x", "/etc/x", "/dev/x", "/proc/x", "/usr/x", library + "/x",
                 library + "/__pycache__/x", os.path.dirname(sys.executable) + "/x"):
        wall("a file at " + path, fails(lambda: open(path, "w")))
        wall("a folder at " + path, fails(lambda: os.mkdir(path)))
        wall("a link at " + path, fails(lambda: os.symlink("/tmp", path)))
    for path in (os.__file__, sys.executable, "/proc/self/exe", "/var/runtime/bootstrap.py", "/var/task/attacker.py", "/etc/resolv.conf",
                 "/etc/ssl/certs/ca-certificates.crt"):
        wall("writing " + path, fails(lambda: open(path, "r+b")))
        wall("appending to " + path, fails(lambda: open(path, "ab")))
        wall("mode of " + path, fails(lambda: os.chmod(path, 0o777)))
        wall("removing " + path, fails(lambda: os.unlink(path)))
        wall("renaming " + path, fails(lambda: os.rename(path, path + ".old")))
        wall("replacing " + path, fails(lambda: os.replace("/tmp", path)))
    wall("device nodes", fails(lambda: os.mknod("/tmp/mem", 0o020666, os.makedev(1, 1))))


def descriptors(event):
    for fd in range(3, 1024):
        try:
            name = os.readlink(f"/proc/self/fd/{fd}")
        except OSError:
            continue
        wall(f"descriptor {fd}: {name}", name.startswith(("pipe:", "socket:", "/dev/null", "anon_inode:")))
    wall("stdin", os.readlink("/proc/self/fd/0") == "/dev/null")
    wall("more than a thousand", resource.getrlimit(resource.RLIMIT_NOFILE)[1] <= 1024)
    wall("a core", resource.getrlimit(resource.RLIMIT_CORE) == (0, 0))


def mounts(event):
    for path in ("mountinfo", "mounts", "mountstats"):
        wall(path, open("/proc/self/" + path).read() == "")
    wall("mount", LIBC.mount(b"none", b"/tmp", b"tmpfs", 0, None) < 0)
    wall("bind mount", LIBC.mount(b"/dev", b"/tmp", None, 4096, None) < 0)
    wall("remount", LIBC.mount(None, b"/", None, 32, None) < 0)
    wall("umount", LIBC.umount2(b"/proc", 2) < 0)
    wall("chroot", fails(lambda: os.chroot("/tmp")))
    os.chdir("/")
    os.chdir("../../..")
    wall("no way up", os.listdir(".") == os.listdir("/"))


# ---- Processes ----
def processes(event):
    mine = {os.getpid()} | {int(name) for name in os.listdir("/proc/self/task")}
    for name in os.listdir("/proc"):
        wall("process " + name, not name.isdigit() or int(name) in mine)
    for name in ("", "fd", "environ", "root", "maps", "mem", "cwd", "exe", "status", "ns/mnt"):
        wall("/proc/1/" + name, not os.path.lexists("/proc/1/" + name))
    for number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):
        fails(lambda: os.kill(1, number))
    wall("the init lives", fails(lambda: os.kill(1, 0), errno.EPERM) or os.kill(1, 0) is None)
    wall("ptrace", LIBC.ptrace(16, 1, None, None) < 0 and LIBC.ptrace(0, 0, None, None) < 0)
    status = dict(line.split(":\t", 1) for line in open("/proc/self/status").read().splitlines())
    for name, want in (("Seccomp", "2"), ("NoNewPrivs", "1"), ("CapEff", "0" * 16), ("CapBnd", "0" * 16), ("CapPrm", "0" * 16)):
        wall(name, status[name] == want)
    wall("not root", os.getuid() != 0 and os.getgid() != 0 and 0 not in os.getgroups())
    wall("setuid", fails(lambda: os.setuid(0)) and fails(lambda: os.setgid(0)) and fails(lambda: os.setgroups([0])))
    wall("niceness below ours", fails(lambda: os.nice(-10)))
    wall("cgroup", "calotype" not in open("/proc/self/cgroup").read())


def calls(event):
    numbers = event["calls"]
    wall("unshare of a user namespace", LIBC.unshare(0x10000000) < 0)
    wall("unshare of a mount namespace", LIBC.unshare(0x00020000) < 0)
    wall("setns", LIBC.setns(os.open("/proc/self/ns/net", os.O_RDONLY), 0) < 0)
    for name, number in numbers.items():
        wall(name, refused(number, 0, 0, 0, 0, 0, 0))


# ---- Network ----
def network(event):
    def tcp(address, port, family=socket.AF_INET):
        with socket.socket(family, socket.SOCK_STREAM) as s:
            s.settimeout(5)
            s.connect((address, port))

    began = time.monotonic()
    for port in event["ports"]:
        wall(f"the host's port {port}", fails(lambda: tcp("127.0.0.1", port), errno.ECONNREFUSED))
        wall(f"the host's port {port} by IPv6", fails(lambda: tcp("::1", port, socket.AF_INET6)))
    for address in (event["address"], "192.0.2.1", "10.0.0.1", "169.254.169.254"):
        wall(address, fails(lambda: tcp(address, 80), errno.ENETUNREACH))
    wall("a name outside", fails(lambda: socket.getaddrinfo("example.com", 443)))
    wall("the host's abstract socket", fails(lambda: socket.socket(socket.AF_UNIX).connect("\0" + event["abstract"])))
    wall("it says so at once", time.monotonic() - began < 10)
    for family in (16, 17, 40, 38, 15, 31):  # netlink, packet, vsock, alg, key, bluetooth
        wall(f"family {family}", fails(lambda: socket.socket(family, socket.SOCK_RAW)) and
             fails(lambda: socket.socket(family, socket.SOCK_DGRAM)))
    wall("raw IP", fails(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)))
    tcp("127.0.0.1", 9001)


def keys(event):
    for name, value in os.environ.items():
        wall("the daemon's key in " + name, not any(part in value for part in event["keys"]))
    wall("a session's key", os.environ["AWS_ACCESS_KEY_ID"].startswith("ASIA"))


# ---- Bombs ----
def forks(event):
    n = 0
    while n < 5000:
        try:
            if os.fork() == 0:
                signal.pause()
                os._exit(0)
        except OSError as e:
            return {"n": n, "why": errno.errorcode[e.errno]}
        n += 1
    return {"n": n}


def threads(event):
    over, n = threading.Event(), 0
    threading.stack_size(65536)
    try:
        while n < 5000:
            threading.Thread(target=over.wait, daemon=True).start()
            n += 1
    except RuntimeError as e:
        return {"n": n, "why": str(e)}
    finally:
        over.set()
    return {"n": n}


def memory(event):
    held = []
    while True:
        held.append(bytearray(b"x" * MIB))


def memory_of_threads(event):
    held = []

    def eat():
        while True:
            held.append(bytearray(b"x" * MIB))
    for _ in range(8):
        threading.Thread(target=eat, daemon=True).start()
    time.sleep(600)


def memory_of_children(event):
    for _ in range(8):
        if os.fork() == 0:
            memory(event)
    time.sleep(600)


def files(event):
    held = []
    try:
        while True:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError as e:
        for fd in held:
            os.close(fd)
        return {"n": len(held), "why": errno.errorcode[e.errno]}


def fill(event):
    n = 0
    try:
        with open("/tmp/big", "wb", buffering=0) as f:
            while n < 4096:
                n += f.write(b"x" * MIB) == MIB
    except OSError as e:
        return {"n": n, "why": errno.errorcode[e.errno]}


def empty(event):
    os.unlink("/tmp/big")


def escape(event):
    for attempt in (files_of_the_host, writes, descriptors, mounts, processes, calls, network, keys):
        attempt(event)
    return {"breaches": breaches, "walls": walls}


def life(event):
    """How often this program has served; how often it was started, by what it leaves in /tmp."""
    LIFE[0] += 1
    return {"served": LIFE[0], "lives": len([name for name in os.listdir("/tmp") if name.startswith("life-")])}


open(f"/tmp/life-{time.monotonic_ns()}", "w").close()
ACTS = {f.__name__: f for f in (escape, forks, threads, memory, memory_of_threads, memory_of_children, files, fill, empty, life)}


def handler(event, context):
    return ACTS[event["do"]](event)
