/*
 * calotype rm: removes photographs, and what became of them.
 *
 * The original goes first, so that nothing new is made of it; then the derivatives, which the row
 * lists; the row goes last. So whatever stops it in between, the same command goes on. The buckets
 * keep versions: what is removed can be brought back, until --versions removes those too.
 */
#include "cli/common.h"
#include "cli/named.h"
#include "cli/verb.h"
#include "cli/xml.h"
#include "prog/ask.h"
#include "prog/say.h"
#include "prog/text.h"

#include <errno.h>
#include <stdio.h>

struct rm {
    struct cli_common common;
    struct cli_cloud cloud;
    bool versions, yes;
    json_t *list; /* with --json */
};

/* ---- Objects ---- */

static int delete_object(struct rm *rm, str bucket, str key, str version, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf path = {0}, query = {0};
    struct client_response response = {0};
    struct client_fault fault;
    buf_char(&path, '/');
    buf_str(&path, key);
    if (version.len)
        client_add_query(&query, "versionId", version);
    struct client_request request = {.service = "s3",
                                     .method = "DELETE",
                                     .bucket = bucket,
                                     .path = buf_view(&path),
                                     .query = buf_view(&query)};
    int r = client_send(rm->cloud.client, &request, &response, &fault);
    client_response_deinit(&response);
    return r ? cli_stack_fault(&rm->cloud, "s3:DeleteObject", &fault, err) : 0;
}

/* Which keys: one, or all that begin so. */
struct which {
    const char *bucket;
    str key;
    bool begin;
};

static bool is_meant(const struct which *which, str key) {
    return which->begin ? str_starts(key, which->key) : str_eq(key, which->key);
}

static int list_versions(struct rm *rm, const struct which *which, struct client_response *response,
                         struct err *err) {
    CLEANUP_DEINIT(buf) struct buf query = {0};
    struct client_fault fault;
    client_add_query(&query, "versions", STR_NONE);
    client_add_query(&query, "prefix", which->key);
    struct client_request request = {.service = "s3",
                                     .method = "GET",
                                     .bucket = str_c(which->bucket),
                                     .path = S("/"),
                                     .query = buf_view(&query)};
    if (client_send(rm->cloud.client, &request, response, &fault))
        return cli_stack_fault(&rm->cloud, "s3:ListBucketVersions", &fault, err);
    return 0;
}

/* The ones of a page; a key's versions come before all longer keys. */
static int purge_page(struct rm *rm, const struct which *which, str page, size_t *ret_n,
                      struct err *err) {
    static const char *const kinds[] = {"Version", "DeleteMarker"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        str rest = page, one;
        while (cli_xml_next(&rest, kinds[i], &one)) {
            CLEANUP_DEINIT(buf) struct buf key = {0}, version = {0};
            if (!client_xml_text(one, "Key", &key) || !is_meant(which, buf_view(&key)))
                continue;
            client_xml_text(one, "VersionId", &version);
            int r =
                delete_object(rm, str_c(which->bucket), buf_view(&key), buf_view(&version), err);
            if (r)
                return r;
            (*ret_n)++;
        }
    }
    return 0;
}

/* All versions, for good. *n grows by as many as there were. */
static int purge(struct rm *rm, const struct which *which, size_t *n, struct err *err) {
    for (;;) {
        struct client_response response = {0};
        size_t here = 0;
        int r = list_versions(rm, which, &response, err);
        r = r ? r : purge_page(rm, which, buf_view(&response.body), &here, err);
        client_response_deinit(&response);
        *n += here;
        if (r || here == 0)
            return r;
    }
}

/* ---- One photograph ---- */

static int delete_row(struct rm *rm, const struct cli_named *photo, struct err *err) {
    str sequencer = cli_item_text(photo->item, "Sequencer"),
        id = cli_item_text(photo->item, "ImageId");
    struct client_fault fault;
    CLEANUP_JSON json_t *in = json_pack(
        "{s:s, s:{s:{s:s#}}, s:s, s:{s:{s:s#}}}", "TableName", rm->cloud.table, "Key", "ImageId",
        "S", id.p, (int)id.len, "ConditionExpression",
        "attribute_not_exists(Sequencer) OR Sequencer = :seen", "ExpressionAttributeValues",
        ":seen", "S", sequencer.len ? sequencer.p : "-", (int)(sequencer.len ? sequencer.len : 1));
    if (client_json(rm->cloud.client, "dynamodb", "DynamoDB_20120810.DeleteItem", in, NULL,
                    &fault) == 0)
        return 0;
    if (strcmp(fault.code, "ConditionalCheckFailedException") == 0)
        return err_set(err, -EAGAIN, "%s was uploaded again meanwhile: its new row stays",
                       buf_cstr(&photo->key));
    return cli_stack_fault(&rm->cloud, "dynamodb:DeleteItem", &fault, err);
}

static int delete_derivatives(struct rm *rm, const struct cli_named *photo, size_t *n,
                              struct err *err) {
    const json_t *all = json_arr(json_obj(photo->item, "Derivatives"), "L");
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *one = json_obj(json_array_get(all, i), "M");
        int r = delete_object(rm, cli_item_text(one, "Bucket"), cli_item_text(one, "Key"), STR_NONE,
                              err);
        if (r)
            return r;
        ++*n;
    }
    return 0;
}

