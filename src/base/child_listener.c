// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/child.h"
#include "base/own.h"
#include "base/trust.h"

/*
 * @directory can be entered by this user only, so nobody else connects while the socket has a name.
 */
static int connect_by_name(int listener, int connection, const char *directory)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int code = 0;

	if (snprintf(name.sun_path, sizeof(name.sun_path), "%s/socket", directory) >=
		(int)sizeof(name.sun_path))
		return ENAMETOOLONG;
	if (bind(listener, (struct sockaddr *)&name, sizeof(name)) || listen(listener, 1) ||
		connect(connection, (struct sockaddr *)&name, sizeof(name)))
		code = errno;
	unlink(name.sun_path);
	return code;
}

int child_listener(int *listener, int *connection, struct err *err)
{
	static const char *const homes[] = { "/run", "/tmp" };
	char place[64];
	const char *runtime = trust_environment("XDG_RUNTIME_DIR", place, sizeof(place));
	own_fd int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	own_fd int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int code = server < 0 || client < 0 ? errno : ENOENT;
	char directory[96] = "";

	for (size_t i = 0; server >= 0 && client >= 0 && i <= ARRAY_SIZE(homes); i++) {
		const char *home = i ? homes[i - 1] : runtime;

		if (!home || snprintf(directory, sizeof(directory), "%s/tenon-XXXXXX", home) >=
				     (int)sizeof(directory))
			continue;
		if (!mkdtemp(directory)) {
			code = errno;
			continue;
		}
		code = connect_by_name(server, client, directory);
		rmdir(directory);
		break;
	}
	if (code)
		return err_sys(err, code, "cannot make a socket for a helper program");
	*listener = take_fd(&server);
	*connection = take_fd(&client);
	return 0;
}
