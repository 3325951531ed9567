/* The service called from inside: rights, events, what a failed or replaced write leaves behind. */
#include "cm.h"

#include "base/lock.h"
#include "store/key.h"
#include "svc/s3/fixture.h"
#include "lib/tmp.h"
#include "svc/s3/keys.h"

#include <dirent.h>

/* ---- A target that hears of events ---- */
struct ear {
    pthread_mutex_t lock;
    pthread_cond_t heard;
    size_t n;
    struct buf last;
    int check;
};
static struct ear ear = {.lock = PTHREAD_MUTEX_INITIALIZER, .heard = PTHREAD_COND_INITIALIZER};

static int ear_accept(void *ctx, struct store_batch *batch, const struct hub_event *event) {
    struct ear *e = ctx;
    (void)batch;
    LOCK_SCOPE(&e->lock);
    e->n++;
    buf_clear(&e->last);
    buf_str(&e->last, event->payload);
    pthread_cond_broadcast(&e->heard);
    return HUB_OK;
}

static int ear_check(void *ctx, const struct hub_event *event) {
    (void)event;
    return ((struct ear *)ctx)->check;
}

/* The n-th event since the test began. A new reference. */
static json_t *hear(size_t n) {
    LOCK_SCOPE(&ear.lock);
    while (ear.n < n)
        pthread_cond_wait(&ear.heard, &ear.lock);
    return json_parse(buf_view(&ear.last), NULL);
}

/* ---- The fixture ---- */
static int setup(void **state) {
    struct cloud *f = mem_new(struct cloud);
    ear.n = 0;
    ear.check = HUB_OK;
    cloud_open(f, NULL);
    cloud_plug(f, &plug_s3);
    hub_plug_target(f->hub, S("sqs"), ear_accept, &ear);
    hub_plug_check(f->hub, S("sqs"), ear_check, &ear);
    *state = f;
    return hub_start(f->hub, NULL);
}

/* Status of a call; the answer is dropped. */
static int status(struct cloud *f, const char *op, const char *in, str body) {
    CLEANUP_DEINIT(answer) struct answer a = s3_call(f, op, in, body);
    return a.status;
}

#define expect(f, op, in, want)                                                                    \
    do {                                                                                           \
        CLEANUP_DEINIT(answer) struct answer a_ = s3_call(f, op, in, S("body"));                   \
        if (a_.status != (want))                                                                   \
            print_error("%s: %s\n", op, buf_cstr(&a_.message));                                    \
        CHECK_INT(a_.status, want);                                                                \
    } while (0)

/* Body files on disk: each body above 32 KiB is one. */
static int count_files(const char *path) {
    int n = 0;
    DIR *dir = opendir(path);
    for (struct dirent *e; dir && (e = readdir(dir));) {
        char inner[512];
        if (e->d_name[0] == '.')
            continue;
        snprintf(inner, sizeof inner, "%s/%s", path, e->d_name);
        n += e->d_type == DT_DIR ? count_files(inner) : 1;
    }
    if (dir)
        closedir(dir);
    return n;
}

static int body_files(struct cloud *f) {
    char path[sizeof f->dir + 8];
    snprintf(path, sizeof path, "%s/blobs", f->dir);
    return count_files(path);
}

static char big[100 * 1024];

/* ---- Rights ---- */
static struct answer as_user(struct cloud *f, const char *policy, const char *op, const char *in) {
    cloud_user_policy(f, policy);
    return s3_call_as(f, f->user, op, in, S("body"));
}

#define ALLOW(action, resource)                                                                    \
    "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"" action         \
    "\",\"Resource\":\"" resource "\"}}"

