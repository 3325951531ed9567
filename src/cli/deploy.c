/*
 * calotype deploy: the stack with its function, into the embedded cloud or, with --aws, an account.
 * Packages the function, uploads the zip under its own hash, and runs a change set.
 */
#include "base/io.h"
#include "cli/audited.h"
#include "cli/common.h"
#include "cli/find.h"
#include "cli/leftover.h"
#include "cli/local.h"
#include "cli/package.h"
#include "cli/row.h"
#include "cli/stack.h"
#include "cli/verb.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum {
    MOST_TEMPLATE = 51200 /* CloudFormation's limit for a template within the request */,
    MOST_PARAMETERS = 32
};

struct deploy {
    struct cli_common common;
    struct cli_cloud cloud;
    const char *template, *programs;
    struct prog_texts set;
    bool yes, no_audit;
    struct cli_package package;
    char bucket[80], key[96];
    bool has_bucket; /* it is there */
    struct cli_parameter parameters[MOST_PARAMETERS + 4];
    size_t n;
};

/* ---- The artifact ---- */

static int s3_call(struct deploy *d, const char *method, str path, str body, const char *what,
                   int *ret_status, struct err *err) {
    struct client_response response = {0};
    struct client_fault fault;
    struct client_request request = {.service = "s3",
                                     .method = method,
                                     .bucket = str_c(d->bucket),
                                     .path = path,
                                     .body = body};
    int r = client_send(d->cloud.client, &request, &response, &fault);
    *ret_status = response.status ? response.status : fault.status;
    client_response_deinit(&response);
    return r ? cli_cloud_fault(what, &fault, err) : 0;
}

static int ensure_bucket(struct deploy *d, struct err *err) {
    int status = 0;
    if (s3_call(d, "HEAD", S("/"), STR_NONE, "s3:HeadBucket", &status, err) == 0)
        return 0;
    if (status != 404)
        return -EIO;
    CLEANUP_DEINIT(buf) struct buf body = {0};
    /* us-east-1 is the one region that must not be named (CreateBucket in the S3 API reference). */
    if (strcmp(client_region(d->cloud.client), "us-east-1") != 0)
        buf_printf(
            &body,
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>%s"
            "</LocationConstraint></CreateBucketConfiguration>",
            client_region(d->cloud.client));
    return s3_call(d, "PUT", S("/"), buf_view(&body), "s3:CreateBucket", &status, err);
}

/* Unless it is there: keys are made of the hash of what they name. */
static int store_artifact(void *ctx, const char *key, str zip, struct err *err) {
    struct deploy *d = ctx;
    CLEANUP_DEINIT(buf) struct buf path = {0};
    int status = 0;
    buf_printf(&path, "/%s", key);
    if (!d->has_bucket) {
        int r = ensure_bucket(d, err);
        if (r)
            return r;
        d->has_bucket = true;
    }
    if (s3_call(d, "HEAD", buf_view(&path), STR_NONE, "s3:HeadObject", &status, err) == 0)
        return 0;
    if (status != 404)
        return -EIO;
    prog_progress("uploading %s", key);
    return s3_call(d, "PUT", buf_view(&path), zip, "s3:PutObject", &status, err);
}

/* function.zip, under the name that the template is told. */
static int ensure_function(struct deploy *d, struct err *err) {
    prog_progress("packaging the function");
    int r = cli_package_make(&d->package, d->programs, err);
    if (r)
        return r;
    snprintf(d->key, sizeof d->key, "function/%s.zip", d->package.sha256);
    return store_artifact(d, d->key, buf_view(&d->package.zip), err);
}

/* ---- The template ---- */

/* --template, or the one that came with this program. */
static int read_template(struct deploy *d, struct buf *text, struct err *err) {
    CLEANUP_MEM char *path = d->template ? mem_strdup(d->template) : NULL;
    int r = path ? 0 : cli_find("template.yaml", NULL, &path, err);
    r = r ? r : io_read_file(text, path, MOST_TEMPLATE, err);
    if (r == -EFBIG)
        return err_set(err, r, "the template is larger than the %d bytes that CloudFormation takes",
                       MOST_TEMPLATE);
    return r;
}

/* An exit code, or -errno: templates with errors are not deployed. */
static int audit_template(const struct deploy *d, str template, struct err *err) {
    size_t errors = 0;
    int r = d->no_audit
                ? 0
                : cli_audited(d->template ? d->template : "template.yaml", template, &errors, err);
    if (r || errors == 0)
        return r;
    prog_error(
        "not deployed: %zu error%s in the template (`calotype audit --fix` mends what it can, "
        "--no-audit deploys all the same)",
        errors, errors == 1 ? "" : "s");
    return PROG_FINDINGS;
}

