/* An untrusted JPEG: its head, then its rows at a reduction that its size decides: each row that the layout promises comes, and no other. */
#include "img/source.h"

struct rows {
    struct img_layout layout;
    uint32_t came[3];
    unsigned sum; /* of the samples, so that every byte is read */
};

static void on_row(void *ctx, unsigned of, const uint8_t *row) {
    struct rows *r = ctx;
    if (of >= r->layout.n || r->came[of]++ >= r->layout.of[of].height)
        __builtin_trap();
    for (uint32_t x = 0; x < r->layout.of[of].width * r->layout.of[of].channels; x++)
        r->sum += row[x];
}

static void decode(str file, unsigned reduction) {
    enum { MOST = 64 << 20, PIXELS_MAX = 1 << 20 };
    struct img_source *source = NULL;
    char reason[IMG_REASON_MAX] = "";
    int r = img_jpeg_decoder.open(file, &source, reason);
    if ((r != 0) != (reason[0] != '\0'))
        __builtin_trap();
    if (r == 0 && (uint64_t)source->head.width * source->head.height <= PIXELS_MAX &&
        img_jpeg_decoder.need(source, reduction) <= MOST) {
        struct rows rows = {0};
        struct img_outcome outcome = {0};
        img_jpeg_decoder.layout(source, reduction, &rows.layout);
        r = img_jpeg_decoder.decode(source, reduction, MOST, on_row, &rows, &outcome, reason);
        for (unsigned i = 0; r == 0 && i < rows.layout.n; i++)
            if (rows.came[i] != rows.layout.of[i].height)
                __builtin_trap();
    }
    img_jpeg_decoder.close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    decode(str_n(p, n), 1u << n % 4);
    return 0;
}
