/* audit/rules/secret: what is in a secret's place, and settings as a whole. */
#include "audit/rules/secret_priv.h"

#include "base/ascii.h"
#include "base/own.h"

static bool has_nocase(str text, const char *part) {
    str p = str_c(part);
    for (size_t i = 0; i + p.len <= text.len; i++)
        if (str_starts_nocase(str_skip(text, i), p))
            return true;
    return false;
}

/* ---- Placeholders ---- */

static bool is_one_character(str text) {
    for (size_t i = 1; i < text.len; i++)
        if (text.p[i] != text.p[0])
            return false;
    return true;
}

bool audit_secret_is_placeholder(str text) {
    static const char *const parts[] = {
        "changeme",  "change-me",   "change_me", "changethis", "change-this", "change_this",
        "replace",   "placeholder", "example",   "your-",      "your_",       "yourpassword",
        "todo",      "fixme",       "dummy",     "sample",     "xxxx",        "redacted",
        "undefined", "not-set",     "notset",    "not_set",    "set-me",      "set_me",
        "to-be-",    "override",    "insert-",   "insert_",    "${",          "{{",
        "}}",        "****",        "....",      "fill-in",    "fill_in",     "mock"};
    static const char *const wholes[] = {"none", "null", "nil",   "n/a",   "na",    "tbd",
                                         "test", "fake", "empty", "unset", "string"};
    str inner = str_trim(text);
    if (inner.len == 0 || is_one_character(inner) || ascii_is_one_of(inner.p[0], "<$%[{`("))
        return true;
    for (size_t i = 0; i < ARRAY_LEN(wholes); i++)
        if (str_eq_nocase(inner, str_c(wholes[i])))
            return true;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (has_nocase(inner, parts[i]))
            return true;
    return false;
}

/* ---- Values ---- */

static bool is_switch(str text) {
    static const char *const words[] = {
        "true",     "false",    "yes",     "no",        "on",     "off",  "enabled", "disabled",
        "required", "optional", "seconds", "minutes",   "hours",  "days", "default", "auto",
        "bearer",   "basic",    "jwt",     "plaintext", "always", "never"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq_nocase(text, str_c(words[i])))
            return true;
    return false;
}

static bool is_number(str text) {
    for (size_t i = 0; i < text.len; i++)
        if (!ascii_is_digit(text.p[i]) && text.p[i] != '.')
            return false;
    return true;
}

/* Lower-case words with marks between: a name of a secret ("prod/database"), not one. */
static bool is_slug(str text) {
    size_t marks = 0;
    for (size_t i = 0; i < text.len; i++) {
        marks += ascii_is_one_of(text.p[i], "-/_");
        if (!ascii_is_lower(text.p[i]) && !ascii_is_one_of(text.p[i], "-/_."))
            return false;
    }
    return marks > 0;
}

static bool is_password(str name) {
    return has_nocase(name, "pass") || has_nocase(name, "pwd") || has_nocase(name, "pin");
}

/* Secrets that people make up of words, so that a name of one is not meant. */
static bool is_made_up(str name) {
    static const char *const words[] = {"jwt",    "client", "session", "signing", "shared", "hmac",
                                        "cookie", "django", "flask",   "key",     "webhook"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (has_nocase(name, words[i]))
            return true;
    return is_password(name);
}

static bool is_address(str text) {
    static const char *const begins[] = {"http://",
                                         "https://",
                                         "arn:",
                                         "s3://",
                                         "ssm:",
                                         "alias/",
                                         "/",
                                         "./",
                                         "file:",
                                         "method.",
                                         "context.",
                                         "secretsmanager:",
                                         "stageVariables.",
                                         "$"};
    for (size_t i = 0; i < ARRAY_LEN(begins); i++)
        if (str_starts(text, str_c(begins[i])))
            return true;
    return false;
}

static size_t spaces_of(str text) {
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++)
        n += text.p[i] == ' ' || text.p[i] == '\n';
    return n;
}

bool audit_secret_value(str name, str text) {
    enum { LEAST = 4, MOST_SPACES = 1, MOST = 4096 };
    return text.len >= LEAST && text.len <= MOST && spaces_of(text) <= MOST_SPACES &&
           !audit_secret_is_placeholder(text) && !is_switch(text) && !is_address(text) &&
           !(is_number(text) && !is_password(name)) && !(is_slug(text) && !is_made_up(name));
}

/* ---- Chance ---- */

/* Letters that stand in words: four small ones or more in a row. */
static size_t in_words(str text) {
    enum { LEAST = 4 };
    size_t n = 0, run = 0;
    for (size_t i = 0; i <= text.len; i++) {
        if (i < text.len && ascii_is_lower(text.p[i])) {
            run++;
            continue;
        }
        n += run >= LEAST ? run : 0;
        run = 0;
    }
    return n;
}

bool audit_secret_is_random(str text) {
    enum { LEAST = 32, MOST = 128, LEAST_OF_EACH = 3, LEAST_CHANGES = 10, MOST_ALIKE = 15 };
    size_t counts[128] = {0}, upper = 0, lower = 0, digits = 0, changes = 0;
    if (text.len < LEAST || text.len > MOST || !ascii_only_alnum(text, "+/="))
        return false;
    int before = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.p[i];
        int of = ascii_is_upper(c) ? 1 : ascii_is_lower(c) ? 2 : ascii_is_digit(c) ? 3 : 4;
        changes += i > 0 && of != before;
        before = of;
        upper += of == 1;
        lower += of == 2;
        digits += of == 3;
        counts[(unsigned char)c]++;
    }
    /* The chance that two of its characters are the same: of a key's about one in forty. */
    size_t pairs = 0;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        pairs += counts[i] * counts[i];
    return upper >= LEAST_OF_EACH && lower >= LEAST_OF_EACH && digits >= LEAST_OF_EACH &&
           changes >= LEAST_CHANGES && 4 * in_words(text) <= text.len &&
           pairs * MOST_ALIKE <= text.len * text.len;
}

bool audit_secret_setting(str name, str text, const char **ret_what) {
    struct audit_secret found;
    size_t at = 0;
    if (audit_secret_next(text, &at, &found)) {
        *ret_what = found.what;
        return true;
    }
    if (audit_secret_name(name) && audit_secret_value(name, text)) {
        *ret_what = "a secret, by its name";
        return true;
    }
    *ret_what = "what looks like a key";
    return audit_secret_is_random(text) && !audit_secret_is_digest(name) &&
           !audit_secret_is_placeholder(text);
}
