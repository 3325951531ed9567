/*
 * What happens between reading and committing. Each case stops an operation just before its commit,
 * lets others run through, and looks at what came of both. Reads and commits are seen through the
 * linker's --wrap, so nothing in the service knows of it.
 */
#include "cm.h"

#include "svc/s3/fixture.h"
#include "svc/s3/keys.h"

#include <errno.h>

/* ---- Between the service and the store ---- */
struct step {
    const char *op, *in, *body;
};
static _Thread_local struct cloud *fixture;
/* run before the next commit; ends with a NULL op */
static _Thread_local const struct step *meanwhile;
/* run before the next read of a version that is not the current one; likewise */
static _Thread_local const struct step *between;
static _Thread_local size_t bucket_reads, refused_commits;
/* the commit behind so many more is the last one that happens; 0: all do */
static _Thread_local unsigned last_commit;
static _Thread_local bool is_dead;

static void take(const struct step *steps) {
    for (; steps && steps->op; steps++) {
        CLEANUP_DEINIT(answer)
        struct answer a = s3_call(fixture, steps->op, steps->in, str_c(steps->body));
        if (a.status >= 300)
            print_error("meanwhile %s: %s\n", steps->op, buf_cstr(&a.message));
        CHECK(a.status < 300);
    }
}

static void count_bucket(str key) {
    CLEANUP_DEINIT(buf) struct buf head = {0};
    key_begin(&head, "s3b");
    bucket_reads += str_starts(key, buf_view(&head));
}

int __real_store_get_kept(struct store *store, const struct store_snap *snap, enum store_cf cf,
                          str key, const struct store_kept_kind *kind, void *ctx,
                          struct store_kept **ret_kept, struct store_stamp *ret_stamp);
int __wrap_store_get_kept(struct store *store, const struct store_snap *snap, enum store_cf cf,
                          str key, const struct store_kept_kind *kind, void *ctx,
                          struct store_kept **ret_kept, struct store_stamp *ret_stamp);
int __wrap_store_get_kept(struct store *store, const struct store_snap *snap, enum store_cf cf,
                          str key, const struct store_kept_kind *kind, void *ctx,
                          struct store_kept **ret_kept, struct store_stamp *ret_stamp) {
    count_bucket(key);
    return __real_store_get_kept(store, snap, cf, key, kind, ctx, ret_kept, ret_stamp);
}

int __real_store_get_stamped(struct store *store, const struct store_snap *snap, enum store_cf cf,
                             str key, struct buf *value, struct store_stamp *ret_stamp);
int __wrap_store_get_stamped(struct store *store, const struct store_snap *snap, enum store_cf cf,
                             str key, struct buf *value, struct store_stamp *ret_stamp);
int __wrap_store_get_stamped(struct store *store, const struct store_snap *snap, enum store_cf cf,
                             str key, struct buf *value, struct store_stamp *ret_stamp) {
    CLEANUP_DEINIT(buf) struct buf older = {0};
    key_begin(&older, "s3v");
    count_bucket(key);
    if (str_starts(key, buf_view(&older)))
        take(STEAL(between));
    return __real_store_get_stamped(store, snap, cf, key, value, ret_stamp);
}

int __real_store_commit(struct store *store, struct store_batch *batch, struct err *err);
int __wrap_store_commit(struct store *store, struct store_batch *batch, struct err *err);
int __wrap_store_commit(struct store *store, struct store_batch *batch, struct err *err) {
    take(STEAL(meanwhile));
    if (is_dead)
        return -EIO;
    is_dead = last_commit && --last_commit == 0;
    int r = __real_store_commit(store, batch, err);
    refused_commits += r == STORE_E_CONDITION;
    return r;
}

static int setup(void **state) {
    struct cloud *f = mem_new(struct cloud);
    *state = fixture = f;
    meanwhile = between = NULL;
    last_commit = 0;
    is_dead = false;
    cloud_open(f, NULL);
    cloud_plug(f, &plug_s3);
    store_next_id(f->store); /* the first one commits, under a lock */
    return 0;
}

/* The operation, with these steps before its first commit. */
static struct answer race(const char *op, const char *in, const char *body,
                          const struct step *steps) {
    meanwhile = steps;
    struct answer a = s3_call(fixture, op, in, str_c(body));
    CHECK(!meanwhile); /* it did commit */
    return a;
}

