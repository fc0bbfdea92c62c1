// Zeros in a file that stand for missing data, as preallocated and half-filled files have them; the
// rules are those of reprise/codecs/completeness.py.

import { letters } from "./reasons.js";

const SPARE = 16; // bytes of WebP: encoders write hardly more than the pixels take
const RUN = 32; // zeros that may stand for missing data

/** Return whether zeros of a WebP or AVIF file stand for pixels. */
export async function hasGap(bytes, kind) {
  if (!runs(bytes).length) return false;
  if (kind === "WebP") return (await pixels(shortened(bytes))) !== null;
  const other = bytes.slice();
  const [start, end] = media(bytes);
  runs(bytes.subarray(start, end)).forEach(([from, to]) => other.fill(0xff, start + from, start + to));
  const [found, changed] = [await pixels([bytes]), await pixels([other])];
  return found !== null && (changed === null || found.some((value, at) => value !== changed[at]));
}

/** Return where long runs of zeros begin and end. */
function runs(bytes) {
  const found = [];
  for (let at = bytes.indexOf(0); at >= 0;) {
    let end = at;
    while (bytes[end] === 0) end += 1;
    if (end - at >= RUN) found.push([at, end]);
    at = bytes.indexOf(0, end);
  }
  return found;
}

/** Return the RGBA bytes of a file at a small size, or null where it is not opened. */
async function pixels(parts) {
  const bitmap = await createImageBitmap(new Blob(parts)).catch(() => null);
  if (!bitmap) return null;
  const canvas = new OffscreenCanvas(Math.min(bitmap.width, 1024), Math.min(bitmap.height, 1024));
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return pen.getImageData(0, 0, canvas.width, canvas.height).data;
}

/** Return start and end of the box with the pixels (ISO/IEC 14496-12, section 4.2). */
function media(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at + 8 <= bytes.length;) {
    let size = view.getUint32(at);
    if (size === 1 && at + 16 <= bytes.length) size = Number(view.getBigUint64(at + 8));
    if (size < 8) size = bytes.length - at; // 0: up to the end
    if (letters(bytes, at + 4, 4) === "mdat") return [at + 8, Math.min(bytes.length, at + size)];
    at += size;
  }
  return [0, bytes.length];
}

/** Return the parts of a WebP file without the last bytes of its pixels. */
function shortened(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts = [];
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = view.getUint32(at + 4, true);
    const cut = /^VP8[ L]$/.test(letters(bytes, at, 4)) ? Math.max(0, length - SPARE) : length;
    parts.push(bytes.subarray(at, at + 4), number(cut), bytes.subarray(at + 8, at + 8 + cut), new Uint8Array(cut % 2));
    at += 8 + length + (length % 2);
  }
  const size = parts.reduce((sum, part) => sum + part.length, 4);
  return [bytes.subarray(0, 4), number(size), bytes.subarray(8, 12), ...parts];
}

/** Return a number as four bytes, the lowest first. */
function number(value) {
  return new Uint8Array(Uint32Array.of(value).buffer);
}
