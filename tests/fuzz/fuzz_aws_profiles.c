// SPDX-License-Identifier: MIT
/* Profile files: the first byte says how much is the config, the rest is the credentials. */
#include "fuzz.h"

#include "net/aws_profiles.h"

static void look_up(const struct aws_profiles *profiles, const char *profile)
{
    static const char *const keys[] = {"region",         "aws_access_key_id", "role_arn", "services",
                                       "source_profile", "endpoint_url",      "a"};
    struct aws_property property;
    (void)aws_profiles_has(profiles, AWS_SECTION_PROFILE, profile);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *text = aws_profile_text(profiles, profile, keys[i]);
        FUZZ_ASSERT(!text || text[0]);
        const struct aws_property_name nested = {AWS_SECTION_SERVICES, profile, "s3", keys[i]};
        if (aws_profiles_find(profiles, &nested, &property))
            FUZZ_ASSERT(property.value[0] && property.line > 0 &&
                        strlen(property.value) <= AWS_PROFILES_MAX_BYTES);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const size_t config_size = (size - 1) * data[0] / 255;
    const struct aws_profiles_text texts[AWS_FILES] = {
        [AWS_FILE_CREDENTIALS] = {"credentials", data + 1 + config_size, size - 1 - config_size},
        [AWS_FILE_CONFIG] = {"config", data + 1, config_size},
    };
    struct aws_profiles *profiles = NULL;
    struct tess_error error = {.status = TESS_OK};
    const enum tess_status status = aws_profiles_parse(texts, &profiles, &error);
    FUZZ_ASSERT(status == TESS_OK || status == TESS_ERR_INVALID || status == TESS_ERR_LIMIT);
    FUZZ_ASSERT((status == TESS_OK) == (profiles != NULL));
    if (status != TESS_OK) {
        FUZZ_ASSERT(error.status == status && error.message[0] != '\0');
        return 0;
    }
    look_up(profiles, "default");
    look_up(profiles, "a");
    aws_profiles_destroy(profiles);
    return 0;
}
