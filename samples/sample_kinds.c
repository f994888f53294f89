// SPDX-License-Identifier: MIT
/*
 * The JPEG kinds. Sampling and structure come from one table; orientation, profiles and inks each need pixels
 * of their own. Orientation files hold the photo turned the other way, so that all eight look the same once
 * the tag is obeyed.
 */
#include "sample_kinds.h"

#include <stdio.h>
#include <stdlib.h>

#include "sample_jpeg.h"
#include "sample_profiles.h"

static const int photo_quality = 90;

bool kinds_path(const char *folder, const char *name, char *path, size_t path_bytes)
{
    const int length = snprintf(path, path_bytes, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= path_bytes) {
        (void)fprintf(stderr, "make-photos: the path is too long: %s/%s\n", folder, name);
        return false;
    }
    return true;
}

static bool write_as(const char *folder, const char *name, const struct sample_style *style,
                     const uint8_t *pixels, uint32_t width_px, uint32_t height_px)
{
    char path[4096];
    return kinds_path(folder, name, path, sizeof path) &&
           sample_jpeg_write(path, style, pixels, width_px, height_px);
}

static bool write_samplings(const char *folder, const struct photo *photo)
{
    static const struct {
        const char *name;
        int across, down;
    } samplings[] = {{"420", 2, 2}, {"422", 2, 1}, {"444", 1, 1}, {"440", 1, 2}, {"411", 4, 1}};
    bool good = true;
    for (size_t i = 0; i < sizeof samplings / sizeof samplings[0]; i++) {
        for (int variant = 0; variant < 3; variant++) {
            static const char *const variants[] = {"baseline", "progressive", "restart"};
            char name[64];
            (void)snprintf(name, sizeof name, "jpeg-%s-%s.jpg", variants[variant], samplings[i].name);
            const struct sample_style style = {.quality = photo_quality,
                                               .across = samplings[i].across,
                                               .down = samplings[i].down,
                                               .progressive = variant == 1,
                                               .restart_rows = variant == 2 ? 3 : 0};
            good = write_as(folder, name, &style, photo->rgb, photo->width_px, photo->height_px) && good;
        }
    }
    return good;
}

/*
 * Where the upright pixel (x, y) is stored for an orientation, as the EXIF standard numbers them: 2 mirrored,
 * 3 turned by 180 degrees, 4 upside down, 5 transposed, 6 to be turned clockwise, 7 transversed, 8 to be
 * turned anticlockwise.
 */
static void turn_for(int orientation, const struct photo *photo, struct photo *turned)
{
    const bool swapped = orientation >= 5;
    turned->width_px = swapped ? photo->height_px : photo->width_px;
    turned->height_px = swapped ? photo->width_px : photo->height_px;
    const bool flip_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool flip_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    for (uint32_t y = 0; y < photo->height_px; y++) {
        for (uint32_t x = 0; x < photo->width_px; x++) {
            /* First along the upright axes, then, for 5 to 8, across the diagonal. */
            const uint32_t sx = (swapped ? flip_y : flip_x) ? photo->width_px - 1 - x : x;
            const uint32_t sy = (swapped ? flip_x : flip_y) ? photo->height_px - 1 - y : y;
            const size_t to =
                swapped ? (size_t)sx * turned->width_px + sy : (size_t)sy * turned->width_px + sx;
            for (size_t c = 0; c < 3; c++)
                turned->rgb[to * 3 + c] = photo->rgb[((size_t)y * photo->width_px + x) * 3 + c];
        }
    }
}

static bool write_orientations(const char *folder, const struct photo *photo, uint8_t *room)
{
    bool good = true;
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct photo turned = {0};
        turned.rgb = room;
        turn_for(orientation, photo, &turned);
        char name[64];
        (void)snprintf(name, sizeof name, "jpeg-orientation-%d.jpg", orientation);
        const struct sample_style style = {
            .quality = photo_quality, .across = 2, .down = 2, .orientation = orientation};
        good = write_as(folder, name, &style, turned.rgb, turned.width_px, turned.height_px) && good;
    }
    return good;
}

