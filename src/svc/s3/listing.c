/* svc/s3: ListObjects and ListObjectsV2, and how the entries of a list are told. */
#include "base/codec.h"
#include "svc/kit/page.h"
#include "svc/s3/list.h"
#include "svc/s3/s3_priv.h"
#include "svc/s3/teller.h"

static str encoded(struct buf *out, str text) {
    str word;
    buf_clear(out);
    for (bool more = true; more;) { /* as forms have it: "a+b" is "a b" */
        more = str_cut(text, ' ', &word, &text);
        codec_add_uri(out, word, true);
        if (more)
            buf_char(out, '+');
    }
    return buf_view(out);
}

str s3_encoded(struct rq *rq, bool encode, str text) {
    CLEANUP_DEINIT(buf) struct buf out = {0};
    return encode && text.p ? arena_str(&rq->arena, encoded(&out, text)) : text;
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

/* ---- Entries, as they are told ---- */

void s3_teller_deinit(struct s3_teller *teller) { buf_deinit(&teller->text); }

void s3_tell_name(struct s3_teller *t, const char *name, str text) {
    items_str(t->items, name, t->encode && text.p ? encoded(&t->text, text) : text);
}

void s3_tell_etag(struct s3_teller *t, str etag) {
    buf_clear(&t->text);
    buf_char(&t->text, '"');
    buf_str(&t->text, etag);
    buf_char(&t->text, '"');
    items_str(t->items, "ETag", buf_view(&t->text));
}

/* The objects of a list are mostly one account's. */
void s3_tell_owner(struct s3_teller *t, const char *name, str account) {
    if (!t->owner_id.p || !str_eq(t->owner, account)) {
        t->owner = arena_str(&t->rq->arena, account);
        t->owner_id = s3_canonical_id(t->rq, account);
    }
    items_open(t->items, name);
    items_str(t->items, "ID", t->owner_id);
    items_close(t->items);
}

/* ChecksumAlgorithm, of which objects have a list; nothing for S3_SUM_NONE. */
static void tell_sum(struct s3_teller *t, enum s3_sum sum) {
    if (sum == S3_SUM_NONE)
        return;
    items_open(t->items, "ChecksumAlgorithm");
    items_str(t->items, NULL, str_c(s3_sum_rows[sum].name));
    items_close(t->items);
}

str s3_shown_class(const struct s3_object *object) {
    return object->storage_class.len > 0 ? object->storage_class : S("STANDARD");
}

void s3_tell_object(struct s3_teller *t, const struct s3_object *object) {
    s3_tell_etag(t, object->etag);
    tell_sum(t, object->sum);
    if (object->sum != S3_SUM_NONE)
        items_str(t->items, "ChecksumType", str_c(s3_sum_type_name(object->sum_type)));
    items_int(t->items, "Size", (int64_t)object->size);
    items_str(t->items, "StorageClass", s3_shown_class(object));
}

void s3_tell_prefix(struct s3_teller *t, str prefix) {
    if (!t->items)
        t->items = rq_out_items(t->rq, "CommonPrefixes");
    items_begin(t->items);
    s3_tell_name(t, "Prefix", prefix);
    items_close(t->items);
}

/* What both versions of the operation share. */
struct listing {
    const struct s3_bucket *bucket;
    struct s3_list list;
    uint64_t most;
    bool encode, with_owner;
    /* results */
    struct s3_teller contents, prefixes;
    uint64_t n;
    bool truncated;
    struct buf last; /* the last entry's name */
};

static void add_key(struct listing *l, const struct s3_entry *entry) {
    struct s3_teller *t = &l->contents;
    if (!t->items)
        t->items = rq_out_items(t->rq, "Contents");
    items_begin(t->items);
    s3_tell_name(t, "Key", entry->name);
    items_time(t->items, "LastModified", s3_object_mtime_s(&entry->object) * 1000);
    s3_tell_object(t, &entry->object);
    if (l->with_owner)
        s3_tell_owner(t, "Owner", entry->object.owner);
    items_close(t->items);
}

static void add_entry(struct listing *l, const struct s3_entry *entry) {
    if (entry->is_prefix)
        s3_tell_prefix(&l->prefixes, entry->name);
    else
        add_key(l, entry);
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
        add_entry(l, &entry);
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
    l->contents = l->prefixes = (struct s3_teller){.rq = rq, .encode = l->encode};
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
}

static void end(struct listing *l) {
    s3_teller_deinit(&l->contents);
    s3_teller_deinit(&l->prefixes);
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
