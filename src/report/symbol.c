/*
 * Symbols by libelf: .symtab where the file has not been stripped, else .dynsym, what it exports.
 */
#include "report/symbol.h"

#include <elf.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <libelf.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the byte of the file is in memory, as the file's symbols count. */
static bool address_of(Elf *elf, uint64_t offset, uint64_t *address)
{
	size_t n;
	GElf_Phdr h;

	if (elf_getphdrnum(elf, &n) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!gelf_getphdr(elf, (int)i, &h) || h.p_type != PT_LOAD || offset < h.p_offset ||
		    offset - h.p_offset >= h.p_filesz)
			continue;
		*address = offset - h.p_offset + h.p_vaddr;
		return true;
	}
	return false;
}

struct best {
	GElf_Sym symbol;
	const char *name;
};

/* Of several names of a function the one that others may call it by, without underscores if there is one. */
static bool is_better(const struct best *b, const GElf_Sym *s, const char *name)
{
	if (!b->name || s->st_value != b->symbol.st_value)
		return !b->name || s->st_value > b->symbol.st_value;
	return b->name[0] == '_' && name[0] != '_';
}

static void look(Elf *elf, Elf_Scn *section, const GElf_Shdr *h, uint64_t address, struct best *best)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym s;

	for (size_t i = 0; data && h->sh_entsize && i < h->sh_size / h->sh_entsize; i++) {
		const char *name;

		if (!gelf_getsym(data, (int)i, &s) || s.st_shndx == SHN_UNDEF || GELF_ST_TYPE(s.st_info) != STT_FUNC ||
		    address < s.st_value || address - s.st_value >= (s.st_size ? s.st_size : 1))
			continue;
		name = elf_strptr(elf, h->sh_link, s.st_name);
		if (name && *name && is_better(best, &s, name))
			*best = (struct best){ s, name };
	}
}

static bool find(Elf *elf, uint64_t offset, struct buf *out)
{
	static const uint32_t tables[] = { SHT_SYMTAB, SHT_DYNSYM };
	struct best best = { .name = NULL };
	uint64_t address;

	if (elf_kind(elf) != ELF_K_ELF || !address_of(elf, offset, &address))
		return false;
	for (size_t t = 0; t < 2 && !best.name; t++) {
		Elf_Scn *section = NULL;
		GElf_Shdr h;

		while ((section = elf_nextscn(elf, section))) {
			if (gelf_getshdr(section, &h) && h.sh_type == tables[t])
				look(elf, section, &h, address, &best);
		}
	}
	if (!best.name)
		return false;
	buf_printf(out, "%s+0x%" PRIx64, best.name, address - best.symbol.st_value);
	return true;
}

bool report_symbol(const char *module, uint64_t offset, struct buf *out)
{
	struct stat st;
	bool found = false;
	int fd;
	Elf *elf;

	if (module[0] != '/' || elf_version(EV_CURRENT) == EV_NONE)
		return false;
	/* a name is believed to be a file only when it is one: nothing else is opened, and nobody waits for a pipe's writer */
	fd = open(module, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return false;
	elf = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
	if (elf) {
		found = find(elf, offset, out);
		elf_end(elf);
	}
	close(fd);
	return found;
}
