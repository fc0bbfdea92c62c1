// What is wrong with a file by its bytes alone. Browsers fill in what is missing at the end of a
// picture; the predictor refuses it (reprise/codecs/completeness.py), and so does this page.

const SHORT = "ends before the picture does: part of the file is missing";

/** Return the reason to refuse a file, or an empty text. */
export function complaint(bytes) {
  if (bytes.length === 0) return "is empty (0 bytes)";
  if (begins(bytes, 0x89, 0x50, 0x4e, 0x47)) return pngEnds(bytes) ? "" : SHORT;
  if (begins(bytes, 0xff, 0xd8, 0xff)) return jpegEnds(bytes) ? "" : SHORT;
  const kind = text(bytes, 8, 4);
  if (text(bytes, 0, 4) === "RIFF" && kind === "WEBP") {
    return new DataView(bytes.buffer).getUint32(4, true) + 8 <= bytes.length ? "" : SHORT;
  }
  return "";
}

function begins(bytes, ...start) {
  return start.every((byte, at) => bytes[at] === byte);
}

function text(bytes, at, length) {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}

/** Follow the chunks to the last one, IEND. */
function pngEnds(bytes) {
  const view = new DataView(bytes.buffer);
  for (let at = 8; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    if (text(bytes, at + 4, 4) === "IEND") return true;
  }
  return false;
}

/** Look for the mark of the end after that of the last scan; neither occurs within a scan. */
function jpegEnds(bytes) {
  let [scan, end] = [-1, -1];
  for (let at = 2; at + 1 < bytes.length; at += 1) {
    if (bytes[at] === 0xff && bytes[at + 1] === 0xda) scan = at;
    if (bytes[at] === 0xff && bytes[at + 1] === 0xd9) end = at;
  }
  return end > scan;
}
