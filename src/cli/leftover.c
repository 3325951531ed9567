/* cli/leftover: finds the empty buckets and the empty table that a stack left, and removes them. */
#include "cli/leftover.h"

#include "cli/stack.h"
#include "cli/xml.h"
#include "prog/ask.h"
#include "prog/say.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum { LOOK_EVERY_MS = 50, LOOKS = 1200 };

struct leftover {
    const struct leftover_kind *kind;
    char name[96];
    bool is_there;
    const char *holds; /* in words; NULL: nothing */
};

struct leftover_kind {
    const char *resource, *name; /* in the template; its name, with the environment behind it */
    bool has_account;            /* and the account */
    const char *words;
    int (*look)(struct cli_cloud *cloud, struct leftover *l, struct err *err);
    int (*delete)(struct cli_cloud *cloud, const char *name, struct err *err);
    /* The commands of aws that remove it with what it holds, on stderr. */
    void (*tell_how)(const struct leftover *l, const char *aws);
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

static const char versions[] = "objects, or versions of what was deleted";

/*
 * Empty is a bucket without versions and marks of deletion, and without uploads that go on: S3
 * deletes a bucket in spite of those, and their parts with it.
 */
static int look_at_bucket(struct cli_cloud *cloud, struct leftover *l, struct err *err) {
    static const struct {
        const char *query, *right, *elements[2], *words;
    } lists[] = {
        {"versions=&max-keys=1", "s3:ListBucketVersions", {"Version", "DeleteMarker"}, versions},
        {"uploads=&max-uploads=1",
         "s3:ListBucketMultipartUploads",
         {"Upload", "Upload"},
         "an upload in parts that is not finished"},
    };
    for (size_t i = 0; i < ARRAY_LEN(lists) && !l->holds; i++) {
        struct client_response response = {0};
        struct client_fault fault;
        int r = ask_bucket(cloud, "GET", l->name, lists[i].query, &response, &fault);
        l->is_there = r == 0;
        for (size_t k = 0; r == 0 && k < ARRAY_LEN(lists[i].elements); k++) {
            str rest = buf_view(&response.body), one;
            if (cli_xml_next(&rest, lists[i].elements[k], &one))
                l->holds = lists[i].words;
        }
        client_response_deinit(&response);
        if (r)
            return fault.status == 404 ? 0 : cli_cloud_fault(lists[i].right, &fault, err);
    }
    return 0;
}

static int delete_bucket(struct cli_cloud *cloud, const char *name, struct err *err) {
    struct client_response response = {0};
    struct client_fault fault;
    int r = ask_bucket(cloud, "DELETE", name, "", &response, &fault);
    client_response_deinit(&response);
    return r ? cli_cloud_fault("s3:DeleteBucket", &fault, err) : 0;
}

static void tell_how_bucket(const struct leftover *l, const char *aws) {
    if (l->holds == versions)
        prog_hint(
            "  %s s3api list-object-versions --bucket %s --max-items 1000 --output json --query "
            "'{Objects: [Versions, DeleteMarkers][][].{Key: Key, VersionId: VersionId}}' | "
            "%s s3api delete-objects --bucket %s --delete file:///dev/stdin   # 1,000 at a time",
            aws, l->name, aws, l->name);
    prog_hint("  %s s3api delete-bucket --bucket %s", aws, l->name);
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
    l->holds = json_array_size(json_arr(out, "Items")) > 0 ? "rows" : NULL;
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

static void tell_how_table(const struct leftover *l, const char *aws) {
    prog_hint("  %s dynamodb delete-table --table-name %s", aws, l->name);
}

/* ---- All of them ---- */

static const struct leftover_kind kinds[] = {
    {"ImageStorageBucket", "image-storage-bucket", true, "bucket", look_at_bucket, delete_bucket,
     tell_how_bucket},
    {"ImageDerivativesBucket", "image-derivatives-bucket", true, "bucket", look_at_bucket,
     delete_bucket, tell_how_bucket},
    {"ImageMetadata", "ImageMetadata", false, "table", look_at_table, delete_table, tell_how_table},
};

/* Does a stack of another name have it? Where that is not known it is not removed either. */
static int ask_owner(struct cli_cloud *cloud, const char *name, bool *ret_anothers,
                     struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0}, owner = {0};
    struct client_fault fault;
    const struct sign_header params[] = {{S("PhysicalResourceId"), str_c(name)}};
    const struct client_form form = {"cloudformation", "DescribeStackResources", "2010-05-15",
                                     params, 1};
    *ret_anothers = false;
    if (client_query(cloud->client, &form, &xml, &fault))
        return cli_stack_is_missing(&fault)
                   ? 0
                   : cli_cloud_fault("cloudformation:DescribeStackResources", &fault, err);
    *ret_anothers = client_xml_text(buf_view(&xml), "StackName", &owner) &&
                    !str_is(buf_view(&owner), cloud->stack);
    return 0;
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
        bool anothers = false;
        int r = kinds[i].look(cloud, l, err);
        if (r == 0 && l->is_there)
            r = ask_owner(cloud, l->name, &anothers, err);
        if (r)
            return r;
        l->is_there = l->is_there && !anothers;
    }
    return 0;
}

/* What holds something is said, with the commands that remove it: how many there are. */
static size_t refuse(const struct cli_cloud *cloud, const struct leftover all[ARRAY_LEN(kinds)]) {
    CLEANUP_DEINIT(buf) struct buf aws = {0};
    size_t n = 0;
    cli_cloud_add_with(&aws, cloud);
    buf_c(&aws, "aws");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        const struct leftover *l = &all[i];
        if (!l->is_there || !l->holds)
            continue;
        if (n++ == 0)
            prog_error("what an earlier %s left holds something, and a new stack cannot take it "
                       "over: deploy another --env, or remove it for good, by these:",
                       cloud->stack);
        prog_hint("the %s %s holds %s", l->kind->words, l->name, l->holds);
        l->kind->tell_how(l, buf_cstr(&aws));
    }
    return n;
}

/* Between the look and the yes time goes by, so each is looked at again, at once before it goes. */
static int delete_empty(struct cli_cloud *cloud, struct leftover *l, struct err *err) {
    int r = l->kind->look(cloud, l, err);
    if (r || !l->is_there)
        return r;
    if (l->holds)
        return err_set(err, -ENOTEMPTY, "the %s %s got %s meanwhile, and stays", l->kind->words,
                       l->name, l->holds);
    return l->kind->delete (cloud, l->name, err);
}

int cli_leftover_clear(struct cli_cloud *cloud, str environment, str template, bool yes,
                       struct err *err) {
    struct leftover all[ARRAY_LEN(kinds)];
    CLEANUP_DEINIT(buf) struct buf plan = {0};
    int r = look_at_all(cloud, environment, template, all, err);
    if (r)
        return r;
    if (refuse(cloud, all))
        return CLI_LEFTOVER_HOLDS;
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (all[i].is_there)
            buf_printf(&plan, "%s\n  the %s %s",
                       plan.len ? ""
                                : "Empty, and in the way of a new stack, which makes them anew:",
                       all[i].kind->words, all[i].name);
    if (!plan.len)
        return 0;
    buf_c(&plan, "\nThey will be removed.");
    if (!prog_ask(yes, buf_cstr(&plan)))
        return CLI_LEFTOVER_DECLINED;
    for (size_t i = 0; r == 0 && i < ARRAY_LEN(kinds); i++)
        if (all[i].is_there)
            r = delete_empty(cloud, &all[i], err);
    return r;
}
