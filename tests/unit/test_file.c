// SPDX-License-Identifier: MIT
/* Whole-file reading and all-or-nothing writing, with every call failing once. */
#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/error.h"
#include "base/file.h"
#include "torture.h"

/* A folder of its own for each test; paths in it. */
struct folder {
    char path[64];
    char target[96];
};

static int set_up(void **state)
{
    struct folder *folder = calloc(1, sizeof *folder);
    assert_non_null(folder);
    (void)snprintf(folder->path, sizeof folder->path, "/tmp/tessera-file-XXXXXX");
    assert_non_null(mkdtemp(folder->path));
    (void)snprintf(folder->target, sizeof folder->target, "%s/target", folder->path);
    *state = folder;
    return 0;
}

/* Number of names in the folder, hidden ones too. */
static int count_files(const char *path)
{
    DIR *dir = opendir(path);
    assert_non_null(dir);
    int count = 0;
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(dir);
    return count;
}

static int tear_down(void **state)
{
    struct folder *folder = *state;
    (void)unlink(folder->target);
    assert_int_equal(count_files(folder->path), 0); /* nothing half-written is left by any test */
    assert_int_equal(rmdir(folder->path), 0);
    free(folder);
    return 0;
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static void assert_holds(const char *path, const char *text)
{
    struct bytes bytes;
    struct tess_error error = {0};
    assert_int_equal(file_read(path, 1000000, &bytes, &error), TESS_OK);
    assert_string_equal(bytes_text(&bytes), text);
    bytes_clear(&bytes);
}

static void reads_up_to_the_limit(void **state)
{
    const struct folder *folder = *state;
    struct bytes bytes;
    struct tess_error error = {0};
    put(folder->target, "12345");
    assert_int_equal(file_read(folder->target, 5, &bytes, &error), TESS_OK);
    assert_int_equal(bytes.size, 5);
    assert_memory_equal(bytes.data, "12345", 5);
    bytes_clear(&bytes);
    assert_int_equal(file_read(folder->target, 4, &bytes, &error), TESS_ERR_LIMIT);
    assert_string_equal(error.limit, "max-bytes");
    assert_non_null(strstr(error.message, "5 bytes, more than the limit max-bytes of 4"));
    assert_null(bytes.data);
    put(folder->target, "");
    assert_int_equal(file_read(folder->target, 0, &bytes, &error), TESS_OK);
    assert_int_equal(bytes.size, 0);
    bytes_clear(&bytes);
}

static void reads_only_regular_files(void **state)
{
    const struct folder *folder = *state;
    struct bytes bytes;
    struct tess_error error = {0};
    assert_int_equal(file_read(folder->target, 5, &bytes, &error), TESS_ERR_NOT_FOUND);
    assert_non_null(strstr(error.message, folder->target));
    assert_int_equal(file_read(folder->path, 5, &bytes, &error), TESS_ERR_INVALID);
    assert_int_equal(file_read("/dev/zero", 5, &bytes, &error), TESS_ERR_INVALID);
    assert_int_equal(mkfifo(folder->target, 0600), 0);
    assert_int_equal(file_read(folder->target, 5, &bytes, &error), TESS_ERR_INVALID); /* and does not wait */
    assert_int_equal(file_read(folder->target, 5, &bytes, NULL), TESS_ERR_INVALID);
}

static void commit_replaces_and_abort_does_not(void **state)
{
    const struct folder *folder = *state;
    struct file_writer writer;
    struct tess_error error = {0};
    put(folder->target, "old");
    assert_int_equal(file_writer_open(&writer, folder->target, true, &error), TESS_OK);
    assert_int_equal(file_writer_write(&writer, "new ", 4, &error), TESS_OK);
    assert_int_equal(file_writer_write(&writer, "text", 4, &error), TESS_OK);
    assert_holds(folder->target, "old");
    file_writer_abort(&writer);
    assert_holds(folder->target, "old");
    assert_int_equal(count_files(folder->path), 1);
    file_writer_abort(&writer); /* harmless when closed */
    assert_int_equal(file_writer_open(&writer, folder->target, false, &error), TESS_OK);
    assert_int_equal(file_writer_write(&writer, "new", 3, &error), TESS_OK);
    assert_int_equal(file_writer_commit(&writer, &error), TESS_OK);
    assert_int_equal(writer.fd, -1);
    assert_holds(folder->target, "new");
    assert_int_equal(count_files(folder->path), 1);
}

static void two_writers_of_one_file_do_not_meet(void **state)
{
    const struct folder *folder = *state;
    struct file_writer first, second;
    struct tess_error error = {0};
    assert_int_equal(file_writer_open(&first, folder->target, false, &error), TESS_OK);
    assert_int_equal(file_writer_open(&second, folder->target, false, &error), TESS_OK);
    assert_int_equal(file_writer_write(&first, "first", 5, &error), TESS_OK);
    assert_int_equal(file_writer_write(&second, "2", 1, &error), TESS_OK);
    assert_int_equal(file_writer_commit(&first, &error), TESS_OK);
    assert_int_equal(file_writer_commit(&second, &error), TESS_OK);
    assert_holds(folder->target, "2");
}

static void refuses_what_it_cannot_write(void **state)
{
    const struct folder *folder = *state;
    struct file_writer writer;
    struct tess_error error = {0};
    char path[512];
    assert_int_equal(file_writer_open(&writer, folder->path, false, &error), TESS_ERR_INVALID);
    assert_int_equal(writer.fd, -1);
    (void)snprintf(path, sizeof path, "%s/no/such/folder", folder->path);
    assert_int_equal(file_writer_open(&writer, path, false, &error), TESS_ERR_NOT_FOUND);
    assert_non_null(strstr(error.message, path));
    put(folder->target, "a file, not a folder");
    (void)snprintf(path, sizeof path, "%s/below", folder->target);
    assert_int_equal(file_writer_open(&writer, path, false, &error), TESS_ERR_NOT_FOUND);
    file_writer_abort(&writer);
}

static void a_name_of_255_bytes_can_be_written(void **state)
{
    const struct folder *folder = *state;
    struct file_writer writer;
    struct tess_error error = {0};
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%0255d", folder->path, 7);
    assert_int_equal(file_writer_open(&writer, path, true, &error), TESS_OK);
    assert_int_equal(file_writer_write(&writer, "x", 1, &error), TESS_OK);
    assert_int_equal(file_writer_commit(&writer, &error), TESS_OK);
    assert_holds(path, "x");
    assert_int_equal(unlink(path), 0);
}

static enum tess_status read_it(void *context, struct tess_error *error)
{
    const struct folder *folder = context;
    struct bytes bytes;
    enum tess_status status = file_read(folder->target, 100, &bytes, error);
    if (status == TESS_OK)
        assert_int_equal(bytes.size, 3);
    else
        assert_null(bytes.data);
    bytes_clear(&bytes);
    return status;
}

static void reading_survives_failing_calls(void **state)
{
    const struct folder *folder = *state;
    put(folder->target, "old");
    assert_int_equal(torture_loop(TORTURE_MEMORY, read_it, *state), 1);
    assert_int_equal(torture_loop(TORTURE_IO, read_it, *state), 3); /* open, fstat, read */
}

/* Checks by calls that are not made to fail: a failed write leaves the old file or the new one, whole, and
 * nothing beside it. */
static enum tess_status replace_it(void *context, struct tess_error *error)
{
    const struct folder *folder = context;
    struct file_writer writer;
    enum tess_status status = file_writer_open(&writer, folder->target, true, error);
    if (status != TESS_OK) {
        assert_int_equal(writer.fd, -1);
        assert_null(writer.temp_path);
    } else if ((status = file_writer_write(&writer, "new", 3, error)) != TESS_OK) {
        file_writer_abort(&writer);
    } else {
        status = file_writer_commit(&writer, error);
    }
    FILE *file = fopen(folder->target, "rb"); /* inside libc: not wrapped */
    char text[8] = "";
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    assert_int_equal(size, 3);
    if (status == TESS_OK || strcmp(text, "old") != 0)
        assert_string_equal(text, "new");
    assert_int_equal(count_files(folder->path), 1);
    return status;
}

static void writing_survives_failing_calls(void **state)
{
    const struct folder *folder = *state;
    put(folder->target, "old");
    assert_int_equal(torture_loop(TORTURE_MEMORY, replace_it, *state),
                     2); /* the temporary's name, the folder's */
    put(folder->target, "old");
    /* open, write, fsync, close, rename; the folder's open and fsync */
    assert_int_equal(torture_loop(TORTURE_IO, replace_it, *state), 7);
}

static void a_full_disk_is_an_io_error_that_names_the_file(void **state)
{
    const struct folder *folder = *state;
    struct file_writer writer;
    struct tess_error error = {0};
    assert_int_equal(file_writer_open(&writer, folder->target, false, &error), TESS_OK);
    torture_arm(TORTURE_IO, 1, true);
    enum tess_status status = file_writer_write(&writer, "x", 1, &error);
    assert_true(torture_disarm());
    assert_int_equal(status, TESS_ERR_IO);
    assert_non_null(strstr(error.message, folder->target));
    assert_non_null(strstr(error.message, "No space left on device"));
    file_writer_abort(&writer);
}

static void devices_are_not_replaced(void **state)
{
    (void)state;
    struct file_writer writer;
    struct tess_error error;
    assert_int_equal(file_writer_open(&writer, "/dev/null", false, &error), TESS_ERR_INVALID);
    assert_non_null(strstr(error.message, "/dev/null"));
    struct stat info;
    assert_int_equal(stat("/dev/null", &info), 0);
    assert_true(S_ISCHR(info.st_mode));
}

static void links_stay_links(void **state)
{
    const struct folder *folder = *state;
    char link_path[128];
    struct file_writer writer;
    struct tess_error error;
    struct stat info;
    put(folder->target, "old");
    (void)snprintf(link_path, sizeof link_path, "%s/link", folder->path);
    assert_int_equal(symlink("target", link_path), 0);
    assert_int_equal(file_writer_open(&writer, link_path, false, &error), TESS_OK);
    assert_int_equal(file_writer_write(&writer, "newer", 5, &error), TESS_OK);
    assert_int_equal(file_writer_commit(&writer, &error), TESS_OK);
    assert_int_equal(lstat(link_path, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(folder->target, &info), 0);
    assert_int_equal(info.st_size, 5);
    assert_int_equal(unlink(link_path), 0);
}

static void a_private_file_stays_private(void **state)
{
    const struct folder *folder = *state;
    struct file_writer writer;
    struct tess_error error;
    struct stat info;
    put(folder->target, "old");
    assert_int_equal(chmod(folder->target, 0600), 0);
    assert_int_equal(file_writer_open(&writer, folder->target, false, &error), TESS_OK);
    assert_int_equal(file_writer_commit(&writer, &error), TESS_OK);
    assert_int_equal(stat(folder->target, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

/* A killed process with our number (the usual thing in a container) left the next temporary's name behind. */
static void taken_temporary_names_are_passed_over(void **state)
{
    const struct folder *folder = *state;
    struct file_writer writer;
    struct tess_error error;
    unsigned counter = 0;
    char left_over[256];
    assert_int_equal(file_writer_open(&writer, folder->target, false, &error), TESS_OK);
    const char *dash = strrchr(writer.temp_path, '-');
    assert_int_equal(sscanf(dash, "-%u.part", &counter), 1);
    (void)snprintf(left_over, sizeof left_over, "%.*s-%u.part", (int)(dash - writer.temp_path),
                   writer.temp_path, counter + 1);
    file_writer_abort(&writer);
    put(left_over, "left by the dead");
    assert_int_equal(file_writer_open(&writer, folder->target, false, &error), TESS_OK);
    assert_int_equal(file_writer_commit(&writer, &error), TESS_OK);
    assert_int_equal(unlink(left_over), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reads_up_to_the_limit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reads_only_regular_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(commit_replaces_and_abort_does_not, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_writers_of_one_file_do_not_meet, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_what_it_cannot_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(devices_are_not_replaced, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links_stay_links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_private_file_stays_private, set_up, tear_down),
        cmocka_unit_test_setup_teardown(taken_temporary_names_are_passed_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_name_of_255_bytes_can_be_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(reading_survives_failing_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(writing_survives_failing_calls, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_disk_is_an_io_error_that_names_the_file, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
