/* Fuzzes img/meta: whatever Exif, IPTC and a multi-picture index hold, the fields are sane. The first byte is the source. */
#include "img/meta.h"

#include "base/buf.h"

static void check_text(const char *text, size_t most) {
    size_t n = strnlen(text, most + 1);
    if (n > most || !str_is_utf8(str_n(text, n)))
        __builtin_trap();
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            __builtin_trap();
}

static void check(const struct img_meta *m) {
    check_text(m->make, IMG_TEXT_MAX);
    check_text(m->model, IMG_TEXT_MAX);
    check_text(m->lens, IMG_TEXT_MAX);
    check_text(m->creator, IMG_TEXT_MAX);
    check_text(m->caption, IMG_LONG_TEXT_MAX);
    check_text(m->copyright, IMG_LONG_TEXT_MAX);
    check_text(m->captured_at, IMG_DATE_MAX - 1);
    if (m->orientation < 1 || m->orientation > 8 || !(m->exposure_s >= 0) || !(m->f_number >= 0) ||
        !(m->focal_mm >= 0) || !(m->latitude >= -90 && m->latitude <= 90) ||
        !(m->longitude >= -180 && m->longitude <= 180))
        __builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    if (n == 0)
        return 0;
    str rest = str_n(p + 1, n - 1);
    struct img_head head = {.n_exif = 0};
    if (p[0] == 'i') {
        head.iptc = rest;
    } else if (p[0] == 'm') {
        head.mpf = rest;
    } else {
        head.exif[head.n_exif++] = rest;
    }
    struct img_meta m, again;
    img_meta_read(&head, &m);
    check(&m);
    struct buf tags = {0}; /* what derivatives carry is read back as it was */
    img_meta_tags(&m, &tags);
    struct img_head derivative = {.exif = {buf_view(&tags)}, .n_exif = 1};
    img_meta_read(&derivative, &again);
    if (strcmp(m.creator, again.creator) != 0 || strcmp(m.copyright, again.copyright) != 0)
        __builtin_trap();
    buf_deinit(&tags);
    return 0;
}
