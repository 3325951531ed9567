#!/usr/bin/env python3
"""What a client sees when things go wrong, byte by byte, in every protocol.

    errors.py ECHO_SERVER checks|plain     exits 77 (skipped) without botocore, which signs

"checks": the server was built to check its own answers (-Dchecks=true).
"""
import http.client, json, pathlib, re, sys, tempfile, zlib

try:
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from server import Server  # noqa: E402

KEY, SECRET = "AKIAROOT000000000000", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CHECKS = sys.argv[2:] == ["checks"]
failed = 0


def check(name, ok, what):
    global failed
    if not ok:
        failed += 1
        print(f"[{name}] {what}")


class Echo(Server):
    def __init__(self, program, folder):
        self.folder = pathlib.Path(folder)
        super().__init__(program, folder)

    def ask(self, service, method, target, headers={}, body=b"", key=KEY, secret=SECRET, sign=True):
        url = f"http://127.0.0.1:{self.port}{target}"
        request = AWSRequest(method=method, url=url, headers=dict(headers), data=body)
        if sign:
            auth = S3SigV4Auth if service == "s3" else SigV4Auth
            auth(Credentials(key, secret), service, "us-east-1").add_auth(request)
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        c.request(method, target, body=body or None, headers=dict(request.headers))
        r = c.getresponse()
        data = r.read()
        c.close()
        return r.status, {k.lower(): v for k, v in r.getheaders()}, data

    def answer(self, document):
        (self.folder / "out.json").write_text(json.dumps(document))


def target(name, version="1.0"):
    return {"X-Amz-Target": name, "Content-Type": f"application/x-amz-json-{version}"}


def json_cases(s):
    cases = [  # name, service, headers, body, status, __type, message
        ("ddb, malformed", "dynamodb", target("DynamoDB_20120810.PutItem"), b"{", 400, "com.amazon.coral.service#SerializationException", None),
        ("ddb, wrong type", "dynamodb", target("DynamoDB_20120810.PutItem"), b'{"TableName":1}', 400,
         "com.amazon.coral.service#SerializationException", "NUMBER_VALUE can not be converted to String"),
        ("ddb, invalid", "dynamodb", target("DynamoDB_20120810.PutItem"), b'{"TableName":"t"}', 400, "com.amazon.coral.validate#ValidationException",
         "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null"),
        ("ddb, unknown", "dynamodb", target("DynamoDB_20120810.PutI"), b"{}", 400, "com.amazon.coral.service#UnknownOperationException", None),
        ("ddb, unsupported", "dynamodb", target("DynamoDB_20120810.ListBackups"), b"{}", 501, "NotImplemented", "calotype does not implement dynamodb:ListBackups"),
        ("logs, invalid", "logs", target("Logs_20140328.CreateLogGroup", "1.1"), b'{"logGroupName":"a:b"}', 400, "InvalidParameterException",
         "1 validation error detected: Value 'a:b' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"),
        ("sqs, missing", "sqs", target("AmazonSQS.SendMessage"), b'{"MessageBody":"x"}', 400, "com.amazonaws.sqs#MissingParameter", "The request must contain the parameter QueueUrl."),
        ("kms", "kms", target("TrentService.Encrypt"), b"{}", 501, "NotImplemented", "calotype does not serve the API of 'kms'"),
    ]
    for name, service, headers, body, status, kind, message in cases:
        got, h, data = s.ask(service, "POST", "/", headers, body)
        if kind == "NotImplemented" and service == "dynamodb": kind = "com.amazonaws.dynamodb.v20120810#NotImplemented"
        doc = json.loads(data)
        check(name, got == status and doc["__type"] == kind, f"{got} {doc}")
        check(name, message is None or doc["message"] == message, doc)
        check(name, h["x-amzn-errortype"] == kind.split("#")[-1], h)
        check(name, re.fullmatch(UUID, h["x-amzn-requestid"]), h)
        if service != "kms": check(name, h["content-type"] == headers["Content-Type"], h)
        if service == "dynamodb": check(name, int(h["x-amz-crc32"]) == zlib.crc32(data), h)


