/*
 * Unpacking. A package, or several, one over the other, are written into a folder of a random name
 * beside its place, which is renamed when it is whole, so that what stands under DATA/functions/SHA
 * is complete.
 */
#include "base/io.h"
#include "base/rand.h"
#include "svc/lambda/code.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

enum { NAME_MOST = 1024, PIECE = 64 * 1024, BLOCK = 4096 };

static int bad_zip(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
static int bad_zip(struct err *err, const char *fmt, ...) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    va_list args;
    va_start(args, fmt);
    buf_vprintf(&text, fmt, args);
    va_end(args);
    return err_set(
        err, LAMBDA_E_ZIP,
        "Could not unzip uploaded file. Please check your file, then try to upload again. (%.300s)",
        buf_cstr(&text));
}

/* ---- Checking an entry ---- */
static bool is_plain_name(str name) {
    str part, rest = name;
    if (name.len == 0 || name.len > NAME_MOST || name.p[0] == '/')
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (name.p[i] == '\\' || (unsigned char)name.p[i] < 32)
            return false;
    for (bool more = true; more;) {
        str now = rest;
        more = str_cut(now, '/', &part, &rest);
        bool last_empty = !more && part.len == 0; /* "folder/" */
        if (last_empty)
            break;
        if (part.len == 0 || part.len > NAME_MAX || str_is(part, ".") || str_is(part, ".."))
            return false;
    }
    return true;
}

struct entry {
    zip_uint64_t index;
    str name;
    uint64_t size;
    bool folder, link, executable;
};

static int read_entry(zip_t *zip, zip_uint64_t index, struct entry *ret, struct err *err) {
    zip_stat_t st;
    zip_uint8_t system = 0;
    zip_uint32_t attributes = 0;
    const zip_uint64_t need = ZIP_STAT_NAME | ZIP_STAT_SIZE;
    if (zip_stat_index(zip, index, 0, &st) || (st.valid & need) != need ||
        zip_file_get_external_attributes(zip, index, 0, &system, &attributes))
        return bad_zip(err, "entry %llu cannot be read", (unsigned long long)index);
    *ret = (struct entry){.index = index, .name = str_c(st.name), .size = st.size};
    if (!st.name || !is_plain_name(ret->name))
        return bad_zip(err, "the name \"%.200s\" is absolute or leaves the package",
                       st.name ? st.name : "");
    unsigned mode = system == ZIP_OPSYS_UNIX ? attributes >> 16 : 0;
    ret->folder = ret->name.p[ret->name.len - 1] == '/' || S_ISDIR(mode);
    ret->link = S_ISLNK(mode) && !ret->folder;
    ret->executable = mode & 0111;
    if ((mode & S_IFMT) != 0 && !S_ISREG(mode) && !S_ISDIR(mode) && !ret->link)
        return bad_zip(err, "\"%.200s\" is neither a file, a folder nor a symbolic link", st.name);
    if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
        return bad_zip(err, "\"%.200s\" is encrypted", st.name);
    return 0;
}

/* ---- Writing ---- */
/* A folder that is filled. over: what is in the way is an earlier zip's, and makes way. */
struct filling {
    struct store *store;
    const char *root;
    bool over;
};

