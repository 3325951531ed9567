#pragma once
/*
 * audit/rules/secret: what looks like a secret, by its shape, by the name it is given to and by chance,
 * and what only stands in one's place. A finding never shows the secret itself. All pure.
 */
#include "base/str.h"

/* A secret within a text. */
struct audit_secret {
    size_t from, end;
    const char *what; /* "an AWS access key" */
};
/* The next from *at on, which is moved behind it; false: none. Placeholders are passed over. */
bool audit_secret_next(str text, size_t *at, struct audit_secret *ret);

/*
 * The next setting in a text that is a script, JSON or YAML: NAME=value, "name": "value", --name value,
 * from *at on, which is moved behind its name. False: no more.
 */
bool audit_secret_next_setting(str text, size_t *at, str *ret_name, size_t *ret_from,
                               size_t *ret_end);

/* Is what has this name a secret, and not where one is, how long it lives, or how it is called? */
bool audit_secret_name(str name);
/* A word of the name says that it is no secret though it looks like chance: a digest, a version. */
bool audit_secret_is_digest(str name);
/*
 * May a value of that name be one: no placeholder, no reference, no ARN, path or address, no switch, no
 * prose?
 */
bool audit_secret_value(str name, str text);
/* Stands in a secret's place: "changeme", "<token>", "${X}", "xxxx", "{{resolve:…}}". */
bool audit_secret_is_placeholder(str text);
/* One word of chance: as long as a key, with letters of both cases and digits all mixed. */
bool audit_secret_is_random(str text);
/*
 * By its name, its shape or its chance, for a setting of that name; *ret_what as in a sentence ("holds
 * an AWS access key", "is written out").
 */
bool audit_secret_setting(str name, str text, const char **ret_what);
