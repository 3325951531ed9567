#pragma once
/*
 * cfn/type: the resource types that the engine can make, and how.
 *
 * One table per service family (type_s3.c, …). A verb maps properties to API calls; it is called
 * again from the start after a restart (`again`) and must then find its own half-done work in order:
 * what already exists is ours, because the intention was on disk before the first call.
 */
#include "base/arena.h"
#include "base/outcomes.h"
#include "tmpl/types.h"

enum { CFN_DONE = 0, CFN_WAIT = OUTCOMES_CFN_WORK, CFN_FAILED };

struct cfn_work {
    str account, region, stack_id, stack_name; /* of the stack */
    str logical_id, type;
    str name;              /* for a resource without a name of its own: the one to give it */
    const json_t *props;   /* wanted, coerced, stack tags merged in; remove: the last ones */
    const json_t *old;     /* update: the last ones; else NULL */
    const char *verb;      /* "Create", "Update", "Delete" */
    bool again;
    int64_t now_ms;        /* world time */
    json_t *notes;         /* the verb's own, kept from call to call; an object */
    json_t *attributes;    /* what Fn::GetAtt answers; an object, kept from create to update */
    struct buf physical;   /* set by create once there is something to delete; update may change it */
    struct buf reason;     /* why it failed */
    bool no_echo;          /* attributes and properties stay out of events */
    int64_t wake_ms;       /* with CFN_WAIT: when to look again, world time */
    struct cfn_caller *caller; /* for cfn_call */
    char code[64];         /* of the last failed call */
};

typedef int cfn_verb_fn(struct cfn_work *w);
struct cfn_type {
    const char *name;
    const char *name_prop;          /* the property that names it, or NULL */
    unsigned name_max;              /* longest generated name; 0: 64 */
    bool name_lower;
    const char *const *supported;   /* its properties that are supported; NULL: all */
    const char *const *in_place;    /* those that update changes in place */
    cfn_verb_fn *create, *update, *remove; /* update NULL: every change replaces */
    void (*prepare)(struct cfn_work *w);   /* fills notes before the intention is written, or NULL */
};

/* NULL: not supported. */
const struct cfn_type *cfn_type_find(str name);

/* ---- What verbs use ---- */
/*
 * Calls an operation as the stack's caller. Takes in. 0 with *ret_out (when not NULL) a new
 * reference, or CFN_FAILED with w->reason in AWS's form and w->code set.
 */
int cfn_call(struct cfn_work *w, const char *service, const char *op, json_t *in, json_t **ret_out);
/* The same, but a failure with one of these codes ("A|B") is 0 too; w->code tells. */
int cfn_call_unless(struct cfn_work *w, const char *service, const char *op, json_t *in, const char *codes,
                    json_t **ret_out);
int cfn_fail(struct cfn_work *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The name to give: the property's, else the generated one. */
str cfn_name(const struct cfn_work *w, const char *prop);
void cfn_set_physical(struct cfn_work *w, str id);
str cfn_physical(const struct cfn_work *w);
void cfn_set_attribute(struct cfn_work *w, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* Did this property change in an update? (Create: is it there?) */
bool cfn_changed(const struct cfn_work *w, const char *prop);
/* Copies the named members ("A", "B", NULL) of props to in, when there. */
void cfn_copy(json_t *in, const json_t *props, const char *const *names);
/* [{Key, Value}] of the property as {Key: Value}; NULL without it. */
json_t *cfn_tag_map(const json_t *tags);
/* Keys of old that are not in new: [..] for Untag calls. */
json_t *cfn_tags_gone(const struct cfn_work *w);
/* A document property (object or JSON text) as JSON text. */
json_t *cfn_document(const json_t *value);
