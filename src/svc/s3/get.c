/* svc/s3: GetObject, HeadObject, and what every read of an object begins with. */
#include "base/clock.h"
#include "base/log.h"
#include "store/blob.h"
#include "svc/s3/mime.h"
#include "svc/s3/range.h"
#include "svc/s3/s3_priv.h"

/* Bodies up to this size are read and verified before the answer begins. */
enum { WHOLE_MAX = 64 * 1024, INSIDE_MAX = 64 << 20 };

/* ---- Finding what is meant ---- */
static int no_such(struct rq *rq, const struct s3_wanted *wanted) {
    /* Whoever may not list the bucket must not learn which keys it has. */
    CLEANUP_DEINIT(buf) struct buf why = {0};
    if (!rq_may(rq, wanted->list, &why))
        return aws_fail(rq, &S3_AccessDenied, "%s", why.len > 0 ? buf_cstr(&why) : "Access Denied");
    bool versioned = wanted->version_id.p != NULL;
    aws_fail(rq, versioned ? &S3_NoSuchVersion : &S3_NoSuchKey, NULL);
    aws_fail_detail(rq, "Key", wanted->key);
    if (versioned)
        aws_fail_detail(rq, "VersionId", wanted->version_id);
    return AWS_FAILED;
}

static int is_marker(struct rq *rq, const struct s3_wanted *wanted,
                     const struct s3_object *object) {
    char when[CLOCK_ISO_MAX];
    rq_out_header(rq, "x-amz-delete-marker", S("true"));
    str version = s3_shown_version(rq, wanted->bucket, object);
    if (version.p)
        rq_out_header(rq, "x-amz-version-id", version);
    if (!wanted->version_id.p)
        return no_such(rq, wanted);
    rq_out_header(rq, "Allow", S("DELETE"));
    rq_out_header(rq, "Last-Modified", str_c(clock_http(when, object->mtime_ms)));
    aws_fail(rq, &S3_MethodNotAllowed, NULL);
    aws_fail_detail(rq, "Method", S("GET"));
    aws_fail_detail(rq, "ResourceType", S("DeleteMarker"));
    return AWS_FAILED;
}

int s3_bad_version_id(struct rq *rq, str version_id) {
    aws_fail(rq, &S3_InvalidArgument,
             version_id.len == 0 ? "Version id cannot be the empty string"
                                 : "Invalid version id specified");
    aws_fail_detail(rq, "ArgumentName", S("versionId"));
    aws_fail_detail(rq, "ArgumentValue", version_id);
    return AWS_FAILED;
}

int s3_find_wanted(struct rq *rq, const struct rows *rows, const struct s3_wanted *wanted,
                   struct s3_found *found) {
    uint64_t id = wanted->bucket->row.id;
    int r = wanted->version_id.p ? s3_find_version(rows, id, wanted->key, wanted->version_id, found)
                                 : s3_find_current(rows, id, wanted->key, found);
    if (r == S3_E_VERSION_ID)
        return s3_bad_version_id(rq, wanted->version_id);
    if (r == STORE_E_ABSENT)
        return no_such(rq, wanted);
    if (r)
        return s3_fault(rq, r, "read the object's row");
    return s3_object_is_marker(&found->object) ? is_marker(rq, wanted, &found->object) : 0;
}

/* ---- Conditions ---- */
static void not_modified(struct rq *rq, const struct s3_object *object) {
    char when[CLOCK_ISO_MAX];
    rq_out_header(rq, "ETag", s3_quoted(rq, object->etag));
    rq_out_header(rq, "Last-Modified", str_c(clock_http(when, object->mtime_ms)));
    rq_out_status(rq, 304);
}

int s3_precondition_failed(struct rq *rq, const char *condition) {
    aws_fail(rq, &S3_PreconditionFailed, NULL);
    aws_fail_detail(rq, "Condition", str_c(condition));
    return AWS_FAILED;
}

