// What a picture was answered, as a card.

import { counted, element, named, percent, printable } from "./text.js";
import { view } from "./view.js";

const LISTED = 12; // classes of a set
const SHOWN = 5; // classes without being asked for
export const MOST = 100; // classes that are asked for

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

/** Fill in the card of a picture that cannot be read, or of one that nobody answered, for now. */
export function failed(card, name, { message: reason, lost }, again) {
  card.className = lost ? "card lost" : "card bad";
  const heading = lost ? "No answer" : "This picture cannot be read";
  const text = element("p", {}, named(name), `: ${printable(reason)}`);
  card.replaceChildren(element("h3", { textContent: heading }), text);
  if (!lost) return;
  const button = element("button", { type: "button", textContent: "Try again" });
  button.addEventListener("click", () => {
    card.className = "card waiting";
    card.replaceChildren(element("p", { className: "note" }, "Looking at ", named(name), " …"));
    card.tabIndex = -1; // the button that had the focus is gone
    card.focus();
    again();
  });
  card.append(button);
}

/** Fill in the card of a picture with an answer. */
export async function answered(card, { name, blob, result, model, drawn }) {
  const pictures = await view(blob, printable(name), model.input, drawn);
  const figure = element("figure", {}, element("figcaption", {}, named(name)), pictures);
  const told = element("div", { className: "told" });
  const unknown = result.answer === null;
  if (unknown) told.append(element("h3", {}, "I do not know"));
  if (unknown || result.out_of_distribution) told.append(doubt(result));
  told.append(bars(result, model.classes.length));
  if (result.set?.length > 1) told.append(set(result.set));
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

/** Return the classes with their probabilities; the answer, if there is one, is the heading. */
function bars({ predictions, answer }, classes) {
  const list = element("ol", { className: "bars" });
  list.setAttribute("aria-label", "Most probable classes");
  list.append(...predictions.slice(0, SHOWN).map((one) => bar(one, one.class === answer)));
  const rest = classes - SHOWN;
  if (rest <= 0) return list;
  const more = element("ol", { className: "bars", start: SHOWN + 1 });
  more.setAttribute("aria-label", "Less probable classes");
  more.append(...predictions.slice(SHOWN).map((one) => bar(one)));
  const opened = element("details", { className: "rest" }, element("summary", {}, counted(rest, "less probable class", "less probable classes")), more);
  const beyond = counted(classes - predictions.length, "class is", "classes are");
  if (classes > predictions.length) opened.append(element("p", { className: "note" }, `${beyond} less probable still.`));
  return element("div", { className: "told" }, list, opened);
}

function bar({ class: name, probability }, answer = false) {
  const fill = element("i");
  fill.style.width = `${probability * 100}%`;
  const track = element("span", { className: "track" }, fill);
  track.setAttribute("aria-hidden", "true");
  const share = element("span", { className: "share", textContent: percent(probability) });
  const title = answer ? element("h3", {}, named(name)) : named(name);
  return element("li", { className: answer ? "answer" : "" }, title, share, track);
}

/** Return the classes of which one is right, but for the share of errors that the rule allows. */
function set(classes) {
  const shown = classes.slice(0, LISTED).flatMap((name, at) => (at ? [", ", named(name)] : [named(name)]));
  const rest = classes.length - LISTED;
  if (rest > 0) shown.push(` and ${rest.toLocaleString("en")} more`);
  return element("p", { className: "note" }, "Most likely one of these: ", ...shown);
}