static struct answer call(const char *op, const char *in, const char *body) {
    struct answer a = s3_call(fixture, op, in, str_c(body));
    if (a.status >= 300)
        print_error("%s: %s\n", op, buf_cstr(&a.message));
    CHECK(a.status < 300);
    return a;
}

static void done(const char *op, const char *in, const char *body) {
    CLEANUP_DEINIT(answer) struct answer a = call(op, in, body);
}

static void check_body(const char *in, const char *want) {
    CLEANUP_DEINIT(answer) struct answer a = call("GetObject", in, "");
    CHECK_BUF(a.body, want);
}

static size_t count(const char *list, const char *member) {
    CLEANUP_DEINIT(answer) struct answer a = call(list, "{'Bucket':'box'}", "");
    return json_array_size(json_arr(a.out, member));
}

/* The document with the answer's UploadId or ETag for %s. */
static char *fill(char *out, size_t size, const char *form, const json_t *doc, const char *member) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    buf_str(&text, json_str(doc, member));
    snprintf(out, size, form, buf_cstr(&text));
    return out;
}

#define ENABLED   "{'Bucket':'box','VersioningConfiguration':{'Status':'Enabled'}}"
#define SUSPENDED "{'Bucket':'box','VersioningConfiguration':{'Status':'Suspended'}}"
#define K         "{'Bucket':'box','Key':'k'}"
static const struct step enable[] = {{"PutBucketVersioning", ENABLED, ""}, {NULL, NULL, NULL}},
                         put[] = {{"PutObject", K, "theirs"}, {NULL, NULL, NULL}},
                         empty_and_delete[] = {{"DeleteObject", K, ""},
                                               {"DeleteBucket", "{'Bucket':'box'}", ""},
                                               {NULL, NULL, NULL}};

/* ---- How often a request looks ---- */
static void a_request_reads_its_bucket_once(void **state) {
    (void)state;
    static const struct {
        const char *op, *in;
        size_t reads;
    } cases[] = {
        {"PutObject", K, 1},
        {"GetObject", K, 1},
        {"HeadObject", K, 1},
        {"GetObjectTagging", K, 1},
        {"CopyObject", "{'Bucket':'box','Key':'c','CopySource':'box/k'}", 1},
        {"CopyObject", "{'Bucket':'box','Key':'c','CopySource':'other/k'}", 2},
        {"ListObjectsV2", "{'Bucket':'box'}", 1},
        {"GetBucketTagging", "{'Bucket':'box'}", 1},
        {"PutBucketVersioning", ENABLED, 1},
        {"CreateMultipartUpload", K, 1},
        {"DeleteObject", K, 1},
        {"DeleteObjects", "{'Bucket':'box','Delete':{'Objects':[{'Key':'1'},{'Key':'2'}]}}", 1},
    };
    done("CreateBucket", "{'Bucket':'box'}", "");
    done("CreateBucket", "{'Bucket':'other'}", "");
    done("PutBucketTagging", "{'Bucket':'box','Tagging':{'TagSet':[]}}", "");
    done("PutObject", K, "mine");
    done("PutObject", "{'Bucket':'other','Key':'k'}", "mine");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        for (int n = 0; n < 2; n++) { /* compiled, and kept from the second time on */
            done("HeadBucket", "{'Bucket':'box'}", "");
            done("HeadBucket", "{'Bucket':'other'}", "");
        }
        bucket_reads = 0;
        done(cases[i].op, cases[i].in, "mine");
        if (bucket_reads != cases[i].reads)
            print_error("%s read buckets %zu times\n", cases[i].op, bucket_reads);
        CHECK_CASE(bucket_reads == cases[i].reads, cases[i].op);
    }
}

static void writers_of_other_keys_do_not_meet(void **state) {
    (void)state;
    done("CreateBucket", "{'Bucket':'box'}", "");
    refused_commits = 0;
    CLEANUP_DEINIT(answer)
    struct answer a = race("PutObject", "{'Bucket':'box','Key':'other'}", "mine", put);
    CHECK_INT(a.status, 200);
    CHECK_INT(refused_commits, 0);
    CLEANUP_DEINIT(answer) struct answer b = race("PutObject", K, "mine", put);
    CHECK_INT(b.status, 200);
    CHECK_INT(refused_commits, 1); /* those of one key do */
    check_body(K, "mine");
}