int s3_check_cond(struct rq *rq, const struct s3_cond *cond, const struct s3_object *object,
                  bool *ret_not_modified) {
    const char *name = NULL;
    enum s3_cond_result result =
        s3_cond_check(cond, object->etag, s3_object_mtime_s(object), &name);
    bool quiet = result == S3_COND_NOT_MODIFIED && ret_not_modified;
    if (quiet)
        *ret_not_modified = true;
    if (result == S3_COND_OK || quiet)
        return 0;
    return s3_precondition_failed(rq, name);
}

/* ---- Which bytes ---- */
struct slice {
    uint64_t first, n;
    bool partial;
    unsigned part; /* asked for by number; 0: not */
    str sum_raw;   /* the part's own checksum; empty: it has none, or is the whole */
};

static int slice_of_part(struct rq *rq, const struct s3_object *object, str bodies, unsigned part,
                         struct slice *slice) {
    struct s3_body body;
    uint64_t at = 0;
    unsigned nth = 0;
    for (struct cur cur = cur_of(bodies); s3_body_next(&cur, &body); at += body.size)
        if (++nth == part) {
            *slice = (struct slice){at, body.size, true, part, body.sum_raw};
            return 0;
        }
    if (object->n_parts == 0 && part == 1) { /* an object without bytes */
        *slice = (struct slice){0, 0, false, part, STR_NONE};
        return 0;
    }
    CLEANUP_DEINIT(buf) struct buf number = {0};
    aws_fail(rq, &S3_InvalidPartNumber, NULL);
    buf_printf(&number, "%u", part);
    aws_fail_detail(rq, "PartNumberRequested", buf_view(&number));
    buf_clear(&number);
    buf_printf(&number, "%u", nth);
    aws_fail_detail(rq, "ActualPartCount", buf_view(&number));
    return AWS_FAILED;
}

static int choose_slice(struct rq *rq, const struct s3_object *object, str bodies,
                        struct slice *slice) {
    str range = json_str(rq->in, "Range");
    *slice = (struct slice){0, object->size, false, 0, STR_NONE};
    if (json_has(rq->in, "PartNumber")) {
        int64_t part = json_int(rq->in, "PartNumber", 0);
        if (range.p)
            return aws_fail(rq, &S3_InvalidRequest,
                            "Cannot specify both Range header and partNumber query parameter");
        if (part < 1 || part > S3_MAX_PARTS)
            return aws_fail(rq, &S3_InvalidArgument,
                            "Part number must be an integer between 1 and 10000, inclusive");
        return slice_of_part(rq, object, bodies, (unsigned)part, slice);
    }
    uint64_t first, last;
    switch (s3_range_parse(range, object->size, &first, &last)) {
    case S3_RANGE_NONE: return 0;
    case S3_RANGE_PART:
        *slice = (struct slice){first, last - first + 1, true, 0, STR_NONE};
        return 0;
    case S3_RANGE_UNSATISFIABLE: break;
    }
    CLEANUP_DEINIT(buf) struct buf size = {0};
    buf_printf(&size, "%llu", (unsigned long long)object->size);
    aws_fail(rq, &S3_InvalidRange, NULL);
    aws_fail_detail(rq, "RangeRequested", range);
    aws_fail_detail(rq, "ActualObjectSize", buf_view(&size));
    rq_out_header(rq, "Content-Range",
                  arena_printf(&rq->arena, "bytes */%llu", (unsigned long long)object->size));
    return AWS_FAILED;
}

/* ---- The headers of the answer ---- */
static int describe_headers(struct rq *rq, const struct s3_object *object, json_t *out) {
    for (unsigned i = 0; i < S3_N_HEADERS; i++) {
        const struct s3_header_row *row = &s3_header_rows[i];
        str value = object->headers[i];
        if (row->override && json_has(rq->in, row->override)) {
            if (!rq->caller)
                return aws_fail(rq, &S3_InvalidRequest,
                                "Request specific response headers cannot be used for anonymous "
                                "GET requests.");
            char when[CLOCK_ISO_MAX];
            const json_t *given = json_object_get(rq->in, row->override);
            value =
                json_is_number(given)
                    ? arena_str(&rq->arena,
                                str_c(clock_http(when, (int64_t)(json_number_value(given) * 1000))))
                    : json_text(given);
        }
        json_set_str(out, row->member, value);
    }
    if (!json_has(out, "ContentType"))
        json_set_str(out, "ContentType", S("binary/octet-stream"));
    return 0;
}

