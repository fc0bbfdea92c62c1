// The page: pictures come in, cards with answers go out.

import { answered, explained, failed, named, pending, printable, sentence } from "./cards.js";
import { sheet } from "./drawing.js";
import { isSmall } from "./view.js";

const MOST = 100; // cards: a phone has no room for more pictures
const INLINE = 12; // classes that are listed without being asked for
const PAUSE = 250; // ms after a stroke

const by = (id) => document.getElementById(id);
const entries = new Map(); // of each card: name, blob, result, and whether it has its heat map
const queue = []; // cards without an answer
let asker;
let model;

let shown = 0; // percents of the model that were said to be loaded
start().catch((error) => {
  shown = 100; // what is still loading must not take the place of the reason
  say("state", `${printable(error.message)}. Reload the page to try again.`, "wrong");
});

async function start() {
  by("late").remove();
  const { connect, privacy } = document.body.dataset.answers === "browser"
    ? await import("./browser.js")
    : await import("./server.js");
  say("state", "Loading the model …");
  asker = connect({ token, progress });
  model = await asker.open();
  by("state").hidden = true;
  by("privacy").textContent = privacy;
  introduce();
  listen();
  document.querySelector("main").hidden = false;
}

function say(id, text, kind = "") {
  by(id).className = `banner ${kind}`;
  by(id).textContent = text;
  by(id).hidden = false;
}

function progress(share) {
  const percents = Math.floor(share * 4) * 25; // seldom, as it is read aloud
  if (percents > shown) say("state", `Loading the model … ${shown = percents} %`);
}

/** Ask the user for a token, and return it. */
function token(refused) {
  by("refused").textContent = refused ? "The server did not take this token." : "";
  by("state").hidden = true;
  by("token").hidden = false;
  by("secret").focus();
  return new Promise((resolve) => {
    by("token").onsubmit = (event) => {
      event.preventDefault();
      by("token").hidden = true;
      resolve(by("secret").value.trim());
      by("secret").value = "";
    };
  });
}

function introduce() {
  const { height, width, channels } = model.input;
  const classes = model.classes;
  by("title").replaceChildren(named(model.name));
  document.title = `${printable(model.name)}: try the model`;
  const kind = channels === 1 ? "grey" : "in colour";
  by("about").textContent = `Tells ${classes.length} classes apart, from pictures brought to `
    + `${width} × ${height} pixels, ${kind}. Version ${model.version}.`;
  by("classes").hidden = false;
  by("classes").open = classes.length <= INLINE;
  by("classes").querySelector("summary").textContent = "Classes";
  by("classes").querySelector("ul").append(...classes.map((name) => {
    const item = document.createElement("li");
    item.append(named(name));
    return item;
  }));
  const drawable = channels === 1 && isSmall(model.input);
  by("drawing").open = drawable;
  if (!drawable) by("drop").after(by("drawing"));
}

function listen() {
  for (const id of ["choose", "photograph"]) {
    by(id).addEventListener("change", ({ target }) => {
      add([...target.files]);
      target.value = ""; // the same file can be chosen again
      by("found").scrollIntoView({ block: "nearest" });
    });
  }
  document.addEventListener("paste", ({ clipboardData, target }) => {
    if (target.id !== "secret") add([...clipboardData.files]);
  });
  let inside = 0; // elements that the pointer has entered: leaving one may be entering its child
  const over = (change) => document.body.classList.toggle("over", (inside = change) > 0);
  document.addEventListener("dragenter", () => over(inside + 1));
  document.addEventListener("dragleave", () => over(inside - 1));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    over(0);
    add([...event.dataTransfer.files]);
  });
  by("heat").addEventListener("change", ({ target }) => {
    by("cards").classList.toggle("no-heat", !target.checked);
    explainAll();
  });
  by("remove").addEventListener("click", () => {
    [...entries.keys()].forEach(remove);
    by("choose").focus();
  });
  draw();
}

function draw() {
  let [card, waits] = [null, 0];
  const changed = (blob) => {
    clearTimeout(waits);
    if (!blob) {
      card = null;
      by("guess").textContent = "";
      return;
    }
    waits = setTimeout(() => {
      if (!entries.has(card)) [card] = add([new File([blob], "Drawing")]);
      else renew(card, blob);
      entries.get(card).told = (text) => { by("guess").textContent = text; };
    }, PAUSE);
  };
  const controls = sheet(by("sheet"), model.input, {
    dark: () => by("dark-ink").checked,
    changed,
    say: (text) => { by("pen").textContent = text; },
  });
  by("undo").addEventListener("click", controls.undo);
  by("clear").addEventListener("click", controls.clear);
  by("dark-ink").addEventListener("change", controls.redraw);
}

/** Add pictures above those that are there, and return their cards. */
function add(files) {
  if (!files.length) {
    by("said").textContent = "That was no file.";
    return [];
  }
  const cards = files.slice(0, MOST).map((file) => {
    const card = pending(file.name);
    entries.set(card, { name: file.name, blob: file, stop: new AbortController() });
    return card;
  });
  by("cards").prepend(...cards);
  [...by("cards").children].slice(MOST).forEach(remove);
  if (files.length > MOST) by("said").textContent = `The first ${MOST} of ${files.length} are taken.`;
  queue.push(...cards);
  update();
  answerAll();
  return cards;
}

/** Answer a card anew, for another picture. */
function renew(card, blob) {
  entries.get(card).stop.abort();
  entries.set(card, { name: entries.get(card).name, blob, stop: new AbortController() });
  queue.push(card);
  answerAll();
}

function remove(card) {
  entries.get(card)?.stop.abort();
  entries.delete(card);
  card.remove();
  update();
}

function update() {
  by("empty").hidden = entries.size > 0;
  by("remove").hidden = entries.size === 0;
}

let answering = false;
async function answerAll() {
  if (answering) return;
  answering = true;
  let count = 0;
  for (let card = queue.shift(); card; card = queue.shift()) {
    if (entries.has(card)) {
      const text = await answer(card, entries.get(card));
      count += 1;
      if (!queue.length) by("said").textContent = count > 1 ? `${count} pictures answered. ${text}` : text;
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
    failed(card, entry.name, error);
    return `${printable(entry.name)}: ${printable(error.message)}`;
  }
}

let explaining = false;
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
  const heard = (share) => { note.textContent = `Heat map: looking for what matters … ${Math.round(share * 100)} %`; };
  heard(0);
  try {
    const map = await asker.explain(entry.blob, entry.stop.signal, heard);
    if (entries.get(card) === entry) explained(card, map, entry.result.predictions[0].class);
  } catch (error) {
    note.textContent = `No heat map: ${printable(error.message)}`;
  }
}
