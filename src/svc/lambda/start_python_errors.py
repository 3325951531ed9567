"""The part of bootstrap.py that tells of errors, run in a copy of its names.

The document for the caller has the shape of "Lambda function errors in Python"; the record in the log is
awslambdaric's log_error, whose lines begin with no-break spaces.
"""
standard("tokenize")  # what traceback imports later, or not at all, by version
traceback = standard("traceback")
TEXT_ERROR, JSON_ERROR = 0xA55A0017, 0xA55A0016
# What AWS's image brings, and here a package of its own.
BROUGHT = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3")


def clean(text):
    """Without halves of surrogate pairs, which JSON may escape but readers of it refuse."""
    return text.encode("utf-8", "backslashreplace").decode()


def text_of(error):
    try:
        return clean(str(error))
    except Exception as second:
        return f"<the text of this {type(error).__name__} cannot be had: {type(second).__name__}>"


def trace_of(error):
    """Without the frames of the start script, as long as there are others, and without columns."""
    bare = [(f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(error.__traceback__)]
    for i, frame in enumerate(bare):
        if "/bootstrap.py" not in frame[0]:
            bare = bare[i:]
            break
    return [clean(line) for line in traceback.format_list(bare)]


def describe(error, request_id):
    """The document that the caller gets."""
    if isinstance(error, FaultException):
        kind, message, trace = error.exception_type, clean(error.msg), [clean(line) for line in error.trace]
    else:
        kind, message, trace = clean(type(error).__name__), text_of(error), trace_of(error)
    return {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def lines_of(document):
    lines = ["[ERROR] " + ": ".join(filter(None, (document["errorType"], document["errorMessage"])))]
    lines.append("Traceback (most recent call last):")
    for element in document["stackTrace"]:
        for line in element.splitlines() or [""]:
            rest = line.lstrip(" ")
            lines.append("\u00a0" * (len(line) - len(rest)) + rest)
    return lines


def say(text):
    """A line of the log; a function may have closed or replaced its output."""
    try:
        sys.stderr.write(text + "\n")
    except Exception:
        pass


def log_error(document):
    try:
        if os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON":
            now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
            sink.log_error([to_json({"timestamp": now, "level": "ERROR", **document}).decode()], JSON_ERROR)
        else:
            sink.log_error(lines_of(document), TEXT_ERROR)
    except Exception as second:  # the function closed what records or lines go to
        say("\r".join(lines_of(document)) + f"\r(no record: {second})")


def advise(error):
    """What to do about a module that AWS's image has and this machine has not."""
    missing = getattr(error, "name", None) if isinstance(error, (ImportError, FaultException)) else None
    if isinstance(missing, str) and missing.split(".")[0] in BROUGHT:
        say(f"calotype: {missing} is not in the function's package and not on this machine; "
            "calotype runtime install python brings boto3 and what it needs")


def report(error, path, request_id):
    """Tells the log and the API."""
    document = describe(error, request_id)
    kind = document["errorType"]
    log_error(document)
    advise(error)
    headers = "Content-Type: application/json\r\n"
    if kind.isascii() and kind.replace(".", "").isidentifier():  # a class may have any name
        headers += f"Lambda-Runtime-Function-Error-Type: {kind if kind.startswith('Runtime.') else 'Function.' + kind}\r\n"
    api.call("POST", path, to_json(document), headers)