static void every_row_asks_for_its_right(void **state) {
    struct cloud *f = *state;
    static const struct {
        const char *op, *in, *action, *policy;
    } cases[] = {
        {"CreateBucket", "{'Bucket':'another'}", "s3:CreateBucket",
         ALLOW("s3:CreateBucket", "arn:aws:s3:::another")},
        {"HeadBucket", "{'Bucket':'photos'}", "s3:ListBucket",
         ALLOW("s3:ListBucket", "arn:aws:s3:::photos")},
        {"ListBuckets", "{}", "s3:ListAllMyBuckets", ALLOW("s3:ListAllMyBuckets", "*")},
        {"PutObject", "{'Bucket':'photos','Key':'new'}", "s3:PutObject",
         ALLOW("s3:PutObject", "arn:aws:s3:::photos/new")},
        {"PutObject", "{'Bucket':'photos','Key':'new','Tagging':'a=b'}", "s3:PutObject",
         ALLOW("s3:Put*", "arn:aws:s3:::photos/new")},
        {"GetObject", "{'Bucket':'photos','Key':'k'}", "s3:GetObject",
         ALLOW("s3:GetObject", "arn:aws:s3:::photos/k")},
        {"GetObject", "{'Bucket':'photos','Key':'k','VersionId':'null'}", "s3:GetObjectVersion",
         ALLOW("s3:GetObjectVersion", "arn:aws:s3:::photos/k")},
        {"HeadObject", "{'Bucket':'photos','Key':'k'}", "s3:GetObject",
         ALLOW("s3:GetObject", "arn:aws:s3:::photos/k")},
        {"GetObjectTagging", "{'Bucket':'photos','Key':'k'}", "s3:GetObjectTagging",
         ALLOW("s3:GetObjectTagging", "arn:aws:s3:::photos/k")},
        {"PutObjectTagging", "{'Bucket':'photos','Key':'k','Tagging':{'TagSet':[]}}",
         "s3:PutObjectTagging", ALLOW("s3:PutObjectTagging", "arn:aws:s3:::photos/k")},
        {"ListObjectsV2", "{'Bucket':'photos'}", "s3:ListBucket",
         ALLOW("s3:ListBucket", "arn:aws:s3:::photos")},
        {"ListObjectVersions", "{'Bucket':'photos'}", "s3:ListBucketVersions",
         ALLOW("s3:ListBucketVersions", "arn:aws:s3:::photos")},
        {"ListMultipartUploads", "{'Bucket':'photos'}", "s3:ListBucketMultipartUploads",
         ALLOW("s3:ListBucketMultipartUploads", "arn:aws:s3:::photos")},
        {"CreateMultipartUpload", "{'Bucket':'photos','Key':'m'}", "s3:PutObject",
         ALLOW("s3:PutObject", "arn:aws:s3:::photos/m")},
        {"CopyObject", "{'Bucket':'photos','Key':'copy','CopySource':'photos/k'}", "s3:PutObject",
         "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Action\":\"s3:PutObject\",\"Resource\":\"arn:aws:s3:::photos/copy\"},"
         "{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"arn:aws:s3:::photos/k\"}]}"},
        {"GetBucketLifecycleConfiguration", "{'Bucket':'configured'}",
         "s3:GetLifecycleConfiguration",
         ALLOW("s3:GetLifecycleConfiguration", "arn:aws:s3:::configured")},
        {"PutBucketNotificationConfiguration", "{'Bucket':'photos','NotificationConfiguration':{}}",
         "s3:PutBucketNotification", ALLOW("s3:PutBucketNotification", "arn:aws:s3:::photos")},
        {"GetBucketEncryption", "{'Bucket':'photos'}", "s3:GetEncryptionConfiguration",
         ALLOW("s3:GetEncryptionConfiguration", "arn:aws:s3:::photos")},
        {"PutPublicAccessBlock",
         "{'Bucket':'photos','PublicAccessBlockConfiguration':{'BlockPublicAcls':true}}",
         "s3:PutBucketPublicAccessBlock",
         ALLOW("s3:PutBucketPublicAccessBlock", "arn:aws:s3:::photos")},
        {"DeleteObject", "{'Bucket':'photos','Key':'k'}", "s3:DeleteObject",
         ALLOW("s3:DeleteObject", "arn:aws:s3:::photos/k")},
        {"DeleteObject", "{'Bucket':'photos','Key':'k','VersionId':'null'}",
         "s3:DeleteObjectVersion", ALLOW("s3:DeleteObjectVersion", "arn:aws:s3:::photos/k")},
    };
    expect(f, "CreateBucket", "{'Bucket':'photos'}", 200);
    expect(f, "CreateBucket", "{'Bucket':'configured'}", 200);
    expect(
        f, "PutBucketLifecycleConfiguration",
        "{'Bucket':'configured','LifecycleConfiguration':{'Rules':[{'Status':'Enabled','Prefix':'','Expiration':{'Days':1}}]}}",
        200);
    expect(f, "PutObject", "{'Bucket':'photos','Key':'k'}", 200);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer) struct answer no = as_user(f, NULL, cases[i].op, cases[i].in);
        CHECK_CASE(no.status == 403 && str_is(buf_view(&no.code), "AccessDenied"), cases[i].op);
        CHECK_CASE(strstr(buf_cstr(&no.message), cases[i].action) != NULL, cases[i].op);
        CLEANUP_DEINIT(answer)
        struct answer yes = as_user(f, cases[i].policy, cases[i].op, cases[i].in);
        if (yes.status >= 300)
            print_error("%s\n", buf_cstr(&yes.message));
        CHECK_CASE(yes.status < 300, cases[i].op);
    }
}

