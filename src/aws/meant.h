#pragma once
/*
 * aws/meant: what a request says, wherever it says it. auth.c and wire.c alone; any thread.
 * What is made lies in the wire's arena.
 */
#include "aws/auth.h"

/*
 * Makes one of the headers that have the same name, joined by a comma: that is how the signature
 * has them, so no reader may take only the first. headers is wire->headers, which are the caller's
 * to change.
 */
void aws_wire_join(struct aws_wire *wire, struct sign_header *headers);
/* What parameters are to the service and the signature. */
struct aws_moving {
    bool s3;        /* the service reads headers in the query */
    bool presigned; /* the URL was made before there was a body */
    bool v2;        /* by SigV2, which has more headers there */
};
/*
 * A request's headers, with those that stand in the query (sign_is_moved_header), where presigners
 * put them. The array is a new one where there are any. Absent, or the name of a parameter that
 * says something else than a header or parameter of its name, or what no header could say.
 */
str aws_wire_move(struct aws_wire *wire, struct aws_moving how);
