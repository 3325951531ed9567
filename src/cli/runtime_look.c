/* What functions run on, as the daemon sees it: it is asked, or where none runs its program is. */
#include "cli/find.h"
#include "cli/runtime.h"
#include "cli/tool.h"
#include "prog/data.h"

#include <errno.h>

int cli_runtime_look_here(const char *data, json_t **ret_doc, struct err *err) {
    CLEANUP_MEM char *program = NULL;
    CLEANUP_DEINIT(buf) struct buf text = {0};
    int r = cli_find("calotype-daemon", NULL, &program, err);
    if (r)
        return r;
    const char *const argv[] = {program, "runtimes", "--data", data, NULL};
    r = cli_tool_read(&(struct cli_tool){.argv = argv, .dies_with_us = true}, &text, err);
    if (r)
        return r;
    *ret_doc = json_parse(buf_view(&text), err);
    return *ret_doc ? 0 : -EPROTO;
}

int cli_runtime_look(const char *data, json_t **ret_doc, struct err *err) {
    int status = 0;
    int r = prog_admin_ask(data, "GET", "/runtimes", STR_NONE, &status, ret_doc, err);
    if (r == -ENOENT || r == -ECONNREFUSED || r == -EACCES)
        return cli_runtime_look_here(data, ret_doc, err);
    if (r == 0 && status != 200)
        return err_set(err, -EPROTO, "the daemon on %s cannot say what functions run on: " STR_FMT,
                       data, STR_ARG(json_str(*ret_doc, "error")));
    return r;
}

const json_t *cli_runtime_row(const json_t *doc, const struct packages *of) {
    size_t i;
    json_t *one;
    json_array_foreach (json_arr(doc, "Languages"), i, one)
        if (str_is(json_str(one, "Language"), of->word))
            return one;
    return NULL;
}
