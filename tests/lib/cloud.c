/* The one fixture: a cloud over a store of its own, whose operations are called in-process. */
#include "lib/cloud.h"

#include "lib/tmp.h"

#include <stdlib.h>

/* ---- Identities ---- */
static void never_freed(struct aws_identity *id) { (void)id; /* part of the fixture */ }

static void make_identities(struct cloud *c) {
    c->known[0] = (struct aws_identity){
        .refs = 1,
        .access_key = S(ROOT_KEY),
        .secret_key = S(SECRET_KEY),
        .user_id = S(ACCOUNT),
        .principal = {PRINCIPAL_ROOT, S(ACCOUNT), S("arn:aws:iam::" ACCOUNT ":root"), STR_NONE},
        .free_data = never_freed};
    c->known[1] =
        (struct aws_identity){.refs = 1,
                              .access_key = S(USER_KEY),
                              .secret_key = S(SECRET_KEY),
                              .user_id = S("AIDAUSER"),
                              .user_name = S("anna"),
                              .principal = {PRINCIPAL_USER, S(ACCOUNT),
                                            S("arn:aws:iam::" ACCOUNT ":user/anna"), STR_NONE},
                              .free_data = never_freed};
    c->root = &c->known[0];
    c->user = &c->known[1];
}

void cloud_user_policy(struct cloud *c, const char *json) {
    struct err err = {{0}};
    c->user_policy = policy_free(c->user_policy);
    c->user->policies = (struct policy_set){0};
    if (!json)
        return;
    if (policy_new(&c->user_policy, POLICY_IDENTITY, str_c(json), &err))
        fail_msg("%s: %s", json, err.text);
    c->user_policies[0] = c->user_policy;
    c->user->policies.identity = c->user_policies;
    c->user->policies.n_identity = 1;
}

static int find_known(void *ctx, str access_key, struct aws_identity **ret) {
    struct cloud *c = ctx;
    for (size_t i = 0; i < ARRAY_LEN(c->known); i++) {
        if (!str_eq(access_key, c->known[i].access_key))
            continue;
        *ret = aws_identity_ref(&c->known[i]);
        return 0;
    }
    return AWS_E_NO_KEY;
}

/* There are no roles. */
static int assume_none(void *ctx, str role_arn, str service, str session_name,
                       struct aws_session_key key, int64_t seconds, struct aws_credentials *ret,
                       struct err *err) {
    (void)ctx, (void)service, (void)session_name, (void)key, (void)seconds, (void)ret;
    return err_set(err, AWS_E_NO_ROLE, "no role " STR_FMT, STR_ARG(role_arn));
}
static int role_none(void *ctx, str role_arn, str service, str session_name,
                     struct aws_identity **ret, struct err *err) {
    (void)ctx, (void)service, (void)session_name, (void)ret;
    return err_set(err, AWS_E_NO_ROLE, "no role " STR_FMT, STR_ARG(role_arn));
}

static struct aws_identity_source identities_of(struct cloud *c) {
    if (c->options.identities.find)
        return c->options.identities;
    if (c->iam)
        return iam_identity_source(c->iam);
    return (struct aws_identity_source){.ctx = c,
                                        .find = find_known,
                                        .assume = assume_none,
                                        .role = role_none};
}

struct aws_identity *cloud_find(struct cloud *c, str access_key) {
    struct aws_identity_source source = identities_of(c);
    struct aws_identity *id = NULL;
    int r = source.find(source.ctx, access_key, &id);
    CHECK(r == 0 || r == AWS_E_NO_KEY);
    return id;
}

/* ---- Life ---- */
void cloud_add(struct cloud *c, const struct aws_service *service) {
    struct err err = {{0}};
    if (aws_cloud_add(c->cloud, service, &err))
        fail_msg("%s: %s", service->name, err.text);
}

static void open_plugged(struct cloud *c, struct cloud_plugged *p) {
    struct err err = {{0}};
    if (p->plug->open(&p->svc, c->store, c->hub, &err))
        fail_msg("open: %s", err.text);
    p->row = p->plug->service(p->svc);
    cloud_add(c, &p->row);
}

void *cloud_plug(struct cloud *c, const struct cloud_plug *plug) {
    CHECK(c->n_plugged < ARRAY_LEN(c->plugged));
    struct cloud_plugged *p = &c->plugged[c->n_plugged++];
    p->plug = plug;
    open_plugged(c, p);
    return p->svc;
}

