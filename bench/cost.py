"""What a request costs the program that answers it, whatever else the machine does.

CPU: the clock of the process, around a load (what /proc/PID/stat says, without its rounding to 10 ms).
Allocations: counted by a library that is preloaded (count_allocs.c). Instructions: `perf stat`, where the
machine counts any.
"""
import contextlib
import mmap
import re
import shutil
import struct
import subprocess
import tempfile
import time


def cpu_us(pid):
    """User and system time so far, of the process with all the threads that it has or had."""
    return time.clock_gettime((~pid << 3) | 2) * 1e6  # the number that clock_getcpuclockid(3) makes


class Instructions:
    """Of a process for a while; None where there is no perf, or the machine (a virtual one) counts none."""

    def __init__(self, pid, seconds):
        self._perf = None
        if shutil.which("perf"):
            self._perf = subprocess.Popen(["perf", "stat", "-x,", "-e", "instructions", "-p", str(pid), "--",
                                           "sleep", str(seconds)], stderr=subprocess.PIPE, text=True)

    def total(self):
        if not self._perf:
            return None
        match = re.search(r"^(\d+),", self._perf.communicate()[1], re.M)
        return int(match[1]) if match else None


class Allocations:
    """The counter of a program that was started with .env."""

    def __init__(self, library):
        self._file = tempfile.NamedTemporaryFile(prefix="bench-allocs-")
        self._file.write(bytes(8))
        self._file.flush()
        self._map = mmap.mmap(self._file.fileno(), 8)
        self.env = {"LD_PRELOAD": str(library), "CALOTYPE_BENCH_ALLOCS": self._file.name}

    def total(self):
        return struct.unpack("=Q", self._map[:8])[0]

    def close(self):
        self._map.close()
        self._file.close()


@contextlib.contextmanager
def allocations(library):
    counter = Allocations(library)
    try:
        yield counter
    finally:
        counter.close()
