#pragma once
/*
 * cfn/type: the resource types that the engine can make, and how.
 *
 * A type is one file, types/SERVICE_THING.c, with one struct cfn_type: what the engine asks of
 * every type (the verbs), and the tables that the generic verbs of verbs.c read. The build makes
 * the list of types from the files' names. How to add one: docs/internals/stack-types.md.
 *
 * A verb maps properties to API calls. It is called again from the start after a restart (`again`)
 * and must then find its own half-done work in order: what already exists is ours, because the
 * intention was on disk before the first call, and nothing of that name was there before the
 * intention: the name was drawn for this resource, or the service was asked (`ask`).
 *
 * Facts about properties (kinds, required, create-only, defaults, the one that names the resource)
 * are in tmpl/types.h and not repeated here. All tables are constant; verbs run in any thread.
 */
#include "base/arena.h"
#include "base/outcomes.h"
#include "tmpl/types.h"

enum { CFN_DONE = 0, CFN_WAIT = OUTCOMES_CFN_WORK, CFN_FAILED };

/*
 * One call of a verb: what it is asked, and what it leaves behind. The engine owns the struct;
 * notes, attributes and physical are on disk again after the verb has returned, so they survive a
 * restart.
 */
struct cfn_work {
    str account, region, stack_id, stack_name; /* of the stack */
    str logical_id, type;
    str name;            /* for a resource without a name of its own: the one to give it */
    const json_t *props; /* wanted, coerced, stack tags merged in; remove: the last ones */
    const json_t *old;   /* update: the last ones; else NULL */
    const char *verb;    /* "Create", "Update", "Delete" */
    bool again;          /* it may have been called before, and what is there then is its own */
    bool is_free;        /* create: set by cfn_ask when nothing of that name is there */
    int64_t now_ms;      /* world time */
    json_t *notes;       /* the verb's own, kept from call to call; an object */
    json_t *attributes;  /* what Fn::GetAtt answers; an object, kept from create to update */
    /* set by create once there is something to delete; update may change it */
    struct buf physical;
    struct buf reason;         /* why it failed */
    struct buf note;           /* done, and this is to be known: the event says it */
    bool no_echo;              /* attributes and properties stay out of events */
    int64_t wake_ms;           /* with CFN_WAIT: when to look again, world time */
    struct cfn_caller *caller; /* for cfn_call */
    char code[64];             /* of the last failed call */
    bool
        refused; /* the last call failed because the store takes no changes: the verb is no failure */
};

/*
 * CFN_DONE; CFN_WAIT with w->wake_ms: called again then, or earlier; CFN_FAILED with w->reason.
 * Blocks for its calls.
 */
typedef int cfn_verb_fn(struct cfn_work *w);
/* A property's value as the API writes it: a new reference; NULL says nothing. */
typedef json_t *cfn_shape_fn(const struct cfn_work *w, const json_t *value);

/*
 * One property. Texts that say where a value goes: "A" a member, "A.B" a member of a member, "*"
 * the property's own name, "." the value's members themselves, "A:B" the property's name in A and
 * the value in B.
 */
struct cfn_prop {
    const char *name;
    const char *create;  /* where the creating operation takes it; NULL: it does not */
    cfn_shape_fn *shape; /* NULL: as the template writes it */
    /* the operation that changes it, called after creation too when `create` is NULL */
    const char *set;
    const char *as;    /* where `set` takes it; NULL: as `create`, or under its own name */
    const char *clear; /* the operation that takes it away; NULL: `set` with … */
    const char *empty; /* … this JSON; NULL: with the default that the schema knows */
    /* its boolean member that says whether the rest means anything; off is absent */
    const char *flag;
    const char *key; /* each: items are objects that this member tells apart */
    /* a list: `set` for every item that is new, `clear` for every one that is gone */
    bool each;
    /* each: there is room for one item, so the one that goes makes way first */
    bool one;
    bool whole; /* goes along when another property of the same `set` changes */
    bool once;  /* `set` serves creation only: a change is refused */
};

/*
 * An operation and its input, written "Member={id} Other=text List[]={name} Flag:=true"; a member
 * whose value has an absent part is left out. In braces: id (the physical one), name, generated,
 * region, account, out.A.B (of the creating operation's answer), and any property or attribute; a
 * property that is not there is its default.
 */
struct cfn_op {
    const char *op, *in;
};
/*
 * One attribute of Fn::GetAtt: the text of its value, filled in as an input is; NULL: a function of
 * the type sets it.
 */
struct cfn_attribute {
    const char *name, *value;
};

/* One resource type. Everything is static; members that are not given are NULL or false. */
struct cfn_type {
    const char *name;
    unsigned name_max; /* longest generated name; 0: 64 */
    bool name_lower;
    cfn_verb_fn *create, *update, *remove; /* of its own; NULL: the generic ones */
    /* create of its own: what cfn_find does; NULL: what it makes needs no removing */
    cfn_verb_fn *find;
    /* fills notes before the intention is written, or NULL */
    void (*prepare)(struct cfn_work *w);

