// What npm's opening_hours says of texts, to compare slt with.
//
//     node opening_hours.js generate SEED COUNT     texts from a grammar, those that the package reads without a warning
//     node opening_hours.js check FROM TO           reads lines "text<TAB>from-to,from-to,..." (UTC minutes since 1970, working
//                                                   time from FROM to TO), prints a line for each that it sees otherwise
//     node opening_hours.js warnings                reads texts, prints those that it does not read without a warning
//
// NODE_PATH is where the package is.  All is in UTC.  Left out of the grammar is where slt differs on purpose (see
// doc/reference.md): a night before a rule that replaces, PH, ranges that end in easter, the end of February as the end of a range, a fifth
// weekday with an offset, easter of one year (the package means its day and month in later years, too); and a rule of times alone behind one with dates, which the package adds to it.
process.env.TZ = 'UTC';
const OpeningHours = require('opening_hours');
const readline = require('readline');

// Warnings about texts that mean what slt takes them for: past dates, hours that replace others, 24/7 that is not all there is.
const harmless = /is in the past|entirely in the past|overwrites parts of the previous|probably not interpreted as|evaluated as closed/;

function warnings(text) {
	return new OpeningHours(text, null, { mode: 0 }).getWarnings().filter((w) => !harmless.test(w));
}

// ---------- the grammar ----------

let state = 1;
function below(n) {
	state = (Math.imul(state, 1103515245) + 12345) >>> 0;
	return Math.floor((state >>> 8) / 16777216 * n);
}
const pick = (...from) => from[below(from.length)];
const chance = (percent) => below(100) < percent;
const two = (n) => String(n).padStart(2, '0');
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const days = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
const list = (most, item) => Array.from({ length: 1 + below(most) }, item).join(',');
const ordered = (least, count) => { const a = least + below(count), b = least + below(count); return a < b ? [a, b] : a > b ? [b, a] : [a, a + 1]; };

const offset = (most) => { const n = 1 + below(most); return ` ${pick('+', '-')}${n} day${n > 1 ? 's' : ''}`; };
const monthDay = () => { const m = below(12); return `${months[m]} ${two(1 + below(m === 1 ? 28 : 30))}`; };
const nth = () => `${pick(...days)}[${pick('1', '2', '3', '4', '-1', '-2', '1,3', '2-4')}]`;
const year = () => 2026 + below(4);
const years = () => pick(() => `${year()}`, () => ordered(2026, 5).join('-'), () => `${year()}+`, () => `${year()}/${2 + below(3)}`,
	() => `2026-2032/${2 + below(3)}`, () => '2026,2028')();
const edge = () => pick(monthDay, monthDay, () => `${pick(...months)} ${pick(...days)}[${pick('1', '2', '-1')}]`)();
// Not the whole year from some day on, which the package takes for nothing.
function dayRange() {
	const [a, b] = [monthDay(), monthDay()];
	return new Date(`${b} 2027`) - new Date(`${a} 2027`) === -86400000 ? dayRange() : `${a}-${b}`;
}
const monthDates = () => pick(
	() => pick(...months), () => `${pick(...months)}-${pick(...months)}`, () => list(3, () => pick(...months)),
	monthDay, monthDay, () => list(4, monthDay), () => `${pick(...months)} ${pick(...days)}[${pick('1', '2', '-1')}]-${edge()}`, () => dayRange(),
	() => { const [a, b] = ordered(1, 26); return `${pick(...months)} ${two(a)}-${two(b)}`; },
	() => { const [a, b] = ordered(1, 26); return `${pick(...months)} ${two(a)}-${two(b)}/${2 + below(4)}`; },
	() => `${pick(...months)} ${two(1 + below(14))},${two(15 + below(14))}`,
	() => `easter${chance(60) ? offset(50) : ''}`)();
const datedYears = () => pick(() => `${year()} ${monthDay()}`, () => `${year()} ${monthDay()},${year()} ${monthDay()}`,
	() => { const [a, b] = ordered(2026, 4); return `${a} ${monthDay()}-${b} ${monthDay()}`; },
	() => { const [a, b] = ordered(1, 26); return `${year()} ${pick(...months)} ${two(a)}-${two(b)}`; })();
