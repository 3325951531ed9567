/* Listings: prefixes, delimiters, markers, pages and encoding; of keys, versions and uploads. */
#include "svc/s3/inside.h"

static void put(struct cloud *c, const char *key) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, PHOTOS("'Key':'%s'"), key);
    ok(s3_do(c, "PutObject", buf_cstr(&in)));
}

static void fill(struct cloud *c) {
    static const char *const keys[] = {"a", "a/1", "a/2", "a/b/3", "b", "c d/4", "c/5"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        put(c, keys[i]);
}

static void keys_and_prefixes(void **state) {
    static const struct {
        const char *in, *keys, *prefixes;
    } rows[] = {
        {"{'Bucket':'photos'}", "a,a/1,a/2,a/b/3,b,c d/4,c/5", ""},
        {PHOTOS("'Delimiter':'/'"), "a,b", "a/,c d/,c/"},
        {PHOTOS("'Delimiter':'/','Prefix':'a'"), "a", "a/"},
        {PHOTOS("'Delimiter':'/','Prefix':'a/'"), "a/1,a/2", "a/b/"},
        {PHOTOS("'Delimiter':'/b/'"), "a,a/1,a/2,b,c d/4,c/5", "a/b/"},
        {PHOTOS("'Prefix':'c'"), "c d/4,c/5", ""},
        {PHOTOS("'Prefix':'none'"), "", ""},
        {PHOTOS("'StartAfter':'a/2'"), "a/b/3,b,c d/4,c/5", ""},
        {PHOTOS("'StartAfter':'a/15'"), "a/2,a/b/3,b,c d/4,c/5", ""},
        {PHOTOS("'StartAfter':'a/1','Delimiter':'/'"), "b", "c d/,c/"},
        {PHOTOS("'StartAfter':'Z','Prefix':'a/'"), "a/1,a/2,a/b/3", ""},
        {PHOTOS("'StartAfter':'b','Prefix':'a/'"), "", ""},
        {PHOTOS("'MaxKeys':0"), "", ""},
    };
    struct cloud *c = *state;
    fill(c);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ok(s3_do(c, "ListObjectsV2", rows[i].in));
        CHECK_TEXT(each(c, "Contents", "Key"), rows[i].keys);
        CHECK_TEXT(each(c, "CommonPrefixes", "Prefix"), rows[i].prefixes);
        size_t n = json_array_size(json_arr(c->call.out, "Contents")) +
                   json_array_size(json_arr(c->call.out, "CommonPrefixes"));
        CHECK_INT(json_int(c->call.out, "KeyCount", -1), n);
        check_at(c, "IsTruncated", "false");
        check_at(c, "NextContinuationToken", "");
    }
    fails(s3_do(c, "ListObjectsV2", PHOTOS("'MaxKeys':-1")), "InvalidArgument");
    message("Argument MaxKeys must be an integer between 0 and 2147483647");
    ok(s3_do(c, "ListObjectsV2", PHOTOS("'MaxKeys':5000")));
    check_at(c, "MaxKeys", "1000");
}

/* One by one: each page its entry, whatever the delimiter. */
static void pages(void **state) {
    static const struct {
        const char *more, *all;
    } rows[] = {{"", "a a/1 a/2 a/b/3 b c d/4 c/5 "},
                {",'Delimiter':'/'", "a a/ b c d/ c/ "},
                {",'Delimiter':'/','Prefix':'a/'", "a/1 a/2 a/b/ "}};
    struct cloud *c = *state;
    fill(c);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP_DEINIT(buf) struct buf in = {0}, all = {0};
        buf_printf(&in, PHOTOS("'MaxKeys':1%s"), rows[i].more);
        for (bool more = true; more;) {
            ok(s3_do(c, "ListObjectsV2", buf_cstr(&in)));
            buf_printf(&all, "%s%s ", each(c, "Contents", "Key"),
                       each(c, "CommonPrefixes", "Prefix"));
            check_at(c, "KeyCount", "1");
            more = json_bool(c->call.out, "IsTruncated", false);
            buf_clear(&in);
            buf_printf(&in, PHOTOS("'MaxKeys':1,'ContinuationToken':'" STR_FMT "'%s"),
                       STR_ARG(text_at(c, "NextContinuationToken")), rows[i].more);
        }
        CHECK_BUF(all, rows[i].all);
    }
    fails(s3_do(c, "ListObjectsV2", PHOTOS("'ContinuationToken':'x'")), "InvalidArgument");
    message("The continuation token provided is incorrect");
}

