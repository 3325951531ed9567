/* What is said of an object: headers, metadata, tags, classes, conditions, ranges, attributes. */
#include "svc/s3/inside.h"

#define ETAG "841a2d689ad86bd1611447453c22c6fc" /* of "body" */

static void refused(void **state) {
    static const struct refusal rows[] = {
        {"PutObject", K("'StorageClass':'STANDARD'"), "", NULL},
        {"PutObject", K("'StorageClass':'STANDARD_IA'"), "", NULL},
        {"PutObject", K("'StorageClass':'GLACIER_IR'"), "", NULL},
        {"PutObject", K("'StorageClass':'GLACIER'"), "NotImplemented",
         "The storage class GLACIER is not supported, because RestoreObject is not"},
        {"PutObject", K("'StorageClass':'DEEP_ARCHIVE'"), "NotImplemented", NULL},
        {"PutObject", K("'StorageClass':'OUTPOSTS'"), "InvalidStorageClass",
         "The storage class you specified is not valid"},
        {"PutObject", K("'WebsiteRedirectLocation':'/there'"), "", NULL},
        {"PutObject", K("'WebsiteRedirectLocation':'https://x'"), "", NULL},
        {"PutObject", K("'WebsiteRedirectLocation':'there'"), "InvalidArgument",
         "The website redirect location must have a prefix of 'http://' or 'https://' or '/'."},
        {"PutObject", K("'ACL':'private'"), "", NULL},
        {"PutObject", K("'ACL':'bucket-owner-full-control'"), "", NULL},
        {"PutObject", K("'ACL':'public-read'"), "AccessControlListNotSupported",
         "The bucket does not allow ACLs"},
        {"PutObject", K("'GrantRead':'id=x'"), "AccessControlListNotSupported", NULL},
        {"PutObject", K("'ServerSideEncryption':'AES256'"), "", NULL},
        {"PutObject", K("'ServerSideEncryption':'aws:kms'"), "NotImplemented",
         "x-amz-server-side-encryption: aws:kms is not supported; AES256 is"},
        {"PutObject", K("'SSECustomerAlgorithm':'AES256'"), "NotImplemented",
         "x-amz-server-side-encryption-customer-algorithm is not supported"},
        {"PutObject", K("'ObjectLockMode':'COMPLIANCE'"), "NotImplemented",
         "x-amz-object-lock-mode is not supported"},
        {"GetObject", K("'SSECustomerKey':'a'"), "NotImplemented", NULL},
        {"PutObject", PHOTOS("'Key':''"), "InvalidArgument", NULL},
        {"GetObject", K("'VersionId':'x'"), "InvalidArgument", "Invalid version id specified"},
        {"GetObject", K("'VersionId':''"), "InvalidArgument",
         "Version id cannot be the empty string"},
        {"GetObject", PHOTOS("'Key':'none'"), "NoSuchKey", "The specified key does not exist."},
        {"GetObject", K("'VersionId':'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'"), "NoSuchVersion", NULL},
        {"GetObject", "{'Bucket':'none','Key':'k'}", "NoSuchBucket", NULL},
        {"GetObject", K("'ExpectedBucketOwner':'111111111111'"), "AccessDenied", NULL},
        {"GetObject", K("'ExpectedBucketOwner':'" ACCOUNT "'"), "", NULL},
        {"DeleteObject", K("'MFA':'1'"), "NotImplemented", "x-amz-mfa is not supported"},
    };
    struct cloud *c = *state;
    check_refusals(c, s3_do, rows);
    for (size_t n = 1024; n <= 1025; n++) {
        CLEANUP_DEINIT(buf) struct buf key = many(n, 'k'), in = {0};
        buf_printf(&in, PHOTOS("'Key':'%s'"), buf_cstr(&key));
        fails(s3_do(c, "PutObject", buf_cstr(&in)), n == 1024 ? "" : "KeyTooLongError");
    }
}

