/* audit/fix: puts edits into texts. */
#include "audit/fix.h"

void audit_fix_file(struct audit *a, const struct audit_file *file,
                    struct audit_finding *const *findings, size_t n, struct buf *out,
                    size_t *ret_n) {
    (void)a, (void)findings, (void)n;
    buf_str(out, file->text);
    *ret_n = 0;
}
