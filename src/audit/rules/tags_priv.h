#pragma once
/*
 * audit/rules/tags: which types have tags and where, which are to have some, what tags a template's
 * resources have, and the tags that a resource gets that has none. Made once a template, when first
 * asked for.
 */
#include "audit/finding.h"

struct audit_tag_kind {
    const char *type;
    const char *path; /* of the tags: each element of a list, or a map */
    const char *property;
    bool is_map;      /* names and values, as SAM's and SSM's are */
    bool is_demanded; /* it costs money or keeps data */
};
/* NULL: the type has no tags, or is not known. */
const struct audit_tag_kind *audit_tag_kind(str type);

struct audit_tag {
    str key;
    struct tmpl_pos key_at;
    const struct tmpl_node *key_node; /* NULL in a map */
    const struct tmpl_node *value;
    str text; /* audit_text of the value */
    const struct audit_guard *guard;
};
/* A resource that has tags. */
struct audit_tagged {
    const struct audit_resource *r;
    const struct audit_tag_kind *kind;
    const struct audit_tag *tags;
    size_t n;
    bool is_unknown;              /* it may have others than these */
    const struct tmpl_node *node; /* the list or map, where it is written in one piece; or NULL */
};
struct audit_tags {
    const struct audit_tagged *tagged; /* in the template's order */
    size_t n;
    const struct audit_tag
        *house; /* what at least half of them have, each with its commonest value */
    size_t n_house;
};
const struct audit_tags *audit_tags(struct audit_template *t);
const struct audit_tag *audit_tagged_find(const struct audit_tagged *tagged, str key);

/*
 * The value of the property of tags for a resource of a type, as YAML: what the others have; else the
 * stack's name, and the environment's parameter. Absent where the type has no tags, or needs none and
 * the others have none.
 */
str audit_tags_for_new(struct audit_template *t, const char *type);
/* "{Key: Owner, Value: !Ref Team}", or "Owner: !Ref Team". */
void audit_tag_write(struct buf *out, const struct audit_tag_kind *kind, str key,
                     const struct tmpl_node *value);
