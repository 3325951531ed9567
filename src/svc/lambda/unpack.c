/*
 * Unpacking. A package is written into a folder of a random name beside its place and renamed when
 * it is whole, so that what stands under DATA/functions/SHA is complete. Nothing is synced: after a
 * power cut (another boot id in DATA/functions/boot) everything there is thrown away and made again
 * from the stored zips.
 */
#include "base/io.h"
#include "base/rand.h"
#include "svc/lambda/code.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

enum { NAME_MOST = 1024, PIECE = 64 * 1024 };
#define HALF_MADE ".half-"

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
    bool folder, executable;
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
    ret->executable = mode & 0111;
    if ((mode & S_IFMT) != 0 && !S_ISREG(mode) && !S_ISDIR(mode))
        return bad_zip(err, "\"%.200s\" is neither a file nor a folder; links are not taken",
                       st.name);
    if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
        return bad_zip(err, "\"%.200s\" is encrypted", st.name);
    return 0;
}

/* ---- Writing ---- */
/* Whatever the umask is: functions run as another user. */
static int make_folder(const char *path) {
    if (mkdir(path, 0755) == 0)
        return chmod(path, 0755) ? -errno : 0;
    struct stat st;
    if (errno != EEXIST || lstat(path, &st))
        return -errno;
    return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

static int make_folders(char *path, size_t from) {
    for (char *at = path + from; (at = strchr(at, '/')); at++) {
        *at = '\0';
        int r = make_folder(path);
        *at = '/';
        if (r)
            return r;
    }
    return 0;
}

static int copy_out(zip_file_t *from, int fd, uint64_t size, struct err *err) {
    CLEANUP_MEM char *piece = mem_alloc(PIECE);
    uint64_t all = 0;
    for (zip_int64_t got; (got = zip_fread(from, piece, PIECE)) != 0;) {
        all += (uint64_t)got;
        if (got < 0 || all > size)
            return bad_zip(err, "an entry is damaged");
        int r = io_write_full(fd, piece, (size_t)got);
        if (r)
            return err_sys(err, r, "unpacking a function");
    }
    return all == size ? 0 : bad_zip(err, "an entry is cut short");
}

static int write_file(zip_t *zip, const struct entry *e, const char *path, struct err *err) {
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return errno == EEXIST || errno == EISDIR
                   ? bad_zip(err, "\"" STR_FMT "\" is there twice", STR_ARG(e->name))
                   : err_sys(err, -errno, "unpacking a function");
    zip_file_t *from = zip_fopen_index(zip, e->index, 0);
    if (!from)
        return bad_zip(err, "\"" STR_FMT "\": %s", STR_ARG(e->name), zip_strerror(zip));
    int r = copy_out(from, fd, e->size, err);
    zip_fclose(from);
    if (r == 0 && fchmod(fd, e->executable ? 0755 : 0644))
        r = err_sys(err, -errno, "unpacking a function");
    return r;
}

static int write_entry(zip_t *zip, const struct entry *e, const char *root, struct err *err) {
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/" STR_FMT, root, STR_ARG(e->name));
    if (n < 0 || (size_t)n >= sizeof path)
        return bad_zip(err, "\"" STR_FMT "\" is too long a name", STR_ARG(e->name));
    if (e->folder && path[n - 1] != '/' && (size_t)n + 1 < sizeof path) {
        path[n] = '/';
        path[n + 1] = '\0';
    }
    int r = make_folders(path, strlen(root) + 1);
    if (r == -ENOTDIR)
        return bad_zip(err, "\"" STR_FMT "\" is below a file", STR_ARG(e->name));
    if (r)
        return err_sys(err, r, "unpacking a function");
    return e->folder ? 0 : write_file(zip, e, path, err);
}

static int unpack_all(zip_t *zip, const char *root, struct err *err) {
    zip_int64_t n = zip_get_num_entries(zip, 0);
    uint64_t all = 0;
    if (n <= 0 || n > LAMBDA_FILES_MOST)
        return bad_zip(err, n <= 0 ? "it is empty" : "it holds more than %d files",
                       LAMBDA_FILES_MOST);
    for (zip_int64_t i = 0; i < n; i++) {
        struct entry e = {0};
        int r = read_entry(zip, (zip_uint64_t)i, &e, err);
        if (r)
            return r;
        all += e.size;
        if (e.size > LAMBDA_UNZIPPED_MOST || all > LAMBDA_UNZIPPED_MOST)
            return err_set(err, LAMBDA_E_TOO_BIG, "Unzipped size must be smaller than %d bytes",
                           LAMBDA_UNZIPPED_MOST);
        r = write_entry(zip, &e, root, err);
        if (r)
            return r;
    }
    return 0;
}

static int unpack_into(str bytes, const char *root, struct err *err) {
    zip_error_t fault;
    zip_error_init(&fault);
    zip_source_t *source = zip_source_buffer_create(bytes.p, bytes.len, 0, &fault);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &fault) : NULL;
    int r = zip ? unpack_all(zip, root, err) : bad_zip(err, "%s", zip_error_strerror(&fault));
    if (zip)
        zip_discard(zip);
    else if (source)
        zip_source_free(source);
    zip_error_fini(&fault);
    return r;
}

