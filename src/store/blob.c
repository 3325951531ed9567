/* Writing bodies, and the rows that keep their files. */
#include "store/blob_priv.h"
#include "store/fault.h"
#include "store/store_priv.h"

#include "base/io.h"
#include "base/rand.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum {
    PUSH_EVERY = 16 * BLOB_FRAME, /* start writing back this often, so that the sync is short */
    NAMED_FIRST = PUSH_EVERY,     /* bytes of the largest body that is named before its sync */
};

/*
 * Plain bytes wait in `plain` until more of them arrive, because the last frame is sealed as such.
 * A file is made when they outgrow BLOB_INLINE.
 */
struct blob_writer {
    struct store *store;
    const struct seal_key *key;
    char key_id[SEAL_KEY_ID_LEN], id[BLOB_ID];
    int fd;
    uint64_t size, frames;
    struct buf plain;
    char *sealed; /* one frame */
    bool failed;
};

int blob_create(struct store *store, str key_id, uint64_t expected, struct blob_writer **ret_writer,
                struct err *err) {
    const struct seal_key *key;
    if (store_is_readonly(store, err))
        return STORE_E_READONLY;
    if (!store_space_has(&store->space, expected))
        return err_set(err, STORE_E_FULL, "free space under %s is below the reserve", store->data);
    int r = seal_key_get(store, key_id, &key, err);
    if (r)
        return r;
    struct blob_writer *w = mem_new(struct blob_writer);
    w->store = store;
    w->key = key;
    w->fd = -1;
    memcpy(w->key_id, key_id.p, SEAL_KEY_ID_LEN);
    rand_bytes(w->id, BLOB_ID);
    *ret_writer = w;
    return 0;
}

static str id_of(const struct blob_writer *w) { return str_n(w->id, BLOB_ID); }

static int write_fault(struct blob_writer *w, int r, struct err *err) {
    w->failed = true;
    if (r == -ENOSPC || r == -EDQUOT)
        return err_set(err, STORE_E_FULL, "no space for a body under %s", w->store->blob_path);
    return err_sys(err, r, "write a body under %s", w->store->blob_path);
}

static int open_file(struct blob_writer *w, struct err *err) {
    char head[BLOB_HEAD] = {0}; /* its place; the size is known at the end */
    int r = blob_file_new(w->store, id_of(w), &w->fd, err);
    if (r) {
        w->failed = true;
        return r;
    }
    w->sealed = mem_alloc(BLOB_SEALED_FRAME);
    r = io_write_full(w->fd, head, sizeof head);
    return r ? write_fault(w, r, err) : 0;
}

static int write_frame(struct blob_writer *w, const char *p, size_t n, bool last, struct err *err) {
    char aad[BLOB_AAD];
    if (!store_space_has(&w->store->space, n)) {
        w->failed = true;
        return err_set(err, STORE_E_FULL, "free space under %s is below the reserve",
                       w->store->data);
    }
    blob_frame_aad(aad, w->id, w->frames, last);
    seal_raw(w->key, p, n, str_n(aad, sizeof aad), w->sealed);
    int r = io_write_full(w->fd, w->sealed, n + SEAL_OVERHEAD);
    if (r)
        return write_fault(w, r, err);
    store_space_used(&w->store->space, n + SEAL_OVERHEAD);
    uint64_t end = blob_frame_at(++w->frames);
    if (w->frames % (PUSH_EVERY / BLOB_FRAME) == 0)
        sync_file_range(w->fd, (off_t)(end - PUSH_EVERY), PUSH_EVERY, SYNC_FILE_RANGE_WRITE);
    return 0;
}

/*
 * Whole frames of p that are surely not the last; what stays goes to w->plain. goes_on: more bytes
 * follow.
 */
static int write_many(struct blob_writer *w, const char *p, size_t n, bool goes_on,
                      struct err *err) {
    while (n > 0) {
        size_t room = BLOB_FRAME - w->plain.len;
        if (room == 0 || (w->plain.len == 0 && n + goes_on > BLOB_FRAME)) {
            bool direct = w->plain.len == 0;
            int r = write_frame(w, direct ? p : w->plain.p, BLOB_FRAME, false, err);
            if (r)
                return r;
            buf_clear(&w->plain);
            p += direct ? BLOB_FRAME : 0;
            n -= direct ? BLOB_FRAME : 0;
            continue;
        }
        size_t take = n < room ? n : room;
        buf_add(&w->plain, p, take);
        p += take;
        n -= take;
    }
    return 0;
}

static int write_some(struct blob_writer *w, const void *p, size_t n, bool goes_on,
                      struct err *err) {
    if (w->failed)
        return err_set(err, -EIO, "an earlier write of this body failed");
    w->size += n;
    if (w->fd < 0 && w->size <= BLOB_INLINE) {
        buf_add(&w->plain, p, n);
        return 0;
    }
    int r = w->fd < 0 ? open_file(w, err) : 0;
    return r ? r : write_many(w, p, n, goes_on, err);
}

