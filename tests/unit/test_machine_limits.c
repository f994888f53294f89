// SPDX-License-Identifier: MIT
/* What of the machine a process may use, from copies of the kernel's files: cgroups 1 and 2, mixed, nested,
 * garbled. */
#include <sched.h>
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

#include "base/machine_limits.h"
#include "scratch.h"
#include <tessera/engine.h>

enum { MIB = 1 << 20 };

static char root[64];
static struct machine whole; /* as nothing limits it */

static int setup(void **state)
{
    (void)state;
    scratch_make(root);
    machine_read(root, &whole);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    scratch_remove(root);
    return 0;
}

/* Writes root/PATH, with the folders above it. */
static void put(const char *path, const char *text)
{
    char full[512];
    (void)snprintf(full, sizeof full, "%s%s", root, path);
    for (char *slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(full, 0700);
        *slash = '/';
    }
    scratch_write(full, text, strlen(text));
}

static void assert_machine(uint32_t cores, uint64_t memory_bytes)
{
    struct machine machine;
    machine_read(root, &machine);
    assert_int_equal(machine.cores, cores < whole.cores ? cores : whole.cores);
    assert_int_equal(machine.memory_bytes,
                     memory_bytes < whole.memory_bytes ? memory_bytes : whole.memory_bytes);
}

#define V2_MOUNT "30 24 0:26 / /sys/fs/cgroup ro,nosuid,nodev - cgroup2 cgroup rw,nsdelegate\n"
#define OTHER_MOUNTS                                          \
    "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n" \
    "23 22 0:5 / /proc rw shared:2 master:3 - proc proc rw\n"

/* As docker run -m 512m --cpus=1 shows it with cgroup 2: a namespace of its own, so that its group is the
 * root. */
static void v2_in_a_container(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/\n");
    put("/proc/self/mountinfo", OTHER_MOUNTS V2_MOUNT);
    put("/sys/fs/cgroup/memory.max", "536870912\n");
    put("/sys/fs/cgroup/memory.high", "max\n");
    put("/sys/fs/cgroup/cpu.max", "100000 100000\n");
    assert_machine(1, 512 * MIB);
    put("/sys/fs/cgroup/memory.high", "402653184\n");
    put("/sys/fs/cgroup/cpu.max", "150000 100000\n");
    assert_machine(2, 384 * MIB);
    put("/sys/fs/cgroup/cpu.max", "5000 100000\n");
    assert_machine(1, 384 * MIB);
}

static void v2_groups_above_count(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/pods/burst/pod 1\n");
    put("/proc/self/mountinfo", OTHER_MOUNTS V2_MOUNT);
    put("/sys/fs/cgroup/pods/burst/pod 1/memory.max", "max\n");
    put("/sys/fs/cgroup/pods/burst/pod 1/cpu.max", "max 100000\n");
    put("/sys/fs/cgroup/pods/burst/memory.max", "1073741824\n");
    put("/sys/fs/cgroup/pods/memory.max", "268435456\n");
    put("/sys/fs/cgroup/pods/cpu.max", "100000 100000\n");
    assert_machine(1, 256 * MIB);
    put("/sys/fs/cgroup/other/memory.max", "1048576\n"); /* of somebody else */
    assert_machine(1, 256 * MIB);
}

static void v1_by_its_own_path(void **state)
{
    (void)state;
    put("/proc/self/cgroup",
        "12:memory:/docker/abc\n5:cpu,cpuacct:/docker/abc\n4:cpuset:/docker/abc\n1:name=systemd:/x\n");
    put("/proc/self/mountinfo",
        OTHER_MOUNTS "34 30 0:31 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n"
                     "31 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                     "32 30 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n");
    put("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "536870912\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "100000\n");
    put("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us", "100000\n");
    put("/sys/fs/cgroup/cpuset/docker/abc/memory.limit_in_bytes", "1\n"); /* not the hierarchy of memory */
    assert_machine(1, 512 * MIB);
    put("/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us", "-1\n");
    put("/sys/fs/cgroup/memory/docker/memory.limit_in_bytes", "134217728\n");
    assert_machine(whole.cores, 128 * MIB);
}

/* The container's view: the path is the host's, the mount shows only what is below it. */
static void v1_where_the_mount_is_the_group(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "12:memory:/docker/abc/inner\n5:cpu:/docker/abc\n");
    put("/proc/self/mountinfo",
        OTHER_MOUNTS "34 30 0:31 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n"
                     "31 30 0:28 /docker/abc /mnt/cpu\\040time ro - cgroup cgroup rw,cpu\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "536870912\n");
    put("/sys/fs/cgroup/memory/inner/memory.limit_in_bytes", "268435456\n");
    put("/mnt/cpu time/cpu.cfs_quota_us", "50000\n");
    put("/mnt/cpu time/cpu.cfs_period_us", "100000\n");
    assert_machine(1, 256 * MIB);
}

/* "/.." where the process is outside of its namespace's root, or a mount of another one. */
static void groups_out_of_sight_are_the_mount(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "0::/../sibling\n12:memory:/elsewhere\n");
    put("/proc/self/mountinfo",
        OTHER_MOUNTS V2_MOUNT "34 30 0:31 /docker/abc /mnt/memory ro - cgroup cgroup rw,memory\n");
    put("/sys/fs/cgroup/memory.max", "536870912\n");
    put("/mnt/memory/memory.limit_in_bytes", "268435456\n");
    assert_machine(whole.cores, 256 * MIB);
    put("/sys/fs/sibling/memory.max", "1048576\n");
    assert_machine(whole.cores, 256 * MIB);
}

