/*
 * write-pages man WORDS PREFIX DATE FOLDER: all manual pages, into FOLDER.
 * write-pages bash FILE, write-pages zsh FILE: a shell's completion.
 * The build runs it; nobody installs it.
 */
#include "tools/pages/pages.h"

#include <stdio.h>

static void write_file(const char *path, const struct buf *text) {
    FILE *f = fopen(path, "w");
    if (!f || fwrite(text->p, 1, text->len, f) != text->len || fclose(f) != 0)
        pages_fail("cannot write %s", path);
}

/* verb NULL: calotype.1. */
static void write_page(const struct pages_options *options, const char *folder,
                       const struct pages_verb *verb) {
    CLEANUP_DEINIT(buf) struct buf path = {0}, text = {0};
    buf_printf(&path, "%s/calotype%s%s.1", folder, verb ? "-" : "", verb ? verb->name : "");
    pages_man(&text, options, verb);
    write_file(buf_cstr(&path), &text);
}

static void write_pages(const struct pages_options *options, const char *folder) {
    write_page(options, folder, NULL);
    for (size_t i = 0; i < pages_count(); i++) {
        struct pages_verb verb = pages_at(i);
        write_page(options, folder, &verb);
    }
}

int main(int argc, char **argv) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (argc == 6 && strcmp(argv[1], "man") == 0) {
        const struct pages_options options = {argv[2], argv[3], argv[4]};
        write_pages(&options, argv[5]);
    } else if (argc == 3 && strcmp(argv[1], "bash") == 0) {
        pages_bash(&text);
        write_file(argv[2], &text);
    } else if (argc == 3 && strcmp(argv[1], "zsh") == 0) {
        pages_zsh(&text);
        write_file(argv[2], &text);
    } else {
        pages_fail("man WORDS PREFIX DATE FOLDER, bash FILE or zsh FILE is what it takes");
    }
    return 0;
}
