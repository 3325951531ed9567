/* Which interpreter runs a row, what it is asked, and what its sandboxes see. */
#include "fake_interpreter.h"

#include "svc/lambda/launch.h"

#include <errno.h>

/* Two folders, as /usr/bin and /usr/local/bin are, and one where nobody looks. */
static char first[160], second[160], elsewhere[160];
static const char *const folders[] = {first, second, NULL};

static int setup(void **state) {
    char *const all[] = {first, second, elsewhere};
    static const char *const names[] = {"first", "second", "elsewhere"};
    tmp_setup(state);
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        snprintf(all[i], sizeof first, "%s/%s", tmp_own, names[i]);
        CHECK_INT(mkdir(all[i], 0755), 0);
    }
    return 0;
}

static struct lambda_interpreters *look(const char *python, const char *node) {
    struct err err = {0};
    const struct lambda_places places = {python, node, folders};
    struct lambda_interpreters *all = lambda_interpreters_new(&places, &err);
    CHECK_TEXT(err.text, "");
    return all;
}

/* "FOLDER/FILE VERSION", or the words of its absence. */
static void found(struct lambda_interpreters *all, const char *runtime, const char *want) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    CLEANUP(lambda_interpreter) struct lambda_interpreter *it = NULL;
    struct err err = {0};
    int r = lambda_interpreters_find(all, lambda_runtime_find(str_c(runtime)), &it, &err);
    if (r == 0)
        buf_printf(&text, "%s %s", lambda_interpreter_program(it) + strlen(tmp_own) + 1,
                   lambda_interpreter_version(it));
    CHECK_CASE(str_is(r ? str_c(err.text) : buf_view(&text), want), r ? err.text : text.p);
    CHECK_INT(r, r ? -ENOTSUP : 0);
}

static void test_nothing_here(void **) {
    CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, "");
    CLEANUP_DEINIT(buf) struct buf names = {0};
    found(all, "python3.9",
          "this machine has no Python, which functions of python3.9 need: install it with "
          "`calotype runtime install python`");
    found(all, "nodejs22.x",
          "this machine has no Node, which functions of nodejs22.x need: install it with "
          "`calotype runtime install node`");
    CHECK_INT(lambda_interpreters_find(all, lambda_runtime_find(S("provided.al2023")), NULL, NULL),
              0);
    lambda_interpreters_names(all, &names);
    CHECK_BUF(names, "provided.al2023");
    for (size_t i = 0; lambda_family_at(i); i++)
        CHECK(lambda_interpreters_seem_here(all, lambda_family_at(i)) == (i == 0));
}

