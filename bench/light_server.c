// SPDX-License-Identifier: MIT
/*
 * A server that costs next to nothing: the objects of one bucket, and the list of them as a DynamoDB table
 * would give it, for measurements in which the weight of a real server on the same processors would be most
 * of the result.
 *
 *     bench-server ADDRESS FOLDER        prints its port; ends when standard input does
 *
 * GET and HEAD of /BUCKET/NAME answer a file of the folder (any bucket's name will do), read by sendfile from
 * the page cache, with its MD5 as the ETag like S3. PUT takes an object, up to 64 MiB, and answers likewise;
 * it can be fetched again. A POST with X-Amz-Target …Query answers that the images of any grid are all the
 * files of the folder, in descending order unless asked otherwise. Signatures are not looked at, no other
 * operation is known: this is a yardstick, not a test of a client; tests/services has the servers for that.
 *
 * One blocking thread a connection, which with tens of connections is as cheap as anything. Nothing here is
 * meant for any other network than the loopback or a link of our own.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEAD_MAX_BYTES = 16 << 10,
    BODY_MAX_BYTES = 64 << 20,
    BACKLOG = 512,
    DIGEST_BYTES = 16,
};

struct object {
    char *name; /* as in the request, escapes and all: "/bucket/key" of one that was put, "key" of a file */
    int file;
    size_t size_bytes;
    char etag[2 * DIGEST_BYTES + 1];
    struct object *next;
};

struct server {
    int listener;
    struct object *files; /* immutable once threads run, descending by name */
    pthread_mutex_t lock;
    struct object
        *stored; /* under lock; objects are only ever added at the front, so one that was found stays */
};

struct request {
    char *method;
    char *path;
    bool is_query, only_new, wants_continue;
    size_t body_bytes;
};

struct connection {
    struct server *server;
    int socket;
    size_t filled;
    char head[HEAD_MAX_BYTES + 1];
};

static void *need(void *memory)
{
    if (!memory) {
        (void)fputs("bench-server: no memory\n", stderr);
        exit(1);
    }
    return memory;
}

static bool send_all(int socket, const char *data, size_t size, int flags)
{
    while (size > 0) {
        ssize_t sent = send(socket, data, size, flags | MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool send_file(int socket, const struct object *object)
{
    off_t offset = 0; /* of our own: connections share the descriptor */
    while ((size_t)offset < object->size_bytes)
        if (sendfile(socket, object->file, &offset, object->size_bytes - (size_t)offset) <= 0)
            return false;
    return true;
}

/* An answer without an object: a status line such as "404 Not Found", and text. */
static bool answer(int socket, const char *status, const char *headers, const char *body)
{
    char head[512];
    int size = snprintf(head, sizeof head, "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n", status, headers,
                        strlen(body));
    return send_all(socket, head, (size_t)size, *body ? MSG_MORE : 0) &&
           send_all(socket, body, strlen(body), 0);
}

static bool answer_object(int socket, const struct object *object, bool with_body)
{
    char head[512];
    int size =
        snprintf(head, sizeof head,
                 "HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nETag: \"%s\"\r\nContent-Length: %zu\r\n\r\n",
                 object->etag, object->size_bytes);
    return send_all(socket, head, (size_t)size, with_body ? MSG_MORE : 0) &&
           (!with_body || send_file(socket, object));
}

static bool digest(struct object *object)
{
    unsigned char md5[DIGEST_BYTES];
    char block[1 << 16];
    EVP_MD_CTX *context = need(EVP_MD_CTX_new());
    bool good = EVP_DigestInit_ex(context, EVP_md5(), NULL) == 1;
    for (size_t done = 0; good && done < object->size_bytes;) {
        ssize_t size = pread(object->file, block, sizeof block, (off_t)done);
        good = size > 0 && EVP_DigestUpdate(context, block, (size_t)size) == 1;
        done += good ? (size_t)size : 0;
    }
    good = good && EVP_DigestFinal_ex(context, md5, NULL) == 1;
    EVP_MD_CTX_free(context);
    for (int i = 0; good && i < DIGEST_BYTES; i++)
        (void)snprintf(object->etag + (size_t)2 * (size_t)i, 3, "%02x", md5[i]);
    return good;
}

/* --- what there is
 * --------------------------------------------------------------------------------------------- */

static int later_name_first(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*b)->d_name, (*a)->d_name);
}

static int no_dot_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool load(struct server *server, const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, no_dot_file, later_name_first);
    struct object **end = &server->files;
    bool good = count > 0;
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat found;
        (void)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        struct object *object = need(calloc(1, sizeof *object));
        object->name = need(strdup(entries[i]->d_name));
        object->file = open(path, O_RDONLY | O_CLOEXEC);
        good = good && object->file >= 0 && fstat(object->file, &found) == 0 && S_ISREG(found.st_mode);
        object->size_bytes = good ? (size_t)found.st_size : 0;
        good = good && digest(object);
        *end = object;
        end = &object->next;
        free(entries[i]);
    }
    free((void *)entries);
    if (!good)
        (void)fprintf(stderr, "bench-server: %s is no folder of readable files\n", folder);
    return good;
}

