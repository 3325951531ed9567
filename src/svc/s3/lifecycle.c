/* s3/lifecycle: the checks of a lifecycle configuration, member by member, in S3's words. */
#include "svc/s3/lifecycle.h"

#include "base/rand.h"

enum { MAX_RULES = 1000, MAX_ID = 255, DAY_S = 86400 };
enum { KEY_BYTES = 4 * 128, VALUE_BYTES = 4 * 256 }; /* of so many characters, at most */

static int argument(struct err *err, const char *text) {
    return err_set(err, S3_LIFECYCLE_E_ARGUMENT, "%s", text);
}

static int request(struct err *err, const char *text) {
    return err_set(err, S3_LIFECYCLE_E_REQUEST, "%s", text);
}

static int malformed(struct err *err) {
    return err_set(err, S3_LIFECYCLE_E_MALFORMED,
                   "The XML you provided was not well-formed or did not validate against our "
                   "published schema");
}

/* How many of the members are there. */
static unsigned given(const json_t *doc, const char *const *members, size_t n) {
    unsigned count = 0;
    for (size_t i = 0; i < n; i++)
        count += json_has(doc, members[i]);
    return count;
}

/* ---- What a rule applies to ---- */
struct scope {
    bool by_tag, by_size;
    str prefix;
};

static int check_sizes(const json_t *doc, struct scope *scope, struct err *err) {
    int64_t above = json_int(doc, "ObjectSizeGreaterThan", -1);
    int64_t below = json_int(doc, "ObjectSizeLessThan", -1);
    scope->by_size = scope->by_size || above >= 0 || below >= 0;
    if (json_has(doc, "ObjectSizeGreaterThan") && above < 0)
        return argument(err, "'ObjectSizeGreaterThan' should be a non-negative integer");
    if (json_has(doc, "ObjectSizeLessThan") && below < 1)
        return argument(err, "'ObjectSizeLessThan' should be a positive integer");
    if (above >= 0 && below >= 0 && above >= below)
        return request(err, "'ObjectSizeLessThan' has to be a value greater than "
                            "'ObjectSizeGreaterThan'");
    return S3_LIFECYCLE_OK;
}

static int check_tags(const json_t *tags, struct err *err) {
    size_t i;
    json_t *tag;
    json_array_foreach (tags, i, tag) {
        str key = json_str(tag, "Key");
        if (key.len < 1 || key.len > KEY_BYTES)
            return argument(err, "A Tag's Key must be a length between 1 and 128.");
        if (json_str(tag, "Value").len > VALUE_BYTES)
            return argument(err, "A Tag's Value must be a length between 0 and 256.");
        for (size_t k = 0; k < i; k++)
            if (str_eq(json_str(json_array_get(tags, k), "Key"), key))
                return request(err, "Duplicate Tag Keys are not allowed.");
    }
    return S3_LIFECYCLE_OK;
}

static int check_and(const json_t *all, struct scope *scope, struct err *err) {
    json_t *tags = json_arr(all, "Tags");
    size_t n_tags = json_array_size(tags);
    unsigned n = (unsigned)json_has(all, "Prefix") + (n_tags > 0) +
                 json_has(all, "ObjectSizeGreaterThan") + json_has(all, "ObjectSizeLessThan");
    if (n < 2 && n_tags < 2)
        return malformed(err);
    scope->prefix = json_str(all, "Prefix");
    scope->by_tag = n_tags > 0;
    int r = check_tags(tags, err);
    return r ? r : check_sizes(all, scope, err);
}

static int check_scope(const json_t *rule, struct scope *scope, struct err *err) {
    static const char *const choices[] = {"Prefix", "Tag", "ObjectSizeGreaterThan",
                                          "ObjectSizeLessThan", "And"};
    *scope = (struct scope){0};
    json_t *filter = json_obj(rule, "Filter");
    if (!filter && !json_has(rule, "Prefix"))
        return malformed(err);
    if (filter && json_has(rule, "Prefix"))
        return request(err, "Filter and Prefix cannot be used together in a rule");
    if (!filter) {
        scope->prefix = json_str(rule, "Prefix");
        return S3_LIFECYCLE_OK;
    }
    if (given(filter, choices, ARRAY_LEN(choices)) > 1)
        return malformed(err);
    if (json_has(filter, "And"))
        return check_and(json_obj(filter, "And"), scope, err);
    if (json_has(filter, "Tag")) {
        scope->by_tag = true;
        CLEANUP_JSON json_t *one = json_array();
        json_array_append(one, json_obj(filter, "Tag"));
        return check_tags(one, err);
    }
    scope->prefix = json_str(filter, "Prefix");
    return check_sizes(filter, scope, err);
}

/* ---- What it does ---- */
static bool at_midnight(double epoch_s) {
    int64_t s = (int64_t)epoch_s;
    return (double)s == epoch_s && s % DAY_S == 0;
}

