/* base/suffix: the table of the suffixes that are processed. */
#include "base/suffix.h"

#include "base/own.h"

static const struct {
    str suffix;
    const char *type;
} known[] = {
    {S_INIT(".jpg"), "image/jpeg"}, {S_INIT(".jpeg"), "image/jpeg"}, {S_INIT(".png"), "image/png"}};

const char *suffix_media_type(str name) {
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        str suffix = known[i].suffix;
        if (name.len >= suffix.len && str_eq_nocase(str_skip(name, name.len - suffix.len), suffix))
            return known[i].type;
    }
    return NULL;
}