/* ---- The bucket changes ---- */
static void versioning_comes_between(void **state) {
    (void)state;
    done("CreateBucket", "{'Bucket':'box'}", "");
    done("PutObject", K, "first");
    CLEANUP_DEINIT(answer) struct answer a = race("PutObject", K, "second", enable);
    CHECK_INT(a.status, 200);
    CHECK_INT(json_str(a.out, "VersionId").len, S3_ID_LEN);
    check_body("{'Bucket':'box','Key':'k','VersionId':'null'}", "first");
    done("PutBucketVersioning", SUSPENDED, "");
    CLEANUP_DEINIT(answer)
    struct answer policy =
        race("PutBucketTagging", "{'Bucket':'box','Tagging':{'TagSet':[{'Key':'a','Value':'b'}]}}",
             "", enable);
    CHECK_INT(policy.status, 204);
    CLEANUP_DEINIT(answer) struct answer now = call("GetBucketVersioning", "{'Bucket':'box'}", "");
    CHECK_STR(json_str(now.out, "Status"), S("Enabled"));
}

static void versioning_comes_before_deletions(void **state) {
    (void)state;
    done("CreateBucket", "{'Bucket':'box'}", "");
    done("PutObject", K, "mine");
    CLEANUP_DEINIT(answer)
    struct answer a =
        race("DeleteObjects", "{'Bucket':'box','Delete':{'Objects':[{'Key':'k'},{'Key':'none'}]}}",
             "", enable);
    CHECK_INT(a.status, 200);
    CHECK_INT(count("ListObjectVersions", "DeleteMarkers"), 2);
    CHECK_INT(count("ListObjectVersions", "Versions"), 1);
}

static void the_bucket_goes(void **state) {
    (void)state;
    static const struct {
        const char *op, *in;
    } cases[] = {
        {"PutObject", K},
        {"PutObjectTagging", "{'Bucket':'box','Key':'k','Tagging':{'TagSet':[]}}"},
        {"CopyObject", "{'Bucket':'box','Key':'c','CopySource':'other/k'}"},
        {"CreateMultipartUpload", K},
        {"PutBucketVersioning", ENABLED},
        {"DeleteObjects", "{'Bucket':'box','Delete':{'Objects':[{'Key':'k'}]}}"},
    };
    done("CreateBucket", "{'Bucket':'other'}", "");
    done("PutObject", "{'Bucket':'other','Key':'k'}", "mine");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        done("CreateBucket", "{'Bucket':'box'}", "");
        done("PutObject", K, "mine");
        CLEANUP_DEINIT(answer)
        struct answer a = race(cases[i].op, cases[i].in, "mine", empty_and_delete);
        CHECK_CASE(a.status == 404 && str_is(buf_view(&a.code), "NoSuchBucket"), cases[i].op);
        CLEANUP_DEINIT(answer)
        struct answer head = s3_call(fixture, "HeadBucket", "{'Bucket':'box'}", S(""));
        CHECK_CASE(head.status == 404, cases[i].op);
    }
}

static void a_bucket_in_use_stays(void **state) {
    (void)state;
    done("CreateBucket", "{'Bucket':'box'}", "");
    CLEANUP_DEINIT(answer) struct answer a = race("DeleteBucket", "{'Bucket':'box'}", "", put);
    CHECK_INT(a.status, 409);
    CHECK_BUF(a.code, "BucketNotEmpty");
    check_body(K, "theirs");
    done("PutObject", K, "open again");
    CLEANUP_DEINIT(answer) struct answer b = race("DeleteBucket", "{'Bucket':'box'}", "", NULL);
    CHECK_BUF(b.code, "BucketNotEmpty");
}

static void one_of_two_makes_the_bucket(void **state) {
    (void)state;
    static const struct step create[] = {{"CreateBucket", "{'Bucket':'box'}", ""},
                                         {"PutObject", K, "theirs"},
                                         {NULL, NULL, NULL}};
    CLEANUP_DEINIT(answer) struct answer a = race("CreateBucket", "{'Bucket':'box'}", "", create);
    CHECK_INT(a.status, 200); /* us-east-1 answers as if it were new */
    check_body(K, "theirs");
}

