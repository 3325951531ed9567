/* Fuzzes img/exif: whatever the block holds, the fields are sane. */
#include "img/exif.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    struct img_exif exif;
    img_exif_parse(str_n(p, n), &exif);
    if (exif.orientation < 1 || exif.orientation > 8 || !str_is_utf8(str_c(exif.make)) ||
        !str_is_utf8(str_c(exif.model)))
        __builtin_trap();
    return 0;
}
