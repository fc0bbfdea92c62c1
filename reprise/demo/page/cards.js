// What a picture was answered, as a card.

import { element, named, percent, printable } from "./text.js";
import { view } from "./view.js";

const LISTED = 12; // classes of a set

/** Return one sentence for those who hear the page. */
export function sentence(name, result) {
  const { class: first, probability } = result.predictions[0];
  const odd = result.out_of_distribution ? ", unlike what the model knows" : "";
  const start = name ? `${printable(name)}: ` : "";
  if (result.answer === null) return `${start}I do not know${odd}`;
  return `${start}${printable(first)}, ${percent(probability)}`;
}

/** Return the card of a picture that waits for its answer. */
export function pending(name) {
  const text = element("p", { className: "note" }, "Looking at ", named(name), " …");
  return element("li", { className: "card waiting" }, text);
}

/** Fill in the card of a picture without an answer. */
export function failed(card, name, { message: reason, heading = "This picture cannot be read" }) {
  card.className = "card bad";
  const text = element("p", {}, named(name), `: ${printable(reason)}`);
  card.replaceChildren(element("h3", { textContent: heading }), text);
}

/** Fill in the card of a picture with an answer. */
export async function answered(card, { name, blob, result, model, told: drawn }) {
  const { pictures, little } = await view(blob, printable(name), model.input);
  const figure = element("figure", {}, element("figcaption", {}, named(name)), pictures);
  const told = element("div", { className: "told" });
  const unknown = result.answer === null;
  told.append(element("h3", {}, unknown ? "I do not know" : named(result.answer)));
  if (unknown || result.out_of_distribution) told.append(doubt(result));
  told.append(bars(result.predictions, model.classes.length));
  if (result.set?.length > 1) told.append(set(result.set));
  if (little && !drawn) told.append(element("p", { className: "note", textContent: little }));
  told.append(element("p", { className: "note heat-note" }));
  card.className = unknown ? "card unknown" : "card";
  card.replaceChildren(figure, told);
}

function doubt({ predictions: [first], out_of_distribution: odd }) {
  const text = odd
    ? ["This is unlike the pictures that the model knows."]
    : ["Too unsure to answer: the most likely is ", named(first.class), `, at ${percent(first.probability)}.`];
  return element("p", { className: "flag" }, ...text);
}

function bars(predictions, classes) {
  const list = element("ol", { className: "bars" });
  list.setAttribute("aria-label", "Most probable classes");
  for (const { class: name, probability } of predictions) {
    const fill = element("i");
    fill.style.width = `${probability * 100}%`;
    const track = element("span", { className: "track" }, fill);
    track.setAttribute("aria-hidden", "true");
    const share = element("span", { className: "share", textContent: percent(probability) });
    list.append(element("li", {}, named(name), share, track));
  }
  const rest = classes - predictions.length;
  if (rest <= 0) return list;
  const more = `${rest.toLocaleString("en")} less probable ${rest === 1 ? "class is" : "classes are"} not shown.`;
  return element("div", { className: "told" }, list, element("p", { className: "note", textContent: more }));
}

/** Return the classes of which one is right, but for the share of errors that the rule allows. */
function set(classes) {
  const shown = classes.slice(0, LISTED).flatMap((name, at) => (at ? [", ", named(name)] : [named(name)]));
  const rest = classes.length - LISTED;
  if (rest > 0) shown.push(` and ${rest.toLocaleString("en")} more`);
  return element("p", { className: "note" }, "Most likely one of these: ", ...shown);
}
