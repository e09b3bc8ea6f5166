/*
 * calendar_cache.c
 *		The compiled calendars of this backend.
 *
 * A calendar is compiled when a value is first seen and found again by the
 * value itself, so nothing here ever goes stale: the same value means the same
 * calendar, whichever row, constant or name it came from.  Each has a memory
 * context of its own.  When all together outgrow the limit they are dropped
 * together, and the epoch tells those who remembered one.
 */
#include "types.h"

#include "utils/memutils.h"

#define MAX_CACHE_SIZE ((Size) 64 * 1024 * 1024)

/* A compiled calendar, and the value it was compiled from. */
typedef struct CachedTimeline
{
	struct varlena *calendar;
	SltTimeline *timeline;
	char		status;
} CachedTimeline;

/* Tells whether two values are the same. */
static inline bool
same_calendar(const struct varlena *a, const struct varlena *b)
{
	Size		size = VARSIZE_ANY_EXHDR(a);

	return size == VARSIZE_ANY_EXHDR(b) && memcmp(VARDATA_ANY(a), VARDATA_ANY(b), size) == 0;
}

#define SH_PREFIX timelines
#define SH_ELEMENT_TYPE CachedTimeline
#define SH_KEY_TYPE struct varlena *
#define SH_KEY calendar
#define SH_HASH_KEY(tb, key) ((uint32) slt_calendar_hash(key))
#define SH_EQUAL(tb, a, b) same_calendar(a, b)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* Changes whenever timelines handed out earlier are gone. */
uint64		slt_timelines_epoch = 1;

static MemoryContext cache_context = NULL;
static timelines_hash *cache = NULL;

/* Makes the cache empty, the first time or again. */
static void
reset_cache(void)
{
	slt_timelines_epoch++;
	cache = NULL;
	if (cache_context == NULL)
		cache_context = AllocSetContextCreate(CacheMemoryContext, "slt calendars", ALLOCSET_DEFAULT_SIZES);
	else
		MemoryContextReset(cache_context);
	cache = timelines_create(cache_context, 64, NULL);
}

/* Compiles a calendar; its text was checked when it was stored, so only the server's zones can be at fault. */
static SltTimeline *
compile(MemoryContext context, const struct varlena *calendar)
{
	SltTextError error;
	SltCalendar *rules = slt_calendar_read(context, slt_calendar_text(calendar), slt_calendar_text_length(calendar), &error);

	if (rules == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this server cannot use the working calendar \"%.*s\"",
						Min((int) slt_calendar_text_length(calendar), 60), slt_calendar_text(calendar)),
				 errdetail_internal("%s", error.detail),
				 errhint("The calendar was stored by a server whose time zone data had this zone; update the time zone data.")));
	return slt_timeline_create(context, rules);
}

/* Keeps a calendar for the next row that has it; the cache begins anew when it is full. */
static pg_noinline SltTimeline *
add_timeline(const struct varlena *calendar)
{
	MemoryContext context;
	struct varlena *copy;
	SltTimeline *timeline;
	CachedTimeline *entry;
	Size		size = VARSIZE_ANY_EXHDR(calendar) + VARHDRSZ;
	bool		found;

	if (cache == NULL || MemoryContextMemAllocated(cache_context, true) > MAX_CACHE_SIZE)
		reset_cache();

	/*
	 * a child of the caller's context until it is complete, so that an error
	 * leaves nothing behind
	 */
	context = AllocSetContextCreate(CurrentMemoryContext, "slt calendar", 0, 4 * 1024, 8 * 1024);
	copy = MemoryContextAlloc(context, size);
	SET_VARSIZE(copy, size);
	memcpy(VARDATA(copy), VARDATA_ANY(calendar), size - VARHDRSZ);
	timeline = compile(context, copy);
	entry = timelines_insert(cache, copy, &found);
	entry->timeline = timeline;
	MemoryContextSetParent(context, cache_context);
	return timeline;
}

/*
 * Returns the compiled form of a calendar, valid until the next call of this
 * function, or as long as slt_timelines_epoch stays what it is.
 */
SltTimeline *
slt_timeline_of(const struct varlena *calendar)
{
	CachedTimeline *entry = cache ? timelines_lookup(cache, unconstify(struct varlena *, calendar)) : NULL;

	return entry ? entry->timeline : add_timeline(calendar);
}
