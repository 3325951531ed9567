/*
 * base/err: formats the text of a fault; cut off when the text is too long, never an error itself.
 */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *fmt, ...) {
    if (err) {
        va_list args;
        va_start(args, fmt);
        vsnprintf(err->text, sizeof err->text, fmt, args);
        va_end(args);
    }
    return code;
}

int err_sys(struct err *err, int negative_errno, const char *fmt, ...) {
    if (err) {
        va_list args;
        va_start(args, fmt);
        int n = vsnprintf(err->text, sizeof err->text, fmt, args);
        va_end(args);
        char reason[128];
        const char *why = strerror_r(-negative_errno, reason, sizeof reason);
        if (n >= 0 && (size_t)n < sizeof err->text)
            snprintf(err->text + n, sizeof err->text - (size_t)n, ": %s", why);
    }
    return negative_errno;
}
