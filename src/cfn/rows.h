#pragma once
/*
 * cfn/rows: what the stack engine keeps in STORE_META (docs/formats/cfn.md), as structs, whose
 * fields are in rows.def; keys begin with kind, account and region.
 *
 *   cfn-stack   uuid             struct cfn_stack
 *   cfn-name    name             uuid of the live stack of that name
 *   cfn-tmpl    uuid, generation the template's text
 *   cfn-res     uuid, logical id struct cfn_resource
 *   cfn-event   uuid, sequence   struct cfn_event, newest last
 *   cfn-set     uuid, name       struct cfn_set
 *   cfn-export  name             struct cfn_export
 *   cfn-import  export, uuid     struct cfn_import: that stack uses that export
 *   cfn-reply   token            struct cfn_reply (no account, region): the answer of a custom
 *                                resource, awaited or there
 *
 * Who writes. A stack's row is written by handlers and by the engine, so each makes the row that it
 * read a condition of what it writes, and begins again when the row has changed. Resources, imports
 * and replies are written by the engine alone, as long as an operation is under way.
 */
#include "aws/row.h"
#include "cfn/form.h"
#include "tmpl/model.h"

/* Whose rows: all keys but those of replies begin with it. Views. */
struct cfn_place {
    str account, region;
};

enum { CFN_UNDER_WAY = 1, CFN_READY = 2, CFN_YIELDS = 4, CFN_RETRIES = 8 };
enum cfn_status {
    CFN_NO_STATUS,
#define STATUS(name, means) CFN_##name,
#include "cfn/status.def"
#undef STATUS
    CFN_N_STATUSES
};
/* "CREATE_COMPLETE": the API's name, which is on disk too. Static. */
const char *cfn_status_name(enum cfn_status status);
/* Does it mean CFN_UNDER_WAY, CFN_READY and so on (status.def)? */
bool cfn_status_is(enum cfn_status status, unsigned meaning);

/* Names of the values of enums are on disk (rows.c). */
enum cfn_op_kind { CFN_OP_NONE, CFN_OP_CREATE, CFN_OP_UPDATE, CFN_OP_DELETE };
enum cfn_on_failure { CFN_FAIL_UNSAID, CFN_FAIL_ROLLBACK, CFN_FAIL_DO_NOTHING, CFN_FAIL_DELETE };
enum cfn_deletion { CFN_DELETION_UNSAID, CFN_DELETION_STANDARD, CFN_DELETION_FORCE };
enum cfn_verb { CFN_NO_VERB, CFN_CREATE, CFN_REPLACE, CFN_UPDATE, CFN_RESTORE, CFN_REMOVE };
/* What an operation has done with a resource. */
enum cfn_stage { CFN_UNTOUCHED, CFN_DOING, CFN_FINISHED, CFN_BROKEN };
enum cfn_set_status { CFN_SET_NONE, CFN_SET_COMPLETE, CFN_SET_FAILED };

/*
 * struct cfn_stack and the others, their forms and, for CLEANUP_DEINIT, what frees the row and what
 * its fields hold.
 */
#define FORM(name) IT {
#define ROW(name)                                                                                  \
    IT {                                                                                           \
        struct row row;
#define ASIDE(type, member)             type member;
#define TEXT(member, name)              str member;
#define JSON(member, name)              json_t *member;
#define INT(member, name)               int64_t member;
#define TIME(member, name)              int64_t member;
#define BOOL(member, name)              bool member;
#define ENUM(member, name, type, names) type member;
#define PART(member, name, of)          struct cfn_##of member;
#define LIST(member, name, of)          struct cfn_list member;
#define END(name)                                                                                  \
    }                                                                                              \
    ;                                                                                              \
    extern const struct cfn_form cfn_##name##_form;
#define END_ROW(name)                                                                              \
    END(name)                                                                                      \
    static inline void cfn_##name##_deinit(struct cfn_##name *it) {                                \
        cfn_form_deinit(&cfn_##name##_form, it);                                                   \
        row_deinit(&it->row);                                                                      \
    }
#include "cfn/rows.def"

/* By logical id, borrowed from the list; or NULL. */
struct cfn_resource *cfn_resource_find(const struct cfn_list *resources, str name);

