/* svc/s3: ListObjects and ListObjectsV2. */
#include "base/codec.h"
#include "svc/kit/page.h"
#include "svc/s3/list.h"
#include "svc/s3/s3_priv.h"

str s3_encoded(struct rq *rq, bool encode, str text) {
    if (!encode || !text.p)
        return text;
    CLEANUP_DEINIT(buf) struct buf out = {0};
    str word;
    for (bool more = true; more;) { /* as forms have it: "a+b" is "a b" */
        more = str_cut(text, ' ', &word, &text);
        codec_add_uri(&out, word, true);
        if (more)
            buf_char(&out, '+');
    }
    return arena_str(&rq->arena, buf_view(&out));
}

int s3_page_size(struct rq *rq, const char *member, uint64_t *ret_size) {
    int64_t size = json_int(rq->in, member, S3_PAGE);
    if (size < 0) {
        aws_fail(rq, &S3_InvalidArgument, "Argument %s must be an integer between 0 and 2147483647",
                 member);
        aws_fail_detail(rq, "ArgumentName", str_c(member));
        return AWS_FAILED;
    }
    *ret_size = size < S3_PAGE ? (uint64_t)size : S3_PAGE;
    return 0;
}

bool s3_wants_encoding(const struct rq *rq) {
    return str_is(json_str(rq->in, "EncodingType"), "url");
}

void s3_describe_entry(struct rq *rq, json_t *entry, const struct s3_object *object) {
    json_set_int(entry, "LastModified", s3_object_mtime_s(object));
    json_set_str(entry, "ETag", s3_quoted(rq, object->etag));
    json_set_int(entry, "Size", (int64_t)object->size);
    json_set_str(entry, "StorageClass",
                 object->storage_class.len > 0 ? object->storage_class : S("STANDARD"));
    if (object->sum == S3_SUM_NONE)
        return;
    json_t *algorithms = json_array();
    json_push_str(algorithms, str_c(s3_sum_rows[object->sum].name));
    json_set(entry, "ChecksumAlgorithm", algorithms);
    json_set_str(entry, "ChecksumType", str_c(s3_sum_type_name(object->sum_type)));
}

/* What both versions of the operation share. */
struct listing {
    const struct s3_bucket *bucket;
    struct s3_list list;
    uint64_t most;
    bool encode, with_owner;
    /* results */
    json_t *contents, *prefixes; /* new references, NULL while empty */
    uint64_t n;
    bool truncated;
    struct buf last; /* the last entry's name */
};

static void add_entry(struct rq *rq, struct listing *l, const struct s3_entry *entry) {
    json_t **list = entry->is_prefix ? &l->prefixes : &l->contents;
    if (!*list)
        *list = json_array();
    json_t *item = json_object();
    json_set_str(item, entry->is_prefix ? "Prefix" : "Key", s3_encoded(rq, l->encode, entry->name));
    if (!entry->is_prefix) {
        s3_describe_entry(rq, item, &entry->object);
        if (l->with_owner)
            json_set(item, "Owner", s3_owner(rq, entry->object.owner));
    }
    json_array_append_new(*list, item);
    buf_clear(&l->last);
    buf_str(&l->last, entry->name);
    l->n++;
}

static int run(struct s3_svc *svc, struct rq *rq, struct listing *l) {
    if (l->most == 0)
        return 0;
    CLEANUP(s3_walk) struct s3_walk *walk = s3_walk_new(svc->store, rq_snap(rq), &l->list);
    struct s3_entry entry;
    while (s3_walk_next(walk, &entry)) {
        if (l->n == l->most) {
            l->truncated = true;
            break;
        }
        add_entry(rq, l, &entry);
    }
    int r = s3_walk_fault(walk);
    return r ? s3_fault(rq, r, "list the bucket") : 0;
}

