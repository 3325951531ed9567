#include "prog/package.h"

#include "base/codec.h"
#include "base/io.h"
#include "prog/flag.h"
#include "prog/say.h"
#include "prog/verb.h"
#include "store/file.h"

#include <elf.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>
#include <zip.h>

enum {
    MOST_PROGRAM = 128 << 20,
    MODE = 0100755,
    LEVEL = 5 /* 2 % larger than 9, in a quarter of the time */,
    DOS_DATE = 1 << 5 | 1 /* 1980-01-01, the format's first day */
};

static const char *const names[] = {"bootstrap", "calotype-image"};

/* ---- Finding the programs ---- */

char *prog_own_folder(struct err *err) {
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0) {
        err_sys(err, -errno, "read /proc/self/exe");
        return NULL;
    }
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    *slash = '\0';
    return mem_strdup(path);
}

/* In the folder, or from there: where they are installed, and the build's own places. */
static int find_program(const char *name, const char *programs, char **ret_path, struct err *err) {
    CLEANUP_MEM char *own = programs ? mem_strdup(programs) : prog_own_folder(err);
    if (!own)
        return -ENOENT;
    static const char *const places[] = {"", "/../lib/calotype", "/../fn", "/../img"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        CLEANUP_DEINIT(buf) struct buf path = {0};
        buf_printf(&path, "%s%s/%s", own, places[i], name);
        if (access(buf_cstr(&path), R_OK) == 0) {
            *ret_path = buf_take(&path);
            return 0;
        }
    }
    return err_set(err, -ENOENT, "%s was not found in %s (--programs DIR says where it is)", name,
                   own);
}

/* "x86_64" or "arm64" for a static ELF program, else NULL with a reason. */
static const char *check_program(const char *path, str bytes, struct err *err) {
    Elf64_Ehdr head;
    if (bytes.len < sizeof head || memcmp(bytes.p, ELFMAG, SELFMAG) != 0 ||
        bytes.p[EI_CLASS] != ELFCLASS64) {
        err_set(err, -ENOEXEC, "%s is not a 64-bit Linux program", path);
        return NULL;
    }
    memcpy(&head, bytes.p, sizeof head);
    for (size_t i = 0; i < head.e_phnum; i++) {
        Elf64_Phdr part;
        uint64_t at = head.e_phoff + i * sizeof part;
        if (head.e_phentsize != sizeof part || at > bytes.len || bytes.len - at < sizeof part)
            break;
        memcpy(&part, bytes.p + at, sizeof part);
        if (part.p_type == PT_INTERP) {
            err_set(err, -ENOEXEC,
                    "%s is not static, so it cannot run in a function's sandbox (a build with "
                    "sanitizers makes such ones; --programs names a folder with others)",
                    path);
            return NULL;
        }
    }
    if (head.e_machine == EM_X86_64)
        return "x86_64";
    if (head.e_machine == EM_AARCH64)
        return "arm64";
    err_set(err, -ENOEXEC, "%s is for a processor that Lambda does not have", path);
    return NULL;
}

/* ---- The zip ---- */

/* libzip takes a copy of bytes: they must live until the archive is closed otherwise. */
static bool add_entry(zip_t *zip, const char *name, const struct buf *bytes) {
    zip_source_t *source = zip_source_buffer(zip, bytes->p, bytes->len, 0);
    if (!source)
        return false;
    zip_int64_t at = zip_file_add(zip, name, source, ZIP_FL_ENC_UTF_8);
    if (at < 0) {
        zip_source_free(source);
        return false;
    }
    zip_uint64_t i = (zip_uint64_t)at;
    return zip_set_file_compression(zip, i, ZIP_CM_DEFLATE, LEVEL) == 0 &&
           zip_file_set_dostime(zip, i, 0, DOS_DATE, 0) == 0 &&
           zip_file_set_external_attributes(zip, i, 0, ZIP_OPSYS_UNIX, (zip_uint32_t)MODE << 16) ==
               0;
}