static void missing_keys_are_told_to_listers_only(void **state) {
    struct cloud *f = *state;
    expect(f, "CreateBucket", "{'Bucket':'photos'}", 200);
    CLEANUP_DEINIT(answer)
    struct answer hidden =
        as_user(f, ALLOW("s3:GetObject", "*"), "GetObject", "{'Bucket':'photos','Key':'none'}");
    CHECK_INT(hidden.status, 403);
    CHECK_HAS(buf_cstr(&hidden.message), "s3:ListBucket");
    CLEANUP_DEINIT(answer)
    struct answer told = as_user(
        f,
        "{\"Statement\":{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\",\"s3:ListBucket\"],\"Resource\":\"*\"}}",
        "GetObject", "{'Bucket':'photos','Key':'none'}");
    CHECK_BUF(told.code, "NoSuchKey");
}

static void each_key_of_a_batch_asks_for_its_right(void **state) {
    struct cloud *f = *state;
    expect(f, "CreateBucket", "{'Bucket':'photos'}", 200);
    expect(f, "PutObject", "{'Bucket':'photos','Key':'mine/1'}", 200);
    expect(f, "PutObject", "{'Bucket':'photos','Key':'theirs/1'}", 200);
    CLEANUP_DEINIT(answer)
    struct answer a =
        as_user(f, ALLOW("s3:DeleteObject", "arn:aws:s3:::photos/mine/*"), "DeleteObjects",
                "{'Bucket':'photos','Delete':{'Objects':[{'Key':'mine/1'},{'Key':'theirs/1'}]}}");
    CHECK_INT(a.status, 200);
    CHECK_INT(json_array_size(json_arr(a.out, "Deleted")), 1);
    CHECK_STR(json_str(json_array_get(json_arr(a.out, "Errors"), 0), "Code"), S("AccessDenied"));
    expect(f, "HeadObject", "{'Bucket':'photos','Key':'theirs/1'}", 200);
    expect(f, "HeadObject", "{'Bucket':'photos','Key':'mine/1'}", 404);
}

static void condition_keys(void **state) {
    struct cloud *f = *state;
    static const char prefix_only[] =
        "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:ListBucket\",\"Resource\":\"*\","
        "\"Condition\":{\"StringLike\":{\"s3:prefix\":\"home/*\"}}}}";
    static const char tagged[] =
        "{\"Version\":\"2012-10-17\",\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"s3:GetObject\",\"Resource\":\"*\","
        "\"Condition\":{\"StringEquals\":{\"s3:ExistingObjectTag/public\":\"yes\"}}}}";
    expect(f, "CreateBucket", "{'Bucket':'photos'}", 200);
    expect(f, "PutObject", "{'Bucket':'photos','Key':'open','Tagging':'public=yes'}", 200);
    expect(f, "PutObject", "{'Bucket':'photos','Key':'shut','Tagging':'public=no'}", 200);
    static const struct {
        const char *policy, *op, *in;
        int want;
    } cases[] = {
        {prefix_only, "ListObjectsV2", "{'Bucket':'photos','Prefix':'home/x'}", 200},
        {prefix_only, "ListObjectsV2", "{'Bucket':'photos'}", 403},
        {tagged, "GetObject", "{'Bucket':'photos','Key':'open'}", 200},
        {tagged, "GetObject", "{'Bucket':'photos','Key':'shut'}", 403},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(answer)
        struct answer a = as_user(f, cases[i].policy, cases[i].op, cases[i].in);
        CHECK_CASE(a.status == cases[i].want, cases[i].in);
    }
}

