/* Multipart uploads: part numbers, sizes, order, checksums, parts listed and read one by one. */
#include "svc/s3/inside.h"

enum { LEAST = 5 * 1024 * 1024 };

static char upload[64]; /* the id of the upload under way */

static void begin(struct cloud *c, const char *more) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, K("'Metadata':{'m':'1'}%s"), more);
    ok(s3_do(c, "CreateMultipartUpload", buf_cstr(&in)));
    snprintf(upload, sizeof upload, STR_FMT, STR_ARG(text_at(c, "UploadId")));
}

/* An operation of that upload; more: further members. */
static const char *of_upload(struct cloud *c, const char *op, str body, const char *more) {
    CLEANUP_DEINIT(buf) struct buf in = {0};
    buf_printf(&in, K("'UploadId':'%s'%s"), upload, more);
    return s3_with(c, op, buf_cstr(&in), body);
}

static const char *part(struct cloud *c, int number, size_t size) {
    CLEANUP_DEINIT(buf) struct buf body = many(size, 'p');
    char more[40];
    snprintf(more, sizeof more, ",'PartNumber':%d", number);
    return of_upload(c, "UploadPart", buf_view(&body), more);
}

#define LISTED(parts) ",'MultipartUpload':{'Parts':[" parts "]}"

static void part_numbers(void **state) {
    struct cloud *c = *state;
    begin(c, "");
    static const struct {
        int number;
        const char *code;
    } rows[] = {{0, "InvalidArgument"}, {1, ""}, {10000, ""}, {10001, "InvalidArgument"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        fails(part(c, rows[i].number, 1), rows[i].code);
    message("Part number must be an integer between 1 and 10000, inclusive");
    CHECK_INT(text_at(c, "ETag").len, 0);
    ok(of_upload(c, "ListParts", S(""), ""));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Parts")), 2);
    check_at(c, "Parts.1.PartNumber", "10000");
    check_at(c, "Parts.1.Size", "1");
    check_at(c, "Parts.1.ETag", "'`83878c91171338902e0fe0fb97a8c47a`'");
    check_at(c, "StorageClass", "'STANDARD'");
    check_at(c, "ChecksumAlgorithm", "");
}

/* All but the last part hold 5 MiB at least. */
static void part_sizes(void **state) {
    struct cloud *c = *state;
    char etag[2][40], more[300];
    for (size_t under = 0; under < 2; under++) {
        begin(c, "");
        ok(part(c, 2, LEAST - under));
        snprintf(etag[0], sizeof etag[0], STR_FMT, STR_ARG(text_at(c, "ETag")));
        ok(part(c, 7, 1));
        snprintf(etag[1], sizeof etag[1], STR_FMT, STR_ARG(text_at(c, "ETag")));
        snprintf(more, sizeof more,
                 LISTED("{'PartNumber':2,'ETag':'%.32s'},{'PartNumber':7,'ETag':'%.32s'}"),
                 etag[0] + 1, etag[1] + 1);
        fails(of_upload(c, "CompleteMultipartUpload", S(""), more), under ? "EntityTooSmall" : "");
        if (under)
            break;
        CHECK(str_ends(text_at(c, "ETag"), S("-2\"")));
        CHECK_INT(text_at(c, "ChecksumCRC64NVME").len, 12);
        check_at(c, "ChecksumType", "'FULL_OBJECT'");
        check_at(c, "Key", "'k'");
        ok(of_upload(c, "CompleteMultipartUpload", S(""), more)); /* told again */
        ok(s3_do(c, "GetObject", K("'PartNumber':2")));
        check_at(c, "ContentRange", "'bytes 5242880-5242880/5242881'");
        check_at(c, "PartsCount", "2");
        check_at(c, "Metadata", "{'m':'1'}");
        CHECK_BUF(c->call.out_body, "p");
        fails(s3_do(c, "GetObject", K("'PartNumber':3")), "InvalidPartNumber");
        ok(s3_do(c, "GetObjectAttributes", K("'ObjectAttributes':['ObjectParts'],'MaxParts':1")));
        check_at(c, "ObjectParts.TotalPartsCount", "2");
        check_at(c, "ObjectParts.IsTruncated", "true");
        check_at(c, "ObjectParts.NextPartNumberMarker", "2");
        check_at(c, "ObjectParts.Parts.0.Size", "5242880");
        ok(s3_do(c, "GetObjectAttributes",
                 K("'ObjectAttributes':['ObjectParts'],'PartNumberMarker':2")));
        check_at(c, "ObjectParts.Parts.0.PartNumber", "7");
        check_at(c, "ObjectParts.Parts.1", "");
        check_at(c, "ObjectParts.IsTruncated", "false");
        fails(of_upload(c, "ListParts", S(""), ""), "NoSuchUpload");
        fails(of_upload(c, "AbortMultipartUpload", S(""), ""), "NoSuchUpload");
    }
}

static void completion_refused(void **state) {
#define P1 "83878c91171338902e0fe0fb97a8c47a"
    static const struct {
        const char *more, *code, *message;
    } rows[] = {
        {"", "MalformedXML", NULL},
        {LISTED(""), "MalformedXML", NULL},
        {LISTED("{'PartNumber':0,'ETag':'x'}"), "InvalidArgument",
         "PartNumber must be >= 1 and <= 10000"},
        {LISTED("{'PartNumber':10001,'ETag':'x'}"), "InvalidArgument", NULL},
        {LISTED("{'PartNumber':2,'ETag':'x'},{'PartNumber':1,'ETag':'x'}"), "InvalidPartOrder",
         NULL},
        {LISTED("{'PartNumber':1,'ETag':'x'},{'PartNumber':1,'ETag':'x'}"), "InvalidPartOrder",
         NULL},
        {LISTED("{'PartNumber':1,'ETag':'x'}"), "InvalidPart", NULL},
        {LISTED("{'PartNumber':1,'ETag':'*'}"), "InvalidPart", NULL},
        {LISTED("{'PartNumber':2,'ETag':'" P1 "'}"), "InvalidPart", NULL},
        {LISTED("{'PartNumber':1,'ETag':'" P1 "'}") ",'MpuObjectSize':2", "InvalidRequest",
         "The provided 'x-amz-mp-object-size' header value 2 does not match what was computed: 1"},
        {LISTED("{'PartNumber':1,'ETag':'" P1 "'}") ",'ChecksumType':'COMPOSITE'", "InvalidRequest",
         "The upload was created using the FULL_OBJECT checksum mode. The complete request must "
         "use the same checksum mode."},
        {LISTED("{'PartNumber':1,'ETag':'" P1 "'}") ",'ChecksumCRC64NVME':'AAAAAAAAAAA='",
         "BadDigest", "The CRC64NVME you specified did not match the calculated checksum."},
        {LISTED("{'PartNumber':1,'ETag':'" P1 "'}") ",'IfNoneMatch':'*'", "PreconditionFailed",
         NULL},
        {LISTED("{'PartNumber':1,'ETag':'`" P1 "`'}") ",'MpuObjectSize':1", "", NULL},
    };
    struct cloud *c = *state;
    ok(s3_do(c, "PutObject", "{'Bucket':'photos','Key':'k'}"));
    begin(c, "");
    ok(part(c, 1, 1));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *code = of_upload(c, "CompleteMultipartUpload", S(""), rows[i].more);
        if (strcmp(code, rows[i].code) != 0)
            fail_msg("%s: \"%s\", not \"%s\"", rows[i].more, code, rows[i].code);
        if (rows[i].message)
            message(rows[i].message);
    }
}

/* ---- Checksums ---- */

static void checksum_kinds(void **state) {
    static const struct refusal rows[] = {
        {"CreateMultipartUpload", K("'ChecksumAlgorithm':'CRC32'"), "", NULL},
        {"CreateMultipartUpload", K("'ChecksumAlgorithm':'CRC32','ChecksumType':'FULL_OBJECT'"), "",
         NULL},
        {"CreateMultipartUpload", K("'ChecksumAlgorithm':'SHA256','ChecksumType':'FULL_OBJECT'"),
         "InvalidRequest",
         "The FULL_OBJECT checksum type cannot be used with the SHA256 checksum algorithm."},
        {"CreateMultipartUpload", K("'ChecksumAlgorithm':'CRC64NVME','ChecksumType':'COMPOSITE'"),
         "InvalidRequest",
         "The COMPOSITE checksum type cannot be used with the CRC64NVME checksum algorithm."},
        {"CreateMultipartUpload", K("'ChecksumType':'COMPOSITE'"), "InvalidRequest", NULL},
        {"CreateMultipartUpload", K("'ChecksumAlgorithm':'CRC64NVME'"), "", NULL},
    };
    struct cloud *c = *state;
    check_refusals(c, s3_do, rows);
    check_at(c, "ChecksumType", "'FULL_OBJECT'");
    ok(s3_do(c, "CreateMultipartUpload", K("'ChecksumAlgorithm':'SHA1'")));
    check_at(c, "ChecksumAlgorithm", "'SHA1'");
    check_at(c, "ChecksumType", "'COMPOSITE'");
}

/* Parts "p" and nothing else: SHA-256 of the SHA-256 of each, and the CRC-32 of all. */
static void checksums_of_parts(void **state) {
    struct cloud *c = *state;
    begin(c, ",'ChecksumAlgorithm':'SHA256'");
    ok(part(c, 1, 1));
    check_at(c, "ChecksumSHA256", "'FI3pxaekTRnlbNmuGlVL9nhHr7DFj24S+imsfd/KmUA='");
    fails(
        of_upload(c, "CompleteMultipartUpload", S(""), LISTED("{'PartNumber':1,'ETag':'" P1 "'}")),
        "InvalidRequest");
    message("The upload was created using a SHA256 checksum. The complete request must include "
            "the checksum for each part. It was missing for part 1 in the request.");
    fails(of_upload(c, "CompleteMultipartUpload", S(""),
                    LISTED("{'PartNumber':1,'ETag':'" P1 "','ChecksumSHA256':"
                           "'47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='}")),
          "InvalidPart");
    ok(of_upload(c, "ListParts", S(""), ""));
    check_at(c, "ChecksumAlgorithm", "'SHA256'");
    check_at(c, "Parts.0.ChecksumSHA256", "'FI3pxaekTRnlbNmuGlVL9nhHr7DFj24S+imsfd/KmUA='");
    ok(of_upload(c, "CompleteMultipartUpload", S(""),
                 LISTED("{'PartNumber':1,'ETag':'" P1
                        "','ChecksumSHA256':'FI3pxaekTRnlbNmuGlVL9nhHr7DFj24S+imsfd/KmUA='}")));
    check_at(c, "ChecksumSHA256", "'mQ/cPba6fov2YzlXsRua11nX6qXMeEjEIvDupVHs26k=-1'");
    check_at(c, "ChecksumType", "'COMPOSITE'");
}

static void parts_in_pages(void **state) {
    struct cloud *c = *state;
    begin(c, "");
    for (int i = 1; i <= 5; i++)
        ok(part(c, i * 2, (size_t)i));
    ok(part(c, 4, 9)); /* again: the later one counts */
    ok(of_upload(c, "ListParts", S(""), ",'MaxParts':2"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Parts")), 2);
    check_at(c, "Parts.1.Size", "9");
    check_at(c, "NextPartNumberMarker", "4");
    check_at(c, "IsTruncated", "true");
    ok(of_upload(c, "ListParts", S(""), ",'PartNumberMarker':4"));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Parts")), 3);
    check_at(c, "Parts.0.PartNumber", "6");
    check_at(c, "IsTruncated", "false");
    ok(of_upload(c, "ListParts", S(""), ",'MaxParts':5"));
    check_at(c, "IsTruncated", "false");
    ok(of_upload(c, "AbortMultipartUpload", S(""), ""));
    fails(part(c, 1, 1), "NoSuchUpload");
    ok(s3_do(c, "ListMultipartUploads", "{'Bucket':'photos'}"));
    check_at(c, "Uploads", "[]");
}

static void parts_by_copy(void **state) {
    static const struct {
        const char *range, *code;
    } rows[] = {{"bytes=0-3", ""},
                {"bytes=1-2", ""},
                {"bytes=0-4", "InvalidArgument"},
                {"bytes=2-1", "InvalidArgument"},
                {"bytes=2-", "InvalidArgument"},
                {"0-1", "InvalidArgument"}};
    struct cloud *c = *state;
    ok(s3_do(c, "PutObject", PHOTOS("'Key':'source'")));
    begin(c, "");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char more[120];
        snprintf(more, sizeof more,
                 ",'PartNumber':%zu,'CopySource':'photos/source','CopySourceRange':'%s'", i + 1,
                 rows[i].range);
        fails(of_upload(c, "UploadPartCopy", S(""), more), rows[i].code);
    }
    ok(of_upload(c, "UploadPartCopy", S(""), ",'PartNumber':9,'CopySource':'photos/source'"));
    check_at(c, "CopyPartResult.ETag", "'`841a2d689ad86bd1611447453c22c6fc`'");
    ok(of_upload(c, "ListParts", S(""), ""));
    CHECK_INT(json_array_size(json_arr(c->call.out, "Parts")), 3);
    check_at(c, "Parts.0.Size", "4");
    check_at(c, "Parts.1.Size", "2");
    check_at(c, "Parts.2.Size", "4");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(part_numbers),       T(part_sizes),     T(completion_refused), T(checksum_kinds),
        T(checksums_of_parts), T(parts_in_pages), T(parts_by_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
