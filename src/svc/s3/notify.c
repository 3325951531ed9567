/* s3/notify: compiles notification configurations, matches events, and shows the stored form. */
#include "svc/s3/notify.h"

#include "base/arena.h"
#include "base/rand.h"
#include "svc/s3/filter.h"

enum { MAX_CONFIGURATIONS = 100, MAX_FILTER_VALUE = 1024 };

static const char *const event_names[S3_N_EVENTS] = {
    [S3_EVENT_CREATED_PUT] = "ObjectCreated:Put",
    [S3_EVENT_CREATED_POST] = "ObjectCreated:Post",
    [S3_EVENT_CREATED_COPY] = "ObjectCreated:Copy",
    [S3_EVENT_CREATED_MULTIPART] = "ObjectCreated:CompleteMultipartUpload",
    [S3_EVENT_REMOVED_DELETE] = "ObjectRemoved:Delete",
    [S3_EVENT_REMOVED_MARKER] = "ObjectRemoved:DeleteMarkerCreated",
    [S3_EVENT_TAGGING_PUT] = "ObjectTagging:Put",
    [S3_EVENT_TAGGING_DELETE] = "ObjectTagging:Delete",
    [S3_EVENT_ACL_PUT] = "ObjectAcl:Put",
    [S3_EVENT_RESTORE_POST] = "ObjectRestore:Post",
    [S3_EVENT_RESTORE_COMPLETED] = "ObjectRestore:Completed",
    [S3_EVENT_RESTORE_DELETE] = "ObjectRestore:Delete",
    [S3_EVENT_REPLICATION_FAILED] = "Replication:OperationFailedReplication",
    [S3_EVENT_REPLICATION_NOT_TRACKED] = "Replication:OperationNotTracked",
    [S3_EVENT_REPLICATION_MISSED] = "Replication:OperationMissedThreshold",
    [S3_EVENT_REPLICATION_AFTER] = "Replication:OperationReplicatedAfterThreshold",
    [S3_EVENT_EXPIRATION_DELETE] = "LifecycleExpiration:Delete",
    [S3_EVENT_EXPIRATION_MARKER] = "LifecycleExpiration:DeleteMarkerCreated",
    [S3_EVENT_TRANSITION] = "LifecycleTransition",
    [S3_EVENT_TIERING] = "IntelligentTiering",
    [S3_EVENT_LOST] = "ReducedRedundancyLostObject",
};

/* The lists of a configuration document, and the member that holds the target's ARN. */
static const struct {
    const char *list, *arn;
} kinds[] = {
    {"LambdaFunctionConfigurations", "LambdaFunctionArn"},
    {"QueueConfigurations", "QueueArn"},
    {"TopicConfigurations", "TopicArn"},
};

/* One filter an event type; rule i of it belongs to target rule_target[type][i]. */
struct s3_notify {
    struct arena arena;
    size_t n;
    struct s3_notify_target *targets;
    struct s3_filter *filter[S3_N_EVENTS];
    size_t *rule_target[S3_N_EVENTS];
};

/* A target while it is being compiled. */
struct draft {
    struct s3_filter_rule rule;
    uint32_t events; /* bit per enum s3_event_type */
};

const char *s3_event_name(enum s3_event_type type) { return event_names[type]; }

static int invalid(struct err *err, const char *text) {
    return err_set(err, S3_NOTIFY_E_INVALID, "%s", text);
}

/* "s3:ObjectCreated:*" and the like to bits; 0 when there is no such event. */
static uint32_t event_bits(str name) {
    if (!name.p || !str_starts(name, S("s3:")))
        return 0;
    name = str_skip(name, 3);
    bool all = str_ends(name, S(":*"));
    str head = str_slice(name, 0, all ? name.len - 1 : name.len);
    uint32_t bits = 0;
    for (unsigned i = 0; i < S3_N_EVENTS; i++) {
        str known = str_c(event_names[i]);
        if (all ? str_starts(known, head) : str_eq(known, head))
            bits |= 1u << i;
    }
    return bits;
}

static int read_filter(const json_t *target, struct s3_filter_rule *ret_rule, struct err *err) {
    struct s3_filter_rule rule = {S(""), S("")};
    bool has_prefix = false, has_suffix = false;
    json_t *rules = json_arr(json_obj(json_obj(target, "Filter"), "Key"), "FilterRules");
    size_t i;
    json_t *item;
    json_array_foreach (rules, i, item) {
        str name = json_str(item, "Name"), value = json_str(item, "Value");
        if (value.len > MAX_FILTER_VALUE)
            return invalid(
                err, "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation");
        if (str_eq_nocase(name, S("prefix"))) {
            if (has_prefix)
                return invalid(err, "Cannot specify more than one prefix rule in a filter.");
            has_prefix = true;
            rule.prefix = value.p ? value : S("");
        } else if (str_eq_nocase(name, S("suffix"))) {
            if (has_suffix)
                return invalid(err, "Cannot specify more than one suffix rule in a filter.");
            has_suffix = true;
            rule.suffix = value.p ? value : S("");
        } else {
            return invalid(err, "filter rule name must be either prefix or suffix");
        }
    }
    *ret_rule = rule;
    return S3_NOTIFY_OK;
}

