/* kit/doc: reads, changes and writes resources whose row is one JSON document. */
#include "svc/kit/doc.h"

#include "aws/op.h"
#include "policy/policy.h"
#include "store/key.h"
#include "svc/kit/resource_policy.h"

/* ---- What is kept with the row ---- */
struct kept_doc {
    struct store_kept kept; /* first: this is what the store hands out */
    json_t *doc;
    struct policy *policy; /* of its attribute; NULL: none, or one that does not compile */
    json_t *parts[KIT_DOC_N_PARTS];
};

/*
 * A document in memory takes so much for each byte of its text, about; a part, which may be a list
 * of digits, more.
 */
enum { KEPT_FACTOR = 6, PART_FACTOR = 24 };

static struct kept_doc *kept_of(struct store_kept *kept) { return (struct kept_doc *)(void *)kept; }

static void drop_kept(struct store_kept *kept) {
    struct kept_doc *k = kept_of(kept);
    for (size_t i = 0; i < KIT_DOC_N_PARTS; i++)
        json_decref(k->parts[i]);
    policy_free(k->policy);
    json_decref(k->doc);
    free(k);
}

static str policy_of(const json_t *doc) { return json_str(json_obj(doc, "Attributes"), "Policy"); }

/* What is read of it alone: all else would take memory that nobody counts. */
static json_t *trim_redrive(json_t *policy) {
    static const char *const members[] = {"deadLetterTargetArn", "maxReceiveCount"};
    json_t *out = json_object();
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        json_t *value = json_object_get(policy, members[i]);
        if (json_is_string(value) || json_is_number(value))
            json_object_set(out, members[i], value);
    }
    json_decref(policy);
    return out;
}

static json_t *parse_part(const json_t *doc, enum kit_doc_part part, size_t *bytes) {
    static const struct {
        const char *name;
        json_t *(*trim)(json_t *parsed); /* takes it over */
    } rows[KIT_DOC_N_PARTS] = {[KIT_DOC_REDRIVE_POLICY] = {"RedrivePolicy", trim_redrive},
                               [KIT_DOC_FILTER_POLICY] = {"FilterPolicy", NULL}};
    str text = json_str(json_obj(doc, "Attributes"), rows[part].name);
    json_t *parsed = text.len ? json_parse(text, NULL) : NULL;
    *bytes += PART_FACTOR * text.len;
    return parsed && rows[part].trim ? rows[part].trim(parsed) : parsed;
}

static int make_kept(void *, struct store_kept_row *row, struct store_kept **ret_kept) {
    json_t *doc = json_parse(row->value, NULL);
    if (!doc)
        return STORE_E_DAMAGED;
    struct kept_doc *k = mem_new(struct kept_doc);
    k->doc = doc;
    str policy = policy_of(doc);
    if (policy.len)
        (void)policy_new(&k->policy, POLICY_RESOURCE, policy, NULL); /* asked for: told */
    k->kept.bytes = sizeof *k + KEPT_FACTOR * row->value.len;
    if (k->policy)
        k->kept.bytes += policy_bytes(k->policy);
    for (size_t i = 0; i < KIT_DOC_N_PARTS; i++)
        k->parts[i] = parse_part(doc, (enum kit_doc_part)i, &k->kept.bytes);
    *ret_kept = &k->kept;
    return 0;
}

static const struct store_kept_kind kept_kind = {make_kept, drop_kept};

/* The compiled policy of the document, as long as that is the row's. */
static const struct policy *compiled(const struct kit_doc *doc) {
    return doc->own || !doc->kept ? NULL : kept_of(doc->kept)->policy;
}

/* ---- Documents ---- */
void kit_doc_deinit(struct kit_doc *doc) {
    row_deinit(&doc->row);
    store_kept_free(doc->kept);
    json_decref(doc->own);
    json_decref(doc->parts);
}

void kit_doc_key(struct buf *key, const char *service, str account, str region, str name) {
    key_begin(key, service);
    key_str(key, account);
    key_str(key, region);
    key_str(key, name);
}

int kit_doc_get(const struct rows *rows, struct kit_doc *doc) {
    int r = row_get_kept(rows, &doc->row, &kept_kind, NULL, &doc->kept);
    if (r == 0)
        doc->doc = kept_of(doc->kept)->doc;
    return r;
}