/* Names and values of metadata together: 2 KB. Names come back in lower case. */
static void metadata(void **state) {
    struct cloud *c = *state;
    for (size_t n = 2046; n <= 2047; n++) {
        CLEANUP_DEINIT(buf) struct buf value = many(n - 2, 'v'), in = {0};
        buf_printf(&in, K("'Metadata':{'Na':'%s','X':'y'}"), buf_cstr(&value));
        fails(s3_do(c, "PutObject", buf_cstr(&in)), n == 2046 ? "" : "MetadataTooLarge");
    }
    ok(s3_do(c, "PutObject", K("'Metadata':{'Team':'Red','empty':''}")));
    ok(s3_do(c, "HeadObject", K("'PartNumber':1")));
    check_at(c, "Metadata", "{'team':'Red','empty':''}");
}

static void headers(void **state) {
    struct cloud *c = *state;
    ok(s3_do(c, "PutObject",
             K("'ContentType':'image/png','CacheControl':'no-cache','ContentEncoding':"
               "'aws-chunked,gzip','ContentLanguage':'de','StorageClass':'ONEZONE_IA'")));
    ok(s3_do(c, "HeadObject", K("'ChecksumMode':'ENABLED'")));
    check_at(c, "ContentType", "'image/png'");
    check_at(c, "CacheControl", "'no-cache'");
    check_at(c, "ContentEncoding", "'aws-chunked,gzip'");
    check_at(c, "ContentLanguage", "'de'");
    check_at(c, "StorageClass", "'ONEZONE_IA'");
    check_at(c, "ETag", "'`" ETAG "`'");
    check_at(c, "ContentLength", "4");
    check_at(c, "AcceptRanges", "'bytes'");
    check_at(c, "ServerSideEncryption", "'AES256'");
    check_at(c, "ChecksumType", "'FULL_OBJECT'");
    CHECK_INT(text_at(c, "ChecksumCRC64NVME").len, 12);
    check_at(c, "VersionId", "");
    check_at(c, "ContentRange", "");
    ok(s3_do(c, "GetObject", K("'ResponseContentType':'text/plain','ResponseCacheControl':'x'")));
    check_at(c, "ContentType", "'text/plain'");
    check_at(c, "CacheControl", "'x'");
    check_at(c, "ChecksumCRC64NVME", "");
    CHECK_BUF(c->call.out_body, "body");
    ok(s3_do(c, "PutObject", PHOTOS("'Key':'plain'")));
    ok(s3_do(c, "GetObject", PHOTOS("'Key':'plain'")));
    check_at(c, "ContentType", "'binary/octet-stream'");
    check_at(c, "StorageClass", "");
}

static void ranges(void **state) {
    static const struct {
        const char *range, *body, *told;
    } rows[] = {{"bytes=0-0", "b", "'bytes 0-0/4'"},
                {"bytes=1-2", "od", "'bytes 1-2/4'"},
                {"bytes=2-", "dy", "'bytes 2-3/4'"},
                {"bytes=-1", "y", "'bytes 3-3/4'"},
                {"bytes=0-99", "body", "'bytes 0-3/4'"},
                {"bytes=0-1,3-3", "body", ""},
                {"words", "body", ""}};
    struct cloud *c = *state;
    ok(s3_do(c, "PutObject", K("'ChecksumAlgorithm':'SHA256'")));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char in[100];
        snprintf(in, sizeof in, K("'Range':'%s','ChecksumMode':'ENABLED'"), rows[i].range);
        ok(s3_do(c, "GetObject", in));
        CHECK_BUF(c->call.out_body, rows[i].body);
        check_at(c, "ContentRange", rows[i].told);
        CHECK_INT(c->call.status, *rows[i].told ? 206 : 200);
        CHECK_INT(json_has(c->call.out, "ChecksumSHA256"), *rows[i].told == '\0');
    }
    fails(s3_do(c, "GetObject", K("'Range':'bytes=4-'")), "InvalidRange");
    CHECK_INT(c->call.status, 416);
    fails(s3_do(c, "GetObject", K("'Range':'bytes=0-1','PartNumber':1")), "InvalidRequest");
    message("Cannot specify both Range header and partNumber query parameter");
    fails(s3_do(c, "GetObject", K("'PartNumber':2")), "InvalidPartNumber");
    fails(s3_do(c, "GetObject", K("'PartNumber':0")), "InvalidArgument");
    fails(s3_do(c, "GetObject", K("'PartNumber':10001")), "InvalidArgument");
    ok(s3_do(c, "GetObject", K("'PartNumber':1")));
    CHECK_BUF(c->call.out_body, "body");
    CHECK_INT(c->call.status, 206);
    ok(s3_with(c, "PutObject", PHOTOS("'Key':'empty'"), S("")));
    ok(s3_do(c, "GetObject", PHOTOS("'Key':'empty','PartNumber':1")));
    CHECK_INT(c->call.status, 200);
    check_at(c, "ContentLength", "0");
}

