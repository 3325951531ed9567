#pragma once
/*
 * cli/xml: picking elements out of the answers of S3 and of the query protocol. Those come from
 * the cloud that the user chose, over TLS: this looks for elements, it does not validate. Slices,
 * no copies.
 */
#include "base/str.h"

/*
 * Inner text of the next element of that name in *rest, which then begins behind it. Nested ones of
 * the same name stay inside.
 */
bool cli_xml_next(str *rest, const char *element, str *ret_inner);
