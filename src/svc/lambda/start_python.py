"""What a Python function starts with: loads the handler, then serves the runtime API until killed.

Written by Calotype and put at /var/runtime/bootstrap.py of every sandbox of a python runtime. What a
function sees of it is what AWS's awslambdaric shows (aws/aws-lambda-python-runtime-interface-client).

A cold start reads, compiles and runs this file, and each module that it imports costs up to ten
milliseconds: so it imports what the interpreter has anyway. Errors and logging are files of their own
(start_python_errors.py, start_python_logging.py), which the build puts into PARTS as texts: they are compiled when
there is an error and when the function imports logging.
"""
import os
import sys
import time

import _json  # what json's functions call; "json" imports re, for its words in errors
import _socket  # "socket" imports selectors and enum

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
BODY_MOST = 6 * 1024 * 1024 + 100  # what the API takes; it refuses more by the length alone
CA = "/etc/ssl/certs/ca-certificates.crt"
HERE = os.path.dirname(__file__)
ROOT = "/2018-06-01/runtime/"
TASK = os.environ.get("LAMBDA_TASK_ROOT", "/var/task")
# As AWS: all but ASCII is escaped before Python 3.12, and nothing since (lambda_runtime_marshaller.py).
RUNTIME = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
ESCAPES = int(RUNTIME) < 12 if RUNTIME.isdigit() else sys.version_info < (3, 12)


LIBRARY = os.path.dirname(os.__file__)


def standard(name):
    """A module of the standard library, though the function has modules with the names of what it imports."""
    names = getattr(sys, "stdlib_module_names", sys.modules)
    theirs = {one: module for one, module in list(sys.modules.items()) if one in names
              and (getattr(module, "__file__", None) or "").startswith((TASK + "/", "/opt/"))}
    path, sys.path = sys.path, [LIBRARY, LIBRARY + "/lib-dynload"]
    for one in theirs:
        del sys.modules[one]
    try:
        __import__(name)
        return sys.modules[name]
    finally:
        sys.path = path
        sys.modules.update(theirs)


# ---- JSON ----
class Decoder:
    """What json.JSONDecoder says to the scanner."""
    strict, object_hook, object_pairs_hook, parse_float, parse_int = True, None, None, float, int
    parse_constant = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}.__getitem__


scan = _json.make_scanner(Decoder)


def loads(text):
    """json.loads(text), of str or bytes."""
    try:
        if isinstance(text, bytes):
            text = text.decode()
        text = text.strip(" \t\n\r")
        value, end = scan(text, 0)
        if end == len(text):
            return value
    except Exception:  # some versions want "json" to be there when they raise, or import it
        pass
    return standard("json").loads(text)  # which has the words for what is wrong


def dumps(value, other=None, escapes=ESCAPES):
    """json.dumps(value, default=other, ensure_ascii=escapes)."""
    quote = _json.encode_basestring_ascii if escapes else _json.encode_basestring
    try:
        encoder = _json.make_encoder({}, other, quote, None, ": ", ", ", False, False, True)
    except TypeError:  # a version whose json says more to it
        return standard("json").dumps(value, default=other, ensure_ascii=escapes)
    return "".join(encoder(value, 0))


# ---- The runtime API ----
class Api:
    """One connection, on the sandbox's own loopback; opened again when it ended."""

    def __init__(self):
        self.socket = None

    def call(self, method, path, body=b"", headers=""):
        """(status, {lower-case header: value}, body). The API has not got a call whose connection
        was closed before the first byte of an answer, so such a call is made once more."""
        body = body[:BODY_MOST + 1]  # the API says what becomes of a longer one
        head = f"{method} {ROOT}{path} HTTP/1.1\r\nHost: {API}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        try:
            return self.once(head.encode("latin-1") + body)
        except ConnectionError:
            self.socket = None
            return self.once(head.encode("latin-1") + body)

    def once(self, request):
        if self.socket is None:
            host, _, port = API.partition(":")
            self.socket = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
            self.socket.settimeout(None)  # whatever default the function has set
            self.socket.connect((host.encode(), int(port)))
            self.socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self.socket.sendall(request)
        return self.answer()

    def answer(self):
        got = b""
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self.more(65536)
        first, *lines = got[:end].decode("utf-8", "surrogateescape").split("\r\n")
        fields = {}
        for line in lines:
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        length, parts = int(fields.get("content-length", "0")), [got[end + 4:]]
        left = length - len(parts[0])
        while left > 0:
            parts.append(self.more(min(left, 1 << 20)))
            left -= len(parts[-1])
        if fields.get("connection", "").lower() == "close":
            self.socket = None
        return int(first.split()[1]), fields, b"".join(parts)

    def more(self, most):
        got = self.socket.recv(most)
        if not got:
            raise ConnectionResetError
        return got