def sqs_and_cloudwatch(s):
    s.answer({"(error)": "QueueDoesNotExist"})
    got, h, data = s.ask("sqs", "POST", "/", target("AmazonSQS.PurgeQueue"), b'{"QueueUrl":"http://h/0/q"}')
    check("sqs json", got == 400 and json.loads(data)["__type"] == "com.amazonaws.sqs#QueueDoesNotExist", data)
    check("sqs json", h["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender", h)
    got, h, data = s.ask("sqs", "POST", "/000000000000/q", FORM, b"Action=PurgeQueue&Version=2012-11-05")
    check("sqs query", got == 400 and b"<Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>as you wish</Message>" in data, data)
    check("sqs query", json.loads((s.folder / "in.json").read_text())["in"]["QueueUrl"] == f"http://127.0.0.1:{s.port}/000000000000/q", "queue's URL")
    s.answer({})
    import gzip
    body = b'{"Namespace":"' + b"n" * 50000 + b'"}'
    zipped = {**target("GraniteServiceVersion20100801.PutMetricData"), "Content-Encoding": "gzip"}
    got, h, data = s.ask("monitoring", "POST", "/", zipped, gzip.compress(body.replace(b"n" * 50000, b"n" * 200)))
    check("gzip", got == 200 and json.loads((s.folder / "in.json").read_text())["in"]["Namespace"] == "n" * 200, data)
    for name, body, status in (("cut", gzip.compress(body)[:-9], 400), ("no gzip", b"{}", 400), ("longer", gzip.compress(b"{}") + b"x", 400),
                               ("bomb", gzip.compress(b" " * (64 << 20)), 413)):
        got, h, data = s.ask("monitoring", "POST", "/", zipped, body)
        check("gzip, " + name, got == status, f"{got} {data[:200]}")
    s.answer({"(error)": "ResourceNotFound", "(status)": 404})
    got, h, data = s.ask("monitoring", "POST", "/service/GraniteServiceVersion20100801/operation/GetDashboard",
                         {"smithy-protocol": "rpc-v2-cbor", "Content-Type": "application/cbor"}, b"\xa1\x6dDashboardName\x61x")
    check("cbor", got == 404 and data == b"\xa2\x66__type\x70ResourceNotFound\x67message\x6bas you wish", data)
    check("cbor", h["smithy-protocol"] == "rpc-v2-cbor" and h["content-type"] == "application/cbor", h)
    check("cbor", h["x-amzn-query-error"] == "ResourceNotFound;Sender", h)


def query_cases(s):
    got, h, data = s.ask("sns", "POST", "/", FORM, b"Action=Nothing&Version=2010-03-31")
    check("query", got == 400 and h["content-type"] == "text/xml", h)
    check("query", re.fullmatch(rb'<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>InvalidAction</Code>'
                                rb"<Message>Could not find operation Nothing for version 2010-03-31</Message></Error><RequestId>"
                                + UUID.encode() + rb"</RequestId></ErrorResponse>", data), data)
    got, h, data = s.ask("iam", "POST", "/", FORM, b"Action=ListSSHPublicKeys&Version=2010-05-08")
    check("query, unsupported", got == 501 and b"<Code>NotImplemented</Code><Message>calotype does not implement iam:ListSSHPublicKeys<" in data, data)
    got, h, data = s.ask("sns", "POST", "/", FORM, b"Action=Publish&Message=%zz")
    check("query, malformed", got == 400 and b"<Code>MalformedQueryString<" in data, data)
    got, h, data = s.ask("sts", "POST", "/", FORM, b"Action=GetCallerIdentity&Version=2011-06-15", sign=False)
    check("query, unsigned", got == 403 and b"<Code>MissingAuthenticationToken<" in data, data)
    got, h, data = s.ask("sts", "POST", "/", FORM, b"Action=GetCallerIdentity&Version=2011-06-15", secret="wrong")
    check("query, wrong secret", got == 403 and b"<Code>SignatureDoesNotMatch<" in data, data)
    got, h, data = s.ask("sts", "POST", "/", FORM, b"Action=GetCallerIdentity&Version=2011-06-15", key="AKIANOBODY0000000000")
    check("query, wrong key", got == 403 and b"<Code>InvalidClientTokenId<" in data, data)


def s3_cases(s):
    s.answer({"(error)": "NoSuchKey", "(status)": 404})
    got, h, data = s.ask("s3", "GET", "/bucket/a%20key")
    check("s3", got == 404 and h["content-type"] == "application/xml" and re.fullmatch(UUID, h["x-amz-request-id"]) and "x-amz-id-2" in h, h)
    check("s3", re.fullmatch(rb'<\?xml version="1.0" encoding="UTF-8"\?>\n<Error><Code>NoSuchKey</Code><Message>as you wish</Message>'
                             rb"<Resource>/bucket/a%20key</Resource><RequestId>" + UUID.encode() + rb"</RequestId><HostId>.*</HostId></Error>", data), data)
    got, h, data = s.ask("s3", "HEAD", "/bucket/key")
    check("s3 head", got == 404 and data == b"" and "x-amz-request-id" in h, data)
    s.answer({})
    cases = [
        ("unsigned", "GET", "/b/k", {}, b"", dict(sign=False), 403, b"<Code>AccessDenied</Code><Message>Access Denied<"),
        ("wrong key", "GET", "/b/k", {}, b"", dict(key="AKIANOBODY0000000000"), 403, b"<Code>InvalidAccessKeyId<"),
        ("wrong secret", "GET", "/b/k", {}, b"", dict(secret="x"), 403, b"<Code>SignatureDoesNotMatch<"),
        ("unsupported", "GET", "/b?abac", {}, b"", {}, 501, b"<Message>calotype does not implement s3:GetBucketAbac<"),
        ("no such method", "POST", "/b", {}, b"", {}, 405, b"<Code>MethodNotAllowed<"),
        ("bad XML", "PUT", "/b?tagging", {}, b"<Tagging>", {}, 400, b"<Code>MalformedXML<"),
        ("missing in XML", "PUT", "/b?tagging", {}, b"<Tagging><TagSet><Tag><Key>a</Key></Tag></TagSet></Tagging>", {}, 400, b"<Code>MalformedXML<"),
        ("no body", "PUT", "/b?tagging", {}, b"", {}, 400, b"<Code>MalformedXML<"),
        ("bad enum in XML", "PUT", "/b?versioning", {}, b"<VersioningConfiguration><Status>On</Status></VersioningConfiguration>", {}, 400, b"<Code>MalformedXML<"),
        ("bad enum in header", "PUT", "/b/k", {"x-amz-acl": "mine"}, b"x", {}, 400, b"<Code>InvalidArgument</Code><Message>Invalid x-amz-acl</Message><ArgumentName>x-amz-acl</ArgumentName><ArgumentValue>mine<"),
        ("bad class", "PUT", "/b/k", {"x-amz-storage-class": "COLD"}, b"x", {}, 400, b"<Code>InvalidStorageClass<"),
        ("bad encryption", "PUT", "/b/k", {"x-amz-server-side-encryption": "ROT13"}, b"x", {}, 400, b"<Code>InvalidEncryptionAlgorithmError<"),
        ("bad number", "GET", "/b?list-type=2&max-keys=x", {}, b"", {}, 400, b"<Message>Provided max-keys is not valid: 'x' is not an integer</Message><ArgumentName>max-keys<"),
        ("wrong digest", "PUT", "/b/k", {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, b"x", {}, 400, b"<Code>BadDigest<"),
        ("bad percent", "GET", "/b/%2", {}, b"", dict(sign=False), 400, b"<Code>InvalidURI<"),
    ]
    for name, method, where, headers, body, how, status, text in cases:
        got, h, data = s.ask("s3", method, where, headers, body, **how)
        check("s3, " + name, got == status and text in data, f"{got} {data}")
    # A date that cannot be read is no condition.
    got, h, data = s.ask("s3", "GET", "/b/k", {"If-Modified-Since": "yesterday"})
    check("s3, odd date", got == 200, data)


def lambda_cases(s):
    s.answer({"(error)": "ResourceNotFoundException", "(status)": 404})
    got, h, data = s.ask("lambda", "GET", "/2015-03-31/functions/fn")
    check("lambda", got == 404 and json.loads(data) == {"Type": "User", "Message": "as you wish"}, data)
    check("lambda", h["x-amzn-errortype"] == "ResourceNotFoundException" and h["content-type"] == "application/json", h)
    if CHECKS:  # a service's detail by the name of a member that the form has: the body would hold it twice
        s.answer({"(error)": "ResourceNotFoundException", "(status)": 404, "(detail)": "User"})
        got, h, data = s.ask("lambda", "GET", "/2015-03-31/functions/fn")
        check("lambda, a member twice", got == 500 and h["x-amzn-errortype"] == "ServiceException" and
              b"duplicate object key near" in data, data)
        s.answer({"Configuration": {"State": "Sleeping"}})
        got, h, data = s.ask("lambda", "GET", "/2015-03-31/functions/fn")
        check("lambda, outside an enum", got == 500 and b"Configuration.State: 'Sleeping' is not in the enum State" in data, data)
    s.answer({})
    got, h, data = s.ask("lambda", "POST", "/2015-03-31/functions", {}, b"[1]")
    check("lambda, malformed", got == 400 and h["x-amzn-errortype"] == "InvalidRequestContentException", data)
    got, h, data = s.ask("lambda", "GET", "/2015-03-31/functions/f/aliases")
    check("lambda, unsupported", got == 501 and b"lambda:ListAliases" in data, data)
    got, h, data = s.ask("lambda", "GET", "/2015-03-31/nothing")
    check("lambda, unknown", got == 404, data)


def large(s):
    got, h, data = s.ask("dynamodb", "POST", "/", target("DynamoDB_20120810.PutItem"), b" " * (17 << 20))
    check("too large", got == 413, f"{got} {data[:200]}")


def parked(s):
    s.answer({"(park)": 30})
    got, h, data = s.ask("dynamodb", "POST", "/", target("DynamoDB_20120810.ListTables"), b"{}")
    check("parked", got == 200 and h.get("x-was-parked") == "yes", f"{got} {h}")
    # Clients that leave while they wait.
    import socket, time
    s.answer({"(park)": 300})
    request = AWSRequest(method="POST", url=f"http://127.0.0.1:{s.port}/", headers=target("DynamoDB_20120810.ListTables"), data=b"{}")
    SigV4Auth(Credentials(KEY, SECRET), "dynamodb", "us-east-1").add_auth(request)
    head = "".join(f"{k}: {v}\r\n" for k, v in request.headers.items())
    for _ in range(8):
        c = socket.create_connection(("127.0.0.1", s.port))
        c.sendall(f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{s.port}\r\nContent-Length: 2\r\n{head}\r\n{{}}".encode())
        time.sleep(0.01)
        c.close()
    s.answer({})
    got, h, data = s.ask("dynamodb", "POST", "/", target("DynamoDB_20120810.ListTables"), b"{}")
    check("after clients left", got == 200, f"{got}")


def early(s):
    """Refused before the body, which a client that waits for 100 Continue never sends."""
    import socket
    c = socket.create_connection(("127.0.0.1", s.port))
    c.settimeout(10)
    c.sendall(f"PUT /bucket/key HTTP/1.1\r\nHost: 127.0.0.1:{s.port}\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n".encode())
    answer = c.recv(4096)
    check("before 100", answer.startswith(b"HTTP/1.1 403") and b"100 Continue" not in answer, answer)
    c.close()


def main():
    with tempfile.TemporaryDirectory(prefix="calotype-errors-") as folder, Echo(sys.argv[1], folder) as s:
        for group in (json_cases, sqs_and_cloudwatch, query_cases, s3_cases, lambda_cases, large, parked, early):
            s.answer({})
            group(s)
    print(f"{failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
