#pragma once
/*
 * svc/lambda/code: deployment packages, of functions and of layers. The zip is the truth (a store
 * blob); DATA/functions/NAME is an unpacked copy of it, NAME being the zip's SHA-256 in hex, or of
 * several (layer.h); it is made again whenever it is missing, and removed with its last user.
 *
 * A package is untrusted: names must be relative and plain, entries files, folders or symbolic links,
 * sizes within the limits, contents what their checksums say. A link may lead anywhere, for it is the
 * sandbox's: whoever opens a file of a package on the host must not follow it (O_NOFOLLOW).
 */
#include "aws/rq.h"
#include "base/err.h"
#include "base/map.h"
#include "base/outcomes.h"
#include "store/seal.h"

struct lambda_svc;

enum {
    LAMBDA_ZIP_MOST = 50 * 1024 * 1024,
    LAMBDA_UNZIPPED_MOST = 262144000,
    LAMBDA_FILES_MOST = 20000,
    LAMBDA_DIR_LEN = 64,
};

/* What helps where a package is lost: a function's, a layer version's, or its row. */
#define LAMBDA_UPLOAD_AGAIN "give it its code again (UpdateFunctionCode)"
#define LAMBDA_PUBLISH_AGAIN                                                                       \
    "publish it again (PublishLayerVersion) and give the new version to its functions"
#define LAMBDA_LAYERS_AGAIN "give it its layers again (UpdateFunctionConfiguration)"

/* The package is at fault: no zip, or not a plain one; beyond a limit. */
enum { LAMBDA_E_ZIP = OUTCOMES_LAMBDA_CODE, LAMBDA_E_TOO_BIG };

/*
 * ---- folders.c: DATA/functions, whose folders have users ----
 * A folder is used by environments and by requests that bring its package (a pin each), and by the
 * functions whose rows name it. The sweep removes those that nobody uses: it renames them first, so
 * that what has its name is whole. Any thread; the lock inside is taken last.
 */
struct lambda_code;
/* Names of what is being made, and of what is being removed. */
#define LAMBDA_CODE_HALF ".half-"
#define LAMBDA_CODE_GONE ".gone-"
/*
 * The folder under the store's DATA. Leftovers of an earlier life, and everything after a power
 * cut, lose their names here; the first sweep removes them. Freed by lambda_code_free.
 */
struct lambda_code *lambda_code_new(struct store *store);
struct lambda_code *lambda_code_free(struct lambda_code *code);
/* DATA/functions, borrowed. */
const char *lambda_code_root(const struct lambda_code *code);
/* Until unpin, dir is not removed, be it there already or not. */
void lambda_code_pin(struct lambda_code *code, const char *dir);
/* True: what was the last pin, and the sweep should look. */
bool lambda_code_unpin(struct lambda_code *code, const char *dir);
/* Rows changed or a folder was made: a sweep has something to look for. */
void lambda_code_touched(struct lambda_code *code);
/*
 * Removes what has neither pin nor name. named fills a set with the names in rows, 0 or an error
 * (then nothing is removed). Blocks; one at a time.
 */
void lambda_code_sweep(struct lambda_code *code, int (*named)(void *ctx, struct map *ret),
                       void *ctx);

/*
 * ---- unpack.c ----
 * Unpacks zip into DATA/functions/dir unless that is there; the caller has pinned it. Room above the
 * store's reserve is asked for first, by what the zip's directory says, and again as it is written.
 * 0; LAMBDA_E_ZIP or LAMBDA_E_TOO_BIG with a sentence for the caller of the API; STORE_E_FULL;
 * -errno. Any thread; two may do the same at once.
 */
int lambda_code_unpack(struct lambda_code *code, struct store *store, str zip, const char *dir,
                       struct err *err);
/* Several zips, read one after the other. */
struct lambda_zips {
    size_t n;
    /* The i-th, a view: into room, or of the caller's. 0, or what the merge answers, with words. */
    int (*read)(void *ctx, size_t i, struct buf *room, str *ret_zip, struct err *err);
    void *ctx;
};
/*
 * The same of several zips, each of which has been unpacked alone before, in their order: a file of
 * a later one is there in the place of what earlier ones have under its name, files or folders.
 */
int lambda_code_merge(struct lambda_code *code, struct store *store, const struct lambda_zips *zips,
                      const char *dir, struct err *err);
/* How many bytes the zip's files have unpacked, by its directory. 0 or LAMBDA_E_ZIP with words. */
int lambda_code_measure(str zip, uint64_t *ret_size, struct err *err);
/* True where DATA/functions/dir is there: it gets its name when it is whole. */
bool lambda_code_is_unpacked(const struct lambda_code *code, const char *dir);

/* The package of a request, checked, unpacked and stored: what goes into its owner's row. */
struct lambda_package {
    struct buf ref; /* blob reference */
    char dir[LAMBDA_DIR_LEN + 1];
    char sha256[48]; /* base64, as CodeSha256 */
    uint64_t size;
    uint64_t unzipped;
    struct lambda_svc *lambda; /* whose code it is a pin of */
    bool committed;            /* a row has the blob: it stays */
};
/*
 * code: a document with ZipFile, or S3Bucket and S3Key. 0, AWS_FAILED. A re-run of the same request
 * gets the same package. The caller keeps the blob (lambda_package_keep); without that, or where
 * the commit fails, its file goes with the request.
 */
int lambda_package_take(struct lambda_svc *lambda, struct rq *rq, const json_t *code,
                        struct lambda_package **ret_package);
/*
 * The id of the account's data key, under which its packages are sealed; made and committed at once
 * when there is none. 0 or AWS_FAILED.
 */
int lambda_data_key(struct rq *rq, char id[SEAL_KEY_ID_LEN]);
/* The request's batch has the blob's row: called by whoever puts the function's. */
void lambda_package_keep(struct rq *rq, struct lambda_package *package);
/*
 * The zip's bytes back from the store. ref: as the owner's row has it, in base64. What cannot be read
 * is told with its owner ("function f"), the file and what to do; todo is what else helps. 0,
 * STORE_E_DAMAGED and its like, or -errno.
 */
int lambda_package_read(struct store *store, str ref, const char *owner, const char *todo,
                        struct buf *out, struct err *err);
