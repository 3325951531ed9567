/* JavaScript code of functions: tokens, blocks, calls, and every question that rules ask. */
#include "fuzz_code.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_code(CODE_JAVASCRIPT, str_n(data, size));
    return 0;
}
