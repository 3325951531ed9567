#pragma once
/*
 * cfn/rows: what the stack engine keeps in STORE_META (docs/formats/cfn.md), as structs. Their fields are listed
 * in rows.c (cfn/form.h); keys begin with kind, account and region.
 *
 *   cfn-stack   uuid             struct cfn_stack
 *   cfn-name    name             uuid of the live stack of that name
 *   cfn-tmpl    uuid, generation the template's text
 *   cfn-res     uuid, logical id struct cfn_resource
 *   cfn-event   uuid, sequence   struct cfn_event, newest last
 *   cfn-set     uuid, name       struct cfn_set
 *   cfn-op      uuid             id of the operation under way: what to take up again after a restart
 *   cfn-export  name             struct cfn_export
 *   cfn-import  export, uuid     struct cfn_import: that stack uses that export
 *   cfn-reply   token            struct cfn_reply (no account, region): a custom resource's answer, awaited or there
 *
 * Who writes. A stack's row is written by handlers and by the engine, so each makes the row that it read a
 * condition of what it writes, and begins again when the row has changed. Resources, imports and replies are
 * written by the engine alone, as long as an operation is under way.
 */
#include "aws/row.h"
#include "cfn/form.h"
#include "tmpl/model.h"

struct cfn_place { str account, region; };

enum { CFN_UNDER_WAY = 1, CFN_READY = 2, CFN_YIELDS = 4 };
enum cfn_status {
    CFN_NO_STATUS,
#define STATUS(name, means) CFN_##name,
#include "cfn/status.def"
#undef STATUS
    CFN_N_STATUSES
};
const char *cfn_status_name(enum cfn_status status);
/* Does it mean CFN_UNDER_WAY, CFN_READY, CFN_YIELDS? */
bool cfn_status_is(enum cfn_status status, unsigned meaning);

/* ---- Stacks ---- */
/* Numbers of these are on disk. */
enum cfn_op_kind { CFN_OP_NONE, CFN_OP_CREATE, CFN_OP_UPDATE, CFN_OP_DELETE };
enum cfn_on_failure { CFN_FAIL_UNSAID, CFN_FAIL_ROLLBACK, CFN_FAIL_DO_NOTHING, CFN_FAIL_DELETE };
enum cfn_deletion { CFN_DELETION_UNSAID, CFN_DELETION_STANDARD, CFN_DELETION_FORCE };

struct cfn_operation {
    str id; /* absent: none */
    enum cfn_op_kind kind;
    enum cfn_on_failure on_failure;
    enum cfn_deletion deletion;
    bool disable_rollback, retain_except_on_create;
    int64_t deadline_ms;  /* 0: none */
    json_t *retained;     /* logical ids that a deletion leaves */
    str token;            /* ClientRequestToken */
    str access_key, arn;  /* whose rights it has */
    str role;             /* or this role's, when there */
};
/* What an update replaces, and goes back to when it fails. */
struct cfn_version {
    int64_t generation; /* of the template; 0: there is none yet */
    str description;
    json_t *parameters;   /* name → text, defaults included */
    json_t *secrets;      /* values that events mask */
    json_t *tags;         /* [{Key, Value}]; NULL: never said */
    json_t *capabilities;
    json_t *outputs;      /* [{OutputKey, OutputValue, Description, ExportName}] */
    json_t *imports;      /* names of the exports in use */
};
struct cfn_stack {
    struct row row;
    struct cfn_place place; /* borrowed */
    str uuid;               /* the end of id */
    str id, name;
    enum cfn_status status;
    str reason;
    int64_t created_ms, updated_ms, deleted_ms;
    str change_set, role;
    bool is_protected;
    int64_t timeout_minutes;
    struct cfn_version now, old; /* old: generation 0 but in an update */
    struct cfn_operation op, next;      /* the last one; the deletion that is to take over from it */
    struct cfn_list garbage;     /* of struct cfn_resource: to remove once an update is through */
};

/* ---- Resources ---- */
enum cfn_verb { CFN_NO_VERB, CFN_CREATE, CFN_REPLACE, CFN_UPDATE, CFN_RESTORE, CFN_REMOVE };
/* What an operation has done with a resource. */
enum cfn_stage { CFN_UNTOUCHED, CFN_DOING, CFN_FINISHED, CFN_BROKEN };

struct cfn_task {
    str op;                /* the operation's id */
    enum cfn_status phase; /* the stack's status then: a task belongs to one step of one operation */
    enum cfn_verb verb;
    enum cfn_stage stage;
    str name;              /* the one to give, for a resource without a name of its own */
    json_t *properties;    /* to be */
    json_t *notes;         /* the verb's own, kept from call to call; changed in place */
};
/* What an update of the resource replaces, and goes back to when it fails. */
struct cfn_state {
    str type, physical;  /* physical absent: there is nothing */
    json_t *properties;  /* as applied */
    json_t *attributes;  /* for Fn::GetAtt */
    enum tmpl_keep on_delete, on_replace;
    int64_t order;       /* of creation */
    bool no_echo;        /* properties stay out of events */
};
struct cfn_resource {
    struct row row;
    bool changed;        /* since it was read: the run's own mark (cfn/run.h) */
    str name;
    enum cfn_status status;
    str reason;
    int64_t time_ms;
    json_t *needs;       /* logical ids that it refers to */
    bool is_garbage;     /* an entry of the stack's garbage … */
    bool is_kept;        /* … that is let go of, not removed */
    struct cfn_state now, old;
    struct cfn_task task;
};
struct cfn_resource *cfn_resource_find(const struct cfn_list *resources, str name);

