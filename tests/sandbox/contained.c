/*
 * Runs a program as a container's default would: with the capabilities and the system calls that
 * Docker leaves to one (its default.json, without CAP_SYS_ADMIN). Only what that profile takes away
 * of what a sandbox needs is taken away here; the rest makes no difference to it.
 *
 *   contained PROGRAM ARGUMENT…
 *   contained CALL=ERRNO… PROGRAM ARGUMENT…     only these calls are denied, with that number
 */
#include "contained.h"

#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Docker's list of default capabilities. */
static const int kept[] = {CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FSETID,           CAP_FOWNER,
                           CAP_MKNOD,   CAP_NET_RAW,      CAP_SETGID,           CAP_SETUID,
                           CAP_SETFCAP, CAP_SETPCAP,      CAP_NET_BIND_SERVICE, CAP_SYS_CHROOT,
                           CAP_KILL,    CAP_AUDIT_WRITE};

/*
 * Of these the profile answers EPERM to whoever lacks CAP_SYS_ADMIN, or to everybody; and clone3,
 * which has its flags in memory, with ENOSYS.
 */
static const struct contained_denial docker[] = {
    {"unshare", EPERM},
    {"setns", EPERM},
    {"mount", EPERM},
    {"umount2", EPERM},
    {"pivot_root", EPERM},
    {"open_tree", EPERM},
    {"fsopen", EPERM},
    {"fsmount", EPERM},
    {"fsconfig", EPERM},
    {"fspick", EPERM},
    {"move_mount", EPERM},
    {"mount_setattr", EPERM},
    {"keyctl", EPERM},
    {"add_key", EPERM},
    {"bpf", EPERM},
    {"request_key", EPERM},
    {"userfaultfd", EPERM},
    {"perf_event_open", EPERM},
    {"sethostname", EPERM},
    {"io_uring_setup", EPERM},
    {"clone", EPERM},
    {"clone3", ENOSYS},
    {NULL, 0},
};

static int drop_capabilities(void) {
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        int keep = 0;
        for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
            keep |= kept[i] == cap;
        if (!keep && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && geteuid() == 0)
            return -errno;
    }
    return 0;
}

int main(int argc, char **argv) {
    struct contained_denial given[CONTAINED_MOST + 1] = {{NULL, 0}};
    int n = 0;
    for (char *is; n < CONTAINED_MOST && n + 1 < argc && (is = strchr(argv[n + 1], '=')); n++) {
        *is = '\0';
        given[n] = (struct contained_denial){argv[n + 1], atoi(is + 1)};
    }
    if (argc < n + 2)
        return 2;
    int r = n ? 0 : drop_capabilities();
    if (r == 0)
        r = contained_deny(n ? given : docker);
    if (r) {
        fprintf(stderr, "contained: %d\n", r);
        return 125;
    }
    execvp(argv[n + 1], argv + n + 1);
    perror(argv[n + 1]);
    return 126;
}
