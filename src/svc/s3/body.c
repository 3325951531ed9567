/*
 * svc/s3: reading stored bodies as one run of bytes. An open body stays readable, whatever happens
 * to the object, so the first ones are opened at once: a missing file is then an answer and not a
 * cut connection, and an overwrite does not disturb who reads. Bodies further behind are opened as
 * the client gets there (descriptors are few), and a GET that meets an overwrite there is cut.
 */
#include "store/blob.h"
#include "svc/s3/s3_priv.h"

#include <errno.h>

enum { AHEAD = 8 };

struct s3_body_reader {
    struct store *store;
    struct buf bodies; /* own copy */
    struct cur next;   /* what was not opened yet */
    struct blob_reader *open;
    uint64_t base; /* offset of the open body in the whole */
    uint64_t open_size;
    uint64_t first, n;                /* what is served */
    struct blob_reader *ahead[AHEAD]; /* of the next bodies that have bytes, in order */
    unsigned n_ahead, taken;
};

/* Opens the body behind the current one. */
static int open_next(struct s3_body_reader *reader, struct err *err) {
    struct s3_body body;
    reader->base += reader->open_size;
    reader->open = blob_reader_free(reader->open);
    reader->open_size = 0;
    if (!s3_body_next(&reader->next, &body))
        return err_set(err, STORE_E_DAMAGED, "the list of bodies is too short");
    reader->open_size = body.size;
    if (body.size == 0)
        return 0;
    if (reader->taken < reader->n_ahead) {
        reader->open = STEAL(reader->ahead[reader->taken]);
        reader->taken++;
        return 0;
    }
    return blob_open(reader->store, body.ref, &reader->open, err);
}

/*
 * The bodies behind the current one, as far as they are served. What cannot be opened now is tried
 * again then.
 */
static void open_ahead(struct s3_body_reader *reader) {
    uint64_t at = reader->base + reader->open_size, end = reader->first + reader->n;
    struct s3_body body;
    for (struct cur peek = reader->next;
         at < end && reader->n_ahead < AHEAD && s3_body_next(&peek, &body); at += body.size) {
        if (body.size == 0)
            continue;
        if (blob_open(reader->store, body.ref, &reader->ahead[reader->n_ahead], NULL))
            return;
        reader->n_ahead++;
    }
}

/* The body that holds offset. Only forward: answers are streamed in order. */
static int move_to(struct s3_body_reader *reader, uint64_t offset, struct err *err) {
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
        int r = open_next(reader, err);
        if (r)
            return r;
    }
    return 0;
}

int s3_body_reader_new(struct store *store, str bodies, uint64_t first, uint64_t n,
                       struct s3_body_reader **ret_reader, struct err *err) {
    CLEANUP(s3_body_reader) struct s3_body_reader *reader = mem_new(struct s3_body_reader);
    reader->store = store;
    buf_str(&reader->bodies, bodies);
    reader->next = cur_of(buf_view(&reader->bodies));
    reader->first = first;
    reader->n = n;
    int r = n > 0 ? move_to(reader, first, err) : 0;
    if (r)
        return r;
    open_ahead(reader);
    *ret_reader = STEAL(reader);
    return 0;
}

ssize_t s3_body_reader_read(void *ctx, uint64_t offset, void *p, size_t n) {
    struct s3_body_reader *reader = ctx;
    if (offset >= reader->n)
        return 0;
    if (n > reader->n - offset)
        n = (size_t)(reader->n - offset);
    uint64_t at = reader->first + offset;
    int r = move_to(reader, at, NULL);
    if (r)
        return r < 0 ? r : -EBADMSG;
    uint64_t inside = at - reader->base;
    if (n > reader->open_size - inside)
        n = (size_t)(reader->open_size - inside);
    ssize_t got = blob_read(reader->open, inside, p, n);
    return got == 0 ? -EBADMSG : got; /* shorter than its row says */
}

struct s3_body_reader *s3_body_reader_free(struct s3_body_reader *reader) {
    if (!reader)
        return NULL;
    blob_reader_free(reader->open);
    for (unsigned i = reader->taken; i < reader->n_ahead; i++)
        blob_reader_free(reader->ahead[i]);
    buf_deinit(&reader->bodies);
    free(reader);
    return NULL;
}
