/* cli/stack: drives a stack by change sets, and shows its events until it rests. */
#include "cli/stack.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/map.h"
#include "cli/row.h"
#include "cli/xml.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#define VERSION "2010-05-15"
enum { POLL_FIRST_MS = 10, POLL_MOST_MS = 1000, MOST_PARAMETERS = 64 };

void cli_stack_deinit(struct cli_stack *stack) { buf_deinit(&stack->xml); }

static int ask(struct cli_stack *s, const char *action, const struct sign_header *params, size_t n,
               struct buf *xml, struct client_fault *fault) {
    buf_clear(xml);
    const struct client_form form = {"cloudformation", action, VERSION, params, n};
    return client_query(s->cloud->client, &form, xml, fault);
}

static int say(const char *action, const struct client_fault *fault, struct err *err) {
    char what[64];
    snprintf(what, sizeof what, "cloudformation:%s", action);
    return cli_cloud_fault(what, fault, err);
}

static str text_of(str xml, const char *element, struct buf *into) {
    buf_clear(into);
    client_xml_text(xml, element, into);
    return buf_view(into);
}

/* ---- Looking ---- */

bool cli_stack_is_missing(const struct client_fault *fault) {
    return strcmp(fault->code, "ValidationError") == 0 &&
           str_find(str_c(fault->message), S("does not exist")) >= 0;
}

static int look(struct cli_stack *s, struct err *err) {
    struct client_fault fault;
    struct sign_header params[] = {{S("StackName"), str_c(s->name)}};
    s->exists = false;
    s->status[0] = '\0';
    if (ask(s, "DescribeStacks", params, 1, &s->xml, &fault))
        return cli_stack_is_missing(&fault) ? 0 : say("DescribeStacks", &fault, err);
    CLEANUP_DEINIT(buf) struct buf status = {0};
    str found = text_of(buf_view(&s->xml), "StackStatus", &status);
    snprintf(s->status, sizeof s->status, STR_FMT, STR_ARG(found));
    /* A stack that was only ever reviewed has no resources: it is to be created. */
    s->exists = strcmp(s->status, "REVIEW_IN_PROGRESS") != 0;
    return 0;
}

static void each_pair(str xml, const char *list, const char *key_name, const char *value_name,
                      void (*fn)(void *ctx, str key, str value), void *ctx) {
    str all, member;
    if (!cli_xml_next(&xml, list, &all))
        return;
    while (cli_xml_next(&all, "member", &member)) {
        CLEANUP_DEINIT(buf) struct buf key = {0}, value = {0};
        text_of(member, key_name, &key);
        text_of(member, value_name, &value);
        fn(ctx, buf_view(&key), buf_view(&value));
    }
}

void cli_stack_outputs(const struct cli_stack *s, void (*fn)(void *ctx, str key, str value),
                       void *ctx) {
    each_pair(buf_view(&s->xml), "Outputs", "OutputKey", "OutputValue", fn, ctx);
}

static void each_parameter(const struct cli_stack *s, void (*fn)(void *ctx, str key, str value),
                           void *ctx) {
    each_pair(buf_view(&s->xml), "Parameters", "ParameterKey", "ParameterValue", fn, ctx);
}

/* ---- Events ---- */

struct events {
    struct map seen; /* EventId → anything; the ones of before the change are put in first */
    struct buf first_failure;
};

static bool is_failure(str status) { return str_ends(status, S("_FAILED")); }

static void show_event(struct events *e, str event) {
    CLEANUP_DEINIT(buf) struct buf status = {0}, id = {0}, reason = {0};
    text_of(event, "ResourceStatus", &status);
    text_of(event, "LogicalResourceId", &id);
    text_of(event, "ResourceStatusReason", &reason);
    /* What was cancelled failed because of something else. */
    bool cause = is_failure(buf_view(&status)) && str_find(buf_view(&reason), S("cancelled")) < 0;
    if (cause && !e->first_failure.len)
        buf_printf(&e->first_failure, "%s: %s", buf_cstr(&id), buf_cstr(&reason));
    if (!prog_on_terminal())
        return;
    prog_hint_in(is_failure(buf_view(&status)) ? COLOUR_BAD : COLOUR_DIM, "%-28s %-30s %s",
                 buf_cstr(&status), buf_cstr(&id), reason.len ? buf_cstr(&reason) : "");
}

/* The answer is newest first; they are shown oldest first. */
static int take_events(struct cli_stack *s, struct events *e, bool show, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0};
    struct client_fault fault;
    struct sign_header params[] = {{S("StackName"), str_c(s->name)}};
    if (ask(s, "DescribeStackEvents", params, 1, &xml, &fault))
        return cli_stack_is_missing(&fault) ? 0 : say("DescribeStackEvents", &fault, err);
    str rest = buf_view(&xml), list, event, fresh[256];
    size_t n = 0;
    if (!cli_xml_next(&rest, "StackEvents", &list))
        return 0;
    while (n < ARRAY_LEN(fresh) && cli_xml_next(&list, "member", &event)) {
        CLEANUP_DEINIT(buf) struct buf id = {0};
        if (map_put(&e->seen, text_of(event, "EventId", &id), e))
            break; /* from here on all are known */
        fresh[n++] = event;
    }
    while (show && n > 0)
        show_event(e, fresh[--n]);
    return 0;
}

