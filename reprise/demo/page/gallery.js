// The cards, from picture to answer to heat map, one after the other.

import { answered, failed, pending, sentence } from "./cards.js";
import { explained, show } from "./heat.js";
import { tally } from "./tally.js";
import { printable } from "./text.js";

const MOST = 100; // cards: a phone has no room for more pictures

const by = (id) => document.getElementById(id);
const entries = new Map(); // of each card: name, blob, result, whether it has its heat map, who waits for it
const queue = []; // cards without an answer
let asker;
let model;
let answering = false;
let explaining = false;

/** Say who answers, and for which model. */
export function begin(who, what) {
  asker = who;
  model = what;
  by("heat").addEventListener("change", ({ target }) => {
    for (const card of entries.keys()) show(card, target.checked);
    explainAll();
  });
  by("remove").addEventListener("click", () => {
    [...entries.keys()].forEach(remove);
    by("said").textContent = "All pictures are removed.";
    by("choose").focus();
  });
}

/** Add pictures above those that are there, and return their cards; `more` is known of them. */
export function add(files, more = {}) {
  if (!files.length) {
    notice("That was no file. Save the picture first, then choose it or drop it here.");
    return [];
  }
  notice(files.length > MOST ? `The first ${MOST} of ${files.length.toLocaleString("en")} pictures are taken.` : "");
  const cards = files.slice(0, MOST).map((file) => {
    const card = pending(file.name);
    entries.set(card, { ...more, name: file.name, blob: file, stop: new AbortController() });
    return card;
  });
  by("cards").prepend(...cards);
  [...by("cards").children].slice(MOST).forEach(remove);
  queue.push(...cards);
  update();
  answerAll();
  return cards;
}

/** Add a drawing, or take it for that of a card that is there; `told` hears the answer. */
export function redraw(card, blob, told) {
  if (!entries.has(card)) return add([new File([blob], "Drawing")], { drawn: true, told })[0];
  entries.get(card).stop.abort();
  again(card, { blob, told });
  return card;
}

/** Ask for a card once more. */
function again(card, changes = {}) {
  const { name, blob, drawn, told } = entries.get(card);
  entries.set(card, { name, blob, drawn, told, ...changes, stop: new AbortController() });
  queue.push(card);
  update();
  answerAll();
}

function notice(text) {
  by("notice").textContent = text;
  by("notice").hidden = !text;
}

function remove(card) {
  entries.get(card)?.stop.abort();
  entries.delete(card);
  card.remove();
  update();
}

function update() {
  by("empty").hidden = entries.size > 0;
  by("tools").hidden = entries.size === 0;
  by("tally").textContent = entries.size > 1 ? tally(by("cards")) : "";
}

async function answerAll() {
  if (answering) return;
  answering = true;
  let count = 0;
  for (let card = queue.shift(); card; card = queue.shift()) {
    if (entries.has(card)) {
      const text = await answer(card, entries.get(card));
      count += 1;
      update();
      if (!queue.length) by("said").textContent = count > 1 ? `${tally(by("cards"))}. ${text}` : text;
    }
  }
  answering = false;
  explainAll();
}

/** Fill in a card, and return what to say about it. */
async function answer(card, entry) {
  try {
    entry.result = await asker.answer(entry.blob, entry.stop.signal);
    if (entries.get(card) !== entry) return "";
    await answered(card, { ...entry, model });
    entry.told?.(sentence("", entry.result));
    return sentence(entry.name, entry.result);
  } catch (error) {
    if (entries.get(card) !== entry) return "";
    failed(card, entry.name, error, () => again(card));
    return `${printable(entry.name)}: ${printable(error.message)}`;
  } finally {
    if (entries.get(card) === entry) entry.shown?.();
  }
}

async function explainAll() {
  if (explaining) return;
  explaining = true;
  const next = () => [...by("cards").children].find((card) => {
    const entry = entries.get(card);
    return by("heat").checked && !queue.length && entry?.result && !entry.tried;
  });
  for (let card = next(); card; card = next()) await explain(card, entries.get(card));
  explaining = false;
}

async function explain(card, entry) {
  entry.tried = true;
  const note = card.querySelector(".heat-note");
  if (!card.querySelector(".seen canvas")) {
    note.textContent = "No heat map, as there is no picture here to lay it over.";
    return;
  }
  const heard = (share) => { note.textContent = `Heat map: looking for what matters … ${Math.round(share * 100)} %`; };
  heard(0);
  try {
    const map = await asker.explain(entry.blob, entry.stop.signal, heard);
    if (entries.get(card) !== entry) return;
    explained(card, map, entry.result.predictions[0].class, by("heat").checked);
  } catch (error) {
    note.textContent = `No heat map: ${printable(error.message)}`;
  }
}
