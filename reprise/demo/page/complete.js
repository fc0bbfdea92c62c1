// What is wrong with a file by its bytes alone. Browsers fill in what is missing of a picture; the
// predictor refuses it (reprise/codecs/completeness.py), and so does this page.

import { jpegComplaint } from "./jpeg_scans.js";
import { EMPTY, EPS, SHORT, isAvif, letters, tooLarge } from "./reasons.js";
import { LARGEST } from "./resize.js";
import { hasGap } from "./zero_runs.js";

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => { // of CRC-32, as zlib's
  for (let bit = 0; bit < 8; bit += 1) byte = byte & 1 ? (byte >>> 1) ^ 0xedb88320 : byte >>> 1;
  return byte;
});

/** Return the reason to refuse a file, or an empty text. */
export async function complaint(bytes) {
  if (bytes.length === 0) return EMPTY;
  const start = letters(bytes, 0, 16);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (start.startsWith("\x89PNG\r\n\x1a\n")) return pngComplaint(bytes, view);
  if (start.startsWith("\xff\xd8\xff")) return jpegComplaint(bytes);
  if (/^GIF8[79]a/.test(start) && bytes.length >= 10) {
    return excess(view.getUint16(6, true), view.getUint16(8, true));
  }
  if (/^RIFF....WEBP/s.test(start)) {
    const short = view.getUint32(4, true) + 8 > bytes.length;
    return short || await hasGap(bytes, "WebP") ? SHORT : "";
  }
  if (isAvif(bytes)) return await hasGap(bytes, "AVIF") ? SHORT : "";
  return start.startsWith("%!PS") ? EPS : "";
}

function excess(width, height) {
  return width * height > LARGEST ? tooLarge(LARGEST) : "";
}

/** Compare the checksums of the pixels; where one differs, the deflated stream decides. */
async function pngComplaint(bytes, view) {
  if (bytes.length < 33) return SHORT;
  const reason = excess(view.getUint32(16), view.getUint32(20));
  if (reason) return reason;
  const pixels = [];
  let right = true;
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const name = letters(bytes, at + 4, 4);
    const end = at + 8 + view.getUint32(at);
    if (name === "IEND") {
      if (right) return "";
      break;
    }
    if (name === "IDAT") {
      pixels.push(bytes.subarray(at + 8, end));
      right &&= end + 4 <= bytes.length && checksum(bytes.subarray(at + 4, end)) === view.getUint32(end);
    }
  }
  return await inflates(pixels) ? "" : SHORT;
}

function checksum(bytes) {
  let sum = 0xffffffff;
  for (let at = 0; at < bytes.length; at += 1) sum = TABLE[(sum ^ bytes[at]) & 255] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}

/** Return whether a deflated stream has its end, and the checksum that it states. */
async function inflates(parts) {
  try {
    const reader = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
    while (!(await reader.read()).done); // what is unpacked is forgotten
    return true;
  } catch {
    return false;
  }
}
