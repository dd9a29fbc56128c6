// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * random: the virtio source of random numbers is the kernel's own choice, and gives size=BYTES
 * (8192) of which no byte's value is far too frequent
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "steps.h"

#define WAIT_MS 10000

void step_random(const struct args *args)
{
	u64 size = args_number(args, "size", 8192), end = now_ms() + WAIT_MS;
	unsigned counts[256] = { 0 };
	char name[64] = "";
	int fd;

	while (strncmp(name, "virtio_rng", 10)) {
		if (now_ms() > end)
			fail("the source of random numbers is '%s'", name);
		sleep_ms(20);
		if (read_text(name, sizeof(name), "/sys/class/misc/hw_random/rng_current") < 0)
			name[0] = '\0';
	}
	fd = open("/dev/hwrng", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail_errno("cannot open /dev/hwrng");
	for (u64 at = 0; at < size;) {
		u8 bytes[512];
		ssize_t n = read(fd, bytes, sizeof(bytes));

		if (n <= 0)
			fail_errno("cannot read /dev/hwrng");
		for (ssize_t i = 0; i < n; i++)
			counts[bytes[i]]++;
		at += n;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(counts); i++)
		if (counts[i] > size / 64)
			fail("%u of %llu bytes are %u", counts[i], (unsigned long long)size, i);
	report("bytes", "%llu", (unsigned long long)size);
}
