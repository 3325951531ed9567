/* fn/report: writes the text of the report. */
#include "fn/report.h"

static const size_t max_text = 200UL * 1024; /* SNS takes 256 KiB */

static bool is_processed(const struct fn_image *image) {
    return image->status && str_is(S("processed"), image->status);
}

void fn_report_text(struct buf *out, const struct fn_image *images, size_t n, size_t skipped) {
    size_t processed = 0, seen = 0;
    for (size_t i = 0; i < n; i++) {
        processed += is_processed(&images[i]);
        seen += images[i].status != NULL;
    }
    buf_printf(out, "Processed: %zu\nNot processed: %zu\n", processed, seen - processed);
    if (skipped)
        buf_printf(out, "Skipped (already done, or gone): %zu\n", skipped);
    for (size_t i = 0; i < n; i++) {
        const struct fn_image *image = &images[i];
        if (!image->status || is_processed(image))
            continue;
        if (out->len > max_text) {
            buf_c(out, "… and further ones; the table has them all.\n");
            return;
        }
        buf_printf(out, "%s: " STR_FMT "/" STR_FMT ": %s\n", image->status,
                   STR_ARG(image->record->bucket), STR_ARG(image->record->key), image->reason);
    }
}
