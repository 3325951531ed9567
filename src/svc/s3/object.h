#pragma once
/*
 * s3/object: the row of one version of an object, and the list of its bodies. The binary form is
 * docs/formats/s3.md's. Pure.
 *
 * A decoded object is a set of views into the row: it lives as long as the row's bytes.
 */
#include "base/buf.h"
#include "svc/s3/checksum.h"
#include "svc/s3/keys.h"

/*
 * Headers that S3 keeps and gives back. The order is that of the format: append only. Names of
 * members, not of HTTP headers, are in s3_header_rows.
 */
enum s3_header {
    S3_HEADER_CONTENT_TYPE,
    S3_HEADER_CACHE_CONTROL,
    S3_HEADER_CONTENT_DISPOSITION,
    S3_HEADER_CONTENT_ENCODING,
    S3_HEADER_CONTENT_LANGUAGE,
    S3_HEADER_EXPIRES,
    S3_HEADER_REDIRECT,
    S3_N_HEADERS
};
struct s3_header_row {
    const char *member;   /* of PutObject's and GetObject's documents */
    const char *override; /* of GetObject's, "ResponseContentType", or NULL */
};
extern const struct s3_header_row s3_header_rows[S3_N_HEADERS];

enum {
    S3_OBJECT_MARKER = 1,   /* a delete marker: no body, no headers */
    S3_OBJECT_NULL = 2,     /* its version id is "null" */
    S3_OBJECT_BODY_ROW = 4, /* the body list is a row of its own (s3_key_body) */
};

/*
 * One version of an object. seq and nonce together are its version id, unless S3_OBJECT_NULL is
 * set.
 */
struct s3_object {
    unsigned flags;
    uint64_t seq; /* grows with each write; the event's sequencer */
    uint8_t nonce[S3_NONCE_LEN];
    int64_t mtime_ms;
    uint64_t size;
    str etag;          /* without quotes: 32 hex digits, or those and "-N" */
    str storage_class; /* empty: STANDARD */
    str owner;         /* account */
    enum s3_sum sum;
    enum s3_sum_type sum_type;
    str sum_raw;
    unsigned n_parts;          /* of a multipart upload; 0: a single PUT */
    str upload_id;             /* the upload that made it; empty otherwise */
    str headers[S3_N_HEADERS]; /* absent when not given */
    str metadata;              /* packed pairs, s3_pairs_next */
    str tags;                  /* packed pairs */
    str bodies;                /* packed list, s3_body_next; empty with S3_OBJECT_BODY_ROW */
};

/* Appends the row. */
void s3_object_write(struct buf *row, const struct s3_object *object);
/* False: damaged, or of a later format. */
bool s3_object_read(str row, struct s3_object *ret_object);

static inline bool s3_object_is_marker(const struct s3_object *o) {
    return (o->flags & S3_OBJECT_MARKER) != 0;
}
/* "null", or the id; out is where the latter is written. */
str s3_object_version_id(const struct s3_object *object, char out[S3_ID_LEN + 1]);
/* Whole seconds, as every answer of S3 shows it. */
static inline int64_t s3_object_mtime_s(const struct s3_object *o) { return o->mtime_ms / 1000; }

/* Packed pairs of texts: user metadata, tags. Appends one; order and doubles are the caller's. */
void s3_pairs_add(struct buf *packed, str name, str value);
/*
 * for (struct cur at = cur_of(o.tags); s3_pairs_next(&at, &name, &value);) False at the end, and
 * where the rest is damaged: at->bad tells.
 */
bool s3_pairs_next(struct cur *at, str *ret_name, str *ret_value);
/* Entries that can be read. */
size_t s3_pairs_count(str packed);

/*
 * One stored body: a whole object, or one part of it. Bodies follow each other in the order of the
 * object's bytes.
 */
struct s3_body {
    unsigned part; /* its number in the multipart upload; 1 for a single PUT */
    uint64_t size;
    str sum_raw; /* the part's own checksum, of the object's algorithm; may be empty */
    str ref;     /* blob reference; empty for no bytes */
};
/* Appends one to a packed list. False of s3_body_next: the end, or damage (at->bad). */
void s3_body_add(struct buf *packed, const struct s3_body *body);
bool s3_body_next(struct cur *at, struct s3_body *ret_body);
/* True when every entry of the list could be read and their sizes add up to size. */
bool s3_bodies_are_whole(str packed, uint64_t size);

/* Body lists up to this many bytes stay in the object's row. */
enum { S3_BODIES_INLINE = 512 };
