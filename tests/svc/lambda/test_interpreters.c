/* Which interpreter runs a row, what it is asked, and what its sandboxes see. */
#include "fake_interpreter.h"

#include "svc/lambda/launch.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

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

/* A shell script, with $0 for its path. */
static const char *script(const char *dir, const char *name, const char *text) {
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
    CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
    CHECK_INT(io_write_full(fd, text, strlen(text)), 0);
    return path;
}

#define SAYS_VERSION "printf 'version\\t20.2.0\\nprogram\\t%s\\n' $0\n"
#define SAYS_DONE    "printf 'done\\t\\n'\n"

/* Those that say why they cannot run functions, and those of which a sandbox cannot show all. */
static void test_unfit(void **) {
    CLEANUP_DEINIT(buf) struct buf many = {0};
    buf_c(&many, "printf 'see\\t/x%d\\n'");
    for (int i = 0; i < 100; i++)
        buf_printf(&many, " %d", i);
    const struct {
        const char *says, *want;
    } cases[] = {
        {"printf 'lacks\\tit is old\\n'", "it is old"},
        {"printf 'see\\t/tmp/modules\\n'", "it needs /tmp/modules, and /tmp is the function's own"},
        {buf_cstr(&many), "it needs more files than a sandbox can show"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        CLEANUP_DEINIT(buf) struct buf text = {0}, found_one = {0}, set_one = {0};
        buf_c(&text, "#!/bin/sh\n" SAYS_VERSION);
        buf_c(&text, cases[i].says);
        buf_c(&text, "\n" SAYS_DONE);
        const char *path = script(first, "node", buf_cstr(&text));
        buf_printf(&found_one,
                   "this machine has no Node that runs functions of nodejs20.x: %s runs no "
                   "functions: %s; `calotype runtime install node` brings one",
                   path, cases[i].want);
        buf_printf(&set_one, "--node %s runs no functions: %s", path, cases[i].want);
        CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, NULL);
        found(all, "nodejs20.x", buf_cstr(&found_one));
        CLEANUP(lambda_interpreters) struct lambda_interpreters *set = look(NULL, path);
        found(set, "nodejs20.x", buf_cstr(&set_one));
    }
    fake_interpreter(second, "node", "20.7.0");
    CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, NULL);
    found(all, "nodejs20.x", "second/node 20.7.0"); /* rather than one that cannot */
}

/* Functions of a daemon that is root run as somebody else. */
static void test_of_root_alone(void **) {
    static const struct {
        const char *name;
        mode_t file, folder;
    } cases[] = {{"the program", 0700, 0755}, {"its library", 0755, 0700}};
    char file[200];
    snprintf(file, sizeof file, "%s/node", elsewhere);
    for (size_t i = 0; geteuid() == 0 && i < ARRAY_LEN(cases); i++) {
        fake_interpreter(elsewhere, "node", "20.2.0");
        CHECK_INT(chmod(file, cases[i].file) | chmod(elsewhere, cases[i].folder), 0);
        CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, file);
        CLEANUP_DEINIT(buf) struct buf want = {0};
        buf_printf(&want, "--node %s runs no functions: other users than root may not read %s",
                   file, i == 0 ? file : elsewhere);
        found(all, "nodejs20.x", buf_cstr(&want));
    }
}

/* A program that another user may write is run only where it is set. */
static void test_of_strangers(void **) {
    static const struct {
        const char *name;
        mode_t file, folder;
        uid_t owner;
    } cases[] = {
        {"a file that all may write", 0757, 0755, 0},
        {"a folder that all may write", 0755, 0777, 0},
        {"another's file", 0755, 0755, 12345},
    };
    char file[200], link[200];
    snprintf(file, sizeof file, "%s/node", elsewhere);
    snprintf(link, sizeof link, "%s/node", first);
    CHECK_INT(symlink(file, link), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fake_interpreter(elsewhere, "node", "20.2.0");
        if (cases[i].owner && (geteuid() != 0 || chown(file, cases[i].owner, 0)))
            continue; /* only root gives files away */
        CHECK_INT(chmod(file, cases[i].file), 0);
        CHECK_INT(chmod(elsewhere, cases[i].folder), 0);
        CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, NULL);
        struct err err = {0};
        CHECK_INT(lambda_interpreters_find(all, lambda_runtime_find(S("nodejs20.x")), NULL, &err),
                  -ENOTSUP);
        CHECK_CASE(strstr(err.text, "is not run, for another user may write"), cases[i].name);
        CHECK_HAS(err.text, "(--node PATH runs it all the same)");
        CHECK_INT(fake_asked(first, "node") + fake_asked(elsewhere, "node"), 0);
        CLEANUP(lambda_interpreters) struct lambda_interpreters *set = look(NULL, file);
        found(set, "nodejs20.x", "elsewhere/node 20.2.0");
        CHECK_INT(unlink(strcat(file, ".asked")), 0);
        *strrchr(file, '.') = '\0';
    }
}