static bool write_profiles(const char *folder, const struct photo *photo, uint8_t *room)
{
    static const struct {
        enum sample_profile profile;
        const char *name;
        bool progressive;
    } kinds[] = {{PROFILE_SRGB, "jpeg-profile-srgb.jpg", false},
                 {PROFILE_DISPLAY_P3, "jpeg-profile-display-p3.jpg", false},
                 {PROFILE_DISPLAY_P3, "jpeg-profile-display-p3-progressive.jpg", true},
                 {PROFILE_ADOBE_RGB, "jpeg-profile-adobe-rgb.jpg", false},
                 {PROFILE_GREY, "jpeg-profile-grey.jpg", false}};
    const size_t pixels = (size_t)photo->width_px * photo->height_px;
    bool good = true;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t icc_bytes = 0;
        uint8_t *icc = profile_make(kinds[i].profile, &icc_bytes);
        const struct sample_style style = {.colour =
                                               kinds[i].profile == PROFILE_GREY ? SAMPLE_GREY : SAMPLE_YCC,
                                           .quality = photo_quality,
                                           .across = 2,
                                           .down = 2,
                                           .progressive = kinds[i].progressive,
                                           .icc = icc,
                                           .icc_bytes = icc_bytes};
        good = icc != NULL && profile_convert(kinds[i].profile, photo->rgb, pixels, room) &&
               write_as(folder, kinds[i].name, &style, room, photo->width_px, photo->height_px) && good;
        free(icc);
    }
    return good;
}

static bool write_grey_and_rgb(const char *folder, const struct photo *photo, uint8_t *room)
{
    const size_t pixels = (size_t)photo->width_px * photo->height_px;
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t *rgb = &photo->rgb[i * 3];
        room[i] = (uint8_t)((rgb[0] * 299 + rgb[1] * 587 + rgb[2] * 114 + 500) / 1000);
    }
    struct sample_style style = {.colour = SAMPLE_GREY, .quality = photo_quality};
    bool good = write_as(folder, "jpeg-grey.jpg", &style, room, photo->width_px, photo->height_px);
    style.progressive = true;
    good = write_as(folder, "jpeg-grey-progressive.jpg", &style, room, photo->width_px, photo->height_px) &&
           good;
    style = (struct sample_style){.colour = SAMPLE_RGB, .quality = photo_quality};
    return write_as(folder, "jpeg-rgb.jpg", &style, photo->rgb, photo->width_px, photo->height_px) && good;
}

static void invert(uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(255 - bytes[i]);
}

/* Files hold inks inverted, as Photoshop has always written them, with Adobe's marker or without. */
static bool write_inks(const char *folder, const struct photo *photo, uint8_t *room)
{
    const size_t pixels = (size_t)photo->width_px * photo->height_px;
    struct sample_style style = {.colour = SAMPLE_CMYK, .quality = photo_quality, .no_adobe = true};
    profile_to_plain_inks(photo->rgb, pixels, room);
    invert(room, pixels * 4);
    bool good = write_as(folder, "jpeg-cmyk-no-adobe.jpg", &style, room, photo->width_px, photo->height_px);
    style.no_adobe = false;
    good = write_as(folder, "jpeg-cmyk-adobe.jpg", &style, room, photo->width_px, photo->height_px) && good;
    style.colour = SAMPLE_YCCK;
    style.across = 2;
    style.down = 2;
    good = write_as(folder, "jpeg-ycck-adobe.jpg", &style, room, photo->width_px, photo->height_px) && good;
    size_t icc_bytes = 0;
    uint8_t *icc = profile_make(PROFILE_CMYK, &icc_bytes);
    style.icc = icc;
    style.icc_bytes = icc_bytes;
    profile_to_inks(photo->rgb, pixels, room);
    invert(room, pixels * 4);
    good = icc != NULL &&
           write_as(folder, "jpeg-ycck-profile.jpg", &style, room, photo->width_px, photo->height_px) && good;
    style.colour = SAMPLE_CMYK;
    good = icc != NULL &&
           write_as(folder, "jpeg-cmyk-profile.jpg", &style, room, photo->width_px, photo->height_px) && good;
    free(icc);
    return good;
}

bool kinds_write_jpeg(const char *folder, const struct photo *photo)
{
    uint8_t *room = malloc((size_t)photo->width_px * photo->height_px * 4);
    if (room == NULL)
        return false;
    bool good = write_samplings(folder, photo);
    good = write_orientations(folder, photo, room) && good;
    good = write_profiles(folder, photo, room) && good;
    good = write_grey_and_rgb(folder, photo, room) && good;
    good = write_inks(folder, photo, room) && good;
    free(room);
    return good;
}