static bool read_source(zip_source_t *source, struct buf *out) {
    zip_stat_t st;
    if (zip_source_stat(source, &st) != 0 || !(st.valid & ZIP_STAT_SIZE) ||
        zip_source_open(source) != 0)
        return false;
    zip_int64_t n = zip_source_read(source, buf_reserve(out, st.size), st.size);
    zip_source_close(source);
    if (n < 0 || (zip_uint64_t)n != st.size)
        return false;
    out->len += (size_t)n;
    return true;
}

static int write_zip(const struct buf programs[ARRAY_LEN(names)], struct buf *out,
                     struct err *err) {
    zip_error_t fault;
    zip_error_init(&fault);
    zip_source_t *source = zip_source_buffer_create(NULL, 0, 0, &fault);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_TRUNCATE, &fault) : NULL;
    bool good = zip != NULL;
    if (good)
        zip_source_keep(source);
    for (size_t i = 0; good && i < ARRAY_LEN(names); i++)
        good = add_entry(zip, names[i], &programs[i]);
    if (good && zip_close(zip) == 0)
        zip = NULL;
    good = good && !zip && read_source(source, out);
    int r = good ? 0
                 : err_set(err, -EIO, "cannot make function.zip: %s",
                           zip ? zip_strerror(zip) : zip_error_strerror(&fault));
    if (zip)
        zip_discard(zip);
    if (source)
        zip_source_free(source);
    zip_error_fini(&fault);
    return r;
}

static void hash(const struct buf *bytes, char hex[65]) {
    unsigned char sum[32];
    unsigned n = sizeof sum;
    if (EVP_Digest(bytes->p, bytes->len, sum, &n, EVP_sha256(), NULL) != 1)
        abort(); /* the default provider always has SHA-256 */
    codec_hex(hex, sum, sizeof sum);
    hex[64] = '\0';
}

int prog_package_make(struct prog_package *p, const char *programs, struct err *err) {
    const char *env = getenv("CALOTYPE_PROGRAMS");
    if (!programs && env && *env)
        programs = env;
    *p = (struct prog_package){0};
    struct buf bytes[ARRAY_LEN(names)] = {0};
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++) {
        CLEANUP_MEM char *path = NULL;
        r = find_program(names[i], programs, &path, err);
        r = r ? r : io_read_file(&bytes[i], path, MOST_PROGRAM, err);
        if (r == 0 && !(p->architecture = check_program(path, buf_view(&bytes[i]), err)))
            r = -ENOEXEC;
    }
    r = r ? r : write_zip(bytes, &p->zip, err);
    if (r == 0)
        hash(&p->zip, p->sha256);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        buf_deinit(&bytes[i]);
    return r;
}

void prog_package_deinit(struct prog_package *p) { buf_deinit(&p->zip); }

/* ---- The verb ---- */

struct package {
    const char *output, *programs;
};

static int run(void *ctx, char **, int, struct err *err) {
    const struct package *to = ctx;
    struct prog_package p;
    int r = prog_package_make(&p, to->programs, err);
    r = r ? r : file_write_durable(to->output, buf_view(&p.zip), 0644, err);
    if (r == 0)
        printf("%s  %s\n", p.sha256, to->output);
    prog_package_deinit(&p);
    return r;
}

int prog_verb_package(int argc, char **argv) {
    struct package to = {.output = "function.zip"};
    const struct prog_flag rows[] = {
        {"output", FLAG_TEXT, &to.output, "FILE", "where to write it (function.zip)", 0, 0, NULL},
        {"programs", FLAG_TEXT, &to.programs, "DIR", "folder with bootstrap and calotype-image", 0,
         0, NULL},
    };
    const struct prog_flags flags = {
        .verb = "package",
        .arguments = "[--output FILE]",
        .about =
            "Makes function.zip, which runs on AWS Lambda (provided.al2023) and in the embedded cloud.\n"
            "The same programs give the same bytes. Prints the SHA-256 and the file's name.",
        .rows = rows,
        .n_rows = ARRAY_LEN(rows),
    };
    return prog_flags_run(&flags, argc, argv, run, &to);
}