/* Controllers of version 1 beside a hierarchy of version 2 that has none. */
static void hybrid(void **state)
{
    (void)state;
    put("/proc/self/cgroup", "4:memory:/a\n1:cpu:/a\n0::/a\n");
    put("/proc/self/mountinfo",
        OTHER_MOUNTS "34 30 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                     "31 30 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
                     "40 30 0:37 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    put("/sys/fs/cgroup/unified/a/cgroup.procs", "1\n");
    put("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", "536870912\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "30000\n");
    put("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_machine(1, 512 * MIB);
    put("/sys/fs/cgroup/unified/memory.max", "268435456\n");
    assert_machine(1, 256 * MIB);
}

static void what_makes_no_sense_limits_nothing(void **state)
{
    (void)state;
    static const char *const garbage[] = {"",         "\n",
                                          "max\n",    "-1\n",
                                          "0\n",      "12 monkeys\n",
                                          "0x1000\n", "1e3\n",
                                          "\xff\xfe", "99999999999999999999999999\n"};
    put("/proc/self/cgroup", "0::/\n4:memory:/\n1:cpu:/\n");
    put("/proc/self/mountinfo", OTHER_MOUNTS V2_MOUNT
        "34 30 0:31 / /v1 rw - cgroup cgroup rw,memory,cpu\nshort line\n - \n1 2 3 / - cgroup2\n\n");
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        const char *const files[] = {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.high",
                                     "/sys/fs/cgroup/cpu.max",    "/v1/memory.limit_in_bytes",
                                     "/v1/cpu.cfs_quota_us",      "/v1/cpu.cfs_period_us"};
        for (size_t k = 0; k < sizeof files / sizeof *files; k++)
            put(files[k], garbage[i]);
        assert_machine(whole.cores, whole.memory_bytes);
    }
    put("/proc/self/cgroup", "::::\n0\n0:\n0::relative\n\n:memory");
    assert_machine(whole.cores, whole.memory_bytes);
    put("/proc/self/cgroup", "\xff");
    put("/proc/self/mountinfo", "\xff");
    assert_machine(whole.cores, whole.memory_bytes);
}

static void cpusets_count(void **state)
{
    (void)state;
    cpu_set_t before, one;
    struct machine machine;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    CPU_ZERO(&one);
    for (size_t cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; cpu++)
        if (CPU_ISSET(cpu, &before))
            CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    machine_read(root, &machine);
    assert_int_equal(machine.cores, 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
}

/* This machine, whatever it is. */
static void an_engine_takes_what_there_is(void **state)
{
    (void)state;
    struct tess_machine machine;
    struct tess_engine *engine = NULL;
    struct tess_engine_stats stats;
    tess_machine_read(&machine);
    assert_in_range(machine.cores, 1, whole.cores);
    assert_in_range(machine.memory_bytes, 1, whole.memory_bytes);
    assert_int_equal(tess_engine_create(NULL, &engine, NULL), TESS_OK);
    tess_engine_stats(engine, &stats);
    assert_int_equal(stats.threads, machine.cores < 256 ? machine.cores : 256);
    assert_int_equal(stats.memory_budget_bytes,
                     machine.memory_bytes / 2 > 16 * MIB ? machine.memory_bytes / 2 : 16 * MIB);
    tess_engine_destroy(engine);
}

#define IN_A_ROOT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_A_ROOT(v2_in_a_container),
        IN_A_ROOT(v2_groups_above_count),
        IN_A_ROOT(v1_by_its_own_path),
        IN_A_ROOT(v1_where_the_mount_is_the_group),
        IN_A_ROOT(groups_out_of_sight_are_the_mount),
        IN_A_ROOT(hybrid),
        IN_A_ROOT(what_makes_no_sense_limits_nothing),
        IN_A_ROOT(cpusets_count),
        IN_A_ROOT(an_engine_takes_what_there_is),
    };
    return cmocka_run_group_tests_name("machine_limits", tests, NULL, NULL);
}