    /* ---- What cfn_create, cfn_update and cfn_remove read ---- */
    const char *service;
    /* what is supported beside the name, Tags and what `on` names; ends with {0} */
    const struct cfn_prop *props;
    /* input that names it, for every operation that does not say otherwise */
    const char *on;
    struct cfn_op make; /* creates it; op NULL: it is no more than its lists */
    /*
     * asked before the intention is written, where the template can give a name that somebody else
     * has taken; fails with `gone` while it is not there; in NULL: as make
     */
    struct cfn_op ask;
    /* make succeeds where it is there already, so what ask finds fails the creation */
    bool adopts;
    /* ask succeeds either way: one of these members ("A|B") is not empty when it is there */
    const char *found;
    const char *taken; /* adopts: the reason when it is there; NULL: "{name} already exists" */
    const char *there; /* codes ("A|B") of: it exists already */
    const char *gone;  /* codes of: it does not exist */
    /* operation that answers like make, for what was made before a restart */
    const char *read;
    const char *drop;                   /* operation that deletes it; NULL: nothing to delete */
    const char *id;                     /* the physical id */
    struct cfn_attribute attributes[8]; /* what Fn::GetAtt answers */
    const char *fifo;                   /* the property that makes its name end in .fifo */
    bool put;                           /* make also changes it, whole */
    /*
     * the properties ("A|B") that name what it lets others use: whoever refers to that is made
     * after it, where it does not need them itself (cfn/order.h)
     */
    const char *lets;
    /* a document that `set` of every item is given; clear: `empty` */
    struct {
        const char *property, *member, *empty;
    } carried;
    struct {
        const char *create;      /* where make takes them; NULL: it does not */
        cfn_shape_fn *shape;     /* cfn_map, or NULL: [{Key, Value}] */
        const char *set, *clear; /* operations */
        const char *on;          /* input that names the resource there; NULL: as above */
        const char *list, *keys; /* their members; NULL: "Tags", "TagKeys" */
    } tags;
    /* after make: CFN_DONE, or WAIT; out: make's answer, or NULL */
    int (*ready)(struct cfn_work *w, const json_t *out);
    void (*add)(const struct cfn_work *w, json_t *in); /* what else make is told */
    const char *note; /* member of the answers of make and `set`: a text for the event, if any */
};

/* NULL: not supported. */
const struct cfn_type *cfn_type_find(str name);
/* Every type; *ret_n of them. */
const struct cfn_type *const *cfn_types(size_t *ret_n);
/* The property that names a resource of this type and may be left out; absent without one. */
str cfn_name_property(const struct cfn_type *type);
/* True where the type's tables have the property; a custom resource takes every one. */
bool cfn_supports(const struct cfn_type *type, str property);
/* Does it answer Fn::GetAtt of that name? A custom resource may answer any. */
bool cfn_answers(const struct cfn_type *type, str attribute);
/* Can update change it without a new resource? */
bool cfn_changes_in_place(const struct cfn_type *type, str property);

/* ---- The generic verbs, and a type's ---- */
cfn_verb_fn cfn_create, cfn_update, cfn_remove;
static inline int cfn_type_create(const struct cfn_type *type, struct cfn_work *w) {
    return (type->create ? type->create : cfn_create)(w);
}
static inline int cfn_type_update(const struct cfn_type *type, struct cfn_work *w) {
    return (type->update ? type->update : cfn_update)(w);
}
static inline int cfn_type_remove(const struct cfn_type *type, struct cfn_work *w) {
    return (type->remove ? type->remove : cfn_remove)(w);
}
/*
 * Before the intention to create it is written: is the name free? Sets w->is_free. CFN_FAILED with
 * w->reason: it is not, and make would adopt what is there. A name that was drawn is not asked for.
 */
int cfn_ask(const struct cfn_type *type, struct cfn_work *w);
/* Can what is there under its name only be what this creation made in an earlier call? */
bool cfn_is_ours(const struct cfn_type *type, const struct cfn_work *w);
/*
 * What a creation may have made whose outcome nobody wrote down, so that it can be removed: sets
 * the id when there may be something. CFN_DONE, or CFN_FAILED with w->reason.
 */
cfn_verb_fn cfn_find;
static inline int cfn_type_find_made(const struct cfn_type *type, struct cfn_work *w) {
    return type->find ? type->find(w) : type->create ? CFN_DONE : cfn_find(w);
}

/* ---- Shapes ---- */
cfn_shape_fn cfn_text;   /* JSON, or a document that is text already, as text */
cfn_shape_fn cfn_policy; /* {PolicyName, PolicyDocument}, the document as text */
cfn_shape_fn cfn_map;    /* [{Key, Value}] as {Key: Value} */

/* ---- What verbs use ---- */
/*
 * Calls an operation as the stack's caller. Takes in. 0 with *ret_out (when not NULL) a new
 * reference, or CFN_FAILED with w->reason in AWS's form and w->code set. Blocks until the operation
 * is done.
 */
int cfn_call(struct cfn_work *w, const char *service, const char *op, json_t *in, json_t **ret_out);
/* As cfn_call, but a failure with one of these codes ("A|B") is 0 too; w->code has the code. */
int cfn_call_unless(struct cfn_work *w, const char *service, const char *op, json_t *in,
                    const char *codes, json_t **ret_out);
/* Sets w->reason, in place of what was there. Always CFN_FAILED. */
int cfn_fail(struct cfn_work *w, const char *fmt, ...) PRINTF_LIKE(2, 3);
/*
 * The resource's id, copied: from here on the engine has something to delete. cfn_physical: a view
 * of it, empty while there is none.
 */
void cfn_set_physical(struct cfn_work *w, str id);
str cfn_physical(const struct cfn_work *w);
/* Sets what Fn::GetAtt answers for name, in place of what was there. */
void cfn_set_attribute(struct cfn_work *w, const char *name, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
/* Did this property change in an update? (Create: is it there?) */
bool cfn_changed(const struct cfn_work *w, const char *prop);
/* Copies a member under another name, when there. */
void cfn_move(json_t *to, const char *to_name, const json_t *from, const char *from_name);
/* The type's `on`, filled in: a new object. */
json_t *cfn_on(const struct cfn_work *w);
/* {LayerName, VersionNumber} of the ARN of a layer's version: a new object. */
json_t *cfn_layer_version(str arn);
