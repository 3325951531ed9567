/* AWS::S3::Bucket and AWS::S3::BucketPolicy. */
#include "cfn/type.h"

#include "base/clock.h"

static json_t *for_bucket(str bucket) {
    json_t *in = json_object();
    json_set_str(in, "Bucket", bucket);
    return in;
}

/* ---- Properties in the API's shapes ---- */

static void move(json_t *to, const char *to_name, const json_t *from, const char *from_name) {
    json_t *value = json_object_get(from, from_name);
    if (value)
        json_object_set(to, to_name, value);
}

/* A list of the property's items, each turned by turn(); NULL without the property. */
static json_t *turned(const json_t *list, json_t *(*turn)(const json_t *item)) {
    if (!json_is_array(list))
        return NULL;
    json_t *all = json_array();
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
        json_array_append_new(all, turn(item));
    return all;
}

static json_t *encryption_rule(const json_t *item) {
    json_t *rule = json_object();
    move(rule, "ApplyServerSideEncryptionByDefault", item, "ServerSideEncryptionByDefault");
    move(rule, "BucketKeyEnabled", item, "BucketKeyEnabled");
    move(rule, "BlockedEncryptionTypes", item, "BlockedEncryptionTypes");
    return rule;
}

static json_t *encryption(const json_t *property) {
    return json_pack("{so}", "Rules", turned(json_object_get(property, "ServerSideEncryptionConfiguration"), encryption_rule));
}

/* Dates travel as epoch seconds in documents. */
static void move_date(json_t *to, const json_t *from, const char *from_name) {
    int64_t ms;
    if (clock_parse_iso8601(json_str(from, from_name), &ms))
        json_set_int(to, "Date", ms / 1000);
}

static json_t *transition(const json_t *item) {
    json_t *t = json_object();
    move(t, "StorageClass", item, "StorageClass");
    move(t, "Days", item, "TransitionInDays");
    move_date(t, item, "TransitionDate");
    return t;
}

static json_t *noncurrent_transition(const json_t *item) {
    json_t *t = json_object();
    move(t, "StorageClass", item, "StorageClass");
    move(t, "NoncurrentDays", item, "TransitionInDays");
    move(t, "NewerNoncurrentVersions", item, "NewerNoncurrentVersions");
    return t;
}

/* One condition stands alone, several under And; none is the empty prefix. */
static json_t *lifecycle_filter(const json_t *item) {
    json_t *all = json_object();
    const json_t *tags = json_object_get(item, "TagFilters");
    int64_t size;
    move(all, "Prefix", item, "Prefix");
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
    move(all, "Tags", item, "TagFilters");
    return json_pack("{so}", "And", all);
}

static void add_expiration(json_t *rule, const json_t *item) {
    json_t *expiration = json_object();
    move(expiration, "Days", item, "ExpirationInDays");
    move_date(expiration, item, "ExpirationDate");
    move(expiration, "ExpiredObjectDeleteMarker", item, "ExpiredObjectDeleteMarker");
    if (json_object_size(expiration))
        json_object_set(rule, "Expiration", expiration);
    json_decref(expiration);
    move(rule, "NoncurrentVersionExpiration", item, "NoncurrentVersionExpiration");
    if (json_has(item, "NoncurrentVersionExpirationInDays"))
        json_set(rule, "NoncurrentVersionExpiration",
                 json_pack("{sO}", "NoncurrentDays", json_object_get(item, "NoncurrentVersionExpirationInDays")));
}

/* The old spellings hold one transition, the new ones a list. */
static void add_transitions(json_t *rule, const char *name, const json_t *item, const char *list, const char *single,
                            json_t *(*turn)(const json_t *)) {
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
    move(rule, "ID", item, "Id");
    move(rule, "Status", item, "Status");
    json_set(rule, "Filter", lifecycle_filter(item));
    add_expiration(rule, item);
    add_transitions(rule, "Transitions", item, "Transitions", "Transition", transition);
    add_transitions(rule, "NoncurrentVersionTransitions", item, "NoncurrentVersionTransitions",
                    "NoncurrentVersionTransition", noncurrent_transition);
    move(rule, "AbortIncompleteMultipartUpload", item, "AbortIncompleteMultipartUpload");
    return rule;
}