static void first_version_of_the_operation(void **state) {
    struct cloud *c = *state;
    fill(c);
    ok(s3_do(c, "ListObjects", PHOTOS("'MaxKeys':2")));
    CHECK_TEXT(each(c, "Contents", "Key"), "a,a/1");
    check_at(c, "IsTruncated", "true");
    check_at(c, "NextMarker", ""); /* the last key is the marker */
    check_at(c, "Marker", "''");
    CHECK(text_at(c, "Contents.0.Owner.ID").len == 64);
    ok(s3_do(c, "ListObjects", PHOTOS("'Marker':'a/1','MaxKeys':1,'Delimiter':'/'")));
    CHECK_TEXT(each(c, "Contents", "Key"), "b");
    check_at(c, "NextMarker", "'b'");
    check_at(c, "Marker", "'a/1'");
    ok(s3_do(c, "ListObjects", PHOTOS("'Marker':'b','MaxKeys':1,'Delimiter':'/'")));
    check_at(c, "NextMarker", "'c d/'");
}

static void url_encoded(void **state) {
    struct cloud *c = *state;
    put(c, "ä b/+");
    ok(s3_do(c, "ListObjectsV2",
             PHOTOS("'EncodingType':'url','Prefix':'ä ','StartAfter':'ä  ','FetchOwner':true")));
    check_at(c, "Contents.0.Key", "'%C3%A4+b/%2B'");
    check_at(c, "Prefix", "'%C3%A4+'");
    check_at(c, "StartAfter", "'%C3%A4++'");
    check_at(c, "EncodingType", "'url'");
    CHECK(text_at(c, "Contents.0.Owner.ID").len == 64);
    check_at(c, "Contents.0.Size", "4");
    check_at(c, "Contents.0.StorageClass", "'STANDARD'");
    check_at(c, "Contents.0.ETag", "'`841a2d689ad86bd1611447453c22c6fc`'");
    check_at(c, "Contents.0.ChecksumAlgorithm", "['CRC64NVME']");
    check_at(c, "Contents.0.ChecksumType", "'FULL_OBJECT'");
}

/* ---- Versions ---- */

