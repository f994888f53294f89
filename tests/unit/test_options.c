// SPDX-License-Identifier: MIT
/* The option tables: every option with values that are good and bad, and what the errors say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "engine/css_colours.h"
#include "engine/option_values.h"
#include <tessera/options.h>

static struct tess_grid_options defaults(void)
{
    struct tess_grid_options options;
    tess_grid_options_defaults(&options);
    return options;
}

static void set_good(struct tess_grid_options *options, const char *name, const char *value)
{
    struct tess_error error = {0};
    enum tess_status status = tess_grid_options_set(options, name, value, &error);
    if (status != TESS_OK)
        fail_msg("%s=%s: %s", name, value, error.message);
}

/* The value is refused with this status, nothing changes, and the message begins with the option's name. */
static void set_bad(const char *name, const char *value, enum tess_status expected, const char *words)
{
    struct tess_grid_options options = defaults(), before = options;
    struct tess_error error = {0};
    enum tess_status status = tess_grid_options_set(&options, name, value, &error);
    if (status != expected)
        fail_msg("%s=%s: %s, not %s", name, value, tess_status_name(status), tess_status_name(expected));
    assert_int_equal(error.status, expected);
    assert_memory_equal(&options, &before, sizeof options);
    assert_int_equal(strncmp(error.message, name, strlen(name)), 0);
    assert_string_equal(error.limit, expected == TESS_ERR_LIMIT ? name : "");
    if (!strstr(error.message, words))
        fail_msg("\"%s\" does not say \"%s\"", error.message, words);
    assert_int_equal(tess_grid_options_set(&options, name, value, NULL), expected);
}

static void test_defaults_are_the_contract(void **state)
{
    (void)state;
    struct tess_grid_options options = defaults();
    assert_int_equal(options.tile_width_px, 100);
    assert_int_equal(options.tile_height_px, 100);
    assert_int_equal(options.columns, 0);
    assert_int_equal(options.rows, 0);
    assert_int_equal(options.gap_px, 0);
    assert_int_equal(options.margin_px, 0);
    assert_int_equal(options.fit, TESS_FIT_COVER);
    assert_int_equal(options.gravity, TESS_GRAVITY_CENTRE);
    assert_int_equal(options.order, TESS_ORDER_DEFAULT);
    assert_int_equal(options.format, TESS_FORMAT_AUTO);
    assert_int_equal(options.resample, TESS_RESAMPLE_GOOD);
    assert_int_equal(options.background.red + options.background.green + options.background.blue, 0);
    assert_int_equal(options.quality, 80);
    assert_false(options.no_enlarge || options.strict || options.fresh);
    assert_int_equal(options.expires_s, 300);
    assert_string_equal(options.label, "");
    assert_string_equal(options.title, "");
}

static void test_tile(void **state)
{
    (void)state;
    struct tess_grid_options options = defaults();
    set_good(&options, "tile", "256");
    assert_int_equal(options.tile_width_px, 256);
    assert_int_equal(options.tile_height_px, 256);
    set_good(&options, "tile", "320x200");
    assert_int_equal(options.tile_width_px, 320);
    assert_int_equal(options.tile_height_px, 200);
    set_good(&options, "tile", "1X65500");
    assert_int_equal(options.tile_width_px, 1);
    assert_int_equal(options.tile_height_px, 65500);
    set_bad("tile", "0", TESS_ERR_INVALID, "the least is 1");
    set_bad("tile", "10x0", TESS_ERR_INVALID, "the least is 1");
    set_bad("tile", "99999", TESS_ERR_LIMIT, "the most is 65500");
    set_bad("tile", "1x65501", TESS_ERR_LIMIT, "the most is 65500");
    set_bad("tile", "18446744073709551617", TESS_ERR_LIMIT, "the most is 65500");
    static const char *const nonsense[] = {"",    "x",  "10x", "x10",   "10x10x10", " 10", "10 ",
                                           "+10", "-1", "1e2", "0x10g", "10.5",     "ten"};
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++)
        set_bad("tile", nonsense[i], TESS_ERR_INVALID, "is not a size, give pixels such as 256 or 320x200");
}

