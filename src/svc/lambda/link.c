/*
 * Code.Location of GetFunction, and Content.Location of a layer's version: an address from which a
 * package can be fetched for ten minutes without a signature, as AWS answers a presigned URL of a
 * bucket of its own. The token in its path is sealed under the account's data key of packages, so
 * none but we can make or change one; it says until when it holds, and for which function or
 * version, and which bytes. What it leads to is always these bytes: once the function has others, or
 * its owner is gone, it leads nowhere. There are no rows of it.
 */
#include "base/clock.h"
#include "base/codec.h"
#include "base/log.h"
#include "net/net.h"
#include "store/blob.h"
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"
#include "svc/lambda/layer.h"

enum { LASTS_MS = 10 * 60 * 1000, TOKEN_MOST = 1024 };
#define AAD S("lambda.code-link")

/* ---- Making one ---- */
/*
 * The key's id, then sealed: until when (real time), account, region, name, the number of a layer's
 * version, CodeSha256.
 */
static int add_token(struct rq *rq, const struct lambda_linked *l, struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    const struct seal_key *key;
    char id[SEAL_KEY_ID_LEN];
    struct err err = {0};
    if (lambda_data_key(rq, id))
        return AWS_FAILED;
    int r = seal_key_get(rq_store(rq), str_n(id, sizeof id), &key, &err);
    if (r)
        return aws_fault(rq, r, err.text);
    buf_u64(&plain, (uint64_t)(clock_real_ms() + LASTS_MS));
    buf_lstr(&plain, l->account);
    buf_lstr(&plain, l->region);
    buf_lstr(&plain, l->name);
    buf_u64(&plain, (uint64_t)l->version);
    buf_lstr(&plain, l->sha256);
    buf_add(out, id, sizeof id);
    seal_value(key, buf_view(&plain), AAD, out);
    return 0;
}

int lambda_link_make(struct rq *rq, const struct lambda_linked *l, str *ret_url) {
    CLEANUP_DEINIT(buf) struct buf token = {0}, hex = {0};
    if (add_token(rq, l, &token))
        return AWS_FAILED;
    codec_add_hex(&hex, token.p, token.len);
    *ret_url = arena_printf(&rq->arena, STR_FMT LAMBDA_LINKS "%s/" STR_FMT ".zip",
                            STR_ARG(rq_own_endpoint(rq)), buf_cstr(&hex), STR_ARG(l->name));
    return 0;
}

/* ---- Following one ---- */
/* As S3 says it of a presigned URL. */
static const struct {
    int status;
    const char *code, *message;
} answers[] = {
    [LAMBDA_LINK_REFUSED] = {403, "AccessDenied", "Access Denied"},
    [LAMBDA_LINK_EXPIRED] = {403, "AccessDenied", "Request has expired"},
    [LAMBDA_LINK_GONE] = {404, "NoSuchKey", "The specified key does not exist."},
    [LAMBDA_LINK_BROKEN] = {500, "InternalError",
                            "We encountered an internal error. Please try again."},
};

/* What a token says: views into text. */
struct claim {
    struct buf text;
    int64_t until_ms;
    struct lambda_linked of;
};

static bool unseal(struct store *store, str hex, struct buf *plain) {
    CLEANUP_DEINIT(buf) struct buf again = {0};
    unsigned char bytes[TOKEN_MOST / 2];
    const struct seal_key *key;
    size_t n = hex.len / 2;
    if (hex.len % 2 || n <= SEAL_KEY_ID_LEN || n > sizeof bytes || !codec_unhex(hex, bytes, n))
        return false;
    codec_add_hex(&again, bytes, n); /* of one token there is one spelling */
    if (!str_eq(buf_view(&again), hex) ||
        seal_key_get(store, str_n((char *)bytes, SEAL_KEY_ID_LEN), &key, NULL))
        return false;
    return unseal_value(key, str_skip(str_n((char *)bytes, n), SEAL_KEY_ID_LEN), AAD, plain) == 0;
}

/* path: TOKEN/NAME.zip. False: it was not made here, or was changed. */
static bool read_claim(struct store *store, str path, struct claim *ret) {
    str token, file;
    if (!str_cut(path, '/', &token, &file) || !unseal(store, token, &ret->text))
        return false;
    struct cur c = cur_of(buf_view(&ret->text));
    ret->until_ms = (int64_t)cur_u64(&c);
    ret->of.account = cur_lstr(&c);
    ret->of.region = cur_lstr(&c);
    ret->of.name = cur_lstr(&c);
    ret->of.version = (int64_t)cur_u64(&c);
    ret->of.sha256 = cur_lstr(&c);
    return !c.bad && str_ends(file, S(".zip")) &&
           str_eq(str_slice(file, 0, file.len - 4), ret->of.name);
}

