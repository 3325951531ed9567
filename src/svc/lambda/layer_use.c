/*
 * The layers of a function: which it may have, how large they are together, and their folder. That
 * of one layer is its package unpacked, the same as a function's with that package; of several it
 * holds what all have, a later one's file in the place of an earlier one's, and its name is a hash of
 * theirs in their order.
 */
#include "svc/lambda/layer.h"

#include "base/codec.h"
#include "base/log.h"
#include "store/blob.h"
#include "svc/lambda/code.h"
#include "svc/lambda/lambda_priv.h"

#include <openssl/sha.h>

/* ---- Which ---- */
/* What is gathered of a list. */
struct gathered {
    json_t *shown;   /* as the configuration shows it: Arn, CodeSize */
    struct buf dirs; /* the names of their packages' folders */
    int64_t unzipped;
};

static bool is_same_layer(str arn, str other) {
    return str_eq(str_slice(arn, 0, (size_t)str_rchr(arn, ':')),
                  str_slice(other, 0, (size_t)str_rchr(other, ':')));
}

static int check_twice(struct rq *rq, const json_t *before, str arn) {
    for (size_t i = 0; i < json_array_size(before); i++) {
        str other = json_str(json_array_get(before, i), "Arn");
        if (is_same_layer(arn, other))
            return lambda_fail_invalid(
                rq,
                "Two different versions of the same layer are not allowed to be referenced in the "
                "same function. " STR_FMT " and " STR_FMT " are versions of the same layer.",
                STR_ARG(other), STR_ARG(arn));
    }
    return 0;
}

static int gather(struct rq *rq, str region, str arn, struct gathered *g) {
    struct lambda_layer layer;
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_JSON json_t *doc = NULL;
    bool is_version = lambda_layer_parse(arn, rq->account, rq->region, &layer) && layer.version > 0;
    if (is_version && !str_eq(layer.region, region))
        return lambda_fail_invalid(rq,
                                   "Layers are not in the same region as the function. Layers are "
                                   "expected to be in region " STR_FMT ".",
                                   STR_ARG(region));
    int r = is_version ? lambda_rq_layer_get(rq, &layer, &row, &doc) : STORE_E_ABSENT;
    if (r == STORE_E_ABSENT)
        return lambda_fail_invalid(rq, "Layer version " STR_FMT " does not exist.", STR_ARG(arn));
    if (r || check_twice(rq, g->shown, arn))
        return AWS_FAILED;
    json_t *one = json_pack("{s:s%,s:I}", "Arn", arn.p, arn.len, "CodeSize",
                            (json_int_t)json_int(doc, "CodeSize", 0));
    json_array_append_new(g->shown, one);
    buf_str(&g->dirs, json_str(doc, "CodeDir"));
    g->unzipped += json_int(doc, "Unzipped", 0);
    return 0;
}

/* ---- Their folder's name ---- */
static void name_folder(const struct gathered *g, char ret[LAMBDA_DIR_LEN + 1]) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    ret[LAMBDA_DIR_LEN] = '\0';
    if (g->dirs.len == LAMBDA_DIR_LEN) {
        memcpy(ret, g->dirs.p, LAMBDA_DIR_LEN);
        return;
    }
    SHA256((const unsigned char *)g->dirs.p, g->dirs.len, digest);
    codec_hex(ret, digest, sizeof digest);
}

static void put(json_t *doc, const struct gathered *g) {
    char dir[LAMBDA_DIR_LEN + 1];
    json_t *config = json_obj(doc, "Config");
    json_object_del(config, "Layers");
    json_object_del(doc, "Layers");
    if (json_array_size(g->shown) == 0)
        return;
    name_folder(g, dir);
    json_set(config, "Layers", json_incref(g->shown));
    json_set(doc, "Layers",
             json_pack("{s:s,s:I}", "Dir", dir, "Unzipped", (json_int_t)g->unzipped));
}

int lambda_layers_apply(struct rq *rq, const struct lambda_name *name, json_t *doc) {
    const json_t *wanted = json_arr(rq->in, "Layers");
    struct gathered g = {.shown = json_array()};
    int r = 0;
    if (json_array_size(wanted) > LAMBDA_LAYERS_MOST)
        r = lambda_fail_invalid(rq, "Cannot reference more than %d layers.", LAMBDA_LAYERS_MOST);
    for (size_t i = 0; r == 0 && i < json_array_size(wanted); i++)
        r = gather(rq, name->region, json_text(json_array_get(wanted, i)), &g);
    if (r == 0 && g.unzipped > LAMBDA_UNZIPPED_MOST)
        r = lambda_fail_invalid(rq, "Layers consume more than the available size of %d bytes",
                                LAMBDA_UNZIPPED_MOST);
    if (r == 0 && wanted)
        put(doc, &g);
    json_decref(g.shown);
    buf_deinit(&g.dirs);
    return r;
}

/* ---- How large ---- */
/* Rows that were written before there were layers do not say it: their package does, once. */
static int unzipped_of(struct rq *rq, json_t *doc, int64_t *ret) {
    CLEANUP_DEINIT(buf) struct buf zip = {0};
    struct err err = {0};
    uint64_t size = 0;
    *ret = json_int(doc, "Unzipped", -1);
    if (*ret >= 0)
        return 0;
    str name = json_str(json_obj(doc, "Config"), "FunctionName");
    int r = lambda_package_read(rq_store(rq), json_str(doc, "CodeRef"),
                                arena_printf(&rq->arena, "function " STR_FMT, STR_ARG(name)).p,
                                LAMBDA_UPLOAD_AGAIN, &zip, &err);
    if (r == 0)
        r = lambda_code_measure(buf_view(&zip), &size, &err);
    *ret = (int64_t)size;
    json_set_int(doc, "Unzipped", *ret);
    return r ? aws_fault(rq, r, err.text) : 0;
}

