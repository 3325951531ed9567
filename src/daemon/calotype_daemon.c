/*
 * calotype-daemon: the cloud of one data folder, and the work on such a folder while its daemon is
 * down. People start it as `calotype up`, `calotype rotate`. The first argument names the verb; it
 * is `up` where the first argument is a flag, or is missing.
 */
#include "daemon/verb.h"
#include "prog/say.h"

static const struct prog_verb *const verbs[] = {
#define VERB(name) &daemon_verb_##name,
#include "daemon/verbs.def"
#undef VERB
};

static int run(int argc, char **argv) {
    if (argc < 1 || argv[0][0] == '-')
        return prog_verb_run(&daemon_verb_up, argc, argv);
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
        if (strcmp(argv[0], verbs[i]->name) == 0)
            return prog_verb_run(verbs[i], argc - 1, argv + 1);
    prog_error("calotype-daemon has no verb \"%s\"", argv[0]);
    return PROG_USAGE;
}

int main(int argc, char **argv) {
    prog_begin();
    return prog_end(run(argc ? argc - 1 : 0, argv + 1));
}
