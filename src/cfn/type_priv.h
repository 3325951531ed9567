#pragma once
/* What the generic verbs share: verbs.c the verbs, apply.c properties and tags, fill.c inputs. */
#include "cfn/type.h"

/* ---- fill.c ---- */
/* What stands behind the braces of a text. */
struct cfn_scope {
    const struct cfn_work *w;
    const struct cfn_type *type;
    str name;            /* of the resource */
    const json_t *props; /* w->props, or the last ones where something is taken away */
    const json_t *out;   /* make's answer, or NULL */
};
struct cfn_scope cfn_scope_of(const struct cfn_work *w);
/* False when a part is absent. Appends; what was appended before the absent part stays. */
bool cfn_fill(const struct cfn_scope *s, str text, struct buf *out);
/*
 * "A={id} B[]={name}": a new object. in NULL: an empty one. A member whose text has an absent part
 * is left out. The caller's reference.
 */
json_t *cfn_fill_input(const struct cfn_scope *s, const char *in);
/*
 * Puts value, of the named property, into in where it belongs (struct cfn_prop). Takes value; NULL
 * sets nothing.
 */
void cfn_place(json_t *in, const char *where, const char *property, json_t *value);

/* ---- apply.c ---- */
/* The value that counts: NULL when absent or switched off by its flag. */
json_t *cfn_value(const struct cfn_prop *p, const json_t *props);
/*
 * Brings every property that make does not take (create), or that changed (update), to the wanted
 * value. 0 or CFN_FAILED.
 */
int cfn_apply(struct cfn_work *w, const struct cfn_type *type);
/* Sets the tags that are new or changed, and takes away those that are gone. 0 or CFN_FAILED. */
int cfn_apply_tags(struct cfn_work *w, const struct cfn_type *type);
/*
 * Takes away what hangs on the resource, before it is deleted. What is gone already is fine. 0 or
 * CFN_FAILED.
 */
int cfn_detach(struct cfn_work *w, const struct cfn_type *type);

/* The type's note in an answer: the last one that came counts. */
void cfn_take_note(struct cfn_work *w, const struct cfn_type *type, const json_t *out);

/* ---- verbs.c ---- */
/* From here on there is something to delete: sets the id and the attributes that are known. */
void cfn_claim(struct cfn_work *w, const struct cfn_scope *s);
