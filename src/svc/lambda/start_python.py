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
        if self.file is None:
            host, port = API.split(":")
            connection = socket.create_connection((host, int(port)))
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
        while (line := self.file.readline().decode("latin-1").strip()):
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
        client = headers.get("lambda-runtime-client-context")
        self.client_context = ClientContext(json.loads(client)) if client else None
        self.deadline_ms = int(headers["lambda-runtime-deadline-ms"])

    def get_remaining_time_in_millis(self):
        return max(self.deadline_ms - int(time.time() * 1000), 0)

    def log(self, message):
        sys.stdout.write(str(message))


# ---- Errors ----
def describe(error, request_id):
    """(errorType, the document that the caller gets). The frames of this file are left out."""
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename != __file__]
        frames = [f for f in frames if "importlib" not in f.filename]
        kind, trace = type(error).__name__, traceback.format_list(frames)
    return kind, {"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": trace}


def report(error, path, request_id):
    """Tells the log and the API."""
    kind, document = describe(error, request_id)
    lines = [f"[ERROR] {kind}: {document['errorMessage']}"]
    if document["stackTrace"]:
        lines += ["Traceback (most recent call last):", *(t.rstrip("\n") for t in document["stackTrace"])]
    print("\n".join(lines), flush=True)
    known = kind if kind.startswith("Runtime.") else f"Function.{kind}"
    api.call("POST", path, json.dumps(document).encode(),
             ("Content-Type: application/json", f"Lambda-Runtime-Function-Error-Type: {known}"))


# ---- The handler ----
def load(name):
    module, dot, function = name.rpartition(".")
    if not dot:
        raise Fault("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    module = module.replace("/", ".")
    try:
        loaded = importlib.import_module(module)
    except ImportError as error:
        raise Fault("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}") from None
    except SyntaxError as error:
        where = f'  File "{error.filename}" Line {error.lineno}\n    {error.text or linecache.getline(error.filename or "", error.lineno or 0)}'
        raise Fault("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}", [where]) from None
    if not hasattr(loaded, function):
        raise Fault("Runtime.HandlerNotFound", f"Handler '{function}' missing on module '{module}'")
    return getattr(loaded, function)


def run(handler, event, context):
    """The bytes of the answer."""
    try:
        event = json.loads(event)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from None
    answer = handler(event, context)
    try:
        return json.dumps(answer, ensure_ascii=False).encode()
    except (TypeError, ValueError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from None


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
        context = Context(headers)
        RequestId.current = context.aws_request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("lambda-runtime-trace-id", "")
        path = f"invocation/{context.aws_request_id}/"
        try:
            answer = run(handler, event, context)
        except Exception as error:
            report(error, path + "error", context.aws_request_id)
        else:
            sys.stdout.flush()
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