static json_t *lifecycle(const json_t *property) {
    return json_pack("{so}", "Rules", turned(json_object_get(property, "Rules"), lifecycle_rule));
}

/* {Event, Filter: {S3Key: {Rules}}, Function} → {Events, Filter: {Key: {FilterRules}}, LambdaFunctionArn}. */
static json_t *notification_of(const json_t *item, const char *target, const char *arn) {
    json_t *one = json_object();
    json_set(one, "Events", json_pack("[O]", json_object_get(item, "Event")));
    move(one, arn, item, target);
    json_t *rules = json_object_get(json_obj(json_obj(item, "Filter"), "S3Key"), "Rules");
    if (rules)
        json_set(one, "Filter", json_pack("{s{sO}}", "Key", "FilterRules", rules));
    return one;
}
static json_t *notify_lambda(const json_t *item) { return notification_of(item, "Function", "LambdaFunctionArn"); }
static json_t *notify_queue(const json_t *item) { return notification_of(item, "Queue", "QueueArn"); }
static json_t *notify_topic(const json_t *item) { return notification_of(item, "Topic", "TopicArn"); }

static json_t *notification(const json_t *property) {
    json_t *all = json_object();
    json_set(all, "LambdaFunctionConfigurations", turned(json_object_get(property, "LambdaConfigurations"), notify_lambda));
    json_set(all, "QueueConfigurations", turned(json_object_get(property, "QueueConfigurations"), notify_queue));
    json_set(all, "TopicConfigurations", turned(json_object_get(property, "TopicConfigurations"), notify_topic));
    if (json_has(property, "EventBridgeConfiguration"))
        json_set(all, "EventBridgeConfiguration", json_object());
    return all;
}

static json_t *as_it_is(const json_t *property) { return json_incref((json_t *)property); }
static json_t *tag_set(const json_t *property) { return json_pack("{sO}", "TagSet", property); }

/* ---- Bucket ---- */

/* In the order in which they are set. clear: the operation that takes the property away, or none. */
static const struct {
    const char *property, *put, *member, *clear;
    json_t *(*shape)(const json_t *property);
} settings[] = {
    {"PublicAccessBlockConfiguration", "PutPublicAccessBlock", "PublicAccessBlockConfiguration", "DeletePublicAccessBlock", as_it_is},
    {"OwnershipControls", "PutBucketOwnershipControls", "OwnershipControls", "DeleteBucketOwnershipControls", as_it_is},
    {"BucketEncryption", "PutBucketEncryption", "ServerSideEncryptionConfiguration", "DeleteBucketEncryption", encryption},
    {"VersioningConfiguration", "PutBucketVersioning", "VersioningConfiguration", NULL, as_it_is},
    {"LifecycleConfiguration", "PutBucketLifecycleConfiguration", "LifecycleConfiguration", "DeleteBucketLifecycle", lifecycle},
    {"Tags", "PutBucketTagging", "Tagging", "DeleteBucketTagging", tag_set},
    {"NotificationConfiguration", "PutBucketNotificationConfiguration", "NotificationConfiguration", NULL, notification},
};

/* Versioning cannot be taken away, only suspended; a notification is emptied. */
static json_t *empty_form(const char *property) {
    return strcmp(property, "VersioningConfiguration") == 0 ? json_pack("{ss}", "Status", "Suspended") : json_object();
}

static int apply_settings(struct cfn_work *w) {
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (!cfn_changed(w, settings[i].property))
            continue;
        const json_t *property = json_object_get(w->props, settings[i].property);
        bool clears = !property && settings[i].clear;
        json_t *in = for_bucket(cfn_physical(w));
        if (!clears)
            json_set(in, settings[i].member, property ? settings[i].shape(property) : empty_form(settings[i].property));
        if (cfn_call(w, "s3", clears ? settings[i].clear : settings[i].put, in, NULL))
            return CFN_FAILED;
    }
    return CFN_DONE;
}

