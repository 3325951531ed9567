"""What the operations of bench/load need to find: made once at the endpoint, by boto3."""
import concurrent.futures

from cloud import need_boto3

PARTITION = "7"  # of the index that load's query asks for
QUERY_ITEMS, FLAT, DEEP = 25, 1000, 10000


def keys_of(cloud):
    return {"AWS_ACCESS_KEY_ID": cloud.access_key, "AWS_SECRET_ACCESS_KEY": cloud.secret_key,
            "AWS_CA_BUNDLE": cloud.ca}


def item(i, stamp):
    """Nine attributes, as the function writes them."""
    texts = {"ImageId": f"{i:032d}", "BucketName": "image-storage-bucket-dev-000000000000",
             "ObjectKey": "uploads/2026/11/photograph.jpg", "ContentType": "image/jpeg",
             "UploadDate": "2026-11-22T04:56:59.123Z", "ProcessedAt": "2026-11-22T04:57:00.004Z",
             "Status": "processed"}
    numbers = {"FileSize": "3211264", "UploadTimestamp": stamp}
    return {k: {"S": v} for k, v in texts.items()} | {k: {"N": v} for k, v in numbers.items()}


def table(endpoint, env, verify, ours):
    """Table "bench", with an index; ours keeps its history too."""
    client = need_boto3().client("dynamodb", endpoint_url=endpoint, region_name="us-east-1", verify=verify,
                                 aws_access_key_id=env["AWS_ACCESS_KEY_ID"],
                                 aws_secret_access_key=env["AWS_SECRET_ACCESS_KEY"])
    client.create_table(
        TableName="bench", BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "ImageId", "AttributeType": "S"},
                              {"AttributeName": "UploadTimestamp", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "ImageId", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[{"IndexName": "ByTime", "Projection": {"ProjectionType": "ALL"},
                                 "KeySchema": [{"AttributeName": "UploadTimestamp", "KeyType": "HASH"}]}])
    client.get_waiter("table_exists").wait(TableName="bench", WaiterConfig={"Delay": 1})
    if ours:
        client.update_continuous_backups(
            TableName="bench", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for i in range(QUERY_ITEMS):
        client.put_item(TableName="bench", Item=item(i, PARTITION))


def pages(s3):
    """Bucket "pages": a folder of FLAT objects, and one of DEEP in as many folders as fill a page."""
    s3.create_bucket(Bucket="pages")
    keys = [f"flat/{i:06d}.jpg" for i in range(FLAT)] + [f"deep/{i // 10:04d}/{i % 10}.jpg" for i in range(DEEP)]
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for _ in pool.map(lambda key: s3.put_object(Bucket="pages", Key=key, Body=b"x"), keys):
            pass


def cloud(cloud):
    s3 = cloud.client("s3", tls=False)
    s3.create_bucket(Bucket="bench")
    s3.put_object(Bucket="bench", Key="0/0", Body=b"x" * 10240)
    s3.put_object(Bucket="bench", Key="small", Body=b"x" * 1024)
    pages(s3)
    table(cloud.endpoint, keys_of(cloud), cloud.ca, True)
    queue = cloud.client("sqs").create_queue(QueueName="bench")["QueueUrl"]
    arn = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    cloud.client("sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": POLICY % arn})
    topic = cloud.client("sns").create_topic(Name="bench")["TopicArn"]
    cloud.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)


POLICY = ('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},'
          '"Action":"sqs:SendMessage","Resource":"%s"}]}')
