/* Rows as they are written and read, checksums, digests, tags. */
#include "cm.h"

#include "base/codec.h"
#include "svc/s3/bucket.h"
#include "svc/s3/digest.h"
#include "svc/s3/parts.h"
#include "svc/s3/tags.h"

#include <openssl/evp.h>

static struct s3_object sample(struct buf *pairs, struct buf *bodies) {
    s3_pairs_add(pairs, S("camera"), S("Leica"));
    s3_pairs_add(pairs, S("empty"), S(""));
    s3_body_add(bodies, &(struct s3_body){1, 100, S("sums"), S("ref one")});
    s3_body_add(bodies, &(struct s3_body){7, 23, S("sumt"), S("")});
    return (struct s3_object){
        .flags = S3_OBJECT_NULL,
        .seq = 77,
        .nonce = {1, 2, 3},
        .mtime_ms = 1795323399123,
        .size = 123,
        .etag = S("d41d8cd98f00b204e9800998ecf8427e-2"),
        .storage_class = S("STANDARD_IA"),
        .owner = S("000000000000"),
        .sum = S3_SUM_CRC32,
        .sum_type = S3_SUM_COMPOSITE,
        .sum_raw = S("1234"),
        .n_parts = 2,
        .upload_id = S("up"),
        .headers = {[S3_HEADER_CONTENT_TYPE] = S("image/jpeg"), [S3_HEADER_REDIRECT] = S("")},
        .metadata = buf_view(pairs),
        .tags = buf_view(pairs),
        .bodies = buf_view(bodies)};
}

static void object_row(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf pairs = {0}, bodies = {0}, row = {0};
    struct s3_object o = sample(&pairs, &bodies), back;
    s3_object_write(&row, &o);
    CHECK(s3_object_read(buf_view(&row), &back));
    CHECK(back.seq == 77 && back.size == 123 && back.mtime_ms == o.mtime_ms && back.n_parts == 2);
    CHECK_STR(back.etag, o.etag);
    CHECK_STR(back.headers[S3_HEADER_CONTENT_TYPE], S("image/jpeg"));
    CHECK(back.headers[S3_HEADER_REDIRECT].p && !back.headers[S3_HEADER_EXPIRES].p);
    CHECK_INT(s3_pairs_count(back.metadata), 2);
    CHECK(s3_bodies_are_whole(back.bodies, 123));
    CHECK(!s3_bodies_are_whole(back.bodies, 124));
    /* Every cut and every byte changed is survived; a cut is never taken for a row. */
    for (size_t n = 0; n < row.len; n++)
        CHECK(!s3_object_read(str_slice(buf_view(&row), 0, n), &back));
    for (size_t i = 0; i < row.len; i++) {
        row.p[i] = (char)~row.p[i];
        s3_object_read(buf_view(&row), &back);
        row.p[i] = (char)~row.p[i];
    }
}

static void upload_rows(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf pairs = {0}, bodies = {0}, row = {0}, part = {0};
    struct s3_upload_row upload = {.initiator = S("arn:x"),
                                   .explicit_sum = true,
                                   .object = sample(&pairs, &bodies)},
                         back;
    s3_upload_row_write(&row, &upload);
    CHECK(s3_upload_row_read(buf_view(&row), &back));
    CHECK_STR(back.initiator, S("arn:x"));
    CHECK(back.explicit_sum && back.object.sum == S3_SUM_CRC32);
    struct s3_part_row p = {.seq = 3,
                            .mtime_ms = 5,
                            .size = 7,
                            .md5 = {9},
                            .sum_raw = S("abcd"),
                            .ref = S("ref")},
                       q;
    s3_part_row_write(&part, &p);
    CHECK(s3_part_row_read(buf_view(&part), &q));
    CHECK(q.seq == 3 && q.size == 7 && q.md5[0] == 9);
    CHECK_STR(q.ref, S("ref"));
    for (size_t n = 0; n < part.len; n++)
        CHECK(!s3_part_row_read(str_slice(buf_view(&part), 0, n), &q));
}

