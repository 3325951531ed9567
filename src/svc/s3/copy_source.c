/* s3/copy_source: takes the header x-amz-copy-source apart. */
#include "svc/s3/copy_source.h"

#include "base/codec.h"

enum { MAX_HEADER = 8192 };

static bool decode(struct arena *arena, str text, str *ret) {
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    if (!codec_unuri(&plain, text, false) || !str_is_utf8(buf_view(&plain)))
        return false;
    *ret = arena_str(arena, buf_view(&plain));
    return true;
}

int s3_copy_source_parse(struct arena *arena, str header, struct s3_copy_source *ret_source) {
    static const str version_param = S_INIT("?versionId=");
    if (header.len > MAX_HEADER)
        return S3_COPY_SOURCE_E_MALFORMED;
    if (str_starts(header, S("arn:")))
        return S3_COPY_SOURCE_E_ARN;

    /* An escaped '?' belongs to the key, so the parameter is cut off before decoding. */
    str path = header, version = STR_NONE;
    ptrdiff_t at = str_find(header, version_param);
    if (at >= 0) {
        path = str_slice(header, 0, (size_t)at);
        version = str_skip(header, (size_t)at + version_param.len);
    }

    struct s3_copy_source source = {0};
    str plain;
    if (!decode(arena, path, &plain))
        return S3_COPY_SOURCE_E_MALFORMED;
    if (str_starts(plain, S("/")))
        plain = str_skip(plain, 1);
    if (!str_cut(plain, '/', &source.bucket, &source.key) || source.bucket.len == 0 ||
        source.key.len == 0)
        return S3_COPY_SOURCE_E_MALFORMED;
    if (version.p && (version.len == 0 || !decode(arena, version, &source.version_id)))
        return S3_COPY_SOURCE_E_MALFORMED;
    *ret_source = source;
    return S3_COPY_SOURCE_OK;
}
