/*
 * audit/system: what a bucket's events invoke, by its own notifications or by rules of EventBridge.
 *
 * Sources: "Amazon S3 event notifications" and "Using EventBridge" of the S3 user guide; "Amazon
 * EventBridge event patterns".
 */
#include "audit/system_priv.h"

/* Those of an EventBridge pattern whose target is one resource; owner says so. */
static void read_pattern(struct audit_build *b, enum audit_trigger_kind kind,
                         const struct audit_resource *owner, const struct audit_value *pattern,
                         const struct audit_resource *target, const struct tmpl_node *target_node);

#include "base/ascii.h"

/* ---- A notification's map: {Event(s), Filter, and what is invoked} ---- */

static bool is_creation(str event) {
    return str_starts(event, S("s3:ObjectCreated:")) || str_is(event, "s3:*") ||
           str_find(event, S("${")) >= 0;
}

/* Events that are not said, or not known, may be creations. */
static bool has_creation(const struct audit_template *t, const struct tmpl_node *map,
                         const struct audit_guard *guard, const char *const paths[], size_t n) {
    bool is_said = false;
    for (size_t k = 0; k < n; k++) {
        struct audit_values each = audit_path(t, map, guard, paths[k]);
        for (size_t i = 0; i < each.n; i++) {
            if (each.v[i].kind == AUDIT_ABSENT)
                continue;
            is_said = true;
            str text = audit_text(t, each.v[i].node);
            if (!text.p || is_creation(text))
                return true;
        }
    }
    return !is_said;
}

static void read_filter_rule(const struct audit_template *t, struct audit_trigger *trigger,
                             const struct audit_value *rule) {
    if (rule->kind == AUDIT_UNKNOWN)
        trigger->has_filter = true;
    if (rule->kind != AUDIT_LITERAL)
        return;
    str name = tmpl_text(tmpl_get(rule->node, "Name"));
    struct audit_values value = audit_path(t, rule->node, rule->guard, "Value");
    for (size_t i = 0; i < value.n; i++) {
        const struct audit_value *v = &value.v[i];
        trigger->has_filter |= v->kind == AUDIT_UNKNOWN || v->text.len > 0;
        if (v->kind != AUDIT_LITERAL || v->text.len == 0)
            continue;
        if (str_eq_nocase(name, S("prefix")))
            trigger->prefix = v->text;
        if (str_eq_nocase(name, S("suffix")))
            trigger->suffix = v->text;
    }
}

/* The rules of a filter in CloudFormation's and in the S3 API's spelling. */
static void read_filter(const struct audit_template *t, struct audit_trigger *trigger) {
    static const char *const paths[] = {"Filter.S3Key.Rules[]", "Filter.Key.FilterRules[]"};
    for (size_t k = 0; k < ARRAY_LEN(paths); k++) {
        struct audit_values rules = audit_path(t, trigger->node, trigger->guard, paths[k]);
        for (size_t i = 0; i < rules.n; i++)
            read_filter_rule(t, trigger, &rules.v[i]);
    }
}

static struct audit_trigger *add_trigger(struct audit_build *b, enum audit_trigger_kind kind,
                                         const struct audit_resource *owner,
                                         const struct tmpl_node *node,
                                         const struct audit_guard *guard) {
    struct audit_trigger *trigger = arena_new(b->t->arena, struct audit_trigger);
    trigger->kind = kind;
    trigger->owner = owner;
    trigger->node = node;
    trigger->guard = guard;
    AUDIT_APPEND(b->triggers, trigger);
    return trigger;
}

static void set_target(const struct audit_template *t, struct audit_trigger *trigger,
                       const struct tmpl_node *node) {
    trigger->target_node = node;
    trigger->target = audit_invoked(t, node);
}

static void set_bucket(const struct audit_template *t, struct audit_trigger *trigger,
                       const struct tmpl_node *node) {
    const struct audit_resource *r = audit_target(t, node, NULL);
    trigger->bucket_name = audit_text(t, node);
    trigger->bucket = audit_is(r, "AWS::S3::Bucket") ? r : NULL;
}

