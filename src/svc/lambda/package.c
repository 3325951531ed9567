/* From a request's Code to a stored, unpacked package. */
#include "aws/call.h"
#include "base/codec.h"
#include "store/blob.h"
#include "store/key.h"
#include "svc/lambda/code.h"
#include "svc/lambda/errors.h"
#include "svc/lambda/lambda_priv.h"

#include <errno.h>
#include <openssl/sha.h>

enum { READ_PIECE = 256 * 1024 };

/*
 * After a failed write or sync nobody knows what reached the disk: the row may be there after all.
 * Then the blob stays, and the store's sweep at the next start decides.
 */
static void package_done(void *package_) {
    struct lambda_package *package = package_;
    struct store *store = package->lambda->store;
    if (package->ref.len && !package->committed && !store_is_readonly(store, NULL))
        blob_discard(store, buf_view(&package->ref));
    buf_deinit(&package->ref);
    lambda_code_release(package->lambda, package->dir);
}

static void mark_committed(void *package) { ((struct lambda_package *)package)->committed = true; }

void lambda_package_keep(struct rq *rq, struct lambda_package *package) {
    blob_keep(rq_batch(rq), buf_view(&package->ref));
    store_after(rq_batch(rq), mark_committed, package);
}

/* ---- Where it comes from ---- */
static int decode_zip_file(struct rq *rq, str text, struct buf *zip) {
    if (text.len / 4 * 3 > LAMBDA_ZIP_MOST + 2)
        return aws_fail(rq, &lambda_e_RequestTooLargeException,
                        "Request must be smaller than %d bytes for the operation", LAMBDA_ZIP_MOST);
    if (!codec_unbase64(zip, text))
        return lambda_fail_invalid(
            rq, "Could not unzip uploaded file. Please check your file, then try to upload again.");
    return 0;
}

/* As the caller: who may not read the object may not make a function of it. */
static int fetch_object(struct rq *rq, const json_t *code, struct buf *zip) {
    CLEANUP_JSON json_t *in = json_object();
    json_set_str(in, "Bucket", json_str(code, "S3Bucket"));
    json_set_str(in, "Key", json_str(code, "S3Key"));
    json_set_str(in, "VersionId", json_str(code, "S3ObjectVersion"));
    struct aws_call call = {.cloud = rq->cloud,
                            .caller = rq->caller,
                            .behalf = {true, rq->behalf.called_via},
                            .account = rq->account,
                            .region = rq->region,
                            .service = "s3",
                            .op = "GetObject",
                            .in = in};
    int r = aws_call(&call);
    if (r)
        r = lambda_fail_invalid(
            rq, "Error occurred while GetObject. S3 Error Code: %s. S3 Error Message: %s",
            buf_cstr(&call.error_code), buf_cstr(&call.error_message));
    else
        *zip = call.out_body;
    if (r == 0)
        call.out_body = (struct buf){0};
    aws_call_deinit(&call);
    if (r == 0 && zip->len > LAMBDA_ZIP_MOST)
        return lambda_fail_invalid(rq, "Zipped size must be smaller than %d bytes",
                                   LAMBDA_ZIP_MOST);
    return r;
}

static int take_bytes(struct rq *rq, const json_t *code, struct buf *zip) {
    bool zip_file = json_has(code, "ZipFile"),
         object = json_has(code, "S3Bucket") || json_has(code, "S3Key");
    if (zip_file && object)
        return lambda_fail_invalid(
            rq, "Please do not provide other FunctionCode parameters when providing a ZipFile.");
    if (zip_file)
        return decode_zip_file(rq, json_str(code, "ZipFile"), zip);
    if (json_has(code, "S3Bucket") && json_has(code, "S3Key"))
        return fetch_object(rq, code, zip);
    return lambda_fail_invalid(rq, "Please provide a source for function code.");
}

/* ---- Storing it ---- */
/*
 * The account's data key, made and committed at once when there is none: STORE_E_CONDITION where
 * another request was faster.
 */
static int try_data_key(struct store *store, struct row *row, char id[SEAL_KEY_ID_LEN],
                        struct err *err) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct rows rows = {.store = store, .batch = batch};
    int r = row_get(&rows, row);
    if (r == 0 && row->bytes.len == SEAL_KEY_ID_LEN)
        memcpy(id, row->bytes.p, SEAL_KEY_ID_LEN);
    if (r != STORE_E_ABSENT)
        return r ? err_set(err, r, "reading the functions' data key") : 0;
    r = seal_key_create(store, batch, id, err);
    if (r)
        return r;
    row_put(&rows, row, str_n(id, SEAL_KEY_ID_LEN));
    return store_commit(store, batch, err);
}