static void test_order(void **) {
    CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, NULL);
    fake_interpreter(second, "python3.13", "3.13.5");
    found(all, "python3.9", "second/python3.13 3.13.5");
    fake_interpreter(first, "python3.12", "3.12.1");
    fake_interpreter(first, "python3.11", "3.11.2");
    fake_interpreter(first, "python3", "3.11.2");
    fake_interpreter(second, "python3.12", "3.12.9");
    static const char *const cases[][2] = {
        {"python3.11", "first/python3.11 3.11.2"},  /* the exact one */
        {"python3.12", "first/python3.12 3.12.1"},  /* in the first folder */
        {"python3.13", "second/python3.13 3.13.5"}, /* or the second */
        {"python3.9", "first/python3 3.11.2"},      /* else what the machine calls python3 */
        {"python3.14", "first/python3 3.11.2"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        found(all, cases[i][0], cases[i][1]);
    fake_interpreter(first, "node", "20.20.2");
    fake_interpreter(second, "node", "2.0.1");
    found(all, "nodejs20.x", "first/node 20.20.2");
    found(all, "nodejs22.x", "first/node 20.20.2"); /* 2 is not 22 */
    fake_interpreter(second, "node", "22.1.0");
    found(all, "nodejs22.x", "second/node 22.1.0");
    CLEANUP_DEINIT(buf) struct buf names = {0};
    lambda_interpreters_names(all, &names);
    CHECK_BUF(names, "provided.al2023, python3.* (by Python 3.11.2) and nodejs* (by Node 20.20.2)");
}

static void test_set(void **) {
    char set[200], link[200];
    fake_interpreter(first, "python3.11", "3.11.2");
    fake_interpreter(first, "python3", "3.11.2");
    fake_interpreter(elsewhere, "mine", "3.12.7");
    snprintf(set, sizeof set, "%s/mine", elsewhere);
    snprintf(link, sizeof link, "%s/link", elsewhere);
    CHECK_INT(symlink("mine", link), 0);
    CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(link, NULL);
    found(all, "python3.12", "elsewhere/mine 3.12.7");
    found(all, "python3.9", "elsewhere/mine 3.12.7"); /* rather than python3 */
    found(all, "python3.11", "first/python3.11 3.11.2");
    fake_interpreter(elsewhere, "mine", "3.11.9");
    found(all, "python3.11", "elsewhere/mine 3.11.9");
    CHECK_INT(unlink(set), 0);
    CHECK_INT(symlink("/bin/true", set), 0);
    CLEANUP_DEINIT(buf) struct buf says = {0};
    buf_printf(&says, "--python %s does not run as Python", set);
    found(all, "python3.11", buf_cstr(&says));
}

static void test_set_to_nothing(void **) {
    char no_program[200];
    snprintf(no_program, sizeof no_program, "%s/text", elsewhere);
    close(open(no_program, O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
    static const struct {
        const char *path, *want;
    } cases[] = {{"/nowhere/python3", "--python /nowhere/python3: No such file or directory"},
                 {NULL, ": Permission denied"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct err err = {0};
        const char *path = cases[i].path ? cases[i].path : no_program;
        CHECK(!lambda_interpreters_new(&(struct lambda_places){.python = path}, &err));
        CHECK_HAS(err.text, cases[i].want);
    }
}

/* What an interpreter says is kept; its file changes, and it is asked again. */
static void test_asked_once(void **) {
    CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, NULL);
    fake_interpreter(first, "node", "20.1.0");
    for (size_t i = 0; i < 3; i++)
        found(all, "nodejs20.x", "first/node 20.1.0");
    CHECK_INT(fake_asked(first, "node"), 1);
    fake_interpreter(first, "node", "20.2.0");
    for (size_t i = 0; i < 3; i++)
        found(all, "nodejs20.x", "first/node 20.2.0");
    CHECK_INT(fake_asked(first, "node"), 2);
}

/* What changed on disk does not touch what an environment that starts has in its hands. */
static void test_launch(void **) {
    CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, NULL);
    CLEANUP(lambda_interpreter) struct lambda_interpreter *it = NULL;
    const struct lambda_runtime *row = lambda_runtime_find(S("python3.9"));
    struct sandbox_spec spec = {.files = {{"/etc/x", S("x")}}};
    char program[200], library[200];
    fake_interpreter(second, "python3", "3.11.2");
    CHECK_INT(lambda_interpreters_find(all, row, &it, NULL), 0);
    fake_interpreter(second, "python3", "3.12.2");
    CHECK_INT(lambda_interpreters_find(all, row, NULL, NULL), 0);
    CLEANUP_DEINIT(arena) struct arena arena = {0};
    struct lambda_launch launch = {row, it, "/tools", false, &arena};
    lambda_launch_fill(&launch, &spec);
    CHECK_TEXT(lambda_interpreter_version(it), "3.11.2");
    snprintf(program, sizeof program, "%s/python3", second);
    snprintf(library, sizeof library, "%s/libx.so.1", second);
    CHECK_TEXT(spec.argv[0], "/var/lang/bin/python3");
    CHECK_TEXT(spec.argv[1], "/var/runtime/bootstrap.py");
    CHECK_TEXT(spec.argv[2], NULL);
    CHECK_TEXT(spec.files[0].inside, "/etc/x");
    CHECK_TEXT(spec.files[1].inside, "/var/runtime/bootstrap.py");
    const struct sandbox_bind want[] = {{second, "/var/lang/second"},
                                        {"", "/var/lang/second/site-packages"},
                                        {library, "/var/lang/lib/libx.so.1"},
                                        {program, "/var/lang/bin/python3"},
                                        {"/tools", "/usr/bin"}};
    for (size_t i = 0, at = 0; i < ARRAY_LEN(want); i++) {
        for (; spec.binds[at].host && strcmp(spec.binds[at].inside, want[i].inside) != 0; at++)
            ;
        CHECK_TEXT(spec.binds[at].host, want[i].host); /* in this order: one covers another */
    }

    const struct sandbox_spec none = {0};
    spec = none;
    launch.wrapped = true;
    lambda_launch_fill(&launch, &spec);
    static const char *const wrapped[] = {"/usr/bin/sh", "/var/runtime/bootstrap",
                                          "/var/lang/bin/python3", "/var/runtime/bootstrap.py"};
    for (size_t i = 0; i < ARRAY_LEN(wrapped); i++)
        CHECK_TEXT(spec.argv[i], wrapped[i]);
    CHECK_TEXT(spec.files[1].inside, "/var/runtime/bootstrap");
    spec = none;
    launch = (struct lambda_launch){.runtime = lambda_runtime_find(S("provided.al2023"))};
    lambda_launch_fill(&launch, &spec);
    CHECK_TEXT(spec.argv[0], "/var/task/bootstrap");
    CHECK(!spec.binds[0].host && !spec.files[0].inside);
}

/* Node's command: what AWS gives it, heaps that fit into the memory; its packages, where they are. */
static void test_launch_node(void **) {
    static const struct {
        const char *name, *variable;
        uint64_t mb;
        const char *young, *old;
    } cases[] = {
        {"small", "A=--max-old-space-size", 128, "--max-semi-space-size=2",
         "--max-old-space-size=116"},
        {"large", "NODE_OPTIONS=--enable-source-maps", 1024, "--max-semi-space-size=17",
         "--max-old-space-size=922"},
        {"its own", "NODE_OPTIONS=--max-old-space-size=60", 128, NULL, NULL},
        {"the other spelling", "NODE_OPTIONS=-r x --max_semi_space_size=1", 128, NULL, NULL},
    };
    CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, NULL);
    CLEANUP(lambda_interpreter) struct lambda_interpreter *it = NULL;
    const struct lambda_runtime *row = lambda_runtime_find(S("nodejs20.x"));
    char packages[200];
    fake_interpreter(first, "node", "20.2.0");
    CHECK_INT(lambda_interpreters_find(all, row, &it, NULL), 0);
    snprintf(packages, sizeof packages, "%s/nodejs/node_modules/@aws-sdk", first);
    CHECK_INT(io_mkdirs(packages, 0755, NULL), 0);
    *strrchr(packages, '/') = '\0';
    setenv("CALOTYPE_RUNTIMES", first, 1);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(arena) struct arena arena = {0};
        const char *const env[] = {"B=1", cases[i].variable, NULL};
        struct sandbox_spec spec = {.env = env, .memory_bytes = cases[i].mb << 20};
        lambda_launch_fill(&(struct lambda_launch){row, it, "/tools", false, &arena}, &spec);
        const char *const want[] = {"--expose-gc", "--max-http-header-size=81920",
                                    "--use-openssl-ca", cases[i].young, cases[i].old};
        size_t at = 1;
        for (size_t k = 0; k < ARRAY_LEN(want); k++)
            if (want[k])
                CHECK_TEXT(spec.argv[at++], want[k]);
        CHECK_TEXT(spec.argv[at], "/var/runtime/bootstrap.js");
        CHECK_TEXT(spec.argv[at + 1], NULL);
        CHECK_TEXT(spec.links[0].target, "usr/bin");
        CHECK_TEXT(spec.links[1].target, "/opt/nodejs/node_modules");
        CHECK_TEXT(spec.links[2].target, "/var/runtime/node_modules");
        for (at = 0; spec.binds[at].host && strcmp(spec.binds[at].host, packages) != 0; at++)
            ;
        CHECK_TEXT(spec.binds[at].inside, "/var/runtime/node_modules");
    }
    unsetenv("CALOTYPE_RUNTIMES");
}

int main(void) {
#define IN_FOLDERS(test) cmocka_unit_test_setup_teardown(test, setup, tmp_teardown)
    const struct CMUnitTest tests[] = {
        IN_FOLDERS(test_nothing_here),   IN_FOLDERS(test_order),      IN_FOLDERS(test_set),
        IN_FOLDERS(test_set_to_nothing), IN_FOLDERS(test_asked_once), IN_FOLDERS(test_launch),
        IN_FOLDERS(test_launch_node),
    };
    return cmocka_run_group_tests_name("svc/lambda/interpreters", tests, NULL, NULL);
}
