/* An untrusted file through the whole worker: probe, decoders, metadata, colours, derivatives. */
#include "img/derive.h"

struct answer {
    struct img_sink sink;
    struct buf sent;
};

static bool take(struct img_sink *sink, str bytes) {
    buf_str(&((struct answer *)sink)->sent, bytes);
    return true;
}

/* Derivatives, then a result, then nothing: whatever the file was, the answer is sound. */
static void read_answer(str left) {
    struct imgjob_message m = {0};
    while (!m.is_result) {
        ptrdiff_t head = imgjob_get_message(left, &m);
        if (head <= 0)
            __builtin_trap();
        left = str_skip(left, (size_t)head);
        if (!m.is_result && m.derivative.size > left.len)
            __builtin_trap();
        if (!m.is_result)
            left = str_skip(left, m.derivative.size);
    }
    if (left.len != 0)
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static const struct imgjob_request request = {.max_pixels = 100000,
                                                  .keep_gps = true,
                                                  .n = 3,
                                                  .wishes = {{32, 32, IMGJOB_INSIDE, 80},
                                                             {8, 16, IMGJOB_COVER, 80},
                                                             {16, 8, IMGJOB_EXACT, 80}}};
    struct answer a = {.sink = {take}};
    if (!img_process(&request, 0, str_n(p, n), &a.sink))
        __builtin_trap();
    read_answer(buf_view(&a.sent));
    buf_deinit(&a.sent);
    return 0;
}
