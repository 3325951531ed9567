/* cli/audited: the project's settings of audits, and the audit before a deployment. */
#include "cli/audited.h"
#include "base/io.h"
#include "prog/say.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_CONFIG = 64 << 10 };

static int read_config(const char *path, struct audit_config *ret, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int r = io_read_file(&text, path, MOST_CONFIG, err);
    return r ? r : audit_config_read(ret, path, buf_view(&text), err);
}

/* path becomes the folder above; false: there is none. */
static bool go_up(char *path) {
    char *slash = strrchr(path, '/');
    if (!slash || strcmp(path, "/") == 0)
        return false;
    slash[slash == path] = '\0';
    return true;
}

/* In a folder: 1 it is there (its path in *ret), 0 it is not, and *ret_last: none above counts. */
static bool look_in(const char *folder, char ret[static PATH_MAX], bool *ret_last) {
    const char *slash = strcmp(folder, "/") == 0 ? "" : "/";
    *ret_last = (size_t)snprintf(ret, PATH_MAX, "%s%s.git", folder, slash) >= PATH_MAX ||
                access(ret, F_OK) == 0;
    return (size_t)snprintf(ret, PATH_MAX, "%s%s.calotype.yaml", folder, slash) < PATH_MAX &&
           access(ret, F_OK) == 0;
}

int cli_audit_config(const char *config, const char *beside, struct audit_config *ret,
                     struct err *err) {
    *ret = (struct audit_config){0};
    if (config)
        return read_config(config, ret, err);
    char path[PATH_MAX];
    CLEANUP_MEM char *folder = mem_strdup(beside ? beside : ".");
    bool is_below = beside && go_up(folder);
    CLEANUP_MEM char *at = realpath(is_below ? folder : ".", NULL);
    bool last = at == NULL;
    while (!last) {
        if (look_in(at, path, &last))
            return read_config(path, ret, err);
        last |= !go_up(at);
    }
    return 0;
}

struct audit_format_options cli_audit_look(int fd) {
    return (struct audit_format_options){.excerpt = isatty(fd) == 1,
                                         .colours = prog_colour(fd, COLOUR_BAD)[0] != '\0'};
}

int cli_audited(const char *path, str template, size_t *ret_errors, struct err *err) {
    struct audit_config config;
    *ret_errors = 0;
    int r = cli_audit_config(NULL, path, &config, err);
    if (r == 0) {
        const struct audit_options options = {.profile =
                                                  config.profile ? *config.profile : AUDIT_PIPELINE,
                                              .least = AUDIT_ERROR,
                                              .ignored = config.ignored,
                                              .n_ignored = config.n_ignored,
                                              .reads_files = true};
        CLEANUP(audit) struct audit *a = audit_new(&options);
        CLEANUP_DEINIT(buf) struct buf out = {0};
        const struct audit_format_options look = cli_audit_look(2);
        audit_template_read(a, path, template);
        audit_findings(a, ret_errors);
        audit_format_find("text")->write(&out, a, &look);
        if (*ret_errors) {
            prog_progress_end();
            fwrite(out.p, 1, out.len, stderr);
        }
    }
    audit_config_deinit(&config);
    return r;
}