/* ---- Events ---- */
static void configure_events(struct cloud *f) {
    expect(f, "CreateBucket", "{'Bucket':'photos'}", 200);
    expect(
        f, "PutBucketNotificationConfiguration",
        "{'Bucket':'photos','NotificationConfiguration':{'QueueConfigurations':[{'Id':'jpg','QueueArn':'arn:aws:sqs:us-east-1:000000000000:q',"
        "'Events':['s3:ObjectCreated:*','s3:ObjectRemoved:*'],'Filter':{'Key':{'FilterRules':[{'Name':'suffix','Value':'.jpg'}]}}}]}}",
        200);
}

static const json_t *record(const json_t *event) {
    return json_array_get(json_arr(event, "Records"), 0);
}

static void events_come_with_the_object(void **state) {
    struct cloud *f = *state;
    configure_events(f);
    CLEANUP_JSON json_t *test = hear(1);
    CHECK_STR(json_str(test, "Event"), S("s3:TestEvent"));
    expect(f, "PutObject", "{'Bucket':'photos','Key':'no.txt'}", 200);
    expect(f, "PutObject", "{'Bucket':'photos','Key':'yes 1.jpg'}", 200);
    CLEANUP_JSON json_t *put = hear(2);
    const json_t *object = json_obj(json_obj(record(put), "s3"), "object");
    CHECK_STR(json_str(record(put), "eventName"), S("ObjectCreated:Put"));
    CHECK_STR(json_str(object, "key"), S("yes+1.jpg"));
    CHECK_INT(json_int(object, "size", 0), 4);
    CHECK(!json_has(object, "versionId"));
    CHECK_STR(json_str(json_obj(record(put), "s3"), "configurationId"), S("jpg"));
    expect(f, "CopyObject", "{'Bucket':'photos','Key':'copy.jpg','CopySource':'photos/no.txt'}",
           200);
    CLEANUP_JSON json_t *copy = hear(3);
    CHECK_STR(json_str(record(copy), "eventName"), S("ObjectCreated:Copy"));
    expect(f, "DeleteObject", "{'Bucket':'photos','Key':'copy.jpg'}", 204);
    CLEANUP_JSON json_t *gone = hear(4);
    CHECK_STR(json_str(record(gone), "eventName"), S("ObjectRemoved:Delete"));
    /* The sequencer of one key grows, as text. */
    CHECK(str_cmp(json_str(json_obj(json_obj(record(copy), "s3"), "object"), "sequencer"),
                  json_str(json_obj(json_obj(record(gone), "s3"), "object"), "sequencer")) < 0);
    expect(f, "PutBucketVersioning",
           "{'Bucket':'photos','VersioningConfiguration':{'Status':'Enabled'}}", 200);
    expect(f, "DeleteObject", "{'Bucket':'photos','Key':'yes 1.jpg'}", 204);
    CLEANUP_JSON json_t *marker = hear(5);
    CHECK_STR(json_str(record(marker), "eventName"), S("ObjectRemoved:DeleteMarkerCreated"));
    CHECK(json_has(json_obj(json_obj(record(marker), "s3"), "object"), "versionId"));
}

static void destinations_are_checked(void **state) {
    struct cloud *f = *state;
    static const char put[] =
        "{'Bucket':'photos','NotificationConfiguration':{'QueueConfigurations':[{'QueueArn':'arn:aws:sqs:us-east-1:000000000000:q',"
        "'Events':['s3:ObjectCreated:*']}]}}";
    expect(f, "CreateBucket", "{'Bucket':'photos'}", 200);
    for (int answer = HUB_E_DENIED; answer <= HUB_E_NO_TARGET; answer++) {
        ear.check = answer;
        CLEANUP_DEINIT(answer)
        struct answer a = s3_call(f, "PutBucketNotificationConfiguration", put, S(""));
        CHECK_INT(a.status, 400);
        CHECK_BUF(a.message, "Unable to validate the following destination configurations");
    }
    CLEANUP_DEINIT(answer)
    struct answer got =
        s3_call(f, "GetBucketNotificationConfiguration", "{'Bucket':'photos'}", S(""));
    CHECK_INT(json_object_size(got.out), 0);
}

