"""The image pipeline: each upload answered has its object, its row, `processed`, and its derivatives."""
import hashlib

from history import Registers
from work import Work as Base, everything
import pictures

ORIGINALS, TABLE = "image-storage-bucket-dev-000000000000", "ImageMetadata-dev"
FINAL = ("processed", "rejected", "failed")


def rows_of(dynamodb):
    return {row["ObjectKey"]["S"]: row for row in everything(dynamodb, "scan", "Items", TableName=TABLE)}


def final(dynamodb, keys):
    """True when each of the keys has a row with a final status."""
    rows = rows_of(dynamodb)
    return all(rows.get(key, {}).get("Status", {}).get("S") in FINAL for key in keys)


class Work(Base):
    name = "pictures"
    patience = 120

    def __init__(self, history):
        super().__init__(history)
        self.objects, self.known = Registers("photograph"), {}

    def prepare(self, c):
        c.run("deploy")

    def put(self, c, rng):
        key, data, etag = pictures.upload(self.history.number())
        request = self.history.begin(f"PutObject {key}")
        self.objects[key].write(request, etag)
        self.history.ask(request.what, lambda: c.tls("s3").put_object(Bucket=ORIGINALS, Key=key, Body=data, ContentType="image/png"), request=request)

    steps = ((1, put),)

    def check(self, cloud, c):
        from cloud import waited
        problems, found = [], {}
        for row in everything(c.tls("s3"), "list_objects_v2", "Contents", Bucket=ORIGINALS):
            found[row["Key"]] = hashlib.md5(c.tls("s3").get_object(Bucket=ORIGINALS, Key=row["Key"])["Body"].read()).hexdigest()
        self.objects.compare(found, problems)
        waited(lambda: final(c.dynamodb, found), seconds=self.patience, every=0.3)
        rows = rows_of(c.dynamodb)
        for key in found:
            self.check_row(c, key, rows.get(key), problems)
        problems += [f"photograph {key}: a row without an object" for key in set(rows) - set(found)]
        return problems

    def check_row(self, c, key, row, problems):
        if not row or row["Status"]["S"] != "processed":
            problems.append(f"photograph {key}: its row is {row and row['Status']['S']}")
            return
        derivatives = row["Derivatives"]["L"]
        if len(derivatives) != 3:
            problems.append(f"photograph {key}: {len(derivatives)} derivatives")
        for d in derivatives:
            got = c.tls("s3").get_object(Bucket=d["M"]["Bucket"]["S"], Key=d["M"]["Key"]["S"])["Body"].read()
            if len(got) != int(d["M"]["FileSize"]["N"]):
                problems.append(f"photograph {key}: derivative {d['M']['Name']['S']} has {len(got)} bytes")

    def harms(self, c):
        def lose():
            row = c.dynamodb.scan(TableName=TABLE)["Items"][0]
            names = [k["AttributeName"] for k in c.dynamodb.describe_table(TableName=TABLE)["Table"]["KeySchema"]]
            c.dynamodb.delete_item(TableName=TABLE, Key={n: row[n] for n in names})
            return lambda: c.dynamodb.put_item(TableName=TABLE, Item=row)
        return [("a row is lost", lose)]