int lambda_data_key(struct rq *rq, char id[SEAL_KEY_ID_LEN]) {
    CLEANUP_DEINIT(row) struct row row = {0};
    struct err err = {0};
    int r;
    key_begin(&row.key, "lambda.key");
    key_str(&row.key, rq->account);
    while ((r = try_data_key(rq_store(rq), &row, id, &err)) == STORE_E_CONDITION)
        ;
    return r ? aws_fault(rq, r, err.text) : 0;
}

static int store_zip(struct rq *rq, str zip, struct buf *ref) {
    char key[SEAL_KEY_ID_LEN];
    int r = lambda_data_key(rq, key);
    if (r)
        return r;
    CLEANUP(blob_writer) struct blob_writer *writer = NULL;
    struct err err = {0};
    r = blob_create(rq_store(rq), str_n(key, sizeof key), zip.len, &writer, &err);
    if (r == 0)
        r = blob_write(writer, zip.p, zip.len, &err);
    if (r == 0)
        r = blob_finish(STEAL(writer), ref, &err);
    return r ? aws_fault(rq, r, err.text) : 0;
}

static void describe(str zip, struct lambda_package *package) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256((const unsigned char *)zip.p, zip.len, digest);
    CLEANUP_DEINIT(buf) struct buf text = {0};
    codec_add_base64(&text, digest, sizeof digest);
    memcpy(package->sha256, text.p, text.len + 1);
    codec_hex(package->dir, digest, sizeof digest);
    package->size = zip.len;
}

int lambda_package_take(struct lambda_svc *lambda, struct rq *rq, const json_t *code,
                        struct lambda_package **ret_package) {
    if (rq->stream) { /* a re-run after a lost race */
        *ret_package = rq->stream;
        return 0;
    }
    CLEANUP_DEINIT(buf) struct buf zip = {0};
    int r = take_bytes(rq, code, &zip);
    if (r)
        return r;
    struct lambda_package *package = arena_new(&rq->arena, struct lambda_package);
    describe(buf_view(&zip), package);
    package->lambda = lambda;
    lambda_code_pin(lambda->code, package->dir);
    rq_on_done(rq, package_done, package);
    struct err err = {0};
    r = lambda_code_unpack(lambda->code, lambda->store, buf_view(&zip), package->dir, &err);
    if (r == STORE_E_FULL)
        return aws_fail(rq, &lambda_e_CodeStorageExceededException, "%s", err.text);
    if (r == LAMBDA_E_ZIP || r == LAMBDA_E_TOO_BIG)
        return lambda_fail_invalid(rq, "%s", err.text);
    if (r == 0)
        r = lambda_code_measure(buf_view(&zip), &package->unzipped, &err);
    if (r)
        return aws_fault(rq, r, err.text);
    r = store_zip(rq, buf_view(&zip), &package->ref);
    if (r)
        return r;
    rq->stream = package;
    *ret_package = package;
    return 0;
}

int lambda_package_read(struct store *store, str ref_text, const char *owner, const char *todo,
                        struct buf *out, struct err *err) {
    CLEANUP(blob_reader) struct blob_reader *reader = NULL;
    CLEANUP_DEINIT(buf) struct buf ref = {0}, words = {0};
    struct blob_why why = {.file = "",
                           .what = "names no package",
                           .todo = "restore DATA as a whole from a copy"};
    int r = codec_unbase64(&ref, ref_text) ? blob_open(store, buf_view(&ref), &reader, &why)
                                           : STORE_E_DAMAGED;
    uint64_t size = blob_size(buf_view(&ref));
    while (r == 0 && out->len < size) {
        ssize_t got = blob_read(reader, out->len, buf_reserve(out, READ_PIECE), READ_PIECE, &why);
        if (got <= 0)
            r = got < 0 ? (int)got : -EBADMSG;
        else
            out->len += (size_t)got;
    }
    if (r == 0)
        return 0;
    blob_why_add(&words, &why);
    return err_set(err, r, "the package of %s: " STR_FMT "%s%s", owner, STR_ARG(buf_view(&words)),
                   why.passing ? "" : ", or ", why.passing ? "" : todo);
}
