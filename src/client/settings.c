/*
 * client/settings: puts together what the options, the environment and the profile say of endpoints
 * and keys, one row for each service that has something of its own.
 */
#include "client/settings.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "client/client.h"
#include "client/url.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * Service ids that are not the name that the service signs with ("serviceId" of botocore's service
 * models, in capitals).
 */
static const struct {
    const char *signs, *id;
} odd[] = {
    {"monitoring", "CLOUDWATCH"},
    {"logs", "CLOUDWATCH_LOGS"},
    {"events", "EVENTBRIDGE"},
    {"states", "SFN"},
};

enum { MOST_ID = 64 };

static void id_of(char out[MOST_ID], const char *service) {
    size_t n = 0;
    for (size_t i = 0; i < ARRAY_LEN(odd); i++)
        if (strcmp(service, odd[i].signs) == 0)
            service = odd[i].id;
    for (; service[n] && n + 1 < MOST_ID; n++)
        out[n] = service[n] == '-' ? '_' : ascii_upper(service[n]);
    out[n] = '\0';
}

static struct client_service *find(const struct client_settings *s, str id) {
    for (size_t i = 0; i < s->n; i++)
        if (str_is(id, s->services[i].id))
            return &s->services[i];
    return NULL;
}

static struct client_service *find_or_add(struct client_settings *s, str id) {
    struct client_service *known = find(s, id);
    if (known)
        return known;
    s->services = mem_realloc(s->services, (s->n + 1) * sizeof *s->services);
    s->services[s->n] = (struct client_service){.id = client_text_copy(id)};
    return &s->services[s->n++];
}

/* ---- Endpoints ---- */

static int set_url(struct client_service *service, str url, const char *from, struct err *err) {
    struct client_url parts;
    if (service->url || !url.len)
        return CLIENT_OK;
    if (!client_url_parse(&parts, url))
        return err_set(err, CLIENT_E_OPTIONS,
                       "%s%sthe endpoint " STR_FMT " is not an http or https URL", from,
                       from[0] ? ": " : "", STR_ARG(url));
    service->url = client_text_copy(url);
    return CLIENT_OK;
}

/* The variables PREFIX<SERVICE>, into that text of each service; the first counts, as for getenv. */
static void take_variables(struct client_settings *s, str prefix, size_t at) {
    for (char **env = environ; env && *env; env++) {
        str name, value;
        if (!str_starts(str_c(*env), prefix) || !str_cut(str_c(*env), '=', &name, &value) ||
            name.len == prefix.len || !value.len)
            continue;
        char **text = (char **)((char *)find_or_add(s, str_skip(name, prefix.len)) + at);
        if (!*text)
            *text = client_text_copy(value);
    }
}

static int read_variable_urls(struct client_settings *s, struct err *err) {
    struct client_url parts;
    take_variables(s, S("AWS_ENDPOINT_URL_"), offsetof(struct client_service, url));
    for (size_t i = 0; i < s->n; i++)
        if (s->services[i].url && !client_url_parse(&parts, str_c(s->services[i].url)))
            return err_set(err, CLIENT_E_OPTIONS,
                           "AWS_ENDPOINT_URL_%s: the endpoint %s is not an http or https URL",
                           s->services[i].id, s->services[i].url);
    return CLIENT_OK;
}

static bool is_true(const char *text) { return text && str_eq_nocase(str_c(text), S("true")); }

static bool ignores_endpoints(const struct client_profile *profile) {
    const char *variable = getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS");
    return is_true(variable && variable[0] ? variable : profile->ignore_endpoints);
}

/* Counts for a service only where neither variable names its endpoint. */
static int read_profile_urls(struct client_settings *s, const struct client_profile *profile,
                             struct err *err) {
    if (profile->services_name && !profile->has_services)
        return err_set(err, CLIENT_E_OPTIONS,
                       "the profile %s names the services section %s, which is not there",
                       profile->name, profile->services_name);
    CLEANUP_DEINIT(buf) struct buf from = {0};
    int r = CLIENT_OK;
    buf_printf(&from, "the profile %s", profile->name);
    for (size_t i = 0; r == CLIENT_OK && i < profile->n_services; i++)
        r = set_url(find_or_add(s, str_c(profile->services[i].id)), str_c(profile->services[i].url),
                    buf_cstr(&from), err);
    return r ? r : set_url(&s->general, str_c(profile->endpoint_url), buf_cstr(&from), err);
}

static int read_urls(struct client_settings *s, const struct client_options *o,
                     const struct client_profile *profile, struct err *err) {
    if (o->endpoint && o->endpoint[0])
        return set_url(&s->general, str_c(o->endpoint), "", err);
    if (ignores_endpoints(profile))
        return CLIENT_OK;
    int r = read_variable_urls(s, err);
    r = r ? r : set_url(&s->general, str_c(getenv("AWS_ENDPOINT_URL")), "AWS_ENDPOINT_URL", err);
    return r || s->general.url ? r : read_profile_urls(s, profile, err);
}

/* ---- Keys ---- */

