"""DynamoDB: items, counters, indexes that show the table, and what DescribeTable counts."""
import decimal

from history import Registers
from work import Work as Base, everything

TABLE, COUNTERS = "crash-items", "crash-counters"
KEYS = [(f"p{n % 4}", f"s{n // 4}") for n in range(24)]
CHURN = [f"crash-table-{n}" for n in range(2)]


def item(key, number):
    """What a number stands for. All is text, so that sizes are those of the bytes."""
    given = {"P": key[0], "S": key[1], "V": str(number), "T": f"t{number * 7919 % 1000:03}", "Pad": "ä" * (number % 900)}
    if number % 5:
        given["G"] = f"g{number % 3}"  # else it is in no row of the index by G
    return {k: {"S": v} for k, v in given.items()}


def size(row):
    return sum(len(k.encode()) + len(v["S"].encode()) for k, v in row.items())


def by_key(rows):
    return {(r["P"]["S"], r["S"]["S"]): r for r in rows}


class Work(Base):
    name = "dynamodb"

    def __init__(self, history):
        super().__init__(history)
        self.items, self.seen, self.tables, self.answers = Registers("item"), Registers("counted"), Registers("table"), {}

    def prepare(self, c):
        def schema(*names):
            return [{"AttributeName": n, "KeyType": t} for n, t in zip(names, ("HASH", "RANGE"))]
        c.dynamodb.create_table(
            TableName=TABLE, KeySchema=schema("P", "S"), BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in "PSTG"],
            GlobalSecondaryIndexes=[
                {"IndexName": "by-g", "KeySchema": schema("G", "T"), "Projection": {"ProjectionType": "ALL"}},
                {"IndexName": "few", "KeySchema": schema("T"), "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["V"]}}],
            LocalSecondaryIndexes=[{"IndexName": "by-t", "KeySchema": schema("P", "T"), "Projection": {"ProjectionType": "KEYS_ONLY"}}])
        self.make(c, COUNTERS)

    def make(self, c, name):
        c.dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
                                AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "S"}])

    # ---- requests ----
    def write(self, c, key, what, value, call, refusals=()):
        request = self.history.begin(f"{what} {key} {value}")
        self.items[key].write(request, value)
        self.history.ask(request.what, call, refusals=refusals, request=request)

    def put(self, c, rng):
        key, number = rng.choice(KEYS), self.history.number()
        self.write(c, key, "PutItem", number, lambda: c.dynamodb.put_item(TableName=TABLE, Item=item(key, number)))

    def put_if(self, c, rng):
        """On condition that the item is what this thread has reason to think, or is not there."""
        key, number = rng.choice(KEYS), self.history.number()
        thought = rng.choice(list(self.items[key].possible()))
        condition = {"ConditionExpression": "attribute_not_exists(P)"} if thought is None else {
            "ConditionExpression": "V = :v", "ExpressionAttributeValues": {":v": {"S": str(thought)}}}
        self.write(c, key, "PutItem if", number, lambda: c.dynamodb.put_item(TableName=TABLE, Item=item(key, number), **condition),
                   ("ConditionalCheckFailedException",))

    def update(self, c, rng):
        key, number = rng.choice(KEYS), self.history.number()
        new = {k: v for k, v in item(key, number).items() if k not in "PS"}
        text = "SET " + ", ".join(f"#{k} = :{k}" for k in new) + ("" if "G" in new else " REMOVE #G")
        self.write(c, key, "UpdateItem", number, lambda: c.dynamodb.update_item(
            TableName=TABLE, Key={"P": {"S": key[0]}, "S": {"S": key[1]}}, UpdateExpression=text,
            ExpressionAttributeNames={f"#{k}": k for k in {*new, "G"}}, ExpressionAttributeValues={f":{k}": v for k, v in new.items()}))

    def delete(self, c, rng):
        key = rng.choice(KEYS)
        self.write(c, key, "DeleteItem", None, lambda: c.dynamodb.delete_item(TableName=TABLE, Key={"P": {"S": key[0]}, "S": {"S": key[1]}}))

    def count(self, c, rng):
        """One more, and the number into the set of those that were counted: so N is how many are in it."""
        number = self.history.number()
        counter = f"c{number // 400}-{rng.randrange(3)}"
        request = self.history.begin(f"ADD {counter} {number}")
        self.seen[counter, str(number)].write(request, True)
        _, answer = self.history.ask(request.what, lambda: c.dynamodb.update_item(
            TableName=COUNTERS, Key={"Id": {"S": counter}}, UpdateExpression="ADD N :one, Seen :it", ReturnValues="UPDATED_NEW",
            ExpressionAttributeValues={":one": {"N": "1"}, ":it": {"SS": [str(number)]}}), request=request)
        if answer:
            n = answer["Attributes"]["N"]["N"]
            if self.answers.setdefault((counter, n), number) != number:
                self.history.problems.append(f"counter {counter}: two were told that they made it {n}")

    def table(self, c, rng):
        name, make = rng.choice(CHURN), rng.random() < 0.5
        request = self.history.begin(f"{'Create' if make else 'Delete'}Table {name}")
        self.tables[name].write(request, make or None)
        self.history.ask(request.what, lambda: self.make(c, name) if make else c.dynamodb.delete_table(TableName=name),
                         refusals=("ResourceInUseException", "ResourceNotFoundException"), request=request)

    steps = ((30, put), (15, put_if), (25, update), (10, delete), (30, count), (3, table))

    # ---- what is there ----
    def check(self, cloud, c):
        problems = []
        rows = by_key(everything(c.dynamodb, "scan", "Items", TableName=TABLE, ConsistentRead=True, PaginationConfig={"PageSize": 5}))
        found = {}
        for key in KEYS:
            row = c.dynamodb.get_item(TableName=TABLE, Key={"P": {"S": key[0]}, "S": {"S": key[1]}}, ConsistentRead=True).get("Item")
            if row != rows.get(key):
                problems.append(f"item {key}: GetItem and Scan differ")
            found[key] = row and int(row["V"]["S"])
            if row and row != item(key, found[key]):
                problems.append(f"item {key}: not as any request wrote it: {row}")
        self.items.compare(found, problems)
        self.check_indexes(c, rows, problems)
        table = c.dynamodb.describe_table(TableName=TABLE)["Table"]
        if (table["ItemCount"], table["TableSizeBytes"]) != (len(rows), sum(map(size, rows.values()))):
            problems.append(f"DescribeTable: {table['ItemCount']} items, {table['TableSizeBytes']} bytes; {len(rows)}, {sum(map(size, rows.values()))} in it")
        self.check_counters(c, problems)
        listed = {n for n in everything(c.dynamodb, "list_tables", "TableNames")}
        self.tables.compare({n: True for n in CHURN if n in listed}, problems)
        return problems

    def check_indexes(self, c, rows, problems):
        """Each index has the table's rows, in its order, with the attributes that it is to show."""
        shown = {"by-g": None, "few": {"P", "S", "T", "V"}, "by-t": {"P", "S", "T"}}
        hashes = {"by-g": "G", "few": "T", "by-t": "P"}
        for index, names in shown.items():
            want = {k: {n: v for n, v in r.items() if not names or n in names} for k, r in rows.items() if hashes[index] in r}
            got = everything(c.dynamodb, "scan", "Items", TableName=TABLE, IndexName=index, PaginationConfig={"PageSize": 4})
            if by_key(got) != want or len(got) != len(want):
                problems.append(f"index {index}: its scan has {len(got)} rows of {len(want)}, others: {[k for k in {**by_key(got), **want} if by_key(got).get(k) != want.get(k)]}")
            asked = []
            for value in sorted({r[hashes[index]]["S"] for r in want.values()}):
                part = everything(c.dynamodb, "query", "Items", TableName=TABLE, IndexName=index, PaginationConfig={"PageSize": 4},
                                  KeyConditionExpression="#h = :h", ExpressionAttributeNames={"#h": hashes[index]}, ExpressionAttributeValues={":h": {"S": value}})
                asked += part
                if [r["T"]["S"] for r in part] != sorted(r["T"]["S"] for r in part):
                    problems.append(f"index {index}: a query of {value} is not in order")
            if by_key(asked) != want or len(asked) != len(want):
                problems.append(f"index {index}: its queries have {len(asked)} rows of {len(want)}")

    def check_counters(self, c, problems):
        seen = {}
        for row in everything(c.dynamodb, "scan", "Items", TableName=COUNTERS):
            counter, numbers = row["Id"]["S"], row["Seen"]["SS"]
            seen.update({(counter, n): True for n in numbers})
            if decimal.Decimal(row["N"]["N"]) != len(numbers):
                problems.append(f"counter {counter}: is {row['N']['N']}, and {len(numbers)} were counted")
        self.seen.compare(seen, problems)
        for key in [k for k in self.seen if k not in seen]:
            del self.seen[key]
        self.answers.clear()

    def harms(self, c):
        def lose():
            row = everything(c.dynamodb, "scan", "Items", TableName=TABLE)[0]
            c.dynamodb.delete_item(TableName=TABLE, Key={k: row[k] for k in "PS"})

        def part():
            row = everything(c.dynamodb, "scan", "Items", TableName=TABLE)[0]
            c.dynamodb.update_item(TableName=TABLE, Key={k: row[k] for k in "PS"}, UpdateExpression="SET #p = :p",
                                    ExpressionAttributeNames={"#p": "Pad"}, ExpressionAttributeValues={":p": {"S": "?"}})
            return lambda: c.dynamodb.put_item(TableName=TABLE, Item=row)

        def uncount():
            row = everything(c.dynamodb, "scan", "Items", TableName=COUNTERS)[0]
            c.dynamodb.update_item(TableName=COUNTERS, Key={"Id": row["Id"]}, UpdateExpression="ADD N :m", ExpressionAttributeValues={":m": {"N": "-1"}})
            return lambda: c.dynamodb.put_item(TableName=COUNTERS, Item=row)
        return [("an item is lost", lose), ("an item is changed in part", part), ("a count is lost", uncount)]
