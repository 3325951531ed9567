/* svc/s3: buckets made, found, listed and deleted. */
#include "svc/kit/page.h"
#include "svc/s3/name.h"
#include "svc/s3/s3_priv.h"

/* ---- CreateBucket ---- */
/* Where the bucket shall be: the endpoint's region, unless the client says another one. */
static int choose_region(struct rq *rq, str *ret_region) {
    const json_t *config = json_obj(rq->in, "CreateBucketConfiguration");
    str asked = json_str(config, "LocationConstraint");
    if (json_has(config, "Location") || json_has(config, "Bucket"))
        return aws_fail(rq, &S3_NotImplemented, "Directory buckets are not supported");
    if (asked.len == 0) {
        if (!str_is(rq->region, "us-east-1"))
            return aws_fail(rq, &S3_IllegalLocationConstraintException, NULL);
        *ret_region = rq->region;
        return 0;
    }
    str region = str_is(asked, "EU") ? S("eu-west-1") : asked;
    /* us-east-1 is the global endpoint: it makes buckets anywhere. */
    if (!str_is(rq->region, "us-east-1") && !str_eq(rq->region, region))
        return aws_fail(rq, &S3_IllegalLocationConstraintException,
                        "The " STR_FMT " location constraint is incompatible for the region "
                        "specific endpoint this request was sent to.",
                        STR_ARG(asked));
    *ret_region = region;
    return 0;
}

/* The ownership, and an ACL beside it: what is not private contradicts the default. */
static int choose_ownership(struct rq *rq, enum s3_ownership *ret) {
    int r = s3_read_ownership(rq, json_str(rq->in, "ObjectOwnership"), ret);
    if (r)
        return r;
    if (*ret == S3_OWNER_UNSET)
        *ret = S3_OWNER_ENFORCED;
    return s3_check_acl(rq, *ret, &S3_InvalidBucketAclWithObjectOwnership);
}

static int check_creation(struct rq *rq, str name, enum s3_ownership *ret_ownership) {
    if (!s3_name_is_valid(name)) {
        aws_fail(rq, &S3_InvalidBucketName, NULL);
        aws_fail_detail(rq, "BucketName", name);
        return AWS_FAILED;
    }
    if (json_bool(rq->in, "ObjectLockEnabledForBucket", false))
        return aws_fail(rq, &S3_NotImplemented,
                        "x-amz-bucket-object-lock-enabled is not supported");
    str name_space = json_str(rq->in, "BucketNamespace");
    if (name_space.p && !str_is(name_space, "global"))
        return aws_fail(rq, &S3_NotImplemented,
                        "x-amz-bucket-namespace: " STR_FMT " is not supported",
                        STR_ARG(name_space));
    return choose_ownership(rq, ret_ownership);
}

/* Tags of CreateBucketConfiguration, as PutBucketTagging would store them. */
static int add_tags(struct rq *rq, uint64_t bucket_id) {
    json_t *tags = json_arr(json_obj(rq->in, "CreateBucketConfiguration"), "Tags");
    if (json_array_size(tags) == 0)
        return 0;
    CLEANUP_DEINIT(buf) struct buf key = {0}, text = {0};
    int r = s3_read_bucket_tags(rq, tags, &text);
    s3_key_config(&key, bucket_id, S("tagging"));
    if (!r)
        /* under a new id */
        row_put_blind(rq_rows_newest(rq), STORE_META, buf_view(&key), buf_view(&text));
    return r;
}

static int refuse_existing(struct rq *rq, const struct s3_bucket_row *row, str name, str region) {
    if (!str_eq(row->account, rq->account)) {
        aws_fail(rq, &S3_BucketAlreadyExists, NULL);
    } else if (str_is(row->region, "us-east-1") && str_eq(row->region, region)) {
        return 0; /* S3's oldest region answers as if it were new */
    } else {
        aws_fail(rq, &S3_BucketAlreadyOwnedByYou, NULL);
    }
    aws_fail_detail(rq, "BucketName", name);
    return AWS_FAILED;
}

static void answer_creation(struct rq *rq, str name, str region) {
    rq->out = json_object();
    json_set_str(
        rq->out, "Location",
        str_is(region, "us-east-1")
            ? arena_printf(&rq->arena, "/" STR_FMT, STR_ARG(name))
            : arena_printf(&rq->arena, "http://" STR_FMT ".s3.amazonaws.com/", STR_ARG(name)));
    json_set_str(rq->out, "BucketArn", s3_bucket_arn(rq, name));
}

