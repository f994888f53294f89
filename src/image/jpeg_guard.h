// SPDX-License-Identifier: MIT
/*
 * libjpeg's errors as our statuses. libjpeg reports failure by calling error_exit(), which must not return:
 * the guard longjmps out of it to the setjmp(guard.escape) of the function that called libjpeg.
 *
 * Which warnings matter: libjpeg fills what is missing with grey and merely warns. Data that ends early or
 * does not decode is damage to us; junk between segments, odd version numbers, progressive parameters in a
 * sequential scan (which has none; some phones write zeros) and the like are not.
 */
#ifndef IMAGE_JPEG_GUARD_H
#define IMAGE_JPEG_GUARD_H

#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs FILE and size_t */

#include <jpeglib.h>

#include <tessera/status.h>

struct jpeg_guard {
    struct jpeg_error_mgr manager; /* first: libjpeg hands this back to us */
    jmp_buf escape;
    enum tess_status status;
    struct tess_error *error; /* may be NULL */
};

/* Prepares the guard; give the result to cinfo.err before jpeg_create_*(). */
struct jpeg_error_mgr *jpeg_guard_init(struct jpeg_guard *guard, struct tess_error *error);

/* Leaves libjpeg for a reason of ours, from one of its callbacks. The guard's error says why already. */
_Noreturn void jpeg_guard_leave(struct jpeg_guard *guard, enum tess_status status);

#endif