/* `path` is "/bucket/key" without a query. */
static const struct object *find(struct server *server, const char *path)
{
    (void)pthread_mutex_lock(&server->lock);
    const struct object *object = server->stored;
    (void)pthread_mutex_unlock(&server->lock);
    while (object && strcmp(object->name, path) != 0)
        object = object->next;
    const char *key = object ? NULL : strchr(path + 1, '/');
    if (key) {
        object = server->files;
        while (object && strcmp(object->name, key + 1) != 0)
            object = object->next;
    }
    return object;
}

/* --- requests
 * -------------------------------------------------------------------------------------------------- */

static bool read_more(struct connection *connection)
{
    size_t room = HEAD_MAX_BYTES - connection->filled;
    ssize_t size = room ? recv(connection->socket, connection->head + connection->filled, room, 0) : 0;
    connection->filled += size > 0 ? (size_t)size : 0;
    connection->head[connection->filled] = '\0';
    return size > 0;
}

/* Takes the head of the next request from what was read; what is left of the buffer is the beginning of the
 * body. */
static bool read_head(struct connection *connection, char *head, struct request *request_out)
{
    char *end;
    while (!(end = strstr(connection->head, "\r\n\r\n")))
        if (!read_more(connection))
            return false;
    size_t size = (size_t)(end - connection->head) + 4;
    memcpy(head, connection->head, size - 2);
    head[size - 2] = '\0';
    connection->filled -= size;
    memmove(connection->head, connection->head + size, connection->filled + 1);

    *request_out = (struct request){0};
    char *rest = NULL;
    char *line = strtok_r(head, "\r\n", &rest);
    char *space = line ? strchr(line, ' ') : NULL;
    if (!space || space[1] != '/')
        return false;
    *space = '\0';
    request_out->method = line;
    request_out->path = space + 1;
    request_out->path[strcspn(request_out->path, " ?")] = '\0';
    while ((line = strtok_r(NULL, "\r\n", &rest))) {
        if (strncasecmp(line, "content-length:", 15) == 0)
            request_out->body_bytes = strtoul(line + 15, NULL, 10);
        else if (strncasecmp(line, "x-amz-target:", 13) == 0)
            request_out->is_query = strstr(line, ".Query") != NULL;
        else if (strncasecmp(line, "if-none-match:", 14) == 0)
            request_out->only_new = true;
        else if (strncasecmp(line, "expect:", 7) == 0)
            request_out->wants_continue = true;
    }
    return request_out->body_bytes <= BODY_MAX_BYTES;
}

/* The body into `file`, or into nothing when that is negative; its first bytes, ended by a NUL, into `start`.
 */
static bool read_body(struct connection *connection, const struct request *request, int file, char *start,
                      size_t room)
{
    if (request->wants_continue && !send_all(connection->socket, "HTTP/1.1 100 Continue\r\n\r\n", 25, 0))
        return false;
    size_t kept = 0;
    for (size_t left = request->body_bytes; left > 0;) {
        if (connection->filled == 0 && !read_more(connection))
            return false;
        size_t size = connection->filled < left ? connection->filled : left;
        size_t keep = size < room - 1 - kept ? size : room - 1 - kept;
        memcpy(start + kept, connection->head, keep);
        kept += keep;
        if (file >= 0 && write(file, connection->head, size) != (ssize_t)size)
            return false;
        connection->filled -= size;
        memmove(connection->head, connection->head + size, connection->filled + 1);
        left -= size;
    }
    start[kept] = '\0';
    return true;
}

static bool put(struct connection *connection, const struct request *request)
{
    char start[1];
    struct object *object = need(calloc(1, sizeof *object));
    object->name = need(strdup(request->path));
    object->size_bytes = request->body_bytes;
    object->file = memfd_create("object", MFD_CLOEXEC);
    if (object->file < 0 || !read_body(connection, request, object->file, start, sizeof start) ||
        !digest(object)) {
        if (object->file >= 0)
            (void)close(object->file);
        free(object->name);
        free(object);
        return false;
    }
    struct server *server = connection->server;
    (void)pthread_mutex_lock(&server->lock);
    object->next = server->stored;
    server->stored = object;
    (void)pthread_mutex_unlock(&server->lock);
    char headers[80];
    (void)snprintf(headers, sizeof headers, "ETag: \"%s\"\r\n", object->etag);
    return answer(connection->socket, "200 OK", headers, "");
}

/* What follows a name in JSON that was written with or without spaces. */
static const char *json_value(const char *json, const char *name)
{
    const char *found = strstr(json, name);
    found = found ? found + strlen(name) : "";
    return found + strspn(found, ": ");
}