static void test_numbers(void **state)
{
    (void)state;
    struct tess_grid_options options = defaults();
    set_good(&options, "columns", "4");
    set_good(&options, "rows", "65500");
    set_good(&options, "gap", "0");
    set_good(&options, "margin", "007");
    set_good(&options, "quality", "100");
    set_good(&options, "expires", "604800");
    assert_int_equal(options.columns, 4);
    assert_int_equal(options.rows, 65500);
    assert_int_equal(options.gap_px, 0);
    assert_int_equal(options.margin_px, 7);
    assert_int_equal(options.quality, 100);
    assert_int_equal(options.expires_s, 604800);

    set_bad("columns", "0", TESS_ERR_INVALID, "the least is 1");
    set_bad("rows", "0", TESS_ERR_INVALID, "the least is 1");
    set_bad("columns", "65501", TESS_ERR_LIMIT, "the most is 65500");
    set_bad("gap", "65501", TESS_ERR_LIMIT, "the most is 65500");
    set_bad("gap", "-1", TESS_ERR_INVALID, "give one from 0 to 65500");
    set_bad("margin", "4294967296", TESS_ERR_LIMIT, "the most is 65500");
    set_bad("quality", "0", TESS_ERR_INVALID, "the least is 1");
    set_bad("quality", "101", TESS_ERR_LIMIT, "the most is 100");
    set_bad("quality", "356", TESS_ERR_LIMIT, "the most is 100"); /* 100 modulo 256 */
    set_bad("expires", "0", TESS_ERR_INVALID, "the least is 1");
    set_bad("expires", "604801", TESS_ERR_LIMIT, "the most is 604800");
    set_bad("expires", "99999999999999999999999999", TESS_ERR_LIMIT, "the most is 604800");
    set_bad("gap", "", TESS_ERR_INVALID, "is not a number");
    set_bad("gap", "1 ", TESS_ERR_INVALID, "is not a number");
}

static void test_choices(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        size_t offset;
        unsigned expected;
    } cases[] = {
        {"fit", "contain", offsetof(struct tess_grid_options, fit), TESS_FIT_CONTAIN},
        {"fit", "fill", offsetof(struct tess_grid_options, fit), TESS_FIT_FILL},
        {"fit", "Cover", offsetof(struct tess_grid_options, fit), TESS_FIT_COVER},
        {"gravity", "north", offsetof(struct tess_grid_options, gravity), TESS_GRAVITY_NORTH},
        {"gravity", "north-east", offsetof(struct tess_grid_options, gravity), TESS_GRAVITY_NORTH_EAST},
        {"gravity", "NorthEast", offsetof(struct tess_grid_options, gravity), TESS_GRAVITY_NORTH_EAST},
        {"gravity", "south_west", offsetof(struct tess_grid_options, gravity), TESS_GRAVITY_SOUTH_WEST},
        {"gravity", "attention", offsetof(struct tess_grid_options, gravity), TESS_GRAVITY_ATTENTION},
        {"gravity", "entropy", offsetof(struct tess_grid_options, gravity), TESS_GRAVITY_ENTROPY},
        {"gravity", "center", offsetof(struct tess_grid_options, gravity), TESS_GRAVITY_CENTRE},
        {"gravity", "left", offsetof(struct tess_grid_options, gravity), TESS_GRAVITY_WEST},
        {"order", "key", offsetof(struct tess_grid_options, order), TESS_ORDER_KEY},
        {"order", "key-desc", offsetof(struct tess_grid_options, order), TESS_ORDER_KEY_DESC},
        {"order", "added", offsetof(struct tess_grid_options, order), TESS_ORDER_ADDED},
        {"order", "given", offsetof(struct tess_grid_options, order), TESS_ORDER_GIVEN},
        {"format", "jpg", offsetof(struct tess_grid_options, format), TESS_FORMAT_JPEG},
        {"format", "PNG", offsetof(struct tess_grid_options, format), TESS_FORMAT_PNG},
        {"format", "webp", offsetof(struct tess_grid_options, format), TESS_FORMAT_WEBP},
        {"format", "avif", offsetof(struct tess_grid_options, format), TESS_FORMAT_AVIF},
        {"format", "tif", offsetof(struct tess_grid_options, format), TESS_FORMAT_TIFF},
        {"resample", "fast", offsetof(struct tess_grid_options, resample), TESS_RESAMPLE_FAST},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tess_grid_options options = defaults();
        set_good(&options, cases[i].name, cases[i].value);
        unsigned value;
        memcpy(&value, (const char *)&options + cases[i].offset, sizeof value);
        if (value != cases[i].expected)
            fail_msg("%s=%s gave %u", cases[i].name, cases[i].value, value);
    }
    set_bad("fit", "", TESS_ERR_INVALID, "is not one of cover, contain, fill");
    set_bad("fit", "crop", TESS_ERR_INVALID, "\"crop\" is not one of cover, contain, fill");
    set_bad("gravity", "up", TESS_ERR_INVALID, "attention, entropy");
    set_bad("gravity", "northward", TESS_ERR_INVALID, "is not one of");
    set_bad("order", "random", TESS_ERR_INVALID, "key, key-desc, added, given");
    set_bad("format", "gif", TESS_ERR_INVALID, "jpeg, png, webp, avif, tiff");
    set_bad("resample", "best", TESS_ERR_INVALID, "good, fast");
}

