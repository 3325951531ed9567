#pragma once
/*
 * What an in-process call answered, compared as documents written the way cloud_doc reads them.
 *
 *   check_answer(c, "{'A':[1]}")     the whole answer, nothing more and nothing less
 *   check_at(c, "A.0", "1")          the value at a path; "" for want: there is none
 *   text_at(c, "A.0")                the string at a path
 *   check_refusals(c, call, table)   rows of operation, input, error code and message
 */
#include "lib/cloud.h"

/* The value at a path of names and indices, or NULL. */
static inline const json_t *json_at(const json_t *from, const char *path) {
    str part, rest = str_c(path);
    while (from && rest.p && path[0]) {
        int64_t index = 0;
        str_cut(rest, '.', &part, &rest);
        if (json_is_array(from) && str_to_i64(part, &index))
            from = json_array_get(from, (size_t)index);
        else
            from = json_object_getn(from, part.p, part.len);
    }
    return from;
}

static inline void check_doc(const json_t *got, const char *want, const char *what,
                             const char *file, int line) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP_JSON json_t *wanted = *want ? cloud_doc(want) : NULL;
    if (got == wanted || (got && wanted && json_equal(got, wanted)))
        return;
    if (got)
        json_write(&text, got);
    CHECK_FAILED(file, line, "%s is\n  %s\nand not\n  %s\n", what,
                 got ? buf_cstr(&text) : "not there", *want ? want : "absent");
}
#define check_answer(c, want) check_doc((c)->call.out, (want), "the answer", __FILE__, __LINE__)
#define check_at(c, path, want)                                                                    \
    check_doc(json_at((c)->call.out, (path)), (want), (path), __FILE__, __LINE__)

static inline str text_at(struct cloud *c, const char *path) {
    return json_text(json_at(c->call.out, path));
}

/* code "": it is done. message NULL: any. */
struct refusal {
    const char *op, *in, *code, *message;
};
typedef const char *call_fn(struct cloud *c, const char *op, const char *in);

static inline void check_rows(struct cloud *c, call_fn *call, const struct refusal *rows, size_t n,
                              const char *file, int line) {
    for (size_t i = 0; i < n; i++) {
        const char *code = call(c, rows[i].op, rows[i].in),
                   *message = buf_cstr(&c->call.error_message);
        if (strcmp(code, rows[i].code) != 0 ||
            (rows[i].message && strcmp(message, rows[i].message) != 0))
            CHECK_FAILED(file, line, "%s %.300s:\ngot  %s: %s\nwant %s: %s\n", rows[i].op,
                         rows[i].in, code, message, rows[i].code,
                         rows[i].message ? rows[i].message : "any");
    }
}
#define check_refusals(c, call, rows)                                                              \
    check_rows((c), (call), (rows), ARRAY_LEN(rows), __FILE__, __LINE__)

/* n times c, for values at their limit. The caller frees the text. */
static inline struct buf many(size_t n, char c) {
    struct buf out = {0};
    for (size_t i = 0; i < n; i++)
        buf_char(&out, c);
    return out;
}