int kit_doc_of(str key, str value, struct kit_doc *doc) {
    buf_str(&doc->row.key, key);
    doc->row.there = true;
    doc->doc = doc->own = json_parse(value, NULL);
    return doc->doc ? 0 : STORE_E_DAMAGED;
}

json_t *kit_doc_change(struct kit_doc *doc) {
    if (!doc->own)
        doc->doc = doc->own = doc->doc ? json_deep_copy(doc->doc) : json_object();
    return doc->own;
}

void kit_doc_put(const struct rows *rows, const struct kit_doc *doc) {
    row_put_json(rows, &doc->row, doc->doc);
}

const json_t *kit_doc_attributes(const struct kit_doc *doc) {
    return json_obj(doc->doc, "Attributes");
}
json_t *kit_doc_change_attributes(struct kit_doc *doc) {
    return json_obj(kit_doc_change(doc), "Attributes");
}

const json_t *kit_doc_part(struct kit_doc *doc, enum kit_doc_part part) {
    if (!doc->own && doc->kept)
        return kept_of(doc->kept)->parts[part];
    size_t bytes = 0;
    json_t *parsed = parse_part(doc->doc, part, &bytes);
    if (!parsed)
        return NULL;
    if (!doc->parts)
        doc->parts = json_array();
    json_array_append_new(doc->parts, parsed);
    return parsed;
}

/* ---- Of a request ---- */

static void deinit(void *doc) { kit_doc_deinit(doc); }

int kit_doc_use_key(struct rq *rq, str key, struct kit_doc **ret_doc) {
    struct kit_doc *doc = rq->memo;
    if (!doc || !str_eq(buf_view(&doc->row.key), key)) {
        doc = arena_new(&rq->arena, struct kit_doc);
        rq_on_done(rq, deinit, doc);
        buf_str(&doc->row.key, key);
        int r = rq_row_result(rq, kit_doc_get(rq_rows_newest(rq), doc));
        if (r == AWS_FAILED)
            return r;
        rq->memo = doc;
    }
    *ret_doc = doc;
    return doc->row.there ? 0 : STORE_E_ABSENT;
}

int kit_doc_use(struct rq *rq, str account, str region, str name, struct kit_doc **ret_doc) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    kit_doc_key(&key, rq->service->name, account, region, name);
    return kit_doc_use_key(rq, buf_view(&key), ret_doc);
}

/* ---- Policies and tags ---- */

int kit_doc_policy(void *, struct rq *rq, str arn, const struct policy **ret_policy,
                   str *ret_account) {
    struct kit_doc *doc;
    struct arn name;
    if (!arn_parse_regional(arn, rq->service->name, &name))
        return 0;
    *ret_account = arena_str(&rq->arena, name.account);
    int r = kit_doc_use(rq, name.account, name.region, name.resource, &doc);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    *ret_policy = compiled(doc);
    return *ret_policy ? 0 : kit_resource_policy(rq, policy_of(doc->doc), ret_policy);
}

int kit_doc_tags(void *, struct rq *rq, str arn, json_t **ret_tags) {
    struct kit_doc *doc;
    struct arn name;
    if (!arn_parse_regional(arn, rq->service->name, &name))
        return 0;
    int r = kit_doc_use(rq, name.account, name.region, name.resource, &doc);
    if (r)
        return r == STORE_E_ABSENT ? 0 : r;
    *ret_tags = json_incref(json_object_get(doc->doc, "Tags"));
    return 0;
}

int kit_doc_admit(const struct rows *rows, const struct hub_event *event, const char *service,
                  const char *action, kit_doc_default_policy *otherwise, struct kit_doc *doc) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    struct arn name;
    if (!arn_parse_regional(event->target, service, &name))
        return HUB_E_NO_TARGET;
    kit_doc_key(&doc->row.key, service, name.account, name.region, name.resource);
    int r = kit_doc_get(rows, doc);
    if (r)
        return r == STORE_E_ABSENT ? HUB_E_NO_TARGET : HUB_E_RETRY;
    const struct aws_port_question question = {action, event->target, name.account,
                                               json_object_get(doc->doc, "Tags"), false};
    if (compiled(doc))
        return kit_port_decides(event, compiled(doc), &question);
    if (otherwise && policy_of(doc->doc).len == 0)
        otherwise(&text, event->target, name.account);
    return kit_port_admits(event, text.len ? buf_view(&text) : policy_of(doc->doc), &question);
}