class FaultException(Exception):
    """An error of the runtime's own, with the type that AWS gives it."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.exception_type, self.msg, self.trace = kind, message, list(trace)


PARTS = {}


def part(name):
    """The names that a part defines, which sees a copy of those that are here."""
    if isinstance(PARTS[name], str):
        text, space = PARTS[name], dict(globals())
        PARTS[name] = space
        exec(compile(text, f"{HERE}/bootstrap_{name}.py", "exec"), space)
    return PARTS[name]


# ---- Records: one log event each, whatever lines it has ----
class FramedTelemetryLogSink:
    """To the pipe that takes whole records, in awslambdaric's frames: type and length in 4 bytes, microseconds
    since the epoch in 8, all big endian, and the text. The low bits of the type are the level and the format."""

    def __init__(self, fd):
        self.fd = fd
        os.set_inheritable(fd, False)

    def log(self, message, frame_type=None):
        text = message.encode("utf-8", "backslashreplace")
        head = (frame_type or 0xA55A0003).to_bytes(4, "big") + len(text).to_bytes(4, "big")
        left = memoryview(head + (time.time_ns() // 1000).to_bytes(8, "big") + text)
        while left:
            left = left[os.write(self.fd, left):]

    def log_error(self, lines, frame_type):
        self.log("\n".join(lines), frame_type)


class StandardLogSink:
    """To stdout, where there is no such pipe."""

    def log(self, message, frame_type=None):
        sys.stdout.write(message)

    def log_error(self, lines, frame_type):
        sys.stdout.write("\r".join(lines) + "\n")


class Unbuffered:
    """stdout or stderr: what is written is in the log, whatever becomes of the process."""

    def __init__(self, stream):
        self.stream = stream

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, text):
        self.stream.write(text)
        self.stream.flush()

    def writelines(self, lines):
        self.stream.writelines(lines)
        self.stream.flush()


# ---- What the handler is given ----
class Fields:
    """Members by the names in __slots__, from a document; what is not there is None."""
    __slots__ = ()

    def __init__(self, document):
        for name in self.__slots__:
            setattr(self, name, document.get(name))

    def __repr__(self):
        return f"{type(self).__name__}([{','.join(f'{name}={getattr(self, name)}' for name in self.__slots__)}])"


class Client(Fields):
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(Fields):
    __slots__ = ("custom", "env", "client")


class CognitoIdentity(Fields):
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


def document_of(headers, name, words):
    text = headers.get(name)
    try:
        return loads(text) if text else None
    except Exception as error:
        raise FaultException("Runtime.LambdaContextUnmarshalError", f"Unable to parse {words} JSON: {error}") from None


class LambdaContext:
    """The handler's second argument."""

    def __init__(self, headers):
        client = document_of(headers, "lambda-runtime-client-context", "Client Context")
        identity = document_of(headers, "lambda-runtime-cognito-identity", "Cognito Identity") or {}
        self.aws_request_id = headers.get("lambda-runtime-aws-request-id")
        for name in ("log_group_name", "log_stream_name", "function_name", "function_version"):
            setattr(self, name, os.environ.get(f"AWS_LAMBDA_{name.upper()}"))
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.invoked_function_arn = headers.get("lambda-runtime-invoked-function-arn")
        self.tenant_id = headers.get("lambda-runtime-aws-tenant-id")
        trace = client.pop("w3c", None) if isinstance(client, dict) else None
        self._w3c_fields = {k: trace[k] for k in ("traceparent", "tracestate", "baggage")
                            if isinstance(trace.get(k), str)} if isinstance(trace, dict) else {}
        self.client_context = None if client is None else ClientContext(client)
        if client and self.client_context.client is not None:
            self.client_context.client = Client(self.client_context.client)
        self.identity = CognitoIdentity({name: identity.get(member) for name, member in (
            ("cognito_identity_id", "cognitoIdentityId"), ("cognito_identity_pool_id", "cognitoIdentityPoolId"))})
        self._epoch_deadline_time_in_ms = int(headers.get("lambda-runtime-deadline-ms", "0"))

    def get_remaining_time_in_millis(self):
        return max(self._epoch_deadline_time_in_ms - int(time.time() * 1000), 0)

    def w3c(self):
        return dict(self._w3c_fields)

    def log(self, msg):
        """As one record, where the root logger has the runtime's handler; else to stdout."""
        logging = sys.modules.get("logging")
        if logging is None:
            sink.log(str(msg))
            return
        for handler in logging.getLogger().handlers:
            if hasattr(handler, "log_sink"):
                handler.log_sink.log(str(msg))
                return
        sys.stdout.write(str(msg))

    def __repr__(self):
        names = ("aws_request_id", "log_group_name", "log_stream_name", "function_name", "memory_limit_in_mb",
                 "function_version", "invoked_function_arn", "client_context", "identity", "tenant_id")
        return f"{type(self).__name__}([{','.join(f'{name}={getattr(self, name)}' for name in names)}])"


