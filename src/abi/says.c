/*
 * Lengths that data say about themselves.
 */
#include "abi/says.h"

#include "base/attr.h"

#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/fiemap.h>
#include <stddef.h>
#include <string.h>

static uint32_t u32_at(const uint8_t *data, size_t offset)
{
	uint32_t n;

	memcpy(&n, data + offset, sizeof(n));
	return n;
}

/* UINT32_MAX when they are too many. */
static uint32_t with_items(uint32_t head, uint32_t count, uint32_t size)
{
	uint64_t bytes = head + (uint64_t)count * size;

	return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

static uint32_t fiemap(const uint8_t *data, enum abi_extent extent)
{
	uint32_t found = u32_at(data, offsetof(struct fiemap, fm_mapped_extents));
	uint32_t room = u32_at(data, offsetof(struct fiemap, fm_extent_count));

	if (extent == EXTENT_READ)
		return sizeof(struct fiemap);
	return with_items(sizeof(struct fiemap), extent == EXTENT_ROOM || room < found ? room : found,
			  sizeof(struct fiemap_extent));
}

static uint32_t caps(const uint8_t *data)
{
	return u32_at(data, 0) == _LINUX_CAPABILITY_VERSION_1 ? 1 : 2;
}

/* A command's data: a struct, and behind it items as many as the u32 at count says. */
struct ethtool_shape {
	uint32_t command, head;
	uint32_t item, count; /* item 0: none */
};

#define ETHTOOL_ITEMS(command, type, item, member) { command, sizeof(type), item, offsetof(type, member) }
#define ETHTOOL_STRUCT(command, type)              { command, sizeof(type), 0, 0 }

static const struct ethtool_shape ethtool_shapes[] = {
	ETHTOOL_STRUCT(ETHTOOL_GSET, struct ethtool_cmd),
	ETHTOOL_STRUCT(ETHTOOL_SSET, struct ethtool_cmd),
	ETHTOOL_STRUCT(ETHTOOL_GDRVINFO, struct ethtool_drvinfo),
	ETHTOOL_STRUCT(ETHTOOL_GWOL, struct ethtool_wolinfo),
	ETHTOOL_STRUCT(ETHTOOL_SWOL, struct ethtool_wolinfo),
	ETHTOOL_STRUCT(ETHTOOL_GMSGLVL, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_SMSGLVL, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_NWAY_RST, uint32_t),
	ETHTOOL_STRUCT(ETHTOOL_GLINK, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_GRINGPARAM, struct ethtool_ringparam),
	ETHTOOL_STRUCT(ETHTOOL_SRINGPARAM, struct ethtool_ringparam),
	ETHTOOL_STRUCT(ETHTOOL_GPAUSEPARAM, struct ethtool_pauseparam),
	ETHTOOL_STRUCT(ETHTOOL_SPAUSEPARAM, struct ethtool_pauseparam),
	ETHTOOL_STRUCT(ETHTOOL_GCHANNELS, struct ethtool_channels),
	ETHTOOL_STRUCT(ETHTOOL_SCHANNELS, struct ethtool_channels),
	ETHTOOL_STRUCT(ETHTOOL_GCOALESCE, struct ethtool_coalesce),
	ETHTOOL_STRUCT(ETHTOOL_SCOALESCE, struct ethtool_coalesce),
	ETHTOOL_STRUCT(ETHTOOL_GET_TS_INFO, struct ethtool_ts_info),
	ETHTOOL_STRUCT(ETHTOOL_GRXCSUM, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_GTXCSUM, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_GSG, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_GTSO, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_GUFO, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_GGSO, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_GGRO, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_GFLAGS, struct ethtool_value),
	ETHTOOL_STRUCT(ETHTOOL_GPFLAGS, struct ethtool_value),
	ETHTOOL_ITEMS(ETHTOOL_GSTRINGS, struct ethtool_gstrings, ETH_GSTRING_LEN, len),
	ETHTOOL_ITEMS(ETHTOOL_GSTATS, struct ethtool_stats, sizeof(uint64_t), n_stats),
	ETHTOOL_ITEMS(ETHTOOL_GPERMADDR, struct ethtool_perm_addr, 1, size),
	ETHTOOL_ITEMS(ETHTOOL_GEEPROM, struct ethtool_eeprom, 1, len),
	ETHTOOL_ITEMS(ETHTOOL_GREGS, struct ethtool_regs, 1, len),
	ETHTOOL_ITEMS(ETHTOOL_GFEATURES, struct ethtool_gfeatures, sizeof(struct ethtool_get_features_block), size),
	ETHTOOL_ITEMS(ETHTOOL_SFEATURES, struct ethtool_sfeatures, sizeof(struct ethtool_set_features_block), size),
};

/* How many sets of strings are asked about: a bit each. */
static uint32_t string_sets(const uint8_t *data, uint32_t len)
{
	uint64_t mask;

	if (len < sizeof(struct ethtool_sset_info))
		return sizeof(struct ethtool_sset_info);
	memcpy(&mask, data + offsetof(struct ethtool_sset_info, sset_mask), sizeof(mask));
	return sizeof(struct ethtool_sset_info) + (uint32_t)__builtin_popcountll(mask) * (uint32_t)sizeof(uint32_t);
}

static uint32_t ethtool(const uint8_t *data, uint32_t len)
{
	uint32_t command = u32_at(data, 0);

	if (command == ETHTOOL_GSSET_INFO)
		return string_sets(data, len);
	for (size_t i = 0; i < ARRAY_LEN(ethtool_shapes); i++) {
		const struct ethtool_shape *s = &ethtool_shapes[i];

		if (s->command != command)
			continue;
		if (!s->item || len < s->head)
			return s->head;
		return with_items(s->head, u32_at(data, s->count), s->item);
	}
	return UINT32_MAX;
}

uint32_t says_length(enum abi_says says, const uint8_t *data, uint32_t len, enum abi_extent extent)
{
	switch (says) {
	case SAYS_FIEMAP:
		return fiemap(data, extent);
	case SAYS_ETHTOOL:
		return ethtool(data, len);
	case SAYS_CAPS:
		return caps(data);
	case SAYS_NOTHING:
		break;
	}
	return UINT32_MAX;
}
