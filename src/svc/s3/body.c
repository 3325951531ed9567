/*
 * svc/s3: reading stored bodies as one run of bytes. An open body stays readable, whatever happens
 * to the object, so the first ones are opened at once: a missing file is then an answer and not a
 * cut connection, and an overwrite does not disturb who reads. Bodies further behind are opened as
 * the client gets there (descriptors are few), and a GET that meets an overwrite there is cut.
 */
#include "base/json.h"
#include "store/blob.h"
#include "svc/s3/s3_priv.h"

#include <errno.h>

enum { AHEAD = 8 };

struct s3_body_reader {
    struct store *store;
    struct buf whose; /* what messages begin with */
    struct buf why;   /* the message, once a read has failed */
    unsigned part;    /* the open body's number in its multipart upload; 0: there was none */
    bool multipart;
    struct buf bodies; /* own copy */
    struct cur next;   /* what was not opened yet */
    struct blob_reader *open;
    uint64_t base; /* offset of the open body in the whole */
    uint64_t open_size;
    uint64_t first, n;                /* what is served */
    struct blob_reader *ahead[AHEAD]; /* of the next bodies that have bytes, in order */
    unsigned n_ahead, taken;
};

/* ---- Words ---- */
void s3_whose_add(struct buf *out, const struct s3_whose *whose) {
    buf_c(out, "bucket ");
    json_add_quoted(out, whose->bucket);
    buf_c(out, ", key ");
    json_add_quoted(out, whose->key);
    buf_printf(out, ", version " STR_FMT, STR_ARG(whose->version));
}

/* Makes the reader's message. Returns r. */
static int fail(struct s3_body_reader *reader, unsigned part, int r, const struct blob_why *why) {
    buf_clear(&reader->why);
    buf_str(&reader->why, buf_view(&reader->whose));
    if (reader->multipart)
        buf_printf(&reader->why, ", part %u", part);
    buf_c(&reader->why, ": ");
    blob_why_add(&reader->why, why);
    if (!why->passing)
        buf_c(&reader->why, ", or delete this version");
    return r;
}

static int fail_list(struct s3_body_reader *reader) {
    const struct blob_why why = {.what = "has a list of bodies that is too short",
                                 .todo = "restore DATA as a whole from a copy"};
    return fail(reader, reader->part, STORE_E_DAMAGED, &why);
}

str s3_body_reader_why(const struct s3_body_reader *reader) { return buf_view(&reader->why); }

/* ---- Moving ---- */
/* Opens the body behind the current one. */
static int open_next(struct s3_body_reader *reader) {
    struct s3_body body;
    struct blob_why why;
    reader->base += reader->open_size;
    reader->open = blob_reader_free(reader->open);
    reader->open_size = 0;
    if (!s3_body_next(&reader->next, &body))
        return fail_list(reader);
    reader->open_size = body.size;
    reader->part = body.part;
    if (body.size == 0)
        return 0;
    if (reader->taken < reader->n_ahead) {
        reader->open = STEAL(reader->ahead[reader->taken]);
        reader->taken++;
        return 0;
    }
    int r = blob_open(reader->store, body.ref, &reader->open, &why);
    return r ? fail(reader, reader->part, r, &why) : 0;
}

/*
 * The bodies behind the current one, as far as they are served: what is known to be lost is told
 * before the answer begins. 0, or as blob_open; where there is no descriptor to be had it is tried
 * again then.
 */
static int open_ahead(struct s3_body_reader *reader) {
    uint64_t at = reader->base + reader->open_size, end = reader->first + reader->n;
    struct s3_body body;
    struct blob_why why;
    for (struct cur peek = reader->next;
         at < end && reader->n_ahead < AHEAD && s3_body_next(&peek, &body); at += body.size) {
        if (body.size == 0)
            continue;
        int r = blob_open(reader->store, body.ref, &reader->ahead[reader->n_ahead], &why);
        if (r < 0 && why.passing)
            return 0;
        if (r)
            return fail(reader, body.part, r, &why);
        reader->n_ahead++;
    }
    return 0;
}

/* The body that holds offset. Only forward: answers are streamed in order. */
static int move_to(struct s3_body_reader *reader, uint64_t offset) {
    while (offset >= reader->base + reader->open_size) {
        /* Bodies before the range are skipped by their size alone. */
        struct cur peek = reader->next;
        struct s3_body body;
        uint64_t after = reader->base + reader->open_size;
        while (s3_body_next(&peek, &body) && offset >= after + body.size) {
            after += body.size;
            reader->next = peek;
            reader->base = after;
            reader->open_size = 0;
        }
        int r = open_next(reader);
        if (r)
            return r;
    }
    return 0;
}

/* The first byte's frame, so that an answer begins with bytes that are there and whole. */
static int begin(struct s3_body_reader *reader) {
    struct blob_why why;
    int r = move_to(reader, reader->first);
    if (r || !reader->open)
        return r;
    r = blob_verify(reader->open, reader->first - reader->base, &why);
    return r ? fail(reader, reader->part, r == -EBADMSG ? STORE_E_DAMAGED : r, &why) : 0;
}

int s3_body_reader_new(struct store *store, str bodies, const struct s3_span *span,
                       const struct s3_whose *whose, struct s3_body_reader **ret_reader,
                       struct buf *reterr_why) {
    CLEANUP(s3_body_reader) struct s3_body_reader *reader = mem_new(struct s3_body_reader);
    reader->store = store;
    reader->multipart = whose->multipart;
    s3_whose_add(&reader->whose, whose);
    buf_str(&reader->bodies, bodies);
    reader->next = cur_of(buf_view(&reader->bodies));
    reader->first = span->first;
    reader->n = span->n;
    int r = span->n > 0 ? begin(reader) : 0;
    r = r ? r : open_ahead(reader);
    if (r) {
        buf_str(reterr_why, buf_view(&reader->why));
        return r;
    }
    *ret_reader = STEAL(reader);
    return 0;
}

ssize_t s3_body_reader_read(struct s3_body_reader *reader, uint64_t offset, void *p, size_t n) {
    struct blob_why why;
    if (offset >= reader->n)
        return 0;
    if (n > reader->n - offset)
        n = (size_t)(reader->n - offset);
    uint64_t at = reader->first + offset;
    int r = move_to(reader, at);
    if (r)
        return r < 0 ? r : -EBADMSG;
    uint64_t inside = at - reader->base;
    if (n > reader->open_size - inside)
        n = (size_t)(reader->open_size - inside);
    ssize_t got = blob_read(reader->open, inside, p, n, &why);
    if (got < 0)
        return fail(reader, reader->part, (int)got, &why);
    if (got == 0) /* shorter than its row says */
        fail_list(reader);
    return got ? got : -EBADMSG;
}

struct s3_body_reader *s3_body_reader_free(struct s3_body_reader *reader) {
    if (!reader)
        return NULL;
    blob_reader_free(reader->open);
    for (unsigned i = reader->taken; i < reader->n_ahead; i++)
        blob_reader_free(reader->ahead[i]);
    buf_deinit(&reader->bodies);
    buf_deinit(&reader->whose);
    buf_deinit(&reader->why);
    free(reader);
    return NULL;
}