static int purge_all(struct rm *rm, const struct cli_named *photo, size_t *n, struct err *err) {
    char id[34];
    cli_image_id(id, str_c(rm->cloud.bucket), buf_view(&photo->key));
    id[32] = '/';
    id[33] = '\0';
    const struct which original = {rm->cloud.bucket, buf_view(&photo->key), false},
                       derivatives = {rm->cloud.derivatives, str_c(id), true};
    int r = purge(rm, &original, n, err);
    return r ? r : purge(rm, &derivatives, n, err);
}

static void tell(struct rm *rm, const struct cli_named *photo, size_t n) {
    const char *what = rm->versions ? "version" : "derivative";
    if (rm->common.json) {
        json_t *doc = json_object();
        json_set_str(doc, "ObjectKey", buf_view(&photo->key));
        json_set_int(doc, rm->versions ? "Versions" : "Derivatives", (int64_t)n);
        json_array_append_new(rm->list, doc);
        return;
    }
    prog_print_line("%s  removed, with %zu %s%s", buf_cstr(&photo->key), n, what,
                    n == 1 ? "" : "s");
    prog_flush(); /* what is gone is said, whatever ends us */
    if (!photo->item && !rm->versions)
        prog_hint("%s had no row: if it is being processed, one will come, and the same command "
                  "removes that",
                  buf_cstr(&photo->key));
}

static int remove_photo(struct rm *rm, const struct cli_named *photo, struct err *err) {
    size_t n = 0;
    int r = rm->versions
                ? purge_all(rm, photo, &n, err)
                : delete_object(rm, str_c(rm->cloud.bucket), buf_view(&photo->key), STR_NONE, err);
    if (r == 0 && !rm->versions)
        r = delete_derivatives(rm, photo, &n, err);
    if (r == 0 && photo->item)
        r = delete_row(rm, photo, err);
    if (r == 0 && rm->versions && n == 0)
        return err_set(err, -ENOENT, "there is no photograph %s", buf_cstr(&photo->key));
    if (r == 0)
        tell(rm, photo, n);
    return r;
}

/* What `rm` removed before is found by its versions alone: of the key, then of uploads/KEY. */
static int remove_old_versions(struct rm *rm, const char *name, struct err *err) {
    static const char *const prefixes[] = {"", "uploads/"};
    int r = -ENOENT;
    for (size_t i = 0; r == -ENOENT && i < ARRAY_LEN(prefixes); i++) {
        struct cli_named photo = {0};
        buf_printf(&photo.key, "%s%s", prefixes[i], name);
        r = remove_photo(rm, &photo, err);
        cli_named_deinit(&photo);
    }
    return r;
}

static int remove_one(void *ctx, const char *name, struct err *err) {
    struct rm *rm = ctx;
    struct cli_named photo = {0};
    int r = cli_named_find(&photo, &rm->cloud, name, err);
    if (r == 0)
        r = remove_photo(rm, &photo, err);
    else if (r == -ENOENT && rm->versions && *name)
        r = remove_old_versions(rm, name, err);
    cli_named_deinit(&photo);
    return r;
}

/* ---- The verb ---- */

static bool may_purge(const struct rm *rm, char **names, int n) {
    CLEANUP_DEINIT(buf) struct buf plan = {0};
    buf_printf(&plan, "For good, with every version of it and of what was made of it:");
    for (int i = 0; i < n && i < 10; i++) {
        buf_c(&plan, "\n  ");
        prog_add_shown(&plan, str_c(names[i])); /* a line break in it makes no line */
    }
    if (n > 10)
        buf_printf(&plan, "\n  and %d more", n - 10);
    return prog_ask(rm->yes, buf_cstr(&plan));
}

static int run(void *ctx, char **names, int n, struct err *err) {
    struct rm *rm = ctx;
    rm->list = json_array();
    int r = cli_common_open(&rm->common, &rm->cloud, err);
    if (r)
        return r;
    if (rm->versions && !may_purge(rm, names, n))
        return PROG_USAGE;
    int code = cli_each_name(names, n, remove_one, rm, err);
    if (rm->common.json)
        cli_print_json(rm->list);
    return code;
}

static void deinit(void *ctx) {
    struct rm *rm = ctx;
    cli_cloud_deinit(&rm->cloud);
    json_decref(rm->list);
}

static const struct prog_flag flags[] = {
    CLI_COMMON_FLAGS(struct rm),
    PROG_SWITCH(struct rm, versions, "versions", "for good: also every version that is kept"),
    PROG_SWITCH(struct rm, yes, "yes", "with --versions: without asking"),
};

const struct prog_verb cli_verb_rm = {
    .name = "rm",
    .summary = "remove photographs and what became of them",
    .arguments = "[--env NAME] [--versions [--yes]] NAME...",
    .about =
        "Removes photographs, their derivatives and their rows; NAME is the key, without\n"
        "uploads/ if you like. It does not ask: the buckets keep versions, and to put one again\n"
        "brings it back. With --versions those go too; it says which, and asks, and where nobody can\n"
        "be asked only --yes does it.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .least = 1,
    .most = -1,
    .operand = "NAME",
    .size = sizeof(struct rm),
    .run = run,
    .deinit = deinit,
};
