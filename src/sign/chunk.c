/* The signatures between the chunks of a streamed upload: each covers the one before. */
#include "base/codec.h"
#include "sign/digest_priv.h"

/* kind, date, scope, previous: the lines that a chunk's and a trailer's string have in common. */
static void begin(struct buf *text, const char *kind, str amz_date, struct sign_scope scope,
                  str previous) {
    buf_c(text, kind);
    buf_char(text, '\n');
    buf_str(text, amz_date);
    buf_char(text, '\n');
    sign_add_scope(text, scope);
    buf_char(text, '\n');
    buf_str(text, previous);
    buf_char(text, '\n');
}

void sign_chunk(char out[SIGN_HEX + 1], const struct sign_key *key, str amz_date,
                struct sign_scope scope, str previous, const unsigned char sha256[32]) {
    static const char empty_sha256[] =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";
    struct buf *text = sign_scratch();
    begin(text, "AWS4-HMAC-SHA256-PAYLOAD", amz_date, scope, previous);
    buf_c(text, empty_sha256); /* of the headers that a chunk could have and never has */
    codec_add_hex(text, sha256, 32);
    sign_signature(out, key, buf_view(text));
}

void sign_trailer(char out[SIGN_HEX + 1], const struct sign_key *key, str amz_date,
                  struct sign_scope scope, str previous, const unsigned char sha256[32]) {
    struct buf *text = sign_scratch();
    begin(text, "AWS4-HMAC-SHA256-TRAILER", amz_date, scope, previous);
    codec_add_hex(text, sha256, 32);
    sign_signature(out, key, buf_view(text));
}
