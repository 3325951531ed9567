#pragma once
/*
 * tests/cm: cmocka with the includes it wants, and the one family of checks. A check that fails says
 * where, what was wanted and what was there, and ends its test.
 *
 *   CHECK(condition)              CHECK_CASE(condition, name)   the name of a table's row
 *   CHECK_INT(got, want)          integers of any kind, pointers not
 *   CHECK_RANGE(got, least, most)
 *   CHECK_STR(got, want)          two str
 *   CHECK_BUF(got, "want")        a struct buf
 *   CHECK_TEXT(got, "want")       two C strings; NULL is a failure unless both are
 *   CHECK_HAS(got, "part")        a C string that contains another
 *   CHECK_MEM(got, want, n)
 *
 * A fixture's own check begins with check_, and is made of these.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
/* cmocka.h must come after the four above. */
#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"

#define CHECK_FAILED(file, line, ...) (print_error(__VA_ARGS__), _fail((file), (line)))

static inline void cm_int(intmax_t got, intmax_t want, const char *what, const char *file,
                          int line) {
    if (got != want)
        CHECK_FAILED(file, line, "%s is %jd, not %jd\n", what, got, want);
}
static inline void cm_range(intmax_t got, intmax_t least, intmax_t most, const char *what,
                            const char *file, int line) {
    if (got < least || got > most)
        CHECK_FAILED(file, line, "%s is %jd, not from %jd to %jd\n", what, got, least, most);
}
static inline void cm_str(str got, str want, const char *file, int line) {
    if (!str_eq(got, want))
        CHECK_FAILED(file, line, "got  \"" STR_FMT "\"\nwant \"" STR_FMT "\"\n", STR_ARG(got),
                     STR_ARG(want));
}
static inline void cm_text(const char *got, const char *want, const char *file, int line) {
    if (got != want && (!got || !want || strcmp(got, want) != 0))
        CHECK_FAILED(file, line, "got  \"%s\"\nwant \"%s\"\n", got ? got : "(null)",
                     want ? want : "(null)");
}
static inline void cm_has(const char *got, const char *part, const char *file, int line) {
    if (!got || !strstr(got, part))
        CHECK_FAILED(file, line, "\"%s\" is not in\n\"%s\"\n", part, got ? got : "(null)");
}

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            CHECK_FAILED(__FILE__, __LINE__, "not so: %s\n", #condition);                          \
    } while (0)
#define CHECK_CASE(condition, name)                                                                \
    do {                                                                                           \
        if (!(condition))                                                                          \
            CHECK_FAILED(__FILE__, __LINE__, "[%s] not so: %s\n", (name), #condition);             \
    } while (0)
#define CHECK_INT(got, want) cm_int((intmax_t)(got), (intmax_t)(want), #got, __FILE__, __LINE__)
#define CHECK_RANGE(got, least, most)                                                              \
    cm_range((intmax_t)(got), (intmax_t)(least), (intmax_t)(most), #got, __FILE__, __LINE__)
#define CHECK_STR(got, want)  cm_str((got), (want), __FILE__, __LINE__)
#define CHECK_BUF(got, want)  cm_str(buf_view(&(got)), str_c(want), __FILE__, __LINE__)
#define CHECK_TEXT(got, want) cm_text((got), (want), __FILE__, __LINE__)
#define CHECK_HAS(got, part)  cm_has((got), (part), __FILE__, __LINE__)
#define CHECK_MEM(got, want, n)                                                                    \
    do {                                                                                           \
        if (memcmp((got), (want), (n)) != 0)                                                       \
            CHECK_FAILED(__FILE__, __LINE__, "the bytes of %s are others\n", #got);                \
    } while (0)
