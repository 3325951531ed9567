#pragma once
/* cli/user: an IAM user of the daemon's cloud with a key, for `calotype env --user`. */
#include "cli/cloud.h"
#include "prog/flag.h"

struct cli_user {
    const char *name;           /* that cli_user_check takes */
    struct prog_texts policies; /* to attach: names of AWS's or the account's own, or ARNs */
};
/* For the flag: 0, or -EINVAL with words where IAM, or a folder, cannot have that name. */
int cli_user_check(const char *name, struct err *err);
/*
 * Makes the user where there is none, attaches the policies, and fills *ret_key: the key that an
 * earlier call made and kept in DATA/clients/users/NAME, while IAM still has it active, else a new
 * one. Says on stderr what was made, and which rights the user has. 0 or -errno with words.
 */
int cli_user_key(struct cli_cloud *cloud, const struct cli_user *user,
                 struct prog_credentials *ret_key, struct err *err);
