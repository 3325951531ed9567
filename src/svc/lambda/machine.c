/*
 * What functions run on, as a document for people: each language with its interpreters, the runtimes
 * that each runs, and the packages that `calotype runtime install` brings.
 */
#include "base/packages.h"
#include "svc/lambda/interpreters.h"
#include "svc/lambda/lambda_priv.h"

#include <errno.h>

/* The member of an array that has that program; a new one where none has. Borrowed. */
static json_t *entry_of(json_t *entries, const struct lambda_interpreter *it) {
    size_t i;
    json_t *one;
    str program = str_c(lambda_interpreter_program(it));
    json_array_foreach (entries, i, one)
        if (str_eq(json_str(one, "Program"), program))
            return one;
    one = json_object();
    json_set_str(one, "Program", program);
    json_set_str(one, "Version", str_c(lambda_interpreter_version(it)));
    json_set(one, "Runtimes", json_array());
    json_set(one, "StandsInFor", json_array());
    json_array_append_new(entries, one);
    return one;
}

static bool is_of(const struct lambda_runtime *runtime, const struct packages *language) {
    return !runtime->retired && packages_of(str_c(runtime->family->packages)) == language;
}

/* The interpreters of a language; where a row has none *why says so. */
static json_t *interpreters(struct lambda_interpreters *all, const struct packages *language,
                            struct err *why) {
    json_t *entries = json_array();
    const struct lambda_runtime *runtime;
    for (size_t i = 0; (runtime = lambda_runtime_at(i)); i++) {
        CLEANUP(lambda_interpreter) struct lambda_interpreter *it = NULL;
        if (!is_of(runtime, language) || lambda_interpreters_find(all, runtime, &it, why))
            continue;
        const char *list = lambda_interpreter_fits(it, runtime) ? "Runtimes" : "StandsInFor";
        json_push_str(json_arr(entry_of(entries, it), list), str_c(runtime->name));
    }
    return entries;
}

/* NULL: they are not on this machine. */
static json_t *packages(const struct packages *language) {
    CLEANUP_DEINIT(buf) struct buf folder = {0}, version = {0};
    if (!packages_find(language, &folder))
        return NULL;
    json_t *doc = json_object();
    json_set_str(doc, "Name", str_c(language->probe));
    json_set_str(doc, "Folder", buf_view(&folder));
    if (packages_version(language, buf_cstr(&folder), &version))
        json_set_str(doc, "Version", buf_view(&version));
    return doc;
}

static json_t *machine(struct lambda_interpreters *all) {
    json_t *doc = json_object(), *languages = json_array();
    const struct packages *language;
    for (size_t i = 0; (language = packages_at(i)); i++) {
        struct err why = {0};
        json_t *one = json_object();
        json_set_str(one, "Language", str_c(language->word));
        json_set(one, "Interpreters", interpreters(all, language, &why));
        if (!json_array_size(json_arr(one, "Interpreters")))
            json_set_str(one, "Reason", str_c(why.text));
        json_set(one, "Packages", packages(language));
        json_array_append_new(languages, one);
    }
    json_set(doc, "Languages", languages);
    return doc;
}

json_t *lambda_machine(struct lambda_svc *svc) { return machine(svc->interpreters); }

int lambda_machine_look(const struct lambda_places *places, json_t **ret_doc, struct err *err) {
    CLEANUP(lambda_interpreters)
    struct lambda_interpreters *all = lambda_interpreters_new(places, err);
    if (!all)
        return -EINVAL;
    *ret_doc = machine(all);
    return 0;
}
