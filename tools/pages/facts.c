/* What pages of several verbs say alike: exit codes, variables and files, by the flags that they have. */
#include "tools/pages/pages.h"

/* Of every verb; what a page's words say of a code takes its place. */
const struct pages_fact pages_codes[] = {
    {NULL, NULL, "EXIT STATUS", "0", "Done."},
    {NULL, NULL, "EXIT STATUS", "2", "The command line is wrong, and nothing was done."},
    {NULL, NULL, "EXIT STATUS", "255", "It failed; one line on standard error says why."},
    {0},
};

#define ACCOUNT                                                                                    \
    "An account instead of the daemon: the keys, the region and the endpoints, in the order of the AWS SDKs. "

const struct pages_fact pages_facts[] = {
    {"data", NULL, "ENVIRONMENT", "CALOTYPE_DATA", "The data folder, where --data is not given."},
    {"programs", NULL, "ENVIRONMENT", "CALOTYPE_PROGRAMS",
     "The folder with `bootstrap` and `calotype-image`, where --programs is not given."},
    {"aws", NULL, "ENVIRONMENT",
     "AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL, ...",
     ACCOUNT "Read with --aws alone; calotype(1) has the list."},
    {"remote", NULL, "ENVIRONMENT",
     "AWS_PROFILE, AWS_ACCESS_KEY_ID, AWS_REGION, AWS_ENDPOINT_URL, ...",
     ACCOUNT "Read with --remote alone; calotype(1) has the list."},
    {"json", "show ls query put status tail scrub runtime", "ENVIRONMENT", "NO_COLOR",
     "Set to anything: no colours on a terminal."},
    {"format", "audit", "ENVIRONMENT", "NO_COLOR", "Set to anything: no colours on a terminal."},
    {NULL, "up repair rotate", "ENVIRONMENT", "CALOTYPE_MASTER_KEY, CALOTYPE_MASTER_KEY_FILE",
     "The master key (64 hexadecimal digits), or a file that holds it and that nobody else may use, "
     "instead of `keys/master` in the data folder."},
    {"data", "down env with status scrub deploy put ls show query open get rm tail runtime",
     "FILES", "DIR/admin.sock", "The socket by which the running daemon is found."},
    {"data", "env with status scrub deploy put ls show query open get rm tail", "FILES",
     "DIR/credentials", "The root key of the cloud, in the form that AWS's tools read."},
    {"data", "env with status scrub deploy put ls show query open get rm tail", "FILES",
     "DIR/tls/ca.pem", "The certificate authority of the cloud, which its clients trust."},
    {"programs", NULL, "FILES",
     "@prefix@/lib/calotype/bootstrap, @prefix@/lib/calotype/calotype-image",
     "The function and the image worker that are packed."},
    {"template", NULL, "FILES", "@prefix@/share/calotype/template.yaml",
     "The template that came with calotype."},
    {0},
};