const week = () => pick(() => two(1 + below(53)), () => ordered(1, 52).map(two).join('-'), () => `${ordered(1, 52).map(two).join('-')}/${2 + below(4)}`)();
const weekday = () => pick(() => pick(...days), () => `${pick(...days)}-${pick(...days)}`, nth)();
const weekdays = () => pick(() => list(3, weekday), () => 'Mo-Fr', () => `${pick(...days)}[${pick('1', '2', '-1')}]${offset(6)}`)();
const time = () => pick(() => `${two(below(24))}:00`, () => `${two(below(24))}:${pick('15', '30', '45')}`, () => `${two(below(24))}:${two(below(60))}`)();
const daySpan = () => { const a = below(1380), b = a + 1 + below(1439 - a); return `${two(a / 60 | 0)}:${two(a % 60)}-${two(b / 60 | 0)}:${two(b % 60)}`; };
const nightSpan = () => pick(() => `${time()}-${time()}`, () => `${two(12 + below(12))}:00-${24 + below(20)}:00`, () => '00:00-24:00')();

// A rule: dates, and what they have.  Only what nothing replaces later may go on into the night.
function rule(night, first) {
	const wide = [];
	let text;

	if (chance(15)) wide.push(years());
	if (chance(40)) wide.push(wide.length === 0 && chance(40) ? datedYears() : monthDates());
	if (chance(12)) wide.push(`week ${list(2, week)}`);
	if (wide.length === 0 || chance(40)) wide.push(weekdays());
	text = wide.join(' ');
	if (!first && chance(25)) return `${text} off${chance(30) ? ' "why"' : ''}`;
	text += ` ${list(3, () => (night && chance(40) ? nightSpan() : daySpan()))}`;
	if (!first && chance(15)) return `${text} off`;
	return text + pick('', '', '', ' open', ' open "why"', ' "why"');
}

function generate() {
	const night = chance(30);
	let text = chance(5) ? '24/7' : rule(night, true);

	for (let n = below(5); n > 0; n--) {
		const next = rule(night, false);
		if (night && /off/.test(next) && !/:\d\d off/.test(next)) continue;
		text += (night && !/off/.test(next)) || chance(20) ? `, ${next}` : `; ${next}`;
	}
	return text.startsWith('24/7,') ? text.replace(',', ';') : text;
}

// What the package takes for something else: weekdays of one month as a range (for none, where it goes over the year's end), several days of
// a month of one year (for all), easter of one year (it fails in others).
const misread = /([A-Z][a-z]{2}) \w\w\[-?\d\]-\1 |\d{4} [A-Z][a-z]{2} \d\d,\d\d|\d{4} easter/;

// ---------- the modes ----------

function printTexts(seed, count) {
	state = seed >>> 0;
	for (let n = 0, tries = 0; n < count && tries < 20 * count; tries++) {
		const text = generate();
		try {
			if (text.length < 400 && !misread.test(text) && warnings(text).length === 0) { console.log(text); n++; }
		} catch (e) { /* not a text */ }
	}
}

// Compares minute by minute around every edge that either sees.
function difference(text, periods, from, to) {
	const oh = new OpeningHours(text, null, { mode: 0 });
	const open = (minute) => { const [is_open, , is_unknown] = oh.getStatePair(new Date(minute * 60000)); return is_open || is_unknown; };
	const edges = new Set();
	let at = 0;

	for (const [a, b] of periods) edges.add(a).add(b);
	for (const [a, b] of oh.getOpenIntervals(new Date(from * 60000), new Date(to * 60000))) edges.add(a / 60000).add(b / 60000);
	for (let day = from; day < to; day += 1440) edges.add(day);
	const minutes = [...new Set([...edges].flatMap((e) => [e - 1, e]))].filter((m) => m >= from && m < to).sort((x, y) => x - y);
	for (const minute of minutes) {
		while (at < periods.length && periods[at][1] <= minute) at++;
		const ours = at < periods.length && periods[at][0] <= minute;
		if (ours !== open(minute)) return `${new Date(minute * 60000).toISOString()} ${ours ? 'is' : 'is not'} working`;
	}
	return null;
}

async function eachLine(work) {
	for await (const line of readline.createInterface({ input: process.stdin })) work(line);
}

const [mode, ...args] = process.argv.slice(2);
if (mode === 'generate') printTexts(Number(args[0]), Number(args[1]));
else if (mode === 'check') eachLine((line) => {
	const [text, set] = line.split('\t');
	const periods = set ? set.split(',').map((p) => p.split('-').map(Number)) : [];
	let what;
	try { what = difference(text, periods, Number(args[0]), Number(args[1])); } catch (e) { what = String(e); }
	if (what) console.log(`${text}: ${what}`);
});
else if (mode === 'warnings') eachLine((line) => {
	try {
		const found = warnings(line);
		if (found.length > 0) console.log(`${line}: ${found.join('; ')}`);
	} catch (e) { console.log(`${line}: ${e}`); }
});
else process.exit(2);
