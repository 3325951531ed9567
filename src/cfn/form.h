#pragma once
/*
 * cfn/form: rows as C structs. A form is the list of a struct's fields, and everything that is done to
 * all of them (writing, reading, sharing, freeing, showing) walks that list, so a field is named once.
 *
 * On disk: a version byte; for each field that says something its number in the list (from 1, ascending)
 * and its value; 0. Numbers are varints, texts have a varint length before them, JSON is text, a part is
 * its own fields up to its own 0, a list begins with its length. A field that says nothing (absent text,
 * 0, false, NULL) is left out, so that a form may grow at its end; numbers of fields, and those of
 * enums, are never given to something else.
 *
 * Texts belong to the arena that the reader was given, JSON values to the struct (cfn_form_deinit). A
 * value that a struct holds is not changed in place, so structs share it.
 */
#include "base/arena.h"
#include "base/json.h"

enum cfn_kind {
    CFN_TEXT, /* str */
    CFN_JSON, /* json_t * */
    CFN_INT,  /* int64_t, not negative */
    CFN_TIME, /* int64_t, milliseconds; shown as seconds with a fraction */
    CFN_BOOL,
    CFN_ENUM, /* shown by name; 0 says nothing */
    CFN_PART, /* an embedded struct; without a name its fields count as the struct's own when shown */
    CFN_LIST, /* struct cfn_list of structs */
};

/* Of structs in the arena. */
struct cfn_list {
    void **items;
    size_t n, cap;
};
void cfn_list_add(struct cfn_list *list, struct arena *arena, void *item);
void cfn_list_remove(struct cfn_list *list, size_t i); /* the item itself stays as it is */

struct cfn_field {
    const char *name;
    enum cfn_kind kind;
    unsigned n_names;             /* CFN_ENUM */
    size_t at, size;              /* of the member */
    const char *const *names;     /* CFN_ENUM */
    const struct cfn_form *part;  /* CFN_PART, CFN_LIST */
};
struct cfn_form {
    const struct cfn_field *fields;
    size_t n, size;
};

/* A list of fields: static const struct cfn_field x[] = { CFN_F_TEXT(struct s, member, "Name"), … }; */
#define CFN_F_AT(s, m) offsetof(s, m), sizeof(((s *)NULL)->m)
#define CFN_F_OF(type, s, m) offsetof(s, m) + 0 * sizeof((type *)NULL == &((s *)NULL)->m), sizeof(type) /* m is a type */
#define CFN_F_TEXT(s, m, name) {name, CFN_TEXT, 0, CFN_F_OF(str, s, m), NULL, NULL}
#define CFN_F_JSON(s, m, name) {name, CFN_JSON, 0, CFN_F_OF(json_t *, s, m), NULL, NULL}
#define CFN_F_INT(s, m, name) {name, CFN_INT, 0, CFN_F_OF(int64_t, s, m), NULL, NULL}
#define CFN_F_TIME(s, m, name) {name, CFN_TIME, 0, CFN_F_OF(int64_t, s, m), NULL, NULL}
#define CFN_F_BOOL(s, m, name) {name, CFN_BOOL, 0, CFN_F_OF(bool, s, m), NULL, NULL}
#define CFN_F_ENUM(s, m, name, names) {name, CFN_ENUM, ARRAY_LEN(names), CFN_F_AT(s, m), names, NULL} /* names of its values */
#define CFN_F_PART(s, m, name, form) {name, CFN_PART, 0, CFN_F_AT(s, m), NULL, form}
#define CFN_F_LIST(s, m, name, form) {name, CFN_LIST, 0, CFN_F_OF(struct cfn_list, s, m), NULL, form}
#define CFN_FORM(s, list) {list, ARRAY_LEN(list), sizeof(s)}

/* Appends the row. */
void cfn_form_write(struct buf *row, const struct cfn_form *form, const void *from);
/* Reads into a struct whose fields say nothing yet. False: damaged; the fields are freed again. */
bool cfn_form_read(str row, const struct cfn_form *form, struct arena *arena, void *to);
/* Lets go of the JSON values; the fields say nothing afterwards. Members that are no fields stay. */
void cfn_form_deinit(const struct cfn_form *form, void *what);
/* For parts without lists: frees what `to` holds and makes it the same as `from`. Texts must live as long as both. */
void cfn_form_share(const struct cfn_form *form, void *to, const void *from);
/* Sets out[name] for the fields that say something: those in names (NULL at the end), or with NULL all of them. */
void cfn_form_show(const struct cfn_form *form, const void *from, json_t *out, const char *const *names);
/*
 * Sets the fields for which doc has a member of that name and kind: from a request, or a row that was a JSON document
 * (times are milliseconds). False: a text that is no name of the enum. The rest is set all the same.
 */
bool cfn_form_take(const struct cfn_form *form, const json_t *doc, struct arena *arena, void *what);
