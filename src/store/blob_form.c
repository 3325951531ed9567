/* References, the envelope, frame identities: bytes only, no files. docs/formats/blob.md. */
#include "store/blob_priv.h"
#include "store/key.h"

#include "base/codec.h"

static const char magic[8] = {'C', 'A', 'L', 'B', 'L', 'O', 'B', 1};
/* sealed: bodies inside rows of formats 1 to 3, which were sealed under their own key. */
static const char plain_mark = 'P', sealed_mark = 'I', file_mark = 'F';

bool blob_ref_parse(str bytes, struct blob_ref *ret) {
    struct cur c = cur_of(bytes);
    char mark = (char)cur_u8(&c);
    *ret = (struct blob_ref){.is_file = mark == file_mark};
    if (mark == plain_mark) {
        ret->size = cur_varint(&c);
        ret->plain = cur_take(&c, c.s.len);
        return !c.bad && ret->size <= BLOB_INLINE && ret->plain.len == ret->size;
    }
    ret->key_id = cur_take(&c, SEAL_KEY_ID_LEN);
    ret->id = cur_take(&c, BLOB_ID);
    ret->size = cur_varint(&c);
    ret->sealed = ret->is_file ? STR_NONE : cur_take(&c, c.s.len);
    if (c.bad || c.s.len || (mark != file_mark && mark != sealed_mark))
        return false;
    if (ret->is_file)
        return ret->size > 0 && ret->size <= INT64_MAX / 2;
    return ret->size <= BLOB_INLINE && ret->sealed.len == ret->size + SEAL_OVERHEAD;
}

void blob_frame_aad(char out[BLOB_AAD], const char id[BLOB_ID], uint64_t index, bool last) {
    memcpy(out, id, BLOB_ID);
    for (int i = 0; i < 8; i++)
        out[BLOB_ID + i] = (char)(index >> (56 - 8 * i));
    out[BLOB_ID + 8] = last ? 1 : 0;
}

static void head_plain(struct buf *out, str key_id, str id, uint64_t size) {
    buf_add(out, magic, sizeof magic);
    buf_str(out, key_id);
    buf_str(out, id);
    buf_u64(out, size);
    buf_u32(out, BLOB_FRAME);
}

/* The plain part is the additional data of an empty message: sealed means "not changed". */
void blob_head_write(char out[BLOB_HEAD], const struct seal_key *key, str key_id,
                     const char id[BLOB_ID], uint64_t size) {
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    head_plain(&plain, key_id, str_n(id, BLOB_ID), size);
    memcpy(out, plain.p, BLOB_HEAD_PLAIN);
    seal_raw(key, NULL, 0, buf_view(&plain), out + BLOB_HEAD_PLAIN);
}

int blob_head_check(const char head[BLOB_HEAD], const struct seal_key *key, str key_id, str id,
                    uint64_t size) {
    CLEANUP_DEINIT(buf) struct buf plain = {0};
    char none[1];
    head_plain(&plain, key_id, id, size);
    bool same = memcmp(head, plain.p, BLOB_HEAD_PLAIN) == 0 &&
                unseal_raw(key, head + BLOB_HEAD_PLAIN, 0, buf_view(&plain), none);
    return same ? 0 : STORE_E_DAMAGED;
}

void blob_name(char out[BLOB_NAME], str id) {
    codec_hex(out, id.p, 1);
    out[2] = '/';
    codec_hex(out + 3, id.p, BLOB_ID);
    out[BLOB_NAME - 1] = '\0';
}

void blob_keep_key(struct buf *key, str id) {
    key_begin(key, "blob");
    key_raw(key, id);
}

uint64_t blob_size(str ref) {
    struct blob_ref parsed;
    return blob_ref_parse(ref, &parsed) ? parsed.size : 0;
}
