// SPDX-License-Identifier: GPL-2.0-or-later
/* Whose session plays a machine's sound. Somebody has a session: this user, or nobody for root. */
#include "unit.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/types.h"
#include "vm/sound/session.h"

static char place[] = "/tmp/tenon-session-XXXXXX";
static char mine[64], other[64];
static uid_t somebody;

/* The host of somebody with the session @mine, below @place. */
static struct sound_session_facts host(uid_t self)
{
	return (struct sound_session_facts){
		.self = self,
		.directories = place,
		.asked = SOUND_NOBODY,
		.login = SOUND_NOBODY,
		.sudo = SOUND_NOBODY,
		.seat = SOUND_NOBODY,
	};
}

static int make(void **state)
{
	somebody = geteuid() ? geteuid() : 65534;
	assert_non_null(mkdtemp(place));
	snprintf(mine, sizeof(mine), "%s/%u", place, somebody);
	snprintf(other, sizeof(other), "%s/elsewhere", place);
	return mkdir(mine, 0700) || mkdir(other, 0700) || chown(mine, somebody, (gid_t)-1) ||
	       chown(other, somebody, (gid_t)-1);
}

static int unmake(void **state)
{
	return rmdir(mine) || rmdir(other) || rmdir(place);
}

static void user_has_their_own(void **state)
{
	struct sound_session_facts facts = host(somebody);
	struct sound_session session;

	sound_session_choose(&session, &facts);
	assert_true(session.found && !session.changes);
	assert_string_equal(session.directory, mine);
	facts.runtime = other;
	sound_session_choose(&session, &facts);
	assert_string_equal(session.directory, other);
	/* A directory of another user's is not taken, and what others say does not count. */
	facts.self = somebody + 1;
	facts.login = facts.seat = somebody;
	sound_session_choose(&session, &facts);
	assert_false(session.found);
}

static void environment_tells_whose_it_is(void **state)
{
	struct sound_session_facts facts = host(0);
	struct sound_session session;

	facts.runtime = other;
	sound_session_choose(&session, &facts);
	assert_true(session.found);
	assert_int_equal(session.uid, somebody);
	assert_int_equal(session.changes, true);
	assert_string_equal(session.directory, other);
	facts.runtime = "tmp";
	sound_session_choose(&session, &facts);
	assert_false(session.found);
	facts.runtime = "/nonexistent";
	sound_session_choose(&session, &facts);
	assert_false(session.found);
}

static void who_was_asked_for_is_it_alone(void **state)
{
	struct sound_session_facts facts = host(0);
	struct sound_session session;

	facts.asked = somebody;
	facts.runtime = other;
	sound_session_choose(&session, &facts);
	assert_true(session.found);
	assert_string_equal(session.directory, mine);
	assert_string_equal(session.why, "user=");
	/* One without a session. */
	facts.asked = 54321;
	sound_session_choose(&session, &facts);
	assert_false(session.found);
}

static void root_takes_the_first_who_has_one(void **state)
{
	static const char *const why[] = { "who has logged in", "who called sudo",
		"who sits at the host" };
	struct sound_session session;

	for (unsigned i = 0; i < ARRAY_SIZE(why); i++) {
		struct sound_session_facts facts = host(0);
		uid_t *const users[] = { &facts.login, &facts.sudo, &facts.seat };

		for (unsigned n = 0; n < ARRAY_SIZE(why); n++)
			*users[n] = n < i ? 54321 : somebody;
		sound_session_choose(&session, &facts);
		assert_true(session.found && session.changes);
		assert_string_equal(session.why, why[i]);
		assert_int_equal(session.uid, somebody);
	}
}

static void root_itself_has_no_desk(void **state)
{
	struct sound_session_facts facts = host(0);
	struct sound_session session;

	facts.login = facts.sudo = facts.seat = 0;
	sound_session_choose(&session, &facts);
	assert_false(session.found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(user_has_their_own),
		cmocka_unit_test(environment_tells_whose_it_is),
		cmocka_unit_test(who_was_asked_for_is_it_alone),
		cmocka_unit_test(root_takes_the_first_who_has_one),
		cmocka_unit_test(root_itself_has_no_desk),
	};

	return cmocka_run_group_tests(tests, make, unmake);
}
