#pragma once
/*
 * base/err: what went wrong, in words, beside the number a function returns.
 *
 * Functions return 0, a positive ROOM_E_* outcome that the caller must handle, or -errno for a
 * system fault. Where words help, they take a struct err * (NULL is allowed) and fill it on
 * failure only: what was tried, on what, and why.
 */
#include "base/own.h"

struct err {
    char text[512]; /* a sentence without a full stop, for people; longer ones are cut */
};

/*
 * Fill *err (when not NULL) and return code, so that `return err_set(err, -EIO, "…")` works. The
 * arguments may not point into err->text.
 */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* The same, with ": strerror(-negative_errno)" behind the text. Returns negative_errno. */
int err_sys(struct err *err, int negative_errno, const char *fmt, ...) PRINTF_LIKE(3, 4);