int blob_write(struct blob_writer *w, const void *p, size_t n, struct err *err) {
    return write_some(w, p, n, false, err);
}

int blob_write_on(struct blob_writer *w, const void *p, size_t n, struct err *err) {
    return write_some(w, p, n, true, err);
}

static void add_ref(const struct blob_writer *w, struct buf *ref) {
    buf_char(ref, 'F');
    buf_add(ref, w->key_id, SEAL_KEY_ID_LEN);
    buf_add(ref, w->id, BLOB_ID);
    buf_varint(ref, w->size);
}

/* The row that the reference lies in is sealed. */
static void add_inline(str plain, struct buf *ref) {
    enum { MARK_AND_SIZE = 16 };
    buf_reserve(ref, plain.len + MARK_AND_SIZE);
    buf_char(ref, 'P');
    buf_varint(ref, plain.len);
    buf_str(ref, plain);
}

static int sync_data(struct blob_writer *w, struct err *err) {
    if (store_fault_once(STORE_FAULT_FAIL_BLOB_SYNC))
        return write_fault(w, -EIO, err);
    if (!store_fault_on(STORE_FAULT_SKIP_BLOB_SYNC) && fdatasync(w->fd) < 0)
        return write_fault(w, -errno, err);
    return 0;
}

/*
 * The name comes before the syncs, of the file and then of its folder: where a file system keeps one
 * journal (ext4, XFS), the first makes both durable and the second finds nothing left to do. A file
 * whose bytes a power cut has taken is owned by no row, whatever its name; but the next start sets it
 * aside and keeps it for days, so that is for files that are small and soon synced. A large one has no
 * name until its bytes are durable, and an end in the middle leaves nothing of it.
 */
static int name_and_sync(struct blob_writer *w, struct err *err) {
    bool named_first = w->size <= NAMED_FIRST;
    int r = named_first ? 0 : sync_data(w, err);
    if (!r)
        r = blob_file_link(w->store, id_of(w), w->fd, err);
    if (r)
        return r;
    r = named_first ? sync_data(w, err) : 0;
    if (!r)
        r = blob_file_sync_name(w->store, id_of(w), err);
    if (r)
        blob_unlink_dropped(w->store, id_of(w));
    return r;
}

static int finish_file(struct blob_writer *w, struct buf *ref, struct err *err) {
    char head[BLOB_HEAD];
    int r = write_frame(w, w->plain.p, w->plain.len, true, err);
    if (r)
        return r;
    blob_head_write(head, w->key, str_n(w->key_id, SEAL_KEY_ID_LEN), w->id, w->size);
    if (pwrite(w->fd, head, sizeof head, 0) != (ssize_t)sizeof head)
        return write_fault(w, -EIO, err);
    r = name_and_sync(w, err);
    if (r)
        return r;
    fd_closep(&w->fd);
    add_ref(w, ref);
    return 0;
}

int blob_finish(struct blob_writer *writer, struct buf *ref, struct err *err) {
    CLEANUP(blob_writer) struct blob_writer *w = writer;
    if (w->failed)
        return err_set(err, -EIO, "an earlier write of this body failed");
    if (w->fd >= 0)
        return finish_file(w, ref, err);
    add_inline(buf_view(&w->plain), ref);
    return 0;
}

int blob_finish_with(struct blob_writer *writer, const void *p, size_t n, struct buf *ref,
                     struct err *err) {
    CLEANUP(blob_writer) struct blob_writer *w = writer;
    if (!w->failed && w->size == 0 && n <= BLOB_INLINE) {
        add_inline(str_n(p, n), ref);
        return 0;
    }
    int r = blob_write(w, p, n, err);
    return r ? r : blob_finish(STEAL(w), ref, err);
}

struct blob_writer *blob_writer_free(struct blob_writer *w) {
    if (!w)
        return NULL;
    if (w->fd >= 0)
        blob_file_drop(w->store, id_of(w));
    fd_closep(&w->fd);
    buf_deinit(&w->plain);
    free(w->sealed);
    free(w);
    return NULL;
}

/* ---- The rows that keep files ---- */
/* The row's value is the reference itself: what a scrub needs to read the file. */
void blob_keep(struct store_batch *batch, str ref) {
    struct blob_ref parsed;
    if (!blob_ref_parse(ref, &parsed) || !parsed.is_file)
        return;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    blob_keep_key(&key, parsed.id);
    /*
     * Blind, as its end: the file belongs to the row that names it, and that one is the condition.
     */
    store_put_blind(batch, STORE_META, buf_view(&key), ref);
}

void blob_drop(struct store_batch *batch, str ref) {
    struct blob_ref parsed;
    if (!blob_ref_parse(ref, &parsed) || !parsed.is_file)
        return;
    CLEANUP_DEINIT(buf) struct buf key = {0};
    blob_keep_key(&key, parsed.id);
    store_del_blind(batch, STORE_META, buf_view(&key));
    buf_str(&batch->dropped, parsed.id);
}