/* ---- Folders ---- */
static void remove_tree(int at, const char *name) {
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    if (!dir) {
        fd_closep(&fd);
        unlinkat(at, name, 0);
        return;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, e->d_name, 0))
            remove_tree(fd, e->d_name);
    }
    closedir(dir);
    unlinkat(at, name, AT_REMOVEDIR);
}

bool lambda_code_is_unpacked(const char *functions_dir, const char *dir) {
    char path[PATH_MAX];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", functions_dir, dir);
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

int lambda_code_unpack(const char *functions_dir, str zip, const char *dir, struct err *err) {
    if (lambda_code_is_unpacked(functions_dir, dir))
        return 0;
    char random[17], half[PATH_MAX], whole[PATH_MAX];
    rand_hex(random, 8);
    if (snprintf(half, sizeof half, "%s/" HALF_MADE "%s", functions_dir, random) >=
            (int)sizeof half ||
        snprintf(whole, sizeof whole, "%s/%s", functions_dir, dir) >= (int)sizeof whole)
        return err_sys(err, -ENAMETOOLONG, "unpacking a function");
    int r = io_mkdirs(functions_dir, 0700, err);
    if (r)
        return r;
    r = make_folder(half);
    if (r)
        return err_sys(err, r, "unpacking a function");
    r = unpack_into(zip, half, err);
    /* Somebody else may have been faster; theirs is as good. */
    if (r == 0 && rename(half, whole) && errno != EEXIST && errno != ENOTEMPTY)
        r = err_sys(err, -errno, "unpacking a function");
    remove_tree(AT_FDCWD, half);
    return r;
}

/* True when the folder was last used in this boot. */
static bool is_same_boot(const char *functions_dir) {
    char path[PATH_MAX];
    CLEANUP_DEINIT(buf) struct buf now = {0}, then = {0};
    snprintf(path, sizeof path, "%s/boot", functions_dir);
    if (io_read_file(&now, "/proc/sys/kernel/random/boot_id", 256, NULL))
        return false;
    if (io_read_file(&then, path, 256, NULL) == 0 && str_eq(buf_view(&now), buf_view(&then)))
        return true;
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0)
        (void)io_write_full(fd, now.p, now.len);
    return false;
}

void lambda_code_sweep(const char *functions_dir, bool (*keep)(void *ctx, const char *name),
                       void *ctx) {
    if (io_mkdirs(functions_dir, 0700, NULL))
        return;
    bool same_boot = is_same_boot(functions_dir);
    DIR *dir = opendir(functions_dir);
    if (!dir)
        return;
    for (struct dirent *e; (e = readdir(dir));) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
            strcmp(e->d_name, "boot") == 0)
            continue;
        if (!same_boot || !keep(ctx, e->d_name))
            remove_tree(dirfd(dir), e->d_name);
    }
    closedir(dir);
}
