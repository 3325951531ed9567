"""What a Python function starts with: loads the handler, then serves the runtime API until killed.

Written by Calotype and put at /var/runtime/bootstrap.py of every sandbox of a python runtime. What
it tells of errors has the shape that AWS documents ("Lambda function errors in Python").
"""
import importlib
import json
import linecache
import logging
import os
import socket
import sys
import time
import traceback

API = os.environ["AWS_LAMBDA_RUNTIME_API"]
BODY_MOST = 6 * 1024 * 1024 + 100  # what the API takes; it refuses more by the length alone
ROOT = "/2018-06-01/runtime/"
TASK = os.environ.get("LAMBDA_TASK_ROOT", "/var/task")


class Api:
    """One connection to the runtime API, on the sandbox's own loopback; opened again when it ended."""

    def __init__(self):
        self.file = None

    def call(self, method, path, body=b"", headers=()):
        """(status, {lower-case header: value}, body). The API has not got a call whose connection
        was closed before the first byte of an answer, so such a call is made once more."""
        try:
            return self.once(method, path, body, headers)
        except ConnectionError:
            self.file = None
            return self.once(method, path, body, headers)

    def once(self, method, path, body, headers):
        body = body[:BODY_MOST + 1]  # the API says what becomes of a longer one
        if self.file is None:
            host, port = API.split(":")
            # bytes: text would load the codec "idna", and from the function's folder what that needs
            connection = socket.create_connection((host.encode(), int(port)))
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.file = connection.makefile("rwb")
        lines = [f"{method} {ROOT}{path} HTTP/1.1", f"Host: {API}", f"Content-Length: {len(body)}", *headers, "", ""]
        self.file.write("\r\n".join(lines).encode("latin-1") + body)
        self.file.flush()
        return self.answer()

    def answer(self):
        first = self.file.readline()
        if not first:
            raise ConnectionResetError
        fields = {}
        while (line := self.file.readline().decode("utf-8", "surrogateescape").strip()):
            name, _, value = line.partition(":")
            fields[name.lower()] = value.strip()
        body = self.file.read(int(fields.get("content-length", "0")))
        if fields.get("connection", "").lower() == "close":
            self.file = None
        return int(first.split()[1]), fields, body


class Fault(Exception):
    """An error of the runtime's own, with the type that AWS gives it."""

    def __init__(self, kind, message, trace=()):
        super().__init__(message)
        self.kind, self.trace = kind, list(trace)


class Identity:
    def __init__(self, fields):
        self.cognito_identity_id = fields.get("cognitoIdentityId")
        self.cognito_identity_pool_id = fields.get("cognitoIdentityPoolId")


class Client:
    def __init__(self, fields):
        for name in ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name"):
            setattr(self, name, fields.get(name))


class ClientContext:
    def __init__(self, fields):
        self.client = Client(fields.get("client") or {})
        self.custom, self.env = fields.get("custom"), fields.get("env")


def client_context(text):
    try:
        return ClientContext(json.loads(text)) if text else None
    except ValueError as error:
        raise Fault("Runtime.LambdaContextUnmarshalError", f"Unable to parse Client Context JSON: {error}") from None


class Context:
    """The handler's second argument."""

    def __init__(self, headers):
        self.aws_request_id = headers["lambda-runtime-aws-request-id"]
        self.invoked_function_arn = headers["lambda-runtime-invoked-function-arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = Identity({})
        self.client_context = client_context(headers.get("lambda-runtime-client-context"))
        self.deadline_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(self.deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))


# ---- Errors ----
def clean(text):
    """Without halves of surrogate pairs, which JSON may escape but readers of it refuse."""
    return text.encode("utf-8", "backslashreplace").decode()


def text_of(error):
    try:
        return clean(str(error))
    except Exception as second:
        return f"<the text of this {type(error).__name__} cannot be had: {type(second).__name__}>"


def is_ours(frame):
    return frame.filename in (__file__, importlib.__file__) or frame.filename.startswith("<frozen importlib")


