"""The peers of a comparison, from npm (pinned in package-lock.json): s3rver for S3, dynalite for DynamoDB, sharp for pictures."""
import contextlib
import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests/lib"))
from server import Server  # noqa: E402

MODULES = HERE / "node_modules"


def install():
    """npm ci, once for each lock. False where npm or its registry is not to be had."""
    named = json.loads((HERE / "package.json").read_text())["dependencies"]
    there = {name: MODULES / name / "package.json" for name in named}
    if all(at.exists() and json.loads(at.read_text())["version"] == named[name] for name, at in there.items()):
        return True
    if not shutil.which("npm"):
        return False
    done = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True)
    return done.returncode == 0


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_port(port, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


class Peer(Server):
    """A program that listens on the port of its last argument; it says nothing when it is ready."""

    def __init__(self, *command, **more):
        super().__init__(*command, **more)
        self.port = free_port()

    def start(self):
        self.launch(str(self.port), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_port(self.port)

    def stop(self):
        self._process.terminate()
        self.wait()
        return 0


@contextlib.contextmanager
def s3rver():
    """Endpoint, keys, process; with a bucket "bench", as it comes (bodies in files, nothing synced)."""
    with tempfile.TemporaryDirectory(prefix="bench-s3rver-") as data, Peer(
            MODULES / ".bin/s3rver", "-d", data, "-a", "127.0.0.1", "-s", "--configure-bucket", "bench", "-p") as peer:
        keys = {"AWS_ACCESS_KEY_ID": "S3RVER", "AWS_SECRET_ACCESS_KEY": "S3RVER"}
        yield f"http://127.0.0.1:{peer.port}", keys, peer.pid


@contextlib.contextmanager
def dynalite():
    """Endpoint, keys, process; as it comes (in memory)."""
    with Peer(MODULES / ".bin/dynalite", "--host", "127.0.0.1", "--createTableMs", "0", "--port") as peer:
        keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
        yield f"http://127.0.0.1:{peer.port}", keys, peer.pid
