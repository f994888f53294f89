// SPDX-License-Identifier: MIT
/*
 * Two network namespaces and a link between them that holds every packet back for a while.
 *
 *     bench-link DELAY_US [MBIT]
 *
 * prints "PID NEAR FAR": /proc/PID/fd/NEAR and FAR are the namespaces, for nsenter. Each has an interface
 * "link", down and without address. Ends when standard input does. MBIT is the rate of each direction in
 * megabits a second; without it there is no limit.
 *
 * It does what the kernel's netem does, which many kernels come without. Packets are real ones, so
 * connecting, slow start and acknowledgements take the round trips that they take; a proxy that delayed bytes
 * would hide those. Segments pass unsplit (TSO), 64 KB at a time: the link costs two copies of the data and
 * is no bottleneck of its own. What comes faster than the rate waits its turn and is not lost.
 *
 * Needs the rights to make namespaces: root's, or those of `unshare --map-root-user`.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    PACKET_MAX_BYTES =
        (64 << 10) + 256, /* the largest IP packet, and the header with its offsets before it */
    QUEUE_PACKETS = 4096, /* then the interface's own queue fills */
};

struct packet {
    struct packet *next; /* while it is spare */
    int64_t due_ns;
    size_t size;
    unsigned char data[PACKET_MAX_BYTES];
};

/* One direction: a ring, oldest first. What was handed on is used again at once, while the cache knows it. */
struct lane {
    int from, to;
    int64_t free_ns; /* when all that has come is on its way, at the link's rate */
    size_t first, count;
    struct packet *spare;
    struct packet *ring[QUEUE_PACKETS];
};

static int64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A new namespace, which this process is then in, and its end of the link. */
static bool make_side(int *namespace_out, int *tun_out)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR};
    memcpy(request.ifr_name, "link", sizeof "link");
    const char *what = "a network namespace";
    bool good = unshare(CLONE_NEWNET) == 0 && (*namespace_out = open("/proc/self/ns/net", O_RDONLY)) >= 0;
    if (good) {
        what = "/dev/net/tun";
        good = (*tun_out = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) >= 0 &&
               ioctl(*tun_out, TUNSETIFF, &request) == 0 &&
               ioctl(*tun_out, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6) == 0;
    }
    if (!good)
        (void)fprintf(stderr, "bench-link: %s: %s\n", what, strerror(errno));
    return good;
}

struct link {
    int64_t delay_ns;
    int64_t bits_a_second; /* 0: no limit */
};

static void take_in(struct lane *lane, const struct link *link)
{
    while (lane->count < QUEUE_PACKETS) {
        struct packet *packet = lane->spare;
        if (!packet && !(packet = lane->spare = calloc(1, sizeof *packet)))
            return;
        ssize_t size = read(lane->from, packet->data, sizeof packet->data);
        if (size <= 0)
            return;
        lane->spare = packet->next;
        packet->size = (size_t)size;
        const int64_t came_ns = now_ns();
        if (lane->free_ns < came_ns)
            lane->free_ns = came_ns;
        if (link->bits_a_second)
            lane->free_ns += (int64_t)size * 8 * 1000000000 / link->bits_a_second;
        packet->due_ns = lane->free_ns + link->delay_ns;
        lane->ring[(lane->first + lane->count) % QUEUE_PACKETS] = packet;
        lane->count++;
    }
}

static void hand_on(struct lane *lane)
{
    while (lane->count > 0 && lane->ring[lane->first]->due_ns <= now_ns()) {
        struct packet *packet = lane->ring[lane->first];
        (void)!write(lane->to, packet->data, packet->size); /* one that is refused is lost, as on any link */
        packet->next = lane->spare;
        lane->spare = packet;
        lane->first = (lane->first + 1) % QUEUE_PACKETS;
        lane->count--;
    }
}

static int64_t next_due_ns(const struct lane *lane)
{
    return lane->count ? lane->ring[lane->first]->due_ns : INT64_MAX;
}

static void carry(struct lane lanes[2], const struct link *link)
{
    struct pollfd ready[3] = {{.fd = STDIN_FILENO, .events = POLLIN}};
    for (;;) {
        for (int i = 0; i < 2; i++) /* a full lane does not read */
            ready[1 + i] =
                (struct pollfd){.fd = lanes[i].from, .events = lanes[i].count < QUEUE_PACKETS ? POLLIN : 0};
        int64_t a_ns = next_due_ns(&lanes[0]), b_ns = next_due_ns(&lanes[1]);
        int64_t wait_ns = (a_ns < b_ns ? a_ns : b_ns) - now_ns();
        if (wait_ns < 0)
            wait_ns = 0;
        if (wait_ns > 1000000000) /* nothing is under way, or not for long */
            wait_ns = 1000000000;
        struct timespec timeout = {.tv_sec = wait_ns / 1000000000, .tv_nsec = wait_ns % 1000000000};
        if (ppoll(ready, 3, &timeout, NULL) < 0 && errno != EINTR)
            return;
        char ignored[64];
        if (ready[0].revents && read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
            return;
        for (int i = 0; i < 2; i++) {
            if (ready[1 + i].revents & POLLIN)
                take_in(&lanes[i], link);
            hand_on(&lanes[i]);
        }
    }
}

/* -1: no whole number up to `most`. */
static long read_number(const char *text, long most)
{
    char *end = NULL;
    const long number = strtol(text, &end, 10);
    return number >= 0 && number <= most && end != text && *end == '\0' ? number : -1;
}

int main(int argc, char **argv)
{
    static struct lane lanes[2]; /* 32 KB of pointers each */
    const long delay_us = argc >= 2 ? read_number(argv[1], 1000000) : -1,
               mbit = argc == 3 ? read_number(argv[2], 1000000) : 0;
    if (delay_us < 0 || mbit < 0 || argc > 3) {
        (void)fputs("usage: bench-link DELAY_US [MBIT]\n", stderr);
        return 2;
    }
    const struct link link = {.delay_ns = delay_us * 1000, .bits_a_second = mbit * 1000000};
    int near, far, near_tun, far_tun;
    if (!make_side(&near, &near_tun) || !make_side(&far, &far_tun))
        return 1;
    (void)prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* the default would add up to 50 us to each wait */
    lanes[0].from = lanes[1].to = near_tun;
    lanes[1].from = lanes[0].to = far_tun;
    (void)printf("%d %d %d\n", (int)getpid(), near, far);
    (void)fflush(stdout);
    carry(lanes, &link);
    return 0;
}
