/* calotype rotate ca: another certificate authority, and who must be told of it. */
#include "daemon/rotate.h"

#include "daemon/tls.h"
#include "prog/data.h"
#include "prog/say.h"

#include <errno.h>
#include <unistd.h>

static int plan(const struct daemon_offline *o, char **ret_plan, struct err *err) {
    struct buf text = {0};
    CLEANUP_MEM char *format = prog_data_path(o->data, "format");
    if (access(format, F_OK) < 0)
        return err_sys(err, -errno, "%s is no data folder: %s", o->data, format);
    buf_printf(
        &text,
        "A new certificate authority will be made: %s/tls/ca.pem and ca.key.\n"
        "The present ones stay beside them, as ca.pem.old-DATE and ca.key.old-DATE.\n"
        "Clients that have a copy of the present ca.pem refuse TLS until they are given the new "
        "one:\n"
        "  other machines, browsers, the system's trust store, what was set in AWS_CA_BUNDLE.\n"
        "Shells of `calotype env`, `calotype with` and functions read the file itself: nothing is "
        "to be done there.",
        o->data);
    *ret_plan = buf_take(&text);
    return 0;
}

static int run(struct daemon_offline *o, struct err *err) {
    CLEANUP_DEINIT(buf) struct buf suffix = {0};
    int r = daemon_tls_rotate(o->data, &suffix, err);
    if (r < 0)
        return r;
    prog_print("made %s/tls/ca.pem: give it to those that have a copy of the old one\n"
               "kept the old one as ca.pem%s; once nobody trusts it, delete it and ca.key%s\n",
               o->data, buf_cstr(&suffix), buf_cstr(&suffix));
    return 0;
}

const struct daemon_rotation daemon_rotation_ca = {
    .about = "the certificate authority that clients trust",
    .plan = plan,
    .run = run,
};
