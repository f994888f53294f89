// SPDX-License-Identifier: MIT
/*
 * How much of the machine this process may use. In a container that is less than the machine has: the kernel
 * says so in files only, those of control groups (cgroups, versions 1 and 2).
 */
#ifndef BASE_MACHINE_LIMITS_H
#define BASE_MACHINE_LIMITS_H

#include <stdint.h>

struct machine {
    uint32_t cores;        /* at least 1; a share of a core counts as one */
    uint64_t memory_bytes; /* beyond which the process is ended, or made to wait: all of RAM where nothing
                              says less */
};

/*
 * The least of RAM, the cores that the scheduler allows (cpusets, taskset), and the limits of memory and of
 * processor time of this process's group and of all groups above it. `root` comes before the paths of the
 * files that are read, /proc/self/cgroup, /proc/self/mountinfo and what they name: "" is this machine. What
 * cannot be read or makes no sense limits nothing. Thread-safe.
 */
void machine_read(const char *root, struct machine *machine_out);

#endif
