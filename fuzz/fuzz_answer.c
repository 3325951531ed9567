/*
 * The image worker's answer, as a worker that was taken over might write it: through a pipe, in two
 * splits that must agree on what was handed on and on the end.
 */
#include "fn/answer.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *ctx, const struct imgjob_derivative *d, struct buf *bytes) {
    struct buf *seen = ctx;
    if (d->size != bytes->len)
        abort();
    buf_u32(seen, d->wish);
    buf_str(seen, d->content_type);
    buf_str(seen, buf_view(bytes));
}

/* The outcome of the first read that ended it. */
static int read_all(const uint8_t *data, size_t size, size_t step, size_t wishes,
                    struct buf *seen) {
    struct fn_answer answer = {.wishes = wishes, .taker = {take, seen}};
    int ends[2], r = -EAGAIN;
    if (pipe2(ends, O_NONBLOCK) < 0)
        return 0;
    for (size_t at = 0; at < size && r == -EAGAIN;) {
        ssize_t n = write(ends[1], data + at, size - at < step ? size - at : step);
        at += n > 0 ? (size_t)n : 0;
        while ((r = fn_answer_read(&answer, ends[0])) > 0)
            ;
    }
    close(ends[1]);
    if (r == -EAGAIN)
        while ((r = fn_answer_read(&answer, ends[0])) > 0)
            ;
    if (r == 0) {
        r = fn_answer_is_whole(&answer) ? 1 : 0;
        buf_str(seen, answer.result.reason);
    }
    close(ends[0]);
    fn_answer_deinit(&answer);
    return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    CLEANUP_DEINIT(buf) struct buf whole = {0}, pieces = {0};
    if (size < 1 || size > 32768)
        return 0;
    size_t wishes = data[0] % (IMGJOB_MAX_DERIVATIVES + 1);
    int one = read_all(data + 1, size - 1, size, wishes, &whole);
    int other = read_all(data + 1, size - 1, 1 + data[0] / 16 + size / 64, wishes, &pieces);
    if (one != other || !str_eq(buf_view(&whole), buf_view(&pieces)))
        abort();
    return 0;
}
