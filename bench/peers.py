"""The peers of a comparison, from npm (pinned in package-lock.json): s3rver for S3, dynalite for DynamoDB."""
import contextlib
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
MODULES = HERE / "node_modules"


def install():
    """npm ci, once. A line and None where npm or its registry is not to be had."""
    if MODULES.is_dir():
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


@contextlib.contextmanager
def _running(command, env):
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               env={**os.environ, **env})
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


@contextlib.contextmanager
def s3rver():
    """Its endpoint, with a bucket "bench", as it comes (bodies in files, nothing synced)."""
    with tempfile.TemporaryDirectory(prefix="bench-s3rver-") as data:
        port = free_port()
        command = [str(MODULES / ".bin/s3rver"), "-d", data, "-a", "127.0.0.1", "-p", str(port), "-s",
                   "--configure-bucket", "bench"]
        with _running(command, {}):
            wait_port(port)
            yield f"http://127.0.0.1:{port}", {"AWS_ACCESS_KEY_ID": "S3RVER", "AWS_SECRET_ACCESS_KEY": "S3RVER"}


@contextlib.contextmanager
def dynalite():
    """Its endpoint, as it comes (in memory)."""
    port = free_port()
    with _running([str(MODULES / ".bin/dynalite"), "--host", "127.0.0.1", "--port", str(port),
                   "--createTableMs", "0"], {}):
        wait_port(port)
        yield f"http://127.0.0.1:{port}", {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
