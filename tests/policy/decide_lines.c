/*
 * Answers decisions on its standard output, one a line, for the cases that come in on its standard
 * input as JSON, one a line, in the form of tests/golden/policy/decisions: differential.py asks.
 * "allowed", "explicit", "implicit"; or "malformed" and the sentence.
 */
#include "asked.h"
#include "base/io.h"

#include <stdio.h>
#include <string.h>

enum { MAX_DOCUMENTS = 8 };

struct documents {
    struct policy *p[MAX_DOCUMENTS];
    size_t n;
};

struct asked {
    struct documents identity, session, boundary, resource;
    struct policy_context *context;
    struct err err;
};

static int add(struct documents *list, const json_t *doc, enum policy_kind kind, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    if (list->n == MAX_DOCUMENTS)
        return err_set(err, POLICY_E_MALFORMED, "too many documents");
    json_write(&text, doc);
    int r = policy_new(&list->p[list->n], kind, buf_view(&text), err);
    list->n += r == 0;
    return r;
}

/* One document, an array of them, or null. */
static int add_all(struct documents *list, const json_t *docs, enum policy_kind kind,
                   struct err *err) {
    if (!docs || json_is_null(docs))
        return 0;
    if (!json_is_array(docs))
        return add(list, docs, kind, err);
    for (size_t i = 0; i < json_array_size(docs); i++)
        if (add(list, json_array_get(docs, i), kind, err))
            return POLICY_E_MALFORMED;
    return 0;
}

static int read_documents(struct asked *a, const json_t *one) {
    struct err *err = &a->err;
    return add_all(&a->identity, json_object_get(one, "identity"), POLICY_IDENTITY, err) ||
           add_all(&a->session, json_object_get(one, "session"), POLICY_SESSION, err) ||
           add_all(&a->boundary, json_object_get(one, "boundary"), POLICY_IDENTITY, err) ||
           add_all(&a->resource, json_object_get(one, "resource_policy"), POLICY_RESOURCE, err) ||
           add_all(&a->resource, json_object_get(one, "trust_policy"), POLICY_TRUST, err);
}

static const char *decide(const struct asked *a, const json_t *one) {
    struct policy_request request = {.principal = principal_of(json_obj(one, "principal")),
                                     .action = json_str(one, "action"),
                                     .resource = json_str(one, "resource"),
                                     .resource_account = json_str(one, "resource_account"),
                                     .context = a->context};
    struct policy_set set = {.identity = (const struct policy *const *)a->identity.p,
                             .n_identity = a->identity.n,
                             .resource = a->resource.p[0],
                             .session = (const struct policy *const *)a->session.p,
                             .n_session = a->session.n,
                             .has_session = json_is_array(json_object_get(one, "session")),
                             .boundary = a->boundary.p[0]};
    return effects[policy_decide(&request, &set).effect];
}

static void forget(struct documents *list) {
    for (size_t i = 0; i < list->n; i++)
        policy_free(list->p[i]);
}

static void answer(str line) {
    struct asked a = {0};
    CLEANUP_JSON json_t *one = json_parse(line, &a.err);
    if (!one || read_documents(&a, one)) {
        printf("malformed %s\n", a.err.text);
    } else {
        a.context = context_of(json_obj(one, "context"));
        puts(decide(&a, one));
    }
    fflush(stdout);
    policy_context_free(a.context);
    forget(&a.identity);
    forget(&a.session);
    forget(&a.boundary);
    forget(&a.resource);
}

int main(void) {
    char *line = NULL;
    size_t room = 0;
    for (ssize_t n; (n = getline(&line, &room, stdin)) > 0;)
        answer(str_n(line, (size_t)n));
    free(line);
    return 0;
}
