// Whether a JPEG file holds all of its pixels: its codes are followed to the last one, without any
// pixel being made of them, as reprise/codecs/jpeg_scans.py has libjpeg do it. Source of the format: ITU-T T.81.

import { bitsOf, coder, readTables } from "./huffman.js";
import { SHORT, tooDeep, tooLarge } from "./reasons.js";
import { LARGEST } from "./resize.js";

const HOLE = 64; // zeros that may stand for missing data
const LAST = 12; // bytes: of a sound file, the picture needs its last ones
const [SOI, EOI, TEM, DHT, SOS, DRI, PROGRESSIVE] = [0xd8, 0xd9, 0x01, 0xc4, 0xda, 0xdd, 0xc2];

/** Return the reason to refuse a JPEG file, or an empty text. */
export function jpegComplaint(bytes) {
  const file = { bytes, tables: {}, interval: 0, frame: null, used: 0, done: new Map() };
  for (let at = 2; at >= 0;) {
    at = nextMarker(bytes, at);
    if (at < 0) return SHORT;
    const marker = bytes[at - 1];
    if (marker === EOI) return file.used && isWhole(file, at - 2) ? "" : SHORT;
    if (marker === SOI || marker === TEM) continue;
    const end = at + bytes[at] * 256 + bytes[at + 1];
    if (!(end <= bytes.length)) return SHORT;
    if (marker === DHT) readTables(bytes, at + 2, end, file.tables);
    else if (marker === DRI) file.interval = bytes[at + 2] * 256 + bytes[at + 3];
    else if (isFrame(marker)) {
      file.frame = frame(bytes, at, marker);
      const { width, height, bits } = file.frame;
      if (bits !== 8) return bits > 8 && bits <= 16 ? tooDeep(bits) : SHORT;
      if (width * height > LARGEST) return tooLarge(LARGEST);
      if (marker > PROGRESSIVE) return ""; // not in Huffman's codes: the browser decides
    }
    if (marker === SOS) {
      if (!file.frame || !scan(file, at)) return SHORT;
      at = file.used;
    } else {
      at = end;
    }
  }
  return SHORT;
}

/** Return where the segment of the next marker begins; restarts are none. */
function nextMarker(bytes, from) {
  for (let at = from; at + 1 < bytes.length; at += 1) {
    const next = bytes[at + 1];
    if (bytes[at] === 0xff && next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at + 2;
  }
  return -1;
}

function isFrame(marker) {
  return marker >= 0xc0 && marker <= 0xcf && ![DHT, 0xc8, 0xcc].includes(marker);
}

function frame(bytes, at, marker) {
  const [height, width] = [at + 3, at + 5].map((place) => bytes[place] * 256 + bytes[place + 1]);
  const parts = Array.from({ length: bytes[at + 7] }, (_, k) => {
    const place = at + 8 + 3 * k;
    return { id: bytes[place], across: bytes[place + 1] >> 4, down: bytes[place + 1] & 15 };
  });
  const [most, highest] = ["across", "down"].map((way) => Math.max(1, ...parts.map((part) => part[way])));
  const [columns, rows] = [Math.ceil(width / (8 * most)), Math.ceil(height / (8 * highest))];
  for (const part of parts) {
    part.width = Math.ceil(Math.ceil((width * part.across) / most) / 8); // blocks that are coded alone
    part.height = Math.ceil(Math.ceil((height * part.down) / highest) / 8);
    part.line = columns * part.across; // blocks of a row, with those that fill it up
    part.seen = marker === PROGRESSIVE ? new Uint8Array(part.line * rows * part.down * 64) : null;
  }
  return { width, height, bits: bytes[at + 2], parts, columns, rows, progressive: marker === PROGRESSIVE };
}

/** Follow the codes of a scan; return whether they are there. `used` becomes where they end. */
function scan(file, at) {
  const { bytes, frame: { parts, columns, rows, progressive }, tables, interval } = file;
  const count = bytes[at + 2];
  const chosen = Array.from({ length: count }, (_, k) => {
    const [id, numbers] = [bytes[at + 3 + 2 * k], bytes[at + 4 + 2 * k]];
    const part = parts.find((one) => one.id === id);
    return part && { part, dc: tables[numbers >> 4], ac: tables[16 + (numbers & 15)] };
  });
  if (!count || chosen.includes(undefined)) return false;
  const [first, last, bits] = bytes.subarray(at + 3 + 2 * count, at + 6 + 2 * count);
  const [before, low] = [bits >> 4, bits & 15];
  if (!isReadable(chosen, progressive, first, before)) return false;
  for (const { part } of chosen) note(file.done, part.id, first, last, progressive ? low : 0);
  const reader = bitsOf(bytes, at + bytes[at] * 256 + bytes[at + 1]);
  const block = coder(reader, progressive ? { first, last: Math.min(63, last), before } : null);
  const alone = count === 1 ? chosen[0].part : null;
  const [across, down] = alone ? [alone.width, alone.height] : [columns, rows];
  for (let unit = 0; unit < across * down; unit += 1) {
    if (interval && unit && unit % interval === 0) {
      reader.restart();
      block.restart();
    }
    const [x, y] = [unit % across, Math.floor(unit / across)];
    for (const { part, dc, ac } of chosen) {
      const size = alone ? [1, 1] : [part.across, part.down];
      for (let k = 0; k < size[0] * size[1]; k += 1) {
        const place = (y * size[1] + Math.floor(k / size[0])) * part.line + x * size[0] + (k % size[0]);
        block.follow(dc, ac, part.seen, place * 64);
      }
    }
    if (reader.isOver()) return false;
  }
  file.used = reader.place();
  return true;
}

/** Return whether the tables are there that a scan needs. */
function isReadable(chosen, progressive, first, before) {
  return chosen.every(({ dc, ac }) => {
    if (!progressive) return dc && ac;
    return first ? ac : dc || before;
  });
}

/** Keep how many bits of each coefficient are left to later scans. */
function note(done, id, first, last, low) {
  if (!done.has(id)) done.set(id, new Array(64).fill(Infinity));
  done.get(id).fill(low, first, Math.min(63, last) + 1);
}

/** Check that nothing is left to scans that are missing, and that zeros do not stand for data. */
function isWhole({ bytes, done, used, frame: { progressive } }, end) {
  if (progressive && [...done.values()].some((left) => left.some(Boolean))) return false;
  const body = bytes.subarray(0, end);
  if (!hasHole(body)) return true;
  const bare = body.subarray(0, body.findLastIndex((byte) => byte !== 0) + 1);
  return [bare, body].some((part) => used <= part.length && (!hasHole(part) || used > part.length - LAST));
}

function hasHole(bytes) {
  let length = 0;
  return bytes.some((byte) => (length = byte === 0 ? length + 1 : 0) >= HOLE);
}
