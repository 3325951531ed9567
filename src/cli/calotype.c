/* calotype: the command line. The table of verbs; Some become calotype-daemon (daemon.c). */
#include "cli/verb.h"
#include "prog/say.h"

static const struct prog_verb *const verbs[] = {
    &cli_verb_up,     &cli_verb_down,    &cli_verb_reload, &cli_verb_env,    &cli_verb_with,
    &cli_verb_status, &cli_verb_scrub,   &cli_verb_deploy, &cli_verb_put,    &cli_verb_ls,
    &cli_verb_show,   &cli_verb_query,   &cli_verb_open,   &cli_verb_get,    &cli_verb_rm,
    &cli_verb_tail,   &cli_verb_package, &cli_verb_repair, &cli_verb_rotate,
};

static void print_verbs(void) {
    prog_print("usage: calotype VERB [ARGUMENTS]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        prog_print("  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    prog_print("\n`calotype VERB --help` says more about one of them.\n");
}

static int run(int argc, char **argv) {
    if (argc < 2) {
        print_verbs();
        return PROG_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        prog_print("calotype %s\n", CALOTYPE_VERSION);
        return PROG_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_verbs();
        return PROG_OK;
    }
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(argv[1], verbs[i]->name) == 0)
            return prog_verb_run(verbs[i], argc - 2, argv + 2);
    prog_error("there is no verb \"%s\" (calotype --help lists them)", argv[1]);
    return PROG_USAGE;
}

int main(int argc, char **argv) {
    prog_begin();
    return prog_end(run(argc, argv));
}
