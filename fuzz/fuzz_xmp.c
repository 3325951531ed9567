/* Fuzzes img/xmp through img/meta: whatever a packet holds, the fields are sane, and nothing of a DOCTYPE is read. */
#include "img/meta.h"

static void check_text(const char *text, size_t most) {
    size_t n = strnlen(text, most + 1);
    if (n > most || !str_is_utf8(str_n(text, n)))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    const struct img_head head = {.xmp = str_n(p, n)};
    struct img_meta m;
    img_meta_read(&head, &m);
    check_text(m.make, IMG_TEXT_MAX);
    check_text(m.model, IMG_TEXT_MAX);
    check_text(m.lens, IMG_TEXT_MAX);
    check_text(m.creator, IMG_TEXT_MAX);
    check_text(m.caption, IMG_LONG_TEXT_MAX);
    check_text(m.copyright, IMG_LONG_TEXT_MAX);
    check_text(m.captured_at, IMG_DATE_MAX - 1);
    if (m.orientation < 1 || m.orientation > 8 || !(m.exposure_s >= 0) || !(m.f_number >= 0) ||
        !(m.focal_mm >= 0) || !(m.latitude >= -90 && m.latitude <= 90) ||
        !(m.longitude >= -180 && m.longitude <= 180))
        __builtin_trap();
    return 0;
}