/* ---- The rest ---- */
struct cfn_event {
    struct row row;
    str id, stack_id, stack_name, logical, physical, type;
    int64_t time_ms;
    enum cfn_status status;
    str reason, properties, token;
};
enum cfn_set_status { CFN_SET_NONE, CFN_SET_COMPLETE, CFN_SET_FAILED };
struct cfn_set {
    struct row row;
    str id, name, stack_id, stack_name, description;
    enum cfn_op_kind type;
    str template, token;
    enum cfn_on_failure on_failure;
    int64_t created_ms;
    str role;
    enum cfn_set_status status; /* failed: it would change nothing */
    json_t *changes;            /* ResourceChange documents */
    struct cfn_version to;
};
struct cfn_export {
    struct row row;
    str name, value, stack_id, stack_name;
};
struct cfn_import {
    struct row row;
    str stack_name;
};
struct cfn_reply {
    struct row row;
    str stack_id, logical;
    json_t *answer; /* NULL: not yet there */
};

#define CFN_FORMS(X) X(operation) X(version) X(stack) X(task) X(state) X(resource) X(event) X(set) X(export) X(import) X(reply)
#define X(name) extern const struct cfn_form cfn_##name##_form;
CFN_FORMS(X)
#undef X
/* For CLEANUP_DEINIT: the row and what its fields hold. */
#define CFN_ROWS(X) X(stack) X(resource) X(event) X(set) X(export) X(import) X(reply)
#define X(name)                                                                                                        \
    static inline void cfn_##name##_deinit(struct cfn_##name *it) {                                                    \
        cfn_form_deinit(&cfn_##name##_form, it);                                                                       \
        row_deinit(&it->row);                                                                                          \
    }
CFN_ROWS(X)
#undef X

/* ---- Keys ---- */
/* Clears key first. Parts that are absent end the key. */
void cfn_key(struct buf *key, const char *kind, struct cfn_place place, str first, str second);
void cfn_key_numbered(struct buf *key, const char *kind, struct cfn_place place, str uuid, uint64_t n);
void cfn_key_reply(struct buf *key, str token);
/* The uuid at the end of arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID; absent when it is none. */
str cfn_uuid_of(str stack_id);
/* A row's account, region and next part. Appends to the bufs. */
bool cfn_read_key(str key, struct buf *account, struct buf *region, struct buf *first);

/* ---- Reading and writing. what: a struct that begins with its row, whose key is set ---- */
/* As row_get and row_peek; fields say something on 0 only. Texts live in the arena. */
int cfn_get(const struct rows *rows, const struct cfn_form *form, struct arena *arena, void *what);
int cfn_peek(const struct rows *rows, const struct cfn_form *form, struct arena *arena, void *what);
/*
 * Writes what was read, for this batch or an earlier one, and makes that it is still so a condition; the row then
 * holds the new bytes. Once a batch. The same bytes again are not written.
 */
void cfn_put(const struct rows *rows, const struct cfn_form *form, void *what);
/* A row that nobody else writes, or whose owner's row is a condition: the caller says which. */
void cfn_put_blind(const struct rows *rows, const struct cfn_form *form, str key, const void *what);

/* The stack's key, place and uuid, then cfn_get. */
int cfn_get_stack(const struct rows *rows, struct arena *arena, struct cfn_place place, str uuid, struct cfn_stack *ret);
int cfn_peek_stack(const struct rows *rows, struct arena *arena, struct cfn_place place, str uuid, struct cfn_stack *ret);
/*
 * Calls each(ctx, what) for the rows with this prefix (cfn_key with fewer parts). what lives during the call.
 * Stops at the first non-zero answer and returns it. No conditions: row_still makes one of what was shown.
 */
int cfn_each(const struct rows *rows, const struct cfn_form *form, str prefix, int (*each)(void *ctx, void *what), void *ctx);
/* All of them, in the arena, by key. The caller frees the list with cfn_list_deinit, on failure too. */
int cfn_load_list(const struct rows *rows, const struct cfn_form *form, struct arena *arena, str prefix, struct cfn_list *list);
void cfn_list_deinit(const struct cfn_form *form, struct cfn_list *list);
/* The resources of a stack, by logical id. */
int cfn_load_resources(const struct rows *rows, struct arena *arena, const struct cfn_stack *stack, struct cfn_list *list);

/* Sets a JSON field: takes value. */
void cfn_set_json(json_t **field, json_t *value);

/* ---- event.c ---- */
/* Adds an event of the resource, or with NULL of the stack itself. */
void cfn_add_event(const struct rows *rows, const struct cfn_stack *stack, const struct cfn_resource *resource,
                   enum cfn_status status, str reason);
