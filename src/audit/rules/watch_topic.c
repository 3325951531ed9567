/*
 * What watches functions: the topic that a new alarm tells. Looked for once a rule, however many alarms
 * it is for.
 */
#include "audit/rules/order_priv.h"
#include "audit/rules/watch_priv.h"

/* What listens is people: mail and their like. */
static bool is_for_people(const struct audit_value *protocol) {
    static const char *const people[] = {"email", "email-json", "sms", "http", "https"};
    for (size_t i = 0; i < ARRAY_LEN(people); i++)
        if (str_is(protocol->text, people[i]))
            return true;
    return protocol->kind == AUDIT_ABSENT;
}

static bool are_for_people(const struct audit_template *t, const struct audit_resource *r,
                           const char *path) {
    struct audit_values protocols = audit_property(t, r, path);
    for (size_t i = 0; i < protocols.n; i++)
        if (!is_for_people(&protocols.v[i]))
            return false;
    return true;
}

/* ---- Topics that will not do, by their index ---- */

struct unfit {
    const struct audit_template *t;
    bool *is_unfit;
};

static void mark(struct unfit *u, const struct audit_resource *r) {
    if (r)
        u->is_unfit[r->index] = true;
}

/* Machines listen to it: an alarm would be work for them. */
static void mark_machines(struct unfit *u) {
    const struct audit_template *t = u->t;
    for (const struct audit_resource *r = audit_first(t, "AWS::SNS::Subscription"); r;
         r = r->next) {
        struct audit_values of = audit_property(t, r, "TopicArn");
        if (of.v[0].kind != AUDIT_ABSENT && !are_for_people(t, r, "Protocol"))
            mark(u, audit_target(t, of.v[0].node, NULL));
    }
    const bool *is_event = audit_mentioned_by(t, "AWS::Serverless::Function", "Events");
    for (size_t i = 0; i < t->n_resources; i++)
        u->is_unfit[i] |= is_event[i];
    for (const struct audit_trigger *i = t->system->triggers; i; i = i->next)
        mark(u, i->target);
}

/* Its policy may keep alarms out. */
static void mark_policies(struct unfit *u) {
    for (const struct audit_statement *s = u->t->system->statements; s; s = s->next)
        for (size_t i = 0; i < s->n_on; i++)
            mark(u, s->on[i]);
}

/* One that not every stack has, or that takes no alarms, is for nobody. */
static bool is_usable(const struct audit_template *t, const struct audit_resource *topic) {
    return audit_is(topic, "AWS::SNS::Topic") && !audit_order_condition(topic).p &&
           !str_eq_nocase(audit_text_of(t, topic, "FifoTopic"), S("true"));
}

/* ---- The topic ---- */

static const struct audit_resource *topic_of_alarms(const struct audit_template *t) {
    for (const struct audit_resource *r = audit_first(t, "AWS::CloudWatch::Alarm"); r;
         r = r->next) {
        struct audit_values actions = audit_property(t, r, "AlarmActions[]");
        for (size_t i = 0; i < actions.n; i++) {
            const struct audit_resource *topic =
                actions.v[i].kind == AUDIT_ABSENT ? NULL : audit_target(t, actions.v[i].node, NULL);
            if (topic && is_usable(t, topic))
                return topic;
        }
    }
    return NULL;
}

static const struct audit_resource *topic_of_people(const struct audit_template *t) {
    if (!audit_first(t, "AWS::SNS::Topic"))
        return NULL;
    struct unfit u = {t, arena_zalloc(t->arena, t->n_resources * sizeof *u.is_unfit)};
    mark_machines(&u);
    mark_policies(&u);
    for (const struct audit_resource *r = audit_first(t, "AWS::SNS::Topic"); r; r = r->next)
        if (is_usable(t, r) && !u.is_unfit[r->index] &&
            are_for_people(t, r, "Subscription[].Protocol") && !audit_has(t, r, "KmsMasterKeyId"))
            return r;
    return NULL;
}

static void make_topic(struct audit_template *t, struct watch_topic *topic) {
    topic->name = S("AlarmTopic");
    for (unsigned i = 2; audit_find(t, topic->name) || audit_parameter(t, topic->name); i++)
        topic->name = arena_printf(t->arena, "AlarmTopic%u", i);
    CLEANUP_DEINIT(buf) struct buf body = {0};
    buf_c(&body, "Type: AWS::SNS::Topic\nProperties:\n  DisplayName: Alarms\n");
    audit_watch_tags(t, &body, "AWS::SNS::Topic");
    topic->body = arena_str(t->arena, buf_view(&body));
}

str audit_watch_topic_for(struct audit_template *t, struct watch_topic *topic,
                          struct audit_finding *f) {
    if (!topic->name.p) {
        const struct audit_resource *r = topic_of_alarms(t);
        r = r ? r : topic_of_people(t);
        if (r)
            topic->name = r->name;
        else
            make_topic(t, topic);
    }
    if (topic->body.p)
        audit_fix_resource(f, NULL, topic->name, STR_FMT, STR_ARG(topic->body));
    return topic->name;
}