static int read_target(struct arena *arena, const json_t *item, const char *arn_member,
                       struct s3_notify_target *target, struct draft *draft, struct err *err) {
    str arn = json_str(item, arn_member);
    if (!str_starts(arn, S("arn:")))
        return invalid(err, "The ARN could not be parsed");
    json_t *events = json_arr(item, "Events");
    if (json_array_size(events) == 0)
        return invalid(err, "The configuration must name at least one event");
    size_t i;
    json_t *event;
    json_array_foreach (events, i, event) {
        uint32_t bits = event_bits(json_text(event));
        if (bits == 0)
            return invalid(err, S3_NOTIFY_NO_EVENT);
        draft->events |= bits;
    }
    target->id = arena_str(arena, json_str(item, "Id"));
    target->arn = arena_str(arena, arn);
    return read_filter(item, &draft->rule, err);
}

/* The filters of each event type. Two rules that one key could match are refused here. */
static int compile(struct s3_notify *notify, const struct draft *drafts, struct err *err) {
    CLEANUP_MEM struct s3_filter_rule *rules = mem_zalloc((notify->n + 1) * sizeof *rules);
    for (unsigned type = 0; type < S3_N_EVENTS; type++) {
        size_t *owners = arena_zalloc(&notify->arena, (notify->n + 1) * sizeof *owners);
        size_t n = 0, clash = 0;
        for (size_t i = 0; i < notify->n; i++)
            if (drafts[i].events & 1u << type) {
                rules[n] = drafts[i].rule;
                owners[n++] = i;
            }
        if (n == 0)
            continue;
        int r = s3_filter_new(&notify->filter[type], rules, n, &clash);
        if (r == S3_FILTER_E_OVERLAP)
            return invalid(err, "Configuration is ambiguously defined. Cannot have overlapping "
                                "suffixes in two rules if the prefixes are overlapping for the "
                                "same event type.");
        if (r < 0)
            return err_sys(err, r, "compile the notification filter");
        notify->rule_target[type] = owners;
    }
    return S3_NOTIFY_OK;
}

static bool ids_are_unique(const struct s3_notify *notify) {
    for (size_t i = 1; i < notify->n; i++)
        for (size_t k = 0; k < i; k++)
            if (str_eq(notify->targets[i].id, notify->targets[k].id))
                return false;
    return true;
}

int s3_notify_new(struct s3_notify **ret_notify, const json_t *config, struct err *err) {
    size_t n = 0;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        n += json_array_size(json_arr(config, kinds[k].list));
    if (n > MAX_CONFIGURATIONS)
        return invalid(err, "The maximum number of notification configurations per bucket is 100");

    CLEANUP(s3_notify) struct s3_notify *notify = mem_new(struct s3_notify);
    CLEANUP_MEM struct draft *drafts = mem_zalloc((n + 1) * sizeof *drafts);
    notify->targets = arena_zalloc(&notify->arena, (n + 1) * sizeof *notify->targets);
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        size_t i;
        json_t *item;
        json_array_foreach (json_arr(config, kinds[k].list), i, item) {
            int r = read_target(&notify->arena, item, kinds[k].arn, &notify->targets[notify->n],
                                &drafts[notify->n], err);
            if (r)
                return r;
            notify->n++;
        }
    }
    if (!ids_are_unique(notify))
        return invalid(err, "Same ID used for multiple configurations. IDs must be unique");
    int r = compile(notify, drafts, err);
    if (r)
        return r;
    *ret_notify = STEAL(notify);
    return S3_NOTIFY_OK;
}

struct s3_notify *s3_notify_free(struct s3_notify *notify) {
    if (!notify)
        return NULL;
    for (unsigned type = 0; type < S3_N_EVENTS; type++)
        s3_filter_free(notify->filter[type]);
    arena_deinit(&notify->arena);
    free(notify);
    return NULL;
}

const struct s3_notify_target *s3_notify_match(const struct s3_notify *notify,
                                               enum s3_event_type type, str key) {
    if (!notify->filter[type])
        return NULL;
    int rule = s3_filter_match(notify->filter[type], key);
    return rule < 0 ? NULL : &notify->targets[notify->rule_target[type][rule]];
}

size_t s3_notify_count(const struct s3_notify *notify) { return notify->n; }

const struct s3_notify_target *s3_notify_at(const struct s3_notify *notify, size_t i) {
    return &notify->targets[i];
}

/* ---- As it is given back ---- */
static void name_rules(json_t *target) {
    size_t i;
    json_t *rule;
    json_array_foreach (json_arr(json_obj(json_obj(target, "Filter"), "Key"), "FilterRules"), i,
                        rule) {
        str name = json_str(rule, "Name");
        if (str_eq_nocase(name, S("prefix")))
            json_set_str(rule, "Name", S("Prefix"));
        else if (str_eq_nocase(name, S("suffix")))
            json_set_str(rule, "Name", S("Suffix"));
    }
}

json_t *s3_notify_normalise(const json_t *config) {
    json_t *copy = json_object();
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        json_t *given = json_arr(config, kinds[k].list);
        if (json_array_size(given) == 0)
            continue;
        json_t *list = json_deep_copy(given);
        size_t i;
        json_t *item;
        json_array_foreach (list, i, item) {
            if (json_str(item, "Id").len == 0) {
                char id[RAND_UUID_LEN + 1];
                rand_uuid(id);
                json_set_str(item, "Id", str_c(id));
            }
            name_rules(item);
        }
        json_set(copy, kinds[k].list, list);
    }
    return copy;
}