static int begin(struct s3_svc *svc, struct rq *rq, struct listing *l) {
    struct s3_bucket *bucket = NULL;
    int r = s3_use_bucket(svc, rq, &bucket);
    if (!r)
        r = s3_page_size(rq, "MaxKeys", &l->most);
    if (r)
        return r;
    l->bucket = bucket;
    l->encode = s3_wants_encoding(rq);
    l->list.bucket_id = bucket->row.id;
    l->list.prefix = json_str(rq->in, "Prefix");
    l->list.delimiter = json_str(rq->in, "Delimiter");
    return 0;
}

/* The members that stand in every list. */
static void describe(struct rq *rq, struct listing *l) {
    json_t *out = rq->out = json_object();
    json_set_bool(out, "IsTruncated", l->truncated);
    json_set_str(out, "Name", l->bucket->name);
    json_set_str(out, "Prefix",
                 l->list.prefix.p ? s3_encoded(rq, l->encode, l->list.prefix) : S(""));
    if (l->list.delimiter.len > 0)
        json_set_str(out, "Delimiter", s3_encoded(rq, l->encode, l->list.delimiter));
    json_set_int(out, "MaxKeys", (int64_t)l->most);
    if (l->encode)
        json_set_str(out, "EncodingType", S("url"));
    json_set(out, "Contents", STEAL(l->contents));
    json_set(out, "CommonPrefixes", STEAL(l->prefixes));
}

static void end(struct listing *l) {
    json_decref(l->contents);
    json_decref(l->prefixes);
    buf_deinit(&l->last);
}

/* A token is good for its own bucket. */
static uint32_t token_scope(const struct listing *l) { return (uint32_t)l->bucket->row.id; }

static int list_v2(struct s3_svc *svc, struct rq *rq, struct listing *l, struct buf *place) {
    str token = json_str(rq->in, "ContinuationToken"), start = json_str(rq->in, "StartAfter");
    int r = begin(svc, rq, l);
    if (r)
        return r;
    if (token.p && !kit_token_read(token, token_scope(l), place)) {
        aws_fail(rq, &S3_InvalidArgument, "The continuation token provided is incorrect");
        aws_fail_detail(rq, "ArgumentName", S("continuation-token"));
        return AWS_FAILED;
    }
    l->list.after = token.p ? buf_view(place) : start;
    l->with_owner = json_bool(rq->in, "FetchOwner", false);
    r = run(svc, rq, l);
    if (r)
        return r;
    describe(rq, l);
    json_set_int(rq->out, "KeyCount", (int64_t)l->n);
    json_set_str(rq->out, "ContinuationToken", token);
    json_set_str(rq->out, "StartAfter", s3_encoded(rq, l->encode, start));
    if (l->truncated) {
        CLEANUP_DEINIT(buf) struct buf next = {0};
        kit_token_add(&next, token_scope(l), buf_view(&l->last));
        json_set_str(rq->out, "NextContinuationToken", buf_view(&next));
    }
    return 0;
}

int s3_op_ListObjectsV2(struct s3_svc *svc, struct rq *rq) {
    struct listing l = {0};
    CLEANUP_DEINIT(buf) struct buf place = {0};
    int r = list_v2(svc, rq, &l, &place);
    end(&l);
    return r;
}

static int list_v1(struct s3_svc *svc, struct rq *rq, struct listing *l) {
    str marker = json_str(rq->in, "Marker");
    int r = begin(svc, rq, l);
    if (r)
        return r;
    l->list.after = marker;
    l->with_owner = true;
    r = run(svc, rq, l);
    if (r)
        return r;
    describe(rq, l);
    json_set_str(rq->out, "Marker", marker.p ? s3_encoded(rq, l->encode, marker) : S(""));
    /* Without a delimiter the last key itself is the next marker, and S3 says nothing. */
    if (l->truncated && l->list.delimiter.len > 0)
        json_set_str(rq->out, "NextMarker", s3_encoded(rq, l->encode, buf_view(&l->last)));
    return 0;
}

int s3_op_ListObjects(struct s3_svc *svc, struct rq *rq) {
    struct listing l = {0};
    int r = list_v1(svc, rq, &l);
    end(&l);
    return r;
}
