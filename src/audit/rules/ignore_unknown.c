/* An ignore of a rule that there is not: a typing mistake leaves the finding, or hides nothing. */
#include "audit/finding.h"
#include "audit/ignore.h"

static void tell(struct audit_template *t, const struct audit_resource *r, str id,
                 struct tmpl_pos start, struct tmpl_pos end) {
    if (!audit_rule_find(id))
        audit_tell_range(t, &audit_rule_ignore_unknown, r, start, end, NULL,
                         "there is no rule \"" STR_FMT "\" to ignore", STR_ARG(id));
}

struct metadata {
    struct audit_template *t;
    const struct audit_resource *r;
};

static bool on_id(void *ctx, const struct tmpl_node *id) {
    const struct metadata *m = ctx;
    tell(m->t, m->r, id->text, id->start, id->end);
    return false;
}

static void check(struct audit_template *t) {
    struct audit_silences comments = audit_silences_of(t->audit, t->file->number);
    for (size_t i = 0; i < comments.n; i++) {
        struct tmpl_pos end = comments.v[i].at;
        end.column += (uint32_t)comments.v[i].id.len;
        tell(t, NULL, comments.v[i].id, comments.v[i].at, end);
    }
    struct metadata m = {t, NULL};
    audit_metadata_ignores(t->metadata, on_id, &m);
    for (size_t i = 0; i < t->n_resources; i++) {
        m.r = &t->resources[i];
        audit_metadata_ignores(tmpl_get(m.r->body, "Metadata"), on_id, &m);
    }
}

const struct audit_rule audit_rule_ignore_unknown = {
    .id = "ignore-unknown",
    .class = 0,
    .severity = AUDIT_WARNING,
    .profile = AUDIT_BASELINE,
    .title = "Ignore of a rule that there is not",
    .why = "nothing is ignored by it, and nobody notices",
    .fix = "write an id that `calotype audit explain` lists, or remove it",
    .bad = "Resources:\n"
           "  Uploads: # calotype:ignore bucket-encription is not needed here\n"
           "    Type: AWS::S3::Bucket\n",
    .good = "Resources:\n"
            "  Uploads: # calotype:ignore bucket-encryption is not needed here\n"
            "    Type: AWS::S3::Bucket\n",
    .check = check,
};