/* The owner's row: nothing is written that depends on it. */
static int read_owner(struct lambda_svc *svc, const struct lambda_linked *of, json_t **ret_doc) {
    const struct rows rows = {.store = svc->store};
    const struct lambda_name name = {of->account, of->region, of->name, STR_NONE};
    const struct lambda_layer layer = {of->account, of->region, of->name, of->version};
    CLEANUP_DEINIT(row) struct row row = {0};
    if (of->version)
        return lambda_layer_get(&rows, &layer, &row, ret_doc);
    lambda_row_key(&name, &row.key);
    return row_get_json(&rows, &row, ret_doc);
}

static enum lambda_link tell_broken(const struct lambda_linked *of, str why) {
    log_error("lambda", "the package of %s " STR_FMT " cannot be sent: " STR_FMT,
              of->version ? "a version of layer" : "function", STR_ARG(of->name), STR_ARG(why));
    return LAMBDA_LINK_BROKEN;
}

static enum lambda_link open_package(struct lambda_svc *svc, const struct lambda_linked *of,
                                     struct lambda_link_bytes *ret) {
    CLEANUP_JSON json_t *doc = NULL;
    CLEANUP_DEINIT(buf) struct buf ref = {0}, words = {0};
    struct blob_why why = {.file = "",
                           .what = "names no package",
                           .todo = of->version ? LAMBDA_PUBLISH_AGAIN : LAMBDA_UPLOAD_AGAIN};
    int r = read_owner(svc, of, &doc);
    const json_t *has_sha256 = of->version ? doc : json_obj(doc, "Config");
    if (r == STORE_E_ABSENT || (r == 0 && !str_eq(json_str(has_sha256, "CodeSha256"), of->sha256)))
        return LAMBDA_LINK_GONE;
    if (r)
        return tell_broken(of, S("its row cannot be read"));
    r = codec_unbase64(&ref, json_str(doc, "CodeRef"))
            ? blob_open(svc->store, buf_view(&ref), &ret->reader, &why)
            : STORE_E_DAMAGED;
    if (r == STORE_E_ABSENT)
        return LAMBDA_LINK_GONE; /* replaced since the row was read */
    ret->size = blob_size(buf_view(&ref));
    if (r == 0)
        r = blob_verify(ret->reader, 0, &why);
    if (r == 0)
        return LAMBDA_LINK_GIVEN;
    blob_why_add(&words, &why);
    return tell_broken(of, buf_view(&words));
}

enum lambda_link lambda_link_follow(struct lambda_svc *svc, str path, int64_t now_ms,
                                    struct lambda_link_bytes *ret) {
    struct claim claim = {0};
    enum lambda_link what = LAMBDA_LINK_REFUSED;
    if (read_claim(svc->store, path, &claim))
        what = now_ms > claim.until_ms ? LAMBDA_LINK_EXPIRED : open_package(svc, &claim.of, ret);
    buf_deinit(&claim.text);
    return what;
}

/* ---- Answering ---- */
static ssize_t read_bytes(void *bytes, uint64_t offset, void *p, size_t n) {
    return blob_read(((struct lambda_link_bytes *)bytes)->reader, offset, p, n, NULL);
}

static void free_bytes(void *bytes_) {
    struct lambda_link_bytes *bytes = bytes_;
    blob_reader_free(bytes->reader);
    free(bytes);
}

static void say(struct net_req *req, enum lambda_link what) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_printf(&text,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>%s</Code>"
               "<Message>%s</Message></Error>",
               answers[what].code, answers[what].message);
    net_reply_header(req, S("Content-Type"), S("application/xml"));
    if (str_is(req->method, "HEAD"))
        net_reply_head(req, answers[what].status, text.len);
    else
        net_reply_buf(req, answers[what].status, &text);
}

void lambda_link_answer(struct lambda_svc *svc, struct net_req *req) {
    struct lambda_link_bytes *bytes = mem_new(struct lambda_link_bytes);
    str path = str_skip(req->path, strlen(LAMBDA_LINKS));
    enum lambda_link what = lambda_link_follow(svc, path, clock_real_ms(), bytes);
    net_reply_header(req, S("Cache-Control"), S("private, no-store"));
    if (what == LAMBDA_LINK_GIVEN)
        net_reply_header(req, S("Content-Type"), S("application/zip"));
    if (what != LAMBDA_LINK_GIVEN)
        say(req, what);
    else if (str_is(req->method, "HEAD"))
        net_reply_head(req, 200, bytes->size);
    else {
        net_reply_stream(req, 200, bytes->size, read_bytes, free_bytes, bytes);
        return;
    }
    free_bytes(bytes);
}
