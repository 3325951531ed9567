"""Feeds new rows to the search index."""
import json
import logging
import os
import urllib.request

logger = logging.getLogger(__name__)
ENDPOINT = os.environ["SEARCH_ENDPOINT"]


def index(event, context):
    failures = []
    for record in event["Records"]:
        try:
            row = record["dynamodb"]["NewImage"]
            request = urllib.request.Request(f"{ENDPOINT}/exif/_doc", json.dumps(row).encode(),
                                             {"content-type": "application/json"})
            urllib.request.urlopen(request, timeout=5)
        except Exception:
            logger.exception(json.dumps({"message": "not indexed", "id": record["eventID"]}))
            failures.append({"itemIdentifier": record["dynamodb"]["SequenceNumber"]})
    return {"batchItemFailures": failures}
