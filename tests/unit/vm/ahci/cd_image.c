// SPDX-License-Identifier: GPL-2.0-or-later
#include "vm/ahci/cd_image.h"

#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "unit.h"

#define SECTOR 2048u

/* An image of 40 sectors, in which one thing is changed. */
struct image {
	u64 size;      /* bytes; 0: all */
	u32 volume;    /* sectors; 0: 40 */
	u32 catalogue; /* its sector; 0: 20 */
	u32 boot;      /* the sector of what starts; 0: 21 */
	bool no_iso, udf, no_boot, bad_sum;
	const char *text; /* NULL: nothing is wrong */
};

static void make(u8 *bytes, const struct image *image)
{
	u8 *catalogue = bytes + 20 * SECTOR;
	u16 sum = 0;

	memset(bytes, 0, 40 * SECTOR);
	if (!image->no_iso)
		memcpy(bytes + 16 * SECTOR, "\1CD001\1", 7);
	if (image->udf)
		memcpy(bytes + 16 * SECTOR, "\0BEA01\1", 7);
	put_le32(bytes + 16 * SECTOR + 80, image->volume ? image->volume : 40);
	if (!image->no_boot)
		memcpy(bytes + 17 * SECTOR, "\0CD001\1EL TORITO SPECIFICATION", 30);
	put_le32(bytes + 17 * SECTOR + 0x47, image->catalogue ? image->catalogue : 20);
	catalogue[0] = 1;
	put_le16(catalogue + 30, 0xaa55);
	for (unsigned i = 0; i < 32; i += 2)
		sum += get_le16(catalogue + i);
	put_le16(catalogue + 28, (u16)-sum + image->bad_sum);
	catalogue[32] = 0x88;
	put_le32(catalogue + 40, image->boot ? image->boot : 21);
}

static void images_are_judged(void **state)
{
	static const struct image images[] = {
		{ .text = NULL },
		{ .no_boot = true },
		{ .no_iso = true, .udf = true, .no_boot = true },
		{ .no_iso = true, .text = "no image of a CD" },
		{ .size = 1, .text = "no image of a CD" },
		{ .size = 17 * SECTOR - 1, .text = "no image of a CD" },
		{ .size = 17 * SECTOR, .text = "not copied to its end" },
		{ .size = 39 * SECTOR + 17, .text = "not copied to its end" },
		{ .size = 39 * SECTOR + 17, .volume = 39 },
		{ .volume = ~0u, .text = "says that it has 8796093020160" },
		{ .catalogue = 40, .text = "at sector 40, which it does not have" },
		{ .catalogue = ~0u, .text = "at sector 4294967295, which it does not have" },
		{ .catalogue = 22, .text = "catalogue is damaged" },
		{ .bad_sum = true, .text = "catalogue is damaged" },
		{ .boot = 39 },
		{ .boot = 40, .text = "said to be at sector 40" },
		{ .boot = ~0u, .text = "said to be at sector 4294967295" },
	};
	static u8 bytes[40 * SECTOR];
	char text[CD_IMAGE_TEXT];

	for (size_t i = 0; i < ARRAY_SIZE(images); i++) {
		u64 size = images[i].size ? images[i].size : sizeof(bytes);
		int fd = memfd_create("cd", 0);

		make(bytes, &images[i]);
		assert_int_equal(write(fd, bytes, size), size);
		assert_int_equal(cd_image_is_odd(fd, size, text), images[i].text != NULL);
		if (images[i].text && !strstr(text, images[i].text))
			fail_msg("%zu: %s", i, text);
		close(fd);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(images_are_judged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
