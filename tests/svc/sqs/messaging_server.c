/*
 * SNS and SQS in one cloud over a fresh store, for wire tests: messaging_server. Prints its port,
 * then obeys lines of standard input and answers each with one line:
 *
 *   advance SECONDS      moves world time                       "ok"
 *   metric NAME          of all dimensions together             "SUM COUNT LAST"
 *   lambda               what the function port took last       the payload, or "-"
 *   lambda-answer N      what it answers from now on (HUB_*)    "ok"
 *   policy JSON          the user's only policy, "-" for none   "ok" (the user's key:
 *   AKIAUSER000000000000)
 *   deliver ARN SOURCE SOURCE_ARN TEXT   an event of another service's   "ok"
 *
 * It ends with its standard input, and fails when something leaked.
 */
#include "lib/cloud.h"

#include "base/clock.h"
#include "base/lock.h"
#include "net/net.h"
#include "svc/sns/sns.h"
#include "svc/sqs/sqs.h"

CLOUD_PLUG(sqs);
CLOUD_PLUG(sns);

static struct seen {
    pthread_mutex_t lock;
    struct {
        char name[80];
        double sum, count, last;
    } metrics[64];
    size_t n_metrics;
    char lambda[65536];
    int lambda_answer;
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER, .lambda = "-"};

static void on_metric(void *ctx, struct store_batch *batch, const struct hub_metric *m) {
    (void)ctx;
    (void)batch;
    size_t i = 0;
    LOCK_SCOPE(&seen.lock);
    while (i < seen.n_metrics && !str_is(m->name, seen.metrics[i].name))
        i++;
    if (i == ARRAY_LEN(seen.metrics))
        abort();
    if (i == seen.n_metrics)
        snprintf(seen.metrics[seen.n_metrics++].name, sizeof seen.metrics[i].name, STR_FMT,
                 STR_ARG(m->name));
    seen.metrics[i].sum += m->value * m->count;
    seen.metrics[i].count += m->count;
    seen.metrics[i].last = m->value;
}

static int on_lambda(void *ctx, struct store_batch *batch, const struct hub_event *event) {
    (void)ctx;
    (void)batch;
    LOCK_SCOPE(&seen.lock);
    if (seen.lambda_answer == HUB_OK)
        snprintf(seen.lambda, sizeof seen.lambda, STR_FMT, STR_ARG(event->payload));
    return seen.lambda_answer;
}

static void say_metric(const char *name) {
    LOCK_SCOPE(&seen.lock);
    for (size_t i = 0; i < seen.n_metrics; i++)
        if (strcmp(seen.metrics[i].name, name) == 0) {
            printf("%g %g %g\n", seen.metrics[i].sum, seen.metrics[i].count, seen.metrics[i].last);
            return;
        }
    printf("0 0 0\n");
}

static void deliver(struct cloud *f, str line) {
    CLEANUP(store_batch) struct store_batch *batch = store_batch_new();
    struct hub_event event = {.source_account = S("000000000000"),
                              .account = S("000000000000"),
                              .region = S("us-east-1")};
    str_cut(line, ' ', &event.target, &line);
    str_cut(line, ' ', &event.source_service, &line);
    str_cut(line, ' ', &event.source_arn, &event.payload);
    hub_deliver(f->hub, batch, &event);
    if (store_commit(f->store, batch, NULL))
        abort();
    printf("ok\n");
}

static void obey(struct cloud *f, char *line) {
    str verb, rest;
    str_cut(str_c(line), ' ', &verb, &rest);
    if (str_is(verb, "advance")) {
        clock_set_offset_ms(clock_offset_ms() + strtoll(rest.p, NULL, 10) * 1000);
        hub_clock_moved(f->hub);
        printf("ok\n");
    } else if (str_is(verb, "metric")) {
        say_metric(rest.p);
    } else if (str_is(verb, "lambda")) {
        LOCK_SCOPE(&seen.lock);
        printf("%s\n", seen.lambda);
    } else if (str_is(verb, "lambda-answer")) {
        LOCK_SCOPE(&seen.lock);
        seen.lambda_answer = (int)strtol(rest.p, NULL, 10);
        printf("ok\n");
    } else if (str_is(verb, "policy")) {
        cloud_user_policy(f, str_is(rest, "-") ? NULL : rest.p);
        printf("ok\n");
    } else if (str_is(verb, "deliver")) {
        deliver(f, rest);
    } else {
        printf("unknown verb\n");
    }
    fflush(stdout);
}

static void check(int r, const struct err *err) {
    if (r == 0)
        return;
    fprintf(stderr, "%s\n", err->text);
    exit(1);
}

int main(void) {
    static struct cloud f;
    struct err err = {0};
    struct net *net = NULL;
    uint16_t port;
    int fd = -1;
    char *line = NULL;
    size_t cap = 0;
    cloud_open(&f, NULL);
    cloud_plug(&f, &plug_sqs);
    cloud_plug(&f, &plug_sns);
    hub_plug_metric(f.hub, on_metric, NULL);
    hub_plug_target(f.hub, S("lambda"), on_lambda, NULL);
    check(hub_start(f.hub, &err), &err);
    struct net_options options = {.app = aws_cloud_app(f.cloud), .threads = 16};
    check(net_start(&net, &options, &err), &err);
    check(net_bind("127.0.0.1", 0, &fd, &port, &err), &err);
    check(net_listen(net, fd, &err), &err);
    printf("%u\n", port);
    fflush(stdout);
    while (getline(&line, &cap, stdin) > 0) {
        line[strcspn(line, "\n")] = '\0';
        obey(&f, line);
    }
    free(line);
    net_stop(net, 1000);
    cloud_close(&f);
    return 0;
}
