#pragma once
/*
 * base/json: what every room needs on top of jansson. json_t is also the document that handlers
 * receive and return (aws/rq.h), so these are the accessors used everywhere.
 *
 * Ownership follows jansson: json_t is reference-counted, "new reference" is the caller's.
 */
#include "base/buf.h"
#include "base/err.h"

#include <jansson.h>

static inline void json_dropp(json_t **j) { json_decref(*j); }
/* CLEANUP_JSON json_t *doc = NULL; drops its reference at the end of the scope. */
#define CLEANUP_JSON __attribute__((cleanup(json_dropp)))

/*
 * Strict parse of one document: no duplicate keys, valid UTF-8, nothing behind it, depth at most
 * jansson's 2048. NULL on failure with the reason (line and column) in err.
 */
json_t *json_parse(str text, struct err *err);

/*
 * Compact text without spaces; reals are written with the fewest digits that read back the same
 * (0.1, not 0.10000000000000001) and whole ones without a fraction.
 */
void json_write(struct buf *out, const json_t *j);
/* Indented by two, keys in their order: for people. */
void json_write_pretty(struct buf *out, const json_t *j);
/* s in quotes with JSON's escapes; bytes that are not UTF-8 become U+FFFD. */
void json_add_quoted(struct buf *out, str s);

/*
 * Members of an object, borrowed from it. A member that is absent, null or of another type gives
 * STR_NONE, `otherwise` or NULL; obj may be NULL, and may be no object.
 */
str json_str(const json_t *obj, const char *key);
int64_t json_int(const json_t *obj, const char *key, int64_t otherwise);
double json_num(const json_t *obj, const char *key, double otherwise);
bool json_bool(const json_t *obj, const char *key, bool otherwise);
json_t *json_obj(const json_t *obj, const char *key); /* borrowed; NULL unless an object */
json_t *json_arr(const json_t *obj, const char *key); /* borrowed; NULL unless an array */
static inline bool json_has(const json_t *obj, const char *key) {
    const json_t *v = json_object_get(obj, key);
    return v && !json_is_null(v);
}
/* The bytes of a string value, borrowed; absent for every other kind and for NULL. */
str json_text(const json_t *string);
/* The index of text in an array of texts (NULL: an empty one), or -1. */
ptrdiff_t json_find_text(const json_t *array, str text);

/*
 * New references. json_of_str escapes nothing and takes NULs; bytes that are not UTF-8 give NULL.
 */
json_t *json_of_str(str s);
/* Sets obj[key] to a copy of s; absent s sets nothing. */
void json_set_str(json_t *obj, const char *key, str s);
void json_set_int(json_t *obj, const char *key, int64_t v);
void json_set_bool(json_t *obj, const char *key, bool v);
/* Takes the caller's reference to value; a NULL value sets nothing. */
void json_set(json_t *obj, const char *key, json_t *value);
void json_push_str(json_t *array, str s);