static void conditions(void **state) {
    static const struct {
        const char *op, *in;
        int status;
    } rows[] = {
        {"PutObject", K("'IfNoneMatch':'*'"), 200},
        {"PutObject", K("'IfNoneMatch':'*'"), 412},
        {"PutObject", K("'IfNoneMatch':'" ETAG "'"), 501},
        {"PutObject", K("'IfMatch':'`" ETAG "`'"), 200},
        {"PutObject", K("'IfMatch':'`other`'"), 412},
        {"PutObject", PHOTOS("'Key':'none','IfMatch':'x'"), 404},
        {"GetObject", K("'IfMatch':'`" ETAG "`'"), 200},
        {"GetObject", K("'IfMatch':'`other`'"), 412},
        {"GetObject", K("'IfNoneMatch':'`" ETAG "`'"), 304},
        {"HeadObject", K("'IfNoneMatch':'`other`'"), 200},
        {"GetObject", K("'IfModifiedSince':1000000000"), 200},
        {"GetObject", K("'IfModifiedSince':4000000000"), 304},
        {"GetObject", K("'IfUnmodifiedSince':4000000000"), 200},
        {"GetObject", K("'IfUnmodifiedSince':1000000000"), 412},
        {"CopyObject", PHOTOS("'Key':'c','CopySource':'photos/k','CopySourceIfMatch':'x'"), 412},
        {"CopyObject",
         PHOTOS("'Key':'c','CopySource':'photos/k','CopySourceIfNoneMatch':'" ETAG "'"), 412},
        {"CopyObject", PHOTOS("'Key':'c','CopySource':'photos/k','CopySourceIfMatch':'" ETAG "'"),
         200},
        {"DeleteObject", K("'IfMatch':'`other`'"), 412},
        {"DeleteObject", K("'IfMatch':'`" ETAG "`'"), 204},
        {"DeleteObject", K("'IfMatch':'`" ETAG "`'"), 404},
        {"DeleteObject", "{'Bucket':'photos','Key':'k'}", 204},
    };
    struct cloud *c = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        s3_do(c, rows[i].op, rows[i].in);
        if (c->call.status != rows[i].status)
            fail_msg("%s %s: %d, not %d", rows[i].op, rows[i].in, c->call.status, rows[i].status);
    }
}

/* ---- Copies ---- */

