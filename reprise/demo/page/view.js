// A picture as it was given, and as the network sees it.

import { decode } from "./decode.js";
import { fit, scaled } from "./resize.js";
import { element } from "./text.js";

const SMALL = 32; // pixels of a side: such inputs are shown pixel by pixel
const WIDEST = 480; // pixels of a canvas for others
const HIGHEST = { given: 11, seen: 18 }; // rem: a picture that is long and narrow does not fill the page
const SPARE = 4; // times as many pixels a side as the network sees: little is lost of fewer

/** Return whether the pixels of an input are few enough to be seen one by one. */
export function isSmall({ width, height }) {
  return Math.max(width, height) <= SMALL;
}

/** Return the pictures of a card: what was given, where it is another, and what the model sees. */
export async function view(blob, name, input, isDrawing = false) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
  } catch {
    const text = "This browser cannot show this picture. The model sees it all the same.";
    const blank = part("seen", element("p", { className: "blank note", textContent: text }), "");
    return element("div", { className: "pictures" }, blank);
  }
  const parts = isSmall(input) ? await pixelwise(bitmap, blob, { name, input, isDrawing }) : [sharp(bitmap, name, input)];
  bitmap.close();
  return element("div", { className: parts.length > 1 ? "pictures two" : "pictures" }, ...parts);
}

/** Return what was given beside the few pixels that are left of it. */
async function pixelwise(bitmap, blob, { name, input, isDrawing }) {
  const frame = await decode(blob, input.channels).then((pixels) => painted(fit(pixels, input)), () => {
    return drawn(bitmap, input, input.width, input.height);
  });
  frame.classList.add("pixels");
  const sight = `What the model sees of ${name}`;
  if (bitmap.width === input.width && bitmap.height === input.height) {
    return [part("seen", labelled(frame, sight), `${size(input)}${grey(input)}`, `Heat map over the picture: ${size(input)}${grey(input)}`)];
  }
  const seen = `${size(input)}${grey(input)}`;
  const alone = !isDrawing && isLittle(bitmap, input) ? ", and answers by these alone" : "";
  const given = isDrawing ? "Drawn, moved and scaled" : `Given: ${size(bitmap)}`;
  const whole = { ...bounded(bitmap), resize: "stretch" };
  return [
    part("given", labelled(drawn(bitmap, whole, whole.width, whole.height), `Picture ${name}`), given),
    part("seen", labelled(frame, sight), `The model sees: ${seen}${alone}`, `Heat map over what the model sees: ${seen}`),
  ];
}

/** Return the part of a picture that the network sees, sharper than it does. */
function sharp(bitmap, name, input) {
  const seen = seenPart(bitmap, input);
  const { width, height } = bounded(seen);
  const canvas = drawn(bitmap, input, width, height);
  if (input.channels === 1) canvas.classList.add("grey");
  const cut = seen.width < bitmap.width - 1 || seen.height < bitmap.height - 1;
  const how = cut ? "this middle part at" : input.resize === "stretch" ? "it stretched to" : "it at";
  const text = `${size(bitmap)}. The model sees ${how} ${size(input)}${grey(input)}.`;
  return part("seen", labelled(canvas, `Picture ${name}`), text);
}

/** Return whether a model sees next to nothing of a picture. */
function isLittle(bitmap, input) {
  return bitmap.width * bitmap.height >= SPARE ** 2 * input.width * input.height;
}

const size = ({ width, height }) => `${width}\u00a0×\u00a0${height}\u00a0pixels`;
const grey = ({ channels }) => (channels === 1 ? " in\u00a0grey" : "");

function part(kind, shown, text, heated = text) {
  const frame = element("div", { className: "view" }, shown);
  if (shown.width) frame.style.maxWidth = `${(HIGHEST[kind] * shown.width) / shown.height}rem`;
  const caption = element("p", { className: "note", textContent: text });
  Object.assign(caption.dataset, { plain: text, heated }); // heat.js shows the latter below a heat map
  return element("div", { className: kind }, frame, caption);
}

function labelled(canvas, text) {
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", text);
  return canvas;
}

/** Return width and height of the same shape, for a canvas. */
function bounded({ width, height }) {
  const scale = Math.min(1, WIDEST / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

function painted({ data, width, height, channels }) {
  const canvas = element("canvas", { width, height });
  const pixels = new ImageData(width, height);
  for (let at = 0; at < width * height; at += 1) {
    for (let k = 0; k < 3; k += 1) pixels.data[at * 4 + k] = data[at * channels + (channels === 1 ? 0 : k)];
    pixels.data[at * 4 + 3] = 255;
  }
  canvas.getContext("2d").putImageData(pixels, 0, 0);
  return canvas;
}

function drawn(bitmap, input, width, height) {
  const seen = seenPart(bitmap, input);
  const canvas = element("canvas", { width, height });
  const pen = canvas.getContext("2d");
  pen.fillStyle = input.resize === "pad" ? "#000" : "#fff";
  pen.fillRect(0, 0, width, height);
  pen.imageSmoothingQuality = "high";
  const [across, down] = [width / seen.width, height / seen.height];
  pen.fillStyle = "#fff"; // what is transparent is white
  const place = [-seen.left * across, -seen.top * down, bitmap.width * across, bitmap.height * down];
  pen.fillRect(...place);
  pen.drawImage(bitmap, ...place);
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
