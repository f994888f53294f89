// SPDX-License-Identifier: MIT
/*
 * Torture: makes the nth allocation or I/O call fail, for every n, and asks that the code under test comes
 * through.
 *
 * A test built with TORTURE in tests/CMakeLists.txt links torture.c, through which the linker leads all calls
 * of the engine (and of the test) to malloc and its kind, and to open, read, write, fstat, fsync, close and
 * rename. Calls that a library makes inside itself are not led there. Nothing fails until a loop is running.
 *
 *     static enum tess_status append(void *context, struct tess_error *error) { … }
 *     torture_loop(TORTURE_MEMORY, append, &fixture);
 *
 * The operation is run with its first such call failing, then its second, and so on until it ends with no
 * call left to fail; and each time once with only that call failing, and once with all calls from there on
 * failing, as on a full disk. Run it under AddressSanitizer or valgrind: then what an error path forgets to
 * free shows too.
 */
#ifndef TORTURE_H
#define TORTURE_H

#include <stdbool.h>
#include <stddef.h>

#include <tessera/status.h>

enum torture_kind {
    TORTURE_MEMORY, /* allocations return NULL, errno ENOMEM */
    TORTURE_IO /* calls return -1, errno ENOSPC; close() only of what is open for writing, and closes all the
                  same */
};

/* Does the whole of a thing, from nothing to nothing left, and checks on failure what must hold then. */
typedef enum tess_status torture_operation(void *context, struct tess_error *error);

/*
 * Runs the loop; returns how many calls there were to fail (a test should expect some, or it tortured
 * nothing). Fails the test when the operation succeeds although a call failed, fails although none did, or
 * fails with TESS_ERR_INTERNAL or without a message.
 */
size_t torture_loop(enum torture_kind kind, torture_operation *operation, void *context);

/* By hand: call number `nth` (from 1) of that kind fails, and with `for_good` all later ones too. */
void torture_arm(enum torture_kind kind, size_t nth, bool for_good);

/* Calls work again; tells whether one had failed. */
bool torture_disarm(void);

#endif