/* ---- The change set ---- */

struct params {
    struct sign_header p[16 + 3 * MOST_PARAMETERS];
    size_t n, n_parameters;
    struct arena arena;
    const struct cli_parameter *given;
    size_t n_given;
};

static void add(struct params *p, str name, str value) {
    if (p->n < ARRAY_LEN(p->p))
        p->p[p->n++] = (struct sign_header){name, arena_str(&p->arena, value)};
}

static void add_parameter(struct params *p, str key, const char *what, str value) {
    size_t i = ++p->n_parameters;
    add(p, arena_printf(&p->arena, "Parameters.member.%zu.ParameterKey", i), key);
    add(p, arena_printf(&p->arena, "Parameters.member.%zu.%s", i, what), value);
}

static void keep_previous(void *ctx, str key, str) {
    struct params *p = ctx;
    for (size_t i = 0; i < p->n_given; i++)
        if (str_eq(p->given[i].name, key))
            return;
    add_parameter(p, key, "UsePreviousValue", S("true"));
}

/* Waits for the change set. 0, CLI_STACK_UNCHANGED, or its reason for failing. */
static int await_change_set(struct cli_stack *s, str set, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0}, text = {0};
    struct client_fault fault;
    struct sign_header params[] = {{S("StackName"), str_c(s->name)}, {S("ChangeSetName"), set}};
    for (unsigned pause_ms = POLL_FIRST_MS;;
         pause_ms = pause_ms * 2 < POLL_MOST_MS ? pause_ms * 2 : POLL_MOST_MS) {
        if (ask(s, "DescribeChangeSet", params, 2, &xml, &fault))
            return say("DescribeChangeSet", &fault, err);
        str status = text_of(buf_view(&xml), "Status", &text);
        if (str_is(status, "CREATE_COMPLETE"))
            return 0;
        if (str_is(status, "FAILED"))
            break;
        usleep(pause_ms * 1000);
    }
    str reason = text_of(buf_view(&xml), "StatusReason", &text);
    bool unchanged = str_find(reason, S("didn't contain changes")) >= 0 ||
                     str_find(reason, S("No updates")) >= 0;
    ask(s, "DeleteChangeSet", params, 2, &xml, &fault); /* best effort: it is of no more use */
    return unchanged ? CLI_STACK_UNCHANGED
                     : err_set(err, -EIO, "the change set failed: %s", buf_cstr(&text));
}

/* "Parameters: [Unknown] do not exist in the template", "Parameter 'KeepGps' must be one of …" */
static bool is_about_parameters(const struct client_fault *fault) {
    return strcmp(fault->code, "ValidationError") == 0 &&
           str_starts(str_c(fault->message), S("Parameter"));
}

/* A template's faults are a line each: they are printed, for err has room for one. */
static int say_all(const char *action, const struct client_fault *fault, struct err *err) {
    size_t n = 0;
    if (!strchr(fault->message, '\n'))
        return say(action, fault, err);
    for (str rest = str_c(fault->message), line; rest.p; n++) {
        str_cut(rest, '\n', &line, &rest);
        prog_error(STR_FMT, STR_ARG(line));
    }
    return err_set(err, -EIO,
                   "cloudformation:%s: %s: the template is refused for the %zu lines above", action,
                   fault->code, n);
}

static int make_change_set(struct cli_stack *s, str template,
                           const struct cli_parameter *parameters, size_t n, str set,
                           struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0};
    struct client_fault fault;
    struct params *p = mem_new(struct params);
    p->given = parameters;
    p->n_given = n;
    add(p, S("StackName"), str_c(s->name));
    add(p, S("ChangeSetName"), set);
    add(p, S("ChangeSetType"), s->exists ? S("UPDATE") : S("CREATE"));
    add(p, S("TemplateBody"), template);
    add(p, S("Capabilities.member.1"), S("CAPABILITY_NAMED_IAM"));
    for (size_t i = 0; i < n && i < MOST_PARAMETERS; i++)
        add_parameter(p, parameters[i].name, "ParameterValue", parameters[i].value);
    if (s->exists)
        each_parameter(s, keep_previous, p);
    int r = ask(s, "CreateChangeSet", p->p, p->n, &xml, &fault)
                ? say_all("CreateChangeSet", &fault, err)
                : 0;
    if (r && n && is_about_parameters(&fault))
        r = CLI_STACK_BAD_PARAMETER;
    arena_deinit(&p->arena);
    free(p);
    return r ? r : await_change_set(s, set, err);
}

/* ---- Executing ---- */

