// SPDX-License-Identifier: MIT
/*
 * The path that a proxy event asks for, as the API's routes know it: percent-encoded, without stage and base
 * path. The gateways differ in what they do to a path before they hand it over:
 *
 *     gateway, payload        where              encoding      stage, base path of a custom domain
 *     REST API, 1.0           path               as sent       neither; with a custom domain both
 *                             pathParameters     as sent
 *     HTTP API, 1.0           path               decoded       either
 *     HTTP API, 2.0           rawPath            decoded       the stage, unless it is $default
 *     HTTP API, both          pathParameters     decoded
 *     Function URL, 2.0       rawPath            as sent       neither
 *
 * Sources: AWS's "Create AWS Lambda proxy integrations for HTTP APIs"; requests recorded on AWS in
 * github.com/hotsock/voker (vokerhttp/testdata/ingress-paths.json); for pathParameters aws/aws-sam-cli issues
 * 771 and 3524 (REST) and aws/aws-lambda-dotnet's HttpContextTestCases (HTTP API); for stages and base paths
 * aws-powertools/powertools-lambda-python pull request 579 and localstack/localstack pull request 12296.
 *
 * So: where `resource` or `routeKey` is a route with parameters, these say what the path names, and whatever
 * stands before the route is dropped; of a REST API it is read off the path itself, which is as it was sent.
 * Decoded text is taken as it is, never decoded again. What remains unknown is told (enum path_trust), and
 * nothing is removed on a guess. Two things an HTTP API destroys before anybody here can see it, according to
 * the recordings: what follows a "%3F", and one level of "%25"; ids with '?' or '%' are for a Function URL.
 */
#ifndef FRONT_LAMBDA_PATH_H
#define FRONT_LAMBDA_PATH_H

#include <cJSON.h>
#include <stdbool.h>

enum path_trust {
    PATH_AS_SENT,      /* by the client */
    PATH_SLASHES_LOST, /* was decoded: a slash may be a name's */
    PATH_UNSURE        /* has a '%' of which nobody knows whether it is an escape */
};

/*
 * For free(). `path` is the event's `path` (1.0) or `rawPath` (2.0). `base_path` ("/t", slashes around it do
 * not matter; NULL: none) is left off where the path begins with it. Pure.
 */
char *lambda_path_find(const cJSON *event, const char *method, const char *path, const char *base_path,
                       enum path_trust *trust_out);

#endif
