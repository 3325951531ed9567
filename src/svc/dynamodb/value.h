#pragma once
/*
 * dynamodb/value: attribute values as trees in a request's arena.
 *
 * A tree is read from a request's text, from its document (with DynamoDB's checks and wording) or
 * from stored bytes, or made by an update. Maps are sorted by name, sets by element, so equal values
 * have equal trees and equal bytes. An item is a value of type DDB_M. Texts point into the arena, or
 * into what was read, which must live as long.
 */
#include "aws/take.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "svc/dynamodb/number.h"

enum ddb_type {
    DDB_S,
    DDB_N,
    DDB_B,
    DDB_BOOL,
    DDB_NULL,
    DDB_M,
    DDB_L,
    DDB_SS,
    DDB_NS,
    DDB_BS,
    DDB_N_TYPES
};

/* Limits on what clients send ("Quotas", DynamoDB Developer Guide). */
enum {
    DDB_DEPTH = 32,
    DDB_ITEM_MAX = 400 * 1024,
    DDB_PARTITION_KEY_MAX = 2048,
    DDB_SORT_KEY_MAX = 1024,
    DDB_ATTRIBUTE_NAME_MAX = 65535,
};

struct ddb_value;
/* One entry of a map. */
struct ddb_attr {
    str name;
    const struct ddb_value *value;
};
/* A value is constant once it is made, so trees share branches. */
struct ddb_value {
    enum ddb_type type;
    uint32_t n; /* of elements or attrs */
    union {
        str text;                         /* S, B */
        bool boolean;                     /* BOOL */
        const struct ddb_number *number;  /* N */
        const struct ddb_value *elements; /* L; SS, NS, BS: of type S, N, B, ascending */
        const struct ddb_attr *attrs;     /* M: ascending by name */
    };
};

const char *ddb_type_name(enum ddb_type type); /* "S", "BOOL", … */
/* False: none of the ten names. */
bool ddb_type_of_name(str name, enum ddb_type *ret);
static inline bool ddb_is_set(enum ddb_type type) { return type >= DDB_SS; }
static inline enum ddb_type ddb_element_type(enum ddb_type set) {
    return (enum ddb_type)(DDB_S + (set - DDB_SS));
}

/*
 * From a member of a request's document: {"S": "x"} and so on, or what ddb_value_read has taken in
 * its place. False: err holds AWS's words. The json must live as long as the value.
 * ddb_item_from_json takes a map of name to value (an Item, a Key), or what ddb_item_read took.
 */
bool ddb_value_from_json(struct arena *a, const json_t *json, const struct ddb_value **ret,
                         struct err *err);
bool ddb_item_from_json(struct arena *a, const json_t *json, const struct ddb_value **ret,
                        struct err *err);
/* The same from a request's text (aws/take.h); *ret is a const struct ddb_value *. */
bool ddb_value_read(struct json_in *in, const void **ret);
bool ddb_item_read(struct json_in *in, const void **ret);
/* Appends the JSON that ddb_value_to_json and ddb_item_to_json make trees of. */
void ddb_value_write(const struct ddb_value *v, struct buf *out);
void ddb_item_write(const struct ddb_value *item, struct buf *out);
/* New references. */
json_t *ddb_value_to_json(const struct ddb_value *v);
json_t *ddb_item_to_json(const struct ddb_value *item); /* the inside of its "M" */

/*
 * Stored form (docs/formats/dynamodb.md). Decoding checks everything: false on damage. Encoding
 * appends. Nothing of a decoded tree is deeper than DDB_DEPTH allows.
 */
void ddb_value_encode(const struct ddb_value *v, struct buf *out);
bool ddb_value_decode(struct arena *a, struct cur *c, const struct ddb_value **ret);

/* Attribute of a map, or NULL. Binary search by bytes. */
const struct ddb_value *ddb_map_get(const struct ddb_value *map, str name);
/* A new map: the old one with name set to value (NULL: without name). map NULL: empty. */
const struct ddb_value *ddb_map_with(struct arena *a, const struct ddb_value *map, str name,
                                     const struct ddb_value *value);
/* Of type S or B (the text is borrowed), and N (the number is copied). */
const struct ddb_value *ddb_value_new_text(struct arena *a, enum ddb_type type, str text);
const struct ddb_value *ddb_value_new_number(struct arena *a, const struct ddb_number *number);

/* Order of two values of the same type S, N or B. */
int ddb_value_cmp(const struct ddb_value *a, const struct ddb_value *b);
/* Same type and same content; sets without order. */
bool ddb_value_equal(const struct ddb_value *a, const struct ddb_value *b);
/* Puts the elements of a set in their order. False: two of them are equal. */
bool ddb_set_sort(struct ddb_value *elements, size_t n);
/* Position of element in a set, or -1. */
ptrdiff_t ddb_set_find(const struct ddb_value *set, const struct ddb_value *element);

/*
 * Bytes as DynamoDB counts them ("Item sizes and formats"): of a value, of an item with its names.
 */
size_t ddb_value_size(const struct ddb_value *v);
size_t ddb_item_size(const struct ddb_value *item);
/* "{N:2}", as AWS shows values in messages. */
void ddb_value_show(const struct ddb_value *v, struct buf *out);
