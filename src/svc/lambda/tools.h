#pragma once
/*
 * svc/lambda/tools: the programs that interpreted functions call: sh, env, curl and so on, by the
 * table lambda_host_tools (runtimes.h).
 *
 * They are copies of the machine's, together in DATA/functions/tools, so that a sandbox needs one
 * mount for all of them: sixty of their own would leave few for packages, and take half a
 * millisecond of each start. The folder is made when an environment asks for it first, and looked
 * through again when /usr/bin has changed.
 */
#include "base/err.h"
#include "store/store.h"
#include "svc/lambda/code.h"

struct lambda_tools;
/* New. The folder belongs to code, which must outlive it. */
struct lambda_tools *lambda_tools_new(struct lambda_code *code, struct store *store);
struct lambda_tools *lambda_tools_free(struct lambda_tools *tools);
/*
 * Sees to it that the folder has what the machine has; *ret_path is the folder, for the life of
 * tools. 0; STORE_E_FULL or -errno with words. Any thread; the first one copies some megabytes.
 */
int lambda_tools_get(struct lambda_tools *tools, const char **ret_path, struct err *err);