/* Rows of the table GridBuilder. The id is the first string value in the request; it is what was asked for.
 */
static bool query(struct connection *connection, const struct request *request)
{
    char body[4096];
    if (!read_body(connection, request, -1, body, sizeof body))
        return false;
    const char *id = json_value(body, "\"S\"");
    id += *id == '"';
    int id_bytes = (int)strcspn(id, "\"");
    bool ascending = strncmp(json_value(body, "\"ScanIndexForward\""), "false", 5) != 0;
    size_t count = 0;
    for (const struct object *file = connection->server->files; file; file = file->next)
        count++;
    const struct object **files = need(calloc(count + 1, sizeof *files));
    size_t i = 0;
    for (const struct object *file = connection->server->files; file; file = file->next, i++)
        files[ascending ? count - 1 - i : i] = file;
    char *text = NULL;
    size_t size = 0;
    FILE *out = need(open_memstream(&text, &size));
    (void)fprintf(out, "{\"Count\":%zu,\"ScannedCount\":%zu,\"Items\":[", count, count);
    for (i = 0; i < count; i++)
        (void)fprintf(out, "%s{\"uniqueGridId\":{\"S\":\"%.*s\"},\"s3Key\":{\"S\":\"%s\"}}", i ? "," : "",
                      id_bytes, id, files[i]->name);
    (void)fputs("]}", out);
    (void)fclose(out);
    bool good =
        answer(connection->socket, "200 OK", "Content-Type: application/x-amz-json-1.0\r\n", need(text));
    free(text);
    free((void *)files);
    return good;
}

static bool serve(struct connection *connection, const struct request *request)
{
    static const char missing[] =
        "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>not here</Message></Error>";
    char start[1];
    if (request->is_query)
        return query(connection, request);
    bool is_put = strcmp(request->method, "PUT") == 0;
    const struct object *object = find(connection->server, request->path);
    if (is_put && !(object && request->only_new))
        return put(connection, request);
    if (!read_body(connection, request, -1, start, sizeof start))
        return false;
    if (is_put)
        return answer(connection->socket, "412 Precondition Failed", "", "");
    if (strcmp(request->method, "DELETE") == 0)
        return answer(connection->socket, "204 No Content", "", "");
    bool is_get = strcmp(request->method, "GET") == 0;
    if (!is_get && strcmp(request->method, "HEAD") != 0)
        return answer(connection->socket, "501 Not Implemented", "", "");
    if (!object)
        return answer(connection->socket, "404 Not Found", "", is_get ? missing : "");
    return answer_object(connection->socket, object, is_get);
}

static void *converse(void *argument)
{
    struct connection *connection = argument;
    char *head = need(malloc(HEAD_MAX_BYTES + 1));
    struct request request;
    while (read_head(connection, head, &request) && serve(connection, &request))
        ;
    (void)close(connection->socket);
    free(head);
    free(connection);
    return NULL;
}

static void *accept_all(void *argument)
{
    struct server *server = argument;
    for (;;) {
        int socket = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (socket < 0)
            continue;
        int yes = 1;
        (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        struct connection *connection = need(calloc(1, sizeof *connection));
        connection->server = server;
        connection->socket = socket;
        pthread_t thread;
        if (pthread_create(&thread, NULL, converse, connection) != 0) {
            (void)close(socket);
            free(connection);
            continue;
        }
        (void)pthread_detach(thread);
    }
    return NULL;
}

static int listen_at(const char *address, unsigned *port_out)
{
    struct sockaddr_in where = {.sin_family = AF_INET};
    socklen_t size = sizeof where;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || inet_pton(AF_INET, address, &where.sin_addr) != 1 ||
        bind(listener, (struct sockaddr *)&where, size) != 0 || listen(listener, BACKLOG) != 0 ||
        getsockname(listener, (struct sockaddr *)&where, &size) != 0)
        return -1;
    *port_out = ntohs(where.sin_port);
    return listener;
}

int main(int argc, char **argv)
{
    static struct server server = {.lock = PTHREAD_MUTEX_INITIALIZER};
    if (argc != 3) {
        (void)fputs("usage: bench-server ADDRESS FOLDER\n", stderr);
        return 2;
    }
    struct rlimit limit; /* every object that is put keeps a file open */
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (!load(&server, argv[2]))
        return 1;
    unsigned port = 0;
    pthread_t thread;
    server.listener = listen_at(argv[1], &port);
    if (server.listener < 0 || pthread_create(&thread, NULL, accept_all, &server) != 0) {
        (void)fprintf(stderr, "bench-server: cannot listen at %s\n", argv[1]);
        return 1;
    }
    (void)printf("%u\n", port);
    (void)fflush(stdout);
    char ignored[64];
    while (read(STDIN_FILENO, ignored, sizeof ignored) > 0)
        ;
    return 0;
}
