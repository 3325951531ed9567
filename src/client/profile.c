/*
 * client/profile: reads AWS's shared files line by line. A setting counts where it stands first;
 * the credentials file is read before the config file, so keys in both are those of the first.
 */
#include "client/profile.h"

#include "base/ascii.h"
#include "base/buf.h"
#include "base/io.h"

#include <stdlib.h>

enum { MOST_FILE = 1 << 20 };

/* What a section of a file is for us. */
enum section { OTHER, PROFILE, SERVICES };

struct reader {
    struct client_profile *profile;
    bool config;  /* sections are "profile NAME", but for default */
    bool no_keys; /* another file had them: never a mixture */
    enum section section;
    str service; /* the name above the indented lines of a services section */
};

static bool is_space(char c) { return c == ' ' || c == '\t'; }

char *client_text_copy(str text) {
    char *out = mem_zalloc(text.len + 1);
    if (text.len)
        memcpy(out, text.p, text.len);
    return out;
}

static str without_quotes(str s) {
    bool quoted = s.len >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.len - 1] == s.p[0];
    return quoted ? str_slice(s, 1, s.len - 1) : s;
}

/* "kind NAME", with any space between and the name perhaps in quotes. */
static bool is_named(str section, str kind, const char *name) {
    str rest = str_skip(section, kind.len);
    return name && str_starts(section, kind) && rest.len && is_space(rest.p[0]) &&
           str_is(without_quotes(str_trim(rest)), name);
}

static enum section section_of(const struct reader *r, str name) {
    const struct client_profile *p = r->profile;
    bool plain = !r->config || strcmp(p->name, "default") == 0;
    if ((plain && str_is(name, p->name)) || (r->config && is_named(name, S("profile"), p->name)))
        return PROFILE;
    return r->config && is_named(name, S("services"), p->services_name) ? SERVICES : OTHER;
}

static void take_setting(const struct reader *r, str name, str value) {
    struct client_profile *p = r->profile;
    const struct {
        const char *name;
        char **to;
        bool key;
    } all[] = {
        {"aws_access_key_id", &p->access_key, true},
        {"aws_secret_access_key", &p->secret_key, true},
        {"aws_session_token", &p->session_token, true},
        {"region", &p->region, false},
        {"ca_bundle", &p->ca_bundle, false},
        {"endpoint_url", &p->endpoint_url, false},
        {"services", &p->services_name, false},
        {"ignore_configured_endpoint_urls", &p->ignore_endpoints, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (str_eq_nocase(name, str_c(all[i].name)) && !*all[i].to && value.len &&
            !(all[i].key && r->no_keys))
            *all[i].to = client_text_copy(value);
}

/* "endpoint_url = URL" below "cloudwatch_logs =". */
static void take_service(struct client_profile *p, str service, str name, str value) {
    if (!str_eq_nocase(name, S("endpoint_url")) || !service.len || !value.len)
        return;
    p->services = mem_realloc(p->services, (p->n_services + 1) * sizeof *p->services);
    struct client_profile_service *s = &p->services[p->n_services++];
    *s = (struct client_profile_service){client_text_copy(service), client_text_copy(value)};
    for (char *c = s->id; *c; c++)
        *c = ascii_upper(*c);
}

static void read_line(struct reader *r, str line) {
    str name, value, text = str_trim(line);
    if (!text.len || text.p[0] == '#' || text.p[0] == ';')
        return;
    bool indented = is_space(line.p[0]);
    ptrdiff_t end = str_chr(text, ']');
    if (!indented && text.p[0] == '[' && end > 0) {
        r->section = section_of(r, str_trim(str_slice(text, 1, (size_t)end)));
        r->profile->has_services |= r->section == SERVICES;
        r->service = STR_NONE;
        return;
    }
    if (!str_cut(text, '=', &name, &value))
        return;
    name = str_trim(name);
    value = str_trim(value);
    if (r->section == SERVICES && indented)
        take_service(r->profile, r->service, name, value);
    else if (r->section == SERVICES)
        r->service = value.len ? STR_NONE : name;
    else if (r->section == PROFILE && !indented)
        take_setting(r, name, value);
}

static void read_text(struct client_profile *p, str text, bool config) {
    struct reader r = {.profile = p,
                       .config = config,
                       .no_keys = p->access_key || p->secret_key || p->session_token};
    str line;
    while (text.len) {
        str_cut(text, '\n', &line, &text);
        if (str_ends(line, S("\r")))
            line = str_slice(line, 0, line.len - 1);
        read_line(&r, line);
    }
}

/* The file that the variable names, or the one below the home folder. False: there is none. */
static bool read_file(struct buf *out, const char *variable, const char *fallback) {
    const char *given = getenv(variable), *home = getenv("HOME");
    CLEANUP_DEINIT(buf) struct buf path = {0};
    if ((!given || !given[0]) && (!home || !home[0]))
        return false;
    if (given && given[0] == '~' && given[1] == '/' && home) /* SDKs take it so */
        buf_printf(&path, "%s%s", home, given + 1);
    else if (given && given[0])
        buf_c(&path, given);
    else
        buf_printf(&path, "%s%s", home, fallback);
    return io_read_file(out, buf_cstr(&path), MOST_FILE, NULL) == 0;
}

void client_profile_read(struct client_profile *ret) {
    const char *name = getenv("AWS_PROFILE");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    *ret = (struct client_profile){.name = name && name[0] ? name : "default"};
    if (read_file(&text, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials"))
        read_text(ret, buf_view(&text), false);
    if (text.p)
        explicit_bzero(text.p, text.len);
    buf_clear(&text);
    if (!read_file(&text, "AWS_CONFIG_FILE", "/.aws/config"))
        return;
    read_text(ret, buf_view(&text), true);
    /* Once more: the services section may stand before the profile that names it. */
    if (ret->services_name && !ret->has_services)
        read_text(ret, buf_view(&text), true);
    explicit_bzero(text.p, text.len);
}

void client_text_wipe(char *text) {
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

void client_profile_deinit(struct client_profile *p) {
    char *texts[] = {p->access_key, p->secret_key,   p->session_token, p->region,
                     p->ca_bundle,  p->endpoint_url, p->services_name, p->ignore_endpoints};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        client_text_wipe(texts[i]);
    for (size_t i = 0; i < p->n_services; i++) {
        free(p->services[i].id);
        free(p->services[i].url);
    }
    free(p->services);
    *p = (struct client_profile){0};
}
