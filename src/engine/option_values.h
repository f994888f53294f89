// SPDX-License-Identifier: MIT
/*
 * Reading one option's value from text: the vocabulary that the tables of options.c are made of.
 *
 * Text comes from a command line, an HTTP query or a JSON request, so nothing is forgiven: digits only, no
 * signs, no blanks, no overflow. Every message begins with the option's name and quotes the value in a form
 * that is safe to print and to put into JSON. On failure the out parameter is unchanged.
 */
#ifndef ENGINE_OPTION_VALUES_H
#define ENGINE_OPTION_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <tessera/options.h>

/* A value as messages quote it: cut to 40 bytes, control characters and broken UTF-8 replaced by "?". */
struct value_quote {
    char text[48];
};
struct value_quote value_quote(const char *text);

struct value_range {
    uint64_t minimum, maximum; /* below: TESS_ERR_INVALID, above: TESS_ERR_LIMIT named like the option */
};

enum tess_status value_number(const char *name, const char *text, struct value_range range,
                              uint64_t *value_out, struct tess_error *error);

/* With an ending K, M or G (either case), each `unit` times the one before: 1024 for bytes, 1000 for pixels.
 */
enum tess_status value_scaled(const char *name, const char *text, uint64_t unit, struct value_range range,
                              uint64_t *value_out, struct tess_error *error);

/* "256" (square) or "320x200". */
enum tess_status value_tile(const char *name, const char *text, struct value_range range,
                            uint32_t *width_px_out, uint32_t *height_px_out, struct tess_error *error);

/* Seconds ("30", "1.5", "30s") or milliseconds ("500ms"), given out in milliseconds. */
enum tess_status value_duration_ms(const char *name, const char *text, struct value_range range_ms,
                                   uint64_t *value_ms_out, struct tess_error *error);

/* "1", "true", "yes", "" or "0", "false", "no". */
enum tess_status value_flag(const char *name, const char *text, bool *value_out, struct tess_error *error);

/* A CSS name, #rgb or #rrggbb. */
enum tess_status value_colour(const char *name, const char *text, struct tess_colour *value_out,
                              struct tess_error *error);

/* UTF-8 without control characters, shorter than `size_bytes`, which is how much `text_out` holds. */
enum tess_status value_text(const char *name, const char *text, char *text_out, size_t size_bytes,
                            struct tess_error *error);

/* One word of a list that ends with a NULL name. Case, "-" and "_" do not count. */
struct value_choice {
    const char *name;
    unsigned value;
};
enum tess_status value_choose(const char *name, const char *text, const struct value_choice *choices,
                              const char *choices_text, unsigned *value_out, struct tess_error *error);

#endif