/* ---- The object changes ---- */
static void conditions_hold_at_the_commit(void **state) {
    (void)state;
    char in[512];
    done("CreateBucket", "{'Bucket':'box'}", "");
    CLEANUP_DEINIT(answer)
    struct answer none =
        race("PutObject", "{'Bucket':'box','Key':'k','IfNoneMatch':'*'}", "mine", put);
    CHECK_BUF(none.code, "PreconditionFailed");
    CLEANUP_DEINIT(answer) struct answer mine = call("PutObject", K, "mine");
    fill(in, sizeof in, "{'Bucket':'box','Key':'k','IfMatch':'%.34s'}", mine.out, "ETag");
    for (char *p = in; (p = strchr(p, '"'));) /* quotes are the document's own */
        memmove(p, p + 1, strlen(p));
    CLEANUP_DEINIT(answer) struct answer match = race("PutObject", in, "mine again", put);
    CHECK_BUF(match.code, "PreconditionFailed");
    done("PutObject", K, "mine");
    CLEANUP_DEINIT(answer) struct answer gone = race("DeleteObject", in, "", put);
    CHECK_BUF(gone.code, "PreconditionFailed");
    check_body(K, "theirs");
}

static void a_batch_deletes_what_its_etag_names(void **state) {
    (void)state;
    char in[512];
    done("CreateBucket", "{'Bucket':'box'}", "");
    CLEANUP_DEINIT(answer) struct answer mine = call("PutObject", K, "mine");
    fill(in, sizeof in,
         "{'Bucket':'box','Delete':{'Objects':[{'Key':'k','ETag':'%s'},{'Key':'none'}]}}", mine.out,
         "ETag");
    for (char *p = in; (p = strchr(p, '"'));)
        memmove(p, p + 1, strlen(p));
    CLEANUP_DEINIT(answer) struct answer a = race("DeleteObjects", in, "", put);
    CHECK_INT(a.status, 200);
    CHECK_STR(json_str(json_array_get(json_arr(a.out, "Errors"), 0), "Code"),
              S("PreconditionFailed"));
    CHECK_INT(json_array_size(json_arr(a.out, "Deleted")), 1);
    check_body(K, "theirs");
}

static void a_batch_may_name_a_key_again(void **state) {
    (void)state;
    done("CreateBucket", "{'Bucket':'box'}", "");
    done("PutBucketVersioning", ENABLED, "");
    CLEANUP_DEINIT(answer)
    struct answer a = race(
        "DeleteObjects",
        "{'Bucket':'box','Delete':{'Objects':[{'Key':'k'},{'Key':'other'},{'Key':'k'}]}}", "", put);
    CHECK_INT(a.status, 200);
    CHECK_INT(json_array_size(json_arr(a.out, "Deleted")), 3);
    CHECK_INT(count("ListObjectVersions", "DeleteMarkers"), 3);
    CHECK_INT(count("ListObjectVersions", "Versions"), 1);
}

static void tags_go_to_the_object_that_is_there(void **state) {
    (void)state;
    done("CreateBucket", "{'Bucket':'box'}", "");
    done("PutObject", K, "mine");
    CLEANUP_DEINIT(answer)
    struct answer a =
        race("PutObjectTagging",
             "{'Bucket':'box','Key':'k','Tagging':{'TagSet':[{'Key':'a','Value':'b'}]}}", "", put);
    CHECK_INT(a.status, 200);
    check_body(K, "theirs");
    CLEANUP_DEINIT(answer) struct answer tags = call("GetObjectTagging", K, "");
    CHECK_INT(json_array_size(json_arr(tags.out, "TagSet")), 1);
}

/* The null version goes by its id, while a newer null version comes and drops it too. */
static void the_null_version_goes_once(void **state) {
    (void)state;
    done("CreateBucket", "{'Bucket':'box'}", "");
    done("PutObject", K, "null");
    done("PutBucketVersioning", ENABLED, "");
    done("PutObject", K, "versioned");
    done("PutBucketVersioning", SUSPENDED, "");
    CLEANUP_DEINIT(answer)
    struct answer a =
        race("DeleteObject", "{'Bucket':'box','Key':'k','VersionId':'null'}", "", put);
    CHECK_INT(a.status, 204);
    check_body(K, "versioned"); /* what was deleted is the one that came */
    CHECK_INT(count("ListObjectVersions", "Versions"), 1);
}