/* ---- The bucket's own ---- */

static const struct {
    const char *list, *target;
} of_buckets[] = {
    {"NotificationConfiguration.LambdaConfigurations[]", "Function"},
    {"NotificationConfiguration.QueueConfigurations[]", "Queue"},
    {"NotificationConfiguration.TopicConfigurations[]", "Topic"},
};

void audit_read_bucket_triggers(struct audit_build *b, const struct audit_resource *r) {
    static const char *const events[] = {"Event"};
    for (size_t k = 0; k < ARRAY_LEN(of_buckets); k++) {
        struct audit_values each = audit_property(b->t, r, of_buckets[k].list);
        for (size_t i = 0; i < each.n; i++) {
            const struct audit_value *v = &each.v[i];
            if (v->kind != AUDIT_LITERAL || v->node->kind != TMPL_MAP)
                continue;
            struct audit_trigger *trigger =
                add_trigger(b, AUDIT_TRIGGER_PROPERTY, r, v->node, v->guard);
            trigger->bucket = r;
            trigger->bucket_name = arena_printf(b->t->arena, "${" STR_FMT "}", STR_ARG(r->name));
            struct audit_values target = audit_path(b->t, v->node, v->guard, of_buckets[k].target);
            set_target(b->t, trigger, target.v[0].kind == AUDIT_ABSENT ? NULL : target.v[0].node);
            trigger->is_created = has_creation(b->t, v->node, v->guard, events, 1);
            read_filter(b->t, trigger);
        }
    }
}

/* ---- SAM's event of type S3 ---- */

static void read_s3_event(struct audit_build *b, const struct audit_resource *r,
                          const struct audit_value *properties) {
    static const char *const events[] = {"Events[]"};
    struct audit_trigger *trigger =
        add_trigger(b, AUDIT_TRIGGER_SAM, r, properties->node, properties->guard);
    struct audit_values bucket = audit_path(b->t, properties->node, properties->guard, "Bucket");
    if (bucket.v[0].kind != AUDIT_ABSENT)
        set_bucket(b->t, trigger, bucket.v[0].node);
    trigger->target = r;
    trigger->is_created = has_creation(b->t, properties->node, properties->guard, events, 1);
    read_filter(b->t, trigger);
}

static void read_rule_event(struct audit_build *b, const struct audit_resource *r,
                            const struct audit_value *properties) {
    struct audit_values pattern = audit_path(b->t, properties->node, properties->guard, "Pattern");
    for (size_t i = 0; i < pattern.n; i++)
        read_pattern(b, AUDIT_TRIGGER_SAM, r, &pattern.v[i], r, NULL);
}

static void read_poll_event(struct audit_build *b, const struct audit_resource *r,
                            const struct audit_value *properties) {
    static const char *const sources[] = {"Queue", "Stream"};
    struct audit_mapping *m = arena_new(b->t->arena, struct audit_mapping);
    *m = (struct audit_mapping){.owner = r,
                                .function = audit_function_of(b->t, r),
                                .node = properties->node,
                                .guard = properties->guard};
    for (size_t k = 0; k < ARRAY_LEN(sources); k++) {
        struct audit_values source =
            audit_path(b->t, properties->node, properties->guard, sources[k]);
        for (size_t i = 0; i < source.n && !m->source; i++)
            if (source.v[i].kind != AUDIT_ABSENT)
                m->source = audit_target(b->t, source.v[i].node, NULL);
    }
    AUDIT_APPEND(b->mappings, m);
}

static const struct {
    const char *type;
    void (*read)(struct audit_build *b, const struct audit_resource *r,
                 const struct audit_value *properties);
} events[] = {
    {"S3", read_s3_event},
    {"EventBridgeRule", read_rule_event},
    {"CloudWatchEvent", read_rule_event},
    {"SQS", read_poll_event},
    {"DynamoDB", read_poll_event},
    {"Kinesis", read_poll_event},
};

