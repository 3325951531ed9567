/*
 * cli/cloud: opens a verb's cloud: the daemon of a data folder, or an account by AWS's variables
 * and profile files.
 */
#include "cli/cloud.h"

#include "base/clock.h"
#include "base/codec.h"
#include "cli/common.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

/* By AWS's own variables and files, which the client reads. */
static int open_aws(struct cli_cloud *cloud, struct err *err) {
    return client_new(&cloud->client, &(struct client_options){0}, err) ? -EINVAL : 0;
}

/* ---- The daemon ---- */

static int open_daemon(struct cli_cloud *cloud, const char *data, struct err *err) {
    int r = cli_session_open(&cloud->session, data, err);
    if (r)
        return r;
    const struct cli_session *s = &cloud->session;
    struct client_options options = {
        .endpoint = s->endpoint,
        .region = s->key.region,
        .access_key = s->key.access_key,
        .secret_key = s->key.secret_key,
        .session_token = "",
        .ca_file = s->ca,
    };
    cloud->world_offset_ms = s->world_offset_ms;
    return client_new(&cloud->client, &options, err) ? -EINVAL : 0;
}

static int ask_account(struct cli_cloud *cloud, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0}, account = {0};
    struct client_fault fault;
    const struct client_form form = {"sts", "GetCallerIdentity", "2011-06-15", NULL, 0};
    if (client_query(cloud->client, &form, &xml, &fault))
        return cli_cloud_fault("sts:GetCallerIdentity", &fault, err);
    if (!client_xml_text(buf_view(&xml), "Account", &account) ||
        account.len >= sizeof cloud->account)
        return err_set(err, -EPROTO, "sts:GetCallerIdentity did not tell the account");
    memcpy(cloud->account, account.p, account.len);
    return 0;
}

int cli_cloud_connect(struct cli_cloud *cloud, const struct cli_cloud_options *options,
                      struct err *err) {
    *cloud = (struct cli_cloud){0};
    return options->aws ? open_aws(cloud, err) : open_daemon(cloud, options->data, err);
}

int cli_cloud_open(struct cli_cloud *cloud, const struct cli_cloud_options *options,
                   struct err *err) {
    const char *environment = options->environment ? options->environment : "dev";
    int r = cli_cloud_connect(cloud, options, err);
    r = r ? r : ask_account(cloud, err);
    if (r)
        return r;
    snprintf(cloud->environment, sizeof cloud->environment, "%s", environment);
    snprintf(cloud->bucket, sizeof cloud->bucket, "image-storage-bucket-%s-%s", environment,
             cloud->account);
    snprintf(cloud->derivatives, sizeof cloud->derivatives, "image-derivatives-bucket-%s-%s",
             environment, cloud->account);
    snprintf(cloud->table, sizeof cloud->table, "ImageMetadata-%s", environment);
    snprintf(cloud->stack, sizeof cloud->stack, "calotype-%s", environment);
    return 0;
}

void cli_cloud_deinit(struct cli_cloud *cloud) {
    cloud->client = client_free(cloud->client);
    cli_session_deinit(&cloud->session);
}

/* --data where the same command would find another DATA without it. */
void cli_cloud_add_with(struct buf *out, const struct cli_cloud *cloud) {
    CLEANUP_MEM char *usual = realpath(prog_data_dir(NULL), NULL);
    const char *data = cloud->session.data;
    if (!data)
        return;
    buf_c(out, "calotype with ");
    if (!usual || strcmp(usual, data) != 0) {
        buf_c(out, "--data ");
        cli_add_quoted(out, data);
        buf_char(out, ' ');
    }
}

int64_t cli_cloud_now_ms(const struct cli_cloud *cloud) {
    return clock_real_ms() + cloud->world_offset_ms;
}

