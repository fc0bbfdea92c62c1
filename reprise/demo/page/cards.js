// What a picture was answered, as a card. Texts of data are set as text, never as HTML.

import { element, hottest, overlay, view } from "./view.js";

const LEAST = 0.01; // probability that a heat map must show: less is noise, drawn in red

/** Return text in which nothing hides: control letters and turned directions are spelled out. */
export function printable(text) {
  return text.replace(/(?![\u200c\u200d])[\p{C}\p{Zl}\p{Zp}]/gu, (letter) => {
    return `\\u{${letter.codePointAt(0).toString(16)}}`;
  });
}

/** Return a name whose direction, right to left or not, stays its own. */
export function named(text) {
  return element("bdi", { textContent: printable(text) || "(no name)" });
}

export function percent(share) {
  if (share > 0 && share < 0.001) return "<\u00a00.1\u00a0%";
  if (share < 1 && share > 0.999) return ">\u00a099.9\u00a0%";
  return `${(share * 100).toFixed(1)}\u00a0%`;
}

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
  const told = element("div", { className: "told" }, element("p", { className: "note", textContent: "Looking …" }));
  return element("li", { className: "card waiting" }, told, caption(name));
}

function caption(name) {
  return element("p", { className: "note" }, named(name));
}

export function failed(card, name, { message: reason, heading = "This picture cannot be read" }) {
  card.className = "card bad";
  const told = element("div", { className: "told" });
  told.append(element("h3", { textContent: heading }));
  const text = element("p", {}, named(name), document.createTextNode(`: ${printable(reason)}`));
  told.append(text);
  card.replaceChildren(told);
}

/** Fill in a card. */
export async function answered(card, { name, blob, result, model }) {
  const figure = element("figure", {}, await view(blob, printable(name), model.input));
  figure.append(element("figcaption", {}, named(name)));
  const told = element("div", { className: "told" });
  const { class: first, probability } = result.predictions[0];
  if (result.answer === null) {
    told.append(element("h3", { textContent: "I do not know" }));
  } else {
    told.append(element("h3", {}, named(result.answer)));
  }
  const doubt = result.out_of_distribution
    ? "This is unlike the pictures that the model knows."
    : `Too unsure to answer: the most likely is ${printable(first)}, at ${percent(probability)}.`;
  if (result.out_of_distribution || result.answer === null) {
    told.append(element("p", { className: "flag", textContent: doubt }));
  }
  told.append(bars(result.predictions, model.classes.length));
  if (result.set) told.append(set(result.set));
  told.append(element("p", { className: "note heat-note" }));
  card.className = result.answer === null ? "card unknown" : "card";
  card.replaceChildren(figure, told);
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
  const more = `${rest} less probable ${rest === 1 ? "class is" : "classes are"} not shown.`;
  return element("div", { className: "told" }, list, element("p", { className: "note", textContent: more }));
}

function set(classes) {
  const text = element("p", { className: "note" }, "Set of classes: ");
  classes.forEach((name, at) => text.append(at ? ", " : "", named(name)));
  return text;
}

/** Lay the heat map over the picture of a card, and say what it shows. */
export function explained(card, map, name) {
  const frame = card.querySelector(".view");
  if (!frame) return;
  const { most, place } = hottest(map);
  if (most >= LEAST) overlay(frame, map);
  card.querySelector(".heat-note").replaceChildren(
    ...(most < LEAST
      ? ["Heat map: covering no single part takes probability from ", named(name), "."]
      : [`Heat map: covering the ${place} takes up to ${Math.round(most * 100)} points of probability from `, named(name), "."]),
  );
}