/* ---- What stays behind ---- */
static void replaced_and_deleted_bodies_are_dropped(void **state) {
    struct cloud *f = *state;
    str body = str_n(big, sizeof big);
    expect(f, "CreateBucket", "{'Bucket':'photos'}", 200);
    CHECK_INT(status(f, "PutObject", "{'Bucket':'photos','Key':'k'}", body), 200);
    CHECK_INT(body_files(f), 1);
    CHECK_INT(status(f, "PutObject", "{'Bucket':'photos','Key':'k'}", body), 200);
    CHECK_INT(body_files(f), 1);
    CHECK_INT(status(f, "PutObject", "{'Bucket':'photos','Key':'k'}", S("small")), 200);
    CHECK_INT(body_files(f), 0);
    /* Refused after the body was read: nothing stays. */
    CHECK_INT(status(f, "PutObject", "{'Bucket':'photos','Key':'k','IfNoneMatch':'*'}", body), 412);
    CHECK_INT(status(f, "PutObject", "{'Bucket':'photos','Key':'k','Tagging':'a=1&a=2'}", body),
              400);
    CHECK_INT(body_files(f), 0);
    CHECK_INT(status(f, "PutObject", "{'Bucket':'photos','Key':'middling'}", str_n(big, 2000)),
              200);
    CHECK_INT(count_rows(f->store, STORE_META, "s3d"), 1); /* too long for the object's row */
    expect(f, "DeleteObject", "{'Bucket':'photos','Key':'middling'}", 204);
    expect(f, "DeleteObject", "{'Bucket':'photos','Key':'k'}", 204);
    expect(f, "DeleteBucket", "{'Bucket':'photos'}", 204);
    static const char *const kinds[] = {"s3b", "s3a", "s3c", "s3o", "s3v",
                                        "s3n", "s3d", "s3u", "s3p"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        CHECK_CASE(count_rows(f->store, STORE_META, kinds[i]) == 0, kinds[i]);
}

static void uploads_leave_nothing(void **state) {
    struct cloud *f = *state;
    str body = str_n(big, sizeof big);
    expect(f, "CreateBucket", "{'Bucket':'photos'}", 200);
    for (int complete = 0; complete < 2; complete++) {
        CLEANUP_DEINIT(answer)
        struct answer up =
            s3_call(f, "CreateMultipartUpload", "{'Bucket':'photos','Key':'m'}", S(""));
        char in[512];
        struct answer part = {0};
        for (int n = 1; n <= 3; n++) {
            answer_deinit(&part);
            snprintf(in, sizeof in, "{'Bucket':'photos','Key':'m','PartNumber':%d,'UploadId':'%s'}",
                     n, json_str(up.out, "UploadId").p);
            part = s3_call(f, "UploadPart", in, body);
            CHECK_INT(part.status, 200);
        }
        CHECK_INT(body_files(f), 3);
        /* Of three parts the second alone is listed. */
        snprintf(
            in, sizeof in,
            "{'Bucket':'photos','Key':'m','UploadId':'%s','MultipartUpload':{'Parts':[{'PartNumber':2,'ETag':%s}]}}",
            json_str(up.out, "UploadId").p, json_str(part.out, "ETag").p);
        CHECK_INT(
            status(f, complete ? "CompleteMultipartUpload" : "AbortMultipartUpload", in, S("")),
            complete ? 200 : 204);
        answer_deinit(&part);
        CHECK_INT(body_files(f), complete);
        CHECK_INT(count_rows(f->store, STORE_META, "s3u") + count_rows(f->store, STORE_META, "s3p"),
                  0);
    }
    CLEANUP_DEINIT(answer)
    struct answer got = s3_call(f, "GetObject", "{'Bucket':'photos','Key':'m'}", S(""));
    CHECK_INT(got.body.len, sizeof big);
}

/*
 * Parts whose upload is gone, and a bucket in the middle of its deletion: as a crash leaves them.
 */
static void opening_puts_right(void **state) {
    struct cloud *f = *state;
    struct err err = {""};
    expect(f, "CreateBucket", "{'Bucket':'photos'}", 200);
    CLEANUP_DEINIT(answer)
    struct answer up = s3_call(f, "CreateMultipartUpload", "{'Bucket':'photos','Key':'m'}", S(""));
    char in[256];
    snprintf(in, sizeof in, "{'Bucket':'photos','Key':'m','PartNumber':1,'UploadId':'%s'}",
             json_str(up.out, "UploadId").p);
    CHECK_INT(status(f, "UploadPart", in, str_n(big, sizeof big)), 200);

    CLEANUP_DEINIT(buf) struct buf from = {0}, to = {0}, key = {0}, value = {0};
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    key_begin(&from, "s3u");
    key_begin(&to, "s3u");
    key_after(&to);
    store_del_range(batch, STORE_META, buf_view(&from), buf_view(&to));
    s3_key_bucket(&key, S("photos"));
    CHECK_INT(store_get(f->store, NULL, STORE_META, buf_view(&key), &value), 0);
    value.p[1] |= 4; /* deleting */
    store_put_blind(batch, STORE_META, buf_view(&key), buf_view(&value));
    CHECK_INT(store_commit(f->store, batch, &err), 0);
    expect(f, "PutObject", "{'Bucket':'photos','Key':'k'}", 409);

    struct s3_svc *again = NULL;
    CHECK_INT(s3_open(&again, f->store, f->hub, &err), 0);
    s3_close(again);
    expect(f, "PutObject", "{'Bucket':'photos','Key':'k'}", 200);
    CHECK_INT(count_rows(f->store, STORE_META, "s3p"), 0);
    CHECK_INT(body_files(f), 0);
}

/* ---- Races ---- */
struct race {
    struct cloud *f;
    int created, refused, deleted;
    pthread_mutex_t lock;
};

static void *put_and_delete(void *ctx) {
    struct race *race = ctx;
    for (int i = 0; i < 30; i++) {
        int r = status(race->f, "PutObject", "{'Bucket':'photos','Key':'k'}", S("x"));
        CHECK(r == 200 || r == 404 || r == 409);
        if (r == 200)
            status(race->f, "DeleteObject", "{'Bucket':'photos','Key':'k'}", S(""));
    }
    return NULL;
}

static void *delete_and_create(void *ctx) {
    struct race *race = ctx;
    for (int i = 0; i < 60; i++) {
        int r = status(race->f, "DeleteBucket", "{'Bucket':'photos'}", S(""));
        CHECK(r == 204 || r == 409 || r == 404);
        status(race->f, "CreateBucket", "{'Bucket':'photos'}", S(""));
    }
    return NULL;
}

static void buckets_go_only_when_empty(void **state) {
    struct race race = {.f = *state};
    pthread_t threads[5];
    expect(race.f, "CreateBucket", "{'Bucket':'photos'}", 200);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_create(&threads[i], NULL, i ? put_and_delete : delete_and_create, &race);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    status(race.f, "DeleteObject", "{'Bucket':'photos','Key':'k'}", S(""));
    expect(race.f, "DeleteBucket", "{'Bucket':'photos'}", 204);
    CHECK_INT(count_rows(race.f->store, STORE_META, "s3o"), 0); /* none in a bucket that is gone */
}

int main(void) {
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 7 + i / 255);
#define T(name) cmocka_unit_test_setup_teardown(name, setup, cloud_teardown)
    const struct CMUnitTest tests[] = {
        T(every_row_asks_for_its_right),
        T(missing_keys_are_told_to_listers_only),
        T(each_key_of_a_batch_asks_for_its_right),
        T(condition_keys),
        T(events_come_with_the_object),
        T(destinations_are_checked),
        T(replaced_and_deleted_bodies_are_dropped),
        T(uploads_leave_nothing),
        T(opening_puts_right),
        T(buckets_go_only_when_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