static int create(struct s3_svc *svc, struct rq *rq, str name, str region,
                  enum s3_ownership ownership) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, bytes = {0};
    const struct rows *rows = rq_rows_newest(rq);
    struct s3_bucket_row row = {
        .ownership = ownership,
        .block = S3_BLOCK_ALL | S3_BLOCK_SET, /* new buckets block public access, since 2023 */
        .id = store_next_id(svc->store),
        .created_ms = rq->now_ms,
        .account = rq->account,
        .region = region,
    };
    struct err why = {""};
    int r = seal_key_create(svc->store, rows->batch, row.key_id, &why);
    if (r)
        return s3_fault(rq, r, why.text);
    r = add_tags(rq, row.id);
    if (r)
        return r;
    s3_bucket_put(rows, name, row);
    buf_u64(&bytes, (uint64_t)row.created_ms);
    buf_lstr(&bytes, region);
    s3_key_owned(&key, row.account, name);
    /* the index: the bucket is a condition */
    row_put_blind(rows, STORE_META, buf_view(&key), buf_view(&bytes));
    return 0;
}

int s3_op_CreateBucket(struct s3_svc *svc, struct rq *rq) {
    str name = json_str(rq->in, "Bucket"), region = STR_NONE;
    enum s3_ownership ownership = S3_OWNER_ENFORCED;
    int r = check_creation(rq, name, &ownership);
    if (!r)
        r = choose_region(rq, &region);
    if (r)
        return r;
    struct s3_bucket *bucket = NULL;
    r = s3_bucket_of(svc, rq, name, &bucket);
    if (r == AWS_FAILED)
        return r;
    r = bucket ? refuse_existing(rq, &bucket->row, name, region)
               : create(svc, rq, name, region, ownership);
    if (r)
        return r;
    answer_creation(rq, name, region);
    return 0;
}

/* ---- HeadBucket, GetBucketLocation ---- */
int s3_op_HeadBucket(struct s3_svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (r)
        return r;
    rq->out = json_object();
    json_set_str(rq->out, "BucketArn", s3_bucket_arn(rq, bucket->name));
    json_set_bool(rq->out, "AccessPointAlias", false);
    if (!rq->net) /* on the wire the header is there already, for refusals too (hooks.c) */
        json_set_str(rq->out, "BucketRegion", bucket->row.region);
    return 0;
}

int s3_op_GetBucketLocation(struct s3_svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (r)
        return r;
    rq->out = json_object();
    if (!str_is(bucket->row.region,
                "us-east-1")) /* which is the absence of a constraint: an empty element */
        json_set_str(rq->out, "LocationConstraint", bucket->row.region);
    return 0;
}

/* ---- ListBuckets ---- */
static const struct kit_paging bucket_paging = {.token = "ContinuationToken",
                                                .limit = "MaxBuckets",
                                                .most = 10000,
                                                .list = "Buckets",
                                                .error = &S3_InvalidArgument,
                                                .text =
                                                    "The continuation token provided is incorrect",
                                                .no_empty = true};

/* One row of the index. region absent: of any. */
static json_t *show_bucket(struct rq *rq, str name, str value, str wanted_region,
                           bool tells_region) {
    struct cur at = cur_of(value);
    int64_t created_ms = (int64_t)cur_u64(&at);
    str region = cur_lstr(&at);
    if (wanted_region.p && !str_eq(region, wanted_region))
        return NULL;
    json_t *item = json_object();
    json_set_str(item, "Name", name);
    json_set_int(item, "CreationDate", created_ms / 1000);
    if (tells_region)
        json_set_str(item, "BucketRegion", region);
    json_set_str(item, "BucketArn", s3_bucket_arn(rq, name));
    return item;
}

int s3_op_ListBuckets(struct s3_svc *, struct rq *rq) {
    CLEANUP_DEINIT(kit_page) struct kit_page page = {0};
    CLEANUP_DEINIT(buf) struct buf key = {0};
    str prefix = json_str(rq->in, "Prefix"), region = json_str(rq->in, "BucketRegion");
    if (kit_page_begin(&page, rq, &bucket_paging, prefix))
        return AWS_FAILED;
    /* Regions are told where a parameter was given. */
    bool tells_region = prefix.p || region.p || json_has(rq->in, "ContinuationToken") ||
                        json_has(rq->in, "MaxBuckets");
    s3_key_owned(&key, rq->account, S(""));
    size_t name_at = key.len;
    s3_key_owned(&key, rq->account, prefix);
    kit_page_rows(&page, STORE_META, buf_view(&key));
    while (kit_page_next(&page)) {
        json_t *item =
            show_bucket(rq, str_skip(page.key, name_at), page.value, region, tells_region);
        if (item)
            kit_page_add(&page, STR_NONE, item);
    }
    rq->out = json_object();
    json_set(rq->out, "Owner", s3_owner(rq, rq->account));
    json_set_str(rq->out, "Prefix", prefix);
    return kit_page_end(&page);
}