/* "key:index" of each version, "key!" of each marker, the latest ones with a star. */
static void versions(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf in = {0}, all = {0};
    ok(s3_do(c, "PutBucketVersioning", PHOTOS("'VersioningConfiguration':{'Status':'Enabled'}")));
    put(c, "a");
    put(c, "a");
    char id[33];
    snprintf(id, sizeof id, STR_FMT, STR_ARG(text_at(c, "VersionId")));
    buf_printf(&in, PHOTOS("'Key':'a','VersionId':'%s'"), id);
    ok(s3_do(c, "GetObject", buf_cstr(&in)));
    buf_clear(&in);
    id[31] = id[31] == 'A' ? 'B' : 'A'; /* the right number, and not the version's own name */
    buf_printf(&in, PHOTOS("'Key':'a','VersionId':'%s'"), id);
    fails(s3_do(c, "GetObject", buf_cstr(&in)), "NoSuchVersion");
    buf_clear(&in);
    put(c, "b/1");
    put(c, "b/2");
    ok(s3_do(c, "DeleteObject", PHOTOS("'Key':'a'")));
    check_at(c, "DeleteMarker", "true");
    ok(s3_do(c, "ListObjectVersions", "{'Bucket':'photos'}"));
    CHECK_TEXT(each(c, "Versions", "Key"), "a,a,b/1,b/2");
    CHECK_TEXT(each(c, "DeleteMarkers", "Key"), "a");
    check_at(c, "DeleteMarkers.0.IsLatest", "true");
    check_at(c, "Versions.0.IsLatest", "false");
    check_at(c, "Versions.2.IsLatest", "true");
    ok(s3_do(c, "ListObjectVersions", PHOTOS("'Delimiter':'/','Prefix':'b'")));
    CHECK_TEXT(each(c, "CommonPrefixes", "Prefix"), "b/");
    ok(s3_do(c, "ListObjectVersions", PHOTOS("'KeyMarker':'a'")));
    CHECK_TEXT(each(c, "Versions", "Key"), "b/1,b/2");
    fails(s3_do(c, "ListObjectVersions", PHOTOS("'VersionIdMarker':'null'")), "InvalidArgument");
    message("A version-id marker cannot be specified without a key marker.");
    fails(s3_do(c, "ListObjectVersions", PHOTOS("'KeyMarker':'a','VersionIdMarker':'x'")),
          "InvalidArgument");
    buf_c(&in, PHOTOS("'MaxKeys':1"));
    for (bool more = true; more;) {
        ok(s3_do(c, "ListObjectVersions", buf_cstr(&in)));
        buf_printf(&all, "%s%s ", each(c, "Versions", "Key"), each(c, "DeleteMarkers", "Key"));
        more = json_bool(c->call.out, "IsTruncated", false);
        buf_clear(&in);
        buf_printf(
            &in, PHOTOS("'MaxKeys':1,'KeyMarker':'" STR_FMT "','VersionIdMarker':'" STR_FMT "'"),
            STR_ARG(text_at(c, "NextKeyMarker")), STR_ARG(text_at(c, "NextVersionIdMarker")));
    }
    CHECK_BUF(all, "a a a b/1 b/2 ");
}

/*
 * Keys with none to three older versions, next to each other; and prefixes with few keys, which are
 * stepped over, and with many, behind which the walk seeks.
 */
static void versions_of_many_keys(void **state) {
    static const char *const keys[] = {"a",    "a!",   "a/01", "a/02", "a/03", "a/04",
                                       "a/05", "a/06", "a/07", "a/08", "a/09", "a/10",
                                       "a/11", "a0",   "b/1",  "c",    "c/1",  "c/2"};
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf all = {0};
    ok(s3_do(c, "PutBucketVersioning", PHOTOS("'VersioningConfiguration':{'Status':'Enabled'}")));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        for (size_t n = 0; n < i % 4 + 1; n++) {
            put(c, keys[i]);
            buf_printf(&all, "%s%s", all.len ? "," : "", keys[i]);
        }
    ok(s3_do(c, "ListObjectVersions", "{'Bucket':'photos'}"));
    CHECK_TEXT(each(c, "Versions", "Key"), buf_cstr(&all));
    ok(s3_do(c, "ListObjectVersions", PHOTOS("'Prefix':'c','KeyMarker':'b'")));
    CHECK_TEXT(each(c, "Versions", "Key"), "c,c,c,c,c/1,c/2,c/2");
    ok(s3_do(c, "ListObjectVersions", PHOTOS("'Delimiter':'/'")));
    CHECK_TEXT(each(c, "Versions", "Key"), "a,a!,a!,a0,a0,c,c,c,c");
    CHECK_TEXT(each(c, "CommonPrefixes", "Prefix"), "a/,b/,c/");
    ok(s3_do(c, "ListObjectsV2", PHOTOS("'Delimiter':'/'")));
    CHECK_TEXT(each(c, "Contents", "Key"), "a,a!,a0,c");
    CHECK_TEXT(each(c, "CommonPrefixes", "Prefix"), "a/,b/,c/");
}

/*
 * Prefixes of one to twelve keys in turn, so that some are stepped over, some are left by a seek, and
 * some stand behind those; the same when versions are kept, where one of deleted keys is none.
 */
