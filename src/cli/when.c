/* cli/when: reads moments as people type them. */
#include "cli/when.h"

#include "base/clock.h"

#include <errno.h>

bool cli_when(str text, int64_t now_ms, int64_t *ret_ms) {
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    uint64_t n;
    if (str_eq(text, S("now"))) {
        *ret_ms = now_ms;
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (text.len < 2 || text.p[text.len - 1] != units[i].unit)
            continue;
        if (!str_to_u64(str_slice(text, 0, text.len - 1), &n) || n > 100000000)
            return false;
        *ret_ms = now_ms - (int64_t)n * units[i].ms;
        return true;
    }
    return clock_parse_iso8601(text, ret_ms);
}

int cli_check_when(const char *text, struct err *err) {
    int64_t ms;
    if (cli_when(str_c(text), 0, &ms))
        return 0;
    return err_set(err, -EINVAL,
                   "\"%s\" is not a time (2026-11-22, 2026-11-22T10:00:00Z, 12h, 3d, now)", text);
}

void cli_span_add(struct buf *out, int64_t ms) {
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"min", 60000}, {"s", 1000}};
    size_t i = 0;
    while (i + 1 < ARRAY_LEN(units) && ms < units[i].ms)
        i++;
    buf_printf(out, "%lld %s", (long long)(ms / units[i].ms), units[i].unit);
    if (i + 1 < ARRAY_LEN(units))
        buf_printf(out, " %lld %s", (long long)(ms % units[i].ms / units[i + 1].ms),
                   units[i + 1].unit);
}
