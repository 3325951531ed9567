#pragma once
/*
 * cli/package: function.zip, what Lambda (AWS's or ours) runs: bootstrap and calotype-image.
 *
 * The zip is deterministic: the same programs make the same bytes, hence the same SHA-256, which is
 * its name in the artifacts bucket; so unchanged code is neither uploaded nor deployed again.
 */
#include "base/buf.h"
#include "base/err.h"

struct cli_package {
    struct buf zip;
    char sha256[65];          /* of zip, hex */
    const char *architecture; /* "x86_64" or "arm64", as Lambda names them; static */
};
/*
 * programs: a folder that holds both programs, or a calotype to which they belong; NULL:
 * $CALOTYPE_PROGRAMS, or those of this program (cli/find.h). Refuses what is not a static ELF
 * program: it would not start in a sandbox.
 */
int cli_package_make(struct cli_package *p, const char *programs, struct err *err);
void cli_package_deinit(struct cli_package *p);
/* SHA-256 of a package, in hex, and a NUL. */
void cli_package_sum(const struct buf *zip, char hex[65]);
