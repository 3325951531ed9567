/* audit/rules/secret_name: names of secrets, word by word. */
#include "audit/rules/secret_priv.h"

#include "base/ascii.h"
#include "base/own.h"

enum { MOST_WORDS = 16, MOST_WORD = 24 };

struct words {
    char of[MOST_WORDS][MOST_WORD]; /* lower-case; longer ones are cut at their beginning */
    size_t n;
};

static void add_word(struct words *w, str word) {
    while (word.len && ascii_is_digit(word.p[word.len - 1]))
        word.len--;
    if (word.len == 0 || w->n == MOST_WORDS)
        return;
    if (word.len >= MOST_WORD)
        word = str_skip(word, word.len - (MOST_WORD - 1));
    for (size_t i = 0; i < word.len; i++)
        w->of[w->n][i] = ascii_lower(word.p[i]);
    w->of[w->n++][word.len] = '\0';
}

/* "dbPassword", "DB_PASSWORD", "DBPassword" and "db-password" are two words each. */
static void cut(struct words *w, str name) {
    w->n = 0;
    size_t from = 0;
    for (size_t i = 0; i <= name.len; i++) {
        bool is_end = i == name.len || !ascii_is_alnum(name.p[i]);
        bool is_hump =
            !is_end && i > from && ascii_is_upper(name.p[i]) &&
            (!ascii_is_upper(name.p[i - 1]) || (i + 1 < name.len && ascii_is_lower(name.p[i + 1])));
        if (is_end || is_hump) {
            add_word(w, str_slice(name, from, i));
            from = is_end ? i + 1 : i;
        }
    }
}

static bool is_one_of(const char *word, const char *const *list, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, list[i]) == 0)
            return true;
    return false;
}
#define IS_ONE_OF(word, list) is_one_of((word), (list), ARRAY_LEN(list))

/* "password", "dbpassword"; or two: "api", "key". */
static bool is_secret_word(const struct words *w, size_t i) {
    static const char *const ends[] = {"password",    "passwd",    "passphrase", "secret",
                                       "token",       "apikey",    "pwd",        "credential",
                                       "credentials", "secretkey", "accesskey",  "privatekey"};
    static const char *const before_key[] = {"api",     "access",     "secret", "private",
                                             "signing", "encryption", "auth",   "account",
                                             "shared",  "master",     "hmac"};
    static const char *const pairs[][2] = {
        {"connection", "string"}, {"db", "pass"},       {"database", "pass"}, {"smtp", "pass"},
        {"user", "pass"},         {"secret", "string"}, {"admin", "pass"}};
    str word = str_c(w->of[i]);
    for (size_t k = 0; k < ARRAY_LEN(ends); k++)
        if (str_ends(word, str_c(ends[k])))
            return true;
    const char *before = i ? w->of[i - 1] : "";
    for (size_t k = 0; k < ARRAY_LEN(pairs); k++)
        if (strcmp(before, pairs[k][0]) == 0 && str_is(word, pairs[k][1]))
            return true;
    return str_is(word, "key") && IS_ONE_OF(before, before_key);
}

bool audit_secret_name(str name) {
    /* Behind the word: what is said of the secret is not the secret. */
    static const char *const about[] = {
        "arn",        "name",     "names",      "id",         "ids",
        "path",       "url",      "uri",        "endpoint",   "host",
        "ttl",        "expiry",   "expires",    "expiration", "expire",
        "lifetime",   "validity", "duration",   "timeout",    "age",
        "seconds",    "minutes",  "hours",      "days",       "length",
        "len",        "min",      "max",        "size",       "limit",
        "count",      "header",   "headers",    "param",      "parameter",
        "ref",        "version",  "enabled",    "required",   "type",
        "algorithm",  "alg",      "prefix",     "suffix",     "policy",
        "alias",      "field",    "column",     "table",      "bucket",
        "queue",      "topic",    "rotation",   "manager",    "store",
        "issuer",     "audience", "scope",      "scopes",     "region",
        "file",       "location", "format",     "regex",      "pattern",
        "mode",       "provider", "source",     "validator",  "function",
        "lambda",     "handler",  "use",        "usage",      "schedule",
        "hint",       "reset",    "template",   "cache",      "label",
        "attribute",  "claim",    "lookup",     "characters", "authentication",
        "encryption", "kms",      "selector",   "target",     "stage",
        "method",     "auth",     "complexity", "protocol",   "domain",
        "service",    "role",     "units",      "unit",       "index",
        "status",     "exists",   "prompt",     "update",     "hash"};
    /* Before it: a switch, a number, or a token that is no secret. */
    static const char *const no_secret[] = {"use",
                                            "has",
                                            "is",
                                            "enable",
                                            "enabled",
                                            "disable",
                                            "allow",
                                            "require",
                                            "requires",
                                            "rotate",
                                            "generate",
                                            "create",
                                            "max",
                                            "min",
                                            "reset",
                                            "forgot",
                                            "next",
                                            "continuation",
                                            "public",
                                            "service",
                                            "task",
                                            "csrf",
                                            "num",
                                            "show",
                                            "hide",
                                            "store",
                                            "validate",
                                            "verify",
                                            "client_request",
                                            "pagination",
                                            "no",
                                            "echo"};
    struct words w;
    cut(&w, name);
    for (size_t i = 0; i < w.n; i++) {
        if (!is_secret_word(&w, i))
            continue;
        if (i > 0 && IS_ONE_OF(w.of[0], no_secret))
            return false;
        bool is_about = i > 0 && IS_ONE_OF(w.of[i - 1], no_secret);
        for (size_t k = i + 1; k < w.n; k++)
            is_about |= IS_ONE_OF(w.of[k], about);
        return !is_about;
    }
    return false;
}

bool audit_secret_is_digest(str name) {
    static const char *const words[] = {
        "sha",     "sha256",     "hash",   "digest", "checksum",    "etag", "commit", "fingerprint",
        "version", "thumbprint", "public", "cert",   "certificate", "uuid", "pool",   "id",
        "md",      "integrity",  "layer",  "sri",    "name",        "path", "url",    "data"};
    struct words w;
    cut(&w, name);
    for (size_t i = 0; i < w.n; i++)
        if (IS_ONE_OF(w.of[i], words) && !is_secret_word(&w, i))
            return true;
    return false;
}
