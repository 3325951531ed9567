/*
 * What an interpreted function writes to the pipe of its records, and the level that an event names. The first byte says how many bytes
 * come at a time; however they come, the events are the same, and none is lost.
 */
#include "base/buf.h"
#include "svc/lambda/pieces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The events of bytes, each with its time and length, as text. */
static void read_all(struct buf *out, str bytes, size_t at_once) {
    struct lambda_pieces pieces = {.framed = true};
    struct lambda_piece piece;
    CLEANUP_DEINIT(buf) struct buf partial = {0};
    for (bool last = false; !last;) {
        size_t looked = partial.len;
        last = bytes.len == 0;
        buf_str(&partial, str_slice(bytes, 0, at_once));
        bytes = str_skip(bytes, at_once);
        str rest = buf_view(&partial);
        while (last ? lambda_pieces_last(&pieces, rest, &piece)
                    : lambda_pieces_next(&pieces, rest, looked, &piece)) {
            if (piece.len == 0 || piece.len > rest.len || piece.text.len > LAMBDA_EVENT_MOST)
                __builtin_trap();
            if (piece.text.len) {
                (void)lambda_level_of_event(piece.text);
                buf_u64(out, (uint64_t)piece.time_us);
                buf_lstr(out, piece.text);
            }
            rest = str_skip(rest, piece.len);
            looked = 0;
        }
        if (rest.len > LAMBDA_EVENT_MOST + 16 || (last && rest.len))
            __builtin_trap();
        memmove(partial.p, rest.p, rest.len);
        partial.len = rest.len;
    }
}

/* What is dropped at once is as much as what is taken one by one. */
static void check_drop(str bytes, bool framed) {
    struct lambda_pieces one = {.framed = framed}, all = {.framed = framed};
    struct lambda_dropped dropped = lambda_pieces_drop(&all, bytes), taken = {0};
    for (struct lambda_piece piece;
         lambda_pieces_next(&one, str_skip(bytes, taken.len), 0, &piece);) {
        taken.len += piece.len;
        taken.events += piece.text.len > 0;
        taken.bytes += piece.text.len;
    }
    if (dropped.len != taken.len || dropped.events != taken.events ||
        dropped.bytes != taken.bytes || one.left != all.left)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    CLEANUP_DEINIT(buf) struct buf whole = {0}, parts = {0};
    str bytes = str_n(data + 1, size - 1);
    check_drop(bytes, true);
    check_drop(bytes, false);
    read_all(&whole, bytes, bytes.len + 1);
    read_all(&parts, bytes, data[0] % 64 + 1);
    if (!str_eq(buf_view(&whole), buf_view(&parts)))
        __builtin_trap();
    return 0;
}
