/* svc/s3: what is told and set about an object beside its bytes: tags, ACL, attributes. */
#include "svc/s3/s3_priv.h"
#include "svc/s3/tags.h"
#include "svc/s3/teller.h"

/* ---- The version that a request means ---- */
struct about {
    struct s3_bucket *bucket;
    str key;
    struct s3_found found;
};

static int find(struct s3_svc *svc, struct rq *rq, struct about *about) {
    str version_id = json_str(rq->in, "VersionId");
    int r = s3_use_key(rq, &about->key);
    if (!r)
        r = s3_use_bucket(svc, rq, &about->bucket);
    if (r)
        return r;
    struct s3_wanted wanted = {about->bucket, about->key, version_id, &s3_may_list};
    return s3_find_wanted(rq, rq_rows_newest(rq), &wanted, &about->found);
}

static void set_version(struct rq *rq, const struct about *about) {
    json_set_str(rq->out, "VersionId", s3_shown_version(rq, about->bucket, &about->found.object));
}

/* ---- Tags ---- */
int s3_op_GetObjectTagging(struct s3_svc *svc, struct rq *rq) {
    struct about about = {0};
    int r = find(svc, rq, &about);
    if (!r) {
        rq->out = json_object();
        json_set(rq->out, "TagSet", s3_tags_to_set(about.found.object.tags));
        set_version(rq, &about);
    }
    s3_found_deinit(&about.found);
    return r;
}

static int retag(struct s3_svc *svc, struct rq *rq, const struct about *about, str tags,
                 enum s3_event_type type) {
    if (about->bucket->row.deleting)
        return aws_fail(rq, &S3_OperationAborted, NULL);
    s3_retag(rq_rows_newest(rq), &about->found, tags);
    s3_emit(svc, rq, about->bucket,
            &(struct s3_happening){type, about->key, &about->found.object,
                                   s3_shown_version(rq, about->bucket, &about->found.object),
                                   store_next_id(svc->store)});
    rq->out = json_object();
    set_version(rq, about);
    return 0;
}

int s3_op_PutObjectTagging(struct s3_svc *svc, struct rq *rq) {
    struct about about = {0};
    CLEANUP_DEINIT(buf) struct buf packed = {0};
    int r = find(svc, rq, &about);
    if (!r)
        r = s3_tags_pack(rq, &s3_object_tags, json_arr(json_obj(rq->in, "Tagging"), "TagSet"),
                         &packed);
    if (!r)
        r = retag(svc, rq, &about, buf_view(&packed), S3_EVENT_TAGGING_PUT);
    s3_found_deinit(&about.found);
    return r;
}

int s3_op_DeleteObjectTagging(struct s3_svc *svc, struct rq *rq) {
    struct about about = {0};
    int r = find(svc, rq, &about);
    if (!r)
        r = retag(svc, rq, &about, S(""), S3_EVENT_TAGGING_DELETE);
    s3_found_deinit(&about.found);
    return r;
}

/* ---- ACLs: the owner has full control, and nothing else can be said ---- */
static void describe_acl(struct rq *rq, str account) {
    json_t *grantee = s3_owner(rq, account), *grant = json_object(), *grants = json_array();
    json_set_str(grantee, "Type", S("CanonicalUser"));
    json_set(grant, "Grantee", grantee);
    json_set_str(grant, "Permission", S("FULL_CONTROL"));
    json_array_append_new(grants, grant);
    rq->out = json_object();
    json_set(rq->out, "Owner", s3_owner(rq, account));
    json_set(rq->out, "Grants", grants);
}

/* The very ACL that is in force may be set again. */
static int check_acl_body(struct rq *rq, const struct s3_bucket *bucket) {
    str account = bucket->row.account;
    const json_t *policy = json_obj(rq->in, "AccessControlPolicy");
    const json_t *grants = json_arr(policy, "Grants");
    int r = s3_check_acl(rq, bucket->row.ownership, &S3_AccessControlListNotSupported);
    if (r || !policy)
        return r;
    size_t i;
    json_t *grant;
    json_array_foreach (grants, i, grant)
        if (!str_eq(json_str(json_obj(grant, "Grantee"), "ID"), s3_canonical_id(rq, account)) ||
            !str_is(json_str(grant, "Permission"), "FULL_CONTROL"))
            return aws_fail(rq, &S3_AccessControlListNotSupported, NULL);
    return 0;
}