void cloud_start(struct cloud *c) {
    struct err err = {{0}};
    c->store = tmp_open(c->dir);
    c->hub = hub_new(c->store);
    hub_plug_metric(c->hub, hub_no_metric, NULL); /* until a plug has its own */
    hub_plug_log(c->hub, hub_no_log, NULL);
    if (c->options.iam &&
        (iam_open(&c->iam, c->store, c->hub, &err) || sts_open(&c->sts, c->iam, &err)))
        fail_msg("open: %s", err.text);
    struct aws_options options = {.store = c->store,
                                  .hub = c->hub,
                                  .identities = identities_of(c),
                                  .max_body = c->options.max_body};
    if (aws_cloud_new(&c->cloud, &options, &err))
        fail_msg("cloud: %s", err.text);
    if (c->options.iam) {
        c->iam_service = iam_service(c->iam);
        c->sts_service = sts_service(c->sts);
        cloud_add(c, &c->iam_service);
        cloud_add(c, &c->sts_service);
    }
    for (size_t i = 0; i < c->n_plugged; i++)
        open_plugged(c, &c->plugged[i]);
}

void cloud_stop(struct cloud *c) {
    hub_stop(c->hub);
    c->cloud = aws_cloud_free(c->cloud);
    for (size_t i = c->n_plugged; i-- > 0;)
        c->plugged[i].plug->close(c->plugged[i].svc);
    c->sts = sts_close(c->sts);
    c->iam = iam_close(c->iam);
    c->hub = hub_free(c->hub);
    c->store = store_free(c->store);
}

void cloud_open(struct cloud *c, const struct cloud_options *options) {
    struct err err = {{0}};
    *c = (struct cloud){.options = options ? *options : (struct cloud_options){0}};
    tmp_dir(c->dir);
    make_identities(c);
    cloud_start(c);
    if (!c->options.iam)
        return;
    if (iam_create_account(c->iam, S(ACCOUNT), &c->root_key, &err) ||
        iam_root_identity(c->iam, S(ACCOUNT), &c->root, &err))
        fail_msg("account: %s", err.text);
}

void cloud_close(struct cloud *c) {
    aws_call_deinit(&c->call);
    aws_identity_free(c->root);
    cloud_stop(c);
    c->user_policy = policy_free(c->user_policy);
    clock_set_offset_ms(0);
    tmp_remove(c->dir);
}

int cloud_setup(void **state) {
    struct cloud *c = mem_new(struct cloud);
    cloud_open(c, &(struct cloud_options){.iam = true});
    *state = c;
    return 0;
}

int cloud_teardown(void **state) {
    struct cloud *c = *state;
    cloud_close(c);
    free(c);
    return 0;
}

/* ---- Calls ---- */
static json_t *parse(str text) {
    struct err err = {{0}};
    json_t *doc = json_parse(text, &err);
    if (!doc)
        fail_msg(STR_FMT ": %s", STR_ARG(text), err.text);
    return doc;
}

json_t *cloud_doc(const char *in) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (const char *p = in; *p; p++)
        buf_c(&text, *p == '\'' ? "\"" : *p == '`' ? "\\\"" : (char[]){*p, '\0'});
    return parse(buf_view(&text));
}

const char *cloud_call_as(struct cloud *c, struct aws_identity *caller, const char *service,
                          const char *op, const char *in) {
    CLEANUP_JSON json_t *doc = cloud_doc(in);
    aws_call_deinit(&c->call);
    c->call = (struct aws_call){.cloud = c->cloud,
                                .caller = caller,
                                .account = caller ? caller->principal.account : S(ACCOUNT),
                                .region = S("us-east-1"),
                                .service = service,
                                .op = op,
                                .in = doc};
    aws_call(&c->call);
    c->call.in = NULL;
    return buf_cstr(&c->call.error_code);
}

const char *cloud_call(struct cloud *c, const char *op, const char *in) {
    return cloud_call_as(c, c->root, "iam", op, in);
}

const char *cloud_call_at(struct cloud *c, const char *service, const char *op, const char *in,
                          int64_t base) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    for (const char *p = in; *p; p++) {
        if (p[0] == 'T' && (p[1] == '+' || p[1] == '-')) {
            char *end;
            buf_printf(&text, "%lld", (long long)(base + strtoll(p + 1, &end, 10)));
            p = end - 1;
        } else {
            buf_char(&text, *p);
        }
    }
    return cloud_call_as(c, c->root, service, op, buf_cstr(&text));
}

void answer_deinit(struct answer *a) {
    json_decref(a->out);
    buf_deinit(&a->body);
    buf_deinit(&a->code);
    buf_deinit(&a->message);
}

struct answer cloud_answer(struct cloud *c, struct aws_identity *caller, const char *service,
                           const char *op, json_t *in, str body) {
    struct aws_call call = {.cloud = c->cloud,
                            .caller = caller,
                            .account = S(ACCOUNT),
                            .region = S("us-east-1"),
                            .service = service,
                            .op = op,
                            .in = in,
                            .body = body};
    aws_call(&call);
    json_decref(in);
    return (struct answer){call.status, call.out, call.out_body, call.error_code,
                           call.error_message};
}
