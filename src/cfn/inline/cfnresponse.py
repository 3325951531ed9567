"""The module cfnresponse of inline code: answers a custom resource's request.

Put beside index.py where a template has the code in ZipFile, as on AWS ("cfn-response module", CloudFormation user
guide, which documents the arguments and what is sent). Written by Calotype, with the standard library alone.
"""
import http.client
import json
import ssl
import urllib.parse

SUCCESS = "SUCCESS"
FAILED = "FAILED"
CONNECT_AND_ANSWER_S = 30


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None):
    """PUTs the answer to event["ResponseURL"]. What goes wrong is printed and not raised, as with AWS's module:
    the stack then waits for an answer until its time is over."""
    body = json.dumps({
        "Status": responseStatus,
        "Reason": reason or f"See the details in CloudWatch Log Stream: {context.log_stream_name}",
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    })
    print("Response body:")
    print(json.dumps({**json.loads(body), "Data": "****"}) if noEcho else body)
    try:
        print("Status code:", _put(event["ResponseURL"], body.encode()))
    except Exception as error:
        print("send(..) failed executing http.request(..):", error)


def _put(address, body):
    """The status of the answer. The signature of the address covers an empty content-type."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=CONNECT_AND_ANSWER_S,
                                                 context=ssl.create_default_context())
    else:
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=CONNECT_AND_ANSWER_S)
    try:
        target = urllib.parse.urlunsplit(("", "", parts.path or "/", parts.query, ""))
        connection.request("PUT", target, body, {"content-type": "", "content-length": str(len(body))})
        return connection.getresponse().status
    finally:
        connection.close()
