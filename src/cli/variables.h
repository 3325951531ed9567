#pragma once
/*
 * cli/variables: the environment in which other clients speak to the running daemon, and the files
 * that it names, in DATA/clients (a user's in DATA/clients/users/NAME).
 */
#include "cli/session.h"

struct cli_variables {
    const struct prog_credentials *key; /* NULL: the session's, the root user's */
    const char *user;                   /* whose key that is; NULL: the root user's */
    /*
     * The CA's certificate stands in a file that AWS_CONFIG_FILE names, instead of AWS_CA_BUNDLE,
     * over which rclone before 1.61 gives up.
     */
    bool ca_in_file;
    bool node;   /* NODE_OPTIONS: what Node loads first, src/cli/hooks/here.cjs */
    bool python; /* PYTHONPATH: what Python loads first, src/cli/hooks/sitecustomize.py */
    bool proxy;  /* NO_PROXY, whether or not a proxy is set */
};
/* value NULL: the variable is to be taken away. */
typedef void cli_variable_fn(void *ctx, const char *name, const char *value);

/*
 * Calls fn for each variable, in a fixed order, and for each that this process has and that would
 * lead a client to another key, endpoint or profile. Writes the files, where they are not so
 * already: they have absolute paths. 0 or -errno with words.
 */
int cli_variables_each(const struct cli_session *s, const struct cli_variables *v,
                       cli_variable_fn *fn, void *ctx, struct err *err);
/*
 * Takes back what cli_variables_each has set for a shell, by this process's environment: calls fn
 * with NULL for each that has that value, and for NODE_OPTIONS with what others want in it.
 * CALOTYPE_DATA and NO_PROXY stay. Needs no daemon.
 */
void cli_variables_unset(cli_variable_fn *fn, void *ctx);
/* DATA/clients, or the user's folder below it, made. The caller frees. */
int cli_variables_folder(const struct cli_session *s, const char *user, char **ret_path,
                         struct err *err);
/*
 * A file in such a folder, 0600, of the owner of DATA. Nothing is written, and nothing synced, where
 * it is so already.
 */
int cli_variables_keep(const struct cli_session *s, const char *path, str text, struct err *err);