static void read_event(struct audit_build *b, const struct audit_resource *r,
                       const struct audit_value *event) {
    if (event->kind != AUDIT_LITERAL)
        return;
    str type = tmpl_text(tmpl_get(event->node, "Type"));
    struct audit_values properties = audit_path(b->t, event->node, event->guard, "Properties");
    for (size_t k = 0; k < ARRAY_LEN(events); k++)
        for (size_t i = 0; i < properties.n && str_is(type, events[k].type); i++)
            if (properties.v[i].kind == AUDIT_LITERAL && properties.v[i].node->kind == TMPL_MAP)
                events[k].read(b, r, &properties.v[i]);
}

void audit_read_sam_events(struct audit_build *b, const struct audit_resource *r) {
    struct audit_values maps = audit_property(b->t, r, "Events");
    for (size_t i = 0; i < maps.n; i++) {
        const struct audit_value *map = &maps.v[i];
        for (size_t k = 0; map->kind == AUDIT_LITERAL && k < map->node->n; k++) {
            struct audit_values each = audit_values(b->t, map->node->members[k].value, map->guard);
            for (size_t e = 0; e < each.n; e++)
                read_event(b, r, &each.v[e]);
        }
    }
}

/* ---- Rules of EventBridge ---- */

/* Is text, or what may be it, in the list at path? True where there is no list. */
static bool lists(const struct audit_template *t, const struct audit_value *pattern,
                  const char *path, const char *const *texts, size_t n) {
    struct audit_values each = audit_path(t, pattern->node, pattern->guard, path);
    bool is_there = false;
    for (size_t i = 0; i < each.n; i++) {
        is_there |= each.v[i].kind != AUDIT_ABSENT;
        if (each.v[i].kind == AUDIT_UNKNOWN)
            return true;
        for (size_t k = 0; k < n; k++)
            if (str_is(each.v[i].text, texts[k]))
                return true;
    }
    return !is_there;
}

/* An element of the key's list: a text, or {prefix: x}, {suffix: x}, {wildcard: x}. */
static void read_key(struct audit_trigger *trigger, const struct audit_value *key) {
    if (key->kind == AUDIT_ABSENT)
        return;
    trigger->has_filter = true;
    if (key->kind != AUDIT_LITERAL || key->node->kind != TMPL_MAP)
        return;
    str prefix = tmpl_text(tmpl_get(key->node, "prefix")),
        suffix = tmpl_text(tmpl_get(key->node, "suffix"));
    trigger->prefix = prefix.p ? prefix : trigger->prefix;
    trigger->suffix = suffix.p ? suffix : trigger->suffix;
}

/* S3's own events, and those of its API as CloudTrail tells them. */
static const struct {
    const char *type, *bucket, *key, *event;
    const char *creations[4];
    size_t n_creations;
} forms[] = {
    {"Object Created",
     "detail.bucket.name[]",
     "detail.object.key[]",
     "detail-type[]",
     {"Object Created"},
     1},
    {"AWS API Call via CloudTrail",
     "detail.requestParameters.bucketName[]",
     "detail.requestParameters.key[]",
     "detail.eventName[]",
     {"PutObject", "CopyObject", "CompleteMultipartUpload", "POST Object"},
     4},
};

static void read_pattern(struct audit_build *b, enum audit_trigger_kind kind,
                         const struct audit_resource *owner, const struct audit_value *pattern,
                         const struct audit_resource *target, const struct tmpl_node *target_node) {
    static const char *const s3 = "aws.s3", *const cloudtrail = "AWS API Call via CloudTrail";
    const struct audit_template *t = b->t;
    if (pattern->kind != AUDIT_LITERAL || !tmpl_get(pattern->node, "source") ||
        !lists(t, pattern, "source[]", &s3, 1))
        return;
    size_t form = tmpl_get(pattern->node, "detail-type") &&
                  lists(t, pattern, "detail-type[]", &cloudtrail, 1);
    struct audit_values buckets = audit_path(t, pattern->node, pattern->guard, forms[form].bucket);
    for (size_t i = 0; i < buckets.n; i++) {
        struct audit_trigger *trigger =
            add_trigger(b, kind, owner, pattern->node, buckets.v[i].guard);
        if (buckets.v[i].kind != AUDIT_ABSENT)
            set_bucket(t, trigger, buckets.v[i].node);
        trigger->target = target;
        trigger->target_node = target_node;
        trigger->is_created =
            lists(t, pattern, forms[form].event, forms[form].creations, forms[form].n_creations);
        struct audit_values keys =
            audit_path(t, pattern->node, buckets.v[i].guard, forms[form].key);
        for (size_t k = 0; k < keys.n; k++)
            read_key(trigger, &keys.v[k]);
    }
}