/* The current version is removed just then, and this one takes its place. */
static void a_version_moves_while_it_is_looked_for(void **state) {
    (void)state;
    static const char by_id[] = "{'Bucket':'box','Key':'k','VersionId':'%s'}";
    char older[256], newer[256];
    done("CreateBucket", "{'Bucket':'box'}", "");
    done("PutBucketVersioning", ENABLED, "");
    CLEANUP_DEINIT(answer) struct answer one = call("PutObject", K, "one");
    CLEANUP_DEINIT(answer) struct answer two = call("PutObject", K, "two");
    fill(older, sizeof older, by_id, one.out, "VersionId");
    fill(newer, sizeof newer, by_id, two.out, "VersionId");
    const struct step remove[] = {{"DeleteObject", newer, ""}, {NULL, NULL, NULL}};
    between = remove;
    done("DeleteObject", older, "");
    CHECK(!between);
    CHECK_INT(count("ListObjectVersions", "Versions"), 0);

    CLEANUP_DEINIT(answer) struct answer three = call("PutObject", K, "three");
    CLEANUP_DEINIT(answer) struct answer four = call("PutObject", K, "four");
    fill(older, sizeof older, by_id, three.out, "VersionId");
    fill(newer, sizeof newer, by_id, four.out, "VersionId");
    between = remove;
    check_body(older, "three");
    CHECK(!between);
}

/* ---- Uploads ---- */
static void a_part_comes_too_late(void **state) {
    (void)state;
    char part[256], whole[256];
    done("CreateBucket", "{'Bucket':'box'}", "");
    CLEANUP_DEINIT(answer) struct answer up = call("CreateMultipartUpload", K, "");
    fill(part, sizeof part, "{'Bucket':'box','Key':'k','PartNumber':1,'UploadId':'%s'}", up.out,
         "UploadId");
    fill(whole, sizeof whole, "{'Bucket':'box','Key':'k','UploadId':'%s'}", up.out, "UploadId");
    const struct step abort_it[] = {{"AbortMultipartUpload", whole, ""}, {NULL, NULL, NULL}};
    CLEANUP_DEINIT(answer) struct answer a = race("UploadPart", part, "mine", abort_it);
    CHECK_BUF(a.code, "NoSuchUpload");
    CHECK_INT(count("ListMultipartUploads", "Uploads"), 0);
}

static void an_upload_is_completed_once(void **state) {
    (void)state;
    char in[512];
    done("CreateBucket", "{'Bucket':'box'}", "");
    done("PutBucketVersioning", ENABLED, "");
    CLEANUP_DEINIT(answer) struct answer up = call("CreateMultipartUpload", K, "");
    fill(in, sizeof in, "{'Bucket':'box','Key':'k','PartNumber':1,'UploadId':'%s'}", up.out,
         "UploadId");
    CLEANUP_DEINIT(answer) struct answer part = call("UploadPart", in, "mine");
    fill(
        in, sizeof in,
        "{'Bucket':'box','Key':'k','UploadId':'%s','MultipartUpload':{'Parts':[{'PartNumber':1,'ETag':",
        up.out, "UploadId");
    size_t n = strlen(in);
    fill(in + n, sizeof in - n, "%s}]}}", part.out, "ETag");
    const struct step complete[] = {{"CompleteMultipartUpload", in, ""}, {NULL, NULL, NULL}};
    CLEANUP_DEINIT(answer) struct answer a = race("CompleteMultipartUpload", in, "", complete);
    CHECK_INT(a.status, 200); /* told once more */
    CHECK_INT(count("ListObjectVersions", "Versions"), 1);
    check_body(K, "mine");
}

/* ---- A bucket with uploads under way goes ---- */
static size_t count_rows(const char *kind) {
    CLEANUP_DEINIT(buf) struct buf head = {0};
    size_t n = 0;
    key_begin(&head, kind);
    CLEANUP(store_iter)
    struct store_iter *it = store_iter_below(fixture->store, NULL, STORE_META, buf_view(&head));
    while (store_iter_next(it))
        n++;
    CHECK_INT(store_iter_fault(it), 0);
    return n;
}

/* Bucket "box" with an upload that has two parts. part: the document of a third. */
static void open_upload(char *part, size_t size) {
    done("CreateBucket", "{'Bucket':'box'}", "");
    CLEANUP_DEINIT(answer) struct answer up = call("CreateMultipartUpload", K, "");
    for (const char *number = "123"; *number; number++) {
        char form[128];
        snprintf(form, sizeof form, "{'Bucket':'box','Key':'k','PartNumber':%c,'UploadId':'%%s'}",
                 *number);
        fill(part, size, form, up.out, "UploadId");
        if (*number < '3')
            done("UploadPart", part, "mine");
    }
    CHECK_INT(count_rows("s3p"), 2);
}

