/* svc/s3: the rows that own bodies, as a scrub asks for them: versions of objects, and parts. */
#include "store/scrub.h"
#include "svc/s3/parts.h"
#include "svc/s3/s3_priv.h"

/* ---- Names ---- */
/* Bucket names are looked for in all bucket rows: a finding is rare. Absent where there is none. */
static str bucket_name(struct store *store, uint64_t id, struct buf *name) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    key_begin(&prefix, "s3b");
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, buf_view(&prefix));
    while (store_iter_next(it)) {
        struct s3_bucket_row row;
        struct cur at = cur_of(it->key);
        key_take_kind(&at);
        buf_clear(name);
        if (s3_bucket_row_read(it->value, &row) && row.id == id && key_take_str(&at, name))
            return buf_view(name);
    }
    buf_clear(name);
    buf_printf(name, "(number %llu, whose row is gone)", (unsigned long long)id);
    return buf_view(name);
}

static uint64_t bucket_id(str key) {
    struct cur at = cur_of(key);
    key_take_kind(&at);
    return key_take_u64(&at);
}

static void set_names(json_t *finding, const struct s3_whose *whose) {
    json_set_str(finding, "Bucket", whose->bucket);
    json_set_str(finding, "Key", whose->key);
    json_set_str(finding, "VersionId", whose->version);
}

static void name_version(struct store *store, str key, str value, str name, json_t *finding,
                         struct buf *words) {
    CLEANUP_DEINIT(buf) struct buf bucket = {0};
    struct s3_object object;
    char id[S3_ID_LEN + 1];
    str version = s3_object_read(value, &object) ? s3_object_version_id(&object, id) : S("unknown");
    const struct s3_whose whose = {bucket_name(store, bucket_id(key), &bucket), name, version,
                                   false};
    set_names(finding, &whose);
    s3_whose_add(words, &whose);
}

static void name_current(struct store *store, str key, str value, json_t *finding,
                         struct buf *words) {
    name_version(store, key, value, s3_key_current_name(key), finding, words);
}

static void name_older(struct store *store, str key, str value, json_t *finding,
                       struct buf *words) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    uint64_t seq;
    s3_key_version_parts(key, &name, &seq);
    name_version(store, key, value, buf_view(&name), finding, words);
}

/* The upload of that number: its key to name, its id to id ("" where it is gone). */
static void find_upload(struct store *store, uint64_t bucket, uint64_t seq, struct buf *name,
                        char id[S3_ID_LEN + 1]) {
    CLEANUP_DEINIT(buf) struct buf prefix = {0};
    s3_key_uploads(&prefix, bucket);
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(store, NULL, STORE_META, buf_view(&prefix));
    *id = '\0';
    while (store_iter_next(it)) {
        struct s3_upload_row row;
        uint64_t its = 0;
        buf_clear(name);
        if (s3_key_upload_parts(it->key, name, &its) && its == seq &&
            s3_upload_row_read(it->value, &row)) {
            s3_id_write(id, row.object.seq, row.object.nonce);
            return;
        }
    }
    buf_clear(name);
}

static void name_part(struct store *store, str key, str, json_t *finding, struct buf *words) {
    CLEANUP_DEINIT(buf) struct buf bucket = {0}, name = {0};
    uint64_t number = 0, seq = 0, part = 0;
    char id[S3_ID_LEN + 1] = "";
    if (s3_key_part_parts(key, &number, &seq, &part))
        find_upload(store, number, seq, &name, id);
    json_set_str(finding, "Bucket", bucket_name(store, number, &bucket));
    json_set_str(finding, "Key", buf_view(&name));
    json_set_str(finding, "UploadId", str_c(id));
    buf_c(words, "bucket ");
    json_add_quoted(words, buf_view(&bucket));
    buf_c(words, ", key ");
    json_add_quoted(words, buf_view(&name));
    buf_printf(words, ", upload %s", *id ? id : "that has ended");
}

/* ---- Bodies ---- */
static int each_of_version(struct store *store, str key, str value, store_see_fn *see, void *ctx,
                           struct err *err) {
    CLEANUP_DEINIT(buf) struct buf storage = {0};
    const struct rows peek = {store, NULL, NULL};
    struct s3_object object;
    struct s3_body body;
    str bodies = STR_NONE;
    if (!s3_object_read(value, &object))
        return err_set(err, STORE_E_DAMAGED, "cannot be understood");
    if (s3_object_is_marker(&object))
        return 0;
    int r = s3_load_bodies(&peek, bucket_id(key), &object, &storage, &bodies);
    if (r == STORE_E_ABSENT)
        return err_set(err, r, "refers to a list of bodies that is missing");
    if (r)
        return err_set(err, r, "refers to a list of bodies that cannot be understood");
    for (struct cur at = cur_of(bodies); r == 0 && s3_body_next(&at, &body);)
        r = see(ctx, body.ref, object.n_parts ? body.part : 0);
    return r;
}

static int each_of_part(struct store *, str key, str value, store_see_fn *see, void *ctx,
                        struct err *err) {
    uint64_t bucket, seq, part = 0;
    struct s3_part_row row;
    if (!s3_part_row_read(value, &row) || !s3_key_part_parts(key, &bucket, &seq, &part))
        return err_set(err, STORE_E_DAMAGED, "cannot be understood");
    return see(ctx, row.ref, (unsigned)part);
}

const struct store_owner s3_owners[] = {
    {STORE_META, "s3o", each_of_version, name_current, "delete this version"},
    {STORE_META, "s3v", each_of_version, name_older, "delete this version"},
    {STORE_META, "s3p", each_of_part, name_part, "send the part again"},
    {0},
};
