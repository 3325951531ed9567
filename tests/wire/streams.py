"""DynamoDB Streams: a service whose operations are all refused, each by its name. Runs also with Debian's boto3."""
import json
import pathlib
import sys

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
        """Unsigned: a stranger does not hear what there is. An operation that does not exist is unknown, not missing."""
        for target, status, code in (("ListStreams", 400, "MissingAuthenticationTokenException"),
                                     ("ListStream", 400, "MissingAuthenticationTokenException")):
            status_there, _, body = self.cloud.http("POST", "/", b"{}", {
                "X-Amz-Target": f"DynamoDBStreams_20120810.{target}", "Content-Type": "application/x-amz-json-1.0"})
            self.assertEqual((status_there, json.loads(body)["__type"].rpartition("#")[2]), (status, code), target)


if __name__ == "__main__":
    main()
