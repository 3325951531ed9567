#pragma once
/* tests/cm: cmocka with the includes it wants, and checks for our own types. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* cmocka.h must come after the four above. */
#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"

/* Shows both texts when they differ. */
static inline void check_str_(str got, str want, const char *file, int line) {
    if (str_eq(got, want))
        return;
    print_error("got  \"" STR_FMT "\"\nwant \"" STR_FMT "\"\n", STR_ARG(got), STR_ARG(want));
    _fail(file, line);
}
#define check_str(got, want) check_str_((got), (want), __FILE__, __LINE__)
#define check_buf(got, want) check_str_(buf_view(&(got)), str_c(want), __FILE__, __LINE__)
/* A condition with the name of its table row. */
#define check_case(cond, name)                                                                     \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            print_error("[%s] failed: %s\n", (name), #cond);                                       \
            _fail(__FILE__, __LINE__);                                                             \
        }                                                                                          \
    } while (0)
