/* kit/refuse: fills the words into a refusal's text. */
#include "svc/kit/refuse.h"

static str value_of(const struct kit_word *words, str name) {
    for (; words && words->name; words++)
        if (str_is(name, words->name))
            return words->value;
    return STR_NONE;
}

int kit_refuse(struct rq *rq, const struct kit_refusal *refusal, const struct kit_word *words) {
    CLEANUP_DEINIT(buf) struct buf text = {0};
    str head, name, rest = str_c(refusal->text ? refusal->text : refusal->error->text);
    while (str_cut(rest, '{', &head, &rest)) {
        buf_str(&text, head);
        str_cut(rest, '}', &name, &rest);
        buf_str(&text, value_of(words, name));
    }
    buf_str(&text, head);
    return aws_fail(rq, refusal->error, STR_FMT, STR_ARG(buf_view(&text)));
}