static void bucket_attributes(struct cfn_work *w) {
    str b = cfn_physical(w);
    cfn_set_attribute(w, "Arn", "arn:aws:s3:::" STR_FMT, STR_ARG(b));
    cfn_set_attribute(w, "DomainName", STR_FMT ".s3.amazonaws.com", STR_ARG(b));
    cfn_set_attribute(w, "RegionalDomainName", STR_FMT ".s3." STR_FMT ".amazonaws.com", STR_ARG(b), STR_ARG(w->region));
    cfn_set_attribute(w, "DualStackDomainName", STR_FMT ".s3.dualstack." STR_FMT ".amazonaws.com", STR_ARG(b), STR_ARG(w->region));
    cfn_set_attribute(w, "WebsiteURL", "http://" STR_FMT ".s3-website-" STR_FMT ".amazonaws.com", STR_ARG(b), STR_ARG(w->region));
}

/* CreateBucket of one's own bucket succeeds in us-east-1: ask first, so that none is adopted. */
static int refuse_existing(struct cfn_work *w, str name) {
    if (w->again)
        return CFN_DONE;
    if (cfn_call_unless(w, "s3", "HeadBucket", for_bucket(name), "404|NotFound|NoSuchBucket|403|AccessDenied|Forbidden", NULL))
        return CFN_FAILED;
    return w->code[0] ? CFN_DONE : cfn_fail(w, STR_FMT " already exists", STR_ARG(name));
}

static int create_bucket(struct cfn_work *w) {
    str name = cfn_name(w, "BucketName");
    if (refuse_existing(w, name))
        return CFN_FAILED;
    json_t *in = for_bucket(name);
    if (!str_is(w->region, "us-east-1"))
        json_set(in, "CreateBucketConfiguration", json_pack("{so}", "LocationConstraint", json_of_str(w->region)));
    if (cfn_call_unless(w, "s3", "CreateBucket", in, w->again ? "BucketAlreadyOwnedByYou" : NULL, NULL))
        return CFN_FAILED;
    cfn_set_physical(w, name);
    bucket_attributes(w);
    return apply_settings(w);
}

static int remove_bucket(struct cfn_work *w) {
    return cfn_call_unless(w, "s3", "DeleteBucket", for_bucket(cfn_physical(w)), "NoSuchBucket", NULL);
}

/* ---- Policy ---- */

static int put_policy(struct cfn_work *w) {
    str bucket = json_str(w->props, "Bucket");
    json_t *in = for_bucket(bucket);
    json_set(in, "Policy", cfn_document(json_object_get(w->props, "PolicyDocument")));
    if (cfn_call(w, "s3", "PutBucketPolicy", in, NULL))
        return CFN_FAILED;
    cfn_set_physical(w, bucket);
    return CFN_DONE;
}

static int create_policy(struct cfn_work *w) {
    str bucket = json_str(w->props, "Bucket");
    if (!w->again) {
        if (cfn_call_unless(w, "s3", "GetBucketPolicy", for_bucket(bucket), "NoSuchBucketPolicy|AccessDenied", NULL))
            return CFN_FAILED;
        if (!w->code[0])
            return cfn_fail(w, "The bucket policy already exists on bucket " STR_FMT ".", STR_ARG(bucket));
    }
    return put_policy(w);
}

static int remove_policy(struct cfn_work *w) {
    return cfn_call_unless(w, "s3", "DeleteBucketPolicy", for_bucket(cfn_physical(w)), "NoSuchBucketPolicy|NoSuchBucket", NULL);
}

static const char *const bucket_props[] = {
    "BucketName", "PublicAccessBlockConfiguration", "OwnershipControls", "BucketEncryption", "VersioningConfiguration",
    "LifecycleConfiguration", "Tags", "NotificationConfiguration", NULL};
static const char *const policy_props[] = {"PolicyDocument", "Bucket", NULL};

const struct cfn_type cfn_types_s3[] = {
    {.name = "AWS::S3::Bucket", .name_prop = "BucketName", .name_max = 63, .name_lower = true, .supported = bucket_props,
     .in_place = bucket_props + 1, .create = create_bucket, .update = apply_settings, .remove = remove_bucket},
    {.name = "AWS::S3::BucketPolicy", .supported = policy_props, .in_place = policy_props, .create = create_policy,
     .update = put_policy, .remove = remove_policy},
    {0},
};
