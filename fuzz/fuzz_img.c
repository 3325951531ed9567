/* An untrusted file through the whole worker: probe, decoders, Exif, derivatives. */
#include "img/derive.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static const struct imgjob_request request = {.max_pixels = 100000,
                                                  .keep_gps = true,
                                                  .n = 2,
                                                  .wishes = {{32, 80}, {8, 80}}};
    CLEANUP_DEINIT(buf) struct buf out = {0};
    struct imgjob_reply reply;
    img_process(&request, str_n(p, n), &out);
    if (imgjob_get_reply(buf_view(&out), &reply) <= 0)
        __builtin_trap(); /* whatever the file was, the reply is sound */
    return 0;
}