static void test_flags(void **state)
{
    (void)state;
    static const char *const yes[] = {"", "1", "true", "yes"}, *const no[] = {"0", "false", "no"};
    struct tess_grid_options options = defaults();
    for (size_t i = 0; i < 4; i++) {
        options.strict = options.fresh = options.no_enlarge = false;
        set_good(&options, "strict", yes[i]);
        set_good(&options, "fresh", yes[i]);
        set_good(&options, "no-enlarge", yes[i]);
        assert_true(options.strict && options.fresh && options.no_enlarge);
    }
    for (size_t i = 0; i < 3; i++) {
        options.strict = true;
        set_good(&options, "strict", no[i]);
        assert_false(options.strict);
    }
    set_bad("strict", "2", TESS_ERR_INVALID, "give 1 or 0");
    set_bad("fresh", "maybe", TESS_ERR_INVALID, "give 1 or 0");
}

static void check_colour(const char *text, uint32_t rgb)
{
    struct tess_grid_options options = defaults();
    set_good(&options, "background", text);
    uint32_t value = (uint32_t)options.background.red << 16 | (uint32_t)options.background.green << 8 |
                     options.background.blue;
    if (value != rgb)
        fail_msg("%s gave %06x", text, value);
}

static void test_colours(void **state)
{
    (void)state;
    check_colour("aliceblue", 0xF0F8FF);   /* first of the table */
    check_colour("yellowgreen", 0x9ACD32); /* last */
    check_colour("rebeccapurple", 0x663399);
    check_colour("RebeccaPurple", 0x663399);
    check_colour("lightgoldenrodyellow", 0xFAFAD2); /* longest */
    check_colour("green", 0x008000);                /* not X11's */
    check_colour("grey", 0x808080);
    check_colour("gray", 0x808080);
    check_colour("maroon", 0x800000);
    check_colour("purple", 0x800080);
    check_colour("white", 0xFFFFFF);
    check_colour("#fff", 0xFFFFFF);
    check_colour("#1aF", 0x11AAFF);
    check_colour("#12aBef", 0x12ABEF);
    static const char *const bad[] = {"",
                                      "#",
                                      "#12",
                                      "#1234",
                                      "#12345",
                                      "#1234567",
                                      "#12345g",
                                      "123456",
                                      "whit",
                                      "whitee",
                                      "lightgoldenrodyellowish",
                                      "rgb(1,2,3)",
                                      "\xC3\xA9",
                                      "a very long colour name that goes on and on and on"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        set_bad("background", bad[i], TESS_ERR_INVALID, "is not a colour, give a CSS name such as white");
}

static void test_every_colour_name_is_found(void **state)
{
    (void)state;
    /* From all over the alphabet: a name out of order would not be found. */
    static const char *const sample[] = {"antiquewhite", "burlywood", "darkslategrey",  "dodgerblue",
                                         "ghostwhite",   "indigo",    "lightslategray", "mediumaquamarine",
                                         "navajowhite",  "olivedrab", "papayawhip",     "rosybrown",
                                         "springgreen",  "thistle",   "whitesmoke"};
    struct tess_colour colour;
    for (size_t i = 0; i < sizeof sample / sizeof *sample; i++)
        assert_true(css_colour_find(sample[i], &colour));
    colour = (struct tess_colour){1, 2, 3};
    assert_false(css_colour_find("nocolour", &colour));
    assert_true(colour.red == 1 && colour.green == 2 && colour.blue == 3);
}

static void test_text(void **state)
{
    (void)state;
    struct tess_grid_options options = defaults();
    set_good(&options, "title",
             "Ferien \xC3\xBC"
             "ber 100 % \xF0\x9F\x98\x80");
    assert_string_equal(options.title, "Ferien \xC3\xBC"
                                       "ber 100 % \xF0\x9F\x98\x80");
    set_good(&options, "label", "%n/16: %f, 50%%");
    assert_string_equal(options.label, "%n/16: %f, 50%%");
    set_good(&options, "label", "");
    assert_string_equal(options.label, "");

    char longest[TESS_TEXT_MAX_BYTES + 1];
    memset(longest, 'a', sizeof longest);
    longest[TESS_TEXT_MAX_BYTES - 1] = '\0';
    set_good(&options, "title", longest);
    assert_string_equal(options.title, longest);
    longest[TESS_TEXT_MAX_BYTES - 1] = 'a';
    longest[TESS_TEXT_MAX_BYTES] = '\0';
    set_bad("title", longest, TESS_ERR_LIMIT, "the most is 511 bytes");
    set_bad("label", longest, TESS_ERR_LIMIT, "the most is 511 bytes");

    set_bad("label", "100%", TESS_ERR_INVALID, "write %% for a per cent sign");
    set_bad("label", "%d", TESS_ERR_INVALID, "write %% for a per cent sign");
    set_bad("label", "%%%", TESS_ERR_INVALID, "write %% for a per cent sign");
    static const char *const not_text[] = {"a\nb",
                                           "\x1b[31m",
                                           "\x7f",
                                           "\xC0\x80",
                                           "\xED\xA0\x80",
                                           "\xF5\x80\x80\x80",
                                           ("\xC2\x9B"
                                            "2J"),
                                           "cut \xE2\x82",
                                           "\xFF"};
    for (size_t i = 0; i < sizeof not_text / sizeof *not_text; i++)
        set_bad("title", not_text[i], TESS_ERR_INVALID, "is a control character or not UTF-8");
}

static void test_unknown_names(void **state)
{
    (void)state;
    struct tess_grid_options options = defaults();
    struct tess_limits limits;
    tess_limits_defaults(&limits);
    struct tess_error error;
    assert_int_equal(tess_grid_options_set(&options, "tiles", "1", &error), TESS_ERR_NOT_FOUND);
    assert_string_equal(error.message, "tiles: no such option");
    assert_int_equal(tess_grid_options_set(&options, "", "1", &error), TESS_ERR_NOT_FOUND);
    assert_int_equal(tess_grid_options_set(&options, "max-cells", "1", &error), TESS_ERR_NOT_FOUND);
    assert_int_equal(tess_limits_set(&limits, "tile", "1", &error), TESS_ERR_NOT_FOUND);
}

static enum tess_status set_limit(struct tess_limits *limits, const char *name, const char *value,
                                  struct tess_error *error)
{
    memset(error, 0, sizeof *error);
    return tess_limits_set(limits, name, value, error);
}

static void test_limits(void **state)
{
    (void)state;
    struct tess_limits limits;
    struct tess_error error;
    tess_limits_defaults(&limits);
    assert_int_equal(limits.max_input_pixels, 100000000);
    assert_int_equal(limits.max_input_bytes, 67108864);
    assert_int_equal(limits.max_cells, 10000);
    assert_int_equal(limits.max_scans, 100);
    assert_int_equal(limits.timeout_ms, 0);

    assert_int_equal(set_limit(&limits, "max-pixels", "24M", &error), TESS_OK);
    assert_int_equal(limits.max_input_pixels, 24000000);
    assert_int_equal(set_limit(&limits, "max-bytes", "1g", &error), TESS_OK);
    assert_int_equal(limits.max_input_bytes, 1073741824);
    assert_int_equal(set_limit(&limits, "max-cells", "20000", &error), TESS_OK);
    assert_int_equal(limits.max_cells, 20000);
    assert_int_equal(set_limit(&limits, "max-scans", "7", &error), TESS_OK);
    assert_int_equal(limits.max_scans, 7);

    assert_int_equal(set_limit(&limits, "max-pixels", "0", &error), TESS_ERR_INVALID);
    assert_int_equal(set_limit(&limits, "max-bytes", "64MB", &error), TESS_ERR_INVALID);
    assert_string_equal(error.message,
                        "max-bytes: \"64MB\" is not a size, give a number such as 500000, 64K, 256M or 2G");
    assert_int_equal(set_limit(&limits, "max-bytes", "99999999999G", &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "max-bytes");
    assert_int_equal(set_limit(&limits, "max-cells", "10K", &error), TESS_ERR_INVALID);
    assert_int_equal(limits.max_input_bytes, 1073741824);
}

static void test_timeout(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tess_status status;
        uint32_t expected_ms;
    } cases[] = {{"30", TESS_OK, 30000},
                 {"1.5", TESS_OK, 1500},
                 {"30s", TESS_OK, 30000},
                 {"500ms", TESS_OK, 500},
                 {"0", TESS_OK, 0},
                 {"0.001s", TESS_OK, 1},
                 {"0.0001", TESS_ERR_INVALID, 0},
                 {"", TESS_ERR_INVALID, 0},
                 {"1m", TESS_ERR_INVALID, 0},
                 {".5", TESS_ERR_INVALID, 0},
                 {"1.", TESS_ERR_INVALID, 0},
                 {"1.5ms", TESS_ERR_INVALID, 0},
                 {"-1", TESS_ERR_INVALID, 0},
                 {"4294968", TESS_ERR_LIMIT, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tess_limits limits;
        struct tess_error error;
        tess_limits_defaults(&limits);
        enum tess_status status = set_limit(&limits, "timeout", cases[i].text, &error);
        if (status != cases[i].status || limits.timeout_ms != cases[i].expected_ms)
            fail_msg("timeout=%s: %s, %u ms", cases[i].text, tess_status_name(status), limits.timeout_ms);
    }
}

static void test_parse_size(void **state)
{
    (void)state;
    uint64_t bytes = 5;
    assert_int_equal(tess_parse_size("0", &bytes, NULL), TESS_OK);
    assert_int_equal(bytes, 0);
    assert_int_equal(tess_parse_size("64K", &bytes, NULL), TESS_OK);
    assert_int_equal(bytes, 65536);
    assert_int_equal(tess_parse_size("2G", &bytes, NULL), TESS_OK);
    assert_int_equal(bytes, 2147483648);
    assert_int_equal(tess_parse_size("K", &bytes, NULL), TESS_ERR_INVALID);
    assert_int_equal(tess_parse_size("1T", &bytes, NULL), TESS_ERR_INVALID);
    assert_int_equal(tess_parse_size("18446744073709551616", &bytes, NULL), TESS_ERR_LIMIT);
    assert_int_equal(tess_parse_size("18014398509481984K", &bytes, NULL), TESS_ERR_LIMIT);
    assert_int_equal(bytes, 2147483648);
}

static void test_quotes_are_safe(void **state)
{
    (void)state;
    assert_string_equal(value_quote("plain").text, "plain");
    assert_string_equal(value_quote("a\x1b[2Jb\n").text, "a?[2Jb?");
    assert_string_equal(value_quote("\xFF\xC2\x9B").text, "???");
    assert_string_equal(value_quote("1234567890123456789012345678901234567890").text,
                        "1234567890123456789012345678901234567890");
    assert_string_equal(value_quote("12345678901234567890123456789012345678901").text,
                        "1234567890123456789012345678901234567890...");
    /* Never cut inside a character. */
    assert_string_equal(value_quote("123456789012345678901234567890123456789\xC3\xA9").text,
                        "123456789012345678901234567890123456789...");
}

static void test_infos_and_parser_agree(void **state)
{
    (void)state;
    size_t count = 0;
    for (const struct tess_option_info *info; (info = tess_grid_option_info(count)); count++) {
        struct tess_grid_options options = defaults();
        enum tess_status status = tess_grid_options_set(&options, info->name, "\x01", NULL);
        assert_int_equal(status, TESS_ERR_INVALID);
        assert_true(info->summary[0] != '\0');
        if (!info->argument)
            assert_int_equal(tess_grid_options_set(&options, info->name, "", NULL), TESS_OK);
    }
    assert_int_equal(count, 18);
    assert_null(tess_grid_option_info(SIZE_MAX));
    for (count = 0; tess_limit_info(count); count++) {
        struct tess_limits limits;
        assert_int_equal(tess_limits_set(&limits, tess_limit_info(count)->name, "?", NULL), TESS_ERR_INVALID);
    }
    assert_int_equal(count, 5);
}

static void test_formats(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum tess_format format;
    } cases[] = {
        {"grid.jpg", TESS_FORMAT_JPEG},  {"a/b.JPEG", TESS_FORMAT_JPEG}, {"x.png", TESS_FORMAT_PNG},
        {"x.webp", TESS_FORMAT_WEBP},    {"x.avif", TESS_FORMAT_AVIF},   {"x.tif", TESS_FORMAT_TIFF},
        {"x.TIFF", TESS_FORMAT_TIFF},    {"x.gif", TESS_FORMAT_AUTO},    {"jpg", TESS_FORMAT_AUTO},
        {"xjpg", TESS_FORMAT_AUTO},      {"", TESS_FORMAT_AUTO},         {"x.jpg/y", TESS_FORMAT_AUTO},
        {"x.png.jpg", TESS_FORMAT_JPEG}, {"x.jpg.", TESS_FORMAT_AUTO}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (tess_format_of_name(cases[i].name) != cases[i].format)
            fail_msg("%s: %d", cases[i].name, (int)tess_format_of_name(cases[i].name));
    }
    for (int format = TESS_FORMAT_JPEG; format <= TESS_FORMAT_TIFF; format++) {
        char name[16] = "x.";
        strncat(name, tess_format_extension((enum tess_format)format), sizeof name - 3);
        assert_int_equal(tess_format_of_name(name), format);
        assert_int_equal(strncmp(tess_format_media_type((enum tess_format)format), "image/", 6), 0);
    }
    assert_string_equal(tess_format_extension(TESS_FORMAT_AUTO), "jpg");
    assert_string_equal(tess_format_media_type(TESS_FORMAT_AUTO), "image/jpeg");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults_are_the_contract),
        cmocka_unit_test(test_tile),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_choices),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_colours),
        cmocka_unit_test(test_every_colour_name_is_found),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_unknown_names),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_parse_size),
        cmocka_unit_test(test_quotes_are_safe),
        cmocka_unit_test(test_infos_and_parser_agree),
        cmocka_unit_test(test_formats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