static bool is_over(const char *status) {
    str s = str_c(status);
    return !str_ends(s, S("_IN_PROGRESS"));
}

static bool is_good(const char *status) {
    return strcmp(status, "CREATE_COMPLETE") == 0 || strcmp(status, "UPDATE_COMPLETE") == 0;
}

/* Until no operation is under way. */
static int await_rest(struct cli_stack *s, struct events *e, struct err *err) {
    for (unsigned pause_ms = POLL_FIRST_MS;;
         pause_ms = pause_ms * 2 < POLL_MOST_MS ? pause_ms * 2 : POLL_MOST_MS) {
        int r = look(s, err);
        r = r ? r : take_events(s, e, true, err);
        if (r)
            return r;
        if (is_over(s->status))
            return 0;
        prog_progress("%s: %s", s->name, s->status);
        usleep(pause_ms * 1000);
    }
}

static int await_stack(struct cli_stack *s, struct events *e, struct err *err) {
    int r = await_rest(s, e, err);
    prog_progress_end();
    if (r)
        return r;
    if (is_good(s->status))
        return 0;
    return err_set(err, -EIO, "%s ended as %s: %s", s->name, s->status[0] ? s->status : "deleted",
                   e->first_failure.len ? buf_cstr(&e->first_failure) : "no reason was given");
}

/* What a status wants before the stack can be changed. `here`, else the account's command. */
static const struct {
    const char *status, *words, *here, *account;
} stuck[] = {
    {"ROLLBACK_FAILED", "was not made, and not all of it was taken back", "delete-stack",
     "delete-stack"},
    {"DELETE_FAILED", "could not be deleted", "delete-stack", "delete-stack"},
    /* Calotype has no ContinueUpdateRollback (docs/stacks.md). */
    {"UPDATE_ROLLBACK_FAILED", "could not be changed back", "delete-stack",
     "continue-update-rollback"},
};

static int check_not_stuck(const struct cli_stack *s, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf with = {0};
    bool is_here = s->cloud->session.data != NULL;
    cli_cloud_add_with(&with, s->cloud);
    for (size_t i = 0; i < ARRAY_LEN(stuck); i++) {
        const char *command = is_here ? stuck[i].here : stuck[i].account;
        bool deletes = strcmp(command, "delete-stack") == 0;
        if (strcmp(s->status, stuck[i].status) == 0)
            return err_set(err, -EIO,
                           "%s %s: see to what is in the way, then %saws cloudformation %s "
                           "--stack-name %s%s, then this again",
                           s->name, stuck[i].words, buf_cstr(&with), command, s->name,
                           deletes ? " (buckets and tables that its template retains stay)" : "");
    }
    return 0;
}

static int delete_failed_creation(struct cli_stack *s, struct events *e, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0};
    struct client_fault fault;
    struct sign_header params[] = {{S("StackName"), str_c(s->name)}};
    prog_hint("%s could not be created earlier: what is left of it is deleted", s->name);
    if (ask(s, "DeleteStack", params, 1, &xml, &fault))
        return say("DeleteStack", &fault, err);
    return await_rest(s, e, err);
}

int cli_stack_make_ready(struct cli_stack *s, struct err *err) {
    struct events events = {0};
    int r = look(s, err);
    r = r ? r : take_events(s, &events, false, err); /* what is past is not shown */
    if (r == 0 && s->exists && !is_over(s->status))
        r = await_rest(s, &events, err);
    if (r == 0 && strcmp(s->status, "ROLLBACK_COMPLETE") == 0)
        r = delete_failed_creation(s, &events, err);
    prog_progress_end();
    r = r ? r : check_not_stuck(s, err);
    map_deinit(&events.seen);
    buf_deinit(&events.first_failure);
    return r;
}

int cli_stack_change(struct cli_stack *s, str template, const struct cli_parameter *parameters,
                     size_t n, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0};
    struct events events = {0};
    struct client_fault fault;
    char set[64];
    snprintf(set, sizeof set, "calotype-%lld", (long long)clock_real_ms());
    /* Such a stack is changed by who disables its rollback, and by nobody else. */
    bool retries =
        strcmp(s->status, "CREATE_FAILED") == 0 || strcmp(s->status, "UPDATE_FAILED") == 0;
    struct sign_header execute[] = {{S("StackName"), str_c(s->name)},
                                    {S("ChangeSetName"), str_c(set)},
                                    {S("DisableRollback"), S("true")}};

    int r = make_change_set(s, template, parameters, n, str_c(set), err);
    r = r ? r : take_events(s, &events, false, err);
    if (r == 0)
        r = ask(s, "ExecuteChangeSet", execute, retries ? 3 : 2, &xml, &fault)
                ? say("ExecuteChangeSet", &fault, err)
                : 0;
    r = r ? r : await_stack(s, &events, err);
    map_deinit(&events.seen);
    buf_deinit(&events.first_failure);
    return r;
}
