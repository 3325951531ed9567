/* calotype: the command line, and as `calotype up` the daemon. The table of verbs. */
#include "cli/verb.h"
#include "prog/say.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} verbs[] = {
    {"up", "run the cloud of a data folder", cli_verb_up},
    {"down", "end it", cli_verb_down},
    {"env", "print the environment for AWS clients", cli_verb_env},
    {"with", "run an AWS client against it", cli_verb_with},
    {"deploy", "deploy the stack", cli_verb_deploy},
    {"put", "upload photographs and wait for their rows", cli_verb_put},
    {"ls", "list the photographs", cli_verb_ls},
    {"show", "show all that is known of one", cli_verb_show},
    {"query", "list those of a span of time", cli_verb_query},
    {"package", "make function.zip", cli_verb_package},
};

static void print_verbs(void) {
    printf("usage: calotype VERB [ARGUMENTS]\n\n");
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        printf("  %-10s %s\n", verbs[i].name, verbs[i].summary);
    printf("\n`calotype VERB --help` says more about one of them.\n");
}

int main(int argc, char **argv) {
    if (argc < 2) {
        print_verbs();
        return PROG_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "version") == 0) {
        printf("calotype %s\n", CALOTYPE_VERSION);
        return PROG_OK;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_verbs();
        return PROG_OK;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 2, argv + 2);
    prog_error("there is no verb \"%s\" (calotype --help lists them)", argv[1]);
    return PROG_USAGE;
}