/* ---- DeleteBucket ---- */
/* A key has a current row as long as it has any version. Uploads under way do not count. */
static int check_empty(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket,
                       bool *ret_empty) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    s3_key_current(&key, bucket->row.id, S(""));
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(svc->store, NULL, STORE_META, buf_view(&key));
    store_iter_keys_only(it);
    *ret_empty = !store_iter_next(it);
    return store_iter_fault(it) ? s3_fault(rq, store_iter_fault(it), "look into the bucket") : 0;
}

/* The commit failed to hold, so somebody else changed the bucket meanwhile. */
static int commit(struct rq *rq) {
    store_batch_frees(rq_batch(rq));
    int r = rq_commit(rq);
    return r == STORE_E_CONDITION ? aws_fail(rq, &S3_OperationAborted, NULL) : r;
}

static int put_deleting(struct rq *rq, const struct s3_bucket *bucket, bool deleting) {
    struct s3_bucket_row row = bucket->row;
    row.deleting = deleting;
    s3_bucket_put(rq_rows_newest(rq), bucket->name, row);
    return commit(rq);
}

static int not_empty(struct rq *rq, const struct s3_bucket *bucket) {
    if (bucket->row.versioning == S3_UNVERSIONED)
        aws_fail(rq, &S3_BucketNotEmpty, NULL);
    else
        aws_fail(
            rq, &S3_BucketNotEmpty,
            "The bucket you tried to delete is not empty. You must delete all versions in the bucket.");
    aws_fail_detail(rq, "BucketName", bucket->name);
    return AWS_FAILED;
}

/*
 * The bucket, its configurations and its uploads under way go in one commit: none can have come
 * since it was closed. Their parts, which may be many, go behind it, and are by then nobody's: a
 * part's commit needs the bucket's row. What a crash in between leaves, the sweep at start removes.
 */
static int drop(struct s3_svc *svc, struct rq *rq, const struct s3_bucket *bucket) {
    CLEANUP_DEINIT(buf) struct buf key = {0};
    const struct rows *rows = rq_rows_newest(rq);
    uint64_t id = bucket->row.id;
    s3_bucket_del(rows, bucket->name);
    s3_key_owned(&key, bucket->row.account, bucket->name);
    /* the index: the bucket is a condition */
    row_del_blind(rows, STORE_META, buf_view(&key));
    seal_key_drop(rows->batch, str_n(bucket->row.key_id, SEAL_KEY_ID_LEN));
    s3_key_configs(&key, id);
    store_del_below(rows->batch, STORE_META, buf_view(&key));
    s3_key_uploads(&key, id);
    store_del_below(rows->batch, STORE_META, buf_view(&key));
    int r = commit(rq);
    /* A failure here costs space until the next start's sweep, and nothing else. */
    if (!r)
        s3_drop_all_parts(svc->store, id, NULL);
    return r;
}

/*
 * First the bucket is closed for writers, whose commits expect its row unchanged; then it is looked
 * through; then it goes, or is opened again. A restart in between opens it again (sweep.c); and where
 * the store failed in between, the next deletion takes it from there. Of two at once only one goes
 * on, since each moves the bucket's row, which the other's next commit expects.
 */
int s3_op_DeleteBucket(struct s3_svc *svc, struct rq *rq) {
    struct s3_bucket *bucket = NULL;
    bool empty = false;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (!r)
        r = check_empty(svc, rq, bucket, &empty);
    if (r)
        return r;
    if (!empty)
        return not_empty(rq, bucket);
    r = put_deleting(rq, bucket, true);
    if (!r)
        r = s3_use_bucket(svc, rq, &bucket);
    if (!r)
        r = check_empty(svc, rq, bucket, &empty);
    if (r)
        return r;
    if (empty)
        return drop(svc, rq, bucket);
    r = put_deleting(rq, bucket, false);
    return r ? r : not_empty(rq, bucket);
}