def describe(error, request_id):
    """(errorType, the document that the caller gets). The frames of this file are left out."""
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        frames = traceback.extract_tb(error.__traceback__)
        kind = clean(type(error).__name__)
        # Without columns, as awslambdaric has them: else Python 3.11 and later mark what failed on a line of its own.
        bare = [(f.filename, f.lineno, f.name, f.line) for f in frames if not is_ours(f)]
        trace = [clean(t) for t in traceback.format_list(bare)]
    return kind, {"errorMessage": text_of(error), "errorType": kind, "requestId": request_id, "stackTrace": trace}


def say(text):
    """To the log; a function may have closed or replaced its output."""
    try:
        print(text, end="", flush=True)
    except Exception:
        pass


def report(error, path, request_id):
    """Tells the log and the API."""
    kind, document = describe(error, request_id)
    lines = [f"[ERROR] {kind}: {document['errorMessage']}", "Traceback (most recent call last):",
             *(t.rstrip("\n") for t in document["stackTrace"])]
    say("\n".join(lines) + "\n")
    headers = ["Content-Type: application/json"]
    if kind.isascii() and kind.replace(".", "").isidentifier():  # a class may have any name
        headers.append("Lambda-Runtime-Function-Error-Type: " + (kind if kind.startswith("Runtime.") else f"Function.{kind}"))
    api.call("POST", path, json.dumps(document).encode(), headers)


# ---- The handler ----
def load(name):
    module, dot, function = name.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    if module.split(".")[0] in sys.builtin_module_names:
        raise Fault("Runtime.BuiltInModuleConflict", f"Cannot use built-in module {module} as a handler module")
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module}': {text_of(error)}") from None
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {error.text or linecache.getline(error.filename or "", error.lineno or 0)}'
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}", [where]) from None
    try:
        return getattr(loaded, function)
    except AttributeError:
        raise Fault("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module}'") from None


def number_of(value):
    """What is no number to json: a Decimal, as DynamoDB answers it."""
    decimal = sys.modules.get("decimal")
    if not decimal or not isinstance(value, decimal.Decimal):
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")
    return int(value) if value.is_finite() and value.as_tuple().exponent == 0 else float(value)


def run(handler, event, context):
    """The bytes of the answer. As on AWS, all but ASCII is escaped before Python 3.12 and nothing since
    (awslambdaric, lambda_runtime_marshaller.py); bytes are the answer as they are."""
    try:
        event = json.loads(event)
    except Exception as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
    answer = handler(event, context)
    if isinstance(answer, bytes):
        return answer
    try:
        return json.dumps(answer, default=number_of, ensure_ascii=sys.version_info < (3, 12)).encode()
    except Exception as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {text_of(error)}") from None


class RequestId(logging.Filter):
    current = ""

    def filter(self, record):
        record.aws_request_id = RequestId.current
        return True


def prepare():
    """What AWS prepares: the function's folder first, lines written whole, a log handler on the root."""
    sys.path[:] = [TASK, "/opt/python"] + [p for p in sys.path if p != TASK]
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
    handler = logging.StreamHandler(sys.stdout)
    form = logging.Formatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s", "%Y-%m-%dT%H:%M:%S")
    form.converter = time.gmtime
    handler.setFormatter(form)
    handler.addFilter(RequestId())
    logging.getLogger().addHandler(handler)


def serve(handler):
    while True:
        _, headers, event = api.call("GET", "invocation/next")
        RequestId.current = request_id = headers["lambda-runtime-aws-request-id"]
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
        path = f"invocation/{request_id}/"
        try:
            answer = run(handler, event, Context(headers))
        except Exception as error:
            report(error, path + "error", request_id)
        else:
            say("")
            api.call("POST", path + "response", answer, ("Content-Type: application/json",))


api = Api()
if __name__ == "__main__":
    prepare()
    try:
        handler = load(os.environ["_HANDLER"])
    except Exception as error:
        report(error, "init/error", "")
        sys.exit(1)
    serve(handler)
