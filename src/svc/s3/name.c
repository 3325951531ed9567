/* s3/name: the check of bucket names. */
#include "svc/s3/name.h"

#include "base/ascii.h"
#include "base/own.h"

static bool lower_or_digit(char c) { return ascii_is_lower(c) || ascii_is_digit(c); }

/* Four groups of digits and dots: "192.168.5.4". */
static bool looks_like_address(str name) {
    int dots = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (name.p[i] == '.')
            dots++;
        else if (!ascii_is_digit(name.p[i]))
            return false;
    }
    return dots == 3;
}

bool s3_name_is_valid(str name) {
    static const str reserved_heads[] = {S_INIT("xn--"), S_INIT("sthree-"),
                                         S_INIT("amzn-s3-demo-")};
    static const str reserved_tails[] = {S_INIT("-s3alias"), S_INIT("--ol-s3"), S_INIT(".mrap"),
                                         S_INIT("--x-s3"), S_INIT("--table-s3")};
    if (name.len < 3 || name.len > 63 || !lower_or_digit(name.p[0]) ||
        !lower_or_digit(name.p[name.len - 1]) || looks_like_address(name))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.p[i];
        if (!lower_or_digit(c) && c != '-' && c != '.')
            return false;
        if (c == '.' && name.p[i - 1] == '.')
            return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(reserved_heads); i++)
        if (str_starts(name, reserved_heads[i]))
            return false;
    for (size_t i = 0; i < ARRAY_LEN(reserved_tails); i++)
        if (str_ends(name, reserved_tails[i]))
            return false;
    return true;
}