enum { GROUPS = 60, GROUP_MOST = 12, GONE = 7 };
static unsigned group_size(unsigned group) { return group * 5 % GROUP_MOST + 1; }
static void list_groups(struct cloud *c, unsigned gone) {
    CLEANUP_DEINIT(buf) struct buf all = {0};
    for (unsigned i = 0; i < GROUPS; i++)
        if (i != gone)
            buf_printf(&all, "%s%02u/", all.len ? "," : "", i);
    ok(s3_do(c, "ListObjectsV2", PHOTOS("'Delimiter':'/'")));
    CHECK_TEXT(each(c, "CommonPrefixes", "Prefix"), buf_cstr(&all));
    CHECK_TEXT(each(c, "Contents", "Key"), "20,40");
}
static void prefixes_of_all_sizes(void **state) {
    struct cloud *c = *state;
    char text[80];
    put(c, "20");
    put(c, "40");
    for (unsigned i = 0; i < GROUPS; i++)
        for (unsigned n = 0; n < group_size(i); n++) {
            snprintf(text, sizeof text, "%02u/%02u", i, n);
            put(c, text);
        }
    list_groups(c, GROUPS);
    ok(s3_do(c, "PutBucketVersioning", PHOTOS("'VersioningConfiguration':{'Status':'Enabled'}")));
    for (unsigned n = 0; n < group_size(GONE); n++) {
        list_groups(c, GROUPS);
        snprintf(text, sizeof text, PHOTOS("'Key':'%02u/%02u'"), GONE, n);
        ok(s3_do(c, "DeleteObject", text));
    }
    list_groups(c, GONE);
}

/* ---- Uploads ---- */

static void uploads(void **state) {
    static const struct {
        const char *in, *keys, *prefixes;
    } rows[] = {
        {"{'Bucket':'photos'}", "a,a,b/1,b/2,c", ""},
        {PHOTOS("'Prefix':'b/'"), "b/1,b/2", ""},
        {PHOTOS("'Delimiter':'/'"), "a,a,c", "b/"},
        {PHOTOS("'Delimiter':'/','KeyMarker':'a'"), "c", "b/"},
        {PHOTOS("'Delimiter':'/','KeyMarker':'b/'"), "c", ""},
        {PHOTOS("'KeyMarker':'b/1'"), "b/2,c", ""},
        {PHOTOS("'MaxUploads':0"), "", ""},
    };
    static const char *const keys[] = {"a", "a", "b/1", "b/2", "c"};
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        char in[80];
        snprintf(in, sizeof in, PHOTOS("'Key':'%s'"), keys[i]);
        ok(s3_do(c, "CreateMultipartUpload", in));
    }
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ok(s3_do(c, "ListMultipartUploads", rows[i].in));
        CHECK_TEXT(each(c, "Uploads", "Key"), rows[i].keys);
        CHECK_TEXT(each(c, "CommonPrefixes", "Prefix"), rows[i].prefixes);
        check_at(c, "IsTruncated", "false");
    }
    ok(s3_do(c, "ListMultipartUploads", PHOTOS("'MaxUploads':1")));
    check_at(c, "IsTruncated", "true");
    check_at(c, "NextKeyMarker", "'a'");
    CHECK_STR(text_at(c, "NextUploadIdMarker"), text_at(c, "Uploads.0.UploadId"));
    char in[200];
    snprintf(in, sizeof in, PHOTOS("'MaxUploads':2,'KeyMarker':'a','UploadIdMarker':'" STR_FMT "'"),
             STR_ARG(text_at(c, "NextUploadIdMarker")));
    ok(s3_do(c, "ListMultipartUploads", in));
    CHECK_TEXT(each(c, "Uploads", "Key"), "a,b/1");
    ok(s3_do(c, "ListMultipartUploads", PHOTOS("'Delimiter':'/','MaxUploads':3")));
    check_at(c, "NextKeyMarker", "'b/'");
    fails(s3_do(c, "ListMultipartUploads", PHOTOS("'KeyMarker':'a','UploadIdMarker':'x'")),
          "InvalidArgument");
    ok(s3_do(c, "ListMultipartUploads", PHOTOS("'UploadIdMarker':'x'"))); /* ignored */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(keys_and_prefixes),
        T(pages),
        T(first_version_of_the_operation),
        T(url_encoded),
        T(versions),
        T(versions_of_many_keys),
        T(uploads),
        T(prefixes_of_all_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
