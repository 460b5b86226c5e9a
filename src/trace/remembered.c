/*
 * A table from what fstat(2) says of a file, and a range of it, to a digest.
 */
#include "trace/remembered.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define SETTLED_S 2    /* a change within one tick of the file system's clock leaves the times as they are */
#define FILES_MAX 4096

struct remembered {
	struct strmap *places; /* of keys in digests */
	uint8_t (*digests)[DIGEST_SIZE];
	size_t n, room;
	bool distrusted;
};

struct key {
	uint64_t dev, ino, size, mtime_s, mtime_ns, ctime_s, ctime_ns, offset, len;
};

struct remembered *remembered_new(void)
{
	struct remembered *r = xcalloc(1, sizeof(*r));

	r->places = strmap_new();
	return r;
}

void remembered_free(struct remembered *r)
{
	if (!r)
		return;
	strmap_free(r->places);
	free(r->digests);
	free(r);
}

void remembered_distrust(struct remembered *r)
{
	r->distrusted = true;
}

static bool key_of(int fd, uint64_t offset, uint64_t len, struct key *key)
{
	time_t now = (time_t)(clock_coarse_ns(CLOCK_REALTIME_COARSE) / 1000000000u);
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	*key = (struct key){ (uint64_t)st.st_dev,
			     (uint64_t)st.st_ino,
			     (uint64_t)st.st_size,
			     (uint64_t)st.st_mtim.tv_sec,
			     (uint64_t)st.st_mtim.tv_nsec,
			     (uint64_t)st.st_ctim.tv_sec,
			     (uint64_t)st.st_ctim.tv_nsec,
			     offset,
			     len };
	return st.st_ctim.tv_sec + SETTLED_S < now && st.st_mtim.tv_sec + SETTLED_S < now;
}

int remembered_digest(struct remembered *r, int fd, uint64_t offset, uint64_t len, uint8_t out[DIGEST_SIZE],
		      struct err *err)
{
	struct key key;
	uint64_t at;

	if (r->distrusted || !key_of(fd, offset, len, &key))
		return digest_of_fd(fd, offset, len, out, err);
	if (strmap_get(r->places, (const char *)&key, sizeof(key), &at)) {
		memcpy(out, r->digests[at], DIGEST_SIZE);
		return 0;
	}
	if (digest_of_fd(fd, offset, len, out, err) < 0)
		return -1;
	if (r->n == FILES_MAX)
		return 0;
	if (r->n == r->room) {
		r->room = r->room ? 2 * r->room : 64;
		r->digests = xrealloc(r->digests, r->room, sizeof(*r->digests));
	}
	memcpy(r->digests[r->n], out, DIGEST_SIZE);
	strmap_put(r->places, (const char *)&key, sizeof(key), r->n++);
	return 0;
}