int lambda_layers_check_size(struct rq *rq, json_t *doc, const struct lambda_package *package) {
    const json_t *layers = json_obj(doc, "Layers");
    int64_t code = package ? (int64_t)package->unzipped : 0;
    if (!layers)
        return 0; /* its code was checked alone */
    if (!package && unzipped_of(rq, doc, &code))
        return AWS_FAILED;
    int64_t all = code + json_int(layers, "Unzipped", 0);
    return all <= LAMBDA_UNZIPPED_MOST
               ? 0
               : lambda_fail_invalid(
                     rq,
                     "Function code combined with layers exceeds the maximum allowed size of %d "
                     "bytes. The actual size is %lld bytes.",
                     LAMBDA_UNZIPPED_MOST, (long long)all);
}

/* ---- Their folder ---- */
str lambda_layers_dir(const json_t *doc) { return json_str(json_obj(doc, "Layers"), "Dir"); }

struct unpacking {
    struct lambda_svc *svc;
    const struct lambda_fn *fn;
};

/* The i-th layer's zip. A deleted one is read as any other: the function has it. */
static int read_zip(void *unpacking, size_t i, struct buf *room, str *ret_zip, struct err *err) {
    const struct unpacking *u = unpacking;
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_DEINIT(buf) struct buf what = {0};
    CLEANUP_JSON json_t *doc = NULL;
    struct lambda_layer layer;
    str arn = json_str(json_array_get(json_arr(u->fn->config, "Layers"), i), "Arn");
    if (!lambda_layer_parse(arn, u->fn->name.account, u->fn->name.region, &layer))
        return err_set(err, STORE_E_DAMAGED, "function %s names no layer with " STR_FMT,
                       u->fn->fn_name, STR_ARG(arn));
    lambda_layer_key(&layer, &row.key);
    int r = row_get_json(&(struct rows){.store = u->svc->store}, &row, &doc);
    if (r)
        return err_set(err, r, "the row of layer version " STR_FMT " of function %s: %s",
                       STR_ARG(arn), u->fn->fn_name, LAMBDA_LAYERS_AGAIN);
    buf_printf(&what, "layer version " STR_FMT, STR_ARG(arn));
    r = lambda_package_read(u->svc->store, json_str(doc, "CodeRef"), buf_cstr(&what),
                            LAMBDA_PUBLISH_AGAIN, room, err);
    *ret_zip = buf_view(room);
    return r;
}

int lambda_layers_unpack(struct lambda_svc *svc, const struct lambda_fn *fn, struct err *err) {
    struct unpacking u = {svc, fn};
    const struct lambda_zips zips = {json_array_size(json_arr(fn->config, "Layers")), read_zip, &u};
    return lambda_code_merge(svc->code, svc->store, &zips, lambda_layers_dir(fn->doc).p, err);
}

/* ---- The end of deleted versions ---- */
/* Keys of deleted versions by their ARNs. */
static int find_deleted(struct store *store, struct map *ret) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "lambda.layerv");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, buf_view(&from));
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        str arn = json_str(json_obj(doc, "Layer"), "LayerVersionArn");
        if (!arn.len || !json_bool(doc, "Deleted", false))
            continue;
        struct buf *key = mem_new(struct buf);
        buf_str(key, it->key);
        map_put(ret, arn, key);
    }
    return store_iter_fault(it);
}

static void forget(struct map *deleted, str arn) {
    struct buf *key = map_remove(deleted, arn);
    if (key)
        buf_deinit(key);
    free(key);
}

/* Those that functions have stay. A row that cannot be read may have any of them. */
static int spare_used(struct store *store, struct map *deleted) {
    CLEANUP_DEINIT(buf) struct buf from = {0};
    key_begin(&from, "lambda.fn");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, buf_view(&from));
    while (store_iter_next(it)) {
        CLEANUP_JSON json_t *doc = json_parse(it->value, NULL);
        const json_t *layers = json_arr(json_obj(doc, "Config"), "Layers");
        if (!doc)
            return STORE_E_DAMAGED;
        for (size_t i = 0; i < json_array_size(layers); i++)
            forget(deleted, json_str(json_array_get(layers, i), "Arn"));
    }
    return store_iter_fault(it);
}

static void remove_version(struct store *store, str key) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    CLEANUP_DEINIT(row) struct row row = {0};
    CLEANUP_DEINIT(buf) struct buf ref = {0};
    CLEANUP_JSON json_t *doc = NULL;
    const struct rows rows = {.store = store, .batch = batch};
    struct err err = {0};
    buf_str(&row.key, key);
    int r = row_get_json(&rows, &row, &doc);
    if (r == 0 && codec_unbase64(&ref, json_str(doc, "CodeRef")))
        blob_drop(batch, buf_view(&ref));
    if (r == 0) {
        row_del(&rows, &row);
        store_batch_frees(batch);
        r = store_commit(store, batch, &err);
    }
    if (r && r != STORE_E_ABSENT)
        log_warn("lambda", "a deleted layer version stays until the next sweep: %s", err.text);
}

/*
 * The deleted ones are known before the functions are read: whoever was given one was given it by a
 * commit that came before its deletion, so his row is seen.
 */
void lambda_layers_sweep(struct lambda_svc *svc) {
    CLEANUP_DEINIT(map) struct map deleted = {0};
    size_t at = 0;
    str arn;
    void *key;
    bool known = find_deleted(svc->store, &deleted) == 0 && deleted.n > 0 &&
                 spare_used(svc->store, &deleted) == 0;
    while (map_next(&deleted, &at, &arn, &key)) {
        if (known)
            remove_version(svc->store, buf_view(key));
        buf_deinit(key);
        free(key);
    }
}
