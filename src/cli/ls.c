/* calotype ls: the photographs in the bucket, with what the table knows of each. */
#include "cli/common.h"
#include "cli/photo.h"
#include "cli/verb.h"
#include "cli/xml.h"

#include <stdio.h>

static const char first_prefix[] = "uploads/";

struct ls {
    struct cli_common common;
    struct cli_cloud cloud;
    const char *prefix;
    struct cli_photo_table table;
    json_t *list; /* with --json */
    size_t n;
};

static int show_object(struct ls *ls, str object, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf key = {0}, size = {0}, date = {0};
    CLEANUP_JSON json_t *item = NULL;
    if (!client_xml_text(object, "Key", &key))
        return 0;
    ls->n++;
    client_xml_text(object, "Size", &size);
    client_xml_text(object, "LastModified", &date);
    int r = cli_image_get(&ls->cloud, buf_view(&key), &item, err);
    if (r)
        return r;
    if (ls->common.json) {
        json_t *doc = item ? cli_item_plain(item) : json_object();
        uint64_t bytes = 0;
        str_to_u64(buf_view(&size), &bytes);
        json_set_str(doc, "ObjectKey", buf_view(&key));
        json_set_int(doc, "FileSize", (int64_t)bytes);
        json_set_str(doc, "LastModified", buf_view(&date));
        json_array_append_new(ls->list, doc);
        return 0;
    }
    struct cli_photo photo = {.file = buf_view(&key),
                              .item = item,
                              .problem = S("no row yet"),
                              .ms = -1};
    cli_photo_row(&ls->table, &photo);
    return 0;
}

/* One page of ListObjectsV2; *token is the next one's, empty at the end. */
static int show_page(struct ls *ls, struct buf *token, struct err *err) {
    struct client_response response = {0};
    struct client_fault fault;
    CLEANUP_DEINIT(buf) struct buf query = {0};
    client_add_query(&query, "list-type", S("2"));
    client_add_query(&query, "prefix", str_c(ls->prefix));
    if (token->len)
        client_add_query(&query, "continuation-token", buf_view(token));
    struct client_request request = {.service = "s3",
                                     .method = "GET",
                                     .bucket = str_c(ls->cloud.bucket),
                                     .path = S("/"),
                                     .query = buf_view(&query)};
    int r = client_send(ls->cloud.client, &request, &response, &fault);
    if (r)
        r = cli_stack_fault(&ls->cloud, "s3:ListBucket", &fault, err);
    str rest = buf_view(&response.body), object;
    buf_clear(token);
    client_xml_text(rest, "NextContinuationToken", token);
    while (r == 0 && cli_xml_next(&rest, "Contents", &object))
        r = show_object(ls, object, err);
    client_response_deinit(&response);
    return r;
}

static void say_empty(const struct ls *ls) {
    if (ls->prefix[0])
        prog_hint("nothing in %s has a key that begins with %s", ls->cloud.bucket, ls->prefix);
    else
        prog_hint("%s is empty", ls->cloud.bucket);
    if (strcmp(ls->prefix, first_prefix) == 0)
        prog_hint("calotype put FILE uploads photographs");
}

static int run(void *ctx, char **rest, int n, struct err *err) {
    struct ls *ls = ctx;
    CLEANUP_DEINIT(buf) struct buf token = {0};
    ls->list = json_array();
    if (n)
        ls->prefix = rest[0];
    int r = cli_common_open(&ls->common, &ls->cloud, err);
    if (r)
        return r;
    cli_photo_begin(&ls->table, 32, false);
    do
        r = show_page(ls, &token, err);
    while (r == 0 && token.len && prog_flush());
    if (r)
        return r;
    if (ls->common.json)
        cli_print_json(ls->list);
    if (ls->n == 0)
        say_empty(ls);
    return 0;
}

static void deinit(void *ctx) {
    struct ls *ls = ctx;
    cli_cloud_deinit(&ls->cloud);
    json_decref(ls->list);
}

static const struct prog_flag flags[] = {CLI_COMMON_FLAGS(struct ls)};

const struct prog_verb cli_verb_ls = {
    .name = "ls",
    .summary = "list the photographs",
    .arguments = "[--env NAME] [PREFIX]",
    .about =
        "Lists the photographs whose keys begin with PREFIX (uploads/), in the order of their keys.",
    .flags = flags,
    .n_flags = ARRAY_LEN(flags),
    .most = 1,
    .operand = "PREFIX",
    .size = sizeof(struct ls),
    .defaults = &(const struct ls){.prefix = first_prefix},
    .run = run,
    .deinit = deinit,
};
