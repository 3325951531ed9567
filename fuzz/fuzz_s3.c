/*
 * svc/s3's readers: ranges, copy sources, tokens, tags, bucket names, ids, and the rows on disk
 * (which may be damaged). The first byte chooses; what was read is looked at whole.
 */
#include "svc/kit/page.h"
#include "svc/s3/bucket.h"
#include "svc/s3/cond.h"
#include "svc/s3/copy_source.h"
#include "svc/s3/name.h"
#include "svc/s3/parts.h"
#include "svc/s3/range.h"
#include "svc/s3/tags.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds) {
    if (!holds)
        abort();
}

static void range(str s) {
    uint64_t first = 0, last = 0;
    if (s3_range_parse(s, 1000, &first, &last) == S3_RANGE_PART)
        check(first <= last && last < 1000);
    if (s3_range_parse_copy(s, &first, &last))
        check(first <= last);
}

static void copy_source(str s) {
    struct arena arena = {0};
    struct s3_copy_source source;
    if (s3_copy_source_parse(&arena, s, &source) == S3_COPY_SOURCE_OK)
        check(source.bucket.len > 0 && source.key.len > 0 && str_is_utf8(source.key));
    arena_deinit(&arena);
}

static void token(str s) {
    CLEANUP_DEINIT(buf) struct buf place = {0}, again = {0}, back = {0};
    if (!kit_token_read(s, 7, &place))
        return;
    kit_token_add(&again, 7, buf_view(&place));
    check(kit_token_read(buf_view(&again), 7, &back) && str_eq(buf_view(&place), buf_view(&back)));
}

static void tags(str s) {
    CLEANUP_JSON json_t *set = s3_tags_of_header(s);
    if (set && kit_tags_fault(KIT_TAGS_S3_OBJECT, set, NULL) == KIT_TAGS_OK)
        check(json_array_size(set) <= 10);
}

static void texts(str s) {
    uint64_t seq;
    uint8_t nonce[S3_NONCE_LEN];
    char id[S3_ID_LEN + 1];
    const char *name;
    struct s3_cond cond = {.if_match = s, .if_none_match = s};
    s3_name_is_valid(s);
    s3_cond_check(&cond, S("d41d8cd98f00b204e9800998ecf8427e"), 5, &name);
    if (s3_id_read(s, &seq, nonce)) {
        s3_id_write(id, seq, nonce);
        check(str_eq(str_c(id), s));
    }
}

static void object(str s) {
    struct s3_object o;
    struct s3_body body;
    str name, value;
    if (!s3_object_read(s, &o))
        return;
    for (struct cur at = cur_of(o.metadata); s3_pairs_next(&at, &name, &value);)
        ;
    for (struct cur at = cur_of(o.bodies); s3_body_next(&at, &body);)
        ;
    s3_bodies_are_whole(o.bodies, o.size);
    CLEANUP_DEINIT(buf) struct buf row = {0};
    s3_object_write(&row, &o);
    check(s3_object_read(buf_view(&row), &o));
}

static void other_rows(str s) {
    struct s3_upload_row upload;
    struct s3_part_row part;
    struct s3_bucket_row bucket;
    CLEANUP_DEINIT(buf) struct buf name = {0};
    uint64_t a, b, c;
    s3_upload_row_read(s, &upload);
    s3_part_row_read(s, &part);
    s3_bucket_row_read(s, &bucket);
    s3_key_version_parts(s, &name, &a);
    s3_key_upload_parts(s, &name, &a);
    s3_key_part_parts(s, &a, &b, &c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const readers[])(str) = {range, copy_source, token,     tags,
                                           texts, object,      other_rows};
    if (size == 0)
        return 0;
    readers[data[0] % ARRAY_LEN(readers)](str_n(data + 1, size - 1));
    return 0;
}
