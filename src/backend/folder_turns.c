// SPDX-License-Identifier: MIT
/* The same leader and followers as in catalog_sqlite_write.c, over fsync() instead of a transaction. */
#include "backend/folder_turns.h"

#include <stddef.h>
#include <string.h>

#include "backend/folder.h"

/* On the stack of the thread that waits for it. */
struct folder_turn {
    const char *path;
    struct tess_error *error;
    enum tess_status status; /* the leader's until done */
    struct folder_turn *next;
    bool done; /* under the mutex */
};

void folder_turns_init(struct folder_turns *turns)
{
    *turns = (struct folder_turns){0};
    (void)pthread_mutex_init(&turns->mutex, NULL);
    (void)pthread_cond_init(&turns->moved, NULL);
}

void folder_turns_destroy(struct folder_turns *turns)
{
    (void)pthread_mutex_destroy(&turns->mutex);
    (void)pthread_cond_destroy(&turns->moved);
}

/* Of files of one folder the names alone differ. */
static bool share_folder(const char *left, const char *right)
{
    const char *left_end = strrchr(left, '/'), *right_end = strrchr(right, '/');
    return left_end && right_end && left_end - left == right_end - right &&
           memcmp(left, right, (size_t)(left_end - left)) == 0;
}

/* One that has been synced in this batch, and whose folder is the turn's. */
static const struct folder_turn *find_synced(const struct folder_turn *batch, const struct folder_turn *turn)
{
    for (; batch != turn; batch = batch->next)
        if (share_folder(batch->path, turn->path))
            return batch;
    return NULL;
}

static void sync_batch(struct folder_turn *batch)
{
    for (struct folder_turn *turn = batch; turn; turn = turn->next) {
        const struct folder_turn *synced = find_synced(batch, turn);
        turn->status = synced ? synced->status : folder_sync_parent(turn->path, turn->error);
        if (synced && turn->error && synced->error && turn->status != TESS_OK)
            *turn->error = *synced->error;
    }
}

/* Until it is done, the thread that owns the turn does not leave folder_turns_sync(). */
static void enqueue_locked(struct folder_turns *turns, struct folder_turn *turn)
{
    turn->next = turns->queue;
    turns->queue = turn;
}

enum tess_status folder_turns_sync(struct folder_turns *turns, const char *path, struct tess_error *error)
{
    struct folder_turn mine = {.path = path, .error = error};
    (void)pthread_mutex_lock(&turns->mutex);
    enqueue_locked(turns, &mine);
    while (!mine.done && turns->has_leader)
        (void)pthread_cond_wait(&turns->moved, &turns->mutex);
    if (!mine.done) {
        struct folder_turn *batch = turns->queue;
        turns->queue = NULL;
        turns->has_leader = true;
        (void)pthread_mutex_unlock(&turns->mutex);
        sync_batch(batch);
        (void)pthread_mutex_lock(&turns->mutex);
        for (; batch; batch = batch->next) /* their threads cannot end before the mutex is free */
            batch->done = true;
        turns->has_leader = false;
        (void)pthread_cond_broadcast(&turns->moved);
    }
    (void)pthread_mutex_unlock(&turns->mutex);
    return mine.status;
}
