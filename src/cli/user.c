/*
 * cli/user: makes an IAM user and its key by the API, with the root key. A user begins without any
 * right, as on AWS; only a policy that was named on the command line is attached.
 */
#include "cli/user.h"

#include "base/ascii.h"
#include "cli/variables.h"
#include "cli/xml.h"
#include "prog/say.h"

#include <errno.h>
#include <stdio.h>

#define VERSION "2010-05-08"

/* The user's name stands in every request. A second parameter is one more. */
static int ask(struct cli_cloud *cloud, const char *action, const char *user,
               const struct sign_header *more, struct buf *xml, struct client_fault *fault) {
    struct sign_header params[2] = {{S("UserName"), str_c(user)}};
    size_t n = 1;
    if (more)
        params[n++] = *more;
    const struct client_form form = {"iam", action, VERSION, params, n};
    buf_clear(xml);
    return client_query(cloud->client, &form, xml, fault);
}

static int say(const char *action, const struct client_fault *fault, struct err *err) {
    char what[64];
    snprintf(what, sizeof what, "iam:%s", action);
    return cli_cloud_fault(what, fault, err);
}

/* A name that IAM takes is a folder's name too, but for these two. */
int cli_user_check(const char *name, struct err *err) {
    str s = str_c(name);
    if (s.len > 0 && s.len <= 64 && ascii_only_alnum(s, "+=,.@_-") && !str_is(s, ".") &&
        !str_is(s, ".."))
        return 0;
    return err_set(err, -EINVAL,
                   "a user's name has 1 to 64 letters, digits and +=,.@_-, not \"%s\"", name);
}

/* ---- The user and its policies ---- */

static int make_user(struct cli_cloud *cloud, const char *name, bool *ret_made, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0};
    struct client_fault fault;
    int r = ask(cloud, "CreateUser", name, NULL, &xml, &fault);
    *ret_made = r == 0;
    if (r == 0 || strcmp(fault.code, "EntityAlreadyExists") == 0)
        return 0;
    return say("CreateUser", &fault, err);
}

/*
 * The ARN of the policy that is called so, with or without its path ("service-role/NAME"): one of
 * AWS's, or where AWS has none of it, of the account's.
 */
static int find_policy(struct cli_cloud *cloud, const char *scope, str end, struct buf *ret_arn,
                       struct client_fault *fault) {
    CLEANUP_DEINIT(buf) struct buf xml = {0}, marker = {0};
    str rest, text;
    do {
        const struct sign_header params[] = {{S("Scope"), str_c(scope)},
                                             {S("MaxItems"), S("1000")},
                                             {S("Marker"), buf_view(&marker)}};
        const struct client_form form = {"iam", "ListPolicies", VERSION, params,
                                         marker.len ? 3 : 2};
        buf_clear(&xml);
        int r = client_query(cloud->client, &form, &xml, fault);
        if (r)
            return r;
        rest = buf_view(&xml);
        while (!ret_arn->len && cli_xml_next(&rest, "Arn", &text))
            if (str_ends(text, end))
                buf_str(ret_arn, text);
        buf_clear(&marker);
    } while (!ret_arn->len && client_xml_text(buf_view(&xml), "Marker", &marker) && marker.len);
    return 0;
}

static int find_arn(struct cli_cloud *cloud, const char *policy, struct buf *arn, struct err *err) {
    static const char *const scopes[] = {"AWS", "Local"};
    CLEANUP_DEINIT(buf) struct buf end = {0};
    struct client_fault fault;
    if (str_starts(str_c(policy), S("arn:"))) {
        buf_c(arn, policy);
        return 0;
    }
    buf_printf(&end, "/%s", policy);
    for (size_t i = 0; i < ARRAY_LEN(scopes) && !arn->len; i++)
        if (find_policy(cloud, scopes[i], buf_view(&end), arn, &fault))
            return say("ListPolicies", &fault, err);
    if (arn->len)
        return 0;
    return err_set(err, -ENOENT,
                   "there is no policy %s, of AWS or of this account: calotype with aws iam "
                   "list-policies",
                   policy);
}

static int attach_all(struct cli_cloud *cloud, const struct cli_user *user, struct err *err) {
    struct client_fault fault;
    for (size_t i = 0; i < user->policies.n; i++) {
        CLEANUP_DEINIT(buf) struct buf arn = {0}, xml = {0};
        int r = find_arn(cloud, user->policies.p[i], &arn, err);
        if (r)
            return r;
        const struct sign_header more = {S("PolicyArn"), buf_view(&arn)};
        if (ask(cloud, "AttachUserPolicy", user->name, &more, &xml, &fault))
            return say("AttachUserPolicy", &fault, err);
    }
    return 0;
}

/* ---- The key ---- */

static int is_active(struct cli_cloud *cloud, const char *name, const char *id, bool *ret,
                     struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0};
    struct client_fault fault;
    str rest, member, text;
    *ret = false;
    if (ask(cloud, "ListAccessKeys", name, NULL, &xml, &fault))
        return say("ListAccessKeys", &fault, err);
    rest = buf_view(&xml);
    while (cli_xml_next(&rest, "member", &member)) {
        str status = member;
        if (cli_xml_next(&member, "AccessKeyId", &text) && str_is(text, id))
            *ret = cli_xml_next(&status, "Status", &text) && str_is(text, "Active");
    }
    return 0;
}

