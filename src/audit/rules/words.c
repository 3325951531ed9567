/* The words of a name. */
#include "audit/rules/words_priv.h"

#include "base/ascii.h"

/* Does a new word begin at byte i of a name, whose word has begun before? "imageID|Of", "URL|Path". */
static bool is_turn(str name, size_t i) {
    char before = name.p[i - 1], c = name.p[i];
    if (!ascii_is_upper(c))
        return false;
    return !ascii_is_upper(before) || (i + 1 < name.len && ascii_is_lower(name.p[i + 1]));
}

bool words_next(str name, size_t *at, str *ret_word) {
    size_t i = *at;
    while (i < name.len && !ascii_is_alnum(name.p[i])) {
        ptrdiff_t close = name.p[i] == '$' ? str_chr(str_skip(name, i), '}') : -1;
        i += close < 0 ? 1 : (size_t)close + 1;
    }
    size_t from = i;
    while (i < name.len && ascii_is_alnum(name.p[i]) && (i == from || !is_turn(name, i)))
        i++;
    *ret_word = str_slice(name, from, i);
    *at = i;
    return i > from;
}

/* Is a text in a list with spaces between? */
static bool is_listed(str text, const char *list) {
    str rest = str_c(list), word;
    while (rest.len) {
        str_cut(rest, ' ', &word, &rest);
        if (str_eq_nocase(word, text))
            return true;
    }
    return false;
}

bool words_any(str name, const char *list) {
    str word;
    for (size_t at = 0; words_next(name, &at, &word);)
        if (is_listed(word, list))
            return true;
    return false;
}

bool words_last(str name, const char *list) {
    str word, last = STR_NONE;
    for (size_t at = 0; words_next(name, &at, &word);)
        last = word;
    return last.p && is_listed(last, list);
}
