// What a model is for, in a person's words, by the names of its classes.

const NAMED = 3; // classes in a title
const LONGEST = 60; // letters of their names together
const SEVERAL = 3; // numbers or letters that make a row

/** Return the title in parts: texts, and classes as {name}, whose direction is their own. */
export function title(classes) {
  const row = numbers(classes) ?? letters(classes);
  if (row) return [`${classes.length} ${row.kind}, ${row.first} to ${row.last}`];
  const shown = classes.slice(0, NAMED);
  if ([...shown.join("")].length > LONGEST || shown.some((name) => !name.trim())) {
    return [classes.length === 1 ? "One class" : `Which of ${classes.length.toLocaleString("en")} classes?`];
  }
  if (classes.length === 1) return [{ name: shown[0] }, " is the only class"];
  const rest = classes.length - shown.length;
  const ends = rest ? [`${rest.toLocaleString("en")} other${rest === 1 ? "" : "s"}`] : [];
  const all = [...shown.map((name) => ({ name })), ...ends];
  return all.flatMap((part, at) => [...before(at, all.length), part]).concat("?");
}

/** Return whether a title says all classes, so that no list need do so. */
export function saysAll(classes) {
  const parts = title(classes);
  return parts.filter((part) => part.name !== undefined).length === classes.length
    || Boolean(numbers(classes) ?? letters(classes));
}

/** Return what to draw, followed by a space; empty where the names do not tell. */
export function subject(classes) {
  const row = numbers(classes) ?? letters(classes);
  return { digits: "a digit ", letters: "a letter ", numbers: "a number " }[row?.kind] ?? "";
}

function before(at, count) {
  if (at === 0) return [];
  return [at === count - 1 ? " or " : ", "];
}

/** Return the ends of a row of numbers without a gap, in whatever order they come. */
function numbers(classes) {
  if (classes.length < SEVERAL || !classes.every((name) => /^\d{1,6}$/.test(name))) return null;
  const sorted = classes.map(Number).sort((one, other) => one - other);
  if (sorted.some((number, at) => number !== sorted[0] + at)) return null;
  const last = sorted.at(-1);
  return { kind: last < 10 ? "digits" : "numbers", first: sorted[0], last };
}

function letters(classes) {
  if (classes.length < SEVERAL || !classes.every((name) => /^[A-Za-z]$/.test(name))) return null;
  const sorted = classes.map((name) => name.codePointAt(0)).sort((one, other) => one - other);
  if (sorted.some((code, at) => code !== sorted[0] + at)) return null;
  return { kind: "letters", first: String.fromCharCode(sorted[0]), last: String.fromCharCode(sorted.at(-1)) };
}
