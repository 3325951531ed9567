/* audit/rules/words: takes names apart at their capitals and marks. */
#include "audit/rules/words_priv.h"

#include "base/ascii.h"

/* The end of the word that begins at: an abbreviation, or letters up to the next capital. */
static size_t word_end(str name, size_t at) {
    size_t i = at + 1;
    if (ascii_is_upper(name.p[at]))
        while (i < name.len && ascii_is_upper(name.p[i]))
            i++;
    bool is_short = i - at > 1;
    if (is_short && i < name.len && ascii_is_lower(name.p[i]))
        return i - 1;
    if (!is_short)
        while (i < name.len && (ascii_is_lower(name.p[i]) || ascii_is_digit(name.p[i])))
            i++;
    return i;
}

void audit_words(struct buf *out, str name) {
    size_t n = 0;
    for (size_t at = 0; at < name.len;) {
        if (!ascii_is_alnum(name.p[at])) {
            at++;
            continue;
        }
        size_t end = word_end(name, at);
        bool is_short = end - at > 1 && ascii_is_upper(name.p[at + 1]);
        buf_c(out, n ? " " : "");
        for (size_t i = at; i < end; i++)
            buf_char(out, is_short ? name.p[i]
                                   : (n == 0 && i == at ? ascii_upper : ascii_lower)(name.p[i]));
        n++;
        at = end;
    }
}