# ---- Events and answers ----
def unmarshal_request(event, content_type):
    if content_type != "application/json":
        return event
    try:
        return loads(event)
    except Exception as error:
        raise FaultException("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None


def is_odd(value):
    """Whether some part of it is a named tuple or a dict with bytes for a key: json writes them otherwise
    than awslambdaric, which uses simplejson."""
    seen, rest = set(), [value]
    while rest:
        value = rest.pop()
        kind = type(value)
        if kind is str or kind is int or value is None or id(value) in seen:
            continue
        if isinstance(value, (dict, list, tuple)):
            seen.add(id(value))
            if isinstance(value, tuple) and hasattr(value, "_asdict"):
                return True
            if isinstance(value, dict):
                if any(isinstance(key, bytes) for key in value):
                    return True
                value = value.values()
            rest.extend(value)
    return False


def simple(value):
    """The same with named tuples as dicts and bytes as text."""
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        value = value._asdict()
    if isinstance(value, dict):
        return {k.decode() if isinstance(k, bytes) else k: simple(v) for k, v in value.items()}
    return [simple(v) for v in value] if isinstance(value, (list, tuple)) else value


def to_json(value):
    """As awslambdaric's marshaller has it: a Decimal is a number with all of its digits."""
    mark = None

    def other(value):
        nonlocal mark
        if isinstance(value, bytes):
            return value.decode()
        decimal = sys.modules.get("decimal")
        if not decimal or not isinstance(value, decimal.Decimal):
            raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
        if value.is_nan():
            return float("nan")
        mark = mark or os.urandom(16).hex()
        return f"{mark}{value}"

    text = dumps(simple(value) if is_odd(value) else value, other)
    if mark is None:
        return text.encode()
    first, *rest = text.split(f'"{mark}')
    return (first + "".join(one.replace('"', "", 1) for one in rest)).encode()


def marshal_response(answer):
    if isinstance(answer, bytes):
        return answer, "application/unknown"
    try:
        return to_json(answer), "application/json"
    except Exception as error:
        raise FaultException("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


# ---- The handler ----
def get_handler(name):
    module, dot, function = name.rpartition(".")
    if not dot:
        raise FaultException("Runtime.MalformedHandlerName",
                             f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    try:
        if module.split(".")[0] in sys.builtin_module_names:
            raise FaultException("Runtime.BuiltInModuleConflict",
                                 f"Cannot use built-in module {module} as a handler module")
        import importlib
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        fault = FaultException("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}")
        fault.name = error.name
        raise fault from None
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {error.text}'
        raise FaultException("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}",
                             [where]) from None
    try:
        return getattr(loaded, function)
    except AttributeError:
        raise FaultException("Runtime.HandlerNotFound",
                             f"Handler '{function}' missing on module '{module}'") from None


def handle_event_request(request_handler, event, headers):
    """One invocation. What is raised here is told to the log and to the caller; what is no Exception
    (SystemExit, KeyboardInterrupt) ends the process."""
    path = f"invocation/{headers['lambda-runtime-aws-request-id']}/"
    try:
        lambda_context = LambdaContext(headers)
        event = unmarshal_request(event, headers.get("content-type"))
        response = request_handler(event, lambda_context)
        response, kind = marshal_response(response)
    except Exception as error:
        part("errors")["report"](error, path + "error", lambda_request_id[0])
        return
    status, _, text = api.call("POST", path + "response", response, f"Content-Type: {kind}\r\n")
    if status == 413:
        part("errors")["say"](f"LAMBDA_RUNTIME Failed to post handler success response. Http response code: {status}. "
                              + text.decode("utf-8", "replace"))


# ---- Modules that need something of us when they are imported ----
class Hooks:
    """The first of sys.meta_path: does something with a module right after it was loaded."""

    @classmethod
    def find_spec(cls, name, path=None, target=None):
        hook = prepare_logging if name == "logging" else trust if name.endswith(TRUSTING) else None
        if hook is None:
            return None
        if name == "logging":  # never the function's own: AWS has imported it before
            path = [LIBRARY]
        for finder in sys.meta_path:
            find = None if finder is cls else getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find else None
            if spec is not None:
                break
        else:
            return None
        load = getattr(spec.loader, "exec_module", None)

        def exec_module(module):
            load(module)
            hook(module)
        try:
            spec.loader.exec_module = exec_module
        except AttributeError:
            pass  # a loader of the function's own that cannot be changed
        return spec


# Each brings a list of authorities that has not this cloud's: certifi (which requests, httpx and pip have, and
# copies of it inside of other packages), botocore's own, and that of the requests in old botocores.
TRUSTING = ("certifi.core", "botocore.httpsession", "vendored.requests.certs")


def trust(module):
    def where():
        return CA

    def contents():
        with open(CA, encoding="ascii") as file:
            return file.read()
    for name, value in (("where", where), ("contents", contents), ("DEFAULT_CA_BUNDLE", CA)):
        if hasattr(module, name):
            setattr(module, name, value)


def prepare_logging(module):
    part("logging")["setup_logging"](module, sink, lambda_request_id)


# ---- The start ----
def prepare_path():
    """As on AWS: the function's folder, layers where it sets no PYTHONPATH, PYTHONPATH, the interpreter's own.
    Layers lie where the function's runtime has them, whichever version the interpreter is of."""
    first = [TASK]
    if os.environ.get("PYTHONPATH", HERE) == HERE:
        named = f"python3.{RUNTIME or sys.version_info[1]}"
        first += [f"/opt/python/lib/{named}/site-packages", "/opt/python"]
    rest = sys.path if getattr(sys.flags, "safe_path", False) else sys.path[1:]  # the folder of this script
    sys.path[:] = first + [path for path in rest if path not in first]
    if HERE not in sys.path:
        sys.path.append(HERE)


def prepare():
    prepare_path()
    sys.stdout, sys.stderr = Unbuffered(sys.stdout), Unbuffered(sys.stderr)
    if "logging" in sys.modules:
        prepare_logging(sys.modules["logging"])
    sys.meta_path.insert(0, Hooks)


def run(name):
    try:
        request_handler = get_handler(name)
    except Exception as error:
        part("errors")["report"](error, "init/error", "")
        sys.exit(1)
    while True:
        _, headers, event = api.call("GET", "invocation/next")
        lambda_request_id[0] = headers["lambda-runtime-aws-request-id"]
        if trace := headers.get("lambda-runtime-trace-id"):
            os.environ["_X_AMZN_TRACE_ID"] = trace
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        handle_event_request(request_handler, event, headers)


api = Api()
lambda_request_id = [""]  # of the invocation under way; a list, for the parts share it
telemetry = os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD", None)
sink = FramedTelemetryLogSink(int(telemetry)) if telemetry else StandardLogSink()
if __name__ == "__main__":
    prepare()
    run(os.environ["_HANDLER"])
