#pragma once
/*
 * svc/lambda/code: deployment packages. The zip is the truth (a store blob); DATA/functions/NAME is
 * an unpacked copy of it, NAME being the zip's SHA-256 in hex, made again whenever it is missing.
 *
 * A package is untrusted: names must be relative and plain, entries regular files or folders,
 * sizes within the limits, contents what their checksums say.
 */
#include "aws/rq.h"
#include "base/err.h"
#include "base/outcomes.h"

struct lambda_svc;

enum {
    LAMBDA_ZIP_MOST = 50 * 1024 * 1024,
    LAMBDA_UNZIPPED_MOST = 262144000,
    LAMBDA_FILES_MOST = 20000,
    LAMBDA_DIR_LEN = 64,
};

/* The package is at fault: no zip, or not a plain one; beyond a limit. */
enum { LAMBDA_E_ZIP = OUTCOMES_LAMBDA_CODE, LAMBDA_E_TOO_BIG };
/*
 * Unpacks zip into DATA/functions/dir unless that is there. 0; LAMBDA_E_ZIP or LAMBDA_E_TOO_BIG
 * with a sentence for the caller of the API; -errno. Any thread; two may do the same at once.
 */
int lambda_code_unpack(const char *functions_dir, str zip, const char *dir, struct err *err);
/* True where DATA/functions/dir is there: it gets its name when it is whole. */
bool lambda_code_is_unpacked(const char *functions_dir, const char *dir);
/* Removes folders whose name keep() does not want, and half-made ones. */
void lambda_code_sweep(const char *functions_dir, bool (*keep)(void *ctx, const char *name),
                       void *ctx);

/* The package of a request, checked, unpacked and stored: what goes into the function's row. */
struct lambda_package {
    struct buf ref; /* blob reference */
    char dir[LAMBDA_DIR_LEN + 1];
    char sha256[48]; /* base64, as CodeSha256 */
    uint64_t size;
};
/*
 * code: a document with ZipFile, or S3Bucket and S3Key. 0, AWS_FAILED. A re-run of the same request
 * gets the same package. The caller keeps the blob (blob_keep); without that the store sweeps it.
 */
int lambda_package_take(struct lambda_svc *lambda, struct rq *rq, const json_t *code,
                        struct lambda_package **ret_package);
/* The zip's bytes back from the store. */
int lambda_package_read(struct store *store, str ref, struct buf *out, struct err *err);