static void copies(void **state) {
#define COPY(more) PHOTOS("'Key':'copy','CopySource':'photos/k'" more)
    static const struct refusal rows[] = {
        {"CopyObject", K("'CopySource':'photos/k'"), "InvalidRequest", NULL},
        {"CopyObject", K("'CopySource':'photos/k','StorageClass':'STANDARD'"), "", NULL},
        {"CopyObject", K("'CopySource':'photos/none'"), "NoSuchKey", NULL},
        {"CopyObject", K("'CopySource':'none/k'"), "NoSuchBucket", NULL},
        {"CopyObject", K("'CopySource':'photos'"), "InvalidArgument", "Invalid x-amz-copy-source"},
        {"CopyObject", K("'CopySource':'arn:aws:s3:us-east-1:1:accesspoint/a/object/k'"),
         "NotImplemented", NULL},
        {"CopyObject", COPY(",'ExpectedSourceBucketOwner':'111111111111'"), "AccessDenied", NULL},
        {"CopyObject", COPY(",'ChecksumAlgorithm':'SHA1'"), "", NULL},
    };
    struct cloud *c = *state;
    ok(s3_do(c, "PutObject",
             K("'ContentType':'a/b','Metadata':{'m':'1'},'Tagging':'t=1','StorageClass':"
               "'STANDARD_IA','WebsiteRedirectLocation':'/x'")));
    ok(s3_do(c, "CopyObject", COPY("")));
    check_at(c, "CopyObjectResult.ETag", "'`" ETAG "`'");
    ok(s3_do(c, "HeadObject", PHOTOS("'Key':'copy'")));
    check_at(c, "ContentType", "'a/b'");
    check_at(c, "Metadata", "{'m':'1'}");
    check_at(c, "TagCount", "1");
    check_at(c, "StorageClass", ""); /* the class and the redirect are not copied */
    check_at(c, "WebsiteRedirectLocation", "");
    ok(s3_do(c, "CopyObject",
             COPY(",'MetadataDirective':'REPLACE','Metadata':{'n':'2'},'TaggingDirective':"
                  "'REPLACE','Tagging':'u=1&v=2'")));
    ok(s3_do(c, "HeadObject", PHOTOS("'Key':'copy'")));
    check_at(c, "ContentType", "'binary/octet-stream'");
    check_at(c, "Metadata", "{'n':'2'}");
    check_at(c, "TagCount", "2");
    check_refusals(c, s3_do, rows);
    ok(s3_do(c, "GetObjectAttributes",
             PHOTOS("'Key':'copy','ObjectAttributes':['Checksum','ETag','ObjectSize',"
                    "'StorageClass','ObjectParts']")));
    check_at(c, "ETag", "'" ETAG "'"); /* without quotes, here alone */
    check_at(c, "ObjectSize", "4");
    check_at(c, "StorageClass", "'STANDARD'");
    check_at(c, "Checksum",
             "{'ChecksumSHA1':'Agg/RXngimEkJcDBoX7ket14O5Q=','ChecksumType':"
             "'FULL_OBJECT'}");
    check_at(c, "ObjectParts", "");
    ok(s3_do(c, "GetObjectAttributes", K("'ObjectAttributes':['ObjectSize']")));
    CHECK_INT(json_object_size(c->call.out), 2); /* and LastModified */
}

/* ---- Tags and ACLs ---- */

static void tags(void **state) {
#define TAGS(set) K("'Tagging':{'TagSet':[" set "]}")
    static const struct refusal rows[] = {
        {"PutObjectTagging", TAGS("{'Key':'a','Value':'1'},{'Key':'a','Value':'2'}"), "InvalidTag",
         "Cannot provide multiple Tags with the same key"},
        {"PutObjectTagging", TAGS("{'Key':'aws:a','Value':'1'}"), "InvalidTag",
         "System tags cannot be added/updated by requester"},
        {"PutObjectTagging", TAGS("{'Key':'a{','Value':'1'}"), "InvalidTag",
         "The TagKey you have provided is invalid"},
        {"PutObjectTagging", TAGS("{'Key':'a','Value':'1{'}"), "InvalidTag",
         "The TagValue you have provided is invalid"},
        {"PutObject", K("'Tagging':'a=%zz'"), "InvalidArgument", NULL},
        {"PutObject", K("'Tagging':'a=1&a=2'"), "InvalidTag", NULL},
        {"PutObject", K("'Tagging':'a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10'"), "", NULL},
        {"PutObject", K("'Tagging':'a=1&b=2&c=3&d=4&e=5&f=6&g=7&h=8&i=9&j=10&k=11'"), "BadRequest",
         "Object tags cannot be greater than 10"},
        {"PutObject", K("'Tagging':'a=b%20c&&d=+'"), "", NULL},
        {"GetObjectTagging", "{'Bucket':'photos','Key':'k'}", "", NULL},
    };
    struct cloud *c = *state;
    ok(s3_do(c, "PutObject", "{'Bucket':'photos','Key':'k'}"));
    check_refusals(c, s3_do, rows);
    check_answer(c, "{'TagSet':[{'Key':'a','Value':'b c'},{'Key':'d','Value':' '}]}");
    ok(s3_do(c, "PutObjectTagging", TAGS("{'Key':'x','Value':''}")));
    ok(s3_do(c, "GetObjectTagging", "{'Bucket':'photos','Key':'k'}"));
    check_answer(c, "{'TagSet':[{'Key':'x','Value':''}]}");
    ok(s3_do(c, "DeleteObjectTagging", "{'Bucket':'photos','Key':'k'}"));
    ok(s3_do(c, "GetObjectTagging", "{'Bucket':'photos','Key':'k'}"));
    check_answer(c, "{'TagSet':[]}");
    fails(s3_do(c, "GetObjectTagging", PHOTOS("'Key':'none'")), "NoSuchKey");
}

