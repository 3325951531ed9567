/* The table of runtimes. */
#include "svc/lambda/runtimes.h"

#include "svc/lambda/start.h"

#include <unistd.h>

/* ---- provided: the function brings its program, which speaks the runtime API ---- */
static const char *const bootstrap[] = {"/var/task/bootstrap", NULL};
static const struct sandbox_bind no_binds[] = {{NULL, NULL}};
static const char *const no_variables[][2] = {{NULL, NULL}};

#define PROVIDED(row_name, ...)                                                                    \
    {                                                                                              \
        .name = row_name, .argv = bootstrap, .own_program = "bootstrap", .binds = no_binds,        \
        .variables = no_variables, __VA_ARGS__                                                     \
    }

/* ---- python: the interpreter of the host, and a start script of ours ---- */
#if defined(__aarch64__)
#define LIBRARIES "/usr/lib/aarch64-linux-gnu"
#define LOADER    "/lib/ld-linux-aarch64.so.1"
#else
#define LIBRARIES "/usr/lib/x86_64-linux-gnu"
#define LOADER    "/lib64/ld-linux-x86-64.so.2"
#endif
#define START_PYTHON "/var/runtime/bootstrap.py"

static const char *const python_variables[][2] = {{"PYTHONPATH", "/var/runtime"}, {NULL, NULL}};

#define PYTHON(version)                                                                            \
    {                                                                                              \
        .name = "python" version,                                                                  \
        .argv = (const char *const[]){"/usr/bin/python" version, START_PYTHON, NULL},              \
        .binds =                                                                                   \
            (const struct sandbox_bind[]){{"/usr/bin/python" version, "/usr/bin/python" version},  \
                                          {"/usr/lib/python" version, "/usr/lib/python" version},  \
                                          {LIBRARIES, LIBRARIES},                                  \
                                          {LOADER, LOADER},                                        \
                                          {NULL, NULL}},                                           \
        .start_path = START_PYTHON, .start = lambda_start_python, .variables = python_variables,   \
        .records = true                                                                            \
    }

/* ---- nodejs: the same ---- */
#define START_NODE "/var/runtime/bootstrap.js"

static const char *const node_variables[][2] = {
    {"NODE_PATH", "/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"},
    {NULL, NULL}};

#define NODE(version)                                                                              \
    {                                                                                              \
        .name = "nodejs" version ".x",                                                             \
        .argv = (const char *const[]){"/usr/bin/node", START_NODE, NULL},                          \
        .binds = (const struct sandbox_bind[]){{"/usr/bin/node", "/usr/bin/node"},                 \
                                               {LIBRARIES, LIBRARIES},                             \
                                               {LOADER, LOADER},                                   \
                                               {NULL, NULL}},                                      \
        .start_path = START_NODE, .start = lambda_start_node, .variables = node_variables,         \
        .whole_proc = true, .records = true                                                        \
    }

/* ---- The table ---- */
static const struct lambda_runtime runtimes[] = {
    PROVIDED("provided.al2023"),
    PROVIDED("provided.al2", .retired = true),
    PROVIDED("provided", .retired = true),
    PYTHON("3.11"), /* Debian 12 */
    PYTHON("3.13"), /* Debian 13 */
    NODE("18"),
    NODE("20"),
    NODE("22"),
};

const struct lambda_runtime *lambda_runtime_find(str name) {
    for (size_t i = 0; i < ARRAY_LEN(runtimes); i++)
        if (str_is(name, runtimes[i].name))
            return &runtimes[i];
    return NULL;
}

bool lambda_runtime_is_here(const struct lambda_runtime *runtime, const char **ret_missing) {
    for (const struct sandbox_bind *bind = runtime->binds; bind->host; bind++) {
        *ret_missing = bind->host;
        if (access(bind->host, R_OK))
            return false;
    }
    return true;
}

const struct lambda_runtime *lambda_runtime_offered(size_t i) {
    const char *missing;
    for (size_t at = 0; at < ARRAY_LEN(runtimes); at++)
        if (!runtimes[at].retired && lambda_runtime_is_here(&runtimes[at], &missing) && i-- == 0)
            return &runtimes[at];
    return NULL;
}

void lambda_runtime_names(struct buf *out) {
    const struct lambda_runtime *one, *next = lambda_runtime_offered(0);
    for (size_t i = 0; (one = next); i++) {
        next = lambda_runtime_offered(i + 1);
        buf_printf(out, "%s%s", i == 0 ? "" : next ? ", " : " and ", one->name);
    }
}
