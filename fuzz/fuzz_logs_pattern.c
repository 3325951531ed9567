/* A filter pattern, and behind a NUL the message that it is matched with. */
#include "base/own.h"
#include "svc/logs/pattern.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    str pattern = str_n(data, size), message = S("{\"a\":{\"b\":[1,\"x\",null,true]}}");
    ptrdiff_t nul = str_chr(pattern, '\0');
    if (nul >= 0) {
        message = str_skip(pattern, (size_t)nul + 1);
        pattern = str_slice(pattern, 0, (size_t)nul);
    }
    CLEANUP(logs_pattern) struct logs_pattern *p = NULL;
    struct err err;
    if (logs_pattern_new(&p, pattern, &err) == 0)
        logs_pattern_match(p, message);
    return 0;
}
