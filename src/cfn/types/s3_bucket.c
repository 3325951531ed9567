/*
 * AWS::S3::Bucket. CreateBucket of one's own bucket succeeds in us-east-1, so the engine asks
 * first. Everything else is a configuration of its own, set in the order of the table.
 */
#include "cfn/type.h"

#include "base/clock.h"

/* ---- Properties in the API's shapes ---- */

/* A list of the property's items, each turned by turn(); NULL without the property. */
static json_t *turned(const json_t *list, json_t *(*turn)(const json_t *item)) {
    if (!json_is_array(list))
        return NULL;
    json_t *all = json_array();
    size_t i;
    json_t *item;
    json_array_foreach (list, i, item)
        json_array_append_new(all, turn(item));
    return all;
}

static json_t *encryption_rule(const json_t *item) {
    json_t *rule = json_object();
    cfn_move(rule, "ApplyServerSideEncryptionByDefault", item, "ServerSideEncryptionByDefault");
    cfn_move(rule, "BucketKeyEnabled", item, "BucketKeyEnabled");
    cfn_move(rule, "BlockedEncryptionTypes", item, "BlockedEncryptionTypes");
    return rule;
}

static json_t *encryption(const struct cfn_work *w, const json_t *property) {
    (void)w;
    return json_pack(
        "{so}", "Rules",
        turned(json_object_get(property, "ServerSideEncryptionConfiguration"), encryption_rule));
}

/* Dates travel as epoch seconds in documents. */
static void move_date(json_t *to, const json_t *from, const char *from_name) {
    int64_t ms;
    if (clock_parse_iso8601(json_str(from, from_name), &ms))
        json_set_int(to, "Date", ms / 1000);
}

static json_t *transition(const json_t *item) {
    json_t *t = json_object();
    cfn_move(t, "StorageClass", item, "StorageClass");
    cfn_move(t, "Days", item, "TransitionInDays");
    move_date(t, item, "TransitionDate");
    return t;
}

static json_t *noncurrent_transition(const json_t *item) {
    json_t *t = json_object();
    cfn_move(t, "StorageClass", item, "StorageClass");
    cfn_move(t, "NoncurrentDays", item, "TransitionInDays");
    cfn_move(t, "NewerNoncurrentVersions", item, "NewerNoncurrentVersions");
    return t;
}

/* One condition stands alone, several under And; none is the empty prefix. */
static json_t *lifecycle_filter(const json_t *item) {
    json_t *all = json_object();
    const json_t *tags = json_object_get(item, "TagFilters");
    int64_t size;
    cfn_move(all, "Prefix", item, "Prefix");
    if (str_to_i64(json_str(item, "ObjectSizeGreaterThan"), &size))
        json_set_int(all, "ObjectSizeGreaterThan", size);
    if (str_to_i64(json_str(item, "ObjectSizeLessThan"), &size))
        json_set_int(all, "ObjectSizeLessThan", size);
    size_t conditions = json_object_size(all) + json_array_size(tags);
    if (conditions == 0)
        json_set_str(all, "Prefix", S(""));
    if (conditions < 2) {
        if (json_array_size(tags))
            json_object_set(all, "Tag", json_array_get(tags, 0));
        return all;
    }
    cfn_move(all, "Tags", item, "TagFilters");
    return json_pack("{so}", "And", all);
}

static void add_expiration(json_t *rule, const json_t *item) {
    json_t *expiration = json_object();
    cfn_move(expiration, "Days", item, "ExpirationInDays");
    move_date(expiration, item, "ExpirationDate");
    cfn_move(expiration, "ExpiredObjectDeleteMarker", item, "ExpiredObjectDeleteMarker");
    if (json_object_size(expiration))
        json_object_set(rule, "Expiration", expiration);
    json_decref(expiration);
    cfn_move(rule, "NoncurrentVersionExpiration", item, "NoncurrentVersionExpiration");
    if (json_has(item, "NoncurrentVersionExpirationInDays"))
        json_set(rule, "NoncurrentVersionExpiration",
                 json_pack("{sO}", "NoncurrentDays",
                           json_object_get(item, "NoncurrentVersionExpirationInDays")));
}

/* The old spellings hold one transition, the new ones a list. */
static void add_transitions(json_t *rule, const char *name, const json_t *item, const char *list,
                            const char *single, json_t *(*turn)(const json_t *)) {
    json_t *all = turned(json_object_get(item, list), turn);
    if (json_has(item, single)) {
        if (!all)
            all = json_array();
        json_array_append_new(all, turn(json_object_get(item, single)));
    }
    json_set(rule, name, all);
}

