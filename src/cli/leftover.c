/* cli/leftover: finds the empty buckets and the empty table that a stack left, and removes them. */
#include "cli/leftover.h"

#include "cli/xml.h"
#include "prog/ask.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 50, LOOKS = 1200 };

struct leftover {
    const struct leftover_kind *kind;
    char name[96];
    bool is_there, holds_something;
};

struct leftover_kind {
    const char *resource, *name; /* in the template; its name, with the environment behind it */
    bool has_account;            /* and the account */
    const char *words, *empty;   /* empty: of what it is to be emptied */
    int (*look)(struct cli_cloud *cloud, struct leftover *l, struct err *err);
    int (*delete)(struct cli_cloud *cloud, const char *name, struct err *err);
};

/* ---- Buckets ---- */

static int ask_bucket(struct cli_cloud *cloud, const char *method, const char *name,
                      const char *query, struct client_response *response,
                      struct client_fault *fault) {
    struct client_request request = {.service = "s3",
                                     .method = method,
                                     .bucket = str_c(name),
                                     .path = S("/"),
                                     .query = str_c(query)};
    return client_send(cloud->client, &request, response, fault);
}

/* Empty is a bucket without versions and marks of deletion. */
static int look_at_bucket(struct cli_cloud *cloud, struct leftover *l, struct err *err) {
    struct client_response response = {0};
    struct client_fault fault;
    str one;
    int r = ask_bucket(cloud, "GET", l->name, "versions=&max-keys=1", &response, &fault);
    str rest = buf_view(&response.body), again = rest;
    l->is_there = r == 0;
    l->holds_something = r == 0 && (cli_xml_next(&rest, "Version", &one) ||
                                    cli_xml_next(&again, "DeleteMarker", &one));
    client_response_deinit(&response);
    if (r && fault.status != 404)
        return cli_cloud_fault("s3:ListBucketVersions", &fault, err);
    return 0;
}

static int delete_bucket(struct cli_cloud *cloud, const char *name, struct err *err) {
    struct client_response response = {0};
    struct client_fault fault;
    int r = ask_bucket(cloud, "DELETE", name, "", &response, &fault);
    client_response_deinit(&response);
    return r ? cli_cloud_fault("s3:DeleteBucket", &fault, err) : 0;
}

/* ---- The table ---- */

static int ask_table(struct cli_cloud *cloud, const char *op, json_t *in, json_t **ret_out,
                     struct client_fault *fault) {
    char target[64];
    snprintf(target, sizeof target, "DynamoDB_20120810.%s", op);
    return client_json(cloud->client, "dynamodb", target, in, ret_out, fault);
}

static bool is_missing(const struct client_fault *fault) {
    return strcmp(fault->code, "ResourceNotFoundException") == 0;
}

static int look_at_table(struct cli_cloud *cloud, struct leftover *l, struct err *err) {
    CLEANUP_JSON json_t *in =
        json_pack("{s:s, s:i, s:b}", "TableName", l->name, "Limit", 1, "ConsistentRead", 1);
    CLEANUP_JSON json_t *out = NULL;
    struct client_fault fault;
    int r = ask_table(cloud, "Scan", in, &out, &fault);
    l->is_there = r == 0;
    l->holds_something = json_array_size(json_arr(out, "Items")) > 0;
    return r && !is_missing(&fault) ? cli_cloud_fault("dynamodb:Scan", &fault, err) : 0;
}

/* Until its name is free. */
static int delete_table(struct cli_cloud *cloud, const char *name, struct err *err) {
    CLEANUP_JSON json_t *in = json_pack("{s:s}", "TableName", name);
    struct client_fault fault;
    if (ask_table(cloud, "DeleteTable", in, NULL, &fault))
        return cli_cloud_fault("dynamodb:DeleteTable", &fault, err);
    for (unsigned i = 0; i < LOOKS; i++) {
        if (ask_table(cloud, "DescribeTable", in, NULL, &fault))
            return is_missing(&fault) ? 0 : cli_cloud_fault("dynamodb:DescribeTable", &fault, err);
        usleep(LOOK_EVERY_MS * 1000);
    }
    return err_set(err, -ETIMEDOUT, "the table %s is still being deleted", name);
}

/* ---- All of them ---- */

static const struct leftover_kind kinds[] = {
    {"ImageStorageBucket", "image-storage-bucket", true, "bucket", "of every version too",
     look_at_bucket, delete_bucket},
    {"ImageDerivativesBucket", "image-derivatives-bucket", true, "bucket", "of every version too",
     look_at_bucket, delete_bucket},
    {"ImageMetadata", "ImageMetadata", false, "table", "of every row", look_at_table, delete_table},
};

/* A stack of another name has it. */
static bool is_anothers(struct cli_cloud *cloud, const char *name) {
    CLEANUP_DEINIT(buf) struct buf xml = {0}, owner = {0};
    struct client_fault fault;
    const struct sign_header params[] = {{S("PhysicalResourceId"), str_c(name)}};
    const struct client_form form = {"cloudformation", "DescribeStackResources", "2010-05-15",
                                     params, 1};
    return client_query(cloud->client, &form, &xml, &fault) == 0 &&
           client_xml_text(buf_view(&xml), "StackName", &owner) &&
           !str_is(buf_view(&owner), cloud->stack);
}

static bool is_made_by(str template, const char *resource) {
    char line[64];
    snprintf(line, sizeof line, "\n  %s:\n", resource);
    return str_find(template, str_c(line)) >= 0;
}

static void name_it(struct leftover *l, str environment, const char *account) {
    bool has_account = l->kind->has_account;
    snprintf(l->name, sizeof l->name, "%s-" STR_FMT "%s%s", l->kind->name, STR_ARG(environment),
             has_account ? "-" : "", has_account ? account : "");
}

static int look_at_all(struct cli_cloud *cloud, str environment, str template,
                       struct leftover all[ARRAY_LEN(kinds)], struct err *err) {
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct leftover *l = &all[i];
        *l = (struct leftover){.kind = &kinds[i]};
        if (!is_made_by(template, kinds[i].resource))
            continue;
        name_it(l, environment, cloud->account);
        int r = kinds[i].look(cloud, l, err);
        if (r)
            return r;
        if (l->is_there && is_anothers(cloud, l->name))
            l->is_there = false;
    }
    return 0;
}

static int refuse(const struct cli_cloud *cloud, const struct leftover *l, struct err *err) {
    return err_set(
        err, -ENOTEMPTY,
        "the %s %s is of an earlier %s and holds something, and a new stack cannot take it "
        "over: deploy another --env, or empty it, %s",
        l->kind->words, l->name, cloud->stack, l->kind->empty);
}

int cli_leftover_clear(struct cli_cloud *cloud, str environment, str template, bool yes,
                       struct err *err) {
    struct leftover all[ARRAY_LEN(kinds)];
    CLEANUP_DEINIT(buf) struct buf plan = {0};
    int r = look_at_all(cloud, environment, template, all, err);
    if (r)
        return r;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (!all[i].is_there)
            continue;
        if (all[i].holds_something)
            return refuse(cloud, &all[i], err);
        buf_printf(&plan, "%s\n  the %s %s",
                   plan.len ? "" : "Empty, and in the way of a new stack, which makes them anew:",
                   all[i].kind->words, all[i].name);
    }
    if (!plan.len)
        return 0;
    buf_c(&plan, "\nThey will be removed.");
    if (!prog_ask(yes, buf_cstr(&plan)))
        return CLI_LEFTOVER_DECLINED;
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(kinds); i++)
        if (all[i].is_there)
            r = all[i].kind->delete (cloud, all[i].name, err);
    return r;
}