static const struct step delete_bucket[] = {{"DeleteBucket", "{'Bucket':'box'}", ""},
                                            {NULL, NULL, NULL}};

static void a_bucket_goes_before_a_part(void **state) {
    (void)state;
    char part[256];
    open_upload(part, sizeof part);
    CLEANUP_DEINIT(answer) struct answer a = race("UploadPart", part, "late", delete_bucket);
    CHECK_BUF(a.code, "NoSuchBucket");
    CHECK_INT(count_rows("s3p") + count_rows("s3u"), 0);
}

static void a_part_comes_before_the_bucket_goes(void **state) {
    (void)state;
    char part[256];
    open_upload(part, sizeof part);
    const struct step more[] = {{"UploadPart", part, "late"},
                                {"CreateMultipartUpload", K, ""},
                                {NULL, NULL, NULL}};
    CLEANUP_DEINIT(answer) struct answer a = race("DeleteBucket", "{'Bucket':'box'}", "", more);
    CHECK_INT(a.status, 204);
    CHECK_INT(count_rows("s3p") + count_rows("s3u"), 0);
}

/* The machine dies behind each commit of the deletion in turn: closed; gone, but for the parts. */
static void a_deletion_is_cut_off(void **state) {
    static const struct {
        unsigned commits;
        size_t parts, uploads;
        const char *what;
    } cases[] = {{1, 2, 1, "closed"}, {2, 0, 0, "gone"}, {3, 0, 0, "with its parts"}};
    char part[256];
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        open_upload(part, sizeof part);
        last_commit = cases[i].commits;
        CLEANUP_DEINIT(answer)
        struct answer a = s3_call(fixture, "DeleteBucket", "{'Bucket':'box'}", S(""));
        CHECK_CASE((a.status == 204) == (cases[i].commits > 1), cases[i].what);
        CHECK_CASE(count_rows("s3p") == (cases[i].commits < 3 ? 2 : 0), cases[i].what);
        CHECK_CASE(is_dead, cases[i].what);
        is_dead = false;
        cloud_stop(fixture);
        cloud_start(fixture);
        CHECK_CASE(count_rows("s3p") == cases[i].parts, cases[i].what);
        CHECK_CASE(count_rows("s3u") == cases[i].uploads, cases[i].what);
        if (cases[i].commits == 1) { /* it was never answered, and is open again */
            done("UploadPart", part, "mine");
            done("DeleteBucket", "{'Bucket':'box'}", "");
        }
        CHECK_CASE(count_rows("s3b") == 0, cases[i].what);
    }
    (void)state;
}

/* Between the closing and the end the store fails, as a full disk does, and the daemon runs on. */
static void a_deletion_fails_and_is_repeated(void **state) {
    char part[256];
    open_upload(part, sizeof part);
    last_commit = 1;
    CLEANUP_DEINIT(answer)
    struct answer a = s3_call(fixture, "DeleteBucket", "{'Bucket':'box'}", S(""));
    CHECK(a.status != 204);
    CHECK(is_dead);
    is_dead = false;
    CHECK_INT(count_rows("s3b"), 1);
    done("DeleteBucket", "{'Bucket':'box'}", "");
    CHECK_INT(count_rows("s3b") + count_rows("s3p") + count_rows("s3u"), 0);
    (void)state;
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, cloud_teardown)
    const struct CMUnitTest tests[] = {
        T(a_request_reads_its_bucket_once),
        T(writers_of_other_keys_do_not_meet),
        T(versioning_comes_between),
        T(versioning_comes_before_deletions),
        T(the_bucket_goes),
        T(a_bucket_in_use_stays),
        T(one_of_two_makes_the_bucket),
        T(conditions_hold_at_the_commit),
        T(a_batch_deletes_what_its_etag_names),
        T(a_batch_may_name_a_key_again),
        T(tags_go_to_the_object_that_is_there),
        T(the_null_version_goes_once),
        T(a_version_moves_while_it_is_looked_for),
        T(a_part_comes_too_late),
        T(an_upload_is_completed_once),
        T(a_bucket_goes_before_a_part),
        T(a_part_comes_before_the_bucket_goes),
        T(a_deletion_is_cut_off),
        T(a_deletion_fails_and_is_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
