"""What functions in Node start with (src/svc/lambda/start_node.js), alone: a runtime API of this test's, whose bytes
come as it likes, and a pipe for records. What a sandbox adds is in test_node.c and in tests/wire/node_functions.py.

TEST_NODE=/path takes another Node than that of the machine.
"""
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

START = pathlib.Path(__file__).resolve().parents[3] / "src/svc/lambda/start_node.js"
NODE = os.environ.get("TEST_NODE") or shutil.which("node")
CUT, REFUSED, SILENT, OVER = "cut", "refused", "silent", "over"  # what becomes of a call, instead of an answer
LEVELS = {"TRACE": 1, "DEBUG": 2, "INFO": 3, "WARN": 4, "ERROR": 5, "FATAL": 6}


class Runtime(threading.Thread):
    """The API. events: what /next is answered with, in turn: (event, headers) or one of the above; OVER is the end.
    cut: how many POSTs are cut. before_posts(): what it waits for before it reads the body of one, of which little
    is under way meanwhile."""

    def __init__(self, events, bytewise=False, cut=0, before_posts=None):
        super().__init__(daemon=True)
        self.events, self.bytewise, self.cut, self.before_posts = list(events), bytewise, cut, before_posts
        self.posts, self.asked, self.connections, self.over = [], 0, 0, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        if before_posts:
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 << 10)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.start()

    def run(self):
        while not self.over.is_set():
            connection, _ = self.listener.accept()
            self.connections += 1
            with connection, connection.makefile("rb") as file:
                while self.call(connection, file):
                    pass

    def call(self, connection, file):
        """One call; False: the connection ends."""
        try:
            first = file.readline().decode()
        except ConnectionResetError:  # a process that exits before it reads an answer
            return False
        if not first:
            return False
        fields = {}
        while (line := file.readline().decode().strip()):
            name, _, value = line.partition(": ")
            fields[name.lower()] = value
        if first.startswith("POST") and self.before_posts:
            self.before_posts()
        body = file.read(int(fields["content-length"])).decode()
        if first.startswith("POST"):
            if self.cut:
                self.cut -= 1
                return False
            self.posts.append((first.split()[1].partition("/runtime/")[2], fields, body))
            return self.answer(connection, "202 Accepted", '{"status":"OK"}\n', {})
        self.asked += 1
        event = self.events.pop(0) if self.events else OVER
        if event == SILENT:
            file.read()
        if event in (OVER, REFUSED):
            self.over.set()
            self.listener.close()  # who tries again is refused at once
        if event in (OVER, CUT, SILENT):
            return False
        if event == REFUSED:
            return self.answer(connection, "403 Forbidden", "{}", {})
        text, headers = event if isinstance(event, tuple) else (event, {})
        return self.answer(connection, "200 OK", text, {
            "Lambda-Runtime-Aws-Request-Id": f"id-{len(self.posts)}", "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 3000),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:f", "Lambda-Runtime-Trace-Id": "Root=1", **headers})

    def answer(self, connection, status, text, headers):
        fields = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        data = f"HTTP/1.1 {status}\r\n{fields}Content-Length: {len(text.encode())}\r\n\r\n{text}".encode()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in ([data[i:i + 1] for i in range(len(data))] if self.bytewise else [data]):
            connection.sendall(piece)
        return True


def frames(data):
    """[(type, microseconds, text)]"""
    records = []
    while data:
        kind, length, micros = struct.unpack_from(">IIQ", data)
        records.append((kind, micros, data[16:16 + length].decode()))
        data = data[16 + length:]
    return records


class Ran:
    def __init__(self, api, records, out, error, status):
        self.api, self.posts, self.records, self.out, self.error, self.status = api, api.posts, records, out, error, status


def run(code, events=("{}", OVER), fd=True, bytewise=False, cut=0, slow=False, handler="app.run", **env):
    """The process, until the API is over for it. slow: the API reads an answer's body when there is a record."""
    with tempfile.TemporaryDirectory(prefix="calotype-") as task, tempfile.TemporaryFile() as records:
        pathlib.Path(task, "app.js").write_text(code)

        def recorded():
            while os.fstat(records.fileno()).st_size == 0:
                time.sleep(0.001)
        api = Runtime(events, bytewise, cut, recorded if slow else None)
        variables = {"AWS_LAMBDA_RUNTIME_API": api.address, "LAMBDA_TASK_ROOT": task, "_HANDLER": handler,
                     "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs20.x", **env}
        if fd:
            variables["_LAMBDA_TELEMETRY_LOG_FD"] = str(records.fileno())
        done = subprocess.run([NODE, START], env=variables, cwd=task, capture_output=True, timeout=20,
                              pass_fds=[records.fileno()])
        records.seek(0)
        return Ran(api, frames(records.read()), done.stdout.decode(), done.stderr.decode(), done.returncode)