int cli_cloud_fault(const char *what, const struct client_fault *fault, struct err *err) {
    if (fault->code[0])
        return err_set(err, -EIO, "%s: %s: %s", what, fault->code, fault->message);
    return err_set(err, fault->status ? -EIO : -ENOTCONN, "%s: %s", what,
                   fault->message[0] ? fault->message : "no answer");
}

int cli_stack_fault(const struct cli_cloud *cloud, const char *what,
                    const struct client_fault *fault, struct err *err) {
    static const char *const missing[] = {"NoSuchBucket", "ResourceNotFoundException"};
    for (size_t i = 0; i < ARRAY_LEN(missing); i++)
        if (strcmp(fault->code, missing[i]) == 0)
            return err_set(err, -ENOENT, "%s is not deployed (calotype deploy --env %s): %s",
                           cloud->stack, cloud->environment, fault->message);
    return cli_cloud_fault(what, fault, err);
}

/* ---- Rows of the table ---- */

void cli_image_id(char out[33], str bucket, str key) {
    CLEANUP_DEINIT(buf) struct buf name = {0};
    unsigned char sum[32];
    unsigned n = sizeof sum;
    buf_str(&name, bucket);
    buf_char(&name, '/');
    buf_str(&name, key);
    if (EVP_Digest(name.p, name.len, sum, &n, EVP_sha256(), NULL) != 1)
        abort(); /* the default provider always has SHA-256 */
    codec_hex(out, sum, 16);
    out[32] = '\0';
}

int cli_image_get(struct cli_cloud *cloud, str key, json_t **ret_item, struct err *err) {
    char id[33];
    cli_image_id(id, str_c(cloud->bucket), key);
    CLEANUP_JSON json_t *in = json_pack("{s:s, s:{s:{s:s}}, s:b}", "TableName", cloud->table, "Key",
                                        "ImageId", "S", id, "ConsistentRead", 1);
    CLEANUP_JSON json_t *out = NULL;
    struct client_fault fault;
    if (client_json(cloud->client, "dynamodb", "DynamoDB_20120810.GetItem", in, &out, &fault))
        return cli_stack_fault(cloud, "dynamodb:GetItem", &fault, err);
    *ret_item = json_incref(json_obj(out, "Item"));
    return 0;
}

str cli_item_text(const json_t *item, const char *name) {
    const json_t *value = json_obj(item, name);
    str s = json_str(value, "S");
    return s.p ? s : json_str(value, "N");
}

static json_t *plain_number(str text) {
    int64_t whole;
    if (str_to_i64(text, &whole))
        return json_integer(whole);
    return json_real(strtod(text.p, NULL)); /* jansson's strings end in a NUL */
}

/* One attribute value; sets become arrays. The JSON parser has bounded how deep it goes. */
static json_t *plain_value(const json_t *value) {
    const char *kind = json_object_iter_key(json_object_iter((json_t *)value));
    json_t *inner = kind ? json_object_get(value, kind) : NULL;
    if (!inner || strcmp(kind, "NULL") == 0)
        return json_null();
    if (strcmp(kind, "N") == 0)
        return plain_number(json_text(inner));
    if (strcmp(kind, "M") == 0)
        return cli_item_plain(inner);
    if (strcmp(kind, "L") != 0)
        return json_incref(inner);
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(inner); i++)
        json_array_append_new(list, plain_value(json_array_get(inner, i)));
    return list;
}

json_t *cli_item_plain(const json_t *item) {
    json_t *doc = json_object();
    for (void *at = json_object_iter((json_t *)item); at;
         at = json_object_iter_next((json_t *)item, at))
        json_object_set_new(doc, json_object_iter_key(at), plain_value(json_object_iter_value(at)));
    return doc;
}

bool cli_status_is_final(str status) {
    static const char *const final[] = {"processed", "rejected", "quarantined", "failed"};
    for (size_t i = 0; i < ARRAY_LEN(final); i++)
        if (str_is(status, final[i]))
            return true;
    return false;
}
