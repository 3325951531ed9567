/* Reading bodies frame by frame, and the scrub. */
#include "store/blob_priv.h"
#include "store/key.h"
#include "store/store_priv.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct blob_reader {
    const struct seal_key *key;
    int fd; /* -1: an inline body, whole in `frame` */
    char id[BLOB_ID];
    uint64_t size;
    struct buf frame; /* plain bytes of frame `at` */
    uint64_t at;      /* UINT64_MAX: none */
    char *sealed;
};

static int open_inline(struct blob_reader *r, const struct blob_ref *ref, struct err *err) {
    r->at = 0;
    if (ref->plain.p) {
        buf_str(&r->frame, ref->plain);
        return 0;
    }
    if (unseal_value(r->key, ref->sealed, ref->id, &r->frame))
        return err_set(err, STORE_E_DAMAGED, "a body inside its row does not verify");
    return 0;
}

static ssize_t read_at(int fd, char *p, size_t n, uint64_t offset) {
    size_t got = 0;
    while (got < n) {
        ssize_t r = pread(fd, p + got, n - got, (off_t)(offset + got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -errno;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

static int open_file(struct store *store, struct blob_reader *r, const struct blob_ref *ref,
                     struct err *err) {
    char name[BLOB_NAME], head[BLOB_HEAD];
    blob_name(name, ref->id);
    r->fd = openat(store->blob_fd, name, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 && errno == ENOENT)
        return err_set(err, STORE_E_ABSENT, "body %s is gone", name);
    if (r->fd < 0)
        return err_sys(err, -errno, "open body %s", name);
    ssize_t got = read_at(r->fd, head, sizeof head, 0);
    if (got < 0)
        return err_sys(err, (int)got, "read body %s", name);
    if (got < BLOB_HEAD || blob_head_check(head, r->key, ref->key_id, ref->id, ref->size))
        return err_set(err, STORE_E_DAMAGED, "the envelope of body %s does not verify", name);
    r->sealed = mem_alloc(BLOB_SEALED_FRAME);
    return 0;
}

int blob_open(struct store *store, str ref, struct blob_reader **ret_reader, struct err *err) {
    struct blob_ref parsed;
    if (!blob_ref_parse(ref, &parsed))
        return err_set(err, STORE_E_DAMAGED, "not a reference to a body");
    CLEANUP(blob_reader) struct blob_reader *r = mem_new(struct blob_reader);
    r->fd = -1;
    r->at = UINT64_MAX;
    r->size = parsed.size;
    if (parsed.id.p)
        memcpy(r->id, parsed.id.p, BLOB_ID);
    int e = parsed.plain.p ? 0 : seal_key_get(store, parsed.key_id, &r->key, err);
    if (e == STORE_E_ABSENT)
        return err_set(err, STORE_E_KEY, "the data key of a body is gone");
    if (e == 0)
        e = parsed.is_file ? open_file(store, r, &parsed, err) : open_inline(r, &parsed, err);
    if (e == 0)
        *ret_reader = STEAL(r);
    return e;
}

struct blob_reader *blob_reader_free(struct blob_reader *r) {
    if (!r)
        return NULL;
    fd_closep(&r->fd);
    buf_deinit(&r->frame);
    free(r->sealed);
    free(r);
    return NULL;
}

/* Frame index, verified, to out (its plain length). 0, -EBADMSG or -errno. */
static int read_frame(struct blob_reader *r, uint64_t index, char *out) {
    char aad[BLOB_AAD];
    size_t n = blob_frame_len(r->size, index);
    ssize_t got = read_at(r->fd, r->sealed, n + SEAL_OVERHEAD, blob_frame_at(index));
    if (got < 0)
        return (int)got;
    blob_frame_aad(aad, r->id, index, index + 1 == blob_frames(r->size));
    if ((size_t)got != n + SEAL_OVERHEAD ||
        !unseal_raw(r->key, r->sealed, n, str_n(aad, sizeof aad), out))
        return -EBADMSG;
    return 0;
}

static int load_frame(struct blob_reader *r, uint64_t index) {
    if (r->at == index)
        return 0;
    r->at = UINT64_MAX;
    buf_clear(&r->frame);
    int e = read_frame(r, index, buf_reserve(&r->frame, BLOB_FRAME));
    if (e)
        return e;
    r->frame.len = blob_frame_len(r->size, index);
    r->at = index;
    return 0;
}

ssize_t blob_read(struct blob_reader *r, uint64_t offset, void *p, size_t n) {
    char *out = p;
    if (offset >= r->size)
        return 0;
    if (n > r->size - offset)
        n = (size_t)(r->size - offset);
    for (size_t done = 0; done < n;) {
        uint64_t index = r->fd < 0 ? 0 : (offset + done) / BLOB_FRAME;
        size_t in_frame = (size_t)(offset + done - index * BLOB_FRAME);
        size_t whole = blob_frame_len(r->size, index);
        /* A frame that is wanted whole needs no copy. */
        if (r->fd >= 0 && in_frame == 0 && n - done >= whole && r->at != index) {
            int e = read_frame(r, index, out + done);
            if (e)
                return e;
            done += whole;
            continue;
        }
        int e = load_frame(r, index);
        if (e)
            return e;
        size_t take = r->frame.len - in_frame < n - done ? r->frame.len - in_frame : n - done;
        memcpy(out + done, r->frame.p + in_frame, take);
        done += take;
    }
    return (ssize_t)n;
}

/* ---- Scrub ---- */
static int verify_all(struct store *store, str ref, struct err *err) {
    CLEANUP(blob_reader) struct blob_reader *r = NULL;
    int e = blob_open(store, ref, &r, err);
    if (e || !r)
        return e;
    for (uint64_t i = 0; e == 0 && i < blob_frames(r->size); i++)
        e = load_frame(r, i);
    return e == -EBADMSG ? STORE_E_DAMAGED : e;
}

static void count(struct blob_scrub *ret, int e, str id, void (*found)(void *ctx, str name),
                  void *ctx) {
    char name[BLOB_NAME];
    ret->files++;
    ret->missing += e == STORE_E_ABSENT;
    ret->damaged += e && e != STORE_E_ABSENT;
    if (e == 0 || !found)
        return;
    blob_name(name, id);
    found(ctx, str_c(name));
}

int blob_scrub(struct store *store, struct blob_scrub *ret, void (*found)(void *ctx, str name),
               void *ctx, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0}, now = {0};
    blob_keep_key(&from, STR_NONE);
    buf_str(&to, buf_view(&from));
    key_after(&to);
    *ret = (struct blob_scrub){0};
    CLEANUP(store_iter)
    struct store_iter *it =
        store_iter_new(store, NULL, STORE_META, buf_view(&from), buf_view(&to), false);
    while (store_iter_next(it)) {
        struct blob_ref ref;
        str id = str_skip(it->key, from.len);
        if (id.len != BLOB_ID)
            continue;
        int e = blob_ref_parse(it->value, &ref) && str_eq(ref.id, id)
                    ? verify_all(store, it->value, err)
                    : STORE_E_DAMAGED;
        /* The walk sees the past: a body dropped since it began is no loss. */
        if (e && store_get(store, NULL, STORE_META, it->key, &now) == STORE_E_ABSENT)
            continue;
        count(ret, e, id, found, ctx);
    }
    int e = store_iter_fault(it);
    return e ? err_sys(err, e, "read the rows of kept bodies") : 0;
}
