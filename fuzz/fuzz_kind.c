/* Fuzzes img/kind: any beginning of a file has a name, is text, or is unknown. */
#include "img/kind.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    bool text = false;
    const struct img_kind *kind = img_kind_of(str_n(p, n), &text);
    if (kind && (text || !kind->name || !kind->article))
        __builtin_trap();
    return 0;
}