static json_t *lifecycle_rule(const json_t *item) {
    json_t *rule = json_object();
    cfn_move(rule, "ID", item, "Id");
    cfn_move(rule, "Status", item, "Status");
    json_set(rule, "Filter", lifecycle_filter(item));
    add_expiration(rule, item);
    add_transitions(rule, "Transitions", item, "Transitions", "Transition", transition);
    add_transitions(rule, "NoncurrentVersionTransitions", item, "NoncurrentVersionTransitions",
                    "NoncurrentVersionTransition", noncurrent_transition);
    cfn_move(rule, "AbortIncompleteMultipartUpload", item, "AbortIncompleteMultipartUpload");
    return rule;
}

static json_t *lifecycle(const struct cfn_work *w, const json_t *property) {
    (void)w;
    return json_pack("{so}", "Rules", turned(json_object_get(property, "Rules"), lifecycle_rule));
}

/*
 * {Event, Filter: {S3Key: {Rules}}, Function} → {Events, Filter: {Key: {FilterRules}},
 * LambdaFunctionArn}.
 */
static json_t *notification_of(const json_t *item, const char *target, const char *arn) {
    json_t *one = json_object();
    json_set(one, "Events", json_pack("[O]", json_object_get(item, "Event")));
    cfn_move(one, arn, item, target);
    json_t *rules = json_object_get(json_obj(json_obj(item, "Filter"), "S3Key"), "Rules");
    if (rules)
        json_set(one, "Filter", json_pack("{s{sO}}", "Key", "FilterRules", rules));
    return one;
}
static json_t *notify_lambda(const json_t *item) {
    return notification_of(item, "Function", "LambdaFunctionArn");
}
static json_t *notify_queue(const json_t *item) {
    return notification_of(item, "Queue", "QueueArn");
}
static json_t *notify_topic(const json_t *item) {
    return notification_of(item, "Topic", "TopicArn");
}

static json_t *notification(const struct cfn_work *w, const json_t *property) {
    (void)w;
    json_t *all = json_object();
    json_set(all, "LambdaFunctionConfigurations",
             turned(json_object_get(property, "LambdaConfigurations"), notify_lambda));
    json_set(all, "QueueConfigurations",
             turned(json_object_get(property, "QueueConfigurations"), notify_queue));
    json_set(all, "TopicConfigurations",
             turned(json_object_get(property, "TopicConfigurations"), notify_topic));
    if (json_has(property, "EventBridgeConfiguration"))
        json_set(all, "EventBridgeConfiguration", json_object());
    return all;
}

static json_t *tag_set(const struct cfn_work *w, const json_t *property) {
    (void)w;
    return json_pack("{sO}", "TagSet", property);
}

/* ---- Bucket ---- */

static void add_place(const struct cfn_work *w, json_t *in) {
    if (!str_is(w->region, "us-east-1"))
        json_set(in, "CreateBucketConfiguration",
                 json_pack("{so}", "LocationConstraint", json_of_str(w->region)));
}

/* Versioning cannot be taken away, only suspended; a notification is emptied. */
static const struct cfn_prop props[] = {
    {"PublicAccessBlockConfiguration", .set = "PutPublicAccessBlock",
     .clear = "DeletePublicAccessBlock"},
    {"OwnershipControls", .set = "PutBucketOwnershipControls",
     .clear = "DeleteBucketOwnershipControls"},
    {"BucketEncryption", .shape = encryption, .set = "PutBucketEncryption",
     .as = "ServerSideEncryptionConfiguration", .clear = "DeleteBucketEncryption"},
    {"VersioningConfiguration", .set = "PutBucketVersioning",
     .empty = "{\"Status\":\"Suspended\"}"},
    {"LifecycleConfiguration", .shape = lifecycle, .set = "PutBucketLifecycleConfiguration",
     .clear = "DeleteBucketLifecycle"},
    {"Tags", .shape = tag_set, .set = "PutBucketTagging", .as = "Tagging",
     .clear = "DeleteBucketTagging"},
    {"NotificationConfiguration", .shape = notification,
     .set = "PutBucketNotificationConfiguration", .empty = "{}"},
    {0},
};

const struct cfn_type cfn_type_s3_bucket = {
    .name = "AWS::S3::Bucket",
    .name_max = 63,
    .name_lower = true,
    .service = "s3",
    .props = props,
    .on = "Bucket={name}",
    .add = add_place,
    .make = {.op = "CreateBucket"},
    .ask = {.op = "HeadBucket"},
    .adopts = true,
    .there = "BucketAlreadyOwnedByYou",
    .drop = "DeleteBucket",
    .gone = "NoSuchBucket",
    .id = "{name}",
    .attributes = {{"Arn", "arn:aws:s3:::{name}"},
                   {"DomainName", "{name}.s3.amazonaws.com"},
                   {"RegionalDomainName", "{name}.s3.{region}.amazonaws.com"},
                   {"DualStackDomainName", "{name}.s3.dualstack.{region}.amazonaws.com"},
                   {"WebsiteURL", "http://{name}.s3-website-{region}.amazonaws.com"}},
};
