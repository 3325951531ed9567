/* calotype: the command line. The table of verbs, of which some become calotype-daemon (daemon.c). */
#include "cli/verb.h"
#include "prog/say.h"

static const struct prog_verb *const verbs[] = {
#define VERB(name) &cli_verb_##name,
#include "cli/verbs.def"
#undef VERB
};

static void print_verbs(void) {
    prog_print("usage: calotype VERB [ARGUMENTS]\n\n");
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        prog_print("  %-10s %s\n", verbs[i]->name, verbs[i]->summary);
    prog_print("\n`calotype VERB --help` says more about one of them.\n");
}

static int no_such_verb(const char *name) {
    prog_error("there is no verb \"%s\" (calotype --help lists them)", name);
    return PROG_USAGE;
}

static int run_verb(const char *name, int argc, char **argv) {
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(name, verbs[i]->name) == 0)
            return prog_verb_run(verbs[i], argc, argv);
    return no_such_verb(name);
}

static int print_version(int argc, char **) {
    if (argc > 0) {
        prog_error("--version takes no arguments");
        return PROG_USAGE;
    }
    prog_print("calotype %s\n", CALOTYPE_VERSION);
    return PROG_OK;
}

/* `calotype help`, or `calotype help VERB`. */
static int help(int argc, char **argv) {
    static char flag[] = "--help";
    if (argc > 0)
        return run_verb(argv[0], 1, (char *[]){flag, NULL});
    print_verbs();
    return PROG_OK;
}

static int run(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } own[] = {{"--version", print_version},
               {"version", print_version},
               {"--help", help},
               {"-h", help},
               {"help", help}};
    if (argc < 2) {
        print_verbs();
        return PROG_USAGE;
    }
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (strcmp(argv[1], own[i].name) == 0)
            return own[i].run(argc - 2, argv + 2);
    return run_verb(argv[1], argc - 2, argv + 2);
}

int main(int argc, char **argv) {
    prog_begin();
    return prog_end(run(argc, argv));
}