int s3_op_GetBucketAcl(struct s3_svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (!r)
        describe_acl(rq, bucket->row.account);
    return r;
}

int s3_op_PutBucketAcl(struct s3_svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket_to_write(svc, rq, &bucket);
    return r ? r : check_acl_body(rq, bucket);
}

int s3_op_GetObjectAcl(struct s3_svc *svc, struct rq *rq) {
    struct about about = {0};
    int r = find(svc, rq, &about);
    if (!r)
        describe_acl(rq, about.bucket->row.account);
    s3_found_deinit(&about.found);
    return r;
}

int s3_op_PutObjectAcl(struct s3_svc *svc, struct rq *rq) {
    struct about about = {0};
    int r = find(svc, rq, &about);
    if (!r)
        r = check_acl_body(rq, about.bucket);
    s3_found_deinit(&about.found);
    return r;
}

/* ---- GetObjectAttributes ---- */
static bool asks_for(const struct rq *rq, const char *attribute) {
    size_t i;
    json_t *name;
    json_array_foreach (json_arr(rq->in, "ObjectAttributes"), i, name)
        if (str_is(json_text(name), attribute))
            return true;
    return false;
}

/* The parts behind marker. *ret_more: there are others. */
static json_t *list_parts(const struct s3_object *object, str bodies, int64_t marker, uint64_t most,
                          bool *ret_more) {
    json_t *parts = json_array();
    struct s3_body body;
    for (struct cur at = cur_of(bodies); s3_body_next(&at, &body);) {
        if ((int64_t)body.part <= marker)
            continue;
        *ret_more = json_array_size(parts) == most;
        if (*ret_more)
            break;
        json_t *part = json_object();
        json_set_int(part, "PartNumber", body.part);
        json_set_int(part, "Size", (int64_t)body.size);
        if (body.sum_raw.len > 0)
            s3_sum_set(part, object->sum, body.sum_raw, 0);
        json_array_append_new(parts, part);
    }
    return parts;
}

static int describe_parts(struct rq *rq, const struct about *about) {
    const struct s3_object *object = &about->found.object;
    CLEANUP_DEINIT(buf) struct buf storage = {0};
    str bodies = STR_NONE;
    uint64_t most = 0;
    bool more = false;
    int r = s3_page_size(rq, "MaxParts", &most);
    if (r)
        return r;
    r = s3_load_bodies(rq_rows_newest(rq), about->bucket->row.id, object, &storage, &bodies);
    if (r)
        return s3_fault(rq, r, "read the object's body list");
    int64_t marker = json_int(rq->in, "PartNumberMarker", 0);
    json_t *parts = list_parts(object, bodies, marker, most, &more), *doc = json_object();
    const json_t *last = json_array_get(parts, json_array_size(parts) - 1);
    json_set_int(doc, "TotalPartsCount", object->n_parts);
    json_set_int(doc, "PartNumberMarker", marker);
    json_set_int(doc, "NextPartNumberMarker", json_int(last, "PartNumber", 0));
    json_set_int(doc, "MaxParts", (int64_t)most);
    json_set_bool(doc, "IsTruncated", more);
    json_set(doc, "Parts", parts);
    json_set(rq->out, "ObjectParts", doc);
    return 0;
}

static int describe_attributes(struct rq *rq, const struct about *about) {
    const struct s3_object *object = &about->found.object;
    json_t *out = rq->out = json_object();
    set_version(rq, about);
    json_set_int(out, "LastModified", s3_object_mtime_s(object));
    if (asks_for(rq, "ETag"))
        json_set_str(out, "ETag", object->etag); /* without quotes, here alone */
    if (asks_for(rq, "StorageClass"))
        json_set_str(out, "StorageClass", s3_shown_class(object));
    if (asks_for(rq, "ObjectSize"))
        json_set_int(out, "ObjectSize", (int64_t)object->size);
    if (asks_for(rq, "Checksum") && object->sum != S3_SUM_NONE) {
        json_t *sum = json_object();
        s3_describe_sum(sum, object);
        json_set(out, "Checksum", sum);
    }
    return asks_for(rq, "ObjectParts") && object->n_parts > 0 ? describe_parts(rq, about) : 0;
}

int s3_op_GetObjectAttributes(struct s3_svc *svc, struct rq *rq) {
    struct about about = {0};
    int r = find(svc, rq, &about);
    if (!r)
        r = describe_attributes(rq, &about);
    s3_found_deinit(&about.found);
    return r;
}
