/*
 * CreateTable's rules. The words are the service's: validations/createTable.js of dynalite, which its
 * tests hold against the service; "Attribute Name is duplicated": issue 13870 of ScyllaDB. Of a
 * doubled NonKeyAttribute only "Duplicate" is known (test_gsi.py there). What is not supported is
 * refused by its name.
 */
#include "svc/dynamodb/create.h"

enum { SHOWN = 120 }; /* bytes of a value that a message repeats */
enum { GLOBAL_INDEXES_MOST = 20, LOCAL_INDEXES_MOST = 5, INCLUDE_MOST = 100 };
#define INVALID "One or more parameter values were invalid: "

/* ---- Not supported ---- */
static int refuse(struct rq *rq, const json_t *obj, const char *const *names) {
    CLEANUP_DEINIT(buf) struct buf value = {0};
    for (; *names; names++)
        if (json_has(obj, *names)) {
            json_write(&value, json_object_get(obj, *names));
            return ddb_invalid(rq, "%s " STR_FMT " is not supported", *names,
                               STR_ARG(str_utf8_slice(buf_view(&value), SHOWN)));
        }
    return 0;
}

static int check_supported(struct rq *rq) {
    static const char *const never[] = {"OnDemandThroughput",
                                        "WarmThroughput",
                                        "ResourcePolicy",
                                        "GlobalTableSourceArn",
                                        "GlobalTableSettingsReplicationMode",
                                        NULL};
    const json_t *stream = json_obj(rq->in, "StreamSpecification");
    const json_t *sse = json_obj(rq->in, "SSESpecification");
    str type = json_str(sse, "SSEType");
    int r = refuse(rq, rq->in, never);
    if (r)
        return r;
    if (json_bool(stream, "StreamEnabled", false))
        return ddb_invalid(rq,
                           "StreamSpecification is not supported: this cloud has no streams yet");
    if (type.p && !str_is(type, "KMS"))
        return ddb_invalid(rq, INVALID "SSEType " STR_FMT " is not supported", STR_ARG(type));
    if (json_has(sse, "KMSMasterKeyId") &&
        !str_is(json_str(sse, "KMSMasterKeyId"), "alias/aws/dynamodb"))
        return ddb_invalid(rq,
                           "SSESpecification.KMSMasterKeyId " STR_FMT
                           " is not supported: tables are sealed under keys of the cloud's own",
                           STR_ARG(json_str(sse, "KMSMasterKeyId")));
    return 0;
}

/* ---- Attributes and keys ---- */
static const json_t *definition(const json_t *definitions, str name) {
    size_t i;
    json_t *d;
    json_array_foreach ((json_t *)definitions, i, d) {
        if (str_eq(json_str(d, "AttributeName"), name))
            return d;
    }
    return NULL;
}

/* Names used by keys, as a JSON object used as a set. */
struct names {
    json_t *used;
    const json_t *definitions;
};

static void add_names(struct buf *out, const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        buf_c(out, i ? ", " : "");
        buf_str(out, json_str(json_array_get(list, i), "AttributeName"));
    }
}

static int fail_undefined(struct rq *rq, const json_t *schema, const struct names *names) {
    CLEANUP_DEINIT(buf) struct buf keys = {0}, defined = {0};
    add_names(&keys, schema);
    add_names(&defined, names->definitions);
    return ddb_invalid(rq,
                       INVALID "Some index key attributes are not defined in "
                               "AttributeDefinitions. Keys: [%s], AttributeDefinitions: [%s]",
                       buf_cstr(&keys), buf_cstr(&defined));
}