void audit_read_rule_triggers(struct audit_build *b, const struct audit_resource *r) {
    struct audit_values patterns = audit_property(b->t, r, "EventPattern"),
                        targets = audit_property(b->t, r, "Targets[].Arn");
    for (size_t i = 0; i < patterns.n; i++)
        for (size_t k = 0; k < targets.n; k++) {
            const struct tmpl_node *arn =
                targets.v[k].kind == AUDIT_ABSENT ? NULL : targets.v[k].node;
            read_pattern(b, AUDIT_TRIGGER_EVENTBRIDGE, r, &patterns.v[i],
                         arn ? audit_invoked(b->t, arn) : NULL, arn);
        }
}

/* ---- Custom resources that set a bucket's notifications ---- */

/* What one custom resource is handed. */
struct custom {
    struct audit_build *b;
    const struct audit_resource *r;
    const struct tmpl_node *bucket, *function; /* what names them; NULL: not seen */
    size_t n_triggers;                         /* of its whole configurations */
};

/* How the configurations' lists and their targets are spelled: the S3 API's way, and CloudFormation's. */
static const struct {
    const char *list, *target;
} of_customs[] = {
    {"LambdaFunctionConfigurations", "LambdaFunctionArn"},
    {"LambdaConfigurations", "Function"},
    {"CloudFunctionConfigurations", "CloudFunction"},
    {"QueueConfigurations", "QueueArn"},
    {"TopicConfigurations", "TopicArn"},
};

static bool is_like(str key, const char *word) {
    for (size_t i = 0; i + strlen(word) <= key.len; i++)
        if (str_starts_nocase(str_skip(key, i), str_c(word)))
            return true;
    return false;
}

/* {Events: […], Filter: {…}, LambdaFunctionArn: …} */
static void read_configuration(struct custom *c, const struct audit_value *v, const char *target) {
    static const char *const said[] = {"Events[]", "Event"};
    if (v->kind != AUDIT_LITERAL || v->node->kind != TMPL_MAP)
        return;
    const struct audit_template *t = c->b->t;
    struct audit_trigger *trigger =
        add_trigger(c->b, AUDIT_TRIGGER_CUSTOM, c->r, v->node, v->guard);
    if (c->bucket)
        set_bucket(t, trigger, c->bucket);
    struct audit_values named = audit_path(t, v->node, v->guard, target);
    set_target(t, trigger, named.v[0].kind == AUDIT_ABSENT ? c->function : named.v[0].node);
    trigger->is_created = has_creation(t, v->node, v->guard, said, ARRAY_LEN(said));
    read_filter(t, trigger);
    c->n_triggers++;
}

static void read_configurations(struct custom *c, const struct tmpl_node *map,
                                const struct audit_guard *guard) {
    for (size_t k = 0; k < ARRAY_LEN(of_customs); k++) {
        const struct tmpl_node *list = tmpl_get(map, of_customs[k].list);
        struct audit_values each = audit_path(c->b->t, list, guard, "[]");
        for (size_t i = 0; list && i < each.n; i++)
            read_configuration(c, &each.v[i], of_customs[k].target);
    }
}

