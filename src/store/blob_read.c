/* Reading bodies frame by frame, and what is said of one that cannot be read. */
#include "store/blob_priv.h"
#include "store/store_priv.h"

#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
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

/* ---- Words ---- */
static const char restore[] = "restore the file from a copy of DATA";
static const char restore_all[] = "restore DATA as a whole from a copy";
static const char disk[] =
    "look what the kernel says of the disk (dmesg), then restore the file from a copy of DATA";
static const char user[] = "make it readable to the user of the daemon (mode 0600)";
static const char again[] = "try again";

/* What to do about an errno of open and read; what is not here is no fault of the file. */
static const struct {
    int code;
    const char *todo;
} remedies[] = {{EIO, disk},       {EUCLEAN, disk},   {EBADMSG, disk},     {ENXIO, disk},
                {EACCES, user},    {EPERM, user},     {ELOOP, restore},    {ENOTDIR, restore},
                {EISDIR, restore}, {EINVAL, restore}, {EOVERFLOW, restore}};

static const char *remedy(int code) {
    for (size_t i = 0; i < ARRAY_LEN(remedies); i++)
        if (remedies[i].code == code)
            return remedies[i].todo;
    return again;
}

/* id absent: the body is in its row, or is none. */
static int why_set(struct blob_why *why, int r, str id, const char *todo, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
static int why_set(struct blob_why *why, int r, str id, const char *todo, const char *fmt, ...) {
    if (!why)
        return r;
    char name[BLOB_NAME] = "";
    if (id.p)
        blob_name(name, id);
    snprintf(why->file, sizeof why->file, "%s%s", id.p ? "blobs/" : "", name);
    va_list args;
    va_start(args, fmt);
    vsnprintf(why->what, sizeof why->what, fmt, args);
    va_end(args);
    why->todo = todo;
    why->missing = false;
    why->passing = todo == again;
    return r;
}

static int why_errno(struct blob_why *why, int r, str id, const char *tried) {
    return why_set(why, r, id, remedy(-r), "cannot be %s: %s", tried, outcome_words(r));
}

void blob_why_add(struct buf *out, const struct blob_why *why) {
    buf_printf(out, "%s%s %s: %s", *why->file ? "file " : "its row", why->file, why->what,
               why->todo);
}

/* ---- Open ---- */
static int open_inline(struct blob_reader *r, const struct blob_ref *ref, struct blob_why *why) {
    r->at = 0;
    if (ref->plain.p) {
        buf_str(&r->frame, ref->plain);
        return 0;
    }
    if (unseal_value(r->key, ref->sealed, ref->id, &r->frame))
        return why_set(why, STORE_E_DAMAGED, STR_NONE, restore_all,
                       "holds a body that does not verify");
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

bool blob_is_kept(struct store *store, str id) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
    blob_keep_key(&key, id);
    return store_get(store, NULL, STORE_META, buf_view(&key), &value) != STORE_E_ABSENT;
}

static int no_file(struct store *store, str id, struct blob_why *why) {
    if (blob_is_kept(store, id)) {
        why_set(why, 0, id, restore, "is missing");
        if (why)
            why->missing = true;
        return STORE_E_DAMAGED;
    }
    return why_set(why, STORE_E_ABSENT, id, again, "was removed with its object meanwhile");
}

/* How a whole file is long. */
static uint64_t whole_size(uint64_t size) {
    return BLOB_HEAD + size + blob_frames(size) * SEAL_OVERHEAD;
}

static int check_head(const struct blob_reader *r, const struct blob_ref *ref,
                      struct blob_why *why) {
    char head[BLOB_HEAD];
    ssize_t got = read_at(r->fd, head, sizeof head, 0);
    if (got < 0)
        return why_errno(why, (int)got, ref->id, "read");
    if (got < BLOB_HEAD)
        return why_set(why, STORE_E_DAMAGED, ref->id, restore,
                       "has %lld bytes and should have %llu", (long long)got,
                       (unsigned long long)whole_size(ref->size));
    if (blob_head_check(head, r->key, ref->key_id, ref->id, ref->size))
        return why_set(why, STORE_E_DAMAGED, ref->id, restore,
                       "begins with an envelope that does not verify");
    return 0;
}

static int open_file(struct store *store, struct blob_reader *r, const struct blob_ref *ref,
                     struct blob_why *why) {
    char name[BLOB_NAME];
    blob_name(name, ref->id);
    r->fd = openat(store->blob_fd, name, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0 && errno == ENOENT)
        return no_file(store, ref->id, why);
    if (r->fd < 0)
        return why_errno(why, -errno, ref->id, "opened");
    r->sealed = mem_alloc(BLOB_SEALED_FRAME);
    return check_head(r, ref, why);
}

static int find_key(struct store *store, struct blob_reader *r, const struct blob_ref *ref,
                    struct blob_why *why) {
    str id = ref->is_file ? ref->id : STR_NONE;
    int e = seal_key_get(store, ref->key_id, &r->key, NULL);
    if (e == STORE_E_ABSENT && ref->is_file && !blob_is_kept(store, ref->id))
        return no_file(store, ref->id, why); /* dropped, and its bucket's key with it */
    if (e == STORE_E_ABSENT)
        return why_set(why, STORE_E_KEY, id, restore_all,
                       "is sealed by a data key that is gone from the database");
    if (e > 0)
        return why_set(why, e, id, restore_all,
                       "is sealed by a data key that does not open with the master key");
    return e ? why_set(why, e, id, again, "is sealed by a data key that cannot be read: %s",
                       outcome_words(e))
             : 0;
}

int blob_open(struct store *store, str ref, struct blob_reader **ret_reader, struct blob_why *why) {
    struct blob_ref parsed;
    if (!blob_ref_parse(ref, &parsed))
        return why_set(why, STORE_E_DAMAGED, STR_NONE, restore_all,
                       "does not say where its body is");
    CLEANUP(blob_reader) struct blob_reader *r = mem_new(struct blob_reader);
    r->fd = -1;
    r->at = UINT64_MAX;
    r->size = parsed.size;
    if (parsed.id.p)
        memcpy(r->id, parsed.id.p, BLOB_ID);
    int e = parsed.plain.p ? 0 : find_key(store, r, &parsed, why);
    if (e == 0)
        e = parsed.is_file ? open_file(store, r, &parsed, why) : open_inline(r, &parsed, why);
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

void blob_forget_pages(const struct blob_reader *r) {
    if (r->fd >= 0)
        posix_fadvise(r->fd, 0, 0, POSIX_FADV_DONTNEED);
}

/* ---- Read ---- */
/* A frame that was not there as a whole, or did not verify. */
static int bad_frame(const struct blob_reader *r, uint64_t index, bool cut, struct blob_why *why) {
    struct stat st;
    str id = str_n(r->id, BLOB_ID);
    uint64_t at = blob_frame_at(index);
    if (cut && fstat(r->fd, &st) == 0)
        return why_set(why, -EBADMSG, id, restore, "has %lld bytes and should have %llu",
                       (long long)st.st_size, (unsigned long long)whole_size(r->size));
    return why_set(why, -EBADMSG, id, restore, "has a frame, at offset %llu, that does not verify",
                   (unsigned long long)at);
}

/* Frame index, verified, to out (its plain length). 0, -EBADMSG or -errno. */
static int read_frame(struct blob_reader *r, uint64_t index, char *out, struct blob_why *why) {
    char aad[BLOB_AAD];
    size_t n = blob_frame_len(r->size, index);
    ssize_t got = read_at(r->fd, r->sealed, n + SEAL_OVERHEAD, blob_frame_at(index));
    if (got < 0)
        return why_errno(why, (int)got, str_n(r->id, BLOB_ID), "read");
    bool cut = (size_t)got != n + SEAL_OVERHEAD;
    blob_frame_aad(aad, r->id, index, index + 1 == blob_frames(r->size));
    if (cut || !unseal_raw(r->key, r->sealed, n, str_n(aad, sizeof aad), out))
        return bad_frame(r, index, cut, why);
    return 0;
}

static int load_frame(struct blob_reader *r, uint64_t index, struct blob_why *why) {
    if (r->at == index)
        return 0;
    r->at = UINT64_MAX;
    buf_clear(&r->frame);
    int e = read_frame(r, index, buf_reserve(&r->frame, BLOB_FRAME), why);
    if (e)
        return e;
    r->frame.len = blob_frame_len(r->size, index);
    r->at = index;
    return 0;
}

int blob_verify(struct blob_reader *r, uint64_t offset, struct blob_why *why) {
    return r->fd < 0 || offset >= r->size ? 0 : load_frame(r, offset / BLOB_FRAME, why);
}

ssize_t blob_read(struct blob_reader *r, uint64_t offset, void *p, size_t n, struct blob_why *why) {
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
            int e = read_frame(r, index, out + done, why);
            if (e)
                return e;
            done += whole;
            continue;
        }
        int e = load_frame(r, index, why);
        if (e)
            return e;
        size_t take = r->frame.len - in_frame < n - done ? r->frame.len - in_frame : n - done;
        memcpy(out + done, r->frame.p + in_frame, take);
        done += take;
    }
    return (ssize_t)n;
}
