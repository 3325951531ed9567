#pragma once
/*
 * svc/sts: who am I, and the credentials of an assumed role. The rows of sessions are svc/iam's.
 * Any thread.
 */
#include "aws/op.h"

/* iam: of svc/iam; must outlive the service. */
int sts_open(struct svc **ret_sts, struct svc *iam, struct err *err);
struct svc *sts_close(struct svc *sts); /* returns NULL */
/* For aws_cloud_add. */
struct aws_service sts_service(struct svc *sts);
