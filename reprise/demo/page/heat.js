// A heat map over a picture: where covering it takes probability from the first class.

import { counted, element, named } from "./text.js";

const LEAST = 0.01; // probability that a heat map must show: less is noise, drawn as if it were heat
const LITTLE = 0.05; // where no part takes more, none decides, and none is as bright as can be
// Of matplotlib's inferno, without its black end: it stands out from a dimmed grey picture, also for
// those who cannot tell red from green. RGB, and how opaque; style.css has the same for the scale.
const COLOURS = [
  [87, 16, 110, 0], [137, 34, 106, 0.6], [203, 65, 73, 0.8], [245, 125, 21, 0.9], [252, 255, 164, 0.95],
];
const FINER = 16; // pixels a cell
const DOWN = ["upper", "middle", "lower"];
const ACROSS = ["left", "centre", "right"];

let switches = 0;

/** Lay the heat map of a class over the picture of a card; say what it shows, and let it be switched. */
export function explained(card, map, name, shown) {
  const frame = card.querySelector(".seen .view");
  const note = card.querySelector(".heat-note");
  const { most, place } = hottest(map);
  if (most < LEAST) {
    return note.replaceChildren(
      "No heat map: covering no single part takes probability from ", named(name), ".",
    );
  }
  const brightest = Math.max(most, LITTLE);
  const points = (share) => counted(Math.round(share * 100), "point");
  const cells = painted(map, brightest);
  const heat = frame.querySelector(".pixels") ? cells : smooth(cells);
  heat.setAttribute("aria-hidden", "true");
  frame.append(heat);
  const scale = element(
    "p", { className: "scale note" }, "0", element("i"), `\u2212${points(brightest)}`,
  );
  scale.setAttribute("aria-hidden", "true"); // the note says it
  card.querySelector("figure").append(element("div", { className: "heating" }, choice(card), scale));
  show(card, shown);
  return note.replaceChildren(
    "Heat map for ", element("strong", {}, named(name)),
    ": the brighter a part, the more probability this class loses when the part is covered. "
    + `Covering the ${place} takes most, ${points(most)} of 100.`,
    most < LITTLE ? ` No single part decides, so that none is as bright as the scale goes, to ${points(LITTLE)}.` : "",
  );
}

/** Show the heat map of a card, or the picture alone. */
export function show(card, heat) {
  card.classList.toggle("heated", heat);
  const caption = card.querySelector(".seen .note[data-heated]");
  if (caption && card.querySelector(".heat")) caption.textContent = caption.dataset[heat ? "heated" : "plain"];
  card.querySelectorAll(".choice input").forEach((one) => {
    one.checked = (one.value === "heat") === heat;
  });
}

/** Return the switch between the picture and its heat map. */
function choice(card) {
  const name = `shown-${switches += 1}`;
  const made = element("fieldset", { className: "choice" }, element("legend", { className: "hidden", textContent: "Show" }));
  for (const [value, text] of [["picture", "Picture"], ["heat", "Heat map"]]) {
    const input = element("input", { type: "radio", name, value });
    input.addEventListener("change", () => show(card, value === "heat"));
    made.append(element("label", {}, input, text));
  }
  return made;
}

function painted(map, brightest) {
  const canvas = element("canvas", { className: "heat", width: map[0].length, height: map.length });
  const pixels = new ImageData(canvas.width, canvas.height);
  map.flat().forEach((value, cell) => pixels.data.set(colour(value / brightest), cell * 4));
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

/** Return a canvas with smooth edges between the cells, which browsers do not print by themselves. */
function smooth(cells) {
  const [width, height] = [cells.width * FINER, cells.height * FINER];
  const canvas = element("canvas", { className: "heat", width, height });
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(cells, 0, 0, width, height);
  return canvas;
}

/** Return RGBA of a share of the greatest heat. */
function colour(share) {
  const at = Math.min(1, Math.max(0, share)) * (COLOURS.length - 1);
  const low = Math.min(COLOURS.length - 2, Math.floor(at));
  const mixed = COLOURS[low].map((part, k) => part + (COLOURS[low + 1][k] - part) * (at - low));
  return [...mixed.slice(0, 3), 255 * mixed[3]];
}

/** Return where the hottest cell is, in words, and what covering it takes. */
function hottest(map) {
  const most = Math.max(...map.flat());
  const row = map.findIndex((cells) => cells.includes(most));
  const third = (at, count) => Math.min(2, Math.floor(((at + 0.5) / count) * 3));
  const place = `${DOWN[third(row, map.length)]} ${ACROSS[third(map[row].indexOf(most), map[0].length)]}`;
  return { most, place: place === "middle centre" ? "centre" : place };
}
