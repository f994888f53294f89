// SPDX-License-Identifier: MIT
/* tessera lambda: the AWS Lambda runtime, also as the program "bootstrap" of a provided.al2023 function. */
#include "front/command.h"
#include "front/interrupt.h"
#include "front/lambda_loop.h"
#include "front/message.h"
#include "front/refuse.h"

static enum exit_status refuse_start(const struct settings *settings, struct tess_lambda *lambda,
                                     const char *type, const char *message)
{
    struct tess_error error;
    message_error(settings, "%s", message);
    if (tess_lambda_fail(lambda, NULL, type, message, &error) != TESS_OK)
        message_error(settings, "%s", error.message);
    return EXIT_FAILED;
}

static enum exit_status run(const struct settings *settings, struct tess_lambda *lambda,
                            struct lambda_site *site, bool begun)
{
    struct tess_error error;
    if (!begun)
        return refuse_start(settings, lambda, "Tessera.Invalid",
                            "the settings make no sense; the log says which");
    if (site->handler != HANDLER_UNKNOWN)
        return lambda_loop_run(site, lambda);
    (void)refuse_invalid(&error, "_HANDLER \"%.60s\" is none of %s", settings->lambda_handler,
                         lambda_handler_names());
    return refuse_start(settings, lambda, "Tessera.UnknownHandler", error.message);
}

enum exit_status command_lambda(const struct settings *settings)
{
    struct settings own = *settings;
    if (!own.lambda_runtime_api)
        return message_usage(&own, "AWS_LAMBDA_RUNTIME_API is not set: this is started by AWS Lambda, "
                                   "not by hand");
    own.json_log = true; /* logs are searched, not read */
    interrupt_install();
    /* The store is opened while libcurl, which takes longest, is loaded. */
    struct lambda_site site;
    const bool begun = lambda_site_begin(&site, &own, lambda_handler_find(own.lambda_handler));
    struct tess_lambda *lambda = NULL;
    struct tess_error error;
    enum exit_status status = EXIT_FAILED;
    if (tess_lambda_open(own.lambda_runtime_api, &lambda, &error) == TESS_OK)
        status = run(&own, lambda, &site, begun);
    else
        (void)message_failure(&own, &error);
    tess_lambda_close(lambda);
    if (begun)
        lambda_site_end(&site);
    return status;
}