/* Code that it names by paths is stored, and they become the places where. */
static int resolve_paths(struct deploy *d, struct buf *template, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf resolved = {0}, folder = {0};
    const char *slash = d->template ? strrchr(d->template, '/') : NULL;
    buf_str(&folder, slash ? str_n(d->template, (size_t)(slash - d->template)) : S("."));
    if (slash == d->template)
        buf_c(&folder, "/");
    const struct cli_local local = {.folder = buf_cstr(&folder),
                                    .bucket = d->bucket,
                                    .store = store_artifact,
                                    .ctx = d};
    int r = cli_local_resolve(&local, buf_view(template), &resolved, err);
    buf_clear(template);
    buf_str(template, buf_view(&resolved));
    return r;
}

/* ---- Functions that cannot run there ---- */

/* The template has functions of a runtime that is refused. */
static bool has_refused(const struct cli_session *session, str template) {
    size_t i;
    json_t *one;
    json_array_foreach (session->refused_runtimes, i, one) {
        CLEANUP_DEINIT(buf) struct buf pattern = {0};
        buf_printf(&pattern, "*%s*", json_string_value(one)); /* "nodejs*": any of these */
        if (str_glob(buf_view(&pattern), template, false))
            return true;
    }
    return false;
}

/*
 * A stack waits for its custom resources, so one whose functions cannot run would end in minutes
 * with less to say. Without any it can be made: its functions run once the machine lets them.
 */
static int check_functions(const struct deploy *d, str template, struct err *err) {
    const struct cli_session *session = &d->cloud.session;
    bool waits = str_find(template, S("Custom::")) >= 0 ||
                 str_find(template, S("AWS::CloudFormation::CustomResource")) >= 0;
    if (!session->refused || !has_refused(session, template))
        return 0;
    if (waits)
        return err_set(err, -ENOTSUP, "not deployed, for the stack has a custom resource: %s",
                       session->refused);
    prog_hint("the stack's functions will not run: %s", session->refused);
    return 0;
}

/* ---- Parameters ---- */

static void give(struct deploy *d, str name, str value) {
    for (size_t i = 0; i < d->n; i++)
        if (str_eq(d->parameters[i].name, name)) {
            d->parameters[i].value = value; /* what was said last holds */
            return;
        }
    d->parameters[d->n++] = (struct cli_parameter){name, value};
}

/* Only what the template declares: `deploy` serves other templates too. */
static bool declares(str template, const char *name) {
    char line[64];
    snprintf(line, sizeof line, "%s:", name);
    return str_find(template, str_c(line)) >= 0;
}

/* Of the pipeline, or another that takes its function. */
static bool wants_function(str template) {
    return declares(template, "CodeKey") || declares(template, "Architecture");
}

static int check_parameter(const char *text, struct err *err) {
    str name, value;
    if (str_cut(str_c(text), '=', &name, &value) && name.len)
        return 0;
    return err_set(err, -EINVAL, "it is NAME=VALUE, not \"%s\"", text);
}

static void read_parameters(struct deploy *d, str template) {
    const struct {
        const char *name, *value;
    } own[] = {{"EnvironmentSuffix", d->cloud.environment},
               {"CodeBucket", d->bucket},
               {"CodeKey", d->key},
               {"Architecture", d->package.architecture}};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (declares(template, own[i].name))
            give(d, str_c(own[i].name), str_c(own[i].value));
    for (size_t i = 0; i < d->set.n; i++) {
        str name, value;
        str_cut(str_c(d->set.p[i]), '=', &name, &value);
        give(d, name, value);
    }
}

static str given(const struct deploy *d, const char *name) {
    for (size_t i = 0; i < d->n; i++)
        if (str_is(d->parameters[i].name, name))
            return d->parameters[i].value;
    return STR_NONE;
}

/* ---- The result ---- */

static void add_output(void *ctx, str key, str value) {
    json_object_setn_new(ctx, key.p, key.len, json_of_str(value));
}

static void print_output(void *, str key, str value) {
    static const struct cli_column columns[] = {{.width = 28}, {0}};
    const str cells[] = {key, value};
    const enum prog_colour colours[] = {COLOUR_DIM, COLOUR_PLAIN};
    cli_row(columns, 2, cells, colours);
}