static int check_expiration(const json_t *rule, const struct scope *scope, struct err *err) {
    static const char *const choices[] = {"Date", "Days", "ExpiredObjectDeleteMarker"};
    const json_t *e = json_obj(rule, "Expiration");
    if (!e)
        return S3_LIFECYCLE_OK;
    if (given(e, choices, ARRAY_LEN(choices)) != 1)
        return malformed(err);
    if (json_has(e, "Days") && json_int(e, "Days", 0) < 1)
        return argument(err, "'Days' for Expiration action must be a positive integer");
    if (json_has(e, "Date") && !at_midnight(json_num(e, "Date", 0.5)))
        return argument(err, "'Date' must be at midnight GMT");
    if (json_has(e, "ExpiredObjectDeleteMarker")) {
        if (scope->by_tag)
            return request(err, "ExpiredObjectDeleteMarker cannot be specified with Tags.");
        if (scope->by_size)
            return request(err, "ExpiredObjectDeleteMarker cannot be specified with object size.");
    }
    return S3_LIFECYCLE_OK;
}

static const struct {
    const char *name;
    int64_t least_days;
} storage_classes[] = {
    {"STANDARD_IA", 30}, {"ONEZONE_IA", 30}, {"INTELLIGENT_TIERING", 0},
    {"GLACIER_IR", 0},   {"GLACIER", 0},     {"DEEP_ARCHIVE", 0},
};

/* Place in the waterfall of storage classes, or -1. */
static int class_rank(str name) {
    for (size_t i = 0; i < ARRAY_LEN(storage_classes); i++)
        if (str_is(name, storage_classes[i].name))
            return (int)i;
    return -1;
}

/* One list of transitions; days_member is "Days" or "NoncurrentDays". */
static int check_transitions(const json_t *list, const char *action, const char *days_member,
                             struct err *err) {
    size_t i;
    json_t *t;
    json_array_foreach (list, i, t) {
        str class = json_str(t, "StorageClass");
        int rank = class_rank(class);
        bool has_days = json_has(t, days_member), has_date = json_has(t, "Date");
        if (rank < 0 || has_days == has_date)
            return malformed(err);
        int64_t days = json_int(t, days_member, -1);
        if (has_days && days < 0)
            return err_set(err, S3_LIFECYCLE_E_ARGUMENT, "'%s' for %s action must be nonnegative",
                           days_member, action);
        if (has_days && days < storage_classes[rank].least_days)
            return err_set(err, S3_LIFECYCLE_E_ARGUMENT,
                           "'%s' in %s action must be greater than or equal to %lld for "
                           "storageClass '" STR_FMT "'",
                           days_member, action, (long long)storage_classes[rank].least_days,
                           STR_ARG(class));
        if (has_date && !at_midnight(json_num(t, "Date", 0.5)))
            return argument(err, "'Date' must be at midnight GMT");
        for (size_t k = 0; k < i; k++) {
            const json_t *other = json_array_get(list, k);
            if (str_eq(json_str(other, "StorageClass"), class))
                return err_set(err, S3_LIFECYCLE_E_REQUEST,
                               "'StorageClass' must be different for '%s' actions in same 'Rule' "
                               "with prefix",
                               action);
            if (json_has(other, "Date") != has_date)
                return request(err, "Found mixed 'Date' and 'Days' based Expiration and "
                                    "Transition actions in lifecycle rule");
        }
    }
    return S3_LIFECYCLE_OK;
}

/* Things expire only after they were moved for the last time. */
static int check_order(const json_t *rule, const struct scope *scope, struct err *err) {
    const json_t *expiration = json_obj(rule, "Expiration");
    size_t i;
    json_t *t;
    json_array_foreach (json_arr(rule, "Transitions"), i, t) {
        bool mixed = (json_has(t, "Days") && json_has(expiration, "Date")) ||
                     (json_has(t, "Date") && json_has(expiration, "Days"));
        if (mixed)
            return request(err, "Found mixed 'Date' and 'Days' based Expiration and Transition "
                                "actions in lifecycle rule");
        if (json_has(t, "Days") && json_has(expiration, "Days") &&
            json_int(expiration, "Days", 0) <= json_int(t, "Days", 0))
            return err_set(err, S3_LIFECYCLE_E_ARGUMENT,
                           "'Days' in the Expiration action for filter '(prefix=" STR_FMT
                           ")' must be greater than 'Days' in the Transition action",
                           STR_ARG(scope->prefix));
        if (json_has(t, "Date") && json_has(expiration, "Date") &&
            json_num(expiration, "Date", 0) <= json_num(t, "Date", 0))
            return err_set(err, S3_LIFECYCLE_E_ARGUMENT,
                           "'Date' in the Expiration action for filter '(prefix=" STR_FMT
                           ")' must be later than 'Date' in the Transition action",
                           STR_ARG(scope->prefix));
    }
    int64_t gone =
        json_int(json_obj(rule, "NoncurrentVersionExpiration"), "NoncurrentDays", INT64_MAX);
    json_array_foreach (json_arr(rule, "NoncurrentVersionTransitions"), i, t)
        if (gone <= json_int(t, "NoncurrentDays", 0))
            return err_set(err, S3_LIFECYCLE_E_ARGUMENT,
                           "'NoncurrentDays' in the NoncurrentVersionExpiration action for filter "
                           "'(prefix=" STR_FMT ")' must be greater than 'NoncurrentDays' in the "
                           "NoncurrentVersionTransition action",
                           STR_ARG(scope->prefix));
    return S3_LIFECYCLE_OK;
}

