/* calotype package: the function and the image worker as one zip, checked and hashed. */
#include "cli/package.h"

#include "base/codec.h"
#include "base/io.h"
#include "base/zip.h"
#include "cli/find.h"
#include "cli/output.h"
#include "cli/row.h"
#include "cli/verb.h"
#include "prog/say.h"

#include <elf.h>
#include <errno.h>
#include <openssl/evp.h>

enum { MOST_PROGRAM = 128 << 20, MODE = 0755 };

static const char *const names[] = {"bootstrap", "calotype-image"};

/* ---- The programs ---- */

/* The i-th of the parts that the kernel reads; false where the file has no such. */
static bool get_part(str bytes, const Elf64_Ehdr *head, size_t i, Elf64_Phdr *ret) {
    uint64_t at = head->e_phoff + i * sizeof *ret;
    if (i >= head->e_phnum || head->e_phentsize != sizeof *ret || at > bytes.len ||
        bytes.len - at < sizeof *ret)
        return false;
    memcpy(ret, bytes.p + at, sizeof *ret);
    return true;
}

/* "x86_64" or "arm64" for a static ELF program, else NULL with a reason. */
static const char *check_program(const char *path, str bytes, Elf64_Ehdr *head, struct err *err) {
    if (bytes.len < sizeof *head || memcmp(bytes.p, ELFMAG, SELFMAG) != 0 ||
        bytes.p[EI_CLASS] != ELFCLASS64) {
        err_set(err, -ENOEXEC, "%s is not a 64-bit Linux program", path);
        return NULL;
    }
    memcpy(head, bytes.p, sizeof *head);
    Elf64_Phdr part;
    for (size_t i = 0; get_part(bytes, head, i, &part); i++)
        if (part.p_type == PT_INTERP) {
            err_set(err, -ENOEXEC,
                    "%s is not static, so it cannot run in a function's sandbox (a build with "
                    "sanitizers makes such ones; --programs names a folder with others)",
                    path);
            return NULL;
        }
    if (head->e_machine == EM_X86_64)
        return "x86_64";
    if (head->e_machine == EM_AARCH64)
        return "arm64";
    err_set(err, -ENOEXEC, "%s is for a processor that Lambda does not have", path);
    return NULL;
}

/* The i-th section and its name; false where the file has no such. */
static bool get_section(str bytes, const Elf64_Ehdr *head, size_t i, Elf64_Shdr *ret) {
    uint64_t at = head->e_shoff + i * sizeof *ret;
    if (i >= head->e_shnum || head->e_shentsize != sizeof *ret || at > bytes.len ||
        bytes.len - at < sizeof *ret)
        return false;
    memcpy(ret, bytes.p + at, sizeof *ret);
    return true;
}
static bool is_named(str bytes, const Elf64_Ehdr *head, const Elf64_Shdr *section, str name) {
    Elf64_Shdr texts;
    return get_section(bytes, head, head->e_shstrndx, &texts) && texts.sh_offset <= bytes.len &&
           str_starts(str_skip(str_skip(bytes, texts.sh_offset), section->sh_name), name);
}

/*
 * How to unwind a stack, an eighth of the zip, is for C++ and debuggers: nothing in these programs
 * throws, cancels a thread or asks for a trace. Zeros in its place are a list without an entry (LSB,
 * "Exception Frames"), and nothing else moves.
 */
static void leave_out_unwinding(struct buf *program, const Elf64_Ehdr *head) {
    static const str called[] = {S_INIT(".eh_frame\0"), S_INIT(".eh_frame_hdr\0")};
    str bytes = buf_view(program);
    Elf64_Shdr section;
    for (size_t i = 0; get_section(bytes, head, i, &section); i++)
        for (size_t n = 0; n < ARRAY_LEN(called); n++)
            if (section.sh_type != SHT_NOBITS && section.sh_offset <= bytes.len &&
                section.sh_size <= bytes.len - section.sh_offset &&
                is_named(bytes, head, &section, called[n]))
                memset(program->p + section.sh_offset, 0, section.sh_size);
}

/*
 * What runs is in the parts that the headers name. After them come symbols, what debuggers want and
 * the table of sections, a fifth of a build that nobody has stripped: each cold start on AWS would
 * fetch it.
 */
