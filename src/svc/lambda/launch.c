/* Into a sandbox: what a family and an interpreter say becomes a spec. */
#include "svc/lambda/launch.h"

#include "base/packages.h"
#include "svc/lambda/start.h"

#include <unistd.h>

enum { ARGS_MOST = 16 }; /* of a command, the NULL too */

/* ---- Its command ---- */
/* Does the function choose the size of its heap itself? "-" and "_" are the same in options of V8. */
static bool has_own_heap(const struct lambda_family *family, const struct sandbox_spec *spec) {
    size_t n = strlen(family->heap_own);
    for (const char *const *one = spec->env; one && *one; one++)
        if (strncmp(*one, family->heap_own, n) == 0 && (*one)[n] == '=')
            return strstr(*one, "space-size") || strstr(*one, "space_size");
    return false;
}

/*
 * Nine tenths are the old part's. Half of the rest is the young part's, which is three semi-spaces,
 * and half is for what lies outside of the heap: as AWS's bootstrap divides the memory.
 */
static void add_heap(const struct lambda_family *family, const struct sandbox_spec *spec,
                     struct arena *arena, const char **argv, size_t *n) {
    if (!family->heap_old || has_own_heap(family, spec))
        return;
    unsigned mb = (unsigned)(spec->memory_bytes >> 20), spare = mb / 10;
    argv[(*n)++] = arena_printf(arena, "%s%u", family->heap_young, spare / 6 ? spare / 6 : 1).p;
    argv[(*n)++] = arena_printf(arena, "%s%u", family->heap_old, mb - spare).p;
}

static const char *const *command_of(const struct lambda_launch *launch,
                                     const struct sandbox_spec *spec) {
    const struct lambda_family *family = launch->runtime->family;
    const char **argv = arena_alloc(launch->arena, ARGS_MOST * sizeof *argv);
    size_t n = 0;
    if (launch->wrapped) {
        argv[n++] = LAMBDA_HOST_TOOLS "/sh";
        argv[n++] = family->entry[0];
    }
    argv[n++] = lambda_interpreter_inside(launch->interpreter);
    for (size_t i = 0; family->options && family->options[i]; i++)
        argv[n++] = family->options[i];
    add_heap(family, spec, launch->arena, argv, &n);
    argv[n++] = family->start_path;
    argv[n] = NULL;
    return argv;
}

/* ---- What it sees ---- */
static void add_binds(struct sandbox_spec *spec, const struct sandbox_bind *binds, size_t n) {
    size_t at = 0;
    while (at < SANDBOX_MAX_BINDS && spec->binds[at].host)
        at++;
    for (size_t i = 0; i < n && at < SANDBOX_MAX_BINDS; i++)
        spec->binds[at++] = binds[i];
}

static void add_bind(struct sandbox_spec *spec, const char *host, const char *inside) {
    add_binds(spec, &(struct sandbox_bind){host, inside}, 1);
}

static void add_links(struct sandbox_spec *spec, const struct sandbox_link *links) {
    size_t at = 0;
    while (at < SANDBOX_MAX_LINKS && spec->links[at].inside)
        at++;
    for (; links && links->inside && at < SANDBOX_MAX_LINKS; links++)
        spec->links[at++] = *links;
}

static void add_file(struct sandbox_spec *spec, const char *inside, const char *text) {
    size_t at = 0;
    while (at + 1 < SANDBOX_MAX_FILES && spec->files[at].inside)
        at++;
    spec->files[at] = (struct sandbox_file){inside, str_c(text)};
}

/* What `runtime install` has brought, or a package: the whole folder, or these of it. */
static void add_packages(const struct lambda_launch *launch, struct sandbox_spec *spec) {
    const struct lambda_family *family = launch->runtime->family;
    CLEANUP_DEINIT(buf) struct buf folder = {0};
    if (!packages_find(packages_of(str_c(family->packages)), &folder))
        return;
    const char *host = arena_str(launch->arena, buf_view(&folder)).p;
    if (!family->modules)
        add_bind(spec, host, family->packages_at);
    for (const char *const *name = family->modules; name && *name; name++) {
        const char *module = arena_printf(launch->arena, "%s/%s", host, *name).p;
        if (access(module, R_OK) == 0)
            add_bind(spec, module,
                     arena_printf(launch->arena, "%s/%s", family->packages_at, *name).p);
    }
}

void lambda_launch_fill(const struct lambda_launch *launch, struct sandbox_spec *spec) {
    /* "#!/bin/sh": as on a host. */
    static const struct sandbox_link shells[] = {{"/bin", "usr/bin"}, {NULL, NULL}};
    const struct lambda_family *family = launch->runtime->family;
    const struct sandbox_bind *binds;
    spec->argv = launch->interpreter ? command_of(launch, spec) : family->entry;
    if (!launch->interpreter)
        return;
    spec->records = true; /* whole records of its log: pieces.h */
    size_t n = lambda_interpreter_binds(launch->interpreter, &binds);
    add_binds(spec, binds, n);
    add_packages(launch, spec);
    add_bind(spec, launch->tools, LAMBDA_HOST_TOOLS);
    add_links(spec, shells);
    add_links(spec, family->links);
    add_file(spec, family->start_path, family->start);
    if (launch->wrapped)
        add_file(spec, family->entry[0], lambda_start_wrapped);
}

uint64_t lambda_launch_packages(const struct lambda_runtime *runtime) {
    const char *packages = runtime->family->packages;
    return packages ? packages_mark(packages_of(str_c(packages))) : 0;
}
