// SPDX-License-Identifier: GPL-2.0-or-later
/* Which device --usb means. */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "vm/usbhost/match.h"

static struct usb_match parsed(const char *text)
{
	struct usb_match match;
	struct err err = { 0 };

	if (usb_match_parse(&match, text, &err))
		fail_msg("%s: %s", text, err.text);
	return match;
}

static void test_forms(void **state)
{
	static const char *const forms[][2] = {
		{ "46d:C31C", "046d:c31c" },
		{ "046d:c31c:AB-12", "046d:c31c:AB-12" },
		{ "046d:c31c:a:b", "046d:c31c:a:b" },
		{ "port=3-1.2", "port=3-1.2" },
		{ "port=10-4", "port=10-4" },
	};
	char text[USB_MATCH_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
		struct usb_match match = parsed(forms[i][0]);

		assert_string_equal(usb_match_text(&match, text), forms[i][1]);
	}
}

static void test_wrong(void **state)
{
	char longer[300] = "1:2:";
	static const char *const wrong[] = { "", ":", "046d", "046d:", "12345:1", "1:12345",
		"046d:c31c:", "x:1", "1:2 ", "1:2:\x1b[31m", "port=", "port=3", "port=3-",
		"port=3-1.", "port=-1", "port=3.1", "port=3-1-2", "port=3-1.2.", "port=usb3",
		"port=../../x", "port=3-1.1.1.1.1.1.1.1.1.1.1.1" };
	struct usb_match match;
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		assert_int_equal(usb_match_parse(&match, wrong[i], &err), -EINVAL);
	memset(longer + 4, 'a', sizeof(longer) - 5);
	assert_int_equal(usb_match_parse(&match, longer, &err), -EINVAL);
}

static void test_is(void **state)
{
	struct usb_match any = parsed("1:2"), one = parsed("1:2:S"), port = parsed("port=3-1");

	assert_true(usb_match_is(&any, 1, 2, "", "4-1"));
	assert_true(usb_match_is(&any, 1, 2, "S", "4-1"));
	assert_false(usb_match_is(&any, 2, 1, "", "4-1"));
	assert_true(usb_match_is(&one, 1, 2, "S", "4-1"));
	assert_false(usb_match_is(&one, 1, 2, "T", "4-1"));
	assert_false(usb_match_is(&one, 1, 2, "", "4-1"));
	assert_true(usb_match_is(&port, 9, 9, "", "3-1"));
	assert_false(usb_match_is(&port, 9, 9, "", "3-1.1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
