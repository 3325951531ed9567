#pragma once
/*
 * cli/local: code that a template names by a path on this machine, as `aws cloudformation package`
 * takes it: Code of AWS::Lambda::Function and Content of AWS::Lambda::LayerVersion where they are a
 * text. A folder becomes a zip of what is in it, links followed; a zip stays as it is; another file
 * becomes a zip of that file. Programs stay programs, and the same files give the same bytes: neither
 * times nor owners are in the zip, and of the modes only who may execute.
 */
#include "base/buf.h"
#include "base/err.h"

struct cli_local {
    const char *folder; /* relative paths are below it: the template's */
    const char *bucket; /* where store puts what it is given */
    /* Stores a package under the key, unless it is there. 0 or -errno with words. */
    int (*store)(void *ctx, const char *key, str zip, struct err *err);
    void *ctx;
};

/*
 * Appends the template with S3Bucket and S3Key in the place of each such path, after its package was
 * stored; without any it is the template as it is, and so where it cannot be read: the service says
 * what is wrong with it. 0, or -errno with words: which resource, which file, what is wrong.
 */
int cli_local_resolve(const struct cli_local *local, str template, struct buf *ret,
                      struct err *err);