/* Whatever the umask is: functions run as another user. */
static int make_folder(const char *path) {
    if (mkdir(path, 0755) == 0)
        return chmod(path, 0755) ? -errno : 0;
    struct stat st;
    if (errno != EEXIST || lstat(path, &st))
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

static int make_folders(const struct filling *to, char *path) {
    for (char *at = path + strlen(to->root) + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        int r = make_folder(path);
        if (r == -ENOTDIR && to->over && unlink(path) == 0)
            r = make_folder(path);
        *at = '/';
        if (r)
            return r;
    }
    return 0;
}

static int no_room(struct err *err) {
    return err_set(err, STORE_E_FULL, "there is no room to unpack the function's code");
}

/* On disk a file takes whole blocks, and a name. */
static uint64_t room_for(uint64_t size) { return (size / BLOCK + 2) * BLOCK; }

static int copy_out(struct store *store, zip_file_t *from, int fd, uint64_t size, struct err *err) {
    CLEANUP_MEM char *piece = mem_alloc(PIECE);
    uint64_t all = 0;
    for (zip_int64_t got; (got = zip_fread(from, piece, PIECE)) != 0;) {
        all += (uint64_t)got;
        if (got < 0 || all > size)
            return bad_zip(err, "an entry is damaged");
        if (!store_has_room(store, (uint64_t)got))
            return no_room(err);
        int r = io_write_full(fd, piece, (size_t)got);
        if (r)
            return r == -ENOSPC ? no_room(err) : err_sys(err, r, "unpacking a function");
    }
    store_took_room(store, room_for(all));
    return all == size ? 0 : bad_zip(err, "an entry is cut short");
}

static int is_twice(const struct entry *e, struct err *err) {
    return bad_zip(err, "\"" STR_FMT "\" is there twice", STR_ARG(e->name));
}

static int cannot_open(zip_t *zip, const struct entry *e, struct err *err) {
    return bad_zip(err, "\"" STR_FMT "\": %s", STR_ARG(e->name), zip_strerror(zip));
}

static int write_file(const struct filling *to, zip_t *zip, const struct entry *e, const char *path,
                      struct err *err) {
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST || errno == EISDIR ? is_twice(e, err)
                                                  : err_sys(err, -errno, "unpacking a function");
    zip_file_t *from = zip_fopen_index(zip, e->index, 0);
    if (!from)
        return cannot_open(zip, e, err);
    int r = copy_out(to->store, from, fd, e->size, err);
    zip_fclose(from);
    if (r == 0 && fchmod(fd, e->executable ? 0755 : 0644))
        r = err_sys(err, -errno, "unpacking a function");
    return r;
}

/*
 * A link is kept as it is, wherever it leads, as on AWS: it is followed inside of a sandbox alone, in
 * that one's root. Nothing here goes through it: make_folders takes folders only.
 */
static int write_link(const struct filling *to, zip_t *zip, const struct entry *e, const char *path,
                      struct err *err) {
    char target[PATH_MAX];
    zip_file_t *from = zip_fopen_index(zip, e->index, 0);
    if (!from)
        return cannot_open(zip, e, err);
    zip_int64_t got = zip_fread(from, target, sizeof target);
    zip_fclose(from);
    if (got <= 0 || (uint64_t)got != e->size || got >= (zip_int64_t)sizeof target ||
        memchr(target, '\0', (size_t)got))
        return bad_zip(err, "\"" STR_FMT "\" is a link to no path", STR_ARG(e->name));
    target[got] = '\0';
    store_took_room(to->store, room_for(e->size));
    if (symlink(target, path) == 0)
        return 0;
    return errno == EEXIST ? is_twice(e, err) : err_sys(err, -errno, "unpacking a function");
}

static int write_entry(const struct filling *to, zip_t *zip, const struct entry *e,
                       struct err *err) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/" STR_FMT, to->root, STR_ARG(e->name));
    if (n < 0 || (size_t)n >= sizeof path)
        return bad_zip(err, "\"" STR_FMT "\" is too long a name", STR_ARG(e->name));
    if (e->folder && path[n - 1] != '/' && (size_t)n + 1 < sizeof path) {
        path[n] = '/';
        path[n + 1] = '\0';
    }
    int r = make_folders(to, path);
    if (r == -ENOTDIR)
        return bad_zip(err, "\"" STR_FMT "\" is below a file", STR_ARG(e->name));
    if (r)
        return err_sys(err, r, "unpacking a function");
    if (e->folder)
        return 0;
    if (to->over)
        io_remove_tree(AT_FDCWD, path);
    return e->link ? write_link(to, zip, e, path, err) : write_file(to, zip, e, path, err);
}

/* What all of it takes, as its directory says. */
struct sizes {
    uint64_t all, room;
};
static int add_sizes(zip_t *zip, zip_int64_t n, struct sizes *ret, struct err *err) {
    for (zip_int64_t i = 0; i < n; i++) {
        struct entry e = {0};
        int r = read_entry(zip, (zip_uint64_t)i, &e, err);
        if (r)
            return r;
        ret->all += e.size;
        if (e.size > LAMBDA_UNZIPPED_MOST || ret->all > LAMBDA_UNZIPPED_MOST)
            return err_set(err, LAMBDA_E_TOO_BIG, "Unzipped size must be smaller than %d bytes",
                           LAMBDA_UNZIPPED_MOST);
        ret->room += room_for(e.size);
    }
    return 0;
}