static void describe_metadata(const struct s3_object *object, json_t *out) {
    if (object->metadata.len == 0)
        return;
    json_t *metadata = json_object();
    str name, value;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (struct cur at = cur_of(object->metadata); s3_pairs_next(&at, &name, &value);) {
        buf_clear(&text);
        s3_mime_add(&text, value);
        json_object_setn_new(metadata, name.p, name.len, json_of_str(buf_view(&text)));
    }
    json_set(out, "Metadata", metadata);
}

/* Of the whole, or of the part that was asked for; a range has none. The type is the object's. */
static void describe_sum(struct rq *rq, const struct s3_object *object, const struct slice *slice) {
    if (!str_is(json_str(rq->in, "ChecksumMode"), "ENABLED") || object->sum == S3_SUM_NONE)
        return;
    if (slice->sum_raw.len > 0) {
        s3_sum_set(rq->out, object->sum, slice->sum_raw, 0);
        json_set_str(rq->out, "ChecksumType", str_c(s3_sum_type_name(object->sum_type)));
    } else if (!slice->partial || (slice->part && object->n_parts == 0)) {
        s3_describe_sum(rq->out, object);
    }
}

static int describe(struct rq *rq, const struct s3_bucket *bucket, const struct s3_object *object,
                    const struct slice *slice) {
    json_t *out = rq->out = json_object();
    json_set_str(out, "AcceptRanges", S("bytes"));
    json_set_int(out, "LastModified", s3_object_mtime_s(object));
    json_set_int(out, "ContentLength", (int64_t)slice->n);
    json_set_str(out, "ETag", s3_quoted(rq, object->etag));
    json_set_str(out, "ServerSideEncryption", S("AES256"));
    json_set_str(out, "VersionId", s3_shown_version(rq, bucket, object));
    if (object->storage_class.len > 0)
        json_set_str(out, "StorageClass", object->storage_class);
    if (slice->partial)
        json_set_str(out, "ContentRange",
                     arena_printf(&rq->arena, "bytes %llu-%llu/%llu",
                                  (unsigned long long)slice->first,
                                  (unsigned long long)(slice->first + slice->n - 1),
                                  (unsigned long long)object->size));
    if (slice->part > 0 && object->n_parts > 0)
        json_set_int(out, "PartsCount", object->n_parts);
    if (object->tags.len > 0 && rq_may(rq, &s3_may_count_tags, NULL))
        json_set_int(out, "TagCount", (int64_t)s3_pairs_count(object->tags));
    describe_sum(rq, object, slice);
    describe_metadata(object, out);
    if (slice->partial)
        rq_out_status(rq, 206);
    return describe_headers(rq, object, out);
}

/* ---- The bytes of the answer ---- */
static int answer_whole(struct rq *rq, struct s3_body_reader *reader, uint64_t n) {
    struct buf bytes = {0};
    char *room = buf_reserve(&bytes, (size_t)n + 1);
    while (bytes.len < n) {
        ssize_t got =
            s3_body_reader_read(reader, bytes.len, room + bytes.len, (size_t)n - bytes.len);
        if (got <= 0) {
            buf_deinit(&bytes);
            return aws_damage(rq, s3_body_reader_why(reader));
        }
        bytes.len += (size_t)got;
    }
    rq_out_payload(rq, &bytes);
    return 0;
}

static void release_reader(void *reader) { s3_body_reader_free(reader); }

/* The status is sent: all that is left is to cut the connection, and to say why. */
static ssize_t stream_read(void *reader, uint64_t offset, void *p, size_t n) {
    ssize_t got = s3_body_reader_read(reader, offset, p, n);
    if (got < 0)
        log_error("s3", STR_FMT " (a GET was cut off behind %llu bytes)",
                  STR_ARG(s3_body_reader_why(reader)), (unsigned long long)offset);
    return got;
}

/* A call from inside takes the bytes as a whole anyway, and is told what is wrong with them. */
static int answer_bytes(struct rq *rq, struct s3_body_reader **reader, uint64_t n) {
    if (n <= (rq->net ? WHOLE_MAX : INSIDE_MAX))
        return answer_whole(rq, *reader, n);
    rq_out_stream(rq, n, stream_read, release_reader, STEAL(*reader));
    return 0;
}