static int check_newer(const json_t *doc, struct err *err) {
    int64_t keep = json_int(doc, "NewerNoncurrentVersions", 1);
    if (keep < 1 || keep > 100)
        return argument(err, "'NewerNoncurrentVersions' must be between 1 and 100");
    return S3_LIFECYCLE_OK;
}

static int check_noncurrent(const json_t *rule, struct err *err) {
    const json_t *e = json_obj(rule, "NoncurrentVersionExpiration");
    if (e) {
        if (!json_has(e, "NoncurrentDays"))
            return malformed(err);
        if (json_int(e, "NoncurrentDays", 0) < 1)
            return argument(err, "'NoncurrentDays' for NoncurrentVersionExpiration action must be "
                                 "a positive integer");
        int r = check_newer(e, err);
        if (r)
            return r;
    }
    json_t *list = json_arr(rule, "NoncurrentVersionTransitions");
    size_t i;
    json_t *t;
    json_array_foreach (list, i, t) {
        int r = check_newer(t, err);
        if (r)
            return r;
    }
    return check_transitions(list, "NoncurrentVersionTransition", "NoncurrentDays", err);
}

static int check_abort(const json_t *rule, const struct scope *scope, struct err *err) {
    const json_t *a = json_obj(rule, "AbortIncompleteMultipartUpload");
    if (!a)
        return S3_LIFECYCLE_OK;
    if (json_int(a, "DaysAfterInitiation", 0) < 1)
        return argument(err, "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must "
                             "be a positive integer");
    if (scope->by_tag)
        return request(err, "AbortIncompleteMultipartUpload cannot be specified with Tags.");
    if (scope->by_size)
        return request(err, "AbortIncompleteMultipartUpload cannot be specified with object size.");
    return S3_LIFECYCLE_OK;
}

static int check_rule(const json_t *rule, struct err *err) {
    static const char *const actions[] = {
        "Expiration", "Transitions", "NoncurrentVersionExpiration", "NoncurrentVersionTransitions",
        "AbortIncompleteMultipartUpload"};
    str status = json_str(rule, "Status");
    if (!str_is(status, "Enabled") && !str_is(status, "Disabled"))
        return malformed(err);
    if (json_str(rule, "ID").len > MAX_ID)
        return argument(err, "ID length should not exceed allowed limit of 255");

    struct scope scope;
    int r = check_scope(rule, &scope, err);
    if (r)
        return r;
    unsigned n = given(rule, actions, ARRAY_LEN(actions));
    n -= json_has(rule, "Transitions") && json_array_size(json_arr(rule, "Transitions")) == 0;
    n -= json_has(rule, "NoncurrentVersionTransitions") &&
         json_array_size(json_arr(rule, "NoncurrentVersionTransitions")) == 0;
    if (n == 0)
        return request(err, "At least one action needs to be specified in a rule");
    r = check_expiration(rule, &scope, err);
    if (!r)
        r = check_transitions(json_arr(rule, "Transitions"), "Transition", "Days", err);
    if (!r)
        r = check_noncurrent(rule, err);
    if (!r)
        r = check_abort(rule, &scope, err);
    return r ? r : check_order(rule, &scope, err);
}

int s3_lifecycle_check(const json_t *rules, struct err *err) {
    size_t n = json_array_size(rules), i;
    if (n == 0)
        return malformed(err);
    if (n > MAX_RULES)
        return request(err, "The number of lifecycle rules must not exceed the allowed limit of "
                            "1000 rules");
    json_t *rule;
    json_array_foreach (rules, i, rule) {
        int r = check_rule(rule, err);
        if (r)
            return r;
        str id = json_str(rule, "ID");
        for (size_t k = 0; id.len > 0 && k < i; k++)
            if (str_eq(json_str(json_array_get(rules, k), "ID"), id))
                return argument(err,
                                "Rule ID must be unique. Found same ID for more than one rule");
    }
    return S3_LIFECYCLE_OK;
}

json_t *s3_lifecycle_normalise(const json_t *rules) {
    json_t *copy = json_deep_copy(rules);
    size_t i;
    json_t *rule;
    json_array_foreach (copy, i, rule) {
        if (json_str(rule, "ID").len > 0)
            continue;
        char id[RAND_UUID_LEN + 1];
        rand_uuid(id);
        json_set_str(rule, "ID", str_c(id));
    }
    return copy;
}
