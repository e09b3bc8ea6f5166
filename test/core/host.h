/*
 * host.h
 *		A host for the core without a server: memory, and synthetic time zones.
 */
#ifndef HOST_H
#define HOST_H

#include <setjmp.h>

#include "core.h"

typedef struct HostArena HostArena;

/* A change of offset: from a second since 2000-01-01 UTC on. */
typedef struct HostChange
{
	int64_t		at;
	int32_t		offset;
} HostChange;

#define HOST_MAX_CHANGES 16
/* What no named zone exceeds, in seconds. */
#define HOST_MAX_OFFSET (16 * 3600) /* east or west */
#define HOST_MAX_JUMP SLT_DAY_SECONDS

extern HostArena *host_arena_create(void);
extern void host_arena_drop(HostArena *arena);
extern size_t host_arena_count(const HostArena *arena);
extern jmp_buf host_too_large;
extern int	host_zone_count(void);
extern const char *host_zone_name(int i);
extern void host_set_fuzz_zone(int32_t base, int n, const HostChange *changes);

#endif							/* HOST_H */
