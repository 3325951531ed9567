"""What a function takes from exec until it asks for its first event: ours beside handlers in Python and Node.

`python3 bench/cold.py --only start` calls this. The runtime API is a socket that waits for GET .../invocation/next; the
process is then killed, and its CPU is what the kernel counted. The two peers do what such a handler does before its
first event: they load boto3 (or three clients of @aws-sdk), make clients of S3, DynamoDB and SNS, and ask.
"""
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "bench")]
from cloud import static_programs  # noqa: E402

MOST_MS = 2.5
SETTINGS = {"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret",
            "_HANDLER": "processor.handler", "METADATA_TABLE": "images", "SNS_TOPIC_ARN": "arn:aws:sns:us-east-1:1:x",
            "DERIVATIVES_BUCKET": "thumbs", "ENVIRONMENT": "bench", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512"}
PYTHON = """
import boto3, http.client, os
clients = [boto3.client(name) for name in ("s3", "dynamodb", "sns")]
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
api.request("GET", "/2018-06-01/runtime/invocation/next")
api.getresponse()
"""
NODE = """
const { S3Client } = require("@aws-sdk/client-s3"), { DynamoDBClient } = require("@aws-sdk/client-dynamodb");
const { SNSClient } = require("@aws-sdk/client-sns");
const clients = [new S3Client({}), new DynamoDBClient({}), new SNSClient({})];
require("http").get("http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime/invocation/next");
"""


def first_next(argv, env):
    """(ms by the clock, ms of CPU) from before exec until the whole request is there."""
    with socket.create_server(("127.0.0.1", 0)) as api:
        api.settimeout(30)
        env = {**SETTINGS, **env, "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:%d" % api.getsockname()[1]}
        began = time.perf_counter()
        pid = os.posix_spawn(argv[0], argv, env)
        try:
            peer, _ = api.accept()
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += peer.recv(4096) or sys.exit(f"{argv[0]} asked for nothing")
            took = (time.perf_counter() - began) * 1000
        finally:
            os.kill(pid, 9)
            used = os.wait4(pid, 0)[2]
        if b"/invocation/next " not in asked:
            sys.exit(f"{argv[0]} asked for something else: {asked[:200]}")
        peer.close()
        return took, (used.ru_utime + used.ru_stime) * 1000


def node_modules():
    for folder in filter(None, (os.environ.get("CALOTYPE_RUNTIMES"), ROOT / "build/runtimes")):
        at = pathlib.Path(folder, "nodejs/node_modules")
        if (at / "@aws-sdk/client-s3").exists():
            return str(at)
    return None


def peers(folder):
    """{name: (argv, environment)} of those that are here; a line for one that is not."""
    found = {}
    if subprocess.run(["/usr/bin/python3", "-c", "import boto3"], capture_output=True).returncode == 0:
        at = folder / "handler.py"
        at.write_text(PYTHON)
        found["python"] = (["/usr/bin/python3", str(at)], {})
    else:
        print("no Python with boto3: apt-get install python3-boto3", file=sys.stderr)
    node = next((p for p in ("/usr/bin/node", "/usr/local/bin/node") if pathlib.Path(p).exists()), None)
    if node and node_modules():
        at = folder / "handler.js"
        at.write_text(NODE)
        found["node"] = ([node, str(at)], {"NODE_PATH": node_modules(), "AWS_EC2_METADATA_DISABLED": "true"})
    else:
        print("no Node with the clients of @aws-sdk: CALOTYPE_RUNTIMES=build/runtimes calotype runtime install node",
              file=sys.stderr)
    return found


def measure(rounds, figures):
    """Adds start_ours, start_python_boto3 and start_node_sdk (and _cpu of each) to figures."""
    bootstrap = str(pathlib.Path(static_programs()).parent / "fn/bootstrap")
    with tempfile.TemporaryDirectory(prefix="bench-start-") as folder:
        programs = {"ours": ([bootstrap], {}), **peers(pathlib.Path(folder))}
        times = {name: [] for name in programs}
        for _ in range(rounds + 1):  # the first fills caches
            for name, (argv, env) in programs.items():
                times[name] += [first_next(argv, env) for _ in range(5 if name == "ours" else 1)]
    names = {"ours": "ours", "python": "python_boto3", "node": "node_sdk"}
    for name, got in times.items():
        took, cpu = (statistics.median(column) for column in zip(*got[5 if name == "ours" else 1:]))
        print(f"exec to the first /next: {names[name]}: {took:.2f} ms, {cpu:.2f} of CPU, {min(got)[0]:.2f} at best"
              + (f"; wanted {MOST_MS}: {'kept' if took <= MOST_MS else 'MISSED'}" if name == "ours" else ""))
        figures[f"start_{names[name]}"] = (took, "ms")
        figures[f"start_{names[name]}_cpu"] = (cpu, "ms")
