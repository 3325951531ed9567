#include "svc/s3/token.h"

#include "base/codec.h"

enum { TOKEN_VERSION = 1, TOKEN_MAX = 4096 };

void s3_token_write(struct buf *out, str place) {
    CLEANUP_DEINIT(buf) struct buf raw = {0};
    buf_u8(&raw, TOKEN_VERSION);
    buf_str(&raw, place);
    codec_add_base64(out, raw.p, raw.len);
}

bool s3_token_read(struct buf *out, str token) {
    CLEANUP_DEINIT(buf) struct buf raw = {0};
    if (token.len == 0 || token.len > TOKEN_MAX || !codec_unbase64(&raw, token) || raw.len < 1 ||
        raw.p[0] != TOKEN_VERSION)
        return false;
    buf_add(out, raw.p + 1, raw.len - 1);
    return true;
}
