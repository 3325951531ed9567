/*
 * svc/s3: a body on its way in. The bytes go to a blob writer and past the digest; they become
 * visible only with the row that refers to them. Whatever happens to the request, on_done gives
 * back what was not committed.
 */
#include "base/codec.h"
#include "store/blob.h"
#include "svc/s3/digest.h"
#include "svc/s3/s3_priv.h"

static void release(void *ctx) {
    struct s3_upload *u = ctx;
    blob_writer_free(u->writer);
    s3_digest_free(u->digest);
    /*
     * After a failed write or sync nobody knows what reached the disk: the row may be there after
     * all. Then the body stays, and the sweep at the next start decides.
     */
    if (u->finished && !u->committed && !store_is_readonly(u->svc->store, NULL))
        blob_discard(u->svc->store, buf_view(&u->ref));
    buf_deinit(&u->ref);
    free(u);
}

int s3_upload_new(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                  enum s3_sum own_sum, uint64_t expected, struct s3_upload **ret_upload) {
    struct s3_upload *u = mem_new(struct s3_upload);
    rq_on_done(rq, release, u);
    u->svc = svc;
    u->own_sum = own_sum;
    u->most = S3_MAX_PUT;
    u->digest = s3_digest_new(svc->hashers, own_sum, expected);
    struct err why = {""};
    int r = blob_create(svc->store, str_n(bucket->row.key_id, SEAL_KEY_ID_LEN), expected,
                        &u->writer, &why);
    if (r)
        return s3_fault(rq, r, why.text);
    *ret_upload = u;
    return 0;
}

/* The lot under way is over, and more bytes follow: they are sealed while a hasher has them. */
static int pass_on(struct s3_upload *u, struct rq *rq) {
    struct err why = {""};
    str lot = s3_digest_next(u->digest);
    int r = blob_write_on(u->writer, lot.p, lot.len, &why);
    return r ? s3_fault(rq, r, why.text) : 0;
}

int s3_upload_write(struct s3_upload *u, struct rq *rq, const void *p, size_t n) {
    if (n > u->most - u->size)
        return aws_fail(rq, &S3_EntityTooLarge, NULL);
    u->size += n;
    for (;;) {
        size_t taken = s3_digest_fill(u->digest, p, n);
        p = (const char *)p + taken;
        n -= taken;
        if (n == 0)
            return 0;
        int r = pass_on(u, rq);
        if (r)
            return r;
    }
}

/* The last lot: it is on its way to the hashers. */
static str last_lot(struct s3_upload *u) {
    if (!u->last.p)
        u->last = s3_digest_next(u->digest);
    return u->last;
}

static void end_digest(struct s3_upload *u) {
    last_lot(u);
    if (!u->hashed)
        s3_digest_finish(u->digest, u->md5, u->sum_raw);
    u->hashed = true;
}

/* The checksum that goes with the object: our own, or what the client sent and aws has verified. */
static int read_sum(struct s3_upload *u, struct rq *rq) {
    str sent = rq->payload.checksum_algorithm;
    u->sum = u->own_sum;
    if (u->sum != S3_SUM_NONE || !sent.p)
        return 0;
    u->sum = s3_sum_by_name(sent);
    if (u->sum == S3_SUM_NONE || s3_sum_decode(u->sum, rq->payload.checksum_value, u->sum_raw))
        return 0;
    return aws_fail(rq, &S3_InvalidRequest,
                    "Value for x-amz-checksum-" STR_FMT " header is invalid.", STR_ARG(sent));
}

/* The last bytes, and the sync. No bytes, no blob. */
static int finish_blob(struct s3_upload *u, struct rq *rq) {
    struct err why = {""};
    if (u->size == 0) {
        u->committed = true;
        return 0;
    }
    str lot = last_lot(u);
    int r = blob_finish_with(STEAL(u->writer), lot.p, lot.len, &u->ref, &why);
    return r ? s3_fault(rq, r, why.text) : 0;
}

int s3_upload_finish(struct s3_upload *u, struct rq *rq) {
    if (u->finished)
        return 0;
    int r = read_sum(u, rq);
    if (!r)
        r = finish_blob(u, rq);
    if (r)
        return r;
    u->finished = true;
    end_digest(u);
    codec_hex(u->etag, u->md5, sizeof u->md5);
    u->etag[32] = '\0';
    return 0;
}

static void mark_committed(void *upload) { ((struct s3_upload *)upload)->committed = true; }

void s3_upload_keep(struct s3_upload *u, struct rq *rq) {
    if (u->size == 0)
        return;
    blob_keep(rq_batch(rq), buf_view(&u->ref));
    store_after(rq_batch(rq), mark_committed, u);
}

/* ---- The sink of streamed rows ---- */
static int sink(void *stream, struct rq *rq, const void *p, size_t n) {
    return s3_upload_write(stream, rq, p, n);
}

static void sink_md5(void *stream, unsigned char md5[MD5_LEN]) {
    struct s3_upload *u = stream;
    end_digest(u);
    memcpy(md5, u->md5, MD5_LEN);
}

enum s3_sum s3_client_sum(struct rq *rq) {
    static const str head = S_INIT("x-amz-checksum-");
    str value, trailer = str_trim(rq_header(rq, "x-amz-trailer"));
    if (!rq->net) /* calls from inside bring bytes, and nothing that was verified */
        return S3_SUM_NONE;
    enum s3_sum sum = s3_sum_of(rq->in, &value);
    if (sum != S3_SUM_NONE || !str_starts_nocase(trailer, head))
        return sum;
    for (int i = S3_SUM_NONE + 1; i < S3_N_SUMS; i++)
        if (str_eq_nocase(str_skip(trailer, head.len), str_c(s3_sum_rows[i].name)))
            return (enum s3_sum)i;
    return S3_SUM_NONE;
}

int s3_upload_open(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                   enum s3_sum own_sum) {
    struct s3_upload *upload = NULL;
    int r = s3_upload_new(svc, rq, bucket, own_sum, rq->payload.size, &upload);
    if (r)
        return r;
    rq->stream = upload;
    aws_set_sink(rq, sink, upload);
    aws_set_sink_md5(rq, sink_md5);
    return 0;
}