/* The owner has full control; that very ACL may be set again, no other. */
static void acls(void **state) {
    struct cloud *c = *state;
    char id[65];
    CLEANUP_DEINIT(buf) struct buf want = {0}, in = {0};
    ok(s3_do(c, "PutObject", "{'Bucket':'photos','Key':'k'}"));
    ok(s3_do(c, "GetObjectAcl", "{'Bucket':'photos','Key':'k'}"));
    snprintf(id, sizeof id, STR_FMT, STR_ARG(text_at(c, "Owner.ID")));
    buf_printf(&want,
               "{'Owner':{'ID':'%s'},'Grants':[{'Grantee':{'ID':'%s','Type':'CanonicalUser'},"
               "'Permission':'FULL_CONTROL'}]}",
               id, id);
    check_answer(c, buf_cstr(&want));
    ok(s3_do(c, "GetBucketAcl", "{'Bucket':'photos'}"));
    check_answer(c, buf_cstr(&want));
    static const char *const permissions[] = {"FULL_CONTROL", "READ"};
    for (size_t i = 0; i < 2; i++) {
        buf_clear(&in);
        buf_printf(&in,
                   K("'AccessControlPolicy':{'Owner':{'ID':'%s'},'Grants':[{'Grantee':{'ID':'%s',"
                     "'Type':'CanonicalUser'},'Permission':'%s'}]}"),
                   id, id, permissions[i]);
        fails(s3_do(c, "PutObjectAcl", buf_cstr(&in)),
              i == 0 ? "" : "AccessControlListNotSupported");
    }
    fails(s3_do(c, "PutBucketAcl", PHOTOS("'ACL':'public-read'")), "AccessControlListNotSupported");
    ok(s3_do(c, "PutBucketAcl", PHOTOS("'ACL':'private'")));
}

/* ---- Deletions of many ---- */

static void delete_many(void **state) {
    struct cloud *c = *state;
    CLEANUP_DEINIT(buf) struct buf in = {0};
    ok(s3_do(c, "PutObject", "{'Bucket':'photos','Key':'k'}"));
    ok(s3_do(c, "DeleteObjects",
             PHOTOS("'Delete':{'Objects':[{'Key':'k'},{'Key':'none'},{'Key':'x','ETag':'y'},"
                    "{'Key':'x','VersionId':'bad'},{'Key':'x','Size':1}]}")));
    check_answer(c, "{'Deleted':[{'Key':'k'},{'Key':'none'}],'Errors':["
                    "{'Key':'x','Code':'NoSuchKey','Message':'The specified key does not exist.'},"
                    "{'Key':'x','VersionId':'bad','Code':'NoSuchVersion','Message':'Invalid "
                    "version id specified'},"
                    "{'Key':'x','Code':'NotImplemented','Message':'LastModifiedTime and Size are "
                    "for directory buckets only'}]}");
    fails(s3_do(c, "GetObject", "{'Bucket':'photos','Key':'k'}"), "NoSuchKey");
    ok(s3_do(c, "DeleteObjects", PHOTOS("'Delete':{'Quiet':true,'Objects':[{'Key':'k'}]}")));
    check_answer(c, "{}");
    fails(s3_do(c, "DeleteObjects", PHOTOS("'Delete':{'Objects':[]}")), "MalformedXML");
    for (int n = 1000; n <= 1001; n++) {
        buf_clear(&in);
        buf_c(&in, "{'Bucket':'photos','Delete':{'Objects':[");
        for (int i = 0; i < n; i++)
            buf_printf(&in, "%s{'Key':'%d'}", i ? "," : "", i);
        buf_c(&in, "]}}");
        fails(s3_do(c, "DeleteObjects", buf_cstr(&in)), n == 1000 ? "" : "MalformedXML");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(refused), T(metadata), T(headers), T(ranges),      T(conditions),
        T(copies),  T(tags),     T(acls),    T(delete_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