/* ---- Keys ---- */
/* Clears key first. Parts that are absent end the key. */
void cfn_key(struct buf *key, const char *kind, struct cfn_place place, str first, str second);
void cfn_key_numbered(struct buf *key, const char *kind, struct cfn_place place, str uuid,
                      uint64_t n);
void cfn_key_reply(struct buf *key, str token);
/*
 * The uuid at the end of arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/UUID; absent when it is
 * none.
 */
str cfn_uuid_of(str stack_id);
/* A row's account, region and next part. Appends to the bufs. */
bool cfn_read_key(str key, struct buf *account, struct buf *region, struct buf *first);

/* ---- Reading and writing. what: a struct that begins with its row, whose key is set ---- */
/*
 * As row_get and row_peek; fields are set on 0 only. Texts live in the arena. 0, STORE_E_ABSENT,
 * STORE_E_DAMAGED or -errno.
 */
int cfn_get(const struct rows *rows, const struct cfn_form *form, struct arena *arena, void *what);
int cfn_peek(const struct rows *rows, const struct cfn_form *form, struct arena *arena, void *what);
/* What an iterator shows. False: damaged. No condition: cfn_put and row_still make it one. */
bool cfn_seen(const struct cfn_form *form, struct arena *arena, str key, str value,
              const struct store_stamp *stamp, void *what);
/*
 * Writes what was read, for this batch or an earlier one, and makes that it is still so a
 * condition; the row is then what it is once the batch is committed. Once a batch. The same bytes again are not written.
 */
void cfn_put(const struct rows *rows, const struct cfn_form *form, void *what);
/* A row with one writer, or whose owner's row is a condition: the caller says which. */
void cfn_put_blind(const struct rows *rows, const struct cfn_form *form, str key, const void *what);

/* The stack's key, place and uuid, then cfn_get. */
int cfn_get_stack(const struct rows *rows, struct arena *arena, struct cfn_place place, str uuid,
                  struct cfn_stack *ret);
int cfn_peek_stack(const struct rows *rows, struct arena *arena, struct cfn_place place, str uuid,
                   struct cfn_stack *ret);
/*
 * Calls each(ctx, what) for the rows with this prefix (cfn_key with fewer parts). what lives during
 * the call. Stops at the first non-zero answer and returns it. No conditions: row_still makes one
 * of what was shown. Damaged rows are passed by; STORE_E_DAMAGED at the end tells of them.
 */
int cfn_each(const struct rows *rows, const struct cfn_form *form, str prefix,
             int (*each)(void *ctx, void *what), void *ctx);
/* A stack that imports the export, by name; *ret stays empty when none does. 0, or as cfn_each. */
int cfn_importer(const struct rows *rows, struct cfn_place place, str export, struct buf *ret);
/*
 * All of them, in the arena, by key; damaged ones as cfn_each. The caller frees the list with
 * cfn_list_deinit, on failure too.
 */
int cfn_load_list(const struct rows *rows, const struct cfn_form *form, struct arena *arena,
                  str prefix, struct cfn_list *list);
void cfn_list_deinit(const struct cfn_form *form, struct cfn_list *list);
/* The resources of a stack, by logical id. */
int cfn_load_resources(const struct rows *rows, struct arena *arena, const struct cfn_stack *stack,
                       struct cfn_list *list);

/* ---- Lists of names, JSON ---- */
/* "A, B" */
void cfn_add_name(struct buf *names, str name);
/* The same, unless it is one of them: false then. */
bool cfn_add_new_name(struct buf *names, str name);
/* Sets a JSON field: takes value. */
void cfn_set_json(json_t **field, json_t *value);
/* The first object of a list whose member is this text, borrowed; or NULL. */
json_t *cfn_find_in(const json_t *list, const char *member, str text);
/* Is the text in a list of texts? */
bool cfn_is_in(const json_t *texts, str text);

/* ---- event.c ---- */
/*
 * Adds an event of the resource, or with NULL of the stack itself. Its time is stack->event_ms
 * afterwards, later than that of the event before: clients sort by time alone.
 */
void cfn_add_event(const struct rows *rows, struct cfn_stack *stack,
                   const struct cfn_resource *resource, enum cfn_status status, str reason);
