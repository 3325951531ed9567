/* What a worker that was taken over may send. */
#include "imgjob/imgjob.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct imgjob_message message;
    struct imgjob_request request;
    if (imgjob_get_message(str_n(p, n), &message) > (ptrdiff_t)n ||
        imgjob_get_request(str_n(p, n), &request) > (ptrdiff_t)n)
        __builtin_trap();
    return 0;
}