/* A prefix or suffix that is handed in under any name. */
static void read_loose(struct custom *c, struct audit_trigger *trigger) {
    const struct audit_template *t = c->b->t;
    for (size_t i = 0; i < c->r->properties->n; i++) {
        const struct tmpl_member *m = &c->r->properties->members[i];
        bool is_prefix = is_like(m->key, "prefix"), is_suffix = is_like(m->key, "suffix");
        if (!is_prefix && !is_suffix && !is_like(m->key, "filter"))
            continue;
        struct audit_values values = audit_values(t, m->value, c->r->guard);
        for (size_t k = 0; k < values.n; k++) {
            const struct audit_value *v = &values.v[k];
            bool is_scalar = v->kind == AUDIT_LITERAL && v->text.p;
            trigger->has_filter |=
                v->kind == AUDIT_UNKNOWN || (is_scalar ? v->text.len > 0 : v->kind != AUDIT_ABSENT);
            if (is_prefix && is_scalar && v->text.len)
                trigger->prefix = v->text;
            if (is_suffix && is_scalar && v->text.len)
                trigger->suffix = v->text;
        }
    }
}

/* Bucket and function: the first properties that name them. */
static void find_parties(struct custom *c) {
    const struct audit_template *t = c->b->t;
    for (size_t i = 0; i < c->r->properties->n; i++) {
        const struct tmpl_member *m = &c->r->properties->members[i];
        struct audit_values values = audit_values(t, m->value, c->r->guard);
        for (size_t k = 0; k < values.n && !str_is(m->key, "ServiceToken"); k++) {
            const struct tmpl_node *node =
                values.v[k].kind == AUDIT_ABSENT ? NULL : values.v[k].node;
            const struct audit_resource *r = node ? audit_invoked(t, node) : NULL;
            if (!c->bucket && (audit_is(r, "AWS::S3::Bucket") ||
                               (is_like(m->key, "bucket") && audit_text(t, node).len && !r)))
                c->bucket = node;
            if (!c->function && audit_function_of(t, r))
                c->function = node;
        }
    }
}

/*
 * Where no filter is handed in, the code that serves the custom resource may have one. It has none
 * where all of it is seen and the word is not in it.
 */
static bool may_filter(struct custom *c) {
    struct audit_values tokens = audit_property(c->b->t, c->r, "ServiceToken");
    for (size_t i = 0; i < tokens.n; i++) {
        const struct audit_function *f =
            tokens.v[i].kind == AUDIT_ABSENT
                ? NULL
                : audit_function_of(c->b->t, audit_invoked(c->b->t, tokens.v[i].node));
        if (!f || !f->code)
            return true;
        for (const struct audit_code *code = f->code; code; code = code->next)
            if (code->is_damaged || str_find(code->text, S("Filter")) >= 0)
                return true;
    }
    return false;
}

void audit_read_custom_triggers(struct audit_build *b, const struct audit_resource *r) {
    static const char *const said[] = {"Events[]", "Event", "EventTypes[]", "EventType"};
    if (!r->properties)
        return;
    struct custom c = {.b = b, .r = r};
    find_parties(&c);
    read_configurations(&c, r->properties, r->guard);
    for (size_t i = 0; i < r->properties->n; i++) {
        struct audit_values values = audit_values(b->t, r->properties->members[i].value, r->guard);
        for (size_t k = 0; k < values.n; k++)
            if (values.v[k].kind == AUDIT_LITERAL && values.v[k].node->kind == TMPL_MAP)
                read_configurations(&c, values.v[k].node, values.v[k].guard);
    }
    if (c.n_triggers || !c.bucket || !c.function)
        return;
    struct audit_trigger *trigger =
        add_trigger(b, AUDIT_TRIGGER_CUSTOM, r, r->properties, r->guard);
    set_bucket(b->t, trigger, c.bucket);
    set_target(b->t, trigger, c.function);
    trigger->is_created = has_creation(b->t, r->properties, r->guard, said, ARRAY_LEN(said));
    read_filter(b->t, trigger);
    read_loose(&c, trigger);
    trigger->has_filter |= may_filter(&c);
}
