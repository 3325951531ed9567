"""An ext4 in a file, so that a cut of the power can be played: what was not synced is in the page
cache of the mounted file system, and not in the file. The commit interval is ten minutes, so that
the file system does not sync of its own accord. Needs root, mkfs.ext4 and loop devices.
"""
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

IMAGE_BYTES = 2 << 30


def sh(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True)


class Disk:
    """One, mounted at .at."""

    def __init__(self, folder, number=0):
        self.folder, self.number = folder, number
        self.file, self.at = folder / f"disk-{number}.img", folder / f"mount-{number}"

    def make(self):
        with open(self.file, "wb") as f:
            f.truncate(IMAGE_BYTES)
        sh("mkfs.ext4", "-q", "-F", str(self.file))
        return self.mount()

    def mount(self):
        self.at.mkdir()
        sh("mount", "-o", "loop,commit=600", str(self.file), str(self.at))
        return self

    def sync(self):
        sh("sync", "-f", str(self.at))

    def copy(self):
        """The disk as a cut of the power would leave it at this moment; not mounted."""
        other = Disk(self.folder, self.number + 1)
        sh("cp", "--sparse=always", str(self.file), str(other.file))
        return other

    def remove(self):
        for _ in range(100):  # the killed daemon's children may still be leaving
            if subprocess.run(["umount", str(self.at)], capture_output=True).returncode == 0:
                break
            time.sleep(0.1)
        self.file.unlink(missing_ok=True)


def possible():
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        return False
    with tempfile.TemporaryDirectory() as folder:
        disk = Disk(pathlib.Path(folder))
        try:
            disk.make()
        except (subprocess.CalledProcessError, OSError):
            return False
        disk.remove()
        return True
