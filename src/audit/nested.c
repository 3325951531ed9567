/*
 * audit/nested: templates that a template nests, where they are files beside it (`package` uploads
 * them later). Each is audited once, as a template of its own.
 */
#include "audit/files_priv.h"

enum { MOST_LEVELS = 8 };

static const struct {
    const char *type, *path;
} nests[] = {
    {"AWS::CloudFormation::Stack", "TemplateURL"},
    {"AWS::Serverless::Application", "Location"},
};

static unsigned level_of(const struct audit_template *t) {
    unsigned level = 0;
    for (; t->parent; t = t->parent)
        level++;
    return level;
}

static void read_nested(struct audit_template *t, const struct audit_resource *r,
                        const struct audit_value *v) {
    str path = v->kind == AUDIT_LITERAL && v->text.p ? audit_beside(t, v->text) : STR_NONE;
    struct audit_file *file = path.p ? audit_file_get(t->audit, path) : NULL;
    if (file && !file->tree && level_of(t) < MOST_LEVELS)
        audit_read_file(t->audit, file, t, r);
}

void audit_read_nested(struct audit_template *t) {
    for (size_t k = 0; k < ARRAY_LEN(nests); k++)
        for (const struct audit_resource *r = audit_first(t, nests[k].type); r; r = r->next) {
            struct audit_values values = audit_property(t, r, nests[k].path);
            for (size_t i = 0; i < values.n; i++)
                read_nested(t, r, &values.v[i]);
        }
}