static int unpack_all(const struct filling *to, zip_t *zip, zip_int64_t n, struct err *err) {
    int r = 0;
    for (zip_int64_t i = 0; r == 0 && i < n; i++) {
        struct entry e = {0};
        r = read_entry(zip, (zip_uint64_t)i, &e, err);
        if (r == 0)
            r = write_entry(to, zip, &e, err);
    }
    return r;
}

/* Its sizes; to NULL: nothing is unpacked. */
static int read_all(const struct filling *to, zip_t *zip, struct sizes *sizes, struct err *err) {
    zip_int64_t n = zip_get_num_entries(zip, 0);
    if (n <= 0 || n > LAMBDA_FILES_MOST)
        return bad_zip(err, n <= 0 ? "it is empty" : "it holds more than %d files",
                       LAMBDA_FILES_MOST);
    int r = add_sizes(zip, n, sizes, err);
    if (r || !to)
        return r;
    return store_has_room(to->store, sizes->room) ? unpack_all(to, zip, n, err) : no_room(err);
}

static int open_and_read(const struct filling *to, str bytes, struct sizes *sizes,
                         struct err *err) {
    zip_error_t fault;
    zip_error_init(&fault);
    zip_source_t *source = zip_source_buffer_create(bytes.p, bytes.len, 0, &fault);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &fault) : NULL;
    int r = zip ? read_all(to, zip, sizes, err) : bad_zip(err, "%s", zip_error_strerror(&fault));
    if (zip)
        zip_discard(zip);
    else if (source)
        zip_source_free(source);
    zip_error_fini(&fault);
    return r;
}

int lambda_code_measure(str zip, uint64_t *ret_size, struct err *err) {
    struct sizes sizes = {0};
    int r = open_and_read(NULL, zip, &sizes, err);
    *ret_size = sizes.all;
    return r;
}

/* ---- Its folder ---- */
bool lambda_code_is_unpacked(const struct lambda_code *code, const char *dir) {
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", lambda_code_root(code), dir);
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int fill(struct store *store, const struct lambda_zips *zips, const char *root,
                struct err *err) {
    int r = 0;
    for (size_t i = 0; r == 0 && i < zips->n; i++) {
        CLEANUP_DEINIT(buf) struct buf room = {0};
        const struct filling to = {store, root, i > 0};
        struct sizes sizes = {0};
        str zip;
        r = zips->read(zips->ctx, i, &room, &zip, err);
        if (r == 0)
            r = open_and_read(&to, zip, &sizes, err);
    }
    return r;
}

int lambda_code_merge(struct lambda_code *code, struct store *store, const struct lambda_zips *zips,
                      const char *dir, struct err *err) {
    const char *root = lambda_code_root(code);
    if (lambda_code_is_unpacked(code, dir))
        return 0;
    char random[17], half[PATH_MAX], whole[PATH_MAX];
    rand_hex(random, 8);
    if (snprintf(half, sizeof half, "%s/" LAMBDA_CODE_HALF "%s", root, random) >=
            (int)sizeof half ||
        snprintf(whole, sizeof whole, "%s/%s", root, dir) >= (int)sizeof whole)
        return err_sys(err, -ENAMETOOLONG, "unpacking a function");
    int r = io_mkdirs(root, 0700, err);
    if (r)
        return r;
    r = make_folder(half);
    if (r)
        return err_sys(err, r, "unpacking a function");
    r = fill(store, zips, half, err);
    /* Somebody else may have been faster; theirs is as good. */
    if (r == 0 && rename(half, whole) && errno != EEXIST && errno != ENOTEMPTY)
        r = err_sys(err, -errno, "unpacking a function");
    io_remove_tree(AT_FDCWD, half);
    lambda_code_touched(code);
    return r;
}

static int give(void *zip, size_t, struct buf *, str *ret_zip, struct err *) {
    *ret_zip = *(const str *)zip;
    return 0;
}

int lambda_code_unpack(struct lambda_code *code, struct store *store, str zip, const char *dir,
                       struct err *err) {
    return lambda_code_merge(code, store, &(struct lambda_zips){1, give, &zip}, dir, err);
}