/* Waits until that process is gone, or is only what its parent has not reaped yet. */
static int check_gone(pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    for (int64_t until = clock_mono_ms() + 5000; clock_mono_ms() < until; sched_yield()) {
        CLEANUP_DEINIT(buf) struct buf text = {0};
        if (io_read_file(&text, path, 4096, NULL) || strstr(buf_cstr(&text), ") Z"))
            return 0;
    }
    return -ETIMEDOUT;
}

/* What it finds when it is asked: nothing of the daemon's but what leads to an interpreter. */
static void test_its_surroundings(void **) {
    script(
        first, "node",
        "#!/bin/sh\n"
        "env > $0.env\npwd > $0.pwd\nls /proc/self/fd | wc -l > $0.fds\n"
        "grep SigIgn /proc/self/status > $0.signals\nsleep 1000 & echo $! > $0.child\n" SAYS_VERSION
            SAYS_DONE);
    CLEANUP_FD int not_its = open("/dev/null", O_RDONLY); /* NOLINT: to be inherited */
    setenv("NODE_OPTIONS", "--require=/nowhere", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "hush", 1);
    setenv("PYENV_VERSION", "3.9.1", 1);
    signal(SIGPIPE, SIG_IGN);
    CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, NULL);
    found(all, "nodejs20.x", "first/node 20.2.0");
    signal(SIGPIPE, SIG_DFL);
    unsetenv("NODE_OPTIONS");
    unsetenv("AWS_SECRET_ACCESS_KEY");
    unsetenv("PYENV_VERSION");
    static const char *const files[] = {"env", "pwd", "fds", "signals", "child"};
    struct buf text[ARRAY_LEN(files)] = {0};
    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        CLEANUP_DEINIT(buf) struct buf path = {0};
        buf_printf(&path, "%s/node.%s", first, files[i]);
        CHECK_INT(io_read_file(&text[i], buf_cstr(&path), 65536, NULL), 0);
    }
    CHECK_HAS(buf_cstr(&text[0]), "PYENV_VERSION=3.9.1");
    CHECK(!strstr(buf_cstr(&text[0]), "NODE_OPTIONS"));
    CHECK(!strstr(buf_cstr(&text[0]), "hush"));
    CHECK_BUF(text[1], "/\n");
    CHECK_INT(atoi(buf_cstr(&text[2])), 4); /* 0 to 2, and the folder that ls reads */
    CHECK_INT(strtol(strchr(buf_cstr(&text[3]), ':') + 1, NULL, 16) & 1L << (SIGPIPE - 1), 0);
    CHECK_INT(check_gone(atoi(buf_cstr(&text[4]))), 0);
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        buf_deinit(&text[i]);
}

static void *find_node(void *all) {
    CHECK_INT(lambda_interpreters_find(all, lambda_runtime_find(S("nodejs20.x")), NULL, NULL), 0);
    return NULL;
}

/* One that takes its time holds up nobody who needs another. */
static void test_a_slow_one(void **) {
    char begun[200], go[200];
    pthread_t thread[2];
    fake_interpreter(first, "python3", "3.11.2");
    snprintf(begun, sizeof begun, "%s/node.begun", first);
    snprintf(go, sizeof go, "%s/node.go", first);
    CHECK_INT(mkfifo(begun, 0600) | mkfifo(go, 0600), 0);
    script(first, "node",
           "#!/bin/sh\nprintf x >> $0.asked\necho > $0.begun\nread x < $0.go\n" SAYS_VERSION
               SAYS_DONE);
    CLEANUP(lambda_interpreters) struct lambda_interpreters *all = look(NULL, NULL);
    for (size_t i = 0; i < ARRAY_LEN(thread); i++)
        CHECK_INT(pthread_create(&thread[i], NULL, find_node, all), 0);
    CLEANUP_FD int runs = open(begun, O_RDONLY | O_CLOEXEC); /* and says nothing yet */
    CHECK(runs >= 0);
    found(all, "python3.11", "first/python3 3.11.2");
    CLEANUP_FD int fd = open(go, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    for (; fd < 0 && errno == ENXIO; fd = open(go, O_WRONLY | O_NONBLOCK | O_CLOEXEC))
        sched_yield();
    CHECK_INT(write(fd, "\n", 1), 1); /* somebody reads: it had not been given up */
    for (size_t i = 0; i < ARRAY_LEN(thread); i++)
        CHECK_INT(pthread_join(thread[i], NULL), 0);
    CHECK_INT(fake_asked(first, "node"), 1); /* by one of the two */
}

int main(void) {
#define IN_FOLDERS(test) cmocka_unit_test_setup_teardown(test, setup, tmp_teardown)
    const struct CMUnitTest tests[] = {
        IN_FOLDERS(test_nothing_here),
        IN_FOLDERS(test_order),
        IN_FOLDERS(test_set),
        IN_FOLDERS(test_set_to_nothing),
        IN_FOLDERS(test_asked_once),
        IN_FOLDERS(test_launch),
        IN_FOLDERS(test_launch_node),
        IN_FOLDERS(test_unfit),
        IN_FOLDERS(test_of_root_alone),
        IN_FOLDERS(test_of_strangers),
        IN_FOLDERS(test_its_surroundings),
        IN_FOLDERS(test_a_slow_one),
    };
    return cmocka_run_group_tests_name("svc/lambda/interpreters", tests, NULL, NULL);
}
