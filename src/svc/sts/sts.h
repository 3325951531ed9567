#pragma once
/*
 * svc/sts: who am I, and the credentials of an assumed role. The rows of sessions are svc/iam's,
 * which also ends them; a session's time is real time. Any thread.
 */
#include "aws/op.h"

struct sts_svc; /* the service's state */
struct iam_svc;

/* iam: of svc/iam; must outlive the service. */
int sts_open(struct sts_svc **ret_sts, struct iam_svc *iam, struct err *err);
struct sts_svc *sts_close(struct sts_svc *sts); /* returns NULL */
/* For aws_cloud_add. */
struct aws_service sts_service(struct sts_svc *sts);
