/* client: what an error answer says, in XML (rest-xml, query) or JSON. */
#include "client/client_priv.h"

#include "base/ascii.h"
#include "base/codec.h"

/* Of a character: "10", or "xa" in hex digits. */
static bool read_code(str digits, uint64_t *ret) {
    if (!str_starts(digits, S("x")))
        return str_to_u64(digits, ret);
    for (size_t i = 1; i < digits.len; i++) {
        int digit = ascii_hex(digits.p[i]);
        if (digit < 0)
            return false;
        *ret = *ret << 4 | (uint64_t)digit;
    }
    return digits.len > 1;
}

/* Adds what the entity at the front of s (behind its '&') stands for: its length, or 0: none. */
static size_t add_entity(struct buf *out, str s) {
    static const struct {
        str name;
        char c;
    } entities[] = {{S_INIT("lt;"), '<'},
                    {S_INIT("gt;"), '>'},
                    {S_INIT("amp;"), '&'},
                    {S_INIT("quot;"), '"'},
                    {S_INIT("apos;"), '\''}};
    for (size_t i = 0; i < ARRAY_LEN(entities); i++)
        if (str_starts(s, entities[i].name)) {
            buf_char(out, entities[i].c);
            return entities[i].name.len;
        }
    str digits, tail;
    uint64_t code = 0;
    if (!str_starts(s, S("#")) || !str_cut(str_skip(s, 1), ';', &digits, &tail) || digits.len > 4 ||
        !read_code(digits, &code) || code == 0 || code >= 128)
        return 0;
    buf_char(out, (char)code);
    return digits.len + 2;
}

/* &lt; &gt; &amp; &quot; &apos; &#10; &#xa; and no others: those stay as they are. */
static void add_decoded(struct buf *out, str text) {
    for (size_t i = 0; i < text.len; i++) {
        size_t entity = text.p[i] == '&' ? add_entity(out, str_skip(text, i + 1)) : 0;
        if (entity == 0)
            buf_char(out, text.p[i]);
        i += entity;
    }
}

bool client_xml_text(str xml, const char *element, struct buf *out) {
    str name = str_c(element);
    for (size_t at = 0; at < xml.len;) {
        ptrdiff_t open = str_chr(str_skip(xml, at), '<');
        if (open < 0)
            return false;
        at += (size_t)open + 1;
        str rest = str_skip(xml, at);
        if (!str_starts(rest, name) || rest.len <= name.len)
            continue;
        char behind = rest.p[name.len];
        if (behind != '>' && behind != ' ' && behind != '/')
            continue;
        ptrdiff_t close = str_chr(rest, '>');
        if (close < 0)
            return false;
        if (rest.p[close - 1] == '/')
            return true;
        str text = str_skip(rest, (size_t)close + 1);
        ptrdiff_t end = str_chr(text, '<');
        if (end < 0)
            return false;
        add_decoded(out, str_slice(text, 0, (size_t)end));
        return true;
    }
    return false;
}

static void take_xml(str xml, const char *element, char *to, size_t size) {
    struct buf text = {0};
    if (client_xml_text(xml, element, &text))
        client_copy_text(to, size, buf_view(&text));
    buf_deinit(&text);
}

/*
 * "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException:http://…" is
 * ResourceNotFoundException.
 */
static str bare_code(str code) {
    str head = code, tail;
    if (str_cut(code, '#', &head, &tail))
        code = tail;
    str_cut(code, ':', &head, &tail);
    return head;
}

static void take_json(str body, struct client_fault *fault) {
    CLEANUP_JSON json_t *doc = json_parse(body, NULL);
    static const char *const codes[] = {"__type", "code", "Code"};
    static const char *const messages[] = {"message", "Message", "errorMessage"};
    for (size_t i = 0; i < ARRAY_LEN(codes) && !fault->code[0]; i++)
        client_copy_text(fault->code, sizeof fault->code, bare_code(json_str(doc, codes[i])));
    for (size_t i = 0; i < ARRAY_LEN(messages) && !fault->message[0]; i++)
        client_copy_text(fault->message, sizeof fault->message, json_str(doc, messages[i]));
}

static const char *code_of_status(int status) {
    return status == 301   ? "PermanentRedirect"
           : status == 304 ? "NotModified"
           : status == 400 ? "BadRequest"
           : status == 403 ? "Forbidden"
           : status == 404 ? "NotFound"
           : status == 412 ? "PreconditionFailed"
                           : "";
}

void client_read_fault(const struct client_response *response, struct client_fault *fault) {
    static const char *const ids[] = {"x-amzn-requestid", "x-amz-request-id"};
    str body = buf_view(&response->body);
    fault->status = response->status;
    for (size_t i = 0; i < ARRAY_LEN(ids) && !fault->request_id[0]; i++)
        client_copy_text(fault->request_id, sizeof fault->request_id,
                         client_header(response, ids[i]));
    client_copy_text(fault->code, sizeof fault->code,
                     bare_code(client_header(response, "x-amzn-errortype")));
    if (str_starts(body, S("{"))) {
        take_json(body, fault);
    } else if (body.len) {
        take_xml(body, "Code", fault->code, sizeof fault->code);
        take_xml(body, "Message", fault->message, sizeof fault->message);
    }
    if (!fault->code[0]) /* HEAD has no body */
        client_copy_text(fault->code, sizeof fault->code, str_c(code_of_status(response->status)));
    if (!fault->message[0])
        snprintf(fault->message, sizeof fault->message, "HTTP status %d", response->status);
}