static void print_result(const struct deploy *d, const struct cli_stack *stack, bool unchanged) {
    if (d->common.json) {
        CLEANUP_JSON json_t *doc = json_object();
        json_t *outputs = json_object();
        json_set_str(doc, "StackName", str_c(stack->name));
        json_set_str(doc, "StackStatus", str_c(stack->status));
        json_set_bool(doc, "Changed", !unchanged);
        cli_stack_outputs(stack, add_output, outputs);
        json_set(doc, "Outputs", outputs);
        cli_print_json(doc);
        return;
    }
    prog_print("%s %s\n", stack->name, unchanged ? "is up to date" : stack->status);
    cli_stack_outputs(stack, print_output, NULL);
}

/* An exit code, or -errno. */
static int change(struct deploy *d, struct cli_stack *stack, str template, struct err *err) {
    int r = cli_stack_make_ready(stack, err);
    if (r == 0 && !stack->exists)
        r = cli_leftover_clear(&d->cloud, given(d, "EnvironmentSuffix"), template, d->yes, err);
    if (r == CLI_LEFTOVER_DECLINED || r == CLI_LEFTOVER_HOLDS)
        return r == CLI_LEFTOVER_DECLINED ? PROG_USAGE : PROG_FAILED;
    r = r ? r : cli_stack_change(stack, template, d->parameters, d->n, err);
    if (r == CLI_STACK_BAD_PARAMETER) {
        prog_error("%s", err->text);
        return PROG_USAGE;
    }
    if (r < 0)
        return r;
    print_result(d, stack, r == CLI_STACK_UNCHANGED);
    return PROG_OK;
}

static int run(void *ctx, char **, int, struct err *err) {
    struct deploy *d = ctx;
    CLEANUP_DEINIT(buf) struct buf template = {0};
    if (d->set.n > MOST_PARAMETERS) {
        prog_error("there are more than %d parameters", MOST_PARAMETERS);
        return PROG_USAGE;
    }
    int r = read_template(d, &template, err);
    r = r ? r : audit_template(d, buf_view(&template), err);
    r = r ? r : cli_common_open(&d->common, &d->cloud, err);
    r = r ? r : check_functions(d, buf_view(&template), err);
    if (r)
        return r;
    snprintf(d->bucket, sizeof d->bucket, "calotype-artifacts-%s-%s", d->cloud.account,
             client_region(d->cloud.client));
    r = wants_function(buf_view(&template)) ? ensure_function(d, err) : 0;
    r = r ? r : resolve_paths(d, &template, err);
    if (r)
        return r;
    read_parameters(d, buf_view(&template));
    struct cli_stack stack = {.cloud = &d->cloud, .name = d->cloud.stack};
    r = change(d, &stack, buf_view(&template), err);
    cli_stack_deinit(&stack);
    return r;
}

static void deinit(void *ctx) {
    struct deploy *d = ctx;
    cli_cloud_deinit(&d->cloud);
    cli_package_deinit(&d->package);
    free(d->set.p);
}

static const struct prog_flag flags[] = {
    CLI_COMMON_FLAGS(struct deploy),
    PROG_PATH(struct deploy, template, "template", "FILE",
              "template (the one that came with calotype)"),
    PROG_LIST(struct deploy, set, "parameter", "NAME=VALUE", check_parameter,
              "a parameter of the template; may be given again"),
    PROG_PATH(struct deploy, programs, "programs", "DIR",
              "folder with bootstrap and calotype-image"),
    PROG_SWITCH(struct deploy, no_audit, "no-audit", "deploy a template with errors, too"),
    PROG_SWITCH(struct deploy, yes, "yes", "remove what is empty and in the way, without asking"),
};

const struct prog_verb cli_verb_deploy = {
    .name = "deploy",
    .summary = "deploy the stack",
    .arguments = "[--env NAME] [--parameter NAME=VALUE...] [--yes]",
    .about =
        "Deploys the stack calotype-NAME: packages the function, uploads it to\n"
        "calotype-artifacts-ACCOUNT-REGION, and runs a change set. Prints the stack's outputs.\n"
        "Code of a template's functions that is a path (Code: ./folder) is packed and uploaded, too.\n"
        "A template in which `calotype audit` finds errors is refused (3), but with --no-audit.\n"
        "Parameters that are not given keep their values. A stack that could not be created\n"
        "earlier is made anew; empty buckets and an empty table that a deleted stack left are\n"
        "removed when you say so, at the terminal or with --yes.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .size = sizeof(struct deploy),
    .run = run,
    .deinit = deinit,
};