static bool take(struct buf *xml, const char *element, char *into, size_t room) {
    str rest = buf_view(xml), text;
    if (!cli_xml_next(&rest, element, &text) || text.len >= room)
        return false;
    memcpy(into, text.p, text.len);
    into[text.len] = '\0';
    return true;
}

/* The form that AWS's tools read; the folder is 0700, the file 0600. */
static int keep(const struct cli_session *s, const char *folder, const struct prog_credentials *key,
                struct err *err) {
    CLEANUP_MEM char *path = prog_data_path(folder, "credentials");
    CLEANUP_DEINIT(buf) struct buf text = {0};
    prog_credentials_add(&text, key);
    int r = cli_variables_keep(s, path, buf_view(&text), err);
    explicit_bzero(text.p, text.len);
    return r;
}

static int make_key(struct cli_cloud *cloud, const char *name, const char *folder,
                    struct prog_credentials *ret, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf xml = {0};
    struct client_fault fault;
    if (ask(cloud, "CreateAccessKey", name, NULL, &xml, &fault)) {
        if (strcmp(fault.code, "LimitExceeded") == 0)
            return err_set(err, -EDQUOT,
                           "the user %s has two keys, and IAM gives no third: calotype with aws "
                           "iam delete-access-key --user-name %s --access-key-id ID (list-access-"
                           "keys tells the IDs)",
                           name, name);
        return say("CreateAccessKey", &fault, err);
    }
    *ret = cloud->session.key; /* for the region */
    bool taken = take(&xml, "AccessKeyId", ret->access_key, sizeof ret->access_key) &&
                 take(&xml, "SecretAccessKey", ret->secret_key, sizeof ret->secret_key);
    explicit_bzero(xml.p, xml.len);
    if (!taken)
        return err_set(err, -EPROTO, "iam:CreateAccessKey answered without a key");
    int r = keep(&cloud->session, folder, ret, err);
    if (r) { /* one of two that the user may have, and nobody would know it */
        const struct sign_header id = {S("AccessKeyId"), str_c(ret->access_key)};
        (void)ask(cloud, "DeleteAccessKey", name, &id, &xml, &fault);
    }
    return r;
}

/* ---- What it may do ---- */

static void add_names(struct cli_cloud *cloud, const char *action, const char *user,
                      const char *list, const char *element, struct buf *out) {
    CLEANUP_DEINIT(buf) struct buf xml = {0};
    struct client_fault fault;
    str rest, inner, name;
    if (ask(cloud, action, user, NULL, &xml, &fault)) {
        buf_printf(out, "(not known: iam:%s failed)", action);
        return;
    }
    rest = buf_view(&xml);
    if (!cli_xml_next(&rest, list, &inner))
        return;
    while (cli_xml_next(&inner, element, &name))
        buf_printf(out, "%s" STR_FMT, out->len ? ", " : "", STR_ARG(name));
}

static void say_rights(struct cli_cloud *cloud, const char *name, const char *how) {
    CLEANUP_DEINIT(buf) struct buf attached = {0}, inside = {0}, groups = {0};
    add_names(cloud, "ListAttachedUserPolicies", name, "AttachedPolicies", "PolicyName", &attached);
    add_names(cloud, "ListUserPolicies", name, "PolicyNames", "member", &inside);
    add_names(cloud, "ListGroupsForUser", name, "Groups", "GroupName", &groups);
    if (!attached.len && !inside.len && !groups.len) {
        prog_hint("user %s, %s: it has no rights yet, but those that roles and buckets grant to it "
                  "by name; --policy NAME attaches one (AdministratorAccess: everything)",
                  name, how);
        return;
    }
    prog_hint("user %s, %s: it may do what these say:%s%s%s%s%s%s", name, how,
              attached.len ? " attached " : "", buf_cstr(&attached), inside.len ? " its own " : "",
              buf_cstr(&inside), groups.len ? " groups " : "", buf_cstr(&groups));
}

int cli_user_key(struct cli_cloud *cloud, const struct cli_user *user,
                 struct prog_credentials *ret_key, struct err *err) {
    CLEANUP_MEM char *folder = NULL;
    bool made = false;
    int r = cli_variables_folder(&cloud->session, user->name, &folder, err);
    r = r ? r : make_user(cloud, user->name, &made, err);
    r = r ? r : attach_all(cloud, user, err);
    if (r)
        return r;
    bool kept = false;
    if (prog_credentials_read(folder, ret_key, NULL) == 0)
        r = is_active(cloud, user->name, ret_key->access_key, &kept, err);
    if (r == 0 && !kept)
        r = make_key(cloud, user->name, folder, ret_key, err);
    if (r == 0)
        say_rights(cloud, user->name,
                   made   ? "made, with a key"
                   : kept ? "with the key of an earlier time"
                          : "with a new key");
    return r;
}
