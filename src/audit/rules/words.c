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

/* Words that are written in capitals wherever they stand. */
static bool is_abbreviation(str word) {
    static const char *const words[] = {"arn", "url", "uri", "id",  "api", "dlq",
                                        "sns", "sqs", "s3",  "kms", "vpc", "ip",
                                        "acl", "dns", "ssl", "tls", "ttl", "db"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq_nocase(word, str_c(words[i])))
            return true;
    return false;
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
        bool is_capitals = is_abbreviation(str_slice(name, at, end));
        for (size_t i = at; i < end; i++)
            buf_char(out, is_capitals ? ascii_upper(name.p[i])
                          : is_short  ? name.p[i]
                                      : (n == 0 && i == at ? ascii_upper : ascii_lower)(name.p[i]));
        n++;
        at = end;
    }
}

/* ---- Asking for words ---- */

/*
 * The next word of a name, from *at on; *at is 0 at first. "uploadTimestamp", "UPLOAD_TIMESTAMP" and
 * "upload-timestamp" have two, in letters as they are written; what stands in ${...} is left out.
 * False: there is none.
 */
static bool next_word(str name, size_t *at, str *ret_word) {
    size_t i = *at;
    while (i < name.len && !ascii_is_alnum(name.p[i])) {
        ptrdiff_t close = name.p[i] == '$' ? str_chr(str_skip(name, i), '}') : -1;
        i += close < 0 ? 1 : (size_t)close + 1;
    }
    size_t end = i < name.len ? word_end(name, i) : i;
    *ret_word = str_slice(name, i, end);
    *at = end;
    return end > i;
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

bool audit_words_any(str name, const char *list) {
    str word;
    for (size_t at = 0; next_word(name, &at, &word);)
        if (is_listed(word, list))
            return true;
    return false;
}

bool audit_words_last(str name, const char *list) {
    str word, last = STR_NONE;
    for (size_t at = 0; next_word(name, &at, &word);)
        last = word;
    return last.p && is_listed(last, list);
}
