/* Keys and documents of IAM's rows, the account's generation, and secrets under seal. */
#include "base/ascii.h"
#include "base/codec.h"
#include "base/rand.h"
#include "svc/iam/iam_priv.h"

static void key_lower(struct buf *key, str name) {
    CLEANUP_DEINIT(buf) struct buf lower = {0};
    buf_str(&lower, name);
    ascii_lower_all(lower.p, lower.len);
    key_str(key, buf_view(&lower));
}

void iam_key_named(struct buf *key, const char *kind, str account, str name) {
    key_begin(key, kind);
    key_str(key, account);
    if (name.p)
        key_lower(key, name);
}

void iam_key_plain(struct buf *key, const char *kind, str part) {
    key_begin(key, kind);
    key_str(key, part);
}

struct store_iter *iam_rows(struct rq *rq, const char *kind, str name) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    iam_key_named(&from, kind, rq->account, name);
    return store_iter_below(rq_store(rq), rq_snap(rq), STORE_META, buf_view(&from));
}

static void bump(void *ctx) {
    struct iam_svc *iam = ctx;
    iam->generation++;
}

int iam_touch(struct rq *rq) {
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_DEINIT(buf) struct buf fresh = {0};
    iam_key_plain(&row.key, "iam.generation", rq->account);
    int r = rq_row_get(rq, &row);
    if (r && r != STORE_E_ABSENT)
        return r;
    struct cur c = cur_of(buf_view(&row.bytes));
    buf_u64(&fresh, r ? 1 : cur_u64(&c) + 1);
    row_put(rq_rows(rq), &row, buf_view(&fresh));
    store_after(rq_batch(rq), bump, rq->svc);
    return 0;
}

int iam_list_none(struct rq *rq, const char *list) {
    rq->out = json_object();
    json_set(rq->out, list, json_array());
    json_set_bool(rq->out, "IsTruncated", false);
    return 0;
}

static int by_text(const void *a, const void *b) {
    return str_cmp(*(const str *)a, *(const str *)b);
}

str *iam_sorted(struct rq *rq, const json_t *names, size_t *ret_n) {
    size_t n = 0, most = json_is_array(names) ? json_array_size(names) : json_object_size(names);
    str *sorted = arena_alloc(&rq->arena, (most + 1) * sizeof *sorted);
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)names, name, value)
        sorted[n++] = arena_str(&rq->arena, str_c(name));
    for (; json_is_array(names) && n < most; n++)
        sorted[n] = arena_str(&rq->arena, json_text(json_array_get(names, n)));
    qsort(sorted, n, sizeof *sorted, by_text);
    *ret_n = n;
    return sorted;
}

json_t *iam_uri_text(str text) {
    CLEANUP_DEINIT(buf) struct buf out = {0};
    codec_add_uri(&out, text, false);
    return json_of_str(buf_view(&out));
}

/* ---- Secrets ---- */

/*
 * 40 letters and digits, 238 bits. AWS's also hold '/' and '+', which nothing needs and which
 * configuration files of clients have been known to mangle.
 */
void iam_make_secret(char out[41]) {
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    enum { N = sizeof alphabet - 1, FAIR = 256 / N * N };
    for (size_t n = 0; n < 40;) {
        unsigned char b;
        rand_bytes(&b, 1);
        if (b < FAIR)
            out[n++] = alphabet[b % N];
    }
    out[40] = '\0';
}
