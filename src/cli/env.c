/* calotype env: the environment in which other clients speak to the daemon, for `eval`. */
#include "base/ascii.h"
#include "cli/clients.h"
#include "cli/common.h"
#include "cli/user.h"
#include "cli/variables.h"
#include "cli/verb.h"
#include "prog/say.h"

/* An environment may hold names that a shell would read as something else, a command even. */
static bool is_shell_name(const char *name) {
    return !ascii_is_digit(name[0]) && ascii_only_alnum(str_c(name), "_");
}

/* export NAME='value': nothing is special within single quotes but the quote itself. */
static void print_variable(void *, const char *name, const char *value) {
    if (!is_shell_name(name))
        return;
    if (!value) {
        prog_print("unset %s\n", name);
        return;
    }
    CLEANUP_DEINIT(buf) struct buf quoted = {0};
    cli_add_quoted(&quoted, value);
    prog_print("export %s=%s\n", name, buf_cstr(&quoted));
}

static void add_member(void *ctx, const char *name, const char *value) {
    if (value)
        json_set_str(ctx, name, str_c(value));
    else
        json_object_set_new(ctx, name, json_null());
}

struct env {
    const char *data;
    struct cli_user user;
    bool json, unset;
};

static void env_deinit(void *ctx) { free(((struct env *)ctx)->user.policies.p); }

static void say_notes(const struct cli_clients *clients) {
    str rest = buf_view(&clients->notes), line;
    while (rest.len) {
        str_cut(rest, '\n', &line, &rest);
        prog_hint(STR_FMT, STR_ARG(line));
    }
}

static int print_all(const struct env *env, struct cli_cloud *cloud,
                     const struct prog_credentials *key, struct err *err) {
    CLEANUP_DEINIT(cli_clients) struct cli_clients clients = {0};
    CLEANUP_JSON json_t *doc = json_object();
    cli_clients_find(&clients, !env->json);
    const struct cli_variables variables = {.key = key,
                                            .user = env->user.name,
                                            .ca_in_file = clients.old_rclone,
                                            .node = clients.node};
    int r = cli_variables_each(&cloud->session, &variables, env->json ? add_member : print_variable,
                               doc, err);
    if (r == 0 && env->json)
        cli_print_json(doc);
    if (r == 0)
        say_notes(&clients);
    return r;
}

/* What was there before is not known here. */
static int print_unset(const struct env *env) {
    CLEANUP_JSON json_t *doc = json_object();
    cli_variables_unset(env->json ? add_member : print_variable, doc);
    if (env->json)
        cli_print_json(doc);
    prog_hint("what `calotype env` had set is taken back; what the shell had in its place before "
              "(AWS_PROFILE, keys) is not brought back");
    return PROG_OK;
}

static int run(void *ctx, char **, int, struct err *err) {
    const struct env *env = ctx;
    const struct cli_cloud_options options = {.data = env->data};
    struct cli_cloud cloud;
    struct prog_credentials key = {0};
    if (env->user.policies.n && !env->user.name) {
        prog_error("--policy is for the user that --user NAME names");
        return PROG_USAGE;
    }
    if (env->unset && env->user.name) {
        prog_error("--unset takes back the whole environment, whichever user's: leave out --user");
        return PROG_USAGE;
    }
    if (env->unset)
        return print_unset(env);
    int r = cli_cloud_connect(&cloud, &options, err);
    if (r == 0 && env->user.name)
        r = cli_user_key(&cloud, &env->user, &key, err);
    r = r ? r : print_all(env, &cloud, env->user.name ? &key : NULL, err);
    explicit_bzero(&key, sizeof key);
    cli_cloud_deinit(&cloud);
    return r;
}

static const struct prog_flag flags[] = {
    PROG_DATA(struct env, data),
    PROG_CHECKED(struct env, user.name, "user", "NAME", cli_user_check,
                 "an IAM user's key instead of the root user's; made where there is none"),
    PROG_LIST(struct env, user.policies, "policy", "NAME", prog_check_given,
              "a managed policy for that user, by name or ARN; several times"),
    PROG_SWITCH(struct env, unset, "unset", "what takes all of it back"),
    PROG_SWITCH(struct env, json, "json", "one JSON object instead"),
};

const struct prog_verb cli_verb_env = {
    .name = "env",
    .summary = "print the environment for AWS clients",
    .arguments = "[--data DIR] [--user NAME [--policy NAME]... | --unset]",
    .about =
        "Prints what makes AWS clients speak to the running daemon:\n\n"
        "  eval \"$(calotype env)\"\n\n"
        "Looks which clients are on PATH, and says on stderr which of them need more than an\n"
        "environment: those want `calotype with`.\n\n"
        "The key is the root user's, who may do everything but assume a role. With --user it is\n"
        "an IAM user's, who begins without any right:\n\n"
        "  eval \"$(calotype env --user ana --policy AdministratorAccess)\"\n\n"
        "The shell is yours again after\n\n"
        "  eval \"$(calotype env --unset)\"",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .size = sizeof(struct env),
    .run = run,
    .deinit = env_deinit,
};
