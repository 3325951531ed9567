"""The part of bootstrap.py that prepares logging, run in a copy of its names when
the function imports logging.

The handler on the root logger, its formats and its levels are those of awslambdaric (bootstrap.py and
lambda_runtime_log_utils.py): text with tabs, or a JSON object a record; each record is one event of the log.
"""
DATE = "%Y-%m-%dT%H:%M:%S"
TEXT, JSON = 0xA55A0003, 0xA55A0002  # the types of frames; a level is its number of tens and one, times four
OWN = frozenset((
    "name", "msg", "args", "levelname", "levelno", "pathname", "filename", "module", "exc_info", "exc_text",
    "stack_info", "lineno", "funcName", "created", "msecs", "relativeCreated", "thread", "threadName", "processName",
    "process", "aws_request_id", "tenant_id", "_frame_type"))


def level_of(record):
    return min(50, max(0, record.levelno)) // 10 * 10


def frame_of(base, level):
    return base + (level // 10 + 1) * 4 if level else base


def document_of_record(record, name_of_level):
    error = record.exc_info or (None, None, None)
    trace = None
    if record.exc_info:
        trace = standard("traceback").format_tb(error[2])
    millis = f"{int(record.created * 1000) % 1000:03d}"
    document = {
        "timestamp": f"{time.strftime(DATE, time.gmtime(record.created))}.{millis}Z",
        "level": name_of_level,
        "message": record.getMessage(),
        "logger": record.name,
        "stackTrace": trace,
        "errorType": error[0].__name__ if error[0] else None,
        "errorMessage": str(error[1]) if record.exc_info else None,
        "requestId": getattr(record, "aws_request_id", None),
        "location": f"{record.pathname}:{record.funcName}:{record.lineno}" if record.exc_info else None,
    }
    if getattr(record, "tenant_id", None) is not None:
        document["tenantId"] = record.tenant_id
    document.update((k, v) for k, v in record.__dict__.items() if k not in OWN and k not in document)
    return {k: v for k, v in document.items() if v is not None}


def refuse(value):
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def setup_logging(logging, log_sink, request_id):
    """request_id[0] is that of the invocation under way."""
    as_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
    level = os.environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper()
    level = "DEBUG" if level == "TRACE" else level

    class JsonFormatter(logging.Formatter):
        def format(self, record):
            record.levelno = level_of(record)
            record.levelname = logging.getLevelName(record.levelno)
            record._frame_type = frame_of(JSON, record.levelno)
            return dumps(document_of_record(record, record.levelname), refuse, False) + "\n"

    class LambdaLoggerHandler(logging.Handler):
        def __init__(self):
            super().__init__()
            self.log_sink = log_sink

        def emit(self, record):
            text = self.format(record)
            kind = getattr(record, "_frame_type", None)
            if kind is None and (as_json or level):
                kind = frame_of(TEXT, level_of(record))
            self.log_sink.log(text, kind)

    class LambdaLoggerFilter(logging.Filter):
        def filter(self, record):
            record.aws_request_id = request_id[0]
            record.tenant_id = None
            return True

    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler()
    handler.setFormatter(JsonFormatter() if as_json else logging.Formatter(
        "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n", DATE))
    handler.addFilter(LambdaLoggerFilter())
    root = logging.getLogger()
    if level in logging._nameToLevel:
        root.setLevel(level)
    root.addHandler(handler)
