// A picture as the network sees it, and a heat map over it.

import { scaled } from "./resize.js";

const SMALL = 32; // pixels of a side: such inputs are shown pixel by pixel
const WIDEST = 480; // pixels of a canvas for others

/** Return an element with the picture; one that says so where this browser cannot show it. */
export async function view(blob, name, input) {
  const frame = element("div", { className: "view" });
  try {
    const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
    const canvas = drawn(bitmap, input);
    bitmap.close();
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `Picture ${name}`);
    frame.classList.toggle("pixels", isSmall(input));
    frame.append(canvas);
  } catch {
    frame.append(element("p", { className: "blank note", textContent: "This browser cannot show it." }));
  }
  return frame;
}

export function isSmall({ width, height }) {
  return Math.max(width, height) <= SMALL;
}

function drawn(bitmap, input) {
  const seen = seenPart(bitmap, input);
  const canvas = element("canvas");
  const scale = isSmall(input) ? 1 : Math.min(1, WIDEST / seen.width);
  [canvas.width, canvas.height] = isSmall(input)
    ? [input.width, input.height]
    : [seen.width, seen.height].map((side) => Math.max(1, Math.round(side * scale)));
  const pen = canvas.getContext("2d");
  pen.fillStyle = input.resize === "pad" ? "#000" : "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  const [across, down] = [canvas.width / seen.width, canvas.height / seen.height];
  pen.fillStyle = "#fff"; // what is transparent is white
  const place = [-seen.left * across, -seen.top * down, bitmap.width * across, bitmap.height * down];
  pen.fillRect(...place);
  pen.drawImage(bitmap, ...place);
  if (input.channels === 1) canvas.classList.add("grey");
  return canvas;
}

/** Return the part that the network sees, in pixels of the picture; padding lies outside of it. */
function seenPart(bitmap, input) {
  if (input.resize === "stretch") return { left: 0, top: 0, width: bitmap.width, height: bitmap.height };
  const [across, down] = scaled(bitmap, input);
  const width = (input.width * bitmap.width) / across;
  const height = (input.height * bitmap.height) / down;
  return { left: (bitmap.width - width) / 2, top: (bitmap.height - height) / 2, width, height };
}

/** Lay a heat map over a view: the hottest cell is the reddest, whatever it is worth. */
export function overlay(frame, map) {
  const most = Math.max(...map.flat());
  const canvas = element("canvas", { className: "heat", width: map[0].length, height: map.length });
  canvas.setAttribute("aria-hidden", "true");
  const pixels = new ImageData(map[0].length, map.length);
  map.flat().forEach((value, cell) => {
    const heat = most > 0 ? value / most : 0;
    pixels.data.set([255, 170 * (1 - heat), 40, 215 * heat], cell * 4);
  });
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  frame.querySelector(".heat")?.remove();
  frame.append(canvas);
}

const DOWN = ["upper", "middle", "lower"];
const ACROSS = ["left", "centre", "right"];

/** Return where the hottest cell is, in words, and what covering it takes. */
export function hottest(map) {
  const most = Math.max(...map.flat());
  const row = map.findIndex((cells) => cells.includes(most));
  const third = (at, count) => Math.min(2, Math.floor(((at + 0.5) / count) * 3));
  const place = `${DOWN[third(row, map.length)]} ${ACROSS[third(map[row].indexOf(most), map[0].length)]}`;
  return { most, place: place === "middle centre" ? "centre" : place };
}

export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}