static void bucket_row(void **state) {
    (void)state;
    CLEANUP_DEINIT(buf) struct buf row = {0};
    struct s3_bucket_row b = {.versioning = S3_SUSPENDED,
                              .ownership = S3_OWNER_WRITER,
                              .block = 31,
                              .id = 5,
                              .generation = 6,
                              .created_ms = 7,
                              .account = S("123456789012"),
                              .region = S("eu-west-1"),
                              .has_notification = true},
                         back;
    s3_bucket_row_write(&row, &b);
    CHECK(s3_bucket_row_read(buf_view(&row), &back));
    CHECK(back.versioning == S3_SUSPENDED && back.block == 31 && back.has_notification &&
          !back.has_policy);
    CHECK_STR(back.region, S("eu-west-1"));
    for (size_t n = 0; n < row.len; n++)
        CHECK(!s3_bucket_row_read(str_slice(buf_view(&row), 0, n), &back));
}

static void sum(enum s3_sum algorithm, str bytes, uint8_t out[S3_SUM_MAX]) {
    struct s3_sum_ctx ctx;
    s3_sum_init(&ctx, algorithm);
    s3_sum_add(&ctx, bytes.p, bytes.len);
    s3_sum_finish(&ctx, out);
    s3_sum_deinit(&ctx);
}

static void checksums_combine(void **state) {
    (void)state;
    char bytes[3000];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * i + i / 7);
    for (int algorithm = S3_SUM_CRC32; algorithm <= S3_SUM_CRC64NVME; algorithm++)
        for (size_t cut = 0; cut <= sizeof bytes; cut += 137) {
            uint8_t whole[S3_SUM_MAX], a[S3_SUM_MAX], b[S3_SUM_MAX];
            enum s3_sum s = (enum s3_sum)algorithm;
            sum(s, str_n(bytes, sizeof bytes), whole);
            sum(s, str_n(bytes, cut), a);
            sum(s, str_n(bytes + cut, sizeof bytes - cut), b);
            s3_sum_combine(s, a, b, sizeof bytes - cut);
            CHECK_CASE(memcmp(a, whole, s3_sum_rows[s].len) == 0, s3_sum_rows[s].name);
        }
}

static void checksums_in_documents(void **state) {
    (void)state;
    uint8_t raw[S3_SUM_MAX];
    str given;
    CLEANUP_JSON json_t *doc = json_object();
    sum(S3_SUM_CRC64NVME, S("123456789"), raw);
    s3_sum_set(doc, S3_SUM_CRC64NVME, str_n(raw, 8), 0);
    CHECK_STR(json_str(doc, "ChecksumCRC64NVME"), S("rosUhgp5mIg="));
    CHECK_INT(s3_sum_of(doc, &given), S3_SUM_CRC64NVME);
    CHECK(s3_sum_decode(S3_SUM_CRC64NVME, given, raw));
    CHECK(!s3_sum_decode(S3_SUM_CRC32, given, raw));
    s3_sum_set(doc, S3_SUM_CRC32, S("\0\0\0\1"), 3);
    CHECK_STR(json_str(doc, "ChecksumCRC32"), S("AAAAAQ==-3"));
    CHECK_INT(s3_sum_by_name(S("XXHASH3")), S3_SUM_NONE);
}

enum { BODIES = 12, LONGEST = 2 * 1024 * 1024 + 17 };
struct body_of {
    struct s3_hashers *hashers;
    const unsigned char *bytes;
    size_t size, piece;
    bool told; /* the size, beforehand */
};

/* What the lots say, too, comes to the body. */
static void *digest_one(void *ctx) {
    const struct body_of *body = ctx;
    CLEANUP_DEINIT(buf) struct buf lots = {0};
    uint8_t md5[MD5_LEN], want[EVP_MAX_MD_SIZE], crc[S3_SUM_MAX], want_crc[S3_SUM_MAX];
    EVP_Digest(body->bytes, body->size, want, NULL, EVP_md5(), NULL);
    sum(S3_SUM_CRC32C, str_n(body->bytes, body->size), want_crc);
    CLEANUP(s3_digest)
    struct s3_digest *d = s3_digest_new(body->hashers, S3_SUM_CRC32C, body->told ? body->size : 0);
    for (size_t at = 0; at < body->size;) {
        size_t n = body->size - at < body->piece ? body->size - at : body->piece;
        size_t taken = s3_digest_fill(d, body->bytes + at, n);
        at += taken;
        if (taken == 0)
            buf_str(&lots, s3_digest_next(d));
    }
    buf_str(&lots, s3_digest_next(d));
    s3_digest_finish(d, md5, crc);
    CHECK_MEM(md5, want, MD5_LEN);
    CHECK_MEM(crc, want_crc, 4);
    CHECK(lots.len == body->size && (lots.len == 0 || !memcmp(lots.p, body->bytes, lots.len)));
    return NULL;
}

