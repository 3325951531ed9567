/*
 * Bodies that came compressed: SDKs gzip PutMetricData from 10 KiB on (the model's
 * requestcompression). The signature covers the compressed bytes, so this comes after it. The
 * output is limited as any body is, whatever the input promises.
 */
#include "aws/aws_priv.h"

#include <zlib.h>

enum { STEP = 65536 };

/* 0, AWS_E_MALFORMED or AWS_E_TOO_LARGE. */
static int inflate_all(z_stream *z, struct buf *out, uint64_t most) {
    for (;;) {
        z->next_out = (Bytef *)buf_reserve(out, STEP);
        z->avail_out = STEP;
        int r = inflate(z, Z_NO_FLUSH);
        out->len += STEP - z->avail_out;
        if (out->len > most)
            return AWS_E_TOO_LARGE;
        if (r == Z_STREAM_END)
            return z->avail_in == 0 ? 0 : AWS_E_MALFORMED;
        if (r != Z_OK || (z->avail_in == 0 && z->avail_out > 0))
            return AWS_E_MALFORMED;
    }
}

int aws_gunzip(struct rq *rq) {
    struct rq_priv *p = rq->priv;
    if (!p->route.api->gzip || !str_eq_nocase(rq_header(rq, "Content-Encoding"), S("gzip")))
        return 0;
    z_stream z = {.next_in = (Bytef *)p->raw.p, .avail_in = (uInt)p->raw.len};
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    if (inflateInit2(&z, 15 + 16) != Z_OK) /* gzip's header and nothing else */
        return aws_fail_common(rq, COMMON_INTERNAL, NULL);
    int r = inflate_all(&z, &plain, rq->cloud->options.max_body);
    inflateEnd(&z);
    if (r == AWS_E_TOO_LARGE)
        return aws_fail_common(rq, COMMON_TOO_LARGE, NULL);
    if (r)
        return aws_fail_common(rq, COMMON_MALFORMED, "The body is not valid gzip");
    struct buf compressed = p->raw;
    p->raw = plain;
    plain = compressed;
    return 0;
}