/* Never asked: net sends a HEAD's headers alone. */
static ssize_t no_bytes(void *, uint64_t, void *, size_t) { return 0; }

static int open_bodies(struct s3_svc *svc, const struct s3_wanted *wanted,
                       const struct s3_object *object, str bodies, const struct slice *slice,
                       struct s3_body_reader **ret_reader, struct buf *reterr_why) {
    char id[S3_ID_LEN + 1];
    const struct s3_whose whose = {wanted->bucket->name, wanted->key,
                                   s3_object_version_id(object, id), object->n_parts > 0};
    return s3_body_reader_new(svc->store, bodies, &(struct s3_span){slice->first, slice->n}, &whose,
                              ret_reader, reterr_why);
}

/* Headers and bytes. STORE_E_ABSENT: a row or file of its body was dropped. */
static int answer_object(struct s3_svc *svc, struct rq *rq, const struct s3_wanted *wanted,
                         const struct s3_object *object, bool with_body) {
    CLEANUP_DEINIT(buf) struct buf storage = {0}, why = {0};
    CLEANUP(s3_body_reader) struct s3_body_reader *reader = NULL;
    str bodies = STR_NONE;
    struct slice slice;
    int r = 0;
    if (with_body || json_has(rq->in, "PartNumber"))
        r = s3_load_bodies(rq_rows_newest(rq), wanted->bucket->row.id, object, &storage, &bodies);
    if (r)
        return r == STORE_E_ABSENT ? r : s3_fault(rq, r, "read the object's list of bodies");
    r = choose_slice(rq, object, bodies, &slice);
    if (r)
        return r;
    if (with_body)
        r = open_bodies(svc, wanted, object, bodies, &slice, &reader, &why);
    if (r)
        return r == STORE_E_ABSENT ? r : aws_damage(rq, buf_view(&why));
    r = describe(rq, wanted->bucket, object, &slice);
    if (r)
        return r;
    if (with_body)
        return answer_bytes(rq, &reader, slice.n);
    if (rq->net) /* HEAD tells the length of what it does not send */
        rq_out_stream(rq, slice.n, no_bytes, NULL, NULL);
    return 0;
}

/*
 * One try. The row and its bodies are not read at one moment: between the two an overwrite may
 * drop them. STORE_E_ABSENT then, and the newest state will do.
 */
static int get_once(struct s3_svc *svc, struct rq *rq, const struct s3_wanted *wanted,
                    bool with_body) {
    CLEANUP_DEINIT(s3_found) struct s3_found found = {0};
    struct s3_cond cond = s3_cond_of(rq->in, "");
    bool unchanged = false;
    int r = s3_find_wanted(rq, rq_rows_newest(rq), wanted, &found);
    if (!r)
        r = s3_check_cond(rq, &cond, &found.object, &unchanged);
    if (r)
        return r;
    if (!unchanged)
        return answer_object(svc, rq, wanted, &found.object, with_body);
    not_modified(rq, &found.object);
    return 0;
}

static int get(struct s3_svc *svc, struct rq *rq, bool with_body) {
    enum { TRIES = 8 };
    struct s3_bucket *bucket = NULL;
    struct s3_wanted wanted = {.version_id = json_str(rq->in, "VersionId"), .list = &s3_may_list};
    int r = s3_use_key(rq, &wanted.key);
    if (!r)
        r = s3_use_bucket(svc, rq, &bucket);
    if (!r)
        r = s3_check_features(rq, bucket);
    if (r)
        return r;
    wanted.bucket = bucket;
    for (int i = 0; i < TRIES; i++) {
        r = get_once(svc, rq, &wanted, with_body);
        if (r != STORE_E_ABSENT)
            return r;
    }
    return s3_fault(rq, STORE_E_ABSENT, "find the rows of the object's bodies");
}

int s3_op_GetObject(struct s3_svc *svc, struct rq *rq) { return get(svc, rq, true); }

int s3_op_HeadObject(struct s3_svc *svc, struct rq *rq) { return get(svc, rq, false); }
