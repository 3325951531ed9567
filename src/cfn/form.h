#pragma once
/*
 * cfn/form: rows as C structs. A form is the list of a struct's fields, and everything that is done
 * to all of them (writing, reading, sharing, freeing, showing) walks that list, so a field is named
 * once.
 *
 * On disk: a JSON object with a member for each field that says something. A field that says
 * nothing (absent text, 0, false, NULL) is left out. Times are milliseconds, enums their names.
 *
 * Texts belong to the arena that the reader was given, JSON values to the struct (cfn_form_deinit).
 * A value that a struct holds is not changed in place, so structs share it.
 */
#include "base/arena.h"
#include "base/json.h"

enum cfn_kind {
    CFN_TEXT, /* str */
    CFN_JSON, /* json_t * */
    CFN_INT,  /* int64_t, not negative */
    CFN_TIME, /* int64_t, milliseconds; shown as seconds with a fraction */
    CFN_BOOL,
    CFN_ENUM, /* 0 says nothing */
    /* an embedded struct; without a name its fields are members beside the struct's own */
    CFN_PART,
    CFN_LIST, /* struct cfn_list of structs */
};

/* Of structs in the arena. */
struct cfn_list {
    void **items;
    size_t n, cap;
};
/*
 * Appends a pointer; the array lives in the arena and may move, so a pointer into it is stale
 * afterwards.
 */
void cfn_list_add(struct cfn_list *list, struct arena *arena, void *item);
void cfn_list_remove(struct cfn_list *list, size_t i); /* the item itself stays as it is */

/* One field: its name on disk, its kind, and where in the struct it lies. */
struct cfn_field {
    const char *name;
    enum cfn_kind kind;
    unsigned n_names;            /* CFN_ENUM */
    size_t at, size;             /* of the member */
    const char *const *names;    /* CFN_ENUM */
    const struct cfn_form *part; /* CFN_PART, CFN_LIST */
};
/* All fields of a struct, and the struct's size. Static. */
struct cfn_form {
    const struct cfn_field *fields;
    size_t n, size;
};

/* Appends the row. */
void cfn_form_write(struct buf *row, const struct cfn_form *form, const void *from);
/* Reads into a struct whose fields say nothing yet. False: damaged; the fields are freed again. */
bool cfn_form_read(str row, const struct cfn_form *form, struct arena *arena, void *to);
/*
 * Releases the JSON values; the fields say nothing afterwards. Members that are no fields stay.
 */
void cfn_form_deinit(const struct cfn_form *form, void *what);
/*
 * For parts without lists: frees what `to` holds and makes it the same as `from`. Texts must live
 * as long as both.
 */
void cfn_form_share(const struct cfn_form *form, void *to, const void *from);
/*
 * Sets members of out, an answer. what: fields by name with a space between, "Shown=Name" for one
 * that the answer calls otherwise; NULL: all, of a form without parts. Those that say nothing are
 * not set.
 */
void cfn_form_show(const struct cfn_form *form, const void *from, json_t *out, const char *what);
/*
 * Sets the fields for which doc has a member of that name. False: a member was not of the field's
 * kind, or a text that is no name of the enum; the rest is set all the same.
 */
bool cfn_form_take(const struct cfn_form *form, const json_t *doc, struct arena *arena, void *what);