static int check_pairs(const struct client_settings *s, struct err *err) {
    for (size_t i = 0; i < s->n; i++) {
        const struct client_keys *k = &s->services[i].keys;
        if (!k->access != !k->secret || (k->token && !k->access))
            return err_set(err, CLIENT_E_OPTIONS,
                           "of CALOTYPE_ACCESS_KEY_ID_%s and CALOTYPE_SECRET_ACCESS_KEY_%s %s is "
                           "set: both, or neither",
                           s->services[i].id, s->services[i].id,
                           k->access || k->secret ? "only one" : "neither, but a session token,");
    }
    return CLIENT_OK;
}

static int read_service_keys(struct client_settings *s, struct err *err) {
    take_variables(s, S("CALOTYPE_ACCESS_KEY_ID_"), offsetof(struct client_service, keys.access));
    take_variables(s, S("CALOTYPE_SECRET_ACCESS_KEY_"),
                   offsetof(struct client_service, keys.secret));
    take_variables(s, S("CALOTYPE_SESSION_TOKEN_"), offsetof(struct client_service, keys.token));
    return check_pairs(s, err);
}

static char *copy_or_null(const char *text) { return text && text[0] ? mem_strdup(text) : NULL; }

/* True when there is a pair. All three come from one place: never a mixture. */
static bool take_keys(struct client_keys *to, const char *access, const char *secret,
                      const char *token) {
    if (!access || !access[0] || !secret || !secret[0])
        return false;
    *to = (struct client_keys){mem_strdup(access), mem_strdup(secret), copy_or_null(token)};
    return true;
}

static bool has_service_keys(const struct client_settings *s) {
    for (size_t i = 0; i < s->n; i++)
        if (s->services[i].keys.access)
            return true;
    return false;
}

/*
 * The options, then the environment, then the profile; a profile that AWS_PROFILE names goes before
 * the environment, since whoever names one means it.
 */
static int read_keys(struct client_settings *s, const struct client_options *o,
                     const struct client_profile *p, struct err *err) {
    struct client_keys *to = &s->general.keys;
    const char *named = getenv("AWS_PROFILE");
    if (o->access_key && o->access_key[0])
        return take_keys(to, o->access_key, o->secret_key, o->session_token)
                   ? CLIENT_OK
                   : err_set(err, CLIENT_E_OPTIONS, "an access key without its secret");
    int r = read_service_keys(s, err);
    if (r)
        return r;
    bool found = named && named[0] && take_keys(to, p->access_key, p->secret_key, p->session_token);
    if (!found && named && named[0] && !has_service_keys(s))
        return err_set(err, CLIENT_E_OPTIONS,
                       "no keys for AWS: the profile %s has no aws_access_key_id and "
                       "aws_secret_access_key (a role, SSO or a process is not asked for them)",
                       named);
    found = found ||
            take_keys(to, getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"),
                      getenv("AWS_SESSION_TOKEN")) ||
            take_keys(to, p->access_key, p->secret_key, p->session_token);
    if (found || has_service_keys(s))
        return CLIENT_OK;
    return err_set(err, CLIENT_E_OPTIONS,
                   "no keys for AWS: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, and "
                   "the profile %s has no keys",
                   p->name);
}

/* A line end would stand in a header, and end it: .env files with CRLF have such keys. */
static int check_keys(const struct client_service *s, struct err *err) {
    const struct {
        const char *name, *text;
    } all[] = {{"access key", s->keys.access},
               {"secret key", s->keys.secret},
               {"session token", s->keys.token}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        for (const char *c = all[i].text; c && *c; c++)
            if (*c <= ' ' || *c > '~')
                return err_set(err, CLIENT_E_OPTIONS,
                               "the %s%s%s holds a space, a line end or another character that no "
                               "key has",
                               all[i].name, s->id ? " of " : "", s->id ? s->id : "");
    return CLIENT_OK;
}

/* ---- All of it ---- */

int client_settings_read(struct client_settings *ret, const struct client_options *options,
                         const struct client_profile *profile, struct err *err) {
    *ret = (struct client_settings){0};
    int r = read_urls(ret, options, profile, err);
    r = r ? r : read_keys(ret, options, profile, err);
    r = r ? r : check_keys(&ret->general, err);
    for (size_t i = 0; r == CLIENT_OK && i < ret->n; i++)
        r = check_keys(&ret->services[i], err);
    return r;
}

static void free_service(struct client_service *s) {
    char *texts[] = {s->id, s->url, s->keys.access, s->keys.secret, s->keys.token};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        client_text_wipe(texts[i]);
}

void client_settings_deinit(struct client_settings *settings) {
    free_service(&settings->general);
    for (size_t i = 0; i < settings->n; i++)
        free_service(&settings->services[i]);
    free(settings->services);
    *settings = (struct client_settings){0};
}

static const struct client_service *find_own(const struct client_settings *s, const char *service) {
    char id[MOST_ID];
    if (!s->n)
        return NULL;
    id_of(id, service);
    return find(s, str_c(id));
}

const char *client_settings_url(const struct client_settings *settings, const char *service) {
    const struct client_service *own = find_own(settings, service);
    return own && own->url ? own->url : settings->general.url;
}

const struct client_keys *client_settings_keys(const struct client_settings *settings,
                                               const char *service) {
    const struct client_service *own = find_own(settings, service);
    if (own && own->keys.access)
        return &own->keys;
    return settings->general.keys.access ? &settings->general.keys : NULL;
}
