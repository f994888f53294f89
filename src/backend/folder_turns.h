// SPDX-License-Identifier: MIT
/*
 * Syncs of folders that several threads share. A renamed file is durable once its folder has been synced
 * after that; a sync costs the disk milliseconds and covers every rename before it. So those who come while
 * one is under way wait for the next, which one of them makes for all, once for each folder among theirs. A
 * thread by itself pays one sync as before.
 */
#ifndef BACKEND_FOLDER_TURNS_H
#define BACKEND_FOLDER_TURNS_H

#include <pthread.h>
#include <stdbool.h>

#include <tessera/status.h>

struct folder_turn;

struct folder_turns {
    pthread_mutex_t mutex; /* over the rest */
    pthread_cond_t moved;
    struct folder_turn *queue; /* who waits for a leader, latest first */
    bool has_leader;
};

void folder_turns_init(struct folder_turns *turns);
void folder_turns_destroy(struct folder_turns *turns);

/* As folder_sync_parent(). Thread-safe. */
enum tess_status folder_turns_sync(struct folder_turns *turns, const char *path, struct tess_error *error);

#endif
