/* Workers: all is done once, an owner leaves half of them to others, and the end waits. */
#include "cm.h"

#include "aws/workers.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

enum { MOST = 4 };

struct job {
    struct aws_work work;
    sem_t *gate; /* waited for, or NULL */
    sem_t *began;
    atomic_int done;
};

static void wait_sem(sem_t *sem) {
    while (sem_wait(sem) != 0)
        ;
}

static void run(void *arg) {
    struct job *job = arg;
    if (job->began)
        sem_post(job->began);
    if (job->gate)
        wait_sem(job->gate);
    job->done++;
}

static void add(struct aws_workers *workers, struct job *job, uint64_t owner) {
    job->work = (struct aws_work){.fn = run, .ctx = job, .owner = owner};
    aws_workers_add(workers, &job->work);
}

static void all_is_done_once(void **state) {
    (void)state;
    enum { N = 200 };
    static struct job jobs[N];
    struct aws_workers *workers = aws_workers_new(MOST);
    for (int i = 0; i < N; i++)
        add(workers, &jobs[i], (uint64_t)i % 3);
    aws_workers_free(workers);
    for (int i = 0; i < N; i++)
        CHECK_INT(jobs[i].done, 1);
}

/* Ten of one owner's hold two threads of four; another's two hold the rest, and a third waits. */
static void an_owner_leaves_half(void **state) {
    (void)state;
    sem_t gate, began, others;
    sem_init(&gate, 0, 0);
    sem_init(&began, 0, 0);
    sem_init(&others, 0, 0);
    struct job greedy[10] = {0}, other[3] = {0};
    struct aws_workers *workers = aws_workers_new(MOST);
    for (size_t i = 0; i < ARRAY_LEN(greedy); i++) {
        greedy[i].gate = &gate;
        greedy[i].began = &began;
        add(workers, &greedy[i], 1);
    }
    wait_sem(&began);
    wait_sem(&began);
    for (size_t i = 0; i < ARRAY_LEN(other); i++) {
        other[i].began = &others;
        add(workers, &other[i], 2);
    }
    for (size_t i = 0; i < ARRAY_LEN(other); i++)
        wait_sem(&others); /* all are done while the first owner's stand still */
    CHECK(sem_trywait(&began) != 0);
    for (size_t i = 0; i < ARRAY_LEN(greedy); i++)
        sem_post(&gate);
    aws_workers_free(workers);
    for (size_t i = 0; i < ARRAY_LEN(greedy); i++)
        CHECK_INT(greedy[i].done, 1);
    sem_destroy(&gate);
    sem_destroy(&began);
    sem_destroy(&others);
}

/* Work that comes one piece at a time needs one thread; several at once get several. */
static void threads_are_made_when_needed(void **state) {
    (void)state;
    sem_t gate, began;
    sem_init(&gate, 0, 0);
    sem_init(&began, 0, 0);
    struct job jobs[MOST] = {0};
    struct aws_workers *workers = aws_workers_new(MOST);
    for (size_t i = 0; i < MOST; i++) {
        jobs[i].gate = &gate;
        jobs[i].began = &began;
        add(workers, &jobs[i], i);
    }
    for (size_t i = 0; i < MOST; i++)
        wait_sem(&began); /* they run side by side, for none has been let go */
    for (size_t i = 0; i < MOST; i++)
        sem_post(&gate);
    aws_workers_free(workers);
    sem_destroy(&gate);
    sem_destroy(&began);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_done_once),
        cmocka_unit_test(an_owner_leaves_half),
        cmocka_unit_test(threads_are_made_when_needed),
    };
    return cmocka_run_group_tests_name("aws/workers", tests, NULL, NULL);
}
