"""How long after PutObject is answered the event about it is received: S3 to SQS, by a client that waits in a long poll.

    bench/event_latency.py [N]        CALOTYPE_BUILD: the build whose daemon is asked
"""
import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "lib"))
from cloud import Cloud  # noqa: E402


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with Cloud() as cloud:
        s3, sqs = cloud.client("s3", tls=False), cloud.client("sqs", tls=False)
        queue = sqs.create_queue(QueueName="events", Attributes={"Policy": json.dumps({"Statement": [
            {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}]})})["QueueUrl"]
        s3.create_bucket(Bucket="photos")
        s3.put_bucket_notification_configuration(Bucket="photos", NotificationConfiguration={"QueueConfigurations": [
            {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:events", "Events": ["s3:ObjectCreated:*"]}]})
        sqs.purge_queue(QueueUrl=queue)
        put, received = {}, {}

        def receive():
            while len(received) < n:
                for message in sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=20).get("Messages", []):
                    now = time.perf_counter()
                    for record in json.loads(message["Body"]).get("Records", []):
                        received[record["s3"]["object"]["key"]] = now
        thread = threading.Thread(target=receive)
        thread.start()
        for i in range(n):
            time.sleep(0.02)
            s3.put_object(Bucket="photos", Key=f"k{i}", Body=b"x")
            put[f"k{i}"] = time.perf_counter()
        thread.join()
        waits = sorted((received[k] - put[k]) * 1000 for k in put)
        print(f"{n} events: p50 {waits[n // 2]:.1f} ms   p90 {waits[n * 9 // 10]:.1f} ms   p99 {waits[n * 99 // 100]:.1f} ms")


if __name__ == "__main__":
    main()
