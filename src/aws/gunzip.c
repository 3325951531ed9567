/*
 * Bodies that came compressed: SDKs gzip PutMetricData from 10 KiB on (the model's
 * requestcompression). The signature covers the compressed bytes, so this comes after it. The
 * output is limited, and counted as it grows, whatever the input promises.
 */
#include "aws/aws_priv.h"

#include <zlib.h>

enum { STEP = 65536, MOST = 8 * 1024 * 1024 };

/* Large output counts as a large body does: by the room that it takes. */
static int make_room(struct aws_held *held, struct buf *out, uint64_t *counted) {
    buf_reserve(out, STEP);
    if (out->cap <= AWS_BODY_KEEP || out->cap == *counted)
        return 0;
    int r = aws_held_count_decoded(held, out->cap - *counted);
    *counted = out->cap;
    return r;
}

/* 0, AWS_E_MALFORMED, AWS_E_TOO_LARGE or AWS_BODY_E_CROWDED. */
static int inflate_all(z_stream *z, struct aws_held *held, struct buf *out, uint64_t most) {
    uint64_t counted = 0;
    for (;;) {
        int room = make_room(held, out, &counted);
        if (room)
            return room;
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
    str packed = rq->payload.bytes;
    z_stream z = {.next_in = (Bytef *)packed.p, .avail_in = (uInt)packed.len};
    if (inflateInit2(&z, 15 + 16) != Z_OK) /* gzip's header and nothing else */
        return aws_fail_common(rq, COMMON_INTERNAL, NULL);
    int r = inflate_all(&z, &p->held, &p->unpacked, MOST);
    inflateEnd(&z);
    if (r == AWS_E_TOO_LARGE)
        return aws_fail_common(rq, COMMON_TOO_LARGE, NULL);
    if (r == AWS_BODY_E_CROWDED || r == AWS_BODY_E_TOO_LARGE)
        return aws_fail_held(rq, r);
    if (r)
        return aws_fail_common(rq, COMMON_MALFORMED, "The body is not valid gzip");
    rq->payload.bytes = buf_view(&p->unpacked);
    return 0;
}
