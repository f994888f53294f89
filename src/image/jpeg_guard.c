// SPDX-License-Identifier: MIT
#include "image/jpeg_guard.h"

#include <jerror.h>

#include "base/error.h"

static enum tess_status status_of_code(int code)
{
    switch (code) {
    case JERR_NO_SOI:
        return TESS_ERR_NOT_IMAGE;
    case JERR_OUT_OF_MEMORY:
        return TESS_ERR_MEMORY;
    case JERR_BAD_PRECISION:
    case JERR_IMAGE_TOO_BIG:
    case JERR_SOF_UNSUPPORTED:
    case JERR_ARITH_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_CONVERSION_NOTIMPL:
        return TESS_ERR_UNSUPPORTED;
    default:
        return TESS_ERR_CORRUPT;
    }
}

_Noreturn void jpeg_guard_leave(struct jpeg_guard *guard, enum tess_status status)
{
    guard->status = status;
    longjmp(guard->escape, 1);
}

_Noreturn static void fail(j_common_ptr cinfo, enum tess_status status)
{
    struct jpeg_guard *guard = (struct jpeg_guard *)cinfo->err;
    char words[JMSG_LENGTH_MAX];
    guard->manager.format_message(cinfo, words);
    jpeg_guard_leave(guard, error_set(guard->error, status, "JPEG: %s", words));
}

_Noreturn static void on_error(j_common_ptr cinfo)
{
    fail(cinfo, status_of_code(cinfo->err->msg_code));
}

static void on_message(j_common_ptr cinfo, int level)
{
    if (level >= 0)
        return; /* trace */
    switch (cinfo->err->msg_code) {
    case JWRN_JPEG_EOF:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
        fail(cinfo, TESS_ERR_CORRUPT);
    default:
        break;
    }
}

static void no_output(j_common_ptr cinfo)
{
    (void)cinfo;
}

struct jpeg_error_mgr *jpeg_guard_init(struct jpeg_guard *guard, struct tess_error *error)
{
    struct jpeg_error_mgr *manager = jpeg_std_error(&guard->manager);
    manager->error_exit = on_error;
    manager->emit_message = on_message;
    manager->output_message = no_output;
    guard->status = TESS_OK;
    guard->error = error;
    return manager;
}
