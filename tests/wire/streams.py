"""DynamoDB Streams: a service whose operations are all refused, each by its name. Runs also with Debian's boto3."""
import json
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from cloud import CloudCase, main

ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/photos/stream/2026-01-01T00:00:00.000"
ASKED = {
    "DescribeStream": {"StreamArn": ARN},
    "GetRecords": {"ShardIterator": "iterator"},
    "GetShardIterator": {"StreamArn": ARN, "ShardId": "shardId-00000000000000000000-00000000",
                         "ShardIteratorType": "TRIM_HORIZON"},
    "ListStreams": {},
}


class Streams(CloudCase):
    def test_boto3_is_refused_by_name(self):
        streams = self.cloud.client("dynamodbstreams", retries={"total_max_attempts": 1})
        methods = {"DescribeStream": streams.describe_stream, "GetRecords": streams.get_records,
                   "GetShardIterator": streams.get_shard_iterator, "ListStreams": streams.list_streams}
        self.assertEqual(sorted(methods), sorted(streams.meta.service_model.operation_names))
        for name, call in methods.items():
            with self.subTest(name), self.assertRaises(streams.exceptions.ClientError) as refused:
                call(**ASKED[name])
            answer = refused.exception.response
            self.assertEqual(answer["ResponseMetadata"]["HTTPStatusCode"], 501, name)
            self.assertEqual(answer["Error"], {"Code": "NotImplemented",
                                               "Message": f"calotype does not implement dynamodbstreams:{name}"})
            self.assertIn("x-amz-crc32", answer["ResponseMetadata"]["HTTPHeaders"])

    def test_a_raw_request(self):
        """An operation that does not exist is unknown, not missing."""
        for target, want in (("ListStreams", (501, "com.amazonaws.dynamodb.v20120810#NotImplemented")),
                             ("DescribeStream", (501, "com.amazonaws.dynamodb.v20120810#NotImplemented")),
                             ("ListStream", (400, "com.amazon.coral.service#UnknownOperationException"))):
            status, _, body = self.cloud.http("POST", "/", b"{}", {
                "X-Amz-Target": f"DynamoDBStreams_20120810.{target}", "Content-Type": "application/x-amz-json-1.0"})
            self.assertEqual((status, json.loads(body)["__type"]), want, target)

    @unittest.skipUnless(shutil.which("aws"), "the AWS CLI is not installed")
    def test_the_aws_cli_is_refused_by_name(self):
        words = {"describe-stream": ["--stream-arn", ARN], "list-streams": [],
                 "get-records": ["--shard-iterator", "iterator"],
                 "get-shard-iterator": ["--stream-arn", ARN, "--shard-id", ASKED["GetShardIterator"]["ShardId"],
                                        "--shard-iterator-type", "LATEST"]}
        for command, more in words.items():
            done = subprocess.run(["aws", "--endpoint-url", self.cloud.endpoint, "dynamodbstreams", command, *more],
                                  env={**self.cloud.env(), "AWS_MAX_ATTEMPTS": "1"}, capture_output=True, text=True)
            name = "".join(word.capitalize() for word in command.split("-"))
            self.assertNotEqual(done.returncode, 0, command)
            self.assertIn(f"(NotImplemented) when calling the {name} operation", done.stderr)
            self.assertIn(f"calotype does not implement dynamodbstreams:{name}", done.stderr)


if __name__ == "__main__":
    main()