static int check_schema(struct rq *rq, const json_t *schema, struct names *names) {
    size_t n = json_array_size(schema);
    if (n == 0 || n > 2)
        return ddb_invalid(rq, INVALID "A KeySchema has one or two elements");
    if (!str_is(json_str(json_array_get(schema, 0), "KeyType"), "HASH"))
        return ddb_invalid(rq,
                           "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    if (n == 2 && !str_is(json_str(json_array_get(schema, 1), "KeyType"), "RANGE"))
        return ddb_invalid(
            rq, "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    str first = json_str(json_array_get(schema, 0), "AttributeName");
    for (size_t i = 0; i < n; i++) {
        str name = json_str(json_array_get(schema, i), "AttributeName");
        if (i > 0 && str_eq(name, first))
            return ddb_invalid(rq, "Both the Hash Key and the Range Key element in the KeySchema "
                                   "have the same name");
        if (!definition(names->definitions, name))
            return fail_undefined(rq, schema, names);
        json_object_setn_new(names->used, name.p, name.len, json_true());
    }
    return 0;
}

static int check_definitions(struct rq *rq, const json_t *definitions) {
    for (size_t i = 0; i < json_array_size(definitions); i++) {
        str name = json_str(json_array_get(definitions, i), "AttributeName");
        if (definition(definitions, name) != json_array_get(definitions, i))
            return ddb_invalid(rq, "Attribute Name is duplicated: " STR_FMT, STR_ARG(name));
    }
    return 0;
}

/* ---- Throughput ---- */
/* Of the table, or of an index, which has a name. */
static int check_throughput(struct rq *rq, const json_t *of, bool on_demand, str index) {
    const json_t *throughput = json_obj(of, "ProvisionedThroughput");
    int64_t reads = json_int(throughput, "ReadCapacityUnits", 0);
    int64_t writes = json_int(throughput, "WriteCapacityUnits", 0);
    if (on_demand && throughput && (reads || writes) && index.p)
        return ddb_invalid(rq,
                           INVALID
                           "ProvisionedThroughput should not be specified for index: " STR_FMT
                           " when BillingMode is PAY_PER_REQUEST",
                           STR_ARG(index));
    if (on_demand && throughput && (reads || writes))
        return ddb_invalid(rq, INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be "
                                       "specified when BillingMode is PAY_PER_REQUEST");
    if (!on_demand && !throughput)
        return index.p ? ddb_invalid(rq,
                                     INVALID
                                     "ProvisionedThroughput must be specified for index: " STR_FMT,
                                     STR_ARG(index))
                       : ddb_invalid(rq, INVALID
                                     "ReadCapacityUnits and WriteCapacityUnits must both be "
                                     "specified when BillingMode is PROVISIONED");
    if (!on_demand && (reads < 1 || writes < 1))
        return ddb_invalid(rq, INVALID "Provisioned throughput must be at least 1");
    return 0;
}

/* ---- Indexes ---- */
/* The first text of the list that was there before; absent: none. Lists are short. */
static str doubled(const json_t *list) {
    for (size_t i = 0; i < json_array_size(list) && i <= INCLUDE_MOST; i++)
        for (size_t k = 0; k < i; k++)
            if (json_equal(json_array_get(list, i), json_array_get(list, k)))
                return json_text(json_array_get(list, i));
    return STR_NONE;
}

static int check_projection(struct rq *rq, const json_t *projection) {
    str twice, type = json_str(projection, "ProjectionType");
    const json_t *include = json_arr(projection, "NonKeyAttributes");
    if (!type.p)
        return ddb_invalid(rq, INVALID "Unknown ProjectionType: null");
    if (include && !str_is(type, "INCLUDE"))
        return ddb_invalid(
            rq, INVALID "ProjectionType is " STR_FMT ", but NonKeyAttributes is specified",
            STR_ARG(type));
    if (!include && str_is(type, "INCLUDE"))
        return ddb_invalid(rq, INVALID
                           "ProjectionType is INCLUDE, but NonKeyAttributes is not specified");
    if ((twice = doubled(include)).p)
        return ddb_invalid(rq, INVALID "Duplicate attribute name in NonKeyAttributes: " STR_FMT,
                           STR_ARG(twice));
    if (json_array_size(include) > INCLUDE_MOST)
        return ddb_invalid(rq, INVALID "NonKeyAttributes has more than 100 members");
    return 0;
}

static int check_local(struct rq *rq, const json_t *index) {
    const json_t *own = json_arr(rq->in, "KeySchema"), *schema = json_arr(index, "KeySchema");
    str hash = json_str(json_array_get(own, 0), "AttributeName");
    if (json_array_size(own) < 2)
        return ddb_invalid(rq,
                           INVALID "Table KeySchema does not have a range key, which is required "
                                   "when specifying a LocalSecondaryIndex");
    if (json_array_size(schema) < 2)
        return ddb_invalid(rq,
                           INVALID "Index KeySchema does not have a range key for index: " STR_FMT,
                           STR_ARG(json_str(index, "IndexName")));
    if (!str_eq(json_str(json_array_get(schema, 0), "AttributeName"), hash))
        return ddb_invalid(rq,
                           INVALID "Index KeySchema does not have the same leading hash key as "
                                   "table KeySchema for index: " STR_FMT
                                   ". index hash key: " STR_FMT ", table hash key: " STR_FMT,
                           STR_ARG(json_str(index, "IndexName")),
                           STR_ARG(json_str(json_array_get(schema, 0), "AttributeName")),
                           STR_ARG(hash));
    return 0;
}

static int check_index(struct rq *rq, const json_t *index, bool local, bool on_demand,
                       struct names *names) {
    static const char *const never[] = {"OnDemandThroughput", "WarmThroughput", NULL};
    int r = refuse(rq, index, never);
    if (r || (r = check_schema(rq, json_arr(index, "KeySchema"), names)) ||
        (r = check_projection(rq, json_obj(index, "Projection"))))
        return r;
    return local ? check_local(rq, index)
                 : check_throughput(rq, index, on_demand, json_str(index, "IndexName"));
}

/* Checks a list of indexes, and puts copies with their ids into the document. */
static int take_indexes(struct rq *rq, json_t *doc, const char *member, size_t most, bool on_demand,
                        struct names *names, json_t *index_names, int64_t *next_id) {
    bool local = strcmp(member, "LocalSecondaryIndexes") == 0;
    const json_t *list = json_arr(rq->in, member);
    if (!list)
        return 0;
    if (json_array_size(list) == 0)
        return ddb_invalid(rq, INVALID "List of %s is empty", member);
    if (json_array_size(list) > most)
        return ddb_invalid(
            rq,
            local ? INVALID "Number of LocalSecondaryIndexes exceeds per-table limit of %zu"
                  : INVALID "GlobalSecondaryIndex count exceeds the per-table limit of %zu",
            most);
    json_t *kept = json_array();
    json_set(doc, member, kept);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *index = json_array_get(list, i);
        str name = json_str(index, "IndexName");
        int r = check_index(rq, index, local, on_demand, names);
        if (r)
            return r;
        if (json_object_getn(index_names, name.p, name.len))
            return ddb_invalid(rq, INVALID "Duplicate index name: " STR_FMT, STR_ARG(name));
        json_object_setn_new(index_names, name.p, name.len, json_true());
        json_t *copy = json_deep_copy(index);
        json_set_int(copy, "Id", (*next_id)++);
        json_array_append_new(kept, copy);
    }
    return 0;
}

/* ---- The document ---- */
static void keep(json_t *doc, const json_t *in, const char *member) {
    if (json_has(in, member))
        json_set(doc, member, json_deep_copy(json_object_get(in, member)));
}

static int fill(struct rq *rq, json_t *doc, struct names *names, json_t *index_names) {
    str billing = json_str(rq->in, "BillingMode");
    bool on_demand = str_is(billing, "PAY_PER_REQUEST");
    int64_t next_id = 1;
    int r;
    if ((r = check_definitions(rq, names->definitions)) ||
        (r = check_schema(rq, json_arr(rq->in, "KeySchema"), names)) ||
        (r = check_throughput(rq, rq->in, on_demand, STR_NONE)) ||
        (r = take_indexes(rq, doc, "LocalSecondaryIndexes", LOCAL_INDEXES_MOST, on_demand, names,
                          index_names, &next_id)) ||
        (r = take_indexes(rq, doc, "GlobalSecondaryIndexes", GLOBAL_INDEXES_MOST, on_demand, names,
                          index_names, &next_id)) ||
        (r = kit_tags_merge(rq, &ddb_tags, doc, json_arr(rq->in, "Tags"))))
        return r;
    if (json_object_size(names->used) != json_array_size(names->definitions))
        return ddb_invalid(rq, INVALID "Number of attributes in KeySchema does not exactly match "
                                       "number of attributes defined in AttributeDefinitions");
    keep(doc, rq->in, "AttributeDefinitions");
    keep(doc, rq->in, "KeySchema");
    keep(doc, rq->in, "SSESpecification");
    keep(doc, rq->in, "TableClass");
    if (on_demand)
        json_set_str(doc, "BillingMode", billing);
    else
        keep(doc, rq->in, "ProvisionedThroughput");
    json_set_bool(doc, "DeletionProtectionEnabled",
                  json_bool(rq->in, "DeletionProtectionEnabled", false));
    json_set_int(doc, "NextIndexId", next_id);
    json_set_int(doc, "Created", rq->now_ms);
    return 0;
}

int ddb_create_document(struct rq *rq, json_t **ret_doc) {
    CLEANUP_JSON json_t *doc = json_object();
    CLEANUP_JSON json_t *used = json_object();
    CLEANUP_JSON json_t *index_names = json_object();
    struct names names = {used, json_arr(rq->in, "AttributeDefinitions")};
    int r = check_supported(rq);
    if (r == 0)
        r = fill(rq, doc, &names, index_names);
    if (r == 0)
        *ret_doc = STEAL(doc);
    return r;
}
