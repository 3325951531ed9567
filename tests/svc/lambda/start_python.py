"""What functions in Python start with (src/svc/lambda/start_python*.py), alone: a runtime API of this test's, a pipe
for records, and each interpreter of this machine, so that what differs by version is seen. What a sandbox adds is
in test_python.c and in tests/wire/python_functions.py.

CALOTYPE_PYTHONS=/path:/path adds interpreters.
"""
import concurrent.futures
import http.server
import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))
import embed  # noqa: E402

SOURCE = ROOT / "src/svc/lambda"
TEXT = embed.text_of(SOURCE / "start_python.py", [f"{part}={SOURCE}/start_python_{part}.py" for part in ("errors", "logging")])
NBSP = "\u00a0"


def interpreters():
    """{(3, 11): path}"""
    paths = [*pathlib.Path("/usr/bin").glob("python3.[0-9]*"), pathlib.Path(sys.executable),
             *(pathlib.Path(p) for p in os.environ.get("CALOTYPE_PYTHONS", "").split(":") if p)]
    found = {}
    for path in paths:
        asked = subprocess.run([path, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True)
        if asked.returncode == 0 and path.is_file():
            found.setdefault(tuple(map(int, asked.stdout.split())), path)
    return found


class Runtime(http.server.BaseHTTPRequestHandler):
    """The API: hands out the server's events, then waits until the process is ended."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if not self.server.events:
            self.server.idle.set()
            self.server.over.wait()
            self.close_connection = True
            return
        event = self.server.events.pop(0)
        body, headers = event if isinstance(event, tuple) else (event, {})
        self.send_response(200)
        fields = {"Lambda-Runtime-Aws-Request-Id": f"id-{len(self.server.posts)}",
                  "Lambda-Runtime-Deadline-Ms": str(int(time.time() * 1000) + 3000),
                  "Lambda-Runtime-Invoked-Function-Arn": "arn:f", "Lambda-Runtime-Trace-Id": "Root=1-2",
                  "Content-Type": "application/json", "Content-Length": str(len(body)), **headers}
        for name, value in fields.items():
            if value is not None:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append((self.path.partition("/runtime/")[2], dict(self.headers.items()), body))
        status = 413 if len(body) > 6 * 1024 * 1024 + 100 else 202
        text = b'{"errorType":"RequestEntityTooLarge"}'
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Ran:
    """posts: [(what was called, headers, body)]; records: [(type, microseconds, text)]; out, error; status or None."""

    def __init__(self, posts, records, out, error, status):
        self.posts, self.records, self.out, self.error, self.status = posts, records, out, error, status

    def answer(self, i=0):
        return self.posts[i][2].decode()

    def document(self, i=0):
        return json.loads(self.posts[i][2])

    def texts(self):
        return [text for _, _, text in self.records]


def frames(data):
    records = []
    while data:
        kind, length, micros = struct.unpack_from(">IIQ", data)
        records.append((kind, micros, data[16:16 + length].decode()))
        assert len(records[-1][2].encode()) == length
        data = data[16 + length:]
    return records


def collect(fd, into):
    while data := os.read(fd, 65536):
        into.append(data)


def run(python, code, events=(b"{}",), handler="app.run", env=None, files=None, fd=True):
    """Serves events to a function until it waits for more or has ended."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Runtime)
    server.daemon_threads = True
    server.events, server.posts, server.idle, server.over = list(events), [], threading.Event(), threading.Event()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    with tempfile.TemporaryDirectory(prefix="calotype-") as folder:
        here = pathlib.Path(folder, "runtime")
        task = pathlib.Path(folder, "task")
        here.mkdir()
        (here / "bootstrap.py").write_text(TEXT)
        for name, text in {"app.py": code, **(files or {})}.items():
            path = task / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        reader, writer = os.pipe()
        variables = {
            "PATH": "/usr/bin:/bin", "PYTHONPATH": str(here), "PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8",
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "LAMBDA_TASK_ROOT": str(task), "_HANDLER": handler,
            "AWS_LAMBDA_FUNCTION_NAME": "f", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
            "AWS_LAMBDA_LOG_STREAM_NAME": "stream", **({"_LAMBDA_TELEMETRY_LOG_FD": str(writer)} if fd else {}), **(env or {})}
        process = subprocess.Popen([python, here / "bootstrap.py"], env=variables, cwd=task, pass_fds=[writer],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.close(writer)
        chunks = []
        thread = threading.Thread(target=collect, args=(reader, chunks))
        thread.start()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            output = pool.submit(process.communicate)
            while not server.idle.wait(0.01) and not output.done():
                pass
            status = process.poll() if output.done() else None
            process.terminate()
            out, error = output.result()
        thread.join()
        os.close(reader)
    server.over.set()
    server.shutdown()
    server.server_close()
    return Ran(server.posts, frames(b"".join(chunks)), out.decode(), error.decode(), status)


class Start(unittest.TestCase):
    def installed(self, *args, **more):
        """(version, what ran) of each interpreter that is installed: of this test's own at least."""
        return [(version, run(path, *args, **more)) for version, path in sorted(interpreters().items())]

    def test_answers(self):
        """As simplejson writes them for awslambdaric, which its two kinds of versions tell apart."""
        code = ("import collections, decimal\nP = collections.namedtuple('P', 'x y')\nD = decimal.Decimal\n"
                "def run(event, context):\n    return eval(event)\n")
        cases = [("{'a': [1, None, True, 'x']}", '{"a": [1, null, true, "x"]}', None), ("b'\\x00as is'", "\0as is", None),
                 ("[D('1.50'), D('12345678901234567890.1'), D('NaN'), D('-Infinity')]",
                  "[1.50, 12345678901234567890.1, NaN, -Infinity]", None),
                 ("{'p': P(1, [P(b'b', ())]), b'k': 1}", '{"p": {"x": 1, "y": [{"x": "b", "y": []}]}, "k": 1}', None),
                 ("{1: 2, None: 3, True: 4, 1.5: 5}", '{"1": 4, "null": 3, "1.5": 5}', None),
                 ("'\\u00e9\\U0001f600'", '"\\u00e9\\ud83d\\ude00"', '"\u00e9\U0001f600"'),
                 ("float('nan')", "NaN", None), ("'q\"\\\\'", '"q\\"\\\\"', None)]
        for version, ran in self.installed(code, [json.dumps(text).encode() for text, _, _ in cases]):
            for i, (text, want, since_12) in enumerate(cases):
                self.assertEqual(ran.answer(i), want if version < (3, 12) or since_12 is None else since_12, text)
                kind = "application/unknown" if text.startswith("b'") else "application/json"
                self.assertEqual(ran.posts[i][1]["Content-Type"], kind)

    def test_the_runtime_that_was_asked_for_decides(self):
        """A python3.12 function answers as one, whichever interpreter is there; and the other way round."""
        for name, want in (("python3.12", '"\u00e9"'), ("python3.9", '"\\u00e9"')):
            for _, ran in self.installed("def run(event, context):\n    return event\n", ['"\u00e9"'.encode()],
                                    env={"AWS_EXECUTION_ENV": f"AWS_Lambda_{name}"}):
                self.assertEqual(ran.answer(), want)

    def test_answers_that_are_none(self):
        code = ("class Odd:\n    pass\ndef run(event, context):\n    loop = []; loop.append(loop)\n    return eval(event)\n")
        cases = {"{1, 2}": "Object of type set is not JSON serializable", "Odd()": "Object of type Odd is not JSON serializable",
                 "loop": "Circular reference detected",
                 "{(1, 2): 3}": "keys must be str, int, float, bool or None, not tuple",
                 "{'x': b'\\xff'}": "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"}
        for _, ran in self.installed(code, [json.dumps(text).encode() for text in cases]):
            for i, words in enumerate(cases.values()):
                self.assertEqual(ran.document(i), {"errorMessage": f"Unable to marshal response: {words}", "requestId": f"id-{i}",
                                                   "errorType": "Runtime.MarshalError", "stackTrace": []})
                self.assertEqual(ran.posts[i][1]["Lambda-Runtime-Function-Error-Type"], "Runtime.MarshalError")

    def test_events(self):
        code = "def run(event, context):\n    return [type(event).__name__, repr(event)]\n"
        cases = [(b' {"a": 1.50, "b": 1e2}\n', ["dict", "{'a': 1.5, 'b': 100.0}"]), (b'"\\ud800"', ["str", "'\\ud800'"]),
                 (b"null", ["NoneType", "None"]), (b"NaN", ["float", "nan"]), (b"12345678901234567890", ["int", "12345678901234567890"]),
                 ((b"\x00raw", {"Content-Type": "text/plain"}), ["bytes", "b'\\x00raw'"]),
                 ((b"raw", {"Content-Type": None}), ["bytes", "b'raw'"]),
                 (b'{"a":', "Unable to unmarshal input: Expecting value: line 1 column 6 (char 5)"),
                 (b"", "Unable to unmarshal input: Expecting value: line 1 column 1 (char 0)"),
                 (b"{} x", "Unable to unmarshal input: Extra data: line 1 column 4 (char 3)"),
                 (b'"\xff"', "Unable to unmarshal input: 'utf-8' codec can't decode byte 0xff in position 1: invalid start byte")]
        for _, ran in self.installed(code, [event for event, _ in cases]):
            for i, (event, want) in enumerate(cases):
                got = ran.document(i)
                self.assertEqual(got if isinstance(want, list) else got["errorMessage"], want, event)

    def test_the_context(self):
        code = ("def run(event, context):\n    context.log('one\\nrecord')\n"
                "    return [repr(context), context.w3c(), context.identity.cognito_identity_id,\n"
                "            getattr(context.client_context, 'custom', None), repr(context.client_context),\n"
                "            0 < context.get_remaining_time_in_millis() <= 3000]\n")
        client = {"client": {"app_title": "t"}, "custom": {"k": "v"}, "env": {}, "w3c": {"traceparent": "00-1", "other": "x"}}
        headers = {"Lambda-Runtime-Client-Context": json.dumps(client), "Lambda-Runtime-Deadline-Ms": "1",
                   "Lambda-Runtime-Cognito-Identity": '{"cognitoIdentityId":"i","cognitoIdentityPoolId":"p"}'}
        plain = ("LambdaContext([aws_request_id=id-0,log_group_name=/aws/lambda/f,log_stream_name=stream,function_name=f,"
                 "memory_limit_in_mb=128,function_version=$LATEST,invoked_function_arn=arn:f,client_context=None,"
                 "identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),tenant_id=None])")
        full = ("ClientContext([custom={'k': 'v'},env={},client=Client([installation_id=None,app_title=t,"
                "app_version_name=None,app_version_code=None,app_package_name=None])])")
        for _, ran in self.installed(code, [b"{}", (b"{}", headers), (b"{}", {"Lambda-Runtime-Client-Context": "{"})]):
            self.assertEqual(ran.document(0), [plain, {}, None, None, "None", True])
            self.assertEqual(ran.document(1)[1:], [{"traceparent": "00-1"}, "i", {"k": "v"}, full, False])
            self.assertEqual(ran.document(2)["errorType"], "Runtime.LambdaContextUnmarshalError")
            self.assertRegex(ran.document(2)["errorMessage"], "^Unable to parse Client Context JSON: Expecting property name")
            self.assertEqual(ran.texts()[:2], ["one\nrecord"] * 2)

    def test_errors(self):
        code = ("class Odd(Exception):\n    pass\ndef run(event, context):\n    if event == 1:\n        raise Odd('two\\nlines')\n"
                "    if event == 2:\n        raise KeyError('k')\n    if event == 3:\n"
                "        raise ExceptionGroup('several', [ValueError('a'), TypeError('b')])\n    one(event)\n"
                "def one(event):\n    try:\n        1 / 0\n    except ZeroDivisionError as e:\n        raise ValueError() from e\n"
                "def bad():\n    pass\n")
        for version, ran in self.installed(code, [b"1", b"2", b"3", b"4"]):
            self.assertEqual(ran.document(0)["errorType"], "Odd")
            self.assertEqual(ran.document(0)["errorMessage"], "two\nlines")
            self.assertEqual(list(ran.document(0)), ["errorMessage", "errorType", "requestId", "stackTrace"])
            self.assertRegex(ran.document(0)["stackTrace"][0], r'^  File ".*/app.py", line 5, in run\n    raise Odd\(.*\)\n$')
            self.assertEqual(ran.document(1)["errorMessage"], "'k'")
            group = ("ExceptionGroup", "several (2 sub-exceptions)") if version >= (3, 11) else \
                ("NameError", "name 'ExceptionGroup' is not defined")
            self.assertEqual((ran.document(2)["errorType"], ran.document(2)["errorMessage"]), group)
            self.assertEqual((ran.document(3)["errorType"], ran.document(3)["errorMessage"]), ("ValueError", ""))
            self.assertEqual([re.search(r"in (\w+)\n", line)[1] for line in ran.document(3)["stackTrace"]], ["run", "one"])
            kind, _, text = ran.records[0]
            self.assertEqual(kind, 0xA55A0017)
            lines = text.split("\n")
            self.assertEqual(lines[:3], ["[ERROR] Odd: two", "lines", "Traceback (most recent call last):"])
            self.assertRegex(lines[3], f'^{NBSP}{NBSP}File ".*", line 5, in run$')
            self.assertEqual(lines[4], f"{NBSP * 4}raise Odd('two\\nlines')")
            self.assertTrue(ran.records[3][2].startswith("[ERROR] ValueError\nTraceback"))
            self.assertEqual(ran.posts[0][1]["Lambda-Runtime-Function-Error-Type"], "Function.Odd")
            self.assertEqual(ran.out + ran.error, "")

    def test_ends(self):
        """What is no Exception ends the process, with what Python says of it."""
        cases = {"sys.exit(3)": (3, ""), "sys.exit()": (0, ""), "sys.exit('words')": (1, "words\n"),
                 "raise KeyboardInterrupt": (-2, "KeyboardInterrupt"), "os._exit(7)": (7, ""),
                 "raise type('Base', (BaseException,), {})('b')": (1, "Base: b")}
        path = interpreters()[min(interpreters())]
        for act, (status, words) in cases.items():
            with self.subTest(act):
                ran = run(path, f"import os, sys\ndef run(event, context):\n    {act}\n")
                self.assertEqual((ran.status, ran.posts), (status, []))
                self.assertIn(words, ran.error)
        ran = run(path, "import sys\nsys.exit(5)\n")
        self.assertEqual((ran.status, ran.posts), (5, []))

    def test_handlers(self):
        files = {"pkg/__init__.py": "from .inner import run\n", "pkg/inner.py": "from . import other\nfrom .other import value\n"
                 "def run(event, context):\n    return value\n", "pkg/other.py": "value = 'relative'\n", "sub/app.py":
                 "def run(event, context):\n    return __name__\n", "attribute.py": "class A:\n    @staticmethod\n    def run(e, c):\n"
                 "        return 1\n", "json.py": "def run(event, context):\n    return 'own json'\n", "token.py":
                 "import not_there\n", "py3.py": "print 'old'\n", "raises.py": "raise ValueError('at import')\n"}
        served = {"pkg.run": "relative", "pkg.inner.run": "relative", "pkg/inner.run": "relative", "sub/app.run": "sub.app",
                  "sub.app.run": "sub.app", "json.run": "own json"}
        refused = {"run": ("Runtime.MalformedHandlerName", "Bad handler 'run': not enough values to unpack (expected 2, got 1)"),
                   "none.run": ("Runtime.ImportModuleError", "Unable to import module 'none': No module named 'none'"),
                   "token.run": ("Runtime.ImportModuleError", "Unable to import module 'token': No module named 'not_there'"),
                   "sys.run": ("Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
                   "app.none": ("Runtime.HandlerNotFound", "Handler 'none' missing on module 'app'"),
                   "attribute.A.run": ("Runtime.ImportModuleError", "Unable to import module 'attribute.A': No module named "
                                       "'attribute.A'; 'attribute' is not a package"),
                   "raises.run": ("ValueError", "at import")}
        path = interpreters()[max(interpreters())]
        for handler, want in served.items():
            with self.subTest(handler):
                self.assertEqual(run(path, "", handler=handler, files=files).document(), want)
        for handler, want in refused.items():
            with self.subTest(handler):
                ran = run(path, "", handler=handler, files=files)
                what, headers, _ = ran.posts[0]
                self.assertEqual((what, ran.status, ran.document()["requestId"]), ("init/error", 1, ""))
                self.assertEqual((ran.document()["errorType"], ran.document()["errorMessage"]), want)
                kind = want[0] if want[0].startswith("Runtime.") else f"Function.{want[0]}"
                self.assertEqual(headers["Lambda-Runtime-Function-Error-Type"], kind)
                text, = ran.texts()
                self.assertTrue(text.startswith(f"[ERROR] {want[0]}: {want[1]}\nTraceback"), text)
        ran = run(path, "", handler="py3.run", files=files)
        self.assertEqual(ran.document()["errorType"], "Runtime.UserCodeSyntaxError")
        self.assertRegex(ran.document()["errorMessage"], r"^Syntax error in module 'py3': .*\(py3.py, line 1\)$")
        self.assertRegex(ran.document()["stackTrace"][0], r'^  File ".*/py3.py" Line 1\n    print .old.\n')
        wrong = run(path, "def run():\n    pass\n").document()
        self.assertEqual(wrong["errorMessage"], "run() takes 0 positional arguments but 2 were given")
        self.assertIn("in handle_event_request\n    response = request_handler(event, lambda_context)\n", wrong["stackTrace"][0])

    def test_modules_with_the_names_of_the_library(self):
        """What the runtime itself needs it gets, and the function its own."""
        files = {name: "raise RuntimeError('not for the runtime')\n" for name in ("linecache.py", "re.py", "enum.py", "socket.py")}
        code = "import token\ndef run(event, context):\n    if event:\n        return token.mine\n    raise ValueError('v')\n"
        files.update({"token.py": "mine = 1\n", "json.py": "raise RuntimeError('not for the runtime')\n"})
        for _, ran in self.installed(code, [b"0", b"{", b"1"], files=files):
            self.assertEqual([ran.document(i).get("errorType") for i in (0, 1)], ["ValueError", "Runtime.UnmarshalError"])
            self.assertEqual(ran.document(2), 1)
        code = "import logging\ndef run(event, context):\n    return hasattr(logging, 'getLogger')\n"
        for _, ran in self.installed(code, files={"logging.py": ""}):
            self.assertIs(ran.document(), True)

    def test_a_missing_package_of_the_image(self):
        for code in ("import boto3\n", "def run(event, context):\n    import botocore.config\n"):
            ran = run(interpreters()[min(interpreters())], "import sys\nsys.path[:] = [p for p in sys.path if 'packages' not in p]\n" + code)
            self.assertIn("calotype runtime install python", ran.error)

    def test_logging_in_text(self):
        code = ("import logging\nlog = logging.getLogger('my')\ndef run(event, context):\n    logging.warning('w %d', 1)\n"
                "    log.info('unheard')\n    log.error('two\\nlines')\n    try:\n        1 / 0\n    except Exception:\n"
                "        logging.exception('caught')\n    print('plain')\n    return len(logging.getLogger().handlers)\n")
        stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
        for _, ran in self.installed(code):
            texts = ran.texts()
            self.assertEqual(len(texts), 3)
            self.assertRegex(texts[0], rf"^\[WARNING\]\t{stamp}\tid-0\tw 1\n$")
            self.assertRegex(texts[1], rf"^\[ERROR\]\t{stamp}\tid-0\ttwo\nlines\n$")
            self.assertRegex(texts[2], rf"^\[ERROR\]\t{stamp}\tid-0\tcaught\nTraceback \(most recent call last\):\n  File (.*\n)+ZeroDivision")
            self.assertEqual({kind for kind, _, _ in ran.records}, {0xA55A0003})
            self.assertLess(abs(ran.records[0][1] / 1e6 - time.time()), 60)
            self.assertEqual((ran.out, ran.document()), ("plain\n", 1))

    def test_levels(self):
        code = ("import logging\ndef run(event, context):\n    for level in (5, 10, 20, 30, 40, 50):\n"
                "        logging.log(level, 'l')\n    return logging.getLogger().level\n")
        for level, want, kinds in (("DEBUG", 10, (0xB, 0xF, 0x13, 0x17, 0x1B)), ("trace", 10, (0xB, 0xF, 0x13, 0x17, 0x1B)),
                                   ("ERROR", 40, (0x17, 0x1B)), ("FATAL", 50, (0x1B,)), ("none", 30, (0x13, 0x17, 0x1B))):
            for _, ran in self.installed(code, env={"AWS_LAMBDA_LOG_LEVEL": level}):
                self.assertEqual(ran.document(), want, level)
                self.assertEqual([kind for kind, _, _ in ran.records], [0xA55A0000 + kind for kind in kinds])

    def test_logging_in_json(self):
        code = ("import logging\nlog = logging.getLogger('my')\nlog.setLevel('DEBUG')\ndef run(event, context):\n"
                "    log.debug('d %s', '\\u00e9', extra={'order': {'id': 1}})\n    try:\n        1 / 0\n"
                "    except Exception:\n        log.exception('caught')\n    logging.log(35, 'between')\n    raise KeyError('k')\n")
        for _, ran in self.installed(code, env={"AWS_LAMBDA_LOG_FORMAT": "JSON"}):
            first, second, third, last = (json.loads(text) for text in ran.texts())
            self.assertRegex(first.pop("timestamp"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertEqual(first, {"level": "DEBUG", "message": "d \u00e9", "logger": "my", "requestId": "id-0", "order": {"id": 1}})
            self.assertIn("\u00e9", ran.texts()[0])
            self.assertEqual({k: second[k] for k in ("level", "message", "errorType", "errorMessage")}, {
                "level": "ERROR", "message": "caught", "errorType": "ZeroDivisionError", "errorMessage": "division by zero"})
            self.assertRegex(second["location"], r"/app.py:run:9$")
            self.assertRegex(second["stackTrace"][0], r'^  File ".*/app.py", line 7, in run\n    1 / 0\n')
            self.assertEqual((third["level"], ran.records[2][0]), ("WARNING", 0xA55A0012))
            self.assertEqual([kind - 0xA55A0000 for kind, _, _ in ran.records], [0xA, 0x16, 0x12, 0x16])
            self.assertEqual(list(last), ["timestamp", "level", "errorMessage", "errorType", "requestId", "stackTrace"])
            self.assertEqual((last["level"], last["errorType"], last["errorMessage"]), ("ERROR", "KeyError", "'k'"))

    def test_without_a_pipe_for_records(self):
        code = "import logging\ndef run(event, context):\n    logging.warning('w')\n    context.log('c\\n')\n    raise ValueError('v')\n"
        for _, ran in self.installed(code, fd=False):
            first, second, third = ran.out.splitlines(keepends=True)[:1] + ran.out.split("\n")[1:3]
            self.assertRegex(first, r"^\[WARNING\]\t.*Z\tid-0\tw\n$")
            self.assertEqual(second, "c")
            self.assertTrue(third.startswith("[ERROR] ValueError: v\rTraceback (most recent call last):\r" + NBSP))

    def test_what_the_module_logs_at_import_has_no_request(self):
        for _, ran in self.installed("import logging\nlogging.warning('early')\ndef run(event, context):\n    pass\n"):
            self.assertRegex(ran.texts()[0], r"Z\t\tearly\n$")

    def test_output_is_not_kept_back(self):
        code = ("import faulthandler, os, sys, warnings\nfaulthandler.enable()\ndef run(event, context):\n    print('a', end='')\n"
                "    sys.stderr.write('b')\n    sys.stdout.writelines(['c', 'd'])\n    warnings.warn('careful')\n    os._exit(0)\n")
        for _, ran in self.installed(code):
            self.assertEqual(ran.out, "acd")
            self.assertRegex(ran.error, r"^b.*/app.py:7: UserWarning: careful\n")

    def test_variables(self):
        code = ("import os, sys\ndef run(event, context):\n    trace = os.environ.get('_X_AMZN_TRACE_ID')\n"
                "    os.environ['MINE'] = os.environ.get('MINE', '') + 'x'\n"
                "    return [trace, '_LAMBDA_TELEMETRY_LOG_FD' in os.environ, os.environ['MINE'], sys.path[:3]]\n")
        for version, ran in self.installed(code, [b"1", (b"2", {"Lambda-Runtime-Trace-Id": None}), b"3"]):
            own = f"/opt/python/lib/python{version[0]}.{version[1]}/site-packages"
            self.assertEqual([ran.document(i)[0] for i in range(3)], ["Root=1-2", None, "Root=1-2"])
            self.assertEqual([ran.document(i)[2] for i in range(3)], ["x", "xx", "xxx"])
            self.assertFalse(ran.document()[1])
            self.assertTrue(ran.document()[3][0].endswith("/task"))
            self.assertEqual(ran.document()[3][1:], [own, "/opt/python"])
        for _, ran in self.installed(code, env={"AWS_EXECUTION_ENV": "AWS_Lambda_python3.9"}):
            self.assertEqual(ran.document()[3][1], "/opt/python/lib/python3.9/site-packages")
        for _, ran in self.installed(code, env={"PYTHONPATH": "/var/task/vendor:/opt/more"}):
            self.assertEqual(ran.document()[3][1:], ["/var/task/vendor", "/opt/more"])

    def test_a_long_answer(self):
        for _, ran in self.installed("def run(event, context):\n    return 'x' * event\n", [b"6291554", b"7000000", b"1"]):
            self.assertEqual([len(body) for _, _, body in ran.posts], [6291556, 6291557, 3])
            self.assertIn("Failed to post handler success response. Http response code: 413", ran.error)


if __name__ == "__main__":
    unittest.main(verbosity=2)