@unittest.skipUnless(NODE, "there is no node")
class Start(unittest.TestCase):
    def test_however_its_bytes_come(self):
        events = ('{"a":"\u00e9\\r\\n\\r\\n"}', '{"b":2}', OVER)
        for bytewise in (False, True):
            with self.subTest(bytewise=bytewise):
                ran = run("exports.run = async (event) => event;", events, bytewise=bytewise)
                self.assertEqual([body for _, _, body in ran.posts], ['{"a":"\u00e9\\r\\n\\r\\n"}', '{"b":2}'])
                self.assertEqual([where for where, _, _ in ran.posts], ["invocation/id-0/response", "invocation/id-1/response"])

    def test_a_connection_that_is_cut(self):
        """A call without an answer is made once more; who is cut twice has nobody to serve."""
        ran = run("exports.run = async (event) => event;", (CUT, "1", CUT, "2", OVER))
        self.assertEqual(([body for _, _, body in ran.posts], ran.status), (["1", "2"], 1))
        ran = run("exports.run = async (event) => event;", (CUT, CUT, OVER))
        self.assertEqual((ran.posts, ran.status, ran.api.connections), ([], 1, 2))
        ran = run("exports.run = async (event) => event;", ("1", "2", OVER), cut=1)
        self.assertEqual(([body for _, _, body in ran.posts], ran.api.asked, ran.api.connections), (["1", "2"], 3, 2))
        ran = run("exports.run = async (event) => event;", ("1", "2", OVER), cut=2)
        self.assertEqual((ran.posts, ran.status, ran.api.asked, ran.api.connections), ([], 1, 1, 2))

    def test_an_error_behind_the_answer(self):
        """What is on its way arrives, though most of it is still in the process; then that exits, and asks for no other event."""
        for runtime in ("nodejs20.x", "nodejs24.x"):
            for act, status in (("throw new Error('behind')", 129), ("Promise.reject(new Error('behind'))", 128)):
                with self.subTest(act, runtime=runtime):
                    ran = run(f"exports.run = async () => {{ setImmediate(() => {{ {act}; }}); return 'x'.repeat(6e6); }};",
                              ("1", "2", OVER), slow=True, AWS_EXECUTION_ENV=f"AWS_Lambda_{runtime}")
                    self.assertEqual([(where, len(body)) for where, _, body in ran.posts], [("invocation/id-0/response", 6000002)])
                    self.assertEqual((ran.status, ran.api.asked), (status, 1))
        ran = run("let n = 0; exports.run = async () => { if (!n++) setTimeout(() => { throw new Error('later'); }, 50); return n; };",
                  ("1", SILENT))
        self.assertEqual(([body for _, _, body in ran.posts], ran.status), (["1"], 129))

    def test_each_event_is_asked_for_once(self):
        """Whichever way the one before ended, when the API has its answer."""
        cases = {"(e, c, cb) => { cb(null, 1); cb(null, 2); c.succeed(3); }": 1, "(e, c) => { c.succeed(1); c.fail('no'); }": 1,
                 "(e, c, cb) => { c.callbackWaitsForEmptyEventLoop = false; cb(null, 1); setImmediate(() => c.done(null, 2)); }": 1,
                 "async (e, c) => { c.succeed(1); return 2; }": 1, "() => {}": None, "async () => new Promise(() => {})": "Runtime.NodeJsExit",
                 "(e, c, cb) => cb(new RangeError())": "RangeError", "(e, c) => { c.fail(new TypeError()); throw new RangeError(); }": "TypeError",
                 "() => 1n": None, "async () => 1n": "Error", "async () => { const ring = {}; return ring.ring = ring; }": "Error"}
        for handler, want in cases.items():
            with self.subTest(handler):
                ran = run(f"exports.run = {handler};", ("1", "2", "3", OVER))
                got = [json.loads(body) for _, _, body in ran.posts]
                self.assertEqual([one["errorType"] if isinstance(one, dict) else one for one in got], [want] * 3)
                self.assertEqual((ran.api.connections, ran.api.asked, ran.status), (1, 4, 1))

    def test_an_environment_that_is_over(self):
        ran = run("exports.run = async () => 1;", ("0", REFUSED))
        self.assertEqual((len(ran.posts), ran.status, ran.out + ran.error), (1, 1, ""))

    def test_types_of_errors(self):
        """As the API takes them: others have a document alone."""
        cases = {"new TypeError('t')": "Function.TypeError", "Object.assign(new Error(), {name: 'A B'})": None,
                 "Object.assign(new Error('m'), {name: 'Runtime.Own'})": "Runtime.Own", "'text'": "Function.string"}
        for thrown, kind in cases.items():
            with self.subTest(thrown):
                ran = run(f"exports.run = async () => {{ throw {thrown}; }};")
                where, fields, _ = ran.posts[0]
                self.assertEqual((where, fields.get("lambda-runtime-function-error-type")), ("invocation/id-0/error", kind))
        ran = run("throw new RangeError('r');")
        self.assertEqual((ran.posts[0][0], ran.posts[0][1]["lambda-runtime-function-error-type"], ran.status),
                         ("init/error", "Function.RangeError", 129))

    def test_what_stands_in_headers(self):
        ran = run("exports.run = async (e, c) => [c.identity, c.clientContext, process.env._X_AMZN_TRACE_ID, c.getRemainingTimeInMillis() > 0];",
                  (("{}", {"Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId":"i"}', "Lambda-Runtime-Client-Context": '{"custom":{"k":1}}'}),
                   ("{}", {"Lambda-Runtime-Trace-Id": ""}), OVER))
        self.assertEqual([json.loads(body) for _, _, body in ran.posts],
                         [[{"cognitoIdentityId": "i"}, {"custom": {"k": 1}}, "Root=1", True], [None, None, None, True]])

    SPEAKS = """exports.run = async () => {
      console.trace('a'); console.debug('b %d', 1, {c: 2}); console.info('two\\nlines'); console.log();
      console.warn('d'); console.error(new RangeError('e')); console.fatal('f'); console.table([1]);
    };"""

    def test_records(self):
        """A frame each, with the bits of its level and the time that its text begins with."""
        began = time.time()
        ran = run(self.SPEAKS)
        self.assertEqual(ran.out + ran.error, "")
        got = []
        for kind, micros, text in ran.records:
            stamp, request, level, message = text.split("\t", 3)
            self.assertEqual((kind, request), (0xa55a0003 | LEVELS[level] << 2, "id-0"))
            self.assertTrue(began - 1 < micros / 1e6 < time.time() + 1)
            self.assertEqual(stamp[-5:], ".%03dZ" % (micros // 1000 % 1000))
            got.append((level, message.split("\n    at")[0]))
        self.assertEqual(got[:7], [("TRACE", "a\n"), ("DEBUG", "b 1 { c: 2 }\n"), ("INFO", "two\nlines\n"), ("INFO", "undefined\n"),
                                   ("WARN", "d\n"), ("ERROR", "RangeError: e"), ("FATAL", "f\n")])
        self.assertEqual([level for level, _ in got[7:]], ["INFO"])  # console.table logs

    def test_without_the_pipe(self):
        """An event is a line, whose newlines are carriage returns."""
        ran = run(self.SPEAKS, fd=False)
        self.assertEqual(ran.records, [])
        lines = ran.out.split("\n")
        self.assertEqual((len(lines), lines[-1]), (9, ""))
        self.assertEqual(lines[2].split("\t", 1)[1], "id-0\tINFO\ttwo\rlines")

    def test_levels(self):
        for level, want in {"": 8, "TRACE": 8, "debug": 7, "INFO": 6, "Warn": 3, "ERROR": 2, "FATAL": 1, "none": 8}.items():
            with self.subTest(level):
                self.assertEqual(len(run(self.SPEAKS, AWS_LAMBDA_LOG_LEVEL=level).records), want)

    def test_json(self):
        ran = run("""const ring = {a: 1n}; ring.ring = ring;
          class Own extends Error { constructor() { super('own'); this.extra = 1; } }
          exports.run = async () => {
            console.log({a: [1]}); console.info('x %s', 'y'); console.warn('failed:', new Own()); console.error(new Own()); console.log(ring);
            throw new Own();
          };""", AWS_LAMBDA_LOG_FORMAT="JSON")
        got = [json.loads(text) for _, _, text in ran.records]
        self.assertEqual({kind & 3 for kind, _, _ in ran.records}, {2})
        self.assertTrue(all(not text.endswith("\n") for _, _, text in ran.records))
        self.assertEqual([(r["level"], r["requestId"]) for r in got],
                         [("INFO", "id-0"), ("INFO", "id-0"), ("WARN", "id-0"), ("ERROR", "id-0"), ("INFO", "id-0"), ("ERROR", "id-0")])
        self.assertEqual((got[0]["message"], got[1]["message"]), ({"a": [1]}, "x y"))
        self.assertEqual((got[2]["message"][:11], got[2]["errorType"], got[2]["errorMessage"], got[2]["stackTrace"][0]),
                         ("failed: Own", "Own", "own", "Error: own"))
        shown = got[3]["message"]
        self.assertEqual((shown["errorType"], shown["errorMessage"], shown["extra"], shown["stackTrace"][0]), ("Own", "own", 1, "Error: own"))
        self.assertIn("ring: [Circular *1]", got[4]["message"])
        self.assertEqual(got[5]["message"]["errorType"], "Own")

    def test_the_global(self):
        code = "exports.run = async () => typeof awslambda;"
        self.assertEqual(run(code).posts[0][2], '"object"')
        self.assertEqual(run(code, AWS_LAMBDA_NODEJS_NO_GLOBAL_AWSLAMBDA="1").posts[0][2], '"undefined"')
        ran = run("exports.run = async () => 1; exports.run[Symbol.for('aws.lambda.runtime.handler.streaming')] = 'response';")
        self.assertEqual(ran.posts[0][1]["lambda-runtime-function-error-type"], "Runtime.MalformedStreamingHandler")


if __name__ == "__main__":
    unittest.main(verbosity=2)
