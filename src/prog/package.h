#pragma once
/*
 * prog/package: function.zip, what Lambda (AWS's or ours) runs: bootstrap and calotype-image.
 *
 * The zip is deterministic: the same programs make the same bytes, hence the same SHA-256, which is
 * its name in the artifacts bucket; so unchanged code is neither uploaded nor deployed again.
 */
#include "base/buf.h"
#include "base/err.h"

struct prog_package {
    struct buf zip;
    char sha256[65];          /* of zip, hex */
    const char *architecture; /* "x86_64" or "arm64", as Lambda names them; static */
};
/*
 * programs: a folder that holds both programs; NULL: $CALOTYPE_PROGRAMS, or this program's own. The
 * places of an installation and of a build are found from there (../lib/calotype; ../fn and
 * ../img). Refuses what is not a static ELF program: it would not start in a sandbox.
 */
int prog_package_make(struct prog_package *p, const char *programs, struct err *err);
void prog_package_deinit(struct prog_package *p);
/* This program's own folder. The caller frees; NULL with err. */
char *prog_own_folder(struct err *err);