/* Small bodies hash in place, large ones by hashers: the same result, in any split. */
static void digests(void **state) {
    (void)state;
    static const size_t sizes[] = {0,
                                   1,
                                   1000,
                                   S3_DIGEST_LOT,
                                   S3_DIGEST_LOT + 1,
                                   S3_DIGEST_AHEAD,
                                   S3_DIGEST_AHEAD + 1,
                                   S3_DIGEST_LOTS * S3_DIGEST_LOT,
                                   LONGEST};
    CLEANUP(s3_hashers) struct s3_hashers *hashers = s3_hashers_new();
    CLEANUP_MEM unsigned char *bytes = mem_zalloc(LONGEST);
    for (size_t k = 0; k < LONGEST; k++)
        bytes[k] = (unsigned char)(k * 31 + k / 251);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (int told = 0; told < 2; told++)
            digest_one(&(struct body_of){hashers, bytes, sizes[i], 70001, told});
    /* Given up in the middle. */
    CLEANUP(s3_digest) struct s3_digest *d = s3_digest_new(hashers, S3_SUM_NONE, LONGEST);
    for (int i = 0; i < 3; i++) {
        s3_digest_fill(d, bytes, LONGEST);
        s3_digest_next(d);
    }
}

static void digest_all(void) {
    CLEANUP(s3_hashers) struct s3_hashers *hashers = s3_hashers_new();
    CLEANUP_MEM unsigned char *bytes = mem_zalloc(LONGEST + BODIES);
    for (size_t k = 0; k < LONGEST + BODIES; k++)
        bytes[k] = (unsigned char)(k * 17 + k / 253);
    struct body_of bodies[BODIES];
    pthread_t threads[BODIES];
    for (size_t i = 0; i < BODIES; i++) {
        bodies[i] = (struct body_of){hashers, bytes + i, LONGEST - i * 100003, 7001, i % 2};
        CHECK_INT(pthread_create(&threads[i], NULL, digest_one, &bodies[i]), 0);
    }
    for (size_t i = 0; i < BODIES; i++)
        pthread_join(threads[i], NULL);
}

/*
 * Bodies of several callers share the hashers' lanes, or their threads where the processor has none,
 * and none gets another's bytes.
 */
static void digests_together(void **state) {
    (void)state;
    static const enum md5_vectors vectors[] = {MD5_NO_VECTORS, MD5_AVX512};
    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        md5_limit(vectors[i]);
        digest_all();
    }
}

static void tags(void **state) {
    (void)state;
    CLEANUP_JSON json_t *set = s3_tags_of_header(S("a=b&c+d=e%2Ff&g"));
    CLEANUP_DEINIT(buf) struct buf text = {0};
    json_write(&text, set);
    CHECK_BUF(
        text,
        "[{\"Key\":\"a\",\"Value\":\"b\"},{\"Key\":\"c d\",\"Value\":\"e/f\"},{\"Key\":\"g\",\"Value\":\"\"}]");
    static const struct {
        const char *header;
        enum kit_tags_fault want;
    } bad[] = {
        {"a=b&a=c", KIT_TAGS_TWICE},
        {"=b", KIT_TAGS_KEY},
        {"aws:x=y", KIT_TAGS_RESERVED},
        {"a={", KIT_TAGS_VALUE},
        {"1=&2=&3=&4=&5=&6=&7=&8=&9=&10=&11=", KIT_TAGS_MANY},
        {"1=&2=&3=&4=&5=&6=&7=&8=&9=&10=", KIT_TAGS_OK},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        CLEANUP_JSON json_t *given = s3_tags_of_header(str_c(bad[i].header));
        CHECK_CASE(given && kit_tags_fault(KIT_TAGS_S3_OBJECT, given, NULL) == bad[i].want,
                   bad[i].header);
    }
    CHECK(!s3_tags_of_header(S("a=%zz")));
    CHECK(!s3_tags_of_header(S("a=%ff")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(object_row),
        cmocka_unit_test(upload_rows),
        cmocka_unit_test(bucket_row),
        cmocka_unit_test(checksums_combine),
        cmocka_unit_test(checksums_in_documents),
        cmocka_unit_test(digests),
        cmocka_unit_test(digests_together),
        cmocka_unit_test(tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