static void leave_out_symbols(struct buf *program, Elf64_Ehdr head) {
    uint64_t end = head.e_phoff + head.e_phnum * sizeof(Elf64_Phdr);
    Elf64_Phdr part;
    size_t i = 0;
    for (; get_part(buf_view(program), &head, i, &part); i++) {
        uint64_t part_end;
        if (__builtin_add_overflow(part.p_offset, part.p_filesz, &part_end))
            return;
        end = part_end > end ? part_end : end;
    }
    if (i == 0 || i != head.e_phnum || end < sizeof head || end >= program->len)
        return; /* not as linkers write it: it stays whole */
    head.e_shoff = 0;
    head.e_shnum = head.e_shstrndx = 0;
    memcpy(program->p, &head, sizeof head);
    program->len = end;
    program->p[end] = '\0';
}

/* Returns 0, or a negative number with err set. */
static int read_program(const char *name, const char *folder, struct buf *ret,
                        const char **ret_architecture, struct err *err) {
    CLEANUP_MEM char *path = NULL;
    int r = cli_find(name, folder, &path, err);
    r = r ? r : io_read_file(ret, path, MOST_PROGRAM, err);
    if (r)
        return r;
    Elf64_Ehdr head;
    *ret_architecture = check_program(path, buf_view(ret), &head, err);
    if (!*ret_architecture)
        return -ENOEXEC;
    leave_out_unwinding(ret, &head);
    leave_out_symbols(ret, head);
    return 0;
}

/* ---- The zip ---- */

static int write_zip(const struct buf programs[ARRAY_LEN(names)], struct buf *out,
                     struct err *err) {
    CLEANUP_DEINIT(zip) struct zip zip = {0};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        int r = zip_add(&zip, names[i], MODE, buf_view(&programs[i]), err);
        if (r)
            return r;
    }
    zip_end(&zip);
    buf_str(out, buf_view(&zip.out));
    return 0;
}

void cli_package_sum(const struct buf *bytes, char hex[65]) {
    unsigned char sum[32];
    unsigned n = sizeof sum;
    if (EVP_Digest(bytes->p, bytes->len, sum, &n, EVP_sha256(), NULL) != 1)
        abort(); /* the default provider always has SHA-256 */
    codec_hex(hex, sum, sizeof sum);
    hex[64] = '\0';
}

int cli_package_make(struct cli_package *p, const char *programs, struct err *err) {
    const char *env = getenv("CALOTYPE_PROGRAMS");
    if (!programs && env && *env)
        programs = env;
    *p = (struct cli_package){0};
    struct buf bytes[ARRAY_LEN(names)] = {0};
    int r = 0;
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(names); i++)
        r = read_program(names[i], programs, &bytes[i], &p->architecture, err);
    r = r ? r : write_zip(bytes, &p->zip, err);
    if (r == 0)
        cli_package_sum(&p->zip, p->sha256);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        buf_deinit(&bytes[i]);
    return r;
}

void cli_package_deinit(struct cli_package *p) { buf_deinit(&p->zip); }

/* ---- The verb ---- */

struct package {
    const char *output, *programs;
};

static int run(void *ctx, char **, int, struct err *err) {
    const struct package *to = ctx;
    struct cli_package p = {0};
    CLEANUP_DEINIT(cli_output) struct cli_output out = {0};
    int r = cli_output_begin(&out, to->output, true, err);
    r = r ? r : cli_package_make(&p, to->programs, err);
    r = r ? r : cli_output_write(&out, buf_view(&p.zip), err);
    r = r ? r : cli_output_end(&out, err);
    if (r == 0 && out.to_stdout)
        prog_hint("%s  -", p.sha256);
    else if (r == 0)
        prog_print("%s  %s\n", p.sha256, to->output);
    char size[16];
    if (r == 0)
        prog_hint("%s, for %s", cli_size(size, p.zip.len), p.architecture);
    cli_package_deinit(&p);
    return r;
}

static const struct prog_flag flags[] = {
    PROG_PATH(struct package, output, "output", "FILE",
              "where to write it (function.zip); - is stdout"),
    PROG_PATH(struct package, programs, "programs", "DIR",
              "folder with bootstrap and calotype-image"),
};

const struct prog_verb cli_verb_package = {
    .name = "package",
    .summary = "make function.zip",
    .arguments = "[--output FILE]",
    .about =
        "Makes function.zip, which runs on AWS Lambda (provided.al2023) and in the embedded cloud.\n"
        "The same programs give the same bytes. Prints the SHA-256 and the file's name\n"
        "(with --output - on stderr), and on stderr its size and for which processor it is.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .size = sizeof(struct package),
    .defaults = &(const struct package){.output = "function.zip"},
    .run = run,
};
